//! D30: an anomaly is seen by who sees its object and the element that it points at, however it
//! names them, whatever comes first, and as long as it is so.

use ror_confidentiality::{Audience, Grant, Rights};
use ror_directory::{Change, Directory, ImportItem, Replaces, WriteError, verify};
use ror_fhir::{Node, node};
use ror_ledger::SqliteLedger;
use ror_search::ResourceType::{self, HealthcareService, Location, Measure, MeasureReport, Organization, Task};

use crate::common::{Bench, establishment, everything, numbered, offer, place, read, write};

const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition";
const SEEN: [usize; 6] = [1, 2, 3, 4, 5, 6];
const LEVEL_3: [usize; 3] = [1, 4, 6];
const UNKNOWN: [usize; 2] = [1, 6];

fn import(directory: &Directory, resources: Vec<(&str, Node)>) {
    let item = |(id, mut resource): (&str, Node)| {
        resource.as_object_mut().unwrap().insert("id", id);
        ImportItem { key: None, resource, updated: 0, mint: None, replaces: Replaces::Anyone }
    };
    let summary = directory.import("test", resources.into_iter().map(item).collect(), &mut |_| {}).unwrap();
    assert_eq!(summary.rejected, 0);
}

#[expect(clippy::disallowed_methods, reason = "a test asks under every audience")]
fn grant(audience: Audience) -> Grant {
    Grant::mint(audience, "x".into(), Rights::default())
}

/// The numbers of the audiences that read a resource; 6 is the owner.
fn readers(directory: &Directory, rtype: ResourceType, id: &str) -> Vec<usize> {
    let reads = |audience: &Audience| read(directory, &grant(*audience), rtype, id).is_some();
    Audience::all().filter(reads).map(Audience::index).collect()
}

/// Version of an anomaly for an access profile.
fn version(directory: &Directory, profile: u8, id: &str) -> Option<u32> {
    let snapshot = directory.snapshot();
    let hit = snapshot.view(&grant(Audience::profile(profile).unwrap())).read(Task, id);
    hit.map(|hit| hit.version())
}

fn task(focus: &Node, path: Option<&str>) -> Node {
    let said = |code: &str| node!({"coding": [{"code": code}]});
    let input: Vec<Node> = path
        .into_iter()
        .map(|path| node!({"type": (said("pathElementError")), "valueExpression": {"language": "text/fhirpath", "expression": path}}))
        .collect();
    node!({"resourceType": "Task", "identifier": [{"value": "A-17"}], "status": "in-progress", "businessStatus": (said("02")), "focus": (focus.clone()), "input": input})
}

fn literal(rtype: ResourceType, id: &str) -> Node {
    node!({"reference": format!("{rtype}/{id}")})
}

fn named(rtype: ResourceType, value: &str) -> Node {
    node!({"type": (rtype.name()), "identifier": {"value": value}})
}

/// A hospital with an ordinary offer at a place, a sensitive one at another.
fn hospital() -> Vec<(&'static str, Node)> {
    vec![
        ("o", establishment("CH")),
        ("l", place("Bloc", 3)),
        ("m", place("UHSI", 3)),
        ("h", numbered(offer("Médecine", false, "o", "l"), "84/1")),
        ("s", numbered(offer("UHSI", true, "o", "m"), "84/2")),
    ]
}

fn faults(bench: &Bench) -> Vec<String> {
    verify(&SqliteLedger::open(&bench.folder.path().join("ledger.sqlite")).unwrap()).unwrap().faults
}

#[test]
fn d30_an_anomaly_follows_its_object_and_the_element_it_points_at() {
    let bench = Bench::new();
    let directory = bench.open();
    let capacity = format!("Location.extension.where(url='{ROR}/ror-location-supported-capacity')");
    let cases: Vec<(&str, Node, Option<&str>, &[usize])> = vec![
        ("t01", literal(HealthcareService, "h"), None, &SEEN),
        ("t02", literal(HealthcareService, "s"), None, &LEVEL_3),
        ("t03", literal(Organization, "o"), Some("Organization.name"), &SEEN),
        ("t04", literal(Location, "l"), Some(&capacity), &[1, 2, 4, 6]),
        ("t05", literal(Location, "m"), Some("Location.name"), &LEVEL_3),
        ("t06", literal(HealthcareService, "h"), Some("HealthcareService.comment"), &UNKNOWN),
        ("t07", literal(HealthcareService, "h"), Some("le téléphone est faux"), &UNKNOWN),
        ("t08", literal(HealthcareService, "nobody"), None, &UNKNOWN),
        ("t09", named(HealthcareService, "84/1"), None, &SEEN),
        ("t10", named(HealthcareService, "84/2"), Some("HealthcareService.name"), &LEVEL_3),
        ("t11", named(HealthcareService, "84/3"), None, &UNKNOWN),
        // Derived from the FINESS number (D8.2).
        ("t12", named(Organization, "1010000024"), None, &SEEN),
        ("t13", node!({"identifier": {"value": "84/1"}}), None, &UNKNOWN),
        ("t14", node!({"display": "L'offre de médecine"}), None, &UNKNOWN),
        ("t15", node!([(literal(HealthcareService, "h")), (literal(HealthcareService, "s"))]), None, &LEVEL_3),
        ("t16", literal(Task, "t01"), None, &UNKNOWN),
        ("t17", node!({"reference": "Task/t17", "identifier": {"value": "A-17"}}), None, &UNKNOWN),
        ("t18", node!({"type": "Task", "identifier": {"value": "A-17"}}), None, &UNKNOWN),
    ];
    let mut all: Vec<(&str, Node)> = cases.iter().map(|(id, focus, path, _)| (*id, task(focus, *path))).collect();
    // The anomalies come first in the file.
    all.extend(hospital());
    import(&directory, all);
    for (id, focus, path, expected) in &cases {
        assert_eq!(readers(&directory, Task, id), *expected, "{id}: {focus:?} {path:?}");
    }
    let again = bench.open();
    for (id, _, _, expected) in &cases {
        assert_eq!(readers(&again, Task, id), *expected, "{id} after a restart");
    }
    assert_eq!(faults(&bench), Vec::<String>::new());
}

#[test]
fn d30_the_name_that_an_anomaly_gives_its_object_is_one_that_its_reader_sees() {
    let bench = Bench::new();
    let directory = bench.open();
    let typed = |code: &str, value: &str| node!({"type": {"coding": [{"code": code}]}, "value": value});
    let mut shared = place("Bloc", 3);
    shared.as_object_mut().unwrap().insert("identifier", node!([(typed("25", "84/7")), (typed("26", "BLOC-A"))]));
    // An ordinary and a sensitive offer at one place: its external identifier is of level 3 (D21).
    let both = vec![
        ("o", establishment("CH")),
        ("l", shared),
        ("h", numbered(offer("Médecine", false, "o", "l"), "84/1")),
        ("s", numbered(offer("UHSI", true, "o", "l"), "84/2")),
        ("t1", task(&named(Location, "84/7"), None)),
        ("t2", task(&named(Location, "BLOC-A"), None)),
        ("t3", task(&node!({"reference": "Location/l", "identifier": {"value": "BLOC-A"}}), None)),
        ("t4", task(&node!({"reference": "Location/l", "identifier": {"value": "84/7"}}), None)),
        ("t5", task(&node!({"reference": "Location/l", "identifier": {"value": "autre"}}), None)),
    ];
    import(&directory, both);
    let seen = |id: &str| readers(&directory, Task, id);
    assert_eq!((seen("t1"), seen("t4")), (SEEN.to_vec(), SEEN.to_vec()));
    assert_eq!((seen("t2"), seen("t3")), (LEVEL_3.to_vec(), LEVEL_3.to_vec()));
    assert_eq!(seen("t5"), UNKNOWN, "no place of that name is known");
    // Another place under the same identifier: which one is meant is not said.
    let mut elsewhere = place("Ailleurs", 1);
    elsewhere.as_object_mut().unwrap().insert("identifier", node!([(typed("25", "84/7"))]));
    import(&directory, vec![("m", elsewhere)]);
    assert_eq!(seen("t1"), LEVEL_3, "a place without offer counts as sensitive (D21)");
    assert_eq!(seen("t4"), SEEN);
    assert_eq!(faults(&bench), Vec::<String>::new());
}

#[test]
fn d28_d30_an_anomaly_comes_and_goes_with_what_it_reports() {
    let bench = Bench::new();
    let directory = bench.open();
    let name = Some("HealthcareService.name");
    import(
        &directory,
        vec![
            ("t1", task(&literal(HealthcareService, "h"), name)),
            ("t2", task(&named(HealthcareService, "84/1"), name)),
        ],
    );
    let seen = || [readers(&directory, Task, "t1"), readers(&directory, Task, "t2")];
    let versions = || [version(&directory, 2, "t1"), version(&directory, 2, "t2")];
    assert_eq!(seen(), [UNKNOWN.to_vec(), UNKNOWN.to_vec()], "no such offer yet");
    import(&directory, hospital());
    assert_eq!(seen(), [SEEN.to_vec(), SEEN.to_vec()]);
    assert_eq!(versions(), [Some(1), Some(1)], "the first one that profile 2 sees");
    let update = |resource: Node| {
        let change = Change::Update { rtype: HealthcareService, id: "h".to_owned(), resource, if_match: None };
        write(&directory, &everything(), change).unwrap();
    };
    update(numbered(offer("Médecine", true, "o", "l"), "84/1"));
    assert_eq!(seen(), [LEVEL_3.to_vec(), LEVEL_3.to_vec()], "it became a sensitive unit");
    update(numbered(offer("Médecine", false, "o", "l"), "84/1"));
    assert_eq!(seen(), [SEEN.to_vec(), SEEN.to_vec()]);
    assert_eq!(versions(), [Some(2), Some(2)], "what comes back has changed for who sees it again");
    let mut nameless = numbered(offer("Médecine", false, "o", "l"), "84/1");
    nameless.as_object_mut().unwrap().remove("name");
    update(nameless);
    assert_eq!(seen(), [UNKNOWN.to_vec(), UNKNOWN.to_vec()], "there is no such element any more");
    import(&directory, vec![("h", numbered(offer("Médecine", false, "o", "l"), "84/9"))]);
    assert_eq!(seen(), [SEEN.to_vec(), UNKNOWN.to_vec()], "nobody bears the identifier");
    let other = numbered(offer("Chirurgie", true, "o", "m"), "84/1");
    import(&directory, vec![("k", other)]);
    assert_eq!(seen(), [SEEN.to_vec(), LEVEL_3.to_vec()], "another offer bears it");
    import(&directory, vec![("t1", task(&literal(HealthcareService, "s"), name))]);
    assert_eq!(seen(), [LEVEL_3.to_vec(), LEVEL_3.to_vec()], "it is about something else now");
    let again = bench.open();
    assert_eq!(readers(&again, Task, "t1"), LEVEL_3);
    assert_eq!(version(&again, 1, "t2"), version(&directory, 1, "t2"));
    assert_eq!(faults(&bench), Vec::<String>::new());
}

#[test]
fn d31_indicators_and_their_values_are_imported_and_shown() {
    let bench = Bench::new();
    let directory = bench.open();
    let report = |identifier: &str| node!({"resourceType": "MeasureReport", "identifier": [{"value": identifier}], "measure": "Measure/i"});
    import(
        &directory,
        vec![
            ("i", node!({"resourceType": "Measure", "url": "https://x.example/Measure/EX2", "title": "Fermetures"})),
            ("v", report("EX2")),
            ("w", report("EX2-public")),
        ],
    );
    assert_eq!(readers(&directory, Measure, "i"), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(readers(&directory, MeasureReport, "v"), LEVEL_3);
    assert_eq!(readers(&directory, MeasureReport, "w"), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(faults(&bench), Vec::<String>::new());
}

#[test]
fn no_client_writes_anomalies_or_indicators_yet() {
    let directory = Bench::new().open();
    for rtype in [Task, Measure, MeasureReport] {
        let change = Change::Create { resource: node!({"resourceType": (rtype.name())}) };
        assert!(matches!(write(&directory, &everything(), change), Err(WriteError::Forbidden)), "{rtype}");
    }
    import(&directory, vec![("t", task(&literal(HealthcareService, "h"), None))]);
    let change = Change::Update {
        rtype: Task,
        id: "t".to_owned(),
        resource: task(&literal(HealthcareService, "k"), None),
        if_match: None,
    };
    assert!(matches!(write(&directory, &everything(), change), Err(WriteError::Forbidden)));
}
