//! Opening hours that are over (RG_EXP_018, D80).

use std::sync::OnceLock;

use ror_fhir::{DateTime, Instant, Node};

/// The last five past midnight of Paris, found among those of three years.
pub(super) fn night(now: Instant) -> Instant {
    static NIGHTS: OnceLock<Vec<Instant>> = OnceLock::new();
    let nights = NIGHTS.get_or_init(|| {
        let days =
            (2025..2028).flat_map(|year| (1..=12).flat_map(move |month| (1..=31).map(move |day| (year, month, day))));
        let texts = days.map(|(year, month, day)| format!("{year}-{month:02}-{day:02}T00:05"));
        texts.filter_map(|text| Some(DateTime::parse(&text).ok()?.start)).collect()
    });
    nights.iter().copied().filter(|night| *night <= now).max().unwrap_or(Instant::MIN)
}

/// Whether a slot of a resource has a period that had ended there by that night.
pub(super) fn is_over(slot: &Node, resource: &Node, night: Instant) -> bool {
    let address = format!("{}ror-available-time-effective-opening-closing-date", crate::corpus::ROR);
    let ends = slot.items("extension").filter(|extension| extension.str("url") == Some(&address));
    let mut ends = ends.filter_map(|extension| extension.get("valuePeriod")?.str("end"));
    ends.any(|end| DateTime::parse(end).is_ok_and(|read| read.end + later(resource, end) <= night))
}

/// How much later than in Paris a day ends where a resource is. Corpora know two regions, both
/// there, and write their dates in winter; of what names none, days end in Polynesia.
fn later(resource: &Node, end: &str) -> Instant {
    let tags = resource.get("meta").into_iter().flat_map(|meta| meta.items("tag"));
    let is_there = tags.filter_map(|tag| tag.str("code")).any(|code| ["84", "94"].contains(&code));
    if is_there || end.contains('T') { 0 } else { 11 * 3_600_000 }
}
