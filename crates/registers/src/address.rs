//! Postal addresses as the guide writes them: readable lines, each with its structured parts.

use ror_fhir::{Node, Object};

use crate::cog::{Commune, Position};
use crate::shapes::{coding, degrees, extension, object, ror_extension, set, set_list, set_some, system};

const ADXP: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-";
const LIEU_DIT: &str = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-lieu-dit";
const GEOLOCATION: &str = "http://hl7.org/fhir/StructureDefinition/geolocation";
const INSEE_CODE: &str = "http://interopsante.org/fhir/StructureDefinition/FrAddressInseeCode";

/// Farther from its commune than this, a position is a mistake. The largest commune of the métropole (Arles)
/// reaches 40 km from its town hall; those of Guyane reach further.
const FROM_COMMUNE_M_MAX: f64 = 40_000.0;
const FROM_COMMUNE_GUYANE_M_MAX: f64 = 250_000.0;

/// How far a position is from its commune, in metres, when it is too far to be right: such a position
/// is not taken, since a wrong distance is worse than none (D69).
pub(crate) fn strayed_m(position: Position, commune: &Commune) -> Option<f64> {
    let away_m = position.metres_to(commune.position()?);
    let is_guyane = commune.departement() == "973";
    (away_m > if is_guyane { FROM_COMMUNE_GUYANE_M_MAX } else { FROM_COMMUNE_M_MAX }).then_some(away_m)
}

/// A postal address. Absent parts are left out, never guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    /// Point de remise: flat, floor, corridor.
    pub care_of: Option<String>,
    /// Complément du point géographique: building, zone.
    pub additional_locator: Option<String>,
    /// Numéro de voie.
    pub house_number: Option<String>,
    /// Repetition index: B, T, Q, C…
    pub house_number_suffix: Option<String>,
    /// Code of JDV_J219 (`R`, `AV`); another text is tolerated (D34).
    pub street_type: Option<String>,
    /// Libellé de voie, without the type.
    pub street_name: Option<String>,
    /// Mention de distribution: BP, CS, TSA…
    pub post_box: Option<String>,
    /// Lieu-dit.
    pub lieu_dit: Option<String>,
    /// Localité, as in the source.
    pub city: Option<String>,
    /// Code postal, possibly a CEDEX one.
    pub postal_code: Option<String>,
    /// INSEE code of the commune.
    pub commune: Option<String>,
    /// Where it is, when the source says so (D69).
    pub position: Option<Position>,
    /// Whether the position can be relied on, when known.
    pub position_reliable: Option<bool>,
}

impl Address {
    /// The address of an Organization, with commune and position as extensions; none when empty.
    pub fn for_organization(&self) -> Option<Node> {
        let mut address = Node::from(Object::new());
        let commune =
            self.commune.as_ref().map(|code| extension(INSEE_CODE, "valueCoding", coding(system::TRE_R13, code)));
        let extensions = commune.into_iter().chain(self.geolocation()).collect();
        set_list(&mut address, "extension", extensions);
        self.fill(&mut address)
    }

    /// The address of a Location; none when empty. Its commune and position are elements of the Location
    /// itself: [`commune_cog`](crate::shapes::commune_cog) and [`location_position`](Self::location_position).
    pub fn for_location(&self) -> Option<Node> {
        self.fill(&mut Object::new().into())
    }

    /// `Location.position`, with `ror-coordinate-reliability` when the reliability is known.
    pub fn location_position(&self) -> Option<Node> {
        let position = self.position?;
        let mut node = Node::from(Object::new());
        let reliable = self.position_reliable;
        let flag = reliable.map(|reliable| ror_extension("ror-coordinate-reliability", "valueBoolean", reliable));
        set_list(&mut node, "extension", flag.into_iter().collect());
        set(&mut node, "longitude", degrees(position.longitude));
        set(&mut node, "latitude", degrees(position.latitude));
        Some(node)
    }

    fn geolocation(&self) -> Option<Node> {
        let position = self.position?;
        let mut parts = vec![
            extension("latitude", "valueDecimal", degrees(position.latitude)),
            extension("longitude", "valueDecimal", degrees(position.longitude)),
        ];
        let reliable = self.position_reliable;
        parts.extend(reliable.map(|reliable| ror_extension("ror-confidence-geolocation", "valueBoolean", reliable)));
        Some(object([("extension", parts.into()), ("url", GEOLOCATION.into())]))
    }

    fn fill(&self, address: &mut Node) -> Option<Node> {
        let lines = self.lines();
        let texts = lines.iter().map(|(text, _)| Node::string(text.as_str())).collect();
        let parts = lines.into_iter().map(|(_, parts)| object([("extension", parts.into())])).collect();
        set_list(address, "line", texts);
        set_list(address, "_line", parts);
        set_some(address, "city", self.city.as_deref());
        set_some(address, "postalCode", self.postal_code.as_deref());
        address.as_object().filter(|object| !object.is_empty())?;
        Some(std::mem::replace(address, Node::Null))
    }

    /// The lines in postal order, each with the extensions that say what its words are.
    fn lines(&self) -> Vec<(String, Vec<Node>)> {
        let part = |name: &str, value: &str| extension(&format!("{ADXP}{name}"), "valueString", value);
        let street = [
            ("houseNumber", &self.house_number),
            ("buildingNumberSuffix", &self.house_number_suffix),
            ("streetNameType", &self.street_type),
            ("streetNameBase", &self.street_name),
        ];
        let street: Vec<_> = street.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let street_text = street.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" ");
        let street_parts = street.iter().map(|(name, value)| part(name, value)).collect();
        let single =
            |name: &str, value: &Option<String>| value.as_ref().map(|value| (value.clone(), vec![part(name, value)]));
        let lieu_dit = self.lieu_dit.as_ref();
        let lieu_dit = lieu_dit.map(|value| (value.clone(), vec![extension(LIEU_DIT, "valueString", value.as_str())]));
        [
            single("careOf", &self.care_of),
            single("additionalLocator", &self.additional_locator),
            (!street_text.is_empty()).then_some((street_text, street_parts)),
            lieu_dit,
            single("postBox", &self.post_box),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use crate::cog::Position;

    fn fleyriat() -> Address {
        Address {
            house_number: Some("900".to_owned()),
            street_type: Some("RTE".to_owned()),
            street_name: Some("DE PARIS".to_owned()),
            post_box: Some("BP 12".to_owned()),
            city: Some("VIRIAT".to_owned()),
            postal_code: Some("01440".to_owned()),
            commune: Some("01451".to_owned()),
            position: Some(Position { latitude: 46.2222, longitude: 5.20879 }),
            position_reliable: Some(true),
            ..Address::default()
        }
    }

    #[test]
    fn an_organization_address_has_the_shape_of_the_guide() {
        let expected = concat!(
            r#"{"extension":[{"url":"http://interopsante.org/fhir/StructureDefinition/FrAddressInseeCode","valueCoding":{"#,
            r#""system":"https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM","code":"01451"}},"#,
            r#"{"extension":[{"url":"latitude","valueDecimal":46.222200},{"url":"longitude","valueDecimal":5.208790},"#,
            r#"{"url":"https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-confidence-geolocation","valueBoolean":true}],"#,
            r#""url":"http://hl7.org/fhir/StructureDefinition/geolocation"}],"line":["900 RTE DE PARIS","BP 12"],"#,
            r#""_line":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber","valueString":"900"},"#,
            r#"{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameType","valueString":"RTE"},"#,
            r#"{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetNameBase","valueString":"DE PARIS"}]},"#,
            r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-postBox","valueString":"BP 12"}]}],"#,
            r#""city":"VIRIAT","postalCode":"01440"}"#,
        );
        assert_eq!(fleyriat().for_organization().expect("an address").to_text(), expected);
    }

    #[test]
    fn a_location_keeps_its_position_out_of_its_address() {
        let address = fleyriat();
        assert!(address.for_location().expect("an address").get("extension").is_none());
        let position = address.location_position().expect("a position").to_text();
        assert!(position.ends_with(r#""longitude":5.208790,"latitude":46.222200}"#), "{position}");
    }

    #[test]
    fn nothing_known_is_no_address() {
        assert_eq!(Address::default().for_organization(), None);
        assert_eq!(Address::default().for_location(), None);
        assert_eq!(Address::default().location_position(), None);
    }
}
