//! Lists over FHIR: golden files in `tests/snapshots`.

use ror_fhir::{DateTime, Instant, Node};
use ror_terminology::{Asked, Expansion, Terminology, TerminologyError, ValueSet};

const R338: &str = "https://mos.esante.gouv.fr/NOS/TRE_R338-ModaliteAccueil/FHIR/TRE-R338-ModaliteAccueil";
const R13: &str = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";

fn at(day: &str) -> Instant {
    DateTime::parse(day).expect("a day").start
}

fn set(name: &str) -> &'static ValueSet {
    Terminology::embedded().value_set(name).expect("held")
}

/// One member per line: enough to read a difference.
fn lines(node: &Node) -> String {
    node.to_text().replace("},{", "},\n{").replace(":[{", ":[\n{").replace(",\"", ",\n\"")
}

#[test]
fn a_complete_code_system() {
    let system = Terminology::embedded().code_system(R338).expect("held");
    insta::assert_snapshot!(lines(&system.to_resource()));
}

#[test]
fn a_fragment_and_an_absent_code_system() {
    let all = Terminology::embedded();
    let systems =
        all.code_systems().filter(|system| ["TRE-R30-RegionOM", "TRE-R13-CommuneOM"].contains(&system.heading().id));
    let text: Vec<_> = systems.map(|system| lines(&system.to_resource())).collect();
    insta::assert_snapshot!(text.join("\n\n"));
}

#[test]
fn a_value_set_of_two_systems() {
    insta::assert_snapshot!(lines(&set("JDV_J225-CanalCommunication-ROR").to_resource()));
}

#[test]
fn value_sets_that_are_not_held() {
    let names = ["JDV_J124-Commune", "code-region-territorial-division-ror-valueset"];
    let text: Vec<_> = names.iter().map(|name| lines(&set(name).to_resource())).collect();
    insta::assert_snapshot!(text.join("\n\n"));
}

#[test]
fn an_expansion_with_filter_and_page() {
    let asked = Expansion { filter: Some("MEDECINE gériat"), offset: 1, count: Some(3) };
    let expanded = set("JDV_J17-ActiviteOperationnelle-ROR").expand(&asked, at("2026-10-01")).expect("held");
    insta::assert_snapshot!(lines(&expanded));
}

#[test]
fn an_expansion_marks_withdrawn_codes() {
    let asked = Expansion { filter: Some("27"), ..Expansion::default() };
    let inactive = |day| {
        let expanded = set("JDV_J226-ModaliteAccueil-ROR").expand(&asked, at(day)).expect("held");
        let expansion = expanded.get("expansion").expect("an expansion");
        expansion.items("contains").filter_map(|one| one.get("inactive")?.as_bool()).count()
    };
    assert_eq!((inactive("2026-09-27"), inactive("2026-09-28")), (0, 1));
}

#[test]
fn pages_of_an_expansion_cover_the_list_once() {
    let set = set("JDV_J16-ActeSpecifique-ROR");
    let mut codes = Vec::new();
    for offset in (0..2000).step_by(100) {
        let asked = Expansion { filter: None, offset, count: Some(100) };
        let page = set.expand(&asked, 0).expect("held");
        let expansion = page.get("expansion").expect("an expansion");
        assert_eq!(expansion.get("total").and_then(Node::as_i64), Some(1320));
        codes.extend(expansion.items("contains").filter_map(|one| one.str("code").map(str::to_owned)));
    }
    assert!(codes.iter().eq(set.concepts().map(|(_, concept)| concept.code)));

    let counted = set.expand(&Expansion { count: Some(0), ..Expansion::default() }, 0).expect("held");
    assert!(counted.get("expansion").is_some_and(|expansion| expansion.get("contains").is_none()));
}

#[test]
fn a_list_that_is_not_held_is_not_expanded() {
    let refused = set("JDV_J124-Commune").expand(&Expansion::default(), 0).expect_err("not held");
    assert_eq!(refused, TerminologyError::NotHeld("JDV_J124-Commune"));
    assert_eq!(refused.to_string(), "Le contenu de JDV_J124-Commune n'est pas détenu par ce serveur.");
}

#[test]
fn a_lookup() {
    let found = Terminology::embedded().lookup(R338, "27", at("2026-10-01")).expect("held");
    insta::assert_snapshot!(lines(&found));
}

#[test]
fn refused_lookups() {
    let all = Terminology::embedded();
    let fragment = set("JDV_J30-TemporaliteAccueil-ROR").systems().next().expect("a system");
    let asked = [(R338, "99"), (fragment, "99"), (R13, "01004"), ("http://loinc.org", "1-8")];
    let refusals = asked.map(|(system, code)| {
        let refused = all.lookup(system, code, 0).expect_err("unknown");
        format!("{refused:?}\n{refused}")
    });
    insta::assert_snapshot!(refusals.join("\n\n"));
}

#[test]
fn codes_validated() {
    let j226 = set("JDV_J226-ModaliteAccueil-ROR");
    let r338 = Terminology::embedded().code_system(R338).expect("held");
    let asked = |system, code, display| Asked { system, code, display, at: at("2026-10-01") };
    let answers = [
        ("value set, good", j226.validate_code(&asked(Some(R338), "03", Some("EN PRESENTIEL")))),
        ("value set, other label", j226.validate_code(&asked(Some(R338), "03", Some("Au téléphone")))),
        ("value set, withdrawn", j226.validate_code(&asked(Some(R338), "27", None))),
        ("value set, absent", j226.validate_code(&asked(Some(R338), "99", None))),
        ("value set, other system", j226.validate_code(&asked(Some(R13), "03", None))),
        ("value set, no system", j226.validate_code(&asked(None, "03", None))),
        ("two systems", set("JDV_J229-ProfessionSante-ROR").validate_code(&asked(None, "86", None))),
        ("code system, good", r338.validate_code(&asked(None, "03", None))),
        ("code system, absent", r338.validate_code(&asked(None, "3", None))),
        ("communes", set("JDV_J124-Commune").validate_code(&asked(Some(R13), "01004", None))),
    ];
    let text = answers.map(|(name, answer)| match answer {
        Ok(node) => format!("{name}\n{}", node.to_text()),
        Err(refused) => format!("{name}\n{refused}"),
    });
    insta::assert_snapshot!(text.join("\n\n"));
}
