//! Ages and hours.

use ror_fhir::Node;

use super::{broken, code_of, guide, items};
use crate::finding::{Finding, Severity};

/// UCUM units of an age: year, month, week, day (D13).
const AGE_UNITS: &[&str] = &["a", "mo", "wk", "d"];

/// Hours of a person: on call, consultation without or with appointment.
const PERSON_HOURS: &[&str] = &["03", "06", "07"];

/// RG_EXP_048: an age is in years, months, weeks or days; without unit it is read in years, and
/// its author is told (D13).
pub(super) fn age_units_are_years_months_weeks_or_days(offer: &Node) -> Vec<Finding> {
    let mut all = Vec::new();
    for (path, patient_type) in items(offer, "HealthcareService", "extension") {
        if patient_type.str("url") != Some(guide!("ror-healthcareservice-patient-type")) {
            continue;
        }
        for (path, part) in items(patient_type, &path, "extension") {
            let bounds = ["low", "high"].into_iter().filter_map(|key| Some((key, part.get("valueRange")?.get(key)?)));
            all.extend(bounds.filter_map(|(key, age)| age_unit(format!("{path}.value.{key}"), age)));
        }
    }
    all
}

fn age_unit(path: String, age: &Node) -> Option<Finding> {
    let expected = "un âge en a (années), mo (mois), wk (semaines) ou d (jours)";
    match age.str("code").or(age.str("unit")) {
        None => {
            let message = "L'âge est donné sans unité : il est lu en années.".to_owned();
            Some(Finding { severity: Severity::Warning, ..broken(path, "D13", expected, message) })
        }
        Some(unit) if !AGE_UNITS.contains(&unit) => {
            let message = "Cette unité n'est pas admise pour un âge.".to_owned();
            Some(broken(path, "RG_EXP_048", expected, message))
        }
        Some(_) => None,
    }
}

/// RG_EXP_049: the hours of a person are on call (03), without (06) or by appointment (07).
pub(super) fn hours_of_a_person_are_on_call_or_consultation(role: &Node) -> Vec<Finding> {
    let times = items(role, "PractitionerRole", "availableTime");
    let wrong = times.filter(|(_, time)| {
        code_of(time, guide!("ror-available-time-type-of-time")).is_some_and(|code| !PERSON_HOURS.contains(&code))
    });
    let message = "Ce type d'horaire ne convient pas à une personne.";
    wrong.map(|(path, _)| broken(path, "RG_EXP_049", "un horaire de type 03, 06 ou 07", message.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    #[test]
    fn rg_exp_048_takes_four_units() {
        let offer = |low: Node| {
            node!({"extension": [{"url": guide!("ror-healthcareservice-patient-type"), "extension": [
                {"url": "ageRange", "valueRange": {"low": low, "high": {"value": 9, "code": "a"}}}]}]})
        };
        let found = |low: Node| {
            let all = age_units_are_years_months_weeks_or_days(&offer(low));
            all.into_iter().map(|one| (one.severity, one.rule, one.expression)).collect::<Vec<_>>()
        };
        let place = "HealthcareService.extension[0].extension[0].value.low".to_owned();
        for unit in AGE_UNITS {
            assert_eq!(found(node!({"value": 1, "code": unit})), []);
        }
        assert_eq!(
            found(node!({"value": 1, "code": "h"})),
            [(Severity::Error, "RG_EXP_048".to_owned(), place.clone())]
        );
        assert_eq!(found(node!({"value": 1})), [(Severity::Warning, "D13".to_owned(), place)]);
    }

    #[test]
    fn rg_exp_049_takes_three_kinds_of_hours() {
        let role = |code: &str| {
            node!({"availableTime": [{"extension": [{"url": guide!("ror-available-time-type-of-time"),
                "valueCodeableConcept": {"coding": [{"code": code}]}}]}]})
        };
        for code in PERSON_HOURS {
            assert_eq!(hours_of_a_person_are_on_call_or_consultation(&role(code)), []);
        }
        assert_eq!(hours_of_a_person_are_on_call_or_consultation(&role("01")).len(), 1);
        assert_eq!(hours_of_a_person_are_on_call_or_consultation(&node!({"availableTime": [{}]})), []);
    }
}
