//! Hours and ages: RG_EXP_014 to 018, 048, 049.

use ror_fhir::{DateTime, Instant, Node};

use super::{code_of, extensions, guide, items};
use crate::finding::Findings;

/// UCUM units of an age: year, month, week, day (D13).
const AGE_UNITS: &[&str] = &["a", "mo", "wk", "d"];

/// Hours of a person: on call, consultation without or with appointment.
const PERSON_HOURS: &[&str] = &["03", "06", "07"];

const PERIOD: &str = guide!("ror-available-time-effective-opening-closing-date");
const DAY_NUMBER: &str = guide!("ror-available-time-number-days-of-week");

/// RG_EXP_014: a slot tells a day of the week or a period. The guide numbers days from 1
/// (Monday) to 7 without limiting them: another number is no day.
pub(super) fn slot_has_a_day_or_a_period(offer: &Node, findings: &mut Findings) {
    for (at, slot) in items(offer, "availableTime").filter(|(_, slot)| slot.as_object().is_some()) {
        let has_day = slot.get("daysOfWeek").is_some() || numbers(slot).any(|number| (1..=7).contains(&number));
        if !has_day && period(slot).is_none() {
            findings.broken("RG_EXP_014", "un jour de semaine (1 à 7, ou daysOfWeek) ou une période datée", || {
                let message = "Cette plage horaire n'a ni jour de semaine ni période : dire quand elle s'applique.";
                (format!("HealthcareService.availableTime[{at}]"), message.to_owned())
            });
        }
    }
}

/// The bounds of the period of a slot, where it has one.
fn period(slot: &Node) -> Option<(Option<DateTime>, Option<DateTime>)> {
    let period = slot.extensions(PERIOD).find_map(|extension| extension.get("valuePeriod"))?;
    let bound = |key: &str| period.str(key).and_then(|text| DateTime::parse(text).ok());
    (period.get("start").is_some() || period.get("end").is_some()).then(|| (bound("start"), bound("end")))
}

fn numbers(slot: &Node) -> impl Iterator<Item = i64> {
    slot.extensions(DAY_NUMBER).filter_map(|extension| extension.get("valueInteger")?.as_i64())
}

/// RG_EXP_017, RG_EXP_018: whether the period of a slot is over at that instant. A weekly slot,
/// or one whose period has no end, never is.
///
/// For projections: what is over is shown to the owner alone (D80). A closing is no slot: its
/// dates (`notAvailable`) are shown as long as they are written.
pub fn is_expired(slot: &Node, now: Instant) -> bool {
    period(slot).and_then(|(_, end)| end).is_some_and(|end| end.end <= now)
}

/// When the dated slots of a resource end: the moments at which it may show less.
pub fn ends(resource: &Node) -> impl Iterator<Item = Instant> {
    resource.items("availableTime").filter_map(|slot| Some(period(slot)?.1?.end))
}

/// RG_EXP_048: an age is in years, months, weeks or days; without unit it is read in years, and
/// its author is told (D13).
pub(super) fn age_units_are_years_months_weeks_or_days(offer: &Node, findings: &mut Findings) {
    for (at, patients) in extensions(offer, guide!("ror-healthcareservice-patient-type")) {
        for (inner, part) in items(patients, "extension") {
            let Some(range) = part.get("valueRange") else { continue };
            for (key, age) in ["low", "high"].into_iter().filter_map(|key| Some((key, range.get(key)?))) {
                let place = || format!("HealthcareService.extension[{at}].extension[{inner}].value.{key}");
                age_unit(place, age, findings);
            }
        }
    }
}

fn age_unit(place: impl FnOnce() -> String, age: &Node, findings: &mut Findings) {
    let expected = "un âge en a (années), mo (mois), wk (semaines) ou d (jours)";
    match age.str("code").or(age.str("unit")) {
        None => findings
            .doubtful("D13", expected, || (place(), "L'âge est donné sans unité : il est lu en années.".to_owned())),
        Some(unit) if !AGE_UNITS.contains(&unit) => findings.broken_by("RG_EXP_048", expected, unit, || {
            (place(), "Cette unité n'est pas admise pour un âge.".to_owned())
        }),
        Some(_) => {}
    }
}

/// RG_EXP_049: the hours of a person are on call (03), without (06) or by appointment (07).
pub(super) fn hours_of_a_person_are_on_call_or_consultation(role: &Node, findings: &mut Findings) {
    for (at, time) in items(role, "availableTime") {
        let kind = code_of(time, guide!("ror-available-time-type-of-time"));
        if let Some(code) = kind.filter(|code| !PERSON_HOURS.contains(code)) {
            findings.broken_by(
                "RG_EXP_049",
                "un horaire de type 03 (garde), 06 (sans rendez-vous) ou 07 (sur rendez-vous)",
                code,
                || {
                    let message = "Ce type d'horaire ne convient pas à une personne.";
                    (format!("PractitionerRole.availableTime[{at}]"), message.to_owned())
                },
            );
        }
    }
}
