//! Addresses on their lines, and the link to an itinerary.

use std::collections::HashMap;
use std::sync::OnceLock;

use ror_fhir::Node;
use ror_registers::cog::{Cog, Position};
use ror_terminology::Terminology;

use super::node;
use crate::french;

/// Where something is, as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Address {
    /// Street and what comes with it.
    pub(crate) lines: Vec<String>,
    /// Postal code and locality.
    pub(crate) locality: String,
    /// Name of the commune of the official code.
    pub(crate) commune: String,
    /// Code of its department.
    pub(crate) departement: Option<String>,
    pub(crate) position: Option<Position>,
}

impl Address {
    /// Address of a structure.
    pub(crate) fn of_structure(structure: &Node, cog: &Cog) -> Option<Self> {
        let address = structure.items("address").next()?;
        let point = node::extension(address, "geolocation");
        let degrees = |name| point.and_then(|point| node::part(point, name)?.get("valueDecimal")?.as_f64());
        let position = match (degrees("latitude"), degrees("longitude")) {
            (Some(latitude), Some(longitude)) => Some(Position { latitude, longitude }),
            _ => None,
        };
        Some(Self::read(address, node::commune(address), position, cog))
    }

    /// Address of a place.
    pub(crate) fn of_place(place: &Node, cog: &Cog) -> Self {
        let nothing = Node::Null;
        let address = place.get("address").unwrap_or(&nothing);
        Self::read(address, node::commune_of_place(place), node::position(place), cog)
    }

    fn read(address: &Node, commune: Option<&str>, position: Option<Position>, cog: &Cog) -> Self {
        let mut lines: Vec<String> =
            address.items("line").filter_map(Node::as_str).map(street).filter(|line| !line.is_empty()).collect();
        lines.dedup();
        let official = commune.and_then(|code| cog.commune(code)).map(|commune| commune.name.to_string());
        let city = address.str("city").map(french::name).or_else(|| official.clone()).unwrap_or_default();
        let locality = [address.str("postalCode").unwrap_or_default(), &city].join(" ").trim().to_owned();
        let departement = commune.and_then(departement).map(str::to_owned);
        Self { lines, locality, commune: official.unwrap_or(city), departement, position }
    }

    /// On one line; a street that is not known is said to be so.
    pub(crate) fn line(&self) -> Option<String> {
        match (self.lines.is_empty(), self.locality.is_empty()) {
            (true, true) => None,
            (true, false) => Some(format!("{} (rue non renseignée)", self.locality)),
            (false, true) => Some(self.lines.join(", ")),
            (false, false) => Some(format!("{}, {}", self.lines.join(", "), self.locality)),
        }
    }

    /// The position as the system of maps of the device opens it.
    pub(crate) fn itinerary(&self) -> Option<String> {
        let Position { latitude, longitude } = self.position?;
        Some(format!("geo:{latitude:.5},{longitude:.5}"))
    }
}

/// The department that the code of a commune starts with.
fn departement(commune: &str) -> Option<&str> {
    commune.get(..if commune.starts_with("97") || commune.starts_with("98") { 3 } else { 2 })
}

/// `116 R de l'Église` with the word for the kind of street in full.
fn street(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_capitals = !line.chars().any(char::is_lowercase);
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let at = usize::from(words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())));
    let at = at
        + usize::from(at == 1 && words.get(1).is_some_and(|word| matches!(word.as_str(), "B" | "T" | "BIS" | "TER")));
    if words.len() > at + 1
        && let Some(word) = words.get_mut(at)
        && let Some(full) = street_kind(word)
    {
        *word = full;
        let rest = words.split_off(at + 1).join(" ");
        // Softened as the inside of a name, so that "DE L'HOPITAL" starts small.
        let rest = if is_capitals { french::name(&format!("X {rest}")).split_off(2) } else { rest };
        words.push(rest);
        return words.join(" ");
    }
    if is_capitals { french::name(&line) } else { line }
}

/// The kind of street in full, from its official abbreviation (J219).
fn street_kind(code: &str) -> Option<String> {
    static KINDS: OnceLock<HashMap<&'static str, String>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        let set = Terminology::embedded().value_set("JDV_J219-TypeVoie-ROR").into_iter();
        let concepts = set.flat_map(|set| set.concepts().map(|(_, concept)| concept).collect::<Vec<_>>());
        concepts.filter_map(|concept| Some((concept.code, concept.display?.to_lowercase()))).collect()
    });
    kinds.get(code).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_street_is_said_to_be_so() {
        let known = Address {
            lines: vec!["3 rue Haute".to_owned()],
            locality: "01100 Oyonnax".to_owned(),
            ..Address::default()
        };
        let vague = Address { locality: "01960 Péronnas".to_owned(), ..Address::default() };
        assert_eq!(known.line().as_deref(), Some("3 rue Haute, 01100 Oyonnax"));
        assert_eq!(vague.line().as_deref(), Some("01960 Péronnas (rue non renseignée)"));
        assert_eq!(Address::default().line(), None);
        assert_eq!(
            (departement("01283"), departement("97411"), departement("2A004")),
            (Some("01"), Some("974"), Some("2A"))
        );
    }

    #[test]
    fn streets_are_written_in_full() {
        for (line, shown) in [
            ("116 R de l'Église", "116 rue de l'Église"),
            ("1 AV DE L'HOPITAL", "1 avenue de l'Hôpital"),
            ("12 B R PASTEUR", "12 B rue Pasteur"),
            ("BP 824", "BP 824"),
            ("R", "R"),
            ("", ""),
        ] {
            assert_eq!(street(line), shown, "{line}");
        }
    }
}
