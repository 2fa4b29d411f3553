//! What people call the elements of the guide, for those who do not read FHIR.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The words for an element, slice or part, by where its rule is written
/// (`ror-healthcareservice : HealthcareService.type`); those of what holds it when it has none.
pub(crate) fn label(source: &str) -> Option<&'static str> {
    let mut path = source.rsplit_once(" : ").map_or(source, |(_, path)| path);
    loop {
        if let Some(found) = own(path) {
            return Some(found);
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// The words for just that path: the longest end of it that the table holds.
fn own(path: &str) -> Option<&'static str> {
    let table = table();
    let last = path.rsplit('.').next().unwrap_or(path);
    let slice = last.split_once(':').map(|(_, slice)| slice);
    let ends = path.match_indices('.').map(|(dot, _)| &path[dot + 1..]);
    // A part of an extension is written `extension:ageRange.value[x].low`.
    let inside = path.match_indices(':').map(|(colon, _)| &path[colon + 1..]);
    let mut all = std::iter::once(path).chain(ends).chain(inside).chain(slice);
    all.find_map(|end| table.get(end).copied())
}

fn table() -> &'static HashMap<&'static str, &'static str> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = include_str!("../data/labels.tsv").lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('\t')).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tables;

    #[test]
    fn the_closest_words_speak() {
        for (source, words) in [
            ("ror-healthcareservice : HealthcareService.type", Some("champ d'activité")),
            ("ror-organization : Organization.type:OIType", Some("type d'organisation interne")),
            ("ror-organization : Organization.identifier:finess.value", Some("numéro FINESS")),
            ("ror-organization : Organization.identifier", Some("identifiant")),
            ("ror-healthcareservice-patient-type.extension:ageRange.value[x].low", Some("âge minimum")),
            ("ror-healthcareservice-patient-type.extension:ageRange.value[x]", Some("âges minimum et maximum")),
            ("ror-healthcareservice-sensitive-unit.value[x]", Some("unité sensible")),
            ("ror-practitionerrole : PractitionerRole.specialty:specialty", Some("spécialité ordinale")),
            ("ror-location : Location", None),
            ("ror-task : Task.intent", None),
        ] {
            assert_eq!(label(source), words, "{source}");
        }
    }

    /// The five types that establishments write; the others are written by programs.
    const CONTENT: [&str; 5] = ["Organization", "HealthcareService", "Location", "Practitioner", "PractitionerRole"];

    #[test]
    fn everything_that_is_asked_of_content_has_words() {
        let tables = Tables::embedded();
        let mut nameless = Vec::new();
        for profile in tables.profiles().iter().filter(|profile| CONTENT.contains(&profile.resource_type)) {
            for row in &profile.elements {
                let path = format!("{}.{}", profile.resource_type, row.path);
                let is_whole_list = matches!(row.path, "extension") || row.path.ends_with(".extension");
                let is_asked = row.min > 0 || row.must_support || row.value_set.is_some();
                if is_asked && !is_whole_list && label(&path).is_none() {
                    nameless.push(path);
                }
            }
        }
        for extension in tables.extensions().iter().filter(|one| one.url.contains("/ror/")) {
            if extension.id == "ror-launchcontext" {
                continue;
            }
            let parts = extension.parts.iter().map(|part| part.url.rsplit('/').next().unwrap_or(part.url));
            let parts = parts.map(|part| format!("{}.extension:{part}", extension.id));
            nameless.extend(std::iter::once(extension.id.to_owned()).chain(parts).filter(|it| label(it).is_none()));
        }
        assert!(nameless.is_empty(), "{nameless:#?}");
    }

    #[test]
    fn every_line_of_the_table_is_one_of_its_own() {
        let lines: Vec<_> = include_str!("../data/labels.tsv").lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), table().len(), "a path written twice, or a line without words");
    }
}
