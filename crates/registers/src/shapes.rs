//! The FHIR shapes that every register writes: codings, extensions, tags, references, periods.
//!
//! Systems and canonicals are those of the guide (`model.json`); a misspelt one is kept as published.

use ror_fhir::{Node, Object};

/// Base of the extensions that the guide defines.
pub const ROR_EXTENSION: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";

/// Code systems, by the name of their nomenclature.
pub mod system {
    /// Types of structure identifier.
    pub const TRE_G07: &str =
        "https://mos.esante.gouv.fr/NOS/TRE_G07-TypeIdentifiantStructure/FHIR/TRE-G07-TypeIdentifiantStructure";
    /// Communes.
    pub const TRE_R13: &str = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";
    /// Regions.
    pub const TRE_R30: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
    /// Categories of establishment.
    pub const TRE_R66: &str =
        "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
    /// Groups of legal statuses.
    pub const TRE_R69: &str = "https://mos.esante.gouv.fr/NOS/TRE_R69-FinessAgregatStatutJuridiqueNiv2/FHIR/TRE-R69-FinessAgregatStatutJuridiqueNiv2";
    /// Legal statuses.
    pub const TRE_R72: &str =
        "https://mos.esante.gouv.fr/NOS/TRE_R72-FinessStatutJuridique/FHIR/TRE-R72-FinessStatutJuridique";
    /// Part taken in the public hospital service.
    pub const TRE_R73: &str = "https://mos.esante.gouv.fr/NOS/TRE_R73-ESPIC/FHIR/TRE-R73-ESPIC";
    /// Channels of communication.
    pub const TRE_R200: &str =
        "https://mos.esante.gouv.fr/NOS/TRE_R200-CanalCommunication/FHIR/TRE-R200-CanalCommunication";
    /// Levels of confidentiality.
    pub const TRE_R283: &str =
        "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite";
    /// Kinds of contact.
    pub const TRE_R287: &str = "https://mos.esante.gouv.fr/NOS/TRE_R287-NatureContact/FHIR/TRE-R287-NatureContact";

    /// National structure identifiers (idNat_Struct).
    pub const ID_NAT_STRUCT: &str = "urn:oid:1.2.250.1.71.4.2.2";
    /// FINESS numbers.
    pub const FINESS: &str = "https://finess.esante.gouv.fr";
    /// SIREN and SIRET numbers; only the type tells them apart.
    pub const SIRENE: &str = "https://sirene.fr";
    /// Practice numbers built on a RPPS number.
    pub const RPPS_RANG: &str = "https://rppsrang.esante.gouv.fr";
    /// Practice numbers built on an ADELI number.
    pub const ADELI_RANG: &str = "https://adelirang.esante.gouv.fr";
}

/// An object of these members, in order. Built directly: a register writes a hundred small objects per
/// structure, and nodes nested in `node!` are copied at each level.
pub fn object<const COUNT: usize>(members: [(&str, Node); COUNT]) -> Node {
    let mut object = Object::new();
    for (key, value) in members {
        object.insert(key, value);
    }
    object.into()
}

/// A Coding.
pub fn coding(system: &str, code: &str) -> Node {
    object([("system", system.into()), ("code", code.into())])
}

/// A CodeableConcept of one coding.
pub fn concept(system: &str, code: &str) -> Node {
    object([("coding", vec![coding(system, code)].into())])
}

/// An extension with a value: `value_key` is `valueString`, `valueCodeableConcept`…
pub fn extension(url: &str, value_key: &str, value: impl Into<Node>) -> Node {
    object([("url", url.into()), (value_key, value.into())])
}

/// An extension of the guide, named by its id such as `ror-meta-creation-date`.
pub fn ror_extension(id: &str, value_key: &str, value: impl Into<Node>) -> Node {
    extension(&format!("{ROR_EXTENSION}{id}"), value_key, value)
}

/// `meta` with the tag of the region that owns the record; none without region.
pub fn meta(region: Option<&str>) -> Option<Node> {
    region.map(|region| object([("tag", vec![coding(system::TRE_R30, region)].into())]))
}

/// Extension `ror-meta-creation-date`: creation of the record in its source (dateTime).
pub fn creation_date(date_time: &str) -> Node {
    ror_extension("ror-meta-creation-date", "valueDateTime", date_time)
}

/// Extension `ror-commune-cog` of a Location: the commune by its INSEE code.
pub fn commune_cog(insee: &str) -> Node {
    ror_extension("ror-commune-cog", "valueCodeableConcept", concept(system::TRE_R13, insee))
}

/// A reference to another resource of the same harvest, by its key.
pub fn key_reference(key: &str) -> Node {
    object([("reference", format!("key:{key}").into())])
}

/// A decimal of six places: 0.1 m for degrees, and the same text at each import.
pub fn degrees(value: f64) -> Node {
    Node::Number(format!("{value:.6}").into())
}

/// Sets an element of an object; does nothing on another kind of node.
pub fn set(object: &mut Node, key: &str, value: impl Into<Node>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key, value);
    }
}

/// Sets an element when there is a value.
pub fn set_some(object: &mut Node, key: &str, value: Option<impl Into<Node>>) {
    if let Some(value) = value {
        set(object, key, value);
    }
}

/// Sets a list when it is not empty: FHIR has no empty array.
pub fn set_list(object: &mut Node, key: &str, items: Vec<Node>) {
    if !items.is_empty() {
        set(object, key, items);
    }
}
