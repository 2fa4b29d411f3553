//! Hand-made resources.

#![allow(dead_code, reason = "each test file uses its part")]

use ror_confidentiality::{
    Audience, AudienceMask, Facts, Field, OfferFacts, OrganizationKind, OwnFacts, Policy, Projection, project,
};
use ror_fhir::{Node, node};

pub(crate) const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";
pub(crate) const ORDINARY: OfferFacts = OfferFacts { sensitive: false, field: Field::Mco };
pub(crate) const SENSITIVE: OfferFacts = OfferFacts { sensitive: true, field: Field::Mco };
pub(crate) const MEDICO_SOCIAL: OfferFacts = OfferFacts { sensitive: false, field: Field::MedicoSocial };
pub(crate) const VILLE: OfferFacts = OfferFacts { sensitive: false, field: Field::Ville };
pub(crate) const SENSITIVE_VILLE: OfferFacts = OfferFacts { sensitive: true, field: Field::Ville };

/// Audiences by their numbers; 6 is the owner.
pub(crate) fn mask(audiences: &[u8]) -> AudienceMask {
    AudienceMask(audiences.iter().fold(0, |mask, audience| mask | 1 << audience))
}

pub(crate) const P1_AND_OWNER: AudienceMask = AudienceMask(0b0100_0010);

pub(crate) fn everyone_sees(_: &str) -> AudienceMask {
    AudienceMask::ALL
}

pub(crate) fn projected(resource: &Node, own: OwnFacts) -> Projection {
    project(resource, &Facts { own, targets: &everyone_sees }, Policy::embedded())
}

/// The audiences whose projection holds `marker`; checks on the way that cuts and tree agree.
pub(crate) fn seers(projection: &Projection, marker: &str) -> AudienceMask {
    let mut mask = AudienceMask::NONE;
    for group in projection.groups() {
        let text = String::from_utf8(cut(projection, group)).expect("cuts fall between characters");
        assert_eq!(text, group.resource.to_text());
        if text.contains(marker) {
            mask |= group.audiences;
        }
    }
    mask
}

/// The body less the cuts of `group`.
pub(crate) fn cut(projection: &Projection, group: &ror_confidentiality::Group) -> Vec<u8> {
    let (mut kept, mut from) = (Vec::new(), 0);
    for cut in &group.cuts {
        kept.extend_from_slice(&projection.body()[from..cut.start as usize]);
        from = cut.end as usize;
    }
    kept.extend_from_slice(&projection.body()[from..]);
    kept
}

/// What `audience` receives.
pub(crate) fn text_for(projection: &Projection, audience: Audience) -> Option<String> {
    projection.group(audience).map(|group| group.resource.to_text())
}

pub(crate) fn concept(system: &str, code: &str) -> Node {
    node!({"coding": [{"system": system, "code": code}]})
}

pub(crate) fn extension(name: &str, kind: &str, value: impl Into<Node>) -> Node {
    let mut extension = node!({"url": format!("{ROR}{name}")});
    extension.as_object_mut().expect("an object").insert(kind, value);
    extension
}

/// A level extension; any other text than 1 to 3 is a code nobody knows.
pub(crate) fn level(name: &str, code: &str) -> Node {
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite";
    extension(name, "valueCodeableConcept", concept(system, code))
}

pub(crate) fn telecom(value: &str, code: &str) -> Node {
    node!({"extension": [level("ror-telecom-confidentiality-level", code)], "system": "phone", "value": value})
}

pub(crate) fn sensitive_flag(value: bool) -> Node {
    extension("ror-healthcareservice-sensitive-unit", "valueBoolean", value)
}

pub(crate) fn field_code(field: Field) -> &'static str {
    match field {
        Field::Mco => "01",
        Field::Smr => "02",
        Field::Psy => "03",
        Field::MedicoSocial => "04",
        Field::Ville => "05",
        Field::Social => "06",
        Field::Unknown => "99",
    }
}

/// An offer with these facts and these other members.
pub(crate) fn offer(facts: OfferFacts, extensions: Vec<Node>, members: &Node) -> Node {
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
    let mut all = vec![sensitive_flag(facts.sensitive)];
    all.extend(extensions);
    let mut offer = node!({
        "resourceType": "HealthcareService",
        "extension": all,
        "type": [concept(system, field_code(facts.field))],
    });
    merge(&mut offer, members);
    offer
}

pub(crate) fn resource(rtype: &str, members: &Node) -> Node {
    let mut resource = node!({"resourceType": rtype});
    merge(&mut resource, members);
    resource
}

fn merge(resource: &mut Node, members: &Node) {
    for (key, value) in members.as_object().expect("members").iter() {
        resource.as_object_mut().expect("a resource").insert(key, value.clone());
    }
}

pub(crate) fn eg() -> OwnFacts {
    OwnFacts::Organization {
        kind: OrganizationKind::EntiteGeographique,
        all_offers_sensitive: false,
        lieu_de_vie: false,
        medico_social: false,
    }
}

pub(crate) fn eg_with(lieu_de_vie: bool, medico_social: bool) -> OwnFacts {
    OwnFacts::Organization {
        kind: OrganizationKind::EntiteGeographique,
        all_offers_sensitive: false,
        lieu_de_vie,
        medico_social,
    }
}

pub(crate) fn oi(all_offers_sensitive: bool) -> OwnFacts {
    OwnFacts::Organization {
        kind: OrganizationKind::OrganisationInterne,
        all_offers_sensitive,
        lieu_de_vie: false,
        medico_social: false,
    }
}

pub(crate) fn place(offers: &[OfferFacts]) -> OwnFacts {
    OwnFacts::Location { offers: offers.to_vec(), lieu_de_vie: false }
}

pub(crate) fn capacity(status: &str, more: Vec<Node>) -> Node {
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R330-TypeStatutCapacite/FHIR/TRE-R330-TypeStatutCapacite";
    let mut parts = vec![
        node!({"url": "capacityStatus", "valueCodeableConcept": concept(system, status)}),
        node!({"url": "nbCapacity", "valueInteger": 7_311}),
    ];
    parts.extend(more);
    node!({"url": format!("{ROR}ror-location-supported-capacity"), "extension": parts})
}
