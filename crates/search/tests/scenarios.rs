//! Requests of the documented scenarios and the trees they are read as.

use std::collections::HashMap;
use std::fmt::Write;

use ror_search::{
    Axis, Comparison, Content, Filter, Geography, Handling, Query, Registry, Relation, ResourceType, SortBy, Term,
    Territory, Test, parse,
};
use ror_terminology::Terminology;

const INC: &str = "_include=HealthcareService:organization&_include:iterate=Organization:partof\
                   &_include=HealthcareService:location&_revinclude=PractitionerRole:service\
                   &_include=PractitionerRole:practitioner";

/// Knows one commune.
struct Grenoble;

impl Geography for Grenoble {
    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        (commune == "38185").then_some((45.1885, 5.7245))
    }

    fn territory(&self, commune: &str) -> Option<Territory> {
        let known = || Territory { departement: "38".to_owned(), region: "84".to_owned(), epci: None };
        (commune == "38185").then(known)
    }
}

/// The address of each code system by its number, as in `{R330}`.
fn systems() -> HashMap<String, &'static str> {
    let number = |address: &'static str| {
        let name = address.rsplit_once("/TRE")?.1;
        Some((name[1..].split('-').next()?.to_owned(), address))
    };
    Terminology::embedded().code_systems().filter_map(|system| number(system.url())).collect()
}

fn written(line: &str, systems: &HashMap<String, &'static str>) -> String {
    let mut out = line.replace("{INC}", INC);
    while let Some((before, rest)) = out.split_once('{') {
        let (name, after) = rest.split_once('}').expect("a closing brace");
        let address = systems.get(name).unwrap_or_else(|| panic!("no system {name}"));
        out = format!("{before}{address}{after}");
    }
    out
}

#[test]
fn each_scenario_is_read_as_one_expects() {
    let systems = systems();
    let mut out = String::new();
    let lines = include_str!("scenarios.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        writeln!(out, "{line}").expect("a text");
        show(&read(line.split_once(' ').expect("a number").1, &systems), &mut out);
    }
    insta::assert_snapshot!("trees", out);
}

#[test]
fn two_writings_declared_equal_are_one_question() {
    let systems = systems();
    let filter = |request: &str| read(request, &systems).filter;
    for (one, other) in [
        ("Location?address-postalcode=38,73", r#"Location?_filter=(address-postalcode eq "38" or "73")"#),
        ("Location?_id=311,312", "Location?_filter=(_id eq 311 or 312)"),
        ("Location?identifier=84/1,84/2", "Location?_filter=(identifier eq 84/1 or 84/2)"),
        (
            "HealthcareService?location.commune-cog={R13}|38185,38421",
            "HealthcareService?_filter=location.commune-cog eq {R13}|38185 or 38421",
        ),
        (
            "HealthcareService?location.commune-cog={R13}|38185,38421",
            "HealthcareService?_filter=(location.commune-cog eq {R13}|38185 OR location.commune-cog eq {R13}|38421)",
        ),
        ("HealthcareService?_content=soin", "HealthcareService?_filter=(_content=soin)"),
        ("HealthcareService?name:contains=a", "HealthcareService?_filter=(name CO a)"),
        ("Location?_filter=not (nb-capacity gt 1 or 2)", "Location?_filter=NOT (nb-capacity gt 1 OR nb-capacity gt 2)"),
        (
            "HealthcareService?_filter=location[type eq 01].status eq active",
            "HealthcareService?location.type=01&location.status=active",
        ),
    ] {
        assert_eq!(filter(one), filter(other), "{one}");
    }
}

#[test]
fn the_order_of_parameters_never_matters() {
    let systems = systems();
    let names = ["location.address-city=lyon", "organization.name=chu", "location.capacity-status=02", "name=a"];
    let forwards = read(&format!("HealthcareService?{}", names.join("&")), &systems);
    let backwards: Vec<_> = names.iter().rev().copied().collect();
    let backwards = read(&format!("HealthcareService?{}", backwards.join("&")), &systems);
    assert_eq!(sorted(&forwards.filter), sorted(&backwards.filter));
}

/// The parts of a tree in an order of their own.
fn sorted(filter: &Filter) -> String {
    let of = |parts: &[Filter]| {
        let mut parts: Vec<String> = parts.iter().map(sorted).collect();
        parts.sort_unstable();
        parts.join(", ")
    };
    match filter {
        Filter::All(parts) => format!("all({})", of(parts)),
        Filter::Any(parts) => format!("any({})", of(parts)),
        Filter::Related(relation, inner) => format!("{relation:?}({})", sorted(inner)),
        other => format!("{other:?}"),
    }
}

fn read(request: &str, systems: &HashMap<String, &'static str>) -> Query {
    let request = written(request, systems);
    let (rtype, query) = request.split_once('?').expect("a type and a query");
    let rtype = ResourceType::parse(rtype).expect("a type");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    parse(rtype, &pairs, Handling::Lenient, Registry::embedded(), Terminology::embedded(), &Grenoble)
        .unwrap_or_else(|errors| panic!("{request}: {errors:?}"))
}

fn show(query: &Query, out: &mut String) {
    tree(&query.filter, 1, out);
    for Content { path, rtype, words } in &query.content {
        let path: Vec<String> = path.iter().map(|step| relation(*step)).collect();
        line(1, &format!("score {} {rtype} {}", path.join(" "), words.join(" ")), out);
    }
    if let Some(near) = query.near() {
        line(1, &format!("by distance from {} points", near.circles.len()), out);
    }
    for sort in &query.result.sort {
        let sign = if sort.descending { "-" } else { "" };
        let by = match &sort.by {
            SortBy::Parameter(parameter) => name(*parameter),
            SortBy::Chained { reference, parameter, .. } => format!("{}.{}", name(*reference), name(*parameter)),
            other => format!("{other:?}"),
        };
        line(1, &format!("sort {sign}{by}"), out);
    }
    if !query.includes.is_empty() {
        line(1, &format!("{} includes", query.includes.len()), out);
    }
    for warning in &query.warnings {
        line(1, &format!("warning {}", warning.message), out);
    }
    for (parameter, sentence) in query.reading.iter().filter(|(name, _)| !name.contains("include")) {
        line(1, &format!("read {parameter}: {sentence}"), out);
    }
}

fn tree(filter: &Filter, depth: usize, out: &mut String) {
    let (head, parts): (String, &[Filter]) = match filter {
        Filter::All(parts) => ("all".to_owned(), parts),
        Filter::Any(parts) => ("any".to_owned(), parts),
        Filter::FirstOf(parts) => ("first of".to_owned(), parts),
        Filter::Not(inner) => ("not".to_owned(), std::slice::from_ref(&**inner)),
        Filter::Related(step, inner) => (relation(*step), std::slice::from_ref(&**inner)),
        Filter::Test(test) => return line(depth, &test_text(test), out),
    };
    line(depth, &head, out);
    for part in parts {
        tree(part, depth + 1, out);
    }
}

fn line(depth: usize, text: &str, out: &mut String) {
    writeln!(out, "{}{text}", "    ".repeat(depth)).expect("a text");
}

fn name(parameter: u16) -> String {
    Registry::embedded().get(parameter).name.to_string()
}

fn relation(step: Relation) -> String {
    match step {
        Relation::Target { reference, rtype } => format!("{} → {rtype}", name(reference)),
        Relation::Source { reference, rtype } => format!("{} ← {rtype}", name(reference)),
        Relation::Line { reference, parent, .. } => format!("{} → and above by {}", name(reference), name(parent)),
        Relation::Record(family) => format!("one {family:?} record"),
    }
}

fn test_text(test: &Test) -> String {
    match test {
        Test::Terms(any) => {
            let shown: Vec<String> = any.iter().take(6).map(term).collect();
            let more = if any.len() > 6 { format!(" and {} more", any.len() - 6) } else { String::new() };
            format!("{}{more}", shown.join(" | "))
        }
        Test::StartsWith { parameter, any } => format!("{} starts with {any:?}", name(*parameter)),
        Test::Contains { parameter, any } => format!("{} contains {any:?}", name(*parameter)),
        Test::EndsWith { parameter, any } => format!("{} ends with {any:?}", name(*parameter)),
        Test::Label { parameter, any } => format!("{} has a label of its own with {any:?}", name(*parameter)),
        Test::Ordered { parameter, any } => format!("{} {}", name(*parameter), comparisons(any)),
        Test::LastUpdated { any } => format!("updated {}", comparisons(any)),
        Test::Words { all } => format!("words {all:?}"),
        Test::Near { parameter, near } => format!("{} {:?}", name(*parameter), near.circles),
        Test::OpenAt { at } => format!("open at {}", ror_fhir::DateTime::format_instant(*at)),
    }
}

fn comparisons(any: &[Comparison]) -> String {
    let one = |test: &Comparison| match &test.axis {
        Axis::Time => format!("{:?} {}", test.prefix, ror_fhir::DateTime::format_instant(test.asked.start.instant())),
        Axis::Number => format!("{:?} {}", test.prefix, number(test.asked.start.0)),
        Axis::Unit(unit) => format!("{:?} {} {unit}", test.prefix, number(test.asked.start.0)),
    };
    any.iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// The number of a key.
fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ (1 << 63) } else { !key })
}

/// A term as parameter, kind and parts.
fn term(term: &Term) -> String {
    let bytes = term.as_bytes();
    let kind = [
        "present",
        "code",
        "",
        "any code of",
        "of type",
        "folded",
        "exactly",
        "to",
        "cell",
        "type",
        "word",
        "name",
        "family",
        "of type",
    ];
    let parts: Vec<_> = bytes[3..].split(|byte| *byte == 0xff).map(String::from_utf8_lossy).collect();
    let short = |part: &str| match part.rsplit_once("/TRE") {
        Some((_, name)) => name[1..].split('-').next().unwrap_or_default().to_owned(),
        None => part.to_owned(),
    };
    let parts: Vec<String> = parts.iter().map(|part| short(part)).collect();
    format!("{} {} {}", name(term.parameter()), kind[usize::from(bytes[2])], parts.join("|"))
}
