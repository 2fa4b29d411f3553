//! Population status (*statut de peuplement*): how far an offer, then an establishment, is
//! described. The national yardstick, and the only one behind the words *À faire*, *En cours*
//! and *Finalisé*.

use std::collections::BTreeSet;

use ror_fhir::Node;
use ror_terminology::Terminology;

use crate::rules::{codes_from, extensions, first_code, guide, items};

/// Categories of structure whose offers must say their type of offer.
const CATEGORIES_WITH_TYPE: &[&str] = &["209", "354", "460"];

/// How far something is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Nothing that counts.
    ToDo,
    /// Something.
    InProgress,
    /// All that counts.
    Done,
}

impl Status {
    /// The word that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ToDo => "À faire",
            Self::InProgress => "En cours",
            Self::Done => "Finalisé",
        }
    }
}

/// What counts for an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criterion {
    /// A field of activity of the list.
    Field,
    /// A mode of care of the list.
    CareMode,
    /// Both ages.
    Ages,
    /// An activity of the list in force.
    Activity,
    /// A street or a locality, a city and a postal code, on one of its places.
    Address,
    /// Someone to reach: function or nature, channel, value and level.
    Contact,
    /// A type of offer; asked of three categories of structure only.
    OfferType,
}

impl Criterion {
    /// The words that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Field => "champ d'activité",
            Self::CareMode => "mode de prise en charge",
            Self::Ages => "âges minimum et maximum",
            Self::Activity => "activité opérationnelle",
            Self::Address => "adresse du lieu",
            Self::Contact => "contact complet",
            Self::OfferType => "type d'offre",
        }
    }
}

/// Where an offer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far.
    pub status: Status,
    /// What it has.
    pub met: BTreeSet<Criterion>,
    /// What it lacks.
    pub missing: BTreeSet<Criterion>,
}

impl Standing {
    /// Share of what is asked, from 0 to 100: the completion score shown to its author.
    pub fn percent(&self) -> u32 {
        let (met, all) = (self.met.len(), self.met.len() + self.missing.len());
        (met * 100).checked_div(all).and_then(|share| u32::try_from(share).ok()).unwrap_or(0)
    }
}

/// Where an offer stands, with its places and the category (R66) of the structure that carries it.
///
/// An offer counts once, however many fields or places it has (D50).
pub fn offer(offer: &Node, places: &[&Node], category: Option<&str>, terminology: &Terminology) -> Standing {
    let is_known = |key, names, list: &str| {
        let set = terminology.value_set(list);
        let mut codes = codes_from(offer, key, names);
        codes.any(|(_, code)| set.is_some_and(|set| set.systems().any(|system| set.contains(system, code))))
    };
    let asks_type = category.is_some_and(|category| CATEGORIES_WITH_TYPE.contains(&category));
    let judged = [
        (Criterion::Field, is_known("type", &["R227-", "J20-"], "JDV_J20-ChampActivite-ROR"), true),
        (Criterion::CareMode, is_known("characteristic", &["R213-", "J19-"], "JDV_J19-ModePriseEnCharge-ROR"), true),
        (Criterion::Ages, has_ages(offer), true),
        (Criterion::Activity, is_known("specialty", &["R211-", "J17-"], "JDV_J17-ActiviteOperationnelle-ROR"), true),
        (Criterion::Address, places.iter().any(|place| has_address(place)), true),
        (Criterion::Contact, has_contact(offer), true),
        (Criterion::OfferType, is_known("category", &["R244-", "J238-"], "JDV_J238-TypeOffre-ROR"), asks_type),
    ];
    let asked = judged.into_iter().filter(|(_, _, is_asked)| *is_asked);
    let (met, missing): (Vec<_>, Vec<_>) = asked.partition(|(_, is_met, _)| *is_met);
    let names =
        |list: Vec<(Criterion, bool, bool)>| -> BTreeSet<Criterion> { list.into_iter().map(|it| it.0).collect() };
    let status = match (met.is_empty(), missing.is_empty()) {
        (true, _) => Status::ToDo,
        (_, true) => Status::Done,
        _ => Status::InProgress,
    };
    Standing { status, met: names(met), missing: names(missing) }
}

fn has_ages(offer: &Node) -> bool {
    let ranges = extensions(offer, guide!("ror-healthcareservice-patient-type"))
        .flat_map(|(_, patients)| extensions(patients, "ageRange"))
        .filter_map(|(_, part)| part.get("valueRange"));
    let has = |range: &Node, key: &str| range.get(key).is_some_and(|age| age.get("value").is_some());
    ranges.into_iter().any(|range| has(range, "low") && has(range, "high"))
}

/// Parts of a street line that name a street or a locality.
const STREETS: &[&str] = &[
    "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameBase",
    "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-lieu-dit",
];

fn has_address(place: &Node) -> bool {
    let Some(address) = place.get("address") else { return false };
    let has_text = |key: &str| address.str(key).is_some_and(|text| !text.trim().is_empty());
    let is_part =
        |line: &Node| line.items("extension").any(|it| it.str("url").is_some_and(|url| STREETS.contains(&url)));
    let has_line = address.items("line").filter_map(Node::as_str).any(|line| !line.trim().is_empty())
        || address.items("_line").any(is_part);
    has_line && has_text("city") && has_text("postalCode")
}

/// A contact of known function or nature, with a telecom that has channel, value and level.
fn has_contact(offer: &Node) -> bool {
    let mut contacts = extensions(offer, guide!("ror-healthcareservice-contact")).map(|(_, contact)| contact);
    contacts.any(|contact| {
        let is_coded = |url: &'static str| {
            extensions(contact, url).any(|(_, part)| part.get("valueCodeableConcept").and_then(first_code).is_some())
        };
        let is_known = is_coded(guide!("ror-contact-function-contact")) || is_coded("purposeContact");
        is_known && extensions(contact, guide!("ror-healthcareservice-contact-telecom")).any(|(_, it)| is_complete(it))
    })
}

fn is_complete(telecom: &Node) -> bool {
    let is_coded = |url: &'static str| {
        extensions(telecom, url).any(|(_, part)| part.get("valueCodeableConcept").and_then(first_code).is_some())
    };
    let mut values = items(telecom, "extension").filter(|(_, part)| part.str("url") == Some("telecomAddress"));
    let has_value = values.any(|(_, part)| part.str("valueString").is_some_and(|text| !text.trim().is_empty()));
    has_value
        && is_coded(guide!("ror-telecom-communication-channel"))
        && is_coded(guide!("ror-telecom-confidentiality-level"))
}

/// Which of two computations of an establishment's status (D50).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As published in 2024, quirk included: offers partly finished and partly untouched are *À
    /// faire*.
    Reference,
    /// As retained: anything begun is *En cours*.
    Retained,
}

/// Where an establishment stands, for one field or for all, with the status of each open offer
/// that counts: done when it has one at least and all are done.
pub fn establishment(offers: &[Status], reading: Reading) -> Status {
    if !offers.is_empty() && offers.iter().all(|status| *status == Status::Done) {
        return Status::Done;
    }
    let has_begun = |status: &Status| match reading {
        Reading::Reference => *status == Status::InProgress,
        Reading::Retained => *status > Status::ToDo,
    };
    if offers.iter().any(has_begun) { Status::InProgress } else { Status::ToDo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    fn concept(list: &str, code: &str) -> Node {
        let system = format!("https://mos.esante.gouv.fr/NOS/TRE_{list}/FHIR/TRE-{list}");
        node!({"coding": [{"system": system, "code": code}]})
    }

    fn coded(url: &str, list: &str, code: &str) -> Node {
        let value = concept(list, code);
        node!({"url": url, "valueCodeableConcept": value})
    }

    fn place() -> Node {
        node!({"resourceType": "Location", "address": {"line": ["1 rue de l'Exemple"], "city": "Bourg", "postalCode": "01000"}})
    }

    /// All that counts, by criterion.
    fn parts() -> Vec<(Criterion, &'static str, Node)> {
        let telecom = node!({"url": guide!("ror-healthcareservice-contact-telecom"), "extension": [
            (coded(guide!("ror-telecom-communication-channel"), "R200-CanalCommunication", "2")),
            (coded(guide!("ror-telecom-confidentiality-level"), "R283-NiveauConfidentialite", "1")),
            {"url": "telecomAddress", "valueString": "0400000000"}]});
        let nature = coded("purposeContact", "R287-NatureContact", "01");
        let contact = node!({"url": guide!("ror-healthcareservice-contact"), "extension": [nature, telecom]});
        let ages = node!({"url": guide!("ror-healthcareservice-patient-type"), "extension": [
            {"url": "ageRange", "valueRange": {"low": {"value": 0}, "high": {"value": 120}}}]});
        vec![
            (Criterion::Field, "type", concept("R227-ChampActivite", "04")),
            (Criterion::CareMode, "characteristic", concept("R213-ModePriseEnCharge", "49")),
            (Criterion::Ages, "extension", ages),
            (Criterion::Activity, "specialty", concept("R211-ActiviteOperationnelle", "287")),
            (Criterion::Contact, "extension", contact),
            (Criterion::OfferType, "category", concept("R244-CategorieOrganisation", "28")),
        ]
    }

    fn made(without: Option<Criterion>) -> Node {
        let mut offer = node!({"resourceType": "HealthcareService"});
        for (_, key, value) in parts().into_iter().filter(|(criterion, ..)| Some(*criterion) != without) {
            let mut list = offer.get(key).and_then(Node::as_array).unwrap_or_default().to_vec();
            list.push(value);
            offer.as_object_mut().expect("an object").insert(key, list);
        }
        offer
    }

    fn stand(made: &Node, places: &[&Node], category: &str) -> Standing {
        offer(made, places, Some(category), Terminology::embedded())
    }

    #[test]
    fn each_criterion_counts_once() {
        let here = place();
        let full = stand(&made(None), &[&here], "354");
        assert_eq!((full.status, full.percent(), full.met.len()), (Status::Done, 100, 7));
        for (criterion, ..) in parts() {
            let lacking = stand(&made(Some(criterion)), &[&here], "354");
            assert_eq!(lacking.status, Status::InProgress);
            assert_eq!(lacking.missing.into_iter().collect::<Vec<_>>(), [criterion]);
        }
        let nowhere = stand(&made(None), &[], "354");
        assert_eq!(nowhere.missing.into_iter().collect::<Vec<_>>(), [Criterion::Address]);
        let nothing = stand(&node!({"resourceType": "HealthcareService"}), &[], "354");
        assert_eq!((nothing.status, nothing.percent(), nothing.missing.len()), (Status::ToDo, 0, 7));
    }

    #[test]
    fn the_type_of_offer_is_asked_of_three_categories() {
        let (here, without) = (place(), made(Some(Criterion::OfferType)));
        for (category, status) in [
            ("209", Status::InProgress),
            ("354", Status::InProgress),
            ("460", Status::InProgress),
            ("500", Status::Done),
        ] {
            assert_eq!(stand(&without, &[&here], category).status, status, "{category}");
        }
        assert_eq!(offer(&without, &[&here], None, Terminology::embedded()).status, Status::Done);
    }

    #[test]
    fn what_is_incomplete_does_not_count() {
        let here = place();
        for (key, value, criterion) in [
            ("type", concept("R227-ChampActivite", "77"), Criterion::Field),
            ("specialty", concept("R211-ActiviteOperationnelle", "99999"), Criterion::Activity),
        ] {
            let mut unknown = made(Some(criterion));
            unknown.as_object_mut().expect("an object").insert(key, vec![value]);
            assert!(stand(&unknown, &[&here], "500").missing.contains(&criterion), "a code of no list");
        }
        let no_level = made(None).to_text().replace("ror-telecom-confidentiality-level", "autre");
        let no_level = Node::parse(no_level.as_bytes()).expect("JSON");
        assert!(stand(&no_level, &[&here], "500").missing.contains(&Criterion::Contact));
        let no_city = node!({"address": {"line": ["1 rue de l'Exemple"], "postalCode": "01000"}});
        assert!(stand(&made(None), &[&no_city], "500").missing.contains(&Criterion::Address));
    }

    #[test]
    fn an_establishment_is_done_when_all_its_offers_are() {
        use Status::{Done, InProgress, ToDo};
        for (offers, retained, reference) in [
            (vec![], ToDo, ToDo),
            (vec![Done], Done, Done),
            (vec![Done, Done], Done, Done),
            (vec![Done, InProgress], InProgress, InProgress),
            (vec![Done, ToDo], InProgress, ToDo),
            (vec![ToDo, InProgress], InProgress, InProgress),
            (vec![ToDo], ToDo, ToDo),
        ] {
            assert_eq!(establishment(&offers, Reading::Retained), retained, "{offers:?}");
            assert_eq!(establishment(&offers, Reading::Reference), reference, "{offers:?}");
        }
    }
}
