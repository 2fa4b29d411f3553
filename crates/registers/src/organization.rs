//! Structures as Organization resources: entité juridique, entité géographique.

use ror_fhir::Node;

use crate::address::Address;
use crate::identifiers::{FinessId, Rang, SirenId, SiretId, id_nat_struct_eg, id_nat_struct_ej};
use crate::shapes::{
    concept, creation_date, extension, key_reference, meta, object, ror_extension, set, set_list, set_some, system,
};

const ORGANIZATION_PERIOD: &str = "http://hl7.org/fhir/StructureDefinition/organization-period";

/// Which of the two structures an Organization is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The legal person.
    EntiteJuridique,
    /// The site.
    EntiteGeographique,
}

/// Key of an entité juridique in every register: `ej/` and its FINESS number.
pub fn ej_key(finess: &FinessId) -> String {
    format!("ej/{finess}")
}

/// Key of an entité géographique in every register: `eg/` and its FINESS number.
pub fn eg_key(finess: &FinessId) -> String {
    format!("eg/{finess}")
}

/// What a register knows of a structure. Absent parts are left out, never guessed.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// Entité juridique or entité géographique.
    pub kind: Kind,
    /// FINESS number.
    pub finess: Option<FinessId>,
    /// SIREN number, of the legal person.
    pub siren: Option<SirenId>,
    /// SIRET number, of the site.
    pub siret: Option<SiretId>,
    /// Practice number, for structures that FINESS does not know.
    pub rang: Option<Rang>,
    /// Region of the establishment, INSEE code.
    pub region: Option<String>,
    /// Creation of the record in its source (dateTime), when it says so.
    pub recorded: Option<String>,
    /// Creation of the legal person (date); entité juridique only.
    pub created: Option<String>,
    /// Opening (date); entité géographique only.
    pub opened: Option<String>,
    /// Raison sociale or dénomination.
    pub name: Option<String>,
    /// Complément de raison sociale or de dénomination.
    pub additional_name: Option<String>,
    /// Nom opérationnel: the name people use; entité géographique only.
    pub operational_name: Option<String>,
    /// Category, code of TRE_R66.
    pub category: Option<String>,
    /// Legal status, code of TRE_R72.
    pub legal_status: Option<String>,
    /// Group of the legal status, code of TRE_R69.
    pub legal_status_group: Option<String>,
    /// Part in the public hospital service, code of TRE_R73.
    pub sph: Option<String>,
    /// Where it is.
    pub address: Address,
    /// Key of the entité juridique it belongs to.
    pub part_of: Option<String>,
    /// Telephone and fax of the switchboard.
    pub switchboard: Switchboard,
}

/// The general numbers of a structure, digits only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switchboard {
    /// Telephone.
    pub phone: Option<String>,
    /// Fax.
    pub fax: Option<String>,
}

impl Structure {
    /// A structure of which nothing is known yet but its number.
    pub fn new(kind: Kind, finess: Option<FinessId>) -> Self {
        Self {
            kind,
            finess,
            siren: None,
            siret: None,
            rang: None,
            region: None,
            recorded: None,
            created: None,
            opened: None,
            name: None,
            additional_name: None,
            operational_name: None,
            category: None,
            legal_status: None,
            legal_status_group: None,
            sph: None,
            address: Address::default(),
            part_of: None,
            switchboard: Switchboard::default(),
        }
    }

    /// The Organization resource, in the element order of FHIR R4, without id.
    pub fn to_resource(&self) -> Node {
        let mut resource = object([("resourceType", "Organization".into())]);
        set_some(&mut resource, "meta", meta(self.region.as_deref()));
        set_list(&mut resource, "extension", self.extensions());
        set_list(&mut resource, "identifier", self.identifiers());
        set_list(&mut resource, "type", self.types());
        set_some(&mut resource, "name", self.name.as_deref());
        if let Some(additional) = self.additional_name.as_deref().filter(|_| self.name.is_some()) {
            let additional = ror_extension("ror-organization-additional-name", "valueString", additional);
            set(&mut resource, "_name", object([("extension", vec![additional].into())]));
        }
        if let Some(alias) = &self.operational_name {
            set(&mut resource, "alias", vec![Node::from(alias.as_str())]);
        }
        set_list(&mut resource, "address", self.address.for_organization().into_iter().collect());
        set_some(&mut resource, "partOf", self.part_of.as_deref().map(key_reference));
        set_list(&mut resource, "contact", self.switchboard.to_contact().into_iter().collect());
        resource
    }

    fn extensions(&self) -> Vec<Node> {
        let period =
            |start: &String| extension(ORGANIZATION_PERIOD, "valuePeriod", object([("start", start.as_str().into())]));
        let created = |date: &String| ror_extension("ror-organization-creation-date", "valueDate", date.as_str());
        let recorded = |date_time: &String| creation_date(date_time);
        let parts = [
            self.created.as_ref().map(created),
            self.opened.as_ref().map(period),
            self.recorded.as_ref().map(recorded),
        ];
        parts.into_iter().flatten().collect()
    }

    fn identifiers(&self) -> Vec<Node> {
        let national = match self.kind {
            Kind::EntiteJuridique => id_nat_struct_ej(self.finess.as_ref(), self.siren.as_ref(), self.rang.as_ref()),
            Kind::EntiteGeographique => id_nat_struct_eg(self.finess.as_ref(), self.siret.as_ref(), self.rang.as_ref()),
        };
        let rang = self.rang.as_ref().map(|rang| match rang {
            Rang::Rpps(number) => identifier("4", system::RPPS_RANG, number),
            Rang::Adeli(number) => identifier("0", system::ADELI_RANG, number),
        });
        let parts = [
            national.map(|value| identifier("40", system::ID_NAT_STRUCT, &value)),
            self.finess.as_ref().map(|finess| identifier("1", system::FINESS, finess.as_str())),
            self.siren.as_ref().map(|siren| identifier("2", system::SIRENE, siren.as_str())),
            self.siret.as_ref().map(|siret| identifier("3", system::SIRENE, siret.as_str())),
            rang,
        ];
        parts.into_iter().flatten().collect()
    }

    fn types(&self) -> Vec<Node> {
        let types = [
            (system::TRE_R72, &self.legal_status),
            (system::TRE_R69, &self.legal_status_group),
            (system::TRE_R66, &self.category),
            (system::TRE_R73, &self.sph),
        ];
        types.into_iter().filter_map(|(system, code)| Some(concept(system, code.as_ref()?))).collect()
    }
}

impl Switchboard {
    /// An `Organization.contact` of kind « Standard » (J221 06), public: registers publish these numbers
    /// as open data, so level 1 for the contact and for each number.
    pub fn to_contact(&self) -> Option<Node> {
        let fax = self.fax.as_ref().map(|fax| telecom("fax", "6", fax));
        let phone = self.phone.as_ref().map(|phone| telecom("phone", phone_channel(phone), phone));
        let telecoms: Vec<_> = phone.into_iter().chain(fax).collect();
        if telecoms.is_empty() {
            return None;
        }
        let level = ror_extension("ror-contact-confidentiality-level", "valueCodeableConcept", public());
        Some(object([
            ("extension", vec![level].into()),
            ("purpose", concept(system::TRE_R287, "06")),
            ("telecom", telecoms.into()),
        ]))
    }
}

/// A FINESS, SIREN… identifier with its type, as each slice of the guide requires.
pub fn identifier(type_code: &str, system: &str, value: &str) -> Node {
    object([("type", concept(system::TRE_G07, type_code)), ("system", system.into()), ("value", value.into())])
}

/// Mobile (J225 1) for 06, 07 and the overseas mobile ranges, which share them; else landline (2).
fn phone_channel(phone: &str) -> &'static str {
    if phone.starts_with("06") || phone.starts_with("07") { "1" } else { "2" }
}

fn telecom(kind: &str, channel: &str, value: &str) -> Node {
    let channel = concept(system::TRE_R200, channel);
    let extensions = vec![
        ror_extension("ror-telecom-communication-channel", "valueCodeableConcept", channel),
        ror_extension("ror-telecom-confidentiality-level", "valueCodeableConcept", public()),
    ];
    object([("extension", extensions.into()), ("system", kind.into()), ("value", value.into())])
}

fn public() -> Node {
    concept(system::TRE_R283, "1")
}

#[cfg(test)]
mod tests {
    use super::{Kind, Structure, Switchboard, ej_key};
    use crate::identifiers::{FinessId, SiretId};

    #[test]
    fn a_site_has_the_identifiers_types_and_link_of_the_guide() {
        let ej = FinessId::parse("010780054").expect("a number");
        let site = Structure {
            siret: SiretId::parse("26010004500012").ok(),
            region: Some("84".to_owned()),
            opened: Some("1979-02-13".to_owned()),
            name: Some("CENTRE HOSPITALIER DE BOURG-EN-BRESSE FLEYRIAT".to_owned()),
            additional_name: Some("SITE DE VIRIAT".to_owned()),
            operational_name: Some("CH DE FLEYRIAT".to_owned()),
            category: Some("355".to_owned()),
            sph: Some("1".to_owned()),
            part_of: Some(ej_key(&ej)),
            ..Structure::new(Kind::EntiteGeographique, FinessId::parse("010000024").ok())
        };
        let resource = site.to_resource();
        let identifiers: Vec<_> =
            resource.items("identifier").filter_map(|identifier| identifier.str("value")).collect();
        assert_eq!(identifiers, ["1010000024", "010000024", "26010004500012"]);
        let text = resource.to_text();
        for part in [
            r#"{"resourceType":"Organization","meta":{"tag":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM","code":"84"}]},"extension""#,
            r#"{"url":"http://hl7.org/fhir/StructureDefinition/organization-period","valuePeriod":{"start":"1979-02-13"}}"#,
            r#"TRE-G07-TypeIdentifiantStructure","code":"40"}]},"system":"urn:oid:1.2.250.1.71.4.2.2","value":"1010000024""#,
            r#""_name":{"extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-organization-additional-name","valueString":"SITE DE VIRIAT"}]}"#,
            r#""alias":["CH DE FLEYRIAT"],"partOf":{"reference":"key:ej/010780054"}}"#,
        ] {
            assert!(text.contains(part), "{part} not in {text}");
        }
    }

    #[test]
    fn a_register_phone_is_a_public_switchboard() {
        let contact = |phone: &str| Switchboard { phone: Some(phone.to_owned()), fax: None }.to_contact();
        let text = contact("0474454647").expect("a contact").to_text();
        assert!(text.contains(r#""purpose":{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R287-NatureContact/FHIR/TRE-R287-NatureContact","code":"06"}]}"#), "{text}");
        assert_eq!(text.matches(r#"TRE-R283-NiveauConfidentialite","code":"1""#).count(), 2);
        assert!(text.contains(r#"TRE-R200-CanalCommunication","code":"2""#), "{text}");
        assert!(contact("0692000000").expect("a contact").to_text().contains(r#"CanalCommunication","code":"1""#));
        assert_eq!(Switchboard::default().to_contact(), None);
    }
}
