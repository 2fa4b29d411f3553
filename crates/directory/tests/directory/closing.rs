//! D37: the day that an announced closing begins.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ror_directory::{Directory, ImportItem, Replaces, verify};
use ror_fhir::{DateTime, Node, node};
use ror_ledger::{Ledger as _, SqliteLedger};
use ror_profiles::rules::closing::{Closing, TEMPORARY};
use ror_search::ResourceType::{Location, Organization};

use crate::common::{Bench, establishment, everything, offer, place, read};

fn import(directory: &Directory, resources: Vec<(&str, Node)>) {
    let item = |(id, mut resource): (&str, Node)| {
        resource.as_object_mut().unwrap().insert("id", id);
        ImportItem { key: None, resource, updated: 0, mint: None, replaces: Replaces::Anyone }
    };
    directory.import("test", resources.into_iter().map(item).collect(), &mut |_| {}).unwrap();
}

/// A place with that many beds available now.
fn beds(available: i64) -> Node {
    let text = place("Unité", available).to_text();
    let horizon = r#"{"url":"temporalityCapacity","valueCodeableConcept":{"coding":[{"code":"01"}]}}"#;
    Node::parse(text.replacen(r#"{"url":"nbCapacity""#, &format!(r#"{horizon},{{"url":"nbCapacity""#), 1).as_bytes())
        .unwrap()
}

fn available(directory: &Directory) -> bool {
    directory.catch_up().unwrap();
    !read(directory, &everything(), Location, "l").unwrap().to_text().contains("\"valueInteger\":0")
}

fn ledger(bench: &Bench) -> SqliteLedger {
    SqliteLedger::open(&bench.folder.path().join("ledger.sqlite")).unwrap()
}

#[test]
fn d37_a_closing_that_began_while_nothing_ran_is_seen_to_at_the_next_start_and_once() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let mut closing = offer("Médecine", false, "o", "l");
    let (kind, from) = (Some(TEMPORARY.to_owned()), Some("2026-02-01".to_owned()));
    Closing { kind, from, until: None }.write(&mut closing);
    import(&directory, vec![("o", establishment("CH")), ("l", beds(3)), ("h", closing)]);
    assert!(available(&directory));
    drop(directory);
    bench.clock.store(DateTime::parse("2026-03-01").unwrap().start, Ordering::Relaxed);
    let directory = bench.open_ruled();
    assert!(!available(&directory), "before anyone reads");
    let head = ledger(&bench).head().unwrap().seq;
    // Said later: kept, whoever starts when.
    bench.wait(1_000);
    import(&directory, vec![("l", beds(2))]);
    for directory in [&directory, &bench.open_ruled(), &bench.open_ruled()] {
        assert!(available(directory));
    }
    assert_eq!(ledger(&bench).head().unwrap().seq, head + 1);
    assert_eq!(verify(&ledger(&bench)).unwrap().faults, Vec::<String>::new());
}

/// A place with one bed available now, with that identifier.
fn numbered(number: &str) -> Node {
    let list = "https://mos.esante.gouv.fr/NOS/TRE_R354-TypeIdentifiantRessourceOperationnelle/FHIR/TRE-R354-TypeIdentifiantRessourceOperationnelle";
    let mut place = beds(1);
    let identifier = node!({"type": {"coding": [{"system": list, "code": "25"}]}, "value": number});
    place.as_object_mut().unwrap().insert("identifier", vec![identifier]);
    place
}

/// An offer whose closing is announced for the first of February.
fn closing(place: &str) -> Node {
    let mut closing = offer("Médecine", false, "o", place);
    let (kind, from) = (Some(TEMPORARY.to_owned()), Some("2026-02-01".to_owned()));
    Closing { kind, from, until: None }.write(&mut closing);
    closing
}

#[test]
fn d37_places_that_an_import_gave_one_identifier_are_emptied_together() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    import(&directory, vec![("o", establishment("CH")), ("a", numbered("84/1"))]);
    let twins = vec![("l", numbered("84/1")), ("m", numbered("84/1")), ("h", closing("l")), ("i", closing("m"))];
    import(&directory, twins);
    // Nobody holds the number any more: both places still say it.
    import(&directory, vec![("a", numbered("84/2"))]);
    bench.clock.store(DateTime::parse("2026-02-01").unwrap().start, Ordering::Relaxed);
    import(&directory, vec![("x", establishment("Un autre"))]);
    assert!(!available(&directory), "the calendar passed");
    let other = read(&directory, &everything(), Location, "m").unwrap();
    assert!(other.to_text().contains("\"valueInteger\":0"));
    assert!(!directory.is_overdue());
    assert!(read(&directory, &everything(), Organization, "x").is_some(), "and so did the import");
}

#[test]
fn d37_a_calendar_that_fails_holds_no_write_up_and_tries_again() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let places =
        vec![("o", establishment("CH")), ("l", beds(3)), ("m", beds(3)), ("h", closing("l")), ("i", closing("m"))];
    import(&directory, places);
    let file = rusqlite::Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER broken BEFORE INSERT ON version WHEN NEW.actor = 'ror:calendar'
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
    )
    .unwrap();
    bench.clock.store(DateTime::parse("2026-02-01").unwrap().start, Ordering::Relaxed);
    import(&directory, vec![("x", establishment("Un autre"))]);
    assert!(read(&directory, &everything(), Organization, "x").is_some(), "written all the same");
    assert!(available(&directory) && directory.is_overdue());
    // Said since: kept.
    bench.wait(1_000);
    import(&directory, vec![("m", beds(2))]);
    file.execute_batch("DROP TRIGGER broken").unwrap();
    bench.wait(60_000);
    let is_emptied = || {
        !available(&directory) || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            false
        }
    };
    assert!((0..500).any(|_| is_emptied()));
    let kept = read(&directory, &everything(), Location, "m").unwrap();
    assert!(kept.to_text().contains("\"valueInteger\":2"));
    assert!(!directory.is_overdue());
}

/// Lets no row of the calendar in for the place `id`.
fn refuse(bench: &Bench, id: &str) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(bench.folder.path().join("ledger.sqlite")).unwrap();
    file.execute_batch(&format!(
        "CREATE TRIGGER broken BEFORE INSERT ON version WHEN NEW.actor = 'ror:calendar' AND NEW.id = '{id}'
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    ))
    .unwrap();
    file
}

fn is_emptied(directory: &Directory, place: &str) -> bool {
    directory.catch_up().unwrap();
    read(directory, &everything(), Location, place).unwrap().to_text().contains("\"valueInteger\":0")
}

fn at_last(is_so: impl Fn() -> bool) -> bool {
    (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        is_so()
    })
}

#[test]
fn d37_a_place_that_cannot_be_emptied_holds_no_other_one_back() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let ids = ["a", "b", "c", "l", "m", "n", "z"];
    let offers = ["ha", "hb", "hc", "hl", "hm", "hn", "hz"];
    let all = ids.iter().zip(offers).flat_map(|(place, offer)| [(*place, beds(3)), (offer, closing(place))]);
    import(&directory, [("o", establishment("CH"))].into_iter().chain(all).collect());
    let file = refuse(&bench, "l");
    bench.clock.store(DateTime::parse("2026-02-01").unwrap().start, Ordering::Relaxed);
    import(&directory, vec![("x", establishment("Un autre"))]);
    for id in ids {
        assert_eq!(is_emptied(&directory, id), id != "l", "{id}");
    }
    assert!(directory.is_overdue());
    file.execute_batch("DROP TRIGGER broken").unwrap();
    bench.wait(60_000);
    assert!(at_last(|| is_emptied(&directory, "l") && !directory.is_overdue()));
    assert_eq!(verify(&ledger(&bench)).unwrap().faults, Vec::<String>::new());
}

#[test]
fn d37_what_begins_while_something_is_overdue_is_not_forgotten() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let mut later = offer("Chirurgie", false, "o", "m");
    let (kind, from) = (Some(TEMPORARY.to_owned()), Some("2026-02-01T00:00:30+01:00".to_owned()));
    Closing { kind, from, until: None }.write(&mut later);
    import(
        &directory,
        vec![("o", establishment("CH")), ("l", beds(3)), ("m", beds(3)), ("h", closing("l")), ("i", later)],
    );
    let file = refuse(&bench, "l");
    bench.clock.store(DateTime::parse("2026-02-01").unwrap().start, Ordering::Relaxed);
    import(&directory, vec![("x", establishment("Un autre"))]);
    assert!(directory.is_overdue() && !is_emptied(&directory, "m"));
    file.execute_batch("DROP TRIGGER broken").unwrap();
    // The closing of the other place begins before the first one is tried again.
    bench.wait(61_000);
    assert!(at_last(|| is_emptied(&directory, "l")));
    assert!(at_last(|| is_emptied(&directory, "m")), "its closing began");
}

#[test]
fn d37_two_processes_see_to_a_closing_once() {
    let bench = Bench::new();
    let (one, other) = (bench.open_ruled(), bench.open_ruled());
    let mut closing = offer("Médecine", false, "o", "l");
    let (kind, from) = (Some(TEMPORARY.to_owned()), Some("2026-02-01".to_owned()));
    Closing { kind, from, until: None }.write(&mut closing);
    import(&one, vec![("o", establishment("CH")), ("l", beds(3)), ("h", closing)]);
    let head = ledger(&bench).head().unwrap().seq;
    bench.clock.store(DateTime::parse("2026-02-01").unwrap().start, Ordering::Relaxed);
    let is_emptied = |directory: &Arc<Directory>| {
        (0..500).any(|_| {
            !available(directory) || {
                std::thread::sleep(std::time::Duration::from_millis(10));
                false
            }
        })
    };
    assert!(is_emptied(&one) && is_emptied(&other));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(ledger(&bench).head().unwrap().seq, head + 1);
}
