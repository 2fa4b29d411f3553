//! The order of results when the place is vague: drawn each day, the same for everyone (D68).

use ror_fhir::{Instant, paris};

const DAY_MS: i64 = 86_400_000;

/// The day of an instant in Paris (D14), counted from that of 1970: people see it change at midnight.
pub(super) fn day(instant: Instant) -> i64 {
    let offset_s = jiff::Timestamp::from_millisecond(instant).map_or(0, |time| paris().to_offset(time).seconds());
    instant.saturating_add(i64::from(offset_s) * 1_000).div_euclid(DAY_MS)
}

/// Where an id stands on that day. FNV-1a, then mixed: neighbours of one day part the next.
pub(super) fn rank(day: i64, id: &str) -> u64 {
    let bytes = day.to_le_bytes().into_iter().chain(id.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use ror_fhir::DateTime;

    use super::*;

    #[test]
    fn d68_the_order_holds_all_day_in_paris_and_changes_the_next() {
        let ids: Vec<String> = (0..50).map(|number| format!("id-{number}")).collect();
        let order = |now| {
            let mut ids = ids.clone();
            ids.sort_by_key(|id| rank(day(now), id));
            ids
        };
        for written in ["2026-07-14", "2026-11-21", "2026-03-29", "2026-10-25"] {
            let DateTime { start, end, .. } = DateTime::parse(written).expect("a day");
            assert_eq!(order(start), order(end - 1), "{written}");
            assert_ne!(order(end - 1), order(end), "{written}");
            assert_ne!(order(start - 1), order(start), "{written}");
        }
        assert_eq!(day(0), 0);
    }
}
