//! One address asks so much, and no more (D61).

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ror_identity::{CallLimits, TraceFilter};

use crate::common::World;
use crate::people::sign_in;

fn limits(burst: u32) -> CallLimits {
    let number = |count| NonZeroU32::new(count).expect("not zero");
    CallLimits { per_second: number(1), burst: number(burst), ..CallLimits::default() }
}

#[test]
fn d61_too_many_requests_get_a_page_that_says_when_to_come_back() {
    let world = World::with(Vec::new(), false, &limits(3));
    for path in ["/", "/recherche?quoi=irm", "/cette-page-n-existe-pas"] {
        assert_ne!(world.get(path).status, 429, "{path}");
    }
    for path in ["/", "/recherche?quoi=irm", "/structure/1", "/api/suggestions?q=irm", "/cette-page-n-existe-pas"] {
        let page = world.get(path);
        assert_eq!((page.status, page.header("retry-after")), (429, Some("1")), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.header("content-security-policy").is_some());
        assert!(page.body.contains("Trop de demandes") && page.body.contains("dans 1\u{a0}seconde."), "{}", page.body);
    }
    // The style of that page still comes.
    let style = world.get("/").attributes("href").into_iter().find(|href| href.contains("portail.")).expect("a style");
    assert_eq!(world.get(&style).status, 200);
}

#[test]
fn d61_the_sandbox_counts_nobody_on_this_machine() {
    let world = World::with(Vec::new(), true, &limits(1));
    for _ in 0..5 {
        assert_eq!(world.get("/").status, 200);
    }
}

#[test]
fn d61_people_signed_in_are_counted_by_who_they_are_and_a_regulator_is_held_up_by_nobody() {
    let world = World::counting(&limits(14));
    // Three requests each, of this address.
    let (regulator, support) = (sign_in(&world, "regulateur-samu"), sign_in(&world, "support"));
    let status = |headers: &str| world.get_with("/a-propos", headers).status;
    assert_eq!((0..8).map(|_| status("")).collect::<Vec<_>>(), [200; 8]);
    assert_eq!(status(""), 429, "the address has asked enough");
    assert_eq!((status(&regulator), status(&support)), (200, 200), "from the same address");
    let forged = format!("Cookie: ror-session={}\r\n", "A".repeat(43));
    assert_eq!(status(&forged), 429, "a session that nobody opened is an address");
    assert!((0..14).any(|_| status(&support) == 429), "each has a count");
    assert_eq!(status(&regulator), 200);
    let lanes = [("", 429), (regulator.as_str(), 200)];
    assert_eq!(lanes.map(|(headers, _)| world.get_with("/etat", headers).status), lanes.map(|(_, status)| status));
    // Refusals are counted, then written once a second: to the person, and to nobody known (D63).
    let mut refused = BTreeSet::new();
    for _ in 0..100 {
        let rows = world.traces.search(&TraceFilter::default(), u64::MAX, 10_000).expect("readable");
        let too_many = rows.into_iter().map(|row| row.trace).filter(|line| line.outcome == 429);
        refused = too_many.map(|line| (line.actor == "anonyme", line.client)).collect();
        if refused.len() == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let expected = [(false, "portail".to_owned()), (true, "anonyme".to_owned())];
    assert_eq!(refused, BTreeSet::from(expected));
}
