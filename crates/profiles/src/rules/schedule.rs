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
        if !has_day && !has_period(slot) {
            findings.broken("RG_EXP_014", "un jour de semaine (1 à 7, ou daysOfWeek) ou une période datée", || {
                let message = "Cette plage horaire n'a ni jour de semaine ni période : dire quand elle s'applique.";
                (format!("HealthcareService.availableTime[{at}]"), message.to_owned())
            });
        }
    }
}

/// Whether a slot has a period.
fn has_period(slot: &Node) -> bool {
    let period = slot.extensions(PERIOD).find_map(|extension| extension.get("valuePeriod"));
    period.is_some_and(|period| period.get("start").is_some() || period.get("end").is_some())
}

fn numbers(slot: &Node) -> impl Iterator<Item = i64> {
    slot.extensions(DAY_NUMBER).filter_map(|extension| extension.get("valueInteger")?.as_i64())
}

/// The legal time by which the hours of a resource are read: they are local to its place (D14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Europe/Paris.
    Paris,
    /// Overseas, where the clock never changes: what is added to UTC.
    Overseas(&'static str),
}

/// West of any other legal time of France: French Polynesia. Nothing ends later.
const LATEST: &str = "-10:00";

impl Zone {
    /// The zone of the region that a resource says it is of (`meta.tag`, R30). Where it names
    /// none that is known, the one where days end last: hours may go late, never early.
    pub fn of(resource: &Node) -> Self {
        let tags = resource.get("meta").into_iter().flat_map(|meta| meta.items("tag"));
        let mut regions = tags.filter(|tag| tag.str("system").is_some_and(|system| system.contains("TRE_R30-")));
        match regions.find_map(|tag| tag.str("code")).unwrap_or_default() {
            "11" | "24" | "27" | "28" | "32" | "44" | "52" | "53" | "75" | "76" | "84" | "93" | "94" => Self::Paris,
            // Guadeloupe with Saint-Martin and Saint-Barthélemy, Martinique.
            "01" | "02" | "977" | "978" => Self::Overseas("-04:00"),
            // Guyane, and Saint-Pierre-et-Miquelon in winter, when its days end last.
            "03" | "975" => Self::Overseas("-03:00"),
            "04" => Self::Overseas("+04:00"),
            "06" | "985" => Self::Overseas("+03:00"),
            _ => Self::Overseas(LATEST),
        }
    }

    /// When a date ends that was written there; an offset, where there is one, says it all.
    fn end_of(self, text: &str) -> Option<Instant> {
        let end = DateTime::parse(text).ok()?.end;
        let has_offset = text.split_once('T').is_some_and(|(_, clock)| clock.contains(['Z', '+', '-']));
        match self {
            Self::Overseas(offset) if !has_offset => {
                let clock = DateTime::format_instant(end);
                Some(DateTime::parse(&format!("{}{offset}", clock.get(..19)?)).ok()?.start)
            }
            _ => Some(end),
        }
    }
}

/// When the period of a slot ends, if it has one that does.
fn end(slot: &Node, zone: Zone) -> Option<Instant> {
    let period = slot.extensions(PERIOD).find_map(|extension| extension.get("valuePeriod"))?;
    zone.end_of(period.str("end")?)
}

/// RG_EXP_017, RG_EXP_018: whether the period of a slot is over at that instant. A weekly slot,
/// or one whose period has no end, never is.
///
/// For projections: what is over is shown to the owner alone (D80). A closing is no slot: its
/// dates (`notAvailable`) are shown as long as they are written.
pub fn is_expired(slot: &Node, zone: Zone, now: Instant) -> bool {
    end(slot, zone).is_some_and(|end| end <= now)
}

/// When the dated slots of a resource end by the clock of `zone`: the moments at which it may show
/// less.
pub fn ends(resource: &Node, zone: Zone) -> impl Iterator<Item = Instant> {
    resource.items("availableTime").filter_map(move |slot| end(slot, zone))
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
