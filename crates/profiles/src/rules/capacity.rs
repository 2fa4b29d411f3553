//! Capacity records: the combinations that are indicators (D35).

use ror_fhir::Node;

use super::{broken, code_of, guide, items};
use crate::finding::{Finding, Severity};

/// The axes that only one status may carry: part of the record, that status.
const ONE_STATUS_ONLY: &[(&str, &str)] = &[
    ("genderCapacityAvailable", "02"),
    ("capacityClosingType", "05"),
    ("additionalBedType", "06"),
    ("crisisType", "06"),
];

/// D35: numbers are at least 0; gender goes with available (02), closing type with closed (05),
/// extra-bed type and crisis with additional (06); installed (01) is usually of now (01).
pub(super) fn a_record_is_a_valid_indicator(place: &Node) -> Vec<Finding> {
    let records = items(place, "Location", "extension")
        .filter(|(_, record)| record.str("url") == Some(guide!("ror-location-supported-capacity")));
    records.flat_map(|(path, record)| judge(&path, record)).collect()
}

fn judge(path: &str, record: &Node) -> Vec<Finding> {
    let mut all = Vec::new();
    let status = code_of(record, "capacityStatus").unwrap_or_default();
    for (axis, only) in ONE_STATUS_ONLY {
        if record.extensions(axis).next().is_some() && status != *only {
            let message = format!(
                "Un enregistrement de statut {status} ne porte pas « {axis} » : ce n'est pas un indicateur valide."
            );
            all.push(broken(path.to_owned(), "D35", "une combinaison qui est un indicateur", message));
        }
    }
    if status == "01" && code_of(record, "temporalityCapacity").is_some_and(|horizon| horizon != "01") {
        let message = "La capacité installée se donne d'ordinaire pour maintenant (temporalité 01).".to_owned();
        all.push(Finding {
            severity: Severity::Warning,
            ..broken(path.to_owned(), "D35", "la temporalité 01", message)
        });
    }
    let number = record.extensions("nbCapacity").find_map(|number| number.get("valueInteger")?.as_i64());
    if number.is_some_and(|number| number < 0) {
        let message = "Une capacité n'est jamais négative.".to_owned();
        all.push(broken(path.to_owned(), "D35", "un nombre entier positif ou nul", message));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    fn place(status: &str, horizon: &str, number: i64, axis: Option<&str>) -> Node {
        let coded = |url: &str, code: &str| node!({"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}});
        let mut parts = vec![coded("capacityStatus", status), coded("temporalityCapacity", horizon)];
        parts.push(node!({"url": "nbCapacity", "valueInteger": number}));
        parts.extend(axis.map(|axis| coded(axis, "01")));
        node!({"extension": [{"url": guide!("ror-location-supported-capacity"), "extension": parts}]})
    }

    #[test]
    fn d35_each_axis_goes_with_one_status() {
        for (axis, only) in ONE_STATUS_ONLY {
            for status in ["01", "02", "03", "04", "05", "06"] {
                let found = a_record_is_a_valid_indicator(&place(status, "01", 0, Some(axis)));
                assert_eq!(found.is_empty(), status == *only, "{axis} {status}");
            }
        }
    }

    #[test]
    fn d35_numbers_and_horizons() {
        assert_eq!(a_record_is_a_valid_indicator(&place("02", "05", 0, None)), []);
        assert_eq!(a_record_is_a_valid_indicator(&place("02", "05", -1, None))[0].severity, Severity::Error);
        assert_eq!(a_record_is_a_valid_indicator(&place("01", "02", 3, None))[0].severity, Severity::Warning);
    }
}
