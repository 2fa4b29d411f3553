//! The order of results when the place is vague: drawn each day, the same for everyone (D68).

use ror_fhir::Instant;

const DAY_MS: i64 = 86_400_000;

/// Where an id stands on that day. FNV-1a, then mixed: neighbours of one day part the next.
pub(super) fn rank(now: Instant, id: &str) -> u64 {
    let day = now.div_euclid(DAY_MS) as u64;
    let bytes = day.to_le_bytes().into_iter().chain(id.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d68_the_order_holds_all_day_and_changes_the_next() {
        let ids: Vec<String> = (0..50).map(|number| format!("id-{number}")).collect();
        let order = |now| {
            let mut ids = ids.clone();
            ids.sort_by_key(|id| rank(now, id));
            ids
        };
        let morning = 20_000 * DAY_MS;
        assert_eq!(order(morning), order(morning + DAY_MS - 1));
        assert_ne!(order(morning), order(morning + DAY_MS));
    }
}
