//! D49, D62: what is secret is not opened without the right, and no refusal tells more than it
//! must.

#![expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]

use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_directory::{Change, Directory, ImportItem, Replaces, WriteError, Written};
use ror_fhir::{Node, node};
use ror_profiles::{Handling, Severity};
use ror_search::ResourceType::{self, HealthcareService, Location, Organization};

use crate::common::{Bench, establishment, everything, everything_but_secrets, offer, place, write};

const LEVEL: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-telecom-confidentiality-level";

/// A structure with these numbers, each at its level.
fn reached(telecoms: &[(&str, &str)]) -> Node {
    let telecoms = telecoms.iter().map(|(value, level)| {
        let level = node!({"url": LEVEL, "valueCodeableConcept": {"coding": [{"code": (*level)}]}});
        node!({"value": (*value), "extension": [level]})
    });
    let mut structure = establishment("CH");
    structure.as_object_mut().unwrap().insert("telecom", telecoms.collect::<Vec<_>>());
    structure
}

fn put(directory: &Directory, grant: &Grant, key: (ResourceType, &str), resource: Node) -> Result<Written, WriteError> {
    let change = Change::Update { rtype: key.0, id: key.1.to_owned(), resource, if_match: None };
    write(directory, grant, change)
}

/// Writes everywhere, reads what professionals read.
fn professional() -> Grant {
    let rights = Rights { write: WriteScope::National, ..Rights::default() };
    Grant::mint(Audience::profile(2).unwrap(), "éditeur".into(), rights)
}

#[test]
fn d49_what_was_removed_does_not_come_back_lower() {
    let bench = Bench::new();
    let directory = bench.open();
    let create = Change::Create { resource: reached(&[("0102030405", "3")]) };
    let id = write(&directory, &everything(), create).unwrap().id;
    let as_editor = |telecoms: &[(&str, &str)]| {
        put(&directory, &everything_but_secrets(), (Organization, &id), reached(telecoms))
            .map(|written| written.changed)
    };
    assert_eq!(as_editor(&[]), Ok(true), "removing needs no right");
    assert_eq!(as_editor(&[("0102030406", "1")]), Ok(true), "nor does another number");
    assert_eq!(as_editor(&[("0102030406", "1"), ("01 02 03 04 05", "2")]), Err(WriteError::Forbidden));
    assert_eq!(as_editor(&[("0102030406", "1"), ("0102030405", "3")]), Ok(true));
    // Once someone who may has opened it, it is a secret no more.
    put(&directory, &everything(), (Organization, &id), reached(&[("0102030405", "2")])).unwrap();
    assert_eq!(as_editor(&[]), Ok(true));
    assert_eq!(as_editor(&[("0102030405", "2")]), Ok(true));
}

#[test]
fn d49_a_refusal_does_not_tell_a_guessed_number() {
    let bench = Bench::new();
    let directory = bench.open();
    let create = Change::Create { resource: reached(&[("0102030405", "3"), ("15", "1")]) };
    let id = write(&directory, &everything(), create).unwrap().id;
    let as_professional =
        |telecoms: &[(&str, &str)]| put(&directory, &professional(), (Organization, &id), reached(telecoms)).is_ok();
    for guess in ["0102030405", "0102030499"] {
        assert!(!as_professional(&[("15", "1"), (guess, "1")]), "{guess}");
        assert!(!as_professional(&[(guess, "2")]), "{guess}");
        assert!(!as_professional(&[(guess, "3"), (guess, "1")]), "{guess}");
    }
    assert!(as_professional(&[("15", "1")]), "what they see, as they see it");
    // Now that the secret is gone, a guess still tells nothing.
    for guess in ["0102030405", "0102030499"] {
        assert!(!as_professional(&[("15", "1"), (guess, "1")]), "{guess}");
    }
    let open = write(&directory, &everything(), Change::Create { resource: reached(&[("15", "1")]) }).unwrap().id;
    let added = put(&directory, &professional(), (Organization, &open), reached(&[("15", "1"), ("18", "1")]));
    assert!(added.is_ok(), "where nothing was secret, anything is theirs to write");
}

fn import(directory: &Directory, resources: Vec<(&str, Node)>) {
    let item = |(id, mut resource): (&str, Node)| {
        resource.as_object_mut().unwrap().insert("id", id);
        ImportItem { key: None, resource, updated: 0, mint: None, replaces: Replaces::Anyone }
    };
    directory.import("test", resources.into_iter().map(item).collect(), &mut |_| {}).unwrap();
}

#[test]
fn d81_rights_come_before_rules() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let mut other = establishment("Un autre");
    other.as_object_mut().unwrap().insert("identifier", node!([{"value": "010000032"}]));
    import(&directory, vec![("o", establishment("CH")), ("x", other), ("l", place("Unité", 1))]);
    import(&directory, vec![("h", offer("Médecine", false, "o", "l")), ("s", offer("UHSI", true, "o", "l"))]);
    let rights = Rights { write: WriteScope::Establishments(vec!["010000024".into()]), ..Rights::default() };
    let mine = Grant::mint(Audience::ALL_DATA, "éditeur".into(), rights);
    let to = |id: &str, resource| put(&directory, &mine, (HealthcareService, id), resource).unwrap_err();
    // Each body breaks rules: those are told only to who may write what results.
    assert!(matches!(to("h", offer("Médecine", false, "o", "nowhere")), WriteError::Invalid(_)));
    assert_eq!(to("h", offer("Médecine", false, "x", "nowhere")), WriteError::Forbidden);
    assert_eq!(to("s", offer("UHSI", false, "o", "nowhere")), WriteError::Forbidden);
}

#[test]
fn d43_validating_an_update_finds_what_writing_it_would() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let list = "https://mos.esante.gouv.fr/NOS/TRE_R354-TypeIdentifiantRessourceOperationnelle/FHIR/TRE-R354-TypeIdentifiantRessourceOperationnelle";
    let numbered = |number: &str| {
        let mut unit = place("Unité", 1);
        let identifier = node!({"type": {"coding": [{"system": list, "code": "25"}]}, "value": number});
        unit.as_object_mut().unwrap().insert("identifier", vec![identifier]);
        unit
    };
    import(&directory, vec![("l", numbered("84/1"))]);
    let mut bare = numbered("84/1");
    bare.as_object_mut().unwrap().remove("identifier");
    let snapshot = directory.snapshot();
    let former = snapshot.view(&everything()).read(Location, "l").unwrap().to_node();
    for (sent, is_told) in [(numbered("84/2"), true), (numbered("84/1"), false), (bare, false)] {
        let found = directory.validate(&everything(), &sent, Some(&former), Handling::Lenient);
        let Err(WriteError::Invalid(refused)) = put(&directory, &everything(), (Location, "l"), sent) else {
            panic!("a place without address nor commune is refused")
        };
        assert_eq!(found, refused);
        assert_eq!(found.iter().any(|finding| finding.rule == "D43"), is_told);
        assert!(found.iter().any(|finding| finding.severity == Severity::Warning), "warnings are told with errors");
    }
}
