//! What an audience may not see changes no byte of what it gets over HTTP (architecture §5, D78).
//!
//! `ROR_REQUESTS` tells how many requests each audience makes (`make soak`: 10 000), `ROR_SEED`
//! which: the same seed makes the same worlds and requests.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use ror_confidentiality::Audience;
use ror_fhir::{Node, node};
use ror_search::ResourceType;
use ror_testkit::http::{Caller, Reply, Request, Server, WRITER};
use ror_testkit::pair::{Side, audiences, keys, play, round};
use ror_testkit::step::{Step, edit_any, put_any};
use ror_testkit::{Ask, Key, ask};

/// Requests of one audience to one pair of worlds.
const EACH: usize = 120;
/// Pages followed after a search.
const PAGES: usize = 3;
const FHIR: &str = "application/fhir+json";

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is asked, before ids are known.
#[derive(Clone, Debug)]
enum Wanted {
    /// An instance, with a query, a header, or by HEAD.
    Read(prop::sample::Index, &'static str, &'static str, Option<&'static str>),
    /// A search, with result parameters, by address or by form.
    Search(Ask, Vec<&'static str>, bool),
    /// `$validate` of an instance, or of a body that refers to it.
    Validate(prop::sample::Index, bool),
    /// A write where the caller may not: an update, or a creation that names a resource.
    Write(prop::sample::Index, bool),
    /// An export: of which types, in which form, filtered so.
    Export(&'static str, &'static str, Option<Ask>),
    /// Something that hangs on no resource, or is refused.
    Other(&'static str),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let key = any::<prop::sample::Index>;
    let results = vec![
        "_summary=true",
        "_summary=count",
        "_summary=data",
        "_elements=name,telecom,extension",
        "_elements=identifier",
        "_total=accurate",
        "_count=0",
        "_count=1000",
        "_pretty=true",
        "unknown=1",
        "_sort=unknown",
    ];
    let other = vec![
        "/fhir/metadata",
        "/fhir/Patient",
        "/fhir/Location/$validate",
        "/fhir/Location?near=91|0",
        "/fhir/Location?_page=AAAA",
        "/fhir/ValueSet?_count=1",
        "/fhir/StructureDefinition?_summary=count",
        "/healthz",
        "/readyz",
        "/anomalies/Task",
        "/fhir/HealthcareService?location.capacity-status=02",
        "/fhir/HealthcareService/_history",
    ];
    prop_oneof![
        4 => (key(), select(vec!["GET", "GET", "GET", "HEAD"]), select(vec!["", "?_summary=true", "?_elements=name,address", "?x=1"]),
            option::weighted(0.2, select(vec!["W/\"1\"", "W/\"2\"", "W/\"3\""])))
            .prop_map(|(key, method, query, etag)| Wanted::Read(key, method, query, etag)),
        8 => (ask(), vec(select(results), 0..2), any::<bool>())
            .prop_map(|(ask, more, form)| Wanted::Search(ask, more, form)),
        2 => (key(), any::<bool>()).prop_map(|(key, whole)| Wanted::Validate(key, whole)),
        2 => (key(), any::<bool>()).prop_map(|(key, whole)| Wanted::Write(key, whole)),
        1 => (
            select(vec!["", "_type=HealthcareService&", "_type=Location,Organization&"]),
            select(vec!["ndjson", "application/json"]),
            option::of(ask()),
        )
            .prop_map(|(types, format, ask)| Wanted::Export(types, format, ask)),
        1 => select(other).prop_map(Wanted::Other),
    ]
}

/// Percent-encodes all but what every address may hold.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |out, byte| {
        if plain(byte) { out + &char::from(byte).to_string() } else { out + &format!("%{byte:02X}") }
    })
}

impl Wanted {
    fn request(&self, keys: &[Key], ids: &BTreeMap<String, String>) -> Request {
        let path = |index: &prop::sample::Index| {
            let (rtype, id) = index.get(keys);
            format!("/fhir/{rtype}/{id}")
        };
        match self {
            Self::Read(key, method, query, etag) => {
                let mut request = Request { method, ..Request::get(path(key) + query) };
                request.headers.extend(etag.map(|etag| ("If-None-Match", etag.to_owned())));
                request
            }
            Self::Search(ask, more, form) => {
                let pairs = ask.pairs(ids);
                let written = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
                let query: Vec<String> = written.chain(more.iter().map(|&text| text.to_owned())).collect();
                let (path, query) = (format!("/fhir/{}", ask.rtype), query.join("&"));
                if *form {
                    let kind = "application/x-www-form-urlencoded";
                    Request::send("POST", path + "/_search", kind, query.into_bytes())
                } else {
                    Request::get(format!("{path}?{query}"))
                }
            }
            Self::Validate(key, true) => Request::get(path(key) + "/$validate"),
            Self::Validate(key, false) => {
                let body = referring(key.get(keys));
                let rtype = body.str("resourceType").expect("a type").to_owned();
                Request::send("POST", format!("/fhir/{rtype}/$validate"), FHIR, body.to_bytes())
            }
            Self::Write(key, true) => {
                let (rtype, id) = key.get(keys);
                let body = node!({"resourceType": rtype.name(), "id": id.as_str(), "name": "x"});
                Request::send("PUT", path(key), FHIR, body.to_bytes())
            }
            Self::Write(key, false) => {
                let body = referring(key.get(keys));
                let rtype = body.str("resourceType").expect("a type").to_owned();
                Request::send("POST", format!("/fhir/{rtype}"), FHIR, body.to_bytes())
            }
            Self::Export(types, format, ask) => {
                let filter = ask.as_ref().map(|ask| filter(ask, ids)).filter(|(rtype, _)| {
                    *rtype != ResourceType::Questionnaire && (types.is_empty() || types.contains(rtype.name()))
                });
                let filter = filter.map(|(_, query)| format!("&_typeFilter={}", encode(&query))).unwrap_or_default();
                Request::get(format!("/fhir/$export?{types}_outputFormat={format}{filter}"))
            }
            Self::Other(path) => Request::get(*path),
        }
    }
}

/// The criteria of a search, as the filter of an export.
fn filter(ask: &Ask, ids: &BTreeMap<String, String>) -> (ResourceType, String) {
    let criteria = ask.pairs(ids).into_iter().filter(|(name, _)| {
        let shapes = ["_include", "_revinclude", "_sort", "_count"];
        shapes.iter().all(|shape| !name.starts_with(shape))
    });
    let written: Vec<String> = criteria.map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
    let query = if written.is_empty() { "_lastUpdated=ge2000".to_owned() } else { written.join("&") };
    (ask.rtype, format!("{}?{query}", ask.rtype))
}

/// Makes an export in both worlds, and compares its manifest and all its files; gives how many requests
/// that made.
fn same_export([plain, other]: [&mut Caller<'_>; 2], profile: usize, request: &Request) -> usize {
    let (_, query) = request.path.split_once('?').expect("parameters");
    let exported = |caller: &mut Caller<'_>| {
        let (manifest, files) = caller.export(profile, query);
        // Its number is random, like the id of a Bundle (D78).
        let urls: Vec<String> =
            manifest.json().items("output").filter_map(|file| file.str("url").map(str::to_owned)).collect();
        let number = urls.first().and_then(|url| url.rsplit('/').nth(1)).unwrap_or("none").to_owned();
        let learned = manifest.learned().replace(&number, "number");
        [learned].into_iter().chain(files.iter().map(Reply::learned)).collect::<Vec<_>>()
    };
    let (mine, theirs) = (exported(plain), exported(other));
    assert_eq!(mine, theirs, "{request:?}");
    mine.len()
}

/// A resource that refers to `key` as an offer, a role or a place would.
fn referring((rtype, id): &Key) -> Node {
    let one = || node!({"reference": format!("{rtype}/{id}")});
    match rtype {
        ResourceType::Organization => node!({"resourceType": "HealthcareService", "providedBy": (one())}),
        ResourceType::Location => node!({"resourceType": "HealthcareService", "location": [(one())]}),
        ResourceType::HealthcareService => node!({"resourceType": "PractitionerRole", "healthcareService": [(one())]}),
        ResourceType::Practitioner => node!({"resourceType": "PractitionerRole", "practitioner": (one())}),
        ResourceType::PractitionerRole
        | ResourceType::Questionnaire
        | ResourceType::Task
        | ResourceType::Measure
        | ResourceType::MeasureReport => {
            node!({"resourceType": "Location", "managingOrganization": (one())})
        }
    }
}

/// Asks both worlds, and the pages that follow; gives how many requests that made, and the last
/// page that has another one after it.
fn same(
    [plain, other]: [&mut Caller<'_>; 2],
    profile: Option<usize>,
    request: Request,
) -> (usize, Option<[String; 2]>) {
    let (mut one, mut two) = (request.clone(), request);
    let mut asked = 0;
    loop {
        let (mine, theirs): (Reply, Reply) = (plain.ask(profile, &one), other.ask(profile, &two));
        asked += 1;
        assert!(mine.status < 500 && mine.status != 401, "{one:?}: {}", mine.text());
        assert_eq!(mine.learned(), theirs.learned(), "profil {profile:?}: {one:?}");
        let is_page = mine.status == 200 && one.method != "HEAD" && mine.text().contains("\"searchset\"");
        let next = if is_page { mine.link("next").zip(theirs.link("next")) } else { None };
        let Some((first, second)) = next else { return (asked, None) };
        if asked > PAGES {
            return (asked, Some([first, second]));
        }
        (one, two) = (Request::get(first), Request::get(second));
    }
}

/// One pair of worlds, asked by one audience; gives the requests made and the hidden steps taken.
fn compare(audience: Audience, runner: &mut TestRunner) -> (usize, usize) {
    let rounds = draw(&vec(round(), 24..32), runner);
    let (plain, mut other, mut hidden) = play(audience, &rounds).expect("the oracle foresees");
    let (servers, ids) = ([Server::start(&plain.world), Server::start(&other.world)], plain.world.ids());
    let (mut first, mut second) = (servers[0].caller(), servers[1].caller());
    let mut asked = 0;
    let mut kept: Vec<[String; 2]> = Vec::new();
    let mut is_late = false;
    while asked < EACH {
        if asked > EACH / 2 && !is_late {
            // What is hidden goes on changing, also between two pages.
            is_late = true;
            hidden += late(&mut other, &draw(&vec(prop_oneof![put_any(), edit_any()], 4..10), runner));
            for [one, two] in kept.drain(..) {
                let (mine, theirs) = (
                    first.ask(Some(audience.index()), &Request::get(one)),
                    second.ask(Some(audience.index()), &Request::get(two)),
                );
                assert_eq!(mine.learned(), theirs.learned());
                asked += 1;
            }
        }
        let keys = keys([&plain, &other]);
        let drawn = draw(&wanted(), runner);
        let wanted = drawn.request(&keys, &ids);
        // Without token and with one of profile 0 is the same audience, not the same caller.
        let by = match asked % 2 {
            0 if audience == Audience::PUBLIC => None,
            // Whoever may write somewhere learns no more of the rest.
            0 => Some(audience.index() + WRITER),
            _ => Some(audience.index()),
        };
        if let Wanted::Export(..) = &drawn {
            // Without token there is none.
            let by = by.unwrap_or_else(|| audience.index());
            asked += same_export([&mut first, &mut second], by, &wanted);
            continue;
        }
        let (made, next) = same([&mut first, &mut second], by, wanted);
        asked += made;
        kept.extend(next.filter(|_| by == Some(audience.index()) && !is_late));
    }
    (asked, hidden)
}

fn late(other: &mut Side, steps: &[Step]) -> usize {
    let mut taken = 0;
    for step in steps {
        if other.is_hidden(step) {
            other.run(step);
            other.world.directory();
            taken += 1;
        }
    }
    taken
}

fn draw<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

fn compare_as(audience: Audience) {
    let seed = number("ROR_SEED", 1) as u64;
    let mut bytes = [audience.index() as u8; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), rng);
    let (mut asked, mut hidden) = (0, 0);
    while asked < number("ROR_REQUESTS", 480) {
        let (requests, steps) = compare(audience, &mut runner);
        asked += requests;
        hidden += steps;
    }
    assert!(hidden > asked / 40, "{audience}: the worlds of {asked} requests hardly differ: {hidden} hidden steps");
}

#[test]
fn profile_0_learns_nothing_of_what_it_may_not_see() {
    compare_as(audiences().next().expect("the public"));
}

#[test]
fn profile_2_learns_nothing_of_what_it_may_not_see() {
    compare_as(Audience::profile(2).expect("a profile"));
}

#[test]
fn profile_3_learns_nothing_of_what_it_may_not_see() {
    compare_as(Audience::profile(3).expect("a profile"));
}

#[test]
fn profile_4_learns_nothing_of_what_it_may_not_see() {
    compare_as(Audience::profile(4).expect("a profile"));
}

#[test]
fn profile_5_learns_nothing_of_what_it_may_not_see() {
    compare_as(Audience::profile(5).expect("a profile"));
}

/// Profiles 1 and the owner are not compared: but for the narrative, they see all that is served.
#[test]
fn the_five_audiences_from_which_something_is_hidden_are_compared() {
    assert_eq!(audiences().map(Audience::index).collect::<Vec<_>>(), [0, 2, 3, 4, 5]);
}
