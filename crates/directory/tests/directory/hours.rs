//! D80: dated hours that are over are shown to nobody but the owner, from five past midnight in
//! Paris on; no version is made and no date moves.

use ror_confidentiality::{Audience, Grant, Rights};
use ror_directory::{Change, Directory, verify};
use ror_fhir::{DateTime, Node, node};
use ror_ledger::{Ledger as _, SqliteLedger};
use ror_search::ResourceType::{self, HealthcareService, PractitionerRole};
use std::sync::atomic::Ordering;

use crate::common::{Bench, establishment, everything, offer, place, public, read, write};

const PERIOD: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-effective-opening-closing-date";

#[expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]
fn owner() -> Grant {
    Grant::mint(Audience::OWNER, "auteur".into(), Rights::default())
}

fn slot(end: &str) -> Node {
    node!({"extension": [{"url": PERIOD, "valuePeriod": {"start": "2025-12-01", "end": end}}], "allDay": true})
}

fn region(code: &str) -> Node {
    node!({"tag": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM", "code": code}]})
}

fn set(bench: &Bench, text: &str) {
    bench.clock.store(DateTime::parse(text).unwrap().start, Ordering::Relaxed);
}

/// The ends of the dated hours that are shown, and how many weekly ones are.
fn shown(directory: &Directory, grant: &Grant, rtype: ResourceType, id: &str) -> (Vec<String>, usize) {
    directory.catch_up().unwrap();
    let resource = read(directory, grant, rtype, id).unwrap();
    let ends = resource.items("availableTime").filter_map(|slot| {
        let period = slot.extensions(PERIOD).next()?.get("valuePeriod")?;
        Some(period.str("end")?.to_owned())
    });
    (ends.collect(), resource.items("availableTime").filter(|slot| slot.get("daysOfWeek").is_some()).count())
}

/// An offer with weekly hours and hours dated to those days.
fn with_hours(directory: &Directory, ends: &[&str]) -> (Node, String) {
    let create = |resource| write(directory, &everything(), Change::Create { resource }).unwrap().id;
    let (structure, place) = (create(establishment("CH")), create(place("Unité", 1)));
    let mut offer = offer("Vaccination", false, &structure, &place);
    let hours: Vec<Node> =
        ends.iter().map(|end| slot(end)).chain([node!({"daysOfWeek": ["mon"], "allDay": true})]).collect();
    let members = offer.as_object_mut().unwrap();
    members.insert("meta", region("84"));
    members.insert("availableTime", hours);
    members.insert("notAvailable", node!([{"description": "Noël", "during": {"end": "2025-12-26"}}]));
    let id = create(offer.clone());
    (offer, id)
}

fn meta(directory: &Directory, grant: &Grant, id: &str) -> Node {
    read(directory, grant, HealthcareService, id).unwrap().get("meta").unwrap().clone()
}

#[test]
fn d80_a_slot_goes_the_night_after_its_end_without_any_write() {
    let bench = Bench::new();
    let directory = bench.open();
    let (_, id) = with_hours(&directory, &["2025-12-31", "2026-01-01", "2026-01-02"]);
    let of = |directory: &Directory, grant: &Grant| shown(directory, grant, HealthcareService, &id);
    let days = |days: &[&str]| (days.iter().map(|day| (*day).to_owned()).collect::<Vec<_>>(), 1);
    // Written on the first of January: what ended the day before was never shown.
    for grant in [public(), everything()] {
        assert_eq!(of(&directory, &grant), days(&["2026-01-01", "2026-01-02"]));
    }
    let before = [public(), everything(), owner()].map(|grant| meta(&directory, &grant, &id));
    let seq = directory.snapshot().seq();
    set(&bench, "2026-01-02T00:04:59");
    assert_eq!(of(&directory, &public()).0.len(), 2, "five past midnight is not there yet");
    set(&bench, "2026-01-02T00:05");
    for grant in [public(), everything()] {
        assert_eq!(of(&directory, &grant), days(&["2026-01-02"]));
    }
    assert_eq!(of(&directory, &owner()).0.len(), 3, "the owner still sees all");
    let seen = read(&directory, &public(), HealthcareService, &id).unwrap();
    assert!(seen.to_text().contains("Noël"), "a closing is no slot");
    assert_eq!([public(), everything(), owner()].map(|grant| meta(&directory, &grant, &id)), before);
    assert_eq!(directory.snapshot().seq(), seq, "nothing was written");
    // The night passes while nothing is asked of the writer, too.
    set(&bench, "2026-01-03T00:05");
    let gone = || read(&directory, &public(), HealthcareService, &id).unwrap().to_text().matches(PERIOD).count() == 0;
    assert!((0..500).any(|_| gone() || {
        std::thread::sleep(std::time::Duration::from_millis(10));
        false
    }));
    // A restart shows the same.
    let again = bench.open();
    for grant in [public(), everything(), owner()] {
        assert_eq!(
            read(&again, &grant, HealthcareService, &id),
            read(&directory, &grant, HealthcareService, &id),
            "{:?}",
            grant.audience()
        );
    }
}

#[test]
fn d28_d80_what_is_over_makes_no_version_for_those_who_no_longer_see_it() {
    let bench = Bench::new();
    let directory = bench.open();
    let (offer, id) = with_hours(&directory, &["2026-01-01", "2026-01-05"]);
    set(&bench, "2026-01-02T08:00");
    let put = |ends: &[&str]| {
        let mut next = offer.clone();
        let hours: Vec<Node> =
            ends.iter().map(|end| slot(end)).chain([node!({"daysOfWeek": ["mon"], "allDay": true})]).collect();
        next.as_object_mut().unwrap().insert("availableTime", hours);
        let change = Change::Update { rtype: HealthcareService, id: id.clone(), resource: next, if_match: None };
        write(&directory, &everything(), change).unwrap();
    };
    let versions = |directory: &Directory| {
        [public(), everything(), owner()].map(|grant| meta(directory, &grant, &id).str("versionId").unwrap().to_owned())
    };
    put(&["2025-12-25", "2026-01-05"]);
    assert_eq!(versions(&directory), ["1", "1", "2"], "only the owner saw a change");
    put(&["2025-12-25"]);
    assert_eq!(versions(&directory), ["2", "2", "3"]);
    // Another process, which slept through the nights, and one that starts later agree.
    set(&bench, "2026-03-01T08:00");
    assert_eq!(versions(&bench.open()), ["2", "2", "3"]);
    let ledger = SqliteLedger::open(&bench.folder.path().join("ledger.sqlite")).unwrap();
    assert_eq!(verify(&ledger).unwrap().faults, Vec::<String>::new());
    assert_eq!(ledger.history("HealthcareService", &id).unwrap().len(), 3);
}

#[test]
fn d80_a_process_reads_late_rows_as_of_their_own_night() {
    let bench = Bench::new();
    let one = bench.open();
    let (offer, id) = with_hours(&one, &["2026-01-01"]);
    // The other has passed the night before the row is written.
    let (late, other) = bench.beside();
    set(&late, "2026-01-02T00:06");
    assert_eq!(shown(&other, &public(), HealthcareService, &id), (Vec::new(), 1));
    // The last second before the night ends the slot: its author takes it out, which shows.
    set(&bench, "2026-01-02T00:04:58");
    let mut next = offer.clone();
    next.as_object_mut().unwrap().insert("availableTime", node!([{"daysOfWeek": ["mon"], "allDay": true}]));
    let change = Change::Update { rtype: HealthcareService, id: id.clone(), resource: next, if_match: None };
    write(&one, &everything(), change).unwrap();
    set(&bench, "2026-01-02T00:06");
    for directory in [&one, &other, &bench.open()] {
        directory.catch_up().unwrap();
        assert_eq!(meta(directory, &public(), &id).str("versionId"), Some("2"));
    }
}

#[test]
fn d14_d80_hours_overseas_last_until_the_night_after_their_own_midnight() {
    let bench = Bench::new();
    let directory = bench.open();
    let (mut offer, id) = with_hours(&directory, &["2026-01-01"]);
    offer.as_object_mut().unwrap().insert("meta", region("01"));
    let change = Change::Update { rtype: HealthcareService, id: id.clone(), resource: offer, if_match: None };
    write(&directory, &everything(), change).unwrap();
    let left = || shown(&directory, &public(), HealthcareService, &id).0.len();
    set(&bench, "2026-01-02T00:05");
    assert_eq!(left(), 1, "it is five past seven in the evening in Pointe-à-Pitre");
    set(&bench, "2026-01-03T00:05");
    assert_eq!(left(), 0);
}

#[test]
fn d80_hours_of_a_person_end_like_those_of_an_offer() {
    let bench = Bench::new();
    let directory = bench.open();
    let (_, offer) = with_hours(&directory, &[]);
    let role = node!({"resourceType": "PractitionerRole", "meta": (region("84")), "availableTime": [(slot("2026-01-01"))],
        "healthcareService": [{"reference": (format!("HealthcareService/{offer}"))}]});
    let id = write(&directory, &everything(), Change::Create { resource: role }).unwrap().id;
    let of = |grant: &Grant| shown(&directory, grant, PractitionerRole, &id).0.len();
    assert_eq!((of(&everything()), of(&owner())), (1, 1));
    set(&bench, "2026-01-02T00:05");
    assert_eq!((of(&everything()), of(&owner())), (0, 1));
    let seen = read(&directory, &everything(), PractitionerRole, &id).unwrap();
    assert_eq!(seen.get("availableTime"), None, "no empty list");
}
