//! The embedded lists: nothing lost, keyed by (system, code).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ror_fhir::{DateTime, is_logical_id};
use ror_terminology::{CodeSystem, Content, Criteria, Domain, Membership, Status, Terminology};

const G15: &str = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante";
const R356: &str = "https://mos.esante.gouv.fr/NOS/TRE_R356-ProfessionRessource/FHIR/TRE-R356-ProfessionRessource";
const R13: &str = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";

fn system(title: &str) -> &'static str {
    let all = Terminology::embedded();
    let found = all.code_systems().find(|system| system.heading().title == title);
    found.unwrap_or_else(|| panic!("{title} is held")).url()
}

#[test]
fn every_list_is_held_whole() {
    let all = Terminology::embedded();
    let nos: Vec<_> = all.value_sets().filter(|set| set.name().starts_with("JDV_") && set.is_held()).collect();
    assert_eq!(nos.len(), 76, "74 bound, and two kept for reference");
    let bound = nos.iter().filter(|set| !["JDV_J34-", "JDV_J286-"].iter().any(|known| set.name().starts_with(known)));
    assert_eq!(bound.clone().count(), 74);
    assert_eq!(bound.map(|set| set.concepts().count()).sum::<usize>(), 4260);
    for (name, count) in [
        ("JDV_J16-ActeSpecifique-ROR", 1320),
        ("JDV_J17-ActiviteOperationnelle-ROR", 554),
        ("JDV_J51-FamilleActiviteOperationnelle-ROR", 29),
        ("JDV_J186-ProfessionRessource-ROR", 150),
        ("JDV_J238-TypeOffre-ROR", 307),
    ] {
        assert_eq!(all.value_set(name).map(|set| set.concepts().count()), Some(count), "{name}");
    }
}

#[test]
fn systems_are_complete_only_when_their_whole_list_was_read() {
    let all = Terminology::embedded();
    let complete: BTreeMap<_, _> = all
        .code_systems()
        .filter(|system| system.content() == Content::Complete)
        .map(|system| (system.heading().id, system.concepts().len()))
        .collect();
    let expected = [
        ("TRE-R227-ChampActivite", 6),
        ("TRE-R282-CNAMAmeliSecteurConventionnement", 8),
        ("TRE-R338-ModaliteAccueil", 27),
        ("act-type-ror-codesystem", 2),
        ("input-task-ror-codesystem", 6),
        ("output-task-ror-codesystem", 2),
        ("ror-include-associated-data-code-system", 1),
        ("ror-launch-context-codesystem", 1),
        ("usage-context-ror-codesystem", 2),
    ];
    assert_eq!(complete, BTreeMap::from(expected));
}

#[test]
fn a_code_of_j186_exists_under_two_systems() {
    let set = Terminology::embedded().value_set("JDV_J186-ProfessionRessource-ROR").expect("held");
    let mut systems: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (system, concept) in set.concepts() {
        systems.entry(concept.code).or_default().insert(system);
    }
    assert_eq!(systems.values().filter(|systems| systems.len() > 1).count(), 33);
    let all = Terminology::embedded();
    assert_eq!(all.display(G15, "86"), Some("Technicien de laboratoire médical"));
    assert_eq!(all.display(R356, "86"), Some("Infirmier en pratique avancée (IPA)"));
    assert!(all.systems_of_code("86").count() > 2);
    assert!(set.contains(G15, "86") && set.contains(R356, "86"));
    assert!(!set.contains(R13, "86"));
}

#[test]
fn ids_and_addresses_are_legal_and_unique() {
    let all = Terminology::embedded();
    let headings = all.code_systems().map(|system| ("CodeSystem", system.heading()));
    let headings: Vec<_> = headings.chain(all.value_sets().map(|set| ("ValueSet", set.heading()))).collect();
    let mut seen = BTreeSet::new();
    for (rtype, heading) in headings {
        assert!(is_logical_id(heading.id), "{}", heading.id);
        assert!(seen.insert((rtype, heading.id)) && seen.insert((rtype, heading.url)), "{} stands twice", heading.id);
        let computer_name = heading.name.starts_with(|c: char| c.is_ascii_uppercase())
            && heading.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        assert!(computer_name, "{}", heading.name);
    }
}

#[test]
fn days_are_days() {
    for system in Terminology::embedded().code_systems() {
        for day in system.concepts().iter().flat_map(|concept| [concept.start, concept.end]).flatten() {
            assert!(DateTime::parse(day).is_ok() && day.len() == 10, "{day}");
        }
    }
}

#[test]
fn lists_withdrawn_in_2024_are_retired() {
    let retired = Terminology::embedded().value_sets().filter(|set| set.status() == Status::Retired);
    let retired: Vec<_> = retired.map(|set| (set.name(), set.version())).collect();
    let names = ["JDV_J237-RegionOM-ROR", "JDV_J247-Pays-ROR", "JDV_J248-DepartementOM-ROR"];
    assert_eq!(retired, names.map(|name| (name, Some("20240126120000"))));
}

#[test]
fn communes_are_said_not_to_be_held() {
    let all = Terminology::embedded();
    let communes = all.value_set("JDV_J124-Commune").expect("named by the guide");
    assert!(!communes.is_held());
    assert_eq!(communes.membership(R13, "01004"), Membership::Unknown);
    assert_eq!(communes.membership(G15, "10"), Membership::NotMember);
    assert_eq!(all.code_system(R13).map(CodeSystem::content), Some(Content::NotPresent));

    let territories = all.value_set("CodeRegionTerritorialDivisionRORValueSet").expect("named by the guide");
    assert!(!territories.is_held());
    assert!(territories.contains(system("TRE_R30-RegionOM"), "84"));
    assert!(territories.contains(system("TRE_G09-DepartementOM"), "2A"));
    assert_eq!(territories.membership(R13, "01004"), Membership::Unknown);
    assert_eq!(territories.membership(system("TRE_R30-RegionOM"), "xx"), Membership::NotMember);
}

#[test]
fn d33_withdrawn_codes_stay_readable_and_are_no_longer_members() {
    let all = Terminology::embedded();
    let gender = system("TRE_R332-GenreCapacite");
    assert_eq!(all.display(gender, "03"), Some("Indifférencié"));
    assert!(!all.value_set("JDV_J190-GenreCapacite-ROR").expect("held").contains(gender, "03"));
    let status = all.concept(system("TRE_R330-TypeStatutCapacite"), "07").expect("kept");
    assert_eq!(status.end, Some("2025-01-31"));
    assert_eq!(status.withdrawn_since(), DateTime::parse("2025-01-31").ok().map(|day| day.start));
}

#[test]
fn d33_the_label_is_the_latest_published() {
    let all = Terminology::embedded();
    let reception = system("TRE_R338-ModaliteAccueil");
    assert_eq!(all.display(reception, "05"), Some("Visite et soins à domicile"));
    let set = all.value_set("JDV_J226-ModaliteAccueil-ROR").expect("held");
    assert_eq!(set.concept(reception, "05").and_then(|concept| concept.display), Some("Visite et soins à domicile"));
    assert_eq!(set.concept(reception, "27").and_then(|concept| concept.end), Some("2026-09-28"));
}

#[test]
fn d4_leading_zeros_are_read_when_one_code_only_fits() {
    let all = Terminology::embedded();
    let care = all.code_system(system("TRE_R213-ModePriseEnCharge")).expect("held");
    let read = care.read_code("032");
    assert_eq!((read.code, read.corrected), ("32", true));
    assert!(!care.read_code("32").corrected);
    assert_eq!(care.read_code("999").code, "999");
    let acts = all.code_system(system("TRE_R210-ActeSpecifique")).expect("held");
    assert_eq!(acts.read_code("001").code, "0001");
}

#[test]
fn both_official_addresses_of_r345_name_one_system() {
    let all = Terminology::embedded();
    let guide = "https://mos.esante.gouv.fr/NOS/TRE_R345-TypeIdentifiantAutre/FHIR/TRE_R345-TypeIdentifiantAutre";
    let nos = "https://mos.esante.gouv.fr/NOS/TRE_R345-TypeIdentifiantAutre/FHIR/TRE-R345-TypeIdentifiantAutre";
    let one = all.code_system(guide).expect("held");
    assert_eq!(one.heading(), all.code_system(nos).expect("held").heading());
    let code = one.concepts()[0].code;
    let set = all.value_set("JDV_J236-TypeIdentifiant-ROR").expect("held");
    assert!(set.contains(guide, code) && set.contains(nos, code));
}

#[test]
fn association_tables_answer_in_both_directions() {
    let all = Terminology::embedded();
    let families: Vec<_> = all.families_of("285").iter().map(|family| family.code).collect();
    assert!(families.contains(&"004"), "{families:?}");
    assert!(all.activities_of_family("004").contains(&"285"));
    assert_eq!(all.families_of("nothing").len(), 0);

    assert_eq!(all.region_of_department("01"), Some("84"));
    assert_eq!(all.region_of_department("2A"), all.region_of_department("20"));
    assert_eq!(all.region_of_department("971"), Some("01"));
    assert_eq!(all.region_of_department("1"), None);

    let chr = all.category("101").expect("in X10");
    assert_eq!((chr.parents, chr.domain), (["1101", "1100", "1000"], Domain::Sanitaire));
    assert_eq!(all.category("705"), None, "X10 lacks the newest categories");
    assert!(all.categories_below("1100").any(|code| code == "101"));
    assert_eq!(all.categories_below("1101").collect::<Vec<_>>(), ["101"]);
    assert_eq!(["1000", "4000"].map(|level| all.categories_below(level).count() > 50), [true, true]);
}

#[test]
fn lists_are_found_by_url_name_version_and_id() {
    let all = Terminology::embedded();
    let sets =
        |criteria: &Criteria<'_>| -> Vec<_> { all.search_value_sets(criteria).map(|set| set.heading().id).collect() };
    let j17 = "JDV-J17-ActiviteOperationnelle-ROR";
    let url = all.value_set(j17).expect("by id").url();
    assert_eq!(sets(&Criteria { url: Some(url), ..Criteria::default() }), [j17]);
    assert_eq!(sets(&Criteria { id: Some(j17), ..Criteria::default() }), [j17]);
    for name in ["JDV_J17", "jdv-j17-activiteopé", "JDV_J17_ActiviteOperationnelle_ROR"] {
        assert_eq!(sets(&Criteria { name: Some(name), ..Criteria::default() }), [j17], "{name}");
    }
    let both = Criteria { name: Some("JDV_J17"), version: Some("20240126120000"), ..Criteria::default() };
    assert_eq!(sets(&both).len(), 0);
    assert_eq!(sets(&Criteria { version: Some("20240126120000"), ..Criteria::default() }).len(), 6);
    assert_eq!(sets(&Criteria::default()).len(), all.value_sets().count());
    let systems = Criteria { version: Some("20260928120000"), ..Criteria::default() };
    assert_eq!(all.search_code_systems(&systems).count(), 2);
}

/// The table is read at each start: 30 ms are allowed to a release build, and even this
/// unoptimised one keeps to them. The best of five readings, so that a busy machine does not matter.
#[test]
fn the_table_is_read_within_30_ms() {
    let best = (0..5)
        .map(|_| {
            let before = Instant::now();
            let read = Terminology::load(include_str!("../data/nomenclatures.tsv")).expect("readable");
            assert!(read.code_systems().count() > 90);
            before.elapsed()
        })
        .min();
    assert!(best.is_some_and(|best| best < Duration::from_millis(30)), "{best:?}");
}
