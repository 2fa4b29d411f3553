//! Functional identifiers that the directory draws (D44).

use ror_fhir::{Node, node};
use ror_ledger::{Ledger, LedgerError};
use ror_search::ResourceType;

use crate::directory::Random;

/// What a drawn identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MintedKind {
    /// An offer.
    Offre,
    /// A place.
    Lieu,
    /// An organisation interne.
    OrganisationInterne,
}

/// How many numbers are drawn before giving up: one in 100 million is taken per offer held.
const DRAWS_MAX: usize = 100;

const NOS: &str = "https://mos.esante.gouv.fr/NOS";

impl MintedKind {
    /// The kind that resources of `rtype` carry, when they carry one.
    pub(crate) fn of(rtype: ResourceType) -> Option<Self> {
        match rtype {
            ResourceType::HealthcareService => Some(Self::Offre),
            ResourceType::Location => Some(Self::Lieu),
            ResourceType::Organization => Some(Self::OrganisationInterne),
            ResourceType::Practitioner
            | ResourceType::PractitionerRole
            | ResourceType::Questionnaire
            | ResourceType::Task
            | ResourceType::Measure
            | ResourceType::MeasureReport => None,
        }
    }

    /// Code of the identifier's type (JDV_J236).
    const fn code(self) -> &'static str {
        match self {
            Self::Offre => "35",
            Self::Lieu => "25",
            Self::OrganisationInterne => "42",
        }
    }

    /// The `Identifier` element that carries `value`.
    fn element(self, value: &str) -> Node {
        let (list, code) = match self {
            Self::Offre => ("TRE_R355-TypeIdentifiantOffre/FHIR/TRE-R355-TypeIdentifiantOffre", self.code()),
            Self::Lieu => (
                "TRE_R354-TypeIdentifiantRessourceOperationnelle/FHIR/TRE-R354-TypeIdentifiantRessourceOperationnelle",
                self.code(),
            ),
            // The guide writes this address with an underscore in its last part.
            Self::OrganisationInterne => {
                ("TRE_R345-TypeIdentifiantAutre/FHIR/TRE_R345-TypeIdentifiantAutre", self.code())
            }
        };
        let coding = node!({"system": format!("{NOS}/{list}"), "code": code});
        match self {
            Self::OrganisationInterne => {
                node!({"type": {"coding": [coding]}, "system": "https://oi.esante.gouv.fr", "value": value})
            }
            _ => node!({"type": {"coding": [coding]}, "value": value}),
        }
    }

    /// The value that `resource` carries, when it carries one. An offer has one identifier
    /// and its type is not fixed by the guide; elsewhere the type tells it apart.
    pub(crate) fn find(self, resource: &Node) -> Option<&str> {
        let mut identifiers = resource.items("identifier");
        let found = identifiers.find(|identifier| {
            self == Self::Offre
                || identifier
                    .get("type")
                    .is_some_and(|kind| kind.items("coding").any(|coding| coding.str("code") == Some(self.code())))
        });
        found?.str("value")
    }

    /// Adds the identifier `value` to `resource`.
    pub(crate) fn add(self, resource: &mut Node, value: &str) {
        let Some(object) = resource.as_object_mut() else { return };
        let element = self.element(value);
        match object.get_mut("identifier") {
            Some(Node::Array(identifiers)) => identifiers.push(element),
            // One identifier where a list is due (D4).
            Some(one @ Node::Object(_)) => *one = Node::Array(vec![std::mem::replace(one, Node::Null), element]),
            _ => {
                object.insert("identifier", vec![element]);
            }
        }
    }

    /// Takes away what [`add`](Self::add) has just added.
    pub(crate) fn take_away(resource: &mut Node) {
        let Some(object) = resource.as_object_mut() else { return };
        if let Some(Node::Array(identifiers)) = object.get_mut("identifier") {
            identifiers.pop();
            if identifiers.is_empty() {
                object.remove("identifier");
            }
        }
    }

    /// The space of values within which each is given once.
    pub(crate) const fn space(self) -> &'static str {
        match self {
            Self::Offre => "offre",
            Self::Lieu => "lieu",
            Self::OrganisationInterne => "organisation-interne",
        }
    }
}

/// An identifier once given is kept: who leaves it out does not take it away (D44).
pub(crate) fn carry(rtype: ResourceType, resource: &mut Node, former: Option<&Node>) {
    let Some(kind) = MintedKind::of(rtype) else { return };
    if let Some(held) = former.and_then(|former| kind.find(former))
        && kind.find(resource).is_none()
    {
        kind.add(resource, held);
    }
}

/// Space of the canonical addresses of templates.
const CANONICAL: &str = "canonique";

/// The identifiers of `resource` that no other may carry. A template is named by address and
/// version in what is written with it, so both together name one.
pub(crate) fn unique(rtype: ResourceType, resource: &Node) -> Vec<(String, String)> {
    if rtype == ResourceType::Questionnaire {
        let named = resource.str("url").zip(resource.str("version"));
        return named.map(|(url, version)| (CANONICAL.to_owned(), format!("{url}|{version}"))).into_iter().collect();
    }
    let found = MintedKind::of(rtype).and_then(|kind| Some((kind, kind.find(resource)?)));
    found.map(|(kind, value)| (kind.space().to_owned(), value.to_owned())).into_iter().collect()
}

/// A number of eight digits out of four random bytes: a sequence would let anyone count
/// hidden offers (D44).
pub(crate) fn number(random: [u8; 8]) -> String {
    format!("{:08}", u64::from_be_bytes(random) % 100_000_000)
}

/// Draws an identifier of that region which no resource carries.
pub(crate) fn draw(
    ledger: &dyn Ledger,
    random: &Random,
    rtype: ResourceType,
    kind: MintedKind,
    region: &str,
) -> Result<String, LedgerError> {
    for _ in 0..DRAWS_MAX {
        let mut bytes = [0; 8];
        random(&mut bytes);
        let value = format!("{region}/{}", number(bytes));
        if ledger.holder(rtype.name(), kind.space(), &value)?.is_none() {
            return Ok(value);
        }
    }
    Err(LedgerError::Corrupt(format!("no free identifier was found in region {region}")))
}

/// What is to be drawn for a new resource that carries none, with its region (D44): only an
/// organisation interne among structures, and only where the region is told.
pub(crate) fn wanted(rtype: ResourceType, resource: &Node) -> Option<(MintedKind, &str)> {
    let kind = MintedKind::of(rtype)?;
    let is_internal = || {
        let mut codings = resource.items("type").flat_map(|concept| concept.items("coding"));
        codings.any(|coding| coding.str("system").is_some_and(|system| system.contains("TRE_R207-")))
    };
    if kind.find(resource).is_some() || (kind == MintedKind::OrganisationInterne && !is_internal()) {
        return None;
    }
    let mut tags = resource.get("meta")?.items("tag");
    let region = tags.find(|tag| tag.str("system").is_some_and(|system| system.contains("TRE_R30-")))?.str("code")?;
    region.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((kind, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_identifier_is_found_again() {
        for (kind, rtype) in [
            (MintedKind::Offre, ResourceType::HealthcareService),
            (MintedKind::Lieu, ResourceType::Location),
            (MintedKind::OrganisationInterne, ResourceType::Organization),
        ] {
            let mut resource = node!({"resourceType": rtype.name()});
            assert_eq!(kind.find(&resource), None);
            kind.add(&mut resource, "84/00000007");
            assert_eq!(kind.find(&resource), Some("84/00000007"));
            assert_eq!(unique(rtype, &resource), [(kind.space().to_owned(), "84/00000007".to_owned())]);
        }
    }

    #[test]
    fn a_template_is_named_by_its_address_and_version_together() {
        let rtype = ResourceType::Questionnaire;
        let named = node!({"url": "https://x/MS-7", "version": "2", "identifier": [{"value": "MS-7"}]});
        assert_eq!(unique(rtype, &named), [("canonique".to_owned(), "https://x/MS-7|2".to_owned())]);
        assert_eq!(unique(rtype, &node!({"url": "https://x/MS-7"})), []);
    }

    #[test]
    fn a_finess_number_is_not_a_drawn_identifier() {
        let eg = node!({"identifier": [{"type": {"coding": [{"code": "1"}]}, "value": "010000024"}]});
        assert_eq!(unique(ResourceType::Organization, &eg), []);
    }
}
