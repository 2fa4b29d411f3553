//! What may not change from one version of a resource to the next (D43).

use ror_fhir::Node;

use super::broken;
use crate::finding::Finding;

/// Part of the address of the list of modes of care, as system or value set, in all writings.
const CARE_MODE: [&str; 2] = ["R213-ModePriseEnCharge", "J19-ModePriseEnCharge"];

/// What the registers give of a professional (RG_EXP_031): element, its name in French.
const REGISTER_DATA: &[(&str, &str)] =
    &[("identifier", "l'identifiant"), ("name", "l'identité"), ("qualification", "la profession et les savoir-faire")];

/// Finds what `resource` changes of `former` that never changes; filling what was absent is
/// allowed. A register import is not judged by it.
///
/// A former value is never repeated: the author may not be allowed to see it.
///
/// ```
/// use ror_fhir::node;
/// use ror_profiles::transition;
/// let offer = |code: &str| node!({"resourceType": "HealthcareService", "type": [{"coding": [{"code": code}]}]});
/// assert_eq!(transition(&offer("01"), &offer("01")), []);
/// assert_eq!(transition(&offer("01"), &offer("02"))[0].rule, "RG_EXP_010");
/// ```
pub fn transition(former: &Node, resource: &Node) -> Vec<Finding> {
    let mut all = Vec::new();
    match resource.str("resourceType") {
        Some("HealthcareService") => {
            all.extend(field_of_activity_never_changes(former, resource));
            all.extend(mode_of_care_never_changes(former, resource));
        }
        Some("Practitioner") => all.extend(register_data_is_corrected_at_its_source(former, resource)),
        _ => {}
    }
    all
}

/// RG_EXP_010: an offer keeps its field of activity.
fn field_of_activity_never_changes(former: &Node, offer: &Node) -> Option<Finding> {
    let (held, sent) = (codes(former, "type", |_| true), codes(offer, "type", |_| true));
    let message = "Le champ d'activité d'une offre ne change jamais : créer une nouvelle offre, et fermer celle-ci.";
    (!held.is_empty() && held != sent).then(|| {
        let expression = place(offer, "type", |_| true);
        broken(expression, "RG_EXP_010", "le champ d'activité enregistré", message.to_owned())
    })
}

/// RG_EXP_011: an offer keeps its mode of care.
fn mode_of_care_never_changes(former: &Node, offer: &Node) -> Option<Finding> {
    let is_mode =
        |coding: &Node| coding.str("system").is_some_and(|system| CARE_MODE.iter().any(|it| system.contains(it)));
    let (held, sent) = (codes(former, "characteristic", is_mode), codes(offer, "characteristic", is_mode));
    let message =
        "Le mode de prise en charge d'une offre ne change jamais : créer une nouvelle offre, et fermer celle-ci.";
    (!held.is_empty() && held != sent).then(|| {
        let expression = place(offer, "characteristic", is_mode);
        broken(expression, "RG_EXP_011", "le mode de prise en charge enregistré", message.to_owned())
    })
}

/// RG_EXP_031: what comes from the registers is not edited here.
fn register_data_is_corrected_at_its_source(former: &Node, professional: &Node) -> Vec<Finding> {
    let changed = REGISTER_DATA.iter().filter(|(key, _)| {
        former.get(key).is_some_and(|held| professional.get(key).is_none_or(|sent| !is_same(held, sent)))
    });
    let told = changed.map(|(key, what)| {
        let message = format!("Le registre national donne {what} : à corriger à sa source, pas ici.");
        broken(format!("Practitioner.{key}"), "RG_EXP_031", "la donnée du registre, inchangée", message)
    });
    told.collect()
}

/// The codes of an element, in the order of the alphabet.
fn codes<'a>(resource: &'a Node, element: &'a str, is_of_list: impl Fn(&Node) -> bool) -> Vec<&'a str> {
    let codings = resource.items(element).flat_map(|concept| concept.items("coding"));
    // Leading zeros come and go in what clients write (D4).
    let bare = |code: &'a str| code.trim_start_matches('0');
    let mut codes: Vec<&str> =
        codings.filter(|coding| is_of_list(coding)).filter_map(|coding| coding.str("code")).map(bare).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// FHIRPath of the first concept of that list; of the element when there is none.
fn place(resource: &Node, element: &str, is_of_list: impl Fn(&Node) -> bool) -> String {
    let at = resource.items(element).position(|concept| concept.items("coding").any(&is_of_list));
    at.map_or_else(|| format!("HealthcareService.{element}"), |at| format!("HealthcareService.{element}[{at}]"))
}

/// Whether two values say the same: labels are ours, and the order of members says nothing.
fn is_same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Object(one), Node::Object(two)) => {
            let has = |of: &ror_fhir::Object, key: &str, value: &Node| of.get(key).is_some_and(|it| is_same(value, it));
            let told = |of: &ror_fhir::Object| of.iter().filter(|(key, _)| *key != "display").count();
            told(one) == told(two)
                && one.iter().filter(|(key, _)| *key != "display").all(|(key, value)| has(two, key, value))
        }
        (Node::Array(one), Node::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| is_same(one, two))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    const SYSTEM: &str = "https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge";

    fn rules(former: &Node, resource: &Node) -> Vec<(String, String)> {
        transition(former, resource).into_iter().map(|one| (one.rule, one.expression)).collect()
    }

    fn offer(field: &str, characteristics: &[(&str, &str)]) -> Node {
        let concept = |(system, code): &(&str, &str)| node!({"coding": [{"system": system, "code": code}]});
        let all: Vec<Node> = characteristics.iter().map(concept).collect();
        node!({"resourceType": "HealthcareService", "type": [{"coding": [{"code": field}]}], "characteristic": all})
    }

    #[test]
    fn rg_exp_010_and_011_an_offer_keeps_its_field_and_its_mode() {
        let held = offer("01", &[("urn:other", "9"), (SYSTEM, "28")]);
        assert_eq!(rules(&held, &offer("1", &[(SYSTEM, "028"), ("urn:other", "8")])), []);
        let at = |rule: &str, place: &str| (rule.to_owned(), format!("HealthcareService.{place}"));
        assert_eq!(rules(&held, &offer("02", &[(SYSTEM, "28")])), [at("RG_EXP_010", "type[0]")]);
        assert_eq!(
            rules(&held, &offer("01", &[("urn:other", "9"), (SYSTEM, "29")])),
            [at("RG_EXP_011", "characteristic[1]")]
        );
        assert_eq!(rules(&held, &offer("01", &[])), [at("RG_EXP_011", "characteristic")]);
        let unsaid = node!({"resourceType": "HealthcareService"});
        assert_eq!(rules(&unsaid, &held), [], "D43: filling an absent one is allowed");
        assert_eq!(rules(&held, &unsaid).len(), 2);
    }

    #[test]
    fn rg_exp_031_a_professional_is_corrected_in_the_register() {
        let held = node!({"resourceType": "Practitioner", "name": [{"family": "Martin", "given": ["Zoé"]}],
            "qualification": [{"code": {"coding": [{"system": "urn:x", "code": "10"}]}}]});
        let mut sent = node!({"resourceType": "Practitioner", "name": [{"given": ["Zoé"], "family": "Martin"}],
            "qualification": [{"code": {"coding": [{"system": "urn:x", "code": "10", "display": "Médecin"}]}}],
            "identifier": [{"value": "10003456783"}], "telecom": [{"value": "x"}]});
        assert_eq!(rules(&held, &sent), []);
        sent.as_object_mut().expect("an object").insert("name", node!([{"family": "Martinez"}]));
        assert_eq!(rules(&held, &sent), [("RG_EXP_031".to_owned(), "Practitioner.name".to_owned())]);
        assert!(!format!("{:?}", transition(&held, &sent)).contains("Martin"));
    }
}
