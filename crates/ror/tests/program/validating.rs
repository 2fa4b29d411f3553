//! Files judged without a server, and what is planted found.

use std::collections::{BTreeMap, BTreeSet};

use ror_directory::is_about_a_label;
use ror_fhir::{DateTime, Node};
use ror_profiles::{Context, Handling, Severity, validate};
use ror_registers::synth::{self, DefectKind};
use ror_terminology::Terminology;

use crate::run::{folder, run, text};

/// A place whose name is no text, on its second line.
const FAULTY: &str = "{\"resourceType\": \"Location\",\n  \"name\": 3}";

#[test]
fn findings_say_where_they_are_and_the_status_what_they_weigh() {
    let folder = folder();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let faulty = write("lieu é.json", FAULTY);
    let (status, out, err) = run(&["validate", text(&faulty)]);
    assert_eq!(status, Some(1), "{err}");
    assert!(out.contains("lieu é.json:2:11: erreur: Location.name: "), "{out}");
    assert!(err.contains("1 ressource lue, "), "{err}");

    let line = FAULTY.replace('\n', "");
    let lines = write("lieux.ndjson", &format!("{line}\n\n{line}\n"));
    let (_, out, _) = run(&["validate", text(&lines), "--format", "json"]);
    let found = Node::parse(out.as_bytes()).unwrap();
    let names = found.as_array().unwrap().iter().filter(|one| one.str("expression") == Some("Location.name"));
    let places: Vec<_> =
        names.map(|one| (one.get("line").and_then(Node::as_i64), one.get("column").and_then(Node::as_i64))).collect();
    assert_eq!(places, [(Some(1), Some(39)), (Some(3), Some(39))]);

    let bundle =
        write("bundle.json", &format!("{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{FAULTY}}}]}}"));
    let (status, out, _) = run(&["validate", text(&bundle)]);
    assert_eq!((status, out.contains("bundle.json:2:11: erreur: Location.name")), (Some(1), true), "{out}");

    let cut = write("coupé.json", "{\"resourceType\":");
    let (status, out, _) = run(&["validate", text(&cut), text(&faulty)]);
    assert_eq!((status, out.contains("coupé.json:1:")), (Some(2), true), "{out}");
    assert!(out.contains("Location.name"), "the others are read: {out}");

    let person = r#"{"resourceType":"Practitioner","meta":{"lastUpdated":"2026-01-15T08:00:00+01:00"},"identifier":[{"system":"urn:oid:1.2.250.1.71.4.2.1","value":"10000000009"}],"name":[{"family":"Essai"}]}"#;
    let file = write("personne.json", person);
    let (lenient, strict) = (run(&["validate", text(&file)]), run(&["validate", text(&file), "--strict"]));
    assert_eq!((lenient.0, strict.0), (Some(0), Some(1)), "no date of creation: {} / {}", lenient.1, strict.1);
}

#[test]
fn what_cannot_be_checked_is_told_and_the_rest_is_checked() {
    let folder = folder();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let faulty = write("lieu.json", FAULTY);
    let (status, out, err) = run(&["validate", "/nulle/part.json", text(&faulty)]);
    assert_eq!((status, out.contains("/nulle/part.json:1:1: erreur: Ce fichier n'a pas pu être lu")), (Some(2), true));
    assert!(out.contains("Location.name") && err.contains("1 fichier ou ligne illisible"), "{out}{err}");

    let empty = write("vide.json", r#"{"resourceType":"Bundle","type":"collection","entry":[]}"#);
    let bare = write("nu.json", r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:x"}]}"#);
    let blank = write("blanc.json", "\n");
    for (file, told) in [(&empty, "aucune entrée"), (&bare, "ne porte pas de ressource"), (&blank, "est vide")] {
        let (status, out, err) = run(&["validate", text(file)]);
        assert_eq!((status, out.contains(told)), (Some(2), true), "{told}: {out}");
        assert!(err.contains("aucune ressource à vérifier"), "{err}");
    }
    assert_eq!(run(&["validate", text(&empty), text(&faulty)]).0, Some(1), "something was checked");
}

/// A Bundle on one line is read once, not once for each finding: at some thousands of entries the
/// difference is that of seconds and hours.
#[test]
fn a_long_bundle_takes_seconds() {
    let folder = folder();
    let file = folder.path().join("long.json");
    let entries = vec![format!("{{\"resource\":{}}}", FAULTY.replace('\n', "")); 4_000].join(",");
    std::fs::write(&file, format!("{{\"resourceType\":\"Bundle\",\"entry\":[{entries}]}}")).unwrap();
    let begun = std::time::Instant::now();
    let (status, out, err) = run(&["validate", text(&file), "--format", "json"]);
    assert_eq!((status, err.contains("4000 ressources lues")), (Some(1), true), "{err}");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert!(Node::parse(out.as_bytes()).is_ok());
}

#[test]
fn sarif_is_what_editors_read() {
    let folder = folder();
    let faulty = folder.path().join("lieu é.json");
    std::fs::write(&faulty, FAULTY).unwrap();
    let (status, out, _) = run(&["validate", text(&faulty), "--format", "sarif"]);
    assert_eq!(status, Some(1));
    let log = Node::parse(out.as_bytes()).unwrap();
    assert_eq!(log.str("version"), Some("2.1.0"));
    let run = log.items("runs").next().unwrap();
    let driver = run.get("tool").and_then(|tool| tool.get("driver")).unwrap();
    assert_eq!(driver.str("name"), Some("ror"));
    let rules: Vec<&str> = driver.items("rules").filter_map(|rule| rule.str("id")).collect();
    assert_eq!(rules.len(), rules.iter().collect::<BTreeSet<_>>().len(), "each rule once");
    let mut at_name = false;
    for result in run.items("results") {
        let index = result.get("ruleIndex").and_then(Node::as_i64).unwrap();
        assert_eq!(result.str("ruleId"), Some(rules[usize::try_from(index).unwrap()]));
        assert!(matches!(result.str("level"), Some("error" | "warning" | "note")));
        assert!(result.get("message").and_then(|message| message.str("text")).is_some_and(|text| !text.is_empty()));
        let place = result.items("locations").next().and_then(|location| location.get("physicalLocation")).unwrap();
        let uri = place.get("artifactLocation").and_then(|artifact| artifact.str("uri")).unwrap();
        assert!(uri.ends_with("/lieu%20%C3%A9.json"), "{uri}");
        let region = place.get("region").unwrap();
        let number = |key: &str| region.get(key).and_then(Node::as_i64).unwrap();
        at_name |= (number("startLine"), number("startColumn")) == (2, 11);
    }
    assert!(at_name, "{out}");
}

/// What validation of one resource can see of the defects of the territory.
const SEEN_ALONE: [DefectKind; 2] = [DefectKind::MissingActivity, DefectKind::MissingAges];

#[test]
fn in_strict_handling_the_territory_has_no_error_but_what_is_planted() {
    let now = DateTime::parse("2026-09-15").unwrap().start;
    let territory = synth::generate(synth::Scale::Xs, 1, now);
    let mut found = BTreeSet::new();
    let mut wrong = Vec::new();
    let context = Context { terminology: Terminology::embedded(), now };
    // Files come in pieces.
    let mut written: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    synth::write_ndjson(&territory, &mut |name, bytes| written.entry(name.to_owned()).or_default().extend(bytes));
    for (_, bytes) in written.iter().filter(|(name, _)| name.ends_with(".ndjson")) {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let resource = Node::parse(line).unwrap();
            let reference = format!("{}/{}", resource.str("resourceType").unwrap(), resource.str("id").unwrap());
            for one in validate(&resource, Handling::Strict, &context) {
                if one.severity == Severity::Error && !is_about_a_label(&one) {
                    found.insert(reference.clone());
                    wrong.push((reference.clone(), one));
                }
            }
        }
    }
    let truth = Node::parse(&written[synth::TRUTH_FILE]).unwrap();
    let codes = SEEN_ALONE.map(DefectKind::code);
    let planted: BTreeSet<String> = truth
        .as_array()
        .unwrap()
        .iter()
        .filter(|defect| defect.str("kind").is_some_and(|kind| codes.contains(&kind)))
        .filter_map(|defect| defect.str("reference").map(str::to_owned))
        .collect();
    let unplanted: Vec<_> = wrong.iter().filter(|(reference, _)| !planted.contains(reference)).take(5).collect();
    assert!(unplanted.is_empty(), "not planted: {unplanted:#?}");
    let unseen: Vec<_> = planted.difference(&found).take(5).collect();
    assert!(unseen.is_empty() && planted.len() > 100, "not found: {unseen:?} of {}", planted.len());
}
