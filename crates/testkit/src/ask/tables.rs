//! The search parameters: where each reads, after the guide and FHIR R4.
//!
//! A row says where its values are: members separated by `/`; `@name` is the extension
//! whose address ends with that name, `=` the value of an extension, `name#id` the items
//! that bear that id, `|` stands between two places.

use ror_search::ResourceType;
use ror_search::ResourceType::{
    HealthcareService as Offer, Location as Place, Organization as Structure, Practitioner, PractitionerRole as Role,
    Questionnaire as Template,
};

/// What a parameter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    Text,
    Date,
    Number,
    Quantity,
    Reference(ResourceType),
    /// Understood by name.
    Special,
}

/// Parameters that bear on one record (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Capacity,
    Equipment,
    Dwelling,
    Price,
}

/// A search parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) rtype: ResourceType,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Where it reads, from the resource or from a record of its family.
    pub(crate) at: &'static str,
    pub(crate) family: Option<Family>,
}

const fn row(rtype: ResourceType, name: &'static str, kind: Kind, at: &'static str) -> Parameter {
    Parameter { rtype, name, kind, at, family: None }
}

const fn of(family: Family, rtype: ResourceType, name: &'static str, kind: Kind, at: &'static str) -> Parameter {
    Parameter { rtype, name, kind, at, family: Some(family) }
}

/// All but `_id`, `_lastUpdated` and `_tag`, which are of every type.
const PARAMETERS: [Parameter; 72] = {
    use Family::{Capacity, Dwelling, Equipment, Price};
    use Kind::{Date, Number, Quantity, Reference, Special, Text, Token};
    [
        row(Offer, "identifier", Token, "identifier"),
        row(Offer, "name", Text, "name"),
        row(Offer, "service-category", Token, "category"),
        row(Offer, "service-type", Token, "type"),
        row(Offer, "specialty", Token, "specialty"),
        row(Offer, "characteristic", Token, "characteristic"),
        row(Offer, "location", Reference(Place), "location"),
        row(Offer, "organization", Reference(Structure), "providedBy"),
        row(Offer, "intervention-zone", Token, "@ror-territorial-division/@codeTerritorialDivision/="),
        row(Offer, "patient-type", Token, "@ror-healthcareservice-patient-type/@supportedPatientInfo/="),
        row(Offer, "age-range-low", Quantity, "@ror-healthcareservice-patient-type/@ageRange/=/low"),
        row(Offer, "age-range-high", Quantity, "@ror-healthcareservice-patient-type/@ageRange/=/high"),
        row(Offer, "psychiatric-sector", Text, "@ror-healthcareservice-psychiatric-sector/="),
        row(Offer, "notavailable-closing-reopeningdate", Date, "notAvailable#closingReopeningDate/during"),
        row(Offer, "open-at", Special, "availableTime"),
        row(Place, "identifier", Token, "identifier"),
        row(Place, "type", Token, "type"),
        row(Place, "status", Token, "status"),
        row(Place, "operational-status", Token, "operationalStatus"),
        row(Place, "address-postalcode", Text, "address/postalCode"),
        row(Place, "address-city", Text, "address/city"),
        row(Place, "near", Special, "position"),
        row(Place, "near-insee-code", Special, "position"),
        row(Place, "commune-cog", Token, "@ror-commune-cog/="),
        row(Place, "departement", Token, "@ror-commune-cog/="),
        row(Place, "region", Token, "@ror-commune-cog/="),
        row(Place, "epci", Token, "@ror-commune-cog/="),
        row(Place, "organization", Reference(Structure), "managingOrganization"),
        row(Place, "capacity", Special, ""),
        of(Capacity, Place, "capacity-type", Token, "@capacityType/="),
        of(Capacity, Place, "capacity-status", Token, "@capacityStatus/="),
        of(Capacity, Place, "temporality-capacity", Token, "@temporalityCapacity/="),
        of(Capacity, Place, "gender-capacity-available", Token, "@genderCapacityAvailable/="),
        of(Capacity, Place, "capacity-closing-type", Token, "@capacityClosingType/="),
        of(Capacity, Place, "additional-bed-type", Token, "@additionalBedType/="),
        of(Capacity, Place, "crisis-type", Token, "@crisisType/="),
        of(Capacity, Place, "temporary-assignement", Token, "@temporaryAssignement/="),
        of(Capacity, Place, "nb-capacity", Number, "@nbCapacity/="),
        of(Capacity, Place, "capacity-update-date", Date, "@capacityUpdateDate/="),
        of(Equipment, Place, "equipment-type", Token, "@equipmentType/="),
        of(Equipment, Place, "equipment-feature", Token, "@equipmentFeature/="),
        of(Equipment, Place, "limit-value", Quantity, "@limitValue/="),
        of(Dwelling, Place, "residential-type", Token, "@residentialType/="),
        of(Dwelling, Place, "residential-number", Number, "@residentialNumber/="),
        row(Structure, "identifier", Token, "identifier"),
        row(Structure, "name", Text, "name|alias"),
        row(Structure, "type", Token, "type"),
        row(Structure, "partof", Reference(Structure), "partOf"),
        row(Structure, "drop-zone", Token, "@ror-organization-drop-zone/="),
        row(Structure, "closing-type", Token, "@ror-organization-closing-type/="),
        row(Structure, "period-end", Date, "@organization-period/=/end"),
        of(Price, Structure, "price-type", Token, "@priceType/="),
        of(Price, Structure, "price-amount-value", Number, "@amount/=/value"),
        of(Price, Structure, "price-residential-type", Token, "@residentialType/="),
        of(Price, Structure, "special-price", Token, "@specialPrice/="),
        of(Price, Structure, "price-dependency-level", Token, "@dependencyLevel/="),
        of(Price, Structure, "price-welcome-type", Token, "@welcomeType/="),
        of(Price, Structure, "price-unit", Token, "@priceUnit/="),
        of(Price, Structure, "price-validity-start-date", Date, "@startDate/="),
        row(Practitioner, "identifier", Token, "identifier"),
        row(Role, "identifier", Token, "identifier"),
        row(Role, "practitioner", Reference(Practitioner), "practitioner"),
        row(Role, "organization", Reference(Structure), "organization"),
        row(Role, "service", Reference(Offer), "healthcareService"),
        row(Template, "identifier", Token, "identifier"),
        row(Template, "context", Token, "useContext/valueCodeableConcept"),
        row(Template, "status", Token, "status"),
        row(Template, "date", Date, "date"),
        row(Template, "version", Token, "version"),
        row(Template, "title", Text, "title"),
        row(Template, "description", Text, "description"),
        row(Template, "name", Text, "name"),
    ]
};

/// Where `:above` may stand (D9): after this reference of an offer.
pub(crate) const ABOVE: (ResourceType, &str) = (Offer, "organization");

/// The parameters of a type.
pub(crate) fn parameters(rtype: ResourceType) -> impl Iterator<Item = Parameter> {
    let common = [
        row(rtype, "_id", Kind::Token, "id"),
        row(rtype, "_lastUpdated", Kind::Date, "meta/lastUpdated"),
        row(rtype, "_tag", Kind::Token, "meta/tag"),
    ];
    // A template has no region: `_tag` is no parameter of its type.
    let common = common.into_iter().filter(move |row| rtype != Template || row.name != "_tag");
    common.chain(PARAMETERS.into_iter().filter(move |row| row.rtype == rtype))
}

/// One parameter of a type.
pub(crate) fn parameter(rtype: ResourceType, name: &str) -> Option<Parameter> {
    parameters(rtype).find(|row| row.name == name)
}

/// The references of a type, or of all: type, parameter, element, target.
pub(crate) fn references(
    rtype: Option<ResourceType>,
) -> impl Iterator<Item = (ResourceType, &'static str, &'static str, ResourceType)> {
    let mine = PARAMETERS.into_iter().filter(move |row| rtype.is_none_or(|rtype| row.rtype == rtype));
    mine.filter_map(|row| match row.kind {
        Kind::Reference(target) => Some((row.rtype, row.name, row.at, target)),
        _ => None,
    })
}

/// The element of a reference, and the type that it leads to.
pub(crate) fn follow(rtype: ResourceType, name: &str) -> (&'static str, ResourceType) {
    let found = references(Some(rtype)).find(|(_, known, ..)| *known == name);
    found.map(|(.., element, target)| (element, target)).expect("a reference of the table")
}

impl super::Term {
    /// The type that its references lead to from `rtype`.
    pub(crate) fn target(&self, rtype: ResourceType) -> ResourceType {
        self.path.iter().fold(rtype, |rtype, name| follow(rtype, name).1)
    }

    /// The family of its parameter (D1).
    pub(crate) fn family(&self, rtype: ResourceType) -> Option<Family> {
        parameter(self.target(rtype), self.name).and_then(|row| row.family)
    }
}
