//! D34, RG_EXP_002: what an offer lacks to be exposed keeps it from all but its owner, with what
//! hangs below it; a provider that comes or goes takes it along in the same moment.

use std::sync::atomic::Ordering;

use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_directory::{Change, Directory, ImportItem, ImportProblem, ImportSummary, Replaces, WriteError, verify};
use ror_fhir::{Node, node};
use ror_ledger::{Expect, Ledger as _, NewVersion, Op, SqliteLedger};
use ror_search::ResourceType::{self, HealthcareService, Location, Organization, Practitioner, PractitionerRole};

use crate::common::{Bench, establishment, everything, offer, place, read, write};

fn import(directory: &Directory, resources: Vec<(&str, Node)>) -> ImportSummary {
    let item = |(id, mut resource): (&str, Node)| {
        resource.as_object_mut().unwrap().insert("id", id);
        ImportItem { key: None, resource, updated: 0, mint: None, replaces: Replaces::Anyone }
    };
    directory.import("test", resources.into_iter().map(item).collect(), &mut |_| {}).unwrap()
}

/// The numbers of the audiences that read a resource; 6 is the owner.
#[expect(clippy::disallowed_methods, reason = "a test asks under every audience")]
fn readers(directory: &Directory, rtype: ResourceType, id: &str) -> Vec<usize> {
    let grant = |audience| Grant::mint(audience, "x".into(), Rights::default());
    let reads = |audience: &Audience| read(directory, &grant(*audience), rtype, id).is_some();
    Audience::all().filter(reads).map(Audience::index).collect()
}

/// An ordinary offer of city care: everyone would see its professionals.
fn city() -> Node {
    let text = offer("Cabinet", false, "o", "l").to_text().replace("\"01\"", "\"05\"");
    Node::parse(text.as_bytes()).unwrap()
}

fn without(mut resource: Node, element: &str) -> Node {
    assert!(resource.as_object_mut().unwrap().remove(element).is_some(), "{element}");
    resource
}

/// What hangs below the offer, at its place, above it.
fn around() -> Vec<(&'static str, Node)> {
    let role = node!({"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/p"},
        "healthcareService": [{"reference": "HealthcareService/h"}]});
    let person = node!({"resourceType": "Practitioner", "name": [{"family": "Durand"}]});
    vec![("l", place("Cabinet", 1)), ("p", person), ("r", role)]
}

const ALL: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];

#[test]
fn rg_exp_002_an_offer_that_lacks_one_of_four_things_is_its_owners_alone() {
    let mut nowhere = city();
    nowhere.as_object_mut().unwrap().insert("providedBy", node!({"reference": "Organization/nobody"}));
    let mut torn = city();
    torn.as_object_mut()
        .unwrap()
        .insert("providedBy", node!([{"reference": "Organization/o"}, {"reference": "Organization/nobody"}]));
    let mut family = city();
    family
        .as_object_mut()
        .unwrap()
        .insert("specialty", node!([{"coding": [{"system": "TRE_R265-Famille", "code": "1"}]}]));
    for (resource, is_exposed) in [
        (city(), true),
        (without(city(), "name"), true),
        (without(city(), "location"), true),
        (without(city(), "identifier"), false),
        (without(city(), "type"), false),
        (without(city(), "specialty"), false),
        (family, false),
        (without(city(), "providedBy"), false),
        (nowhere, false),
        (torn, false),
    ] {
        let directory = Bench::new().open_ruled();
        let mut all = around();
        all.extend([("o", establishment("CH")), ("h", resource.clone())]);
        let summary = import(&directory, all);
        let seen = |rtype, id: &str| readers(&directory, rtype, id);
        let expected = if is_exposed { ALL.to_vec() } else { vec![6] };
        assert_eq!(seen(HealthcareService, "h"), expected, "{resource:?}");
        assert_eq!(seen(PractitionerRole, "r"), expected, "what hangs below: {resource:?}");
        assert_eq!(seen(Organization, "o"), ALL, "what is above");
        // As if the offer was not there (D21, D22).
        if resource.get("location").is_some() {
            assert_eq!(seen(Location, "l"), if is_exposed { ALL.to_vec() } else { vec![1, 4, 6] }, "{resource:?}");
        }
        assert_eq!(seen(Practitioner, "p"), if is_exposed { ALL.to_vec() } else { vec![1, 6] }, "{resource:?}");
        let told = summary.problems.iter().any(|(_, problem)| match problem {
            ImportProblem::Shortfalls(findings) => findings.iter().any(|finding| finding.rule == "RG_EXP_002, D34"),
            _ => false,
        });
        assert_eq!(told, !is_exposed, "{resource:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test asks under rights of its own")]
fn d41_whoever_may_write_an_offer_mends_it_though_they_do_not_see_it() {
    let directory = Bench::new().open();
    let mut all = around();
    all.extend([("o", establishment("CH")), ("h", without(city(), "specialty"))]);
    import(&directory, all);
    let mend = |grant: &Grant| {
        let resource = node!({"id": "h"});
        let mut resource: Node = city().as_object().unwrap().iter().fold(resource, |mut all, (key, value)| {
            all.as_object_mut().unwrap().insert(key, value.clone());
            all
        });
        resource.as_object_mut().unwrap().insert("comment", "mis à jour");
        let (rtype, id) = (HealthcareService, "h".to_owned());
        write(&directory, grant, Change::Update { rtype, id, resource, if_match: None })
    };
    let elsewhere = WriteScope::Establishments(["999999999".into()].into());
    let rights = Rights { write: elsewhere, ..Rights::default() };
    let stranger = Grant::mint(Audience::ALL_DATA, "x".into(), rights);
    assert!(matches!(mend(&stranger), Err(WriteError::NotFound)), "as if it did not exist");
    let written = mend(&everything()).expect("its writer's");
    assert!(!written.created && written.version > 0, "{written:?}");
    assert_eq!(readers(&directory, HealthcareService, "h"), ALL);
    assert!(matches!(mend(&stranger), Err(WriteError::Forbidden)), "seen now");
}

fn ledger(bench: &Bench) -> SqliteLedger {
    SqliteLedger::open(&bench.folder.path().join("ledger.sqlite")).unwrap()
}

#[test]
fn d34_a_provider_that_comes_or_goes_takes_its_offers_along() {
    let bench = Bench::new();
    let directory = bench.open();
    let mut all = around();
    all.push(("h", city()));
    import(&directory, all);
    let seen = |rtype, id: &str| {
        directory.catch_up().unwrap();
        readers(&directory, rtype, id)
    };
    assert_eq!((seen(HealthcareService, "h"), seen(PractitionerRole, "r")), (vec![6], vec![6]));
    assert_eq!((seen(Location, "l"), seen(Practitioner, "p")), (vec![1, 4, 6], vec![1, 6]));
    bench.wait(1_000);
    import(&directory, vec![("o", establishment("CH"))]);
    for (rtype, id) in [(HealthcareService, "h"), (PractitionerRole, "r"), (Location, "l"), (Practitioner, "p")] {
        assert_eq!(seen(rtype, id), ALL, "{rtype}");
    }
    // Withdrawn, as an administrator does with what was made by mistake (D39).
    bench.wait(1_000);
    let (file, at) = (ledger(&bench), bench.clock.load(Ordering::Relaxed));
    let version = NewVersion {
        rtype: "Organization".into(),
        id: "o".into(),
        op: Op::Withdraw,
        expect: Expect::Any,
        at,
        updated: at,
        actor: "admin".into(),
        audience_mask: 0b111_1111,
        policy_ver: ror_confidentiality::Policy::embedded().version(),
        body: Vec::new(),
        uniques: Vec::new(),
        source: None,
    };
    file.append(file.head().unwrap().seq, &[version], &[]).unwrap();
    assert_eq!((seen(HealthcareService, "h"), seen(PractitionerRole, "r")), (vec![6], vec![6]));
    assert_eq!((seen(Location, "l"), seen(Practitioner, "p")), (vec![1, 4, 6], vec![1, 6]));
    assert_eq!(verify(&file).unwrap().faults, Vec::<String>::new());
    let again = bench.open();
    assert_eq!(readers(&again, HealthcareService, "h"), [6]);
}
