//! Changes, and what each audience sees of them.

use std::sync::Arc;

use crate::common::{
    Bench, establishment, everything, everything_but_secrets, numbered, offer, place, public, read, unnumbered, write,
};
use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_directory::{Change, Directory, Environment, ImportItem, Replaces, WriteError, Written};
use ror_fhir::{Node, node};
use ror_ledger::SqliteLedger;
use ror_profiles::Severity;
use ror_search::ResourceType::{HealthcareService, Location, Organization};

fn create(directory: &Directory, resource: Node) -> Written {
    write(directory, &everything(), Change::Create { resource }).unwrap()
}

fn update(directory: &Directory, written: &Written, resource: Node) -> Written {
    let change = Change::Update { rtype: written.rtype, id: written.id.clone(), resource, if_match: None };
    write(directory, &everything(), change).unwrap()
}

#[test]
fn what_was_written_is_visible_at_once_and_after_a_restart() {
    let bench = Bench::new();
    let directory = bench.open();
    let written = create(&directory, establishment("Centre hospitalier"));
    assert!(written.created && written.version == 1);
    let seen = read(&directory, &public(), Organization, &written.id).unwrap();
    assert_eq!(seen.str("name"), Some("Centre hospitalier"));
    assert_eq!(seen.get("meta").unwrap().str("versionId"), Some("1"));
    drop(directory);
    assert_eq!(read(&bench.open(), &public(), Organization, &written.id), Some(seen));
}

#[test]
fn d21_d23_a_place_is_public_only_once_an_ordinary_offer_uses_it() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let unit = create(&directory, place("Unité A", 4));
    assert_eq!(read(&directory, &public(), Location, &unit.id), None);
    let service = create(&directory, offer("Réanimation", true, &structure.id, &unit.id));
    assert_eq!(read(&directory, &public(), HealthcareService, &service.id), None);
    assert_eq!(read(&directory, &public(), Location, &unit.id), None);
    // The offer becomes ordinary: its place appears in the same moment, without its beds.
    update(&directory, &service, offer("Réanimation", false, &structure.id, &unit.id));
    let seen = read(&directory, &public(), Location, &unit.id).unwrap();
    assert_eq!(seen.get("meta").unwrap().str("versionId"), Some("1"));
    assert!(!seen.to_text().contains("nbCapacity"));
    let whole = read(&directory, &everything(), Location, &unit.id).unwrap();
    assert!(whole.to_text().contains("nbCapacity"));
    let service_seen = read(&directory, &public(), HealthcareService, &service.id).unwrap();
    assert!(service_seen.to_text().contains(&format!("Location/{}", unit.id)));
    // And disappears again: the reference to it goes with it.
    update(&directory, &service, offer("Réanimation", true, &structure.id, &unit.id));
    assert_eq!(read(&directory, &public(), Location, &unit.id), None);
}

#[test]
fn d28_a_version_hidden_from_an_audience_does_not_exist_for_it() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let unit = create(&directory, place("Unité A", 4));
    create(&directory, offer("Réanimation", false, &structure.id, &unit.id));
    let before = read(&directory, &public(), Location, &unit.id).unwrap();
    bench.wait(60_000);
    let changed = update(&directory, &unit, place("Unité A", 3));
    assert!(changed.changed && changed.version == 2);
    assert_eq!(read(&directory, &public(), Location, &unit.id).unwrap(), before, "beds are hidden from the public");
    update(&directory, &unit, place("Unité B", 3));
    let after = read(&directory, &public(), Location, &unit.id).unwrap();
    assert_eq!(after.get("meta").unwrap().str("versionId"), Some("2"));
    assert_ne!(after.get("meta").unwrap().str("lastUpdated"), before.get("meta").unwrap().str("lastUpdated"));
}

#[test]
fn d38_writing_the_same_again_changes_nothing() {
    let bench = Bench::new();
    let directory = bench.open();
    let first = create(&directory, establishment("CH"));
    let seq = directory.snapshot().seq();
    bench.wait(60_000);
    let again = update(&directory, &first, establishment("CH"));
    assert!(!again.changed);
    assert_eq!((again.version, again.updated, directory.snapshot().seq()), (1, first.updated, seq));
}

#[test]
fn d14_two_changes_of_one_second_bear_the_same_date() {
    let bench = Bench::new();
    let directory = bench.open();
    let first = create(&directory, establishment("CH"));
    let second = create(&directory, establishment("CHU"));
    bench.wait(998);
    let third = update(&directory, &first, establishment("Hôpital"));
    assert_eq!((second.updated, third.updated), (first.updated, first.updated));
    assert_eq!(first.updated % 1000, 0);
}

#[test]
fn a_resource_that_refers_to_itself_is_seen_so_from_the_first_moment() {
    let bench = Bench::new();
    let directory = bench.open();
    let mut own = establishment("CH");
    own.as_object_mut().unwrap().insert("id", "ch");
    own.as_object_mut().unwrap().insert("partOf", node!({"reference": "Organization/ch"}));
    let item = ImportItem { key: None, resource: own, updated: 0, mint: None, replaces: Replaces::Anyone };
    directory.import("test", vec![item], &mut |_| {}).unwrap();
    let seen = read(&directory, &public(), Organization, "ch").unwrap();
    assert_eq!(seen.get("partOf").and_then(|parent| parent.str("reference")), Some("Organization/ch"));
}

#[test]
fn a_writer_that_fell_is_told() {
    let bench = Bench::new();
    let ledger = SqliteLedger::open(&bench.folder.path().join("ledger.sqlite")).unwrap();
    let now = || match std::thread::current().name() {
        Some("writer") => panic!("on purpose"),
        _ => 0,
    };
    let environment = Environment {
        now: Arc::new(now),
        random: Arc::new(|bytes| bytes.fill(7)),
        geography: &ror_search::NoGeography,
    };
    let directory = Directory::open(Arc::new(ledger), environment).unwrap();
    assert!(directory.is_following());
    let change = Change::Create { resource: establishment("CH") };
    assert_eq!(write(&directory, &everything(), change), Err(WriteError::Unavailable));
    // The answer is lost a moment before the thread ends.
    while directory.is_following() {
        std::thread::yield_now();
    }
}

#[test]
fn a_reference_goes_with_its_target_wherever_it_is_written() {
    let bench = Bench::new();
    let directory = bench.open();
    let eg = create(&directory, establishment("CH"));
    let place_of = create(&directory, place("UHSI", 1));
    let unit = create(&directory, offer("Médecine", false, &eg.id, &place_of.id));
    let target = || node!({"reference": format!("Location/{}", place_of.id), "display": "UHSI"});
    let url = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-meta-comment";
    // An assigner, a parent of the wrong type, the value of an extension: none is a search parameter.
    let mut other = establishment("Autre");
    let element = other.as_object_mut().unwrap();
    element.insert("partOf", target());
    element.insert("extension", vec![node!({"url": url, "valueReference": (target())})]);
    element.insert("identifier", vec![node!({"value": "1", "assigner": (target())})]);
    let other = create(&directory, other);
    let seen = || read(&directory, &public(), Organization, &other.id).unwrap().to_text();
    assert_eq!(seen().matches("UHSI").count(), 3, "{}", seen());
    update(&directory, &unit, offer("Médecine", true, &eg.id, &place_of.id));
    assert_eq!(seen().matches("UHSI").count(), 0, "{}", seen());
}

#[test]
fn d41_a_change_meets_the_version_its_author_saw_or_none() {
    let bench = Bench::new();
    let directory = bench.open();
    let first = create(&directory, establishment("CH"));
    let change = |if_match, name| {
        let resource = establishment(name);
        Change::Update { rtype: Organization, id: first.id.clone(), resource, if_match: Some(if_match) }
    };
    assert_eq!(write(&directory, &everything(), change(1, "A")).unwrap().version, 2);
    assert_eq!(write(&directory, &everything(), change(1, "B")).unwrap_err(), WriteError::Conflict { current: 2 });
    let seen = read(&directory, &public(), Organization, &first.id).unwrap();
    assert_eq!(seen.str("name"), Some("A"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]
fn d81_rights_bear_on_the_stored_and_on_the_resulting_object() {
    let bench = Bench::new();
    let directory = bench.open();
    let mine = create(&directory, establishment("Le mien"));
    let mut other = establishment("L'autre");
    other.as_object_mut().unwrap().insert("identifier", node!([{"value": "010000032"}]));
    let other = create(&directory, other);
    let unit = create(&directory, place("Unité", 1));
    let service = create(&directory, offer("Médecine", false, &mine.id, &unit.id));
    let foreign = create(&directory, offer("Chirurgie", false, &other.id, &unit.id));
    let rights = Rights { write: WriteScope::Establishments(vec!["1010000024".into()]), ..Rights::default() };
    let grant = Grant::mint(Audience::ALL_DATA, "éditeur".into(), rights);
    let put = |written: &Written, resource| {
        let change = Change::Update { rtype: written.rtype, id: written.id.clone(), resource, if_match: None };
        write(&directory, &grant, change)
    };
    assert!(put(&service, offer("Médecine A", false, &mine.id, &unit.id)).is_ok());
    assert_eq!(put(&service, offer("Médecine A", false, &other.id, &unit.id)), Err(WriteError::Forbidden));
    assert_eq!(put(&foreign, offer("Médecine A", false, &mine.id, &unit.id)), Err(WriteError::Forbidden));
    let stranger = Change::Create { resource: offer("Médecine B", false, &other.id, &unit.id) };
    assert_eq!(write(&directory, &grant, stranger), Err(WriteError::Forbidden));
    assert_eq!(
        write(&directory, &public(), Change::Create { resource: establishment("x") }),
        Err(WriteError::Forbidden)
    );
    // Neither a place of someone else nor a structure of that name is to be had by pointing at it.
    let elsewhere = create(&directory, place("Unité de l'autre", 2));
    create(&directory, offer("SMR", false, &other.id, &elsewhere.id));
    let squatter = Change::Create { resource: offer("SMR", false, &mine.id, &elsewhere.id) };
    assert_eq!(write(&directory, &grant, squatter), Err(WriteError::Forbidden));
    let twin = Change::Create { resource: establishment("Le mien, une seconde fois") };
    assert_eq!(write(&directory, &grant, twin), Err(WriteError::Forbidden));
    let free = create(&directory, place("Unité neuve", 2));
    let fresh = Change::Create { resource: offer("HAD", false, &mine.id, &free.id) };
    assert!(write(&directory, &grant, fresh).is_ok());
}

#[test]
fn d62_a_caller_learns_nothing_of_what_it_does_not_see() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let unit = create(&directory, place("Unité", 1));
    let hidden = create(&directory, offer("UHSI", true, &structure.id, &unit.id));
    let put = |id: &str| {
        let resource = offer("x", false, &structure.id, &unit.id);
        write(
            &directory,
            &public(),
            Change::Update { rtype: HealthcareService, id: id.into(), resource, if_match: None },
        )
    };
    assert_eq!(put(&hidden.id), put("nothing-of-that-name"));
    assert_eq!(put(&hidden.id), Err(WriteError::NotFound));
}

#[test]
fn what_breaks_rules_is_refused_with_every_fault() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let mut resource = establishment("CH");
    let members = resource.as_object_mut().unwrap();
    members.insert("contained", node!([{"a": 1}]));
    members.insert("alias", node!([]));
    members.insert("partOf", node!({"reference": "Organization/nobody"}));
    members.insert("telecom", node!([{}]));
    let Err(WriteError::Invalid(found)) = write(&directory, &everything(), Change::Create { resource }) else {
        panic!("refused")
    };
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    let places: Vec<_> = errors.map(|finding| finding.expression.as_str()).collect();
    let expected =
        ["Organization.contained[0]", "Organization.alias", "Organization.partOf.reference", "Organization.telecom[0]"];
    assert_eq!(places, expected, "in the order of the document");
    assert_eq!(directory.snapshot().size(), 0);
    let patient = node!({"resourceType": "Patient"});
    let refused = write(&directory, &everything(), Change::Create { resource: patient });
    assert!(matches!(refused, Err(WriteError::Shape(_))));
}

#[test]
fn d65_rows_of_another_process_become_visible() {
    let bench = Bench::new();
    let (here, there) = (bench.open(), bench.open());
    let first = create(&here, establishment("Ici"));
    there.catch_up().unwrap();
    assert!(read(&there, &public(), Organization, &first.id).is_some());
    // Both write without having seen the other: neither loses anything.
    let second = create(&there, establishment("Là"));
    let third = create(&here, establishment("Ici encore"));
    here.catch_up().unwrap();
    there.catch_up().unwrap();
    for written in [&first, &second, &third] {
        let seen = read(&here, &everything(), Organization, &written.id);
        assert!(seen.is_some());
        assert_eq!(seen, read(&there, &everything(), Organization, &written.id));
    }
}

#[test]
fn d43_an_identifier_once_held_never_changes() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let numbered = |value: &str| numbered(offer("Médecine", false, &structure.id, "p"), value);
    let first = create(&directory, numbered("84/1"));
    let change = |resource| Change::Update { rtype: first.rtype, id: first.id.clone(), resource, if_match: None };
    assert!(matches!(write(&directory, &everything(), change(numbered("84/2"))), Err(WriteError::Invalid(_))));
    write(&directory, &everything(), change(unnumbered(offer("Médecine B", false, &structure.id, "p")))).unwrap();
    let kept = read(&directory, &everything(), HealthcareService, &first.id).unwrap();
    assert_eq!(kept.items("identifier").next().unwrap().str("value"), Some("84/1"));
    let taken = write(&directory, &everything(), Change::Create { resource: numbered("84/1") });
    assert!(matches!(taken, Err(WriteError::Duplicate { .. })));
}

#[test]
fn d49_making_a_unit_ordinary_needs_the_right_to_declassify() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let unit = create(&directory, place("Unité", 1));
    let service = create(&directory, offer("UHSI", true, &structure.id, &unit.id));
    let put = |grant: &Grant, resource: Node| {
        let change = Change::Update { rtype: service.rtype, id: service.id.clone(), resource, if_match: None };
        write(&directory, grant, change)
    };
    let ordinary = offer("UHSI", false, &structure.id, &unit.id);
    let mut silent = ordinary.clone();
    silent.as_object_mut().unwrap().remove("extension");
    let before = directory.snapshot().seq();
    assert_eq!(put(&everything_but_secrets(), ordinary.clone()), Err(WriteError::Forbidden));
    assert_eq!(put(&everything_but_secrets(), silent), Err(WriteError::Forbidden));
    assert_eq!(directory.snapshot().seq(), before, "nothing is written");
    assert_eq!(read(&directory, &public(), HealthcareService, &service.id), None);
    let renamed = offer("UHSI, 2e étage", true, &structure.id, &unit.id);
    assert!(put(&everything_but_secrets(), renamed).is_ok(), "the rest is theirs to write");
    assert!(put(&everything(), ordinary).is_ok());
    assert!(read(&directory, &public(), HealthcareService, &service.id).is_some());
    let raised = offer("UHSI", true, &structure.id, &unit.id);
    assert!(put(&everything_but_secrets(), raised).is_ok(), "raising needs no right");
    assert_eq!(read(&directory, &public(), HealthcareService, &service.id), None);
}

#[test]
fn d49_lowering_a_level_from_3_needs_the_right_to_declassify() {
    let bench = Bench::new();
    let directory = bench.open();
    let at = |level: &str| {
        let url = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-telecom-confidentiality-level";
        let mut resource = establishment("CH");
        let telecom = node!([{"value": "0102030405", "extension": [
            {"url": url, "valueCodeableConcept": {"coding": [{"code": level}]}}]}]);
        resource.as_object_mut().unwrap().insert("telecom", telecom);
        resource
    };
    let first = create(&directory, at("3"));
    let put = |grant: &Grant, level: &str| {
        let change = Change::Update { rtype: first.rtype, id: first.id.clone(), resource: at(level), if_match: None };
        write(&directory, grant, change)
    };
    assert_eq!(put(&everything_but_secrets(), "2"), Err(WriteError::Forbidden));
    assert_eq!(put(&public(), "2"), Err(WriteError::Forbidden));
    assert!(put(&everything(), "2").is_ok());
    assert!(put(&everything_but_secrets(), "1").is_ok(), "only leaving level 3 needs the right");
    assert!(put(&everything_but_secrets(), "3").is_ok());
}
