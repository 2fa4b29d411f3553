//! Keys replaced while servers run.

use super::*;
use crate::{KEY_DAYS, PUBLISHED_AHEAD_S, Rotation, rotate};

fn kid(header: &str) -> String {
    part(header.strip_prefix("Bearer ").expect("a bearer header"), 0)["kid"].as_str().expect("a name").to_owned()
}

fn published(identity: &Identity) -> Vec<String> {
    let set: Value = serde_json::from_str(&identity.jwks()).expect("JSON");
    let keys = set["keys"].as_array().expect("a list");
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

fn bearer(world: &World, credentials: &Credentials, now: Instant) -> String {
    format!("Bearer {}", ask(&world.identity, credentials, now).expect("a good secret"))
}

#[test]
fn a_new_key_is_published_before_it_signs_and_the_old_one_kept_while_its_tokens_live() {
    let world = World::new(true);
    let (credentials, first) = world.bearer(1);
    let new = rotate(&*world.ledger, &*world.random, Rotation::Planned, "console", NOW).expect("a key");
    let seen = NOW + REFRESH_MS;
    world.identity.tend(seen).expect("tended");
    assert_eq!(published(&world.identity), [kid(&first), new.clone()], "known to all before it signs");
    let changes = NOW + PUBLISHED_AHEAD_S * 1000;
    let last_of_old = bearer(&world, &credentials, changes - 1);
    let first_of_new = bearer(&world, &credentials, changes);
    assert_eq!((kid(&last_of_old), kid(&first_of_new)), (kid(&first), new.clone()));
    // The last token of the old key lives to its end.
    let end = changes - 1000 + (LIFETIME_S + TOLERANCE_S) * 1000;
    world.identity.tend(end - 1).expect("tended");
    assert_eq!(world.outcome(&last_of_old, end - 1), "granted");
    world.identity.tend(end + 10_000).expect("tended");
    assert_eq!(published(&world.identity), [new]);
    assert_eq!(world.ledger.meta("identity.signing-keys.1").expect("readable"), Some(Vec::new()), "wiped");
    assert_eq!(world.outcome(&last_of_old, end + 10_000), "invalid");
}

#[test]
fn a_stolen_key_is_out_within_the_refresh_whatever_was_remembered() {
    let world = World::new(true);
    let (credentials, header) = world.bearer(1);
    assert_eq!(world.outcome(&header, NOW), "granted");
    // Another process, then the server's own tending.
    let beside = open(world.dir.path());
    let new = rotate(&*beside, &*random(200), Rotation::Urgent, "console", NOW).expect("a key");
    world.identity.tend(NOW + REFRESH_MS).expect("tended");
    assert_eq!(world.outcome(&header, NOW + REFRESH_MS), "invalid");
    assert_eq!(published(&world.identity), std::slice::from_ref(&new));
    assert_eq!(kid(&bearer(&world, &credentials, NOW + REFRESH_MS)), new);
    let traces = world.ledger.audit_tail(0, 10).expect("readable");
    assert!(traces.iter().any(|trace| trace.entry.action == "key-replace"));
}

#[test]
fn a_key_is_replaced_by_itself_after_its_days_by_all_processes_alike() {
    let world = World::new(true);
    let other = Identity::open(open(world.dir.path()), Settings::new(true), random(50), NOW).expect("the same ledger");
    let due = NOW + i64::from(KEY_DAYS) * 86_400_000 - PUBLISHED_AHEAD_S * 1000;
    for identity in [&world.identity, &other] {
        identity.tend(due - 1).expect("tended");
        assert_eq!(published(identity).len(), 1, "not yet");
    }
    for identity in [&world.identity, &other, &world.identity] {
        identity.tend(due).expect("tended");
        assert_eq!(published(identity).len(), 2, "once");
    }
    assert_eq!(published(&world.identity), published(&other));
}
