//! Imports: found again, completed, never doubled.

use crate::common::{Bench, START, establishment, everything, offer, place, public, read, unnumbered, write};
use ror_directory::{Change, Directory, ImportItem, ImportKey, ImportProblem, ImportSummary, MintedKind, Replaces};
use ror_fhir::{Node, node};
use ror_search::ResourceType;

fn item(key: &str, resource: Node) -> ImportItem {
    let rtype = resource.str("resourceType").unwrap_or_default().to_owned();
    let mint = match rtype.as_str() {
        "HealthcareService" => Some((MintedKind::Offre, "84".to_owned())),
        "Location" => Some((MintedKind::Lieu, "84".to_owned())),
        _ => None,
    };
    let key = Some(ImportKey { source: "test".into(), key: key.into() });
    ImportItem { key, resource, updated: START - 1_000_000, mint, replaces: Replaces::Sources(&["test"]) }
}

/// An offer whose references are keys of the source.
fn keyed(resource: &Node) -> Node {
    let text = resource.to_text().replace("Organization/", "key:").replace("Location/", "key:");
    Node::parse(text.as_bytes()).unwrap()
}

fn hospital() -> Vec<ImportItem> {
    let mut items = vec![item("eg/1", establishment("CH"))];
    for n in 0..300 {
        items.push(item(
            &format!("offre/{n}"),
            keyed(&unnumbered(offer("Médecine", false, "eg/1", &format!("lieu/{n}")))),
        ));
        items.push(item(&format!("lieu/{n}"), place("Unité", n)));
    }
    items
}

fn import(directory: &Directory, items: Vec<ImportItem>) -> ImportSummary {
    directory.import("test", items, &mut |_| {}).unwrap()
}

fn all(directory: &Directory, rtype: ResourceType) -> Vec<Node> {
    let snapshot = directory.snapshot();
    let view = snapshot.view(&everything());
    let query = ror_search::parse(
        rtype,
        &[("_count".into(), "1000".into())],
        ror_search::Handling::Strict,
        ror_search::Registry::embedded(),
        ror_terminology::Terminology::embedded(),
        &ror_search::NoGeography,
    );
    view.search(&query.unwrap(), None, None).unwrap().matches.iter().map(ror_index::Hit::to_node).collect()
}

#[test]
fn importing_again_changes_nothing_and_a_new_year_updates() {
    let bench = Bench::new();
    let directory = bench.open();
    let mut told = Vec::new();
    let first = directory.import("test", hospital(), &mut |progress| told.push(progress.done)).unwrap();
    assert_eq!((first.created, first.updated, first.rejected), (601, 0, 0));
    assert_eq!(told.last(), Some(&601));
    let seq = directory.snapshot().seq();
    let again = import(&directory, hospital());
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 601));
    assert_eq!(directory.snapshot().seq(), seq);
    let before = all(&directory, ResourceType::Location);
    let mut newer = hospital();
    newer[2].resource = place("Unité", 99);
    newer[2].updated = START;
    assert_eq!(import(&directory, newer).updated, 1);
    let after = all(&directory, ResourceType::Location);
    let identifiers = |nodes: &[Node]| nodes.iter().map(|n| n.get("identifier").cloned()).collect::<Vec<_>>();
    assert_eq!(identifiers(&before), identifiers(&after), "identifiers are drawn once");
    assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn d38_the_first_load_keeps_the_date_of_the_source_for_everyone() {
    let bench = Bench::new();
    let directory = bench.open();
    import(&directory, hospital());
    let expected = ror_fhir::DateTime::format_instant(START - 1_000_000);
    for grant in [public(), everything()] {
        for rtype in [ResourceType::Organization, ResourceType::Location, ResourceType::HealthcareService] {
            let id = all(&directory, rtype)[0].str("id").unwrap().to_owned();
            let seen = read(&directory, &grant, rtype, &id).unwrap();
            assert_eq!(seen.get("meta").unwrap().str("lastUpdated"), Some(expected.as_str()), "{rtype}");
        }
    }
}

#[test]
fn d44_drawn_identifiers_differ_and_carry_the_region() {
    let bench = Bench::new();
    let directory = bench.open();
    import(&directory, hospital());
    let mut values: Vec<_> = all(&directory, ResourceType::HealthcareService)
        .iter()
        .map(|offer| offer.items("identifier").next().unwrap().str("value").unwrap().to_owned())
        .collect();
    assert!(values.iter().all(|value| value.starts_with("84/") && value.len() == 11), "{values:?}");
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), 300);
}

#[test]
fn d34_a_reference_whose_target_never_comes_is_told_and_the_item_is_taken() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let place = |id: &str, of: &str| {
        let reference = node!({"reference": of});
        node!({"resourceType": "Location", "id": id, "managingOrganization": reference})
    };
    let items = |resources: Vec<Node>| -> Vec<ImportItem> {
        let make =
            |resource| ImportItem { key: None, resource, updated: START, mint: None, replaces: Replaces::Anyone };
        resources.into_iter().map(make).collect()
    };
    let lost = |summary: &ImportSummary| -> Vec<(usize, String)> {
        let lists = summary.problems.iter().filter_map(|(position, problem)| match problem {
            ImportProblem::Shortfalls(list) => Some(list.iter().map(move |one| (*position, one))),
            _ => None,
        });
        let all = lists.flatten().filter(|(_, one)| one.rule == "référence : la cible existe");
        all.map(|(position, one)| (position, format!("{} {}", one.expression, one.value.as_deref().unwrap_or(""))))
            .collect()
    };
    let structure = node!({"resourceType": "Organization", "id": "later", "name": "CH"});
    let others = [
        place("a", "Organization/nobody"),
        place("b", "Organization/later"),
        place("c", "Patient/1"),
        place("d", "https://ailleurs.example/Organization/1"),
        structure,
    ];
    let preview: Vec<_> = ror_directory::preview(items(others.to_vec()), START, &|_, _| false);
    let summary = import(&directory, items(others.to_vec()));
    let at = "Location.managingOrganization.reference";
    let expected = [(0, format!("{at} Organization/nobody")), (2, format!("{at} Patient/1"))];
    assert_eq!((summary.created, lost(&summary)), (5, expected.to_vec()));
    assert_eq!(lost(&ImportSummary { problems: preview, ..ImportSummary::default() }), expected);
    // What was held before is no longer awaited.
    assert_eq!(lost(&import(&directory, items(vec![place("e", "Organization/later")]))), []);
}

#[test]
fn d34_everything_is_taken_but_what_cannot_be() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let structure = ImportItem {
        key: None,
        resource: {
            let mut resource = establishment("CH");
            resource.as_object_mut().unwrap().insert("id", "eg");
            resource
        },
        updated: START,
        mint: None,
        replaces: Replaces::Anyone,
    };
    import(&directory, vec![structure]);
    let own = |id: &str| {
        let exposed = offer("x", false, "eg", "l");
        node!({"resourceType": "HealthcareService", "id": id, "identifier": [{"value": "84/1"}],
            "type": (exposed.get("type").cloned().unwrap()), "specialty": (exposed.get("specialty").cloned().unwrap()),
            "providedBy": (exposed.get("providedBy").cloned().unwrap())})
    };
    let items = [
        own("a"),
        own("b"),
        own("a"),
        node!({"resourceType": "Patient", "id": "p"}),
        node!({"resourceType": "Location"}),
        node!({"resourceType": "Location", "id": "l", "alias": [], "contained": [{"id": "c", "secret": "1"}]}),
        node!({"resourceType": "Location", "id": "m", "managingOrganization": {"reference": "key:nobody"}}),
    ];
    let items = items.into_iter().map(|resource| ImportItem {
        key: None,
        resource,
        updated: START,
        mint: None,
        replaces: Replaces::Anyone,
    });
    let summary = import(&directory, items.collect());
    assert_eq!((summary.created, summary.rejected), (4, 3));
    let kinds: Vec<_> = summary
        .problems
        .iter()
        .map(|(position, problem)| match problem {
            ImportProblem::DuplicateIdentifier => (*position, "duplicate"),
            ImportProblem::Rejected(_) => (*position, "rejected"),
            ImportProblem::Shortfalls(_) => (*position, "shortfalls"),
            ImportProblem::UnknownKey(_) => (*position, "unknown"),
            ImportProblem::HeldByAnother => (*position, "held"),
        })
        .collect();
    // All of them fall short of the guide, and are taken.
    let (short, rest): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(_, kind)| *kind == "shortfalls");
    assert_eq!(short.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 1, 5, 6]);
    let expected = [(1, "duplicate"), (2, "rejected"), (3, "rejected"), (4, "rejected"), (6, "unknown")];
    assert_eq!(rest, expected);
    // The two that share an identifier may both still be mended.
    drop(directory);
    let directory = bench.open();
    for id in ["a", "b"] {
        let mut resource = own(id);
        resource.as_object_mut().unwrap().insert("name", "Nommée depuis");
        let change = Change::Update { rtype: ResourceType::HealthcareService, id: id.into(), resource, if_match: None };
        assert!(write(&directory, &everything(), change).is_ok(), "{id}");
    }
    let place = read(&directory, &everything(), ResourceType::Location, "l").unwrap();
    assert!(place.get("contained").is_none());
    let place = read(&directory, &everything(), ResourceType::Location, "m").unwrap();
    assert!(place.get("managingOrganization").is_none());
}

#[test]
fn a_restart_shows_every_audience_the_same_as_before() {
    let bench = Bench::new();
    let directory = bench.open();
    import(&directory, hospital());
    let mut changed = hospital();
    for n in [1_usize, 41, 301] {
        changed[n].resource = keyed(&unnumbered(offer("UHSI", true, "eg/1", &format!("lieu/{}", n / 2))));
        changed[n].updated = START + 5;
    }
    import(&directory, changed);
    let ids: Vec<_> = ResourceType::ALL
        .iter()
        .flat_map(|rtype| all(&directory, *rtype).into_iter().map(|node| (*rtype, node.str("id").unwrap().to_owned())))
        .collect();
    let seen = |directory: &Directory| -> Vec<_> {
        ids.iter()
            .flat_map(|(rtype, id)| [public(), everything()].map(|grant| read(directory, &grant, *rtype, id)))
            .collect()
    };
    let before = seen(&directory);
    assert_eq!(before.iter().filter(|node| node.is_none()).count(), 6, "three offers and their places are hidden");
    assert!(before == seen(&bench.open()));
}

#[test]
fn a_register_never_undoes_what_someone_wrote_since() {
    let bench = Bench::new();
    let directory = bench.open();
    import(&directory, hospital());
    let id = all(&directory, ResourceType::Organization)[0].str("id").unwrap().to_owned();
    let resource = establishment("Nom corrigé à la main");
    let change = Change::Update { rtype: ResourceType::Organization, id: id.clone(), resource, if_match: None };
    write(&directory, &everything(), change).unwrap();
    let mut newer = hospital();
    newer[0].resource = establishment("Nom du registre, plus récent");
    let summary = import(&directory, newer);
    assert_eq!(summary.problems, [(0, ImportProblem::HeldByAnother)]);
    let seen = read(&directory, &public(), ResourceType::Organization, &id).unwrap();
    assert_eq!(seen.str("name"), Some("Nom corrigé à la main"));
}

/// A place appears with its first ordinary offer, in a file that dates each row; what else the
/// file changes is hidden from the public.
#[test]
fn d28_a_date_of_the_public_tells_nothing_of_hidden_rows() {
    let dates = [(4, 4), (5, 4), (4, 5), (5, 5)].map(|(mine, other)| {
        let bench = Bench::new();
        let directory = bench.open();
        let own = |id: &str, mut resource: Node, updated| {
            resource.as_object_mut().unwrap().insert("id", id);
            ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone }
        };
        let year = |n: i64| START - (2_000_000 - n) * 1000;
        let places = [own("l1", place("Unité", 4), year(10)), own("l2", place("Autre", 4), year(11))];
        import(&directory, places.into_iter().chain([own("o", establishment("CH"), year(12))]).collect());
        let revealed = own("h1", offer("Médecine", false, "o", "l1"), year(20));
        let hidden = [own("l1", place("Unité", mine), year(30)), own("l2", place("Autre", other), year(40))];
        import(&directory, hidden.into_iter().chain([revealed]).collect());
        let seen = read(&directory, &public(), ResourceType::Location, "l1").unwrap();
        seen.get("meta").unwrap().str("lastUpdated").unwrap().to_owned()
    });
    assert!(dates.iter().all(|date| *date == dates[0]), "{dates:?}");
}

#[test]
fn a_date_never_goes_back_though_a_source_says_so() {
    let bench = Bench::new();
    let directory = bench.open();
    import(&directory, hospital());
    let mut older = hospital();
    older[0].resource = establishment("Nouveau nom, fichier plus ancien");
    older[0].updated -= 3_600_000;
    assert_eq!(import(&directory, older).updated, 1);
    let seen = &all(&directory, ResourceType::Organization)[0];
    let expected = ror_fhir::DateTime::format_instant(START - 1_000_000);
    assert_eq!(seen.get("meta").unwrap().str("lastUpdated"), Some(expected.as_str()));
}

/// The template that a resource names as the one it was made with is looked for.
#[test]
fn a_template_that_is_not_held_is_told() {
    let bench = Bench::new();
    let directory = bench.open_ruled();
    let template = node!({"resourceType": "Questionnaire", "id": "t", "url": "https://x.example/Questionnaire/ehpad", "version": "1.0"});
    let item = ImportItem { key: None, resource: template, updated: START, mint: None, replaces: Replaces::Anyone };
    import(&directory, vec![item]);
    let told = |named: &str| {
        let url =
            "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-meta-questionnaire-used-as-a-template";
        let place = node!({"resourceType": "Location", "extension": [{"url": url, "valueCanonical": named}]});
        let findings = directory.validate(&public(), &place, None, ror_profiles::Handling::Lenient);
        findings
            .into_iter()
            .filter(|one| one.rule.starts_with("ror-meta-questionnaire"))
            .map(|one| one.expression)
            .collect::<Vec<_>>()
    };
    assert!(told("https://x.example/Questionnaire/ehpad|1.0").is_empty());
    for other in ["https://x.example/Questionnaire/ehpad|2.0", "https://x.example/Questionnaire/autre|1.0"] {
        assert_eq!(told(other), ["Location.extension[0].value"], "{other}");
    }
}
