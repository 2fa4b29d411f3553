//! Requests and what they mean.

use super::*;
use crate::{NoGeography, Term, Territory};

struct Paris;

impl Geography for Paris {
    fn also(&self, commune: &str) -> Vec<String> {
        if commune == "75056" { vec!["75101".to_owned(), "75102".to_owned()] } else { Vec::new() }
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        (commune == "75056").then_some((48.856_59, 2.342_92))
    }

    fn territory(&self, commune: &str) -> Option<Territory> {
        (commune == "75056").then(|| Territory {
            departement: "75".to_owned(),
            region: "11".to_owned(),
            epci: Some("200054781".to_owned()),
        })
    }
}

fn ask(rtype: ResourceType, query: &str, handling: Handling) -> Result<Query, Vec<QueryError>> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    parse(rtype, &pairs, handling, Registry::embedded(), Terminology::embedded(), &Paris)
}

fn accepted(rtype: ResourceType, query: &str) -> Query {
    ask(rtype, query, Handling::Lenient).unwrap_or_else(|errors| panic!("{query}: {errors:?}"))
}

fn refused(rtype: ResourceType, query: &str) -> String {
    let errors = ask(rtype, query, Handling::Lenient).expect_err(query);
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_unknown_parameter_names_the_closest_ones() {
    let message = refused(ResourceType::HealthcareService, "speciality=1");
    assert!(message.contains("« specialty »"), "{message}");
    assert!(refused(ResourceType::Location, "adress-city=x").contains("« address-city »"));
    assert!(refused(ResourceType::Location, "~anywhere=x").contains("inconnu"));
}

#[test]
fn ill_formed_requests_are_refused_each_with_its_reason() {
    let cases = [
        ("_count=-1", "entier"),
        ("_count=abc", "entier"),
        ("_count=1&_count=2", "deux fois"),
        ("_sort=location.near", "distance à quoi"),
        ("_sort=nom", "tri inconnue"),
        ("_sort=_id,_id,_id,_id,_id,_id,_id,_id,_id", "Au plus 8"),
        ("_lastUpdated=hier", "Préfixe attendu"),
        ("_lastUpdated=2026-13", "Date attendue"),
        ("name:starts=x", "Modificateur"),
        ("specialty:above=x", "organization.<paramètre>:above"),
        ("specialty=", "Code attendu"),
        ("name=", "Texte attendu"),
        ("location=Organization/1", "Référence attendue"),
        ("location.near=1", "latitude|longitude"),
        ("location.nothing=1", "Paramètre inconnu"),
        ("providedBy.name=1", "pas de référence"),
        ("organization:Location.name=1", "ne mène pas"),
        ("_include=HealthcareService", "Type:paramètre"),
        ("_include=Nothing:x", "Type de ressource inconnu"),
        ("_revinclude=*", "attendu"),
        ("_include=HealthcareService:organization:Location", "ne mène jamais"),
        ("_text=x", "non pris en charge"),
        ("_profile=x", "non pris en charge"),
        ("_summary=yes", "Valeur inconnue"),
        ("_total=all", "Valeur inconnue"),
        ("_elements=a.b", "premier niveau"),
    ];
    for (query, expected) in cases {
        let message = refused(ResourceType::HealthcareService, query);
        assert!(message.contains(expected), "{query}: {message}");
    }
}

#[test]
fn every_fault_is_reported_at_once() {
    let errors = ask(ResourceType::Location, "_count=x&foo=1&near=2", Handling::Lenient).expect_err("three faults");
    assert_eq!(errors.len(), 3);
}

#[test]
fn s25_chained_tests_bear_on_one_place() {
    let query = accepted(
        ResourceType::HealthcareService,
        "location.address-postalcode=38&location.near=45|5&organization.name=x",
    );
    assert_eq!(criteria(&query).len(), 2);
    let Filter::Related(_, chain) = &criteria(&query)[0] else { panic!("a chain") };
    assert_eq!(criteria_of(chain).len(), 2);
    assert!(query.near().is_some());
}

#[test]
fn d12_communes_and_corsica_stand_for_their_parts() {
    let query = accepted(ResourceType::Location, "commune-cog=75056&address-postalcode=2a");
    let Filter::Test(Test::Terms(any)) = &criteria(&query)[0] else { panic!("terms") };
    assert_eq!(any.len(), 3);
    let Filter::Test(Test::StartsWith { any, .. }) = &criteria(&query)[1] else { panic!("prefixes") };
    assert_eq!(any, &["200", "201"]);
}

#[test]
fn d5_the_page_size_is_capped_and_zero_is_allowed() {
    for (written, count) in [("5000", 1000), ("0", 0), ("99999999999999999999999", 1000)] {
        assert_eq!(accepted(ResourceType::Location, &format!("_count={written}")).result.count, count);
    }
    assert_eq!(accepted(ResourceType::Location, "").result.count, 200);
}

#[test]
fn d4_misspellings_of_samples_are_forgiven_or_refused() {
    for query in [
        "__include=HealthcareService:location",
        "_revincluded=PractitionerRole:service",
        "_include=Healthcareservice:location",
        "specialty=https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE_R211-ActiviteOperationnelle|001",
    ] {
        let read = accepted(ResourceType::HealthcareService, query);
        assert!(!read.warnings.is_empty(), "{query}");
        assert!(ask(ResourceType::HealthcareService, query, Handling::Strict).is_err(), "{query}");
    }
    let read = accepted(ResourceType::Organization, "_revinclude=Organization:healthcareservice");
    assert_eq!(read.includes[0].source, ResourceType::HealthcareService);
    refused(ResourceType::Location, "_revinclude=Organization:healthcareservice");
}

#[test]
fn escapes_are_part_of_the_value() {
    let query = accepted(ResourceType::Organization, r"name=a\,b,c&identifier=s\|x|v");
    let Filter::Test(Test::StartsWith { any, .. }) = &criteria(&query)[0] else { panic!("prefixes") };
    assert_eq!(any.len(), 2);
    let Filter::Test(Test::Terms(any)) = &criteria(&query)[1] else { panic!("terms") };
    let identifier = Registry::embedded().known(ResourceType::Organization, "identifier");
    assert_eq!(any, &[Term::system_code(identifier, "s|x", "v")]);
}

#[test]
fn a_known_system_with_an_unknown_code_is_remarked() {
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
    let read = accepted(ResourceType::HealthcareService, &format!("service-type={system}|99"));
    assert!(read.warnings[0].message.contains("99"));
    assert!(accepted(ResourceType::HealthcareService, &format!("service-type={system}|01")).warnings.is_empty());
}

#[test]
fn paging_is_left_out_of_the_links() {
    let query = accepted(ResourceType::Location, "_page=abc&_count=3");
    assert_eq!(query.parameters, [("_count".to_owned(), "3".to_owned())]);
    assert_eq!(query.result.page.as_deref(), Some("abc"));
}

proptest::proptest! {
    #[test]
    fn no_request_makes_the_parser_panic(name in ".{0,30}", value in ".{0,60}") {
        for rtype in ResourceType::ALL {
            let _ = parse(rtype, &[(name.clone(), value.clone())], Handling::Lenient, Registry::embedded(),
                Terminology::embedded(), &NoGeography);
        }
    }
}

#[test]
fn d12_corsica_stands_for_its_codes_only_where_a_code_begins() {
    let any = |query: &str| match criteria(&accepted(ResourceType::Location, query))[0].clone() {
        Filter::Test(Test::StartsWith { any, .. } | Test::Contains { any, .. }) => any,
        other => panic!("{other:?}"),
    };
    assert_eq!(any("address-postalcode=2A,01"), ["200", "201", "01"]);
    assert_eq!(any("address-postalcode=2b"), ["202", "206"]);
    // 62010 is in the north.
    assert_eq!(any("address-postalcode:contains=2A"), ["2a"]);
}

#[test]
fn a_system_without_code_is_not_read_as_its_code_zero() {
    // R72 has one code made of zeros only: "no code" is not that code with zeros left out.
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R72-FinessStatutJuridique/FHIR/TRE-R72-FinessStatutJuridique";
    let query = accepted(ResourceType::Organization, &format!("type={system}|"));
    let parameter = Registry::embedded().known(ResourceType::Organization, "type");
    let any = vec![Term::system(parameter, system)];
    assert_eq!(criteria(&query), [Filter::Test(Test::Terms(any))]);
    assert!(query.warnings.is_empty(), "{:?}", query.warnings);
}

fn criteria(query: &Query) -> &[Filter] {
    criteria_of(&query.filter)
}

fn criteria_of(filter: &Filter) -> &[Filter] {
    let Filter::All(all) = filter else { panic!("criteria") };
    all
}

/// Pieces of names and filters, right and wrong.
const PIECES: [&str; 48] = [
    "name",
    "location",
    "organization",
    "partof",
    "_has:PractitionerRole:service:",
    "_has:HealthcareService:location:",
    "practitioner",
    "identifier",
    "capacity-status",
    "nb-capacity",
    "price-type",
    "near",
    "near-insee-code",
    "capacity",
    "open-at",
    "_content",
    "_lastUpdated",
    "specialty",
    "type",
    "address-city",
    ":above",
    ":not",
    ":missing",
    ":text",
    ".",
    ".",
    ":",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\\",
    ",",
    "|",
    "$",
    "=",
    " eq ",
    " ne ",
    " ge ",
    " pr ",
    " in ",
    " and ",
    " or ",
    " not ",
    "2026-01",
    "true",
    "é",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_mixture_of_right_pieces_makes_the_parser_panic(
        name in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..8),
        value in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..60),
        is_filter in proptest::prelude::any::<bool>(),
    ) {
        let name = if is_filter { "_filter".to_owned() } else { name.concat() };
        let pairs = [(name, value.concat())];
        for rtype in [ResourceType::HealthcareService, ResourceType::Location, ResourceType::Organization] {
            if let Err(errors) = parse(rtype, &pairs, Handling::Strict, Registry::embedded(), Terminology::embedded(), &Paris) {
                proptest::prop_assert!(errors.iter().all(|error| !error.message.is_empty()));
            }
        }
    }
}

#[test]
fn what_would_take_long_is_too_costly() {
    let costly = |query: &[(&str, String)]| {
        let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let rtype = ResourceType::HealthcareService;
        let read = parse(rtype, &pairs, Handling::Lenient, Registry::embedded(), Terminology::embedded(), &Paris);
        let errors = read.expect_err("too much");
        assert!(errors.iter().any(|error| error.kind == QueryErrorKind::TooCostly), "{errors:?}");
    };
    let either = |number| format!("(location.type eq {number} or organization.type eq {number})");
    let many = |count, joint: &str| (0..count).map(either).collect::<Vec<_>>().join(joint);
    // Each couples a place and a structure: two to the power of so many ways.
    costly(&[("_filter", many(90, " and "))]);
    costly(&[("_filter", many(101, " or "))]);
    costly(&[("_filter", "(".repeat(60_000))]);
    costly(&[("_filter", format!("{}name eq a", "not (".repeat(21)))]);
    costly(&[("_filter", format!("organization{}", "[partof".repeat(30)))]);
    costly(&[("_filter", format!("name eq a{}", " or a".repeat(1_000)))]);
    costly(&[("specialty", "a,".repeat(1_001))]);
    costly(&[("specialty:text", vec!["soin"; 21].join(","))]);
    costly(&[("_content", "mot ".repeat(51))]);
    costly(&[(&*format!("organization.{}name", "partof.".repeat(8)), "a".to_owned())]);
    costly(&vec![("name", "a".to_owned()); 201]);
}

#[test]
fn long_names_are_refused_without_being_compared_letter_by_letter() {
    let name = "x".repeat(60_000);
    let pairs = vec![(name, "a".to_owned()); 200];
    let rtype = ResourceType::HealthcareService;
    let read = parse(rtype, &pairs, Handling::Lenient, Registry::embedded(), Terminology::embedded(), &Paris);
    let errors = read.expect_err("unknown");
    assert!(errors.len() == 200 && errors[0].message.len() < 300, "{}", errors[0].message);
}
