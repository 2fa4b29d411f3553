//! Opening hours: weekly, all day, dated.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ror_fhir::{Node, node};

use super::{concept, extension, put, system};

/// Days on which dated hours end: before worlds begin, and in the first nights after.
pub const ENDS: [&str; 6] =
    ["2025-12-24", "2025-12-31", "2026-01-01", "2026-01-01T20:00:00+01:00", "2026-01-02", "2026-01-03T00:06:00+01:00"];
/// Starts of dated hours.
const STARTS: [Option<&str>; 4] = [Some("2025-12-01"), Some("2026-01-01"), Some("2026-01-05"), None];
/// Ends that are far.
const FAR: [Option<&str>; 3] = [Some("2026-01-31"), Some("2026-12-31"), None];
/// From when to when, in a day.
const TIMES: [(&str, &str); 4] =
    [("08:30:00", "12:00:00"), ("09:00:00", "17:30:00"), ("18:00:00", "20:00:00"), ("00:00:00", "23:59:00")];
/// Days by FHIR's names.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Opening hours of an offer or of a role.
pub fn hours() -> impl Strategy<Value = Node> {
    let over = option::of(select(ENDS.to_vec())).prop_map(|end| {
        let period = end.map(|end| node!({"start": "2025-12-01", "end": end}));
        let dated = |period: Node| node!({"allDay": true, "extension": [(effective(period))]});
        period.map_or_else(|| node!({"allDay": true, "daysOfWeek": ["mon"]}), dated)
    });
    vec(prop_oneof![2 => over, 3 => weekly()], 0..4).prop_map(Node::Array)
}

fn effective(period: Node) -> Node {
    extension("ror-available-time-effective-opening-closing-date", "valuePeriod", period)
}

/// A day of the week, told by its number, by its name or both; sometimes within dates.
fn weekly() -> impl Strategy<Value = Node> {
    let when = (select(vec![0_usize, 0, 1, 3, 5]), 0..3_u8, option::of(select(TIMES.to_vec())));
    let dates = prop_oneof![3 => Just(None), 1 => (select(STARTS.to_vec()), select(FAR.to_vec())).prop_map(Some)];
    (when, dates, any::<bool>()).prop_map(|((day, told, times), dates, kind)| {
        let mut extensions = Vec::new();
        if kind {
            extensions.push(extension(
                "ror-available-time-type-of-time",
                "valueCodeableConcept",
                concept(system("hours"), "01"),
            ));
        }
        if told > 0 {
            extensions.push(extension("ror-available-time-number-days-of-week", "valueInteger", day + 1));
        }
        if let Some((start, end)) = dates.filter(|(start, end)| start.is_some() || end.is_some()) {
            let mut period = Node::Object(ror_fhir::Object::new());
            put(&mut period, "start", start.map_or(Node::Null, Node::from));
            put(&mut period, "end", end.map_or(Node::Null, Node::from));
            extensions.push(effective(period));
        }
        let mut slot = Node::Object(ror_fhir::Object::new());
        put(&mut slot, "extension", Node::Array(extensions));
        put(&mut slot, "daysOfWeek", if told == 1 { Node::Null } else { node!([(DAYS[day])]) });
        match times {
            None => put(&mut slot, "allDay", true.into()),
            Some((start, end)) => {
                put(&mut slot, "availableStartTime", start.into());
                put(&mut slot, "availableEndTime", end.into());
            }
        }
        slot
    })
}
