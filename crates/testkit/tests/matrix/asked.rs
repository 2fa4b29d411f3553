//! The ways of asking: each gives how many cells it compared, and where the answer deviates.

use std::collections::{BTreeMap, BTreeSet};

use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::{Handling, Registry, ResourceType};
use ror_terminology::Terminology;
use ror_testkit::http::{Caller, Reply, Request, Server};
use ror_testkit::{FewCommunes, grant};

use crate::families::{Held, Kind};
use crate::probes::Planted;
use crate::{Matrix, WORD_END, WORD_START};

/// Parameters that every resource of their type answers to.
pub(crate) const OF_ALL: [&str; 2] = ["_id", "_lastUpdated"];

/// Parameters in which no word can be planted: numbers, dates, moments, codes of closed lists, what a territory or
/// the whole resource tells. The oracle asks each of them, of every audience, against brute force.
pub(crate) const BY_ORACLE: [&str; 44] = [
    "_content",
    "_filter",
    "_has",
    "additional-bed-type",
    "age-range-high",
    "age-range-low",
    "capacity",
    "capacity-closing-type",
    "capacity-status",
    "capacity-type",
    "capacity-update-date",
    "closing-type",
    "crisis-type",
    "departement",
    "drop-zone",
    "epci",
    "equipment-feature",
    "equipment-type",
    "gender-capacity-available",
    "intervention-zone",
    "limit-value",
    "nb-capacity",
    "near-insee-code",
    "notavailable-closing-reopeningdate",
    "open-at",
    "operational-status",
    "patient-type",
    "period-end",
    "price-amount-value",
    "price-dependency-level",
    "price-residential-type",
    "price-type",
    "price-unit",
    "price-validity-start-date",
    "price-welcome-type",
    "psychiatric-sector",
    "region",
    "residential-number",
    "residential-type",
    "special-price",
    "status",
    "temporality-capacity",
    "temporary-assignement",
    "url",
];

/// Who has that value.
type Bears = fn(&Held) -> &'static str;

/// Parameters whose values say nothing by themselves: type, name, the value a resource bears.
pub(crate) const FIXED: [(ResourceType, &str, Bears); 5] = [
    (ResourceType::Organization, "type", |held| match held.kind {
        Kind::Entity => "13",
        Kind::Unit => "3",
        _ => held.family.category,
    }),
    (ResourceType::HealthcareService, "service-type", |held| held.family.offers[held.offer].1),
    (ResourceType::Questionnaire, "date", |_| "2026-01-05"),
    (ResourceType::Task, "authored-on", |_| "2026-01-05"),
    (ResourceType::MeasureReport, "date", |_| "2026-01-05"),
];

/// Name of the way, cells, deviations.
pub(crate) type Outcome = (&'static str, usize, Vec<String>);

/// A way of asking.
type Way = fn(&mut Asking<'_>);

/// Type, parameter, and the values that the caller may read, resource by resource.
type Bearers = (ResourceType, &'static str, BTreeMap<String, Vec<String>>);

const PROFILES: std::ops::Range<usize> = 0..6;

/// One way of asking, as one profile.
struct Asking<'a> {
    matrix: &'a Matrix,
    caller: Caller<'a>,
    profile: usize,
    cells: usize,
    deviations: Vec<String>,
}

/// Asks in every way.
pub(crate) fn all(matrix: &Matrix) -> Vec<Outcome> {
    let server = Server::start(&matrix.world);
    let ways: [(&'static str, Way); 11] = [
        ("read", |asking| asking.reads()),
        ("_elements", |asking| asking.elements()),
        ("filter", |asking| asking.filters()),
        ("total", |asking| asking.totals()),
        ("sort", |asking| asking.sorts()),
        ("page", |asking| asking.pages()),
        ("_include", |asking| asking.includes()),
        ("_revinclude", |asking| asking.revincludes()),
        ("chained", |asking| asking.chains()),
        ("$validate", |asking| asking.validates()),
        ("$export", |asking| asking.exports()),
    ];
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (name, way) in ways {
        let (mut cells, mut deviations) = (0, Vec::new());
        for profile in PROFILES {
            let caller = server.caller();
            let mut asking = Asking { matrix, caller, profile, cells: 0, deviations: Vec::new() };
            way(&mut asking);
            cells += asking.cells;
            deviations.extend(asking.deviations);
        }
        outcomes.push((name, cells, deviations));
    }
    outcomes.push(suggestions(matrix));
    outcomes.push(owner(matrix));
    outcomes
}

impl Asking<'_> {
    fn get(&mut self, path: &str) -> Reply {
        let reply = self.caller.ask(Some(self.profile), &Request::get(format!("/fhir/{path}")));
        self.nothing_hidden_in(path, &reply.text());
        reply
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.cells += 1;
        if !holds {
            self.deviations.push(format!("profil {}: {}", self.profile, what()));
        }
    }

    /// No word that is hidden from the caller stands in an answer, unless the caller sent it.
    fn nothing_hidden_in(&mut self, path: &str, text: &str) {
        let matrix = self.matrix;
        // Words are looked for once found: most answers hold none.
        let found: BTreeSet<&str> = planted_words(text).collect();
        for word in found {
            // A cursor may begin alike by chance.
            let Some(planted) = matrix.planted_as(word) else { continue };
            let is_fair = planted.is_read(&matrix.rules, self.profile) || path.contains(word);
            self.expect(is_fair, || format!("{path} shows {} of {}", planted.probe.name, planted.held.path()));
        }
    }

    /// Each resource of a Bundle holds what the caller may read of it, all of it and no more.
    fn bodies(&mut self, path: &str, reply: &Reply) {
        let matrix = self.matrix;
        let bundle = reply.json();
        for resource in bundle.items("entry").filter_map(|entry| entry.get("resource")) {
            let of = |held: &&Held| {
                Some(held.id().as_str()) == resource.str("id")
                    && Some(held.kind.rtype().name()) == resource.str("resourceType")
            };
            if let Some(held) = matrix.held.iter().find(of) {
                self.body(path, held, resource);
            }
        }
    }

    fn body(&mut self, path: &str, held: &Held, resource: &Node) {
        let (text, matrix) = (resource.to_text(), self.matrix);
        for planted in matrix.planted_in(held) {
            let is_read = planted.is_read(&matrix.rules, self.profile);
            let is_there = text.contains(&planted.word);
            self.expect(is_read == is_there, || format!("{path}: {} of {}", planted.probe.name, held.path()));
        }
    }

    fn reads(&mut self) {
        for held in &self.matrix.held {
            let reply = self.get(&held.path());
            let is_seen = self.matrix.is_seen(held, self.profile);
            let expected = if is_seen { 200 } else { 404 };
            self.expect(reply.status == expected, || format!("{} is {}", held.path(), reply.status));
            if is_seen && reply.status == 200 {
                self.body("read", held, &reply.json());
            }
        }
    }

    fn elements(&mut self) {
        let matrix = self.matrix;
        for planted in matrix.planted() {
            let path =
                format!("{}?_id={}&_elements={}", planted.held.kind.rtype(), planted.held.id(), planted.probe.top);
            let reply = self.get(&path);
            // `meta` is always kept, but what it says besides is the server's.
            let is_there = reply.text().contains(&planted.word);
            let is_read = planted.is_read(&matrix.rules, self.profile);
            self.expect(is_there == is_read, || format!("{path}: {}", planted.probe.name));
        }
    }

    /// Types, parameters, values, and who is found by them.
    fn values(&self) -> Vec<(ResourceType, &'static str, String, BTreeSet<String>)> {
        let mut found: BTreeMap<(usize, &str, String), BTreeSet<String>> = BTreeMap::new();
        let place = |rtype| ResourceType::ALL.iter().position(|known| *known == rtype).expect("a type");
        let matrix = self.matrix;
        for planted in matrix.planted() {
            let Some(parameter) = planted.probe.parameter else { continue };
            let value = if parameter == "near" { format!("{}|5|1|km", planted.word) } else { planted.word.clone() };
            let key = (place(planted.held.kind.rtype()), parameter, value);
            let ids = found.entry(key).or_default();
            if planted.is_read(&matrix.rules, self.profile) {
                ids.insert(planted.held.id());
            }
        }
        for (rtype, parameter, bears) in FIXED {
            for held in matrix.held.iter().filter(|held| held.kind.rtype() == rtype && !bears(held).is_empty()) {
                let ids = found.entry((place(rtype), parameter, bears(held).to_owned())).or_default();
                if matrix.is_seen(held, self.profile) {
                    ids.insert(held.id());
                }
            }
        }
        found.into_iter().map(|((at, name, value), ids)| (ResourceType::ALL[at], name, value, ids)).collect()
    }

    fn filters(&mut self) {
        for (rtype, parameter, value, ids) in self.values() {
            let path = format!("{rtype}?{parameter}={value}&_count=1000");
            self.finds(&path, rtype, &ids);
        }
        for held in &self.matrix.held {
            let rtype = held.kind.rtype();
            let ids = self.matrix.is_seen(held, self.profile).then(|| held.id()).into_iter().collect();
            self.finds(&format!("{rtype}?_id={}", held.id()), rtype, &ids);
            for (name, target) in held.references() {
                let ids = self.sources(rtype, name, |other| other.path() == target.path());
                self.finds(&format!("{rtype}?{name}={}&_count=1000", target.path()), rtype, &ids);
            }
        }
        for rtype in ResourceType::ALL {
            let all: BTreeSet<String> = self.matrix.seen(rtype, self.profile).iter().map(Held::id).collect();
            self.finds(&format!("{rtype}?_lastUpdated=ge2000&_count=1000"), rtype, &all);
        }
    }

    /// Who of a type refers by `name` to a target that is `wanted`, as far as the caller sees.
    fn sources(&self, rtype: ResourceType, name: &str, wanted: impl Fn(&Held) -> bool) -> BTreeSet<String> {
        let seen = self.matrix.seen(rtype, self.profile).into_iter();
        let refers = |held: &Held| {
            let references = held.references().into_iter();
            let mut targets = references.filter(|(known, _)| *known == name).map(|(_, target)| target);
            targets.any(|target| self.matrix.is_seen(&target, self.profile) && wanted(&target))
        };
        seen.filter(refers).map(|held| held.id()).collect()
    }

    fn finds(&mut self, path: &str, rtype: ResourceType, ids: &BTreeSet<String>) {
        let reply = self.get(path);
        let expected: BTreeSet<String> = ids.iter().map(|id| format!("{rtype}/{id}")).collect();
        let found: BTreeSet<String> =
            if reply.status == 200 { reply.entries("match") } else { vec![] }.into_iter().collect();
        self.expect(reply.status == 200 && found == expected, || format!("{path}: {found:?}, not {expected:?}"));
        self.expect(reply.total() == Some(expected.len() as i64), || format!("{path}: total {:?}", reply.total()));
        self.bodies(path, &reply);
    }

    fn totals(&mut self) {
        for rtype in ResourceType::ALL {
            let all = self.matrix.seen(rtype, self.profile).len();
            for path in [format!("{rtype}?_summary=count"), format!("{rtype}?_count=0")] {
                let total = self.get(&path).total();
                self.expect(total == Some(all as i64), || format!("{path}: {total:?}, not {all}"));
            }
        }
        // What one may not read is as absent: `:not` and `:missing` count it so.
        for (rtype, parameter, value, ids) in self.values() {
            let kind = Registry::embedded().find(rtype, parameter).expect("a parameter").kind.code();
            if kind == "token" {
                let all = self.matrix.seen(rtype, self.profile).len();
                let path = format!("{rtype}?{parameter}:not={value}&_summary=count");
                let total = self.get(&path).total();
                self.expect(total == Some((all - ids.len()) as i64), || format!("{path}: {total:?}"));
            }
        }
        for (rtype, parameter, with) in self.bearers() {
            let all = self.matrix.seen(rtype, self.profile).len();
            for (missing, expected) in [(false, with.len()), (true, all - with.len())] {
                let path = format!("{rtype}?{parameter}:missing={missing}&_summary=count");
                let total = self.get(&path).total();
                self.expect(total == Some(expected as i64), || format!("{path}: {total:?}, not {expected}"));
            }
        }
    }

    /// Types, parameters, and the values that the caller may read, resource by resource.
    fn bearers(&self) -> Vec<Bearers> {
        let mut all: Vec<Bearers> = Vec::new();
        for (rtype, parameter, value, ids) in self.values() {
            let is_same = |row: &&mut Bearers| (row.0, row.1) == (rtype, parameter);
            if all.iter_mut().find(is_same).is_none() {
                all.push((rtype, parameter, BTreeMap::new()));
            }
            let row = all.iter_mut().find(is_same).expect("there now");
            for id in ids {
                row.2.entry(id).or_default().push(value.clone());
            }
        }
        all
    }

    fn sorts(&mut self) {
        for (rtype, parameter, with) in self.bearers() {
            if parameter == "near" {
                continue;
            }
            for sign in ["", "-"] {
                let path = format!("{rtype}?_sort={sign}{parameter}&_count=1000");
                let reply = self.get(&path);
                let found = reply.entries("match");
                // Absent last, in both directions, by id (D7).
                let (mut first, mut last) = (Vec::new(), Vec::new());
                for held in self.matrix.seen(rtype, self.profile) {
                    match with.get(&held.id()).map(Vec::as_slice) {
                        None => last.push(held.path()),
                        // Which of several values counts is not the question here.
                        Some(values) => first.push((values.to_vec(), held.path())),
                    }
                }
                let is_single = first.iter().all(|(values, _)| values.len() == 1);
                first.sort_by(|(a, x), (b, y)| if sign == "-" { b.cmp(a).then(x.cmp(y)) } else { (a, x).cmp(&(b, y)) });
                let (head, tail) = found.split_at(first.len().min(found.len()));
                self.expect(tail == last, || format!("{path}: last {tail:?}, not {last:?}"));
                let expected: Vec<&String> = first.iter().map(|(_, path)| path).collect();
                let is_right = if is_single {
                    head.iter().collect::<Vec<_>>() == expected
                } else {
                    head.iter().collect::<BTreeSet<_>>() == expected.iter().copied().collect()
                };
                self.expect(is_right, || format!("{path}: {head:?}, not {expected:?}"));
                self.bodies(&path, &reply);
            }
        }
    }

    fn pages(&mut self) {
        for rtype in ResourceType::ALL {
            let expected: Vec<String> = self.matrix.seen(rtype, self.profile).iter().map(Held::path).collect();
            let mut found = Vec::new();
            let mut next = Some(format!("{rtype}?_count=1"));
            while let Some(path) = next {
                let reply = self.get(&path);
                self.expect(reply.total() == Some(expected.len() as i64), || format!("{path}: {:?}", reply.total()));
                self.bodies(&path, &reply);
                found.extend(reply.entries("match"));
                next = reply.link("next").map(|path| path.trim_start_matches("/fhir/").to_owned());
            }
            self.expect(found == expected, || format!("{rtype}, page by page: {found:?}"));
        }
    }

    fn includes(&mut self) {
        for rtype in ResourceType::ALL {
            let seen = self.matrix.seen(rtype, self.profile);
            let targets = seen.iter().flat_map(Held::references).map(|(_, target)| target);
            let targets = targets.filter(|target| self.matrix.is_seen(target, self.profile));
            let expected =
                targets.map(|target| target.path()).filter(|path| seen.iter().all(|held| held.path() != *path));
            let expected: BTreeSet<String> = expected.collect();
            self.brings(&format!("{rtype}?_include=*&_count=1000"), &expected);
        }
    }

    fn revincludes(&mut self) {
        for target in ResourceType::ALL {
            for source in ResourceType::ALL {
                let names = Registry::embedded().of(source).filter(|parameter| parameter.targets.contains(&target));
                for name in names.map(|parameter| &*parameter.name) {
                    let is_of = |held: &Held| held.kind.rtype() == target;
                    let ids = self.sources(source, name, is_of);
                    let paths = ids.iter().map(|id| format!("{source}/{id}"));
                    let expected: BTreeSet<String> = paths.filter(|_| source != target).collect();
                    self.brings(&format!("{target}?_revinclude={source}:{name}&_count=1000"), &expected);
                }
            }
        }
    }

    fn brings(&mut self, path: &str, expected: &BTreeSet<String>) {
        let reply = self.get(path);
        let found: BTreeSet<String> = reply.entries("include").into_iter().collect();
        self.expect(found == *expected, || format!("{path}: {found:?}, not {expected:?}"));
        self.bodies(path, &reply);
    }

    fn chains(&mut self) {
        let values = self.values();
        for source in ResourceType::ALL {
            for parameter in Registry::embedded().of(source).filter(|parameter| !parameter.targets.is_empty()) {
                let is_typed = parameter.targets.len() > 1;
                for (target, name, value, ids) in values.iter().filter(|row| parameter.targets.contains(&row.0)) {
                    let is_met = |held: &Held| ids.contains(&held.id());
                    let found = self.sources(source, &parameter.name, is_met);
                    let typed = if is_typed { format!(":{target}") } else { String::new() };
                    let path = format!("{source}?{}{typed}.{name}={value}&_summary=count", parameter.name);
                    let total = self.get(&path).total();
                    self.expect(total == Some(found.len() as i64), || {
                        format!("{path}: {total:?}, not {}", found.len())
                    });
                }
            }
        }
    }

    fn validates(&mut self) {
        for held in self.matrix.held.iter().filter(|held| held.kind != Kind::Template) {
            let path = format!("{}/$validate", held.path());
            let reply = self.get(&path);
            let expected = if self.matrix.is_seen(held, self.profile) { 200 } else { 404 };
            self.expect(reply.status == expected, || format!("{path} is {}", reply.status));
        }
    }
}

/// What is exported: what is read, in whatever form it is asked for.
impl Asking<'_> {
    fn exports(&mut self) {
        let of = |held: &Held| !matches!(held.kind, Kind::Template | Kind::Anomaly | Kind::Indicator | Kind::Report);
        let seen = |asking: &Self, rtype| {
            asking.matrix.seen(rtype, asking.profile).iter().filter(|held| of(held)).map(Held::path).collect::<Vec<_>>()
        };
        for format in ["ndjson", "application/json"] {
            let held: Vec<(String, Node)> = self.exported(&format!("_outputFormat={format}"));
            let found: BTreeSet<&String> = held.iter().map(|(path, _)| path).collect();
            let expected: Vec<String> = ResourceType::ALL.iter().flat_map(|rtype| seen(self, *rtype)).collect();
            self.expect(held.len() == found.len(), || format!("{format}: some twice"));
            self.expect(found == expected.iter().collect(), || format!("{format}: {found:?}, not {expected:?}"));
        }
        // Complete offers: all that is seen of what they lead to, as `_include` brings it.
        for format in ["ndjson", "application/fhir%2Bjson"] {
            let held = self.exported(&format!("_type=HealthcareService&_outputFormat={format}"));
            let offers = held.iter().filter(|(path, _)| path.starts_with("HealthcareService/"));
            let found: Vec<&String> = offers.map(|(path, _)| path).collect();
            let expected = seen(self, ResourceType::HealthcareService);
            self.expect(found == expected.iter().collect::<Vec<_>>(), || format!("{format}: {found:?}"));
            let places = held.iter().filter(|(path, _)| path.starts_with("Location/")).map(|(path, _)| path);
            let offered = self.matrix.seen(ResourceType::HealthcareService, self.profile);
            let targets = offered.iter().flat_map(Held::references).map(|(_, target)| target);
            let targets = targets.filter(|target| self.matrix.is_seen(target, self.profile));
            let expected: BTreeSet<String> =
                targets.map(|target| target.path()).filter(|path| path.starts_with("Location/")).collect();
            let places: BTreeSet<String> = places.cloned().collect();
            self.expect(places == expected, || format!("{format}: {places:?}, not {expected:?}"));
        }
        // Filters are those of searches, each tried above: some of each type are enough here.
        let is_content =
            |rtype: &ResourceType| ror_testkit::corpus::TYPES.contains(rtype) && *rtype != ResourceType::Questionnaire;
        let of_content = self.values().into_iter().filter(|(rtype, ..)| is_content(rtype));
        for (rtype, parameter, value, ids) in of_content.step_by(10) {
            let query =
                format!("_outputFormat=ndjson&_type={rtype},Practitioner&_typeFilter={rtype}?{parameter}={value}");
            let held = self.exported(&query);
            let found = held.iter().filter(|(path, _)| path.starts_with(&format!("{rtype}/"))).count();
            let is_right = rtype == ResourceType::Practitioner || found == ids.len();
            self.expect(is_right, || format!("{query}: {found}, not {}", ids.len()));
        }
    }

    /// The resources of an export, each compared with what the caller may read of it.
    fn exported(&mut self, query: &str) -> Vec<(String, Node)> {
        let (manifest, files) = self.caller.export(self.profile, query);
        let counts = manifest.json();
        let counts: Vec<_> = counts.items("output").map(|file| file.get("count").and_then(Node::as_i64)).collect();
        let mut all = Vec::new();
        for (reply, count) in files.iter().zip(counts) {
            self.nothing_hidden_in(query, &reply.text());
            let resources: Vec<Node> = match reply.text().lines().map(|line| Node::parse(line.as_bytes())).collect() {
                Ok(lines) if query.contains("ndjson") => lines,
                _ => reply.json().items("entry").filter_map(|entry| entry.get("resource").cloned()).collect(),
            };
            self.expect(count == Some(resources.len() as i64), || format!("{query}: {count:?} announced"));
            all.extend(resources);
        }
        let path = |resource: &Node| {
            format!("{}/{}", resource.str("resourceType").unwrap_or("?"), resource.str("id").unwrap_or("?"))
        };
        let all: Vec<(String, Node)> = all.into_iter().map(|resource| (path(&resource), resource)).collect();
        let matrix = self.matrix;
        for (path, resource) in &all {
            match matrix.held.iter().find(|held| held.path() == *path) {
                Some(held) => self.body(query, held, resource),
                None => self.expect(false, || format!("{query}: {path} is not held")),
            }
        }
        all
    }
}

/// The words of a text that were planted: they begin as no other does.
fn planted_words(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(WORD_START).map(|(at, start)| {
        let length = text[at + start.len()..].find(WORD_END).map_or(0, |end| end + WORD_END.len_utf8());
        &text[at..at + start.len() + length]
    })
}

/// The scan of answers would pass if it looked for nothing: each hidden word that it is handed is told.
pub(crate) fn a_leak_is_told(matrix: &Matrix) {
    let server = Server::start(&matrix.world);
    for profile in PROFILES {
        let mut asking = Asking { matrix, caller: server.caller(), profile, cells: 0, deviations: Vec::new() };
        let worded = |planted: &&Planted<'_>| planted.word.starts_with(WORD_START);
        for planted in matrix.planted().iter().filter(worded) {
            let told = asking.deviations.len();
            asking.nothing_hidden_in("/fhir/Location", &format!("{{\"name\":\"CH {}\"}}", planted.word));
            let is_told = asking.deviations.len() > told;
            assert_eq!(is_told, !planted.is_read(&matrix.rules, profile), "profil {profile}: {}", planted.word);
        }
        assert!(asking.cells > 100, "profil {profile}: {} words", asking.cells);
    }
}

/// Words offered while typing, for the seven audiences.
fn suggestions(matrix: &Matrix) -> Outcome {
    let snapshot = matrix.world.directory().snapshot();
    let (mut cells, mut deviations) = (0, Vec::new());
    for audience in Audience::all() {
        let by = grant(audience, false);
        let view = snapshot.view(&by);
        for planted in matrix.planted() {
            let rtype = planted.held.kind.rtype();
            let Some(parameter) = planted.probe.parameter else { continue };
            // A postal code is compared as a code: no word of it is offered.
            let is_text = parameter != "address-postalcode"
                && Registry::embedded().find(rtype, parameter).expect("a parameter").kind.code() == "string";
            let offered = view.vocabulary(rtype, &planted.word, 5);
            let expected = is_text && planted.is_read(&matrix.rules, audience.index());
            cells += 1;
            if offered.len() != usize::from(expected) || offered.iter().any(|(_, count)| *count != 1) {
                deviations.push(format!(
                    "{audience}: {offered:?} for {} of {}",
                    planted.probe.name,
                    planted.held.path()
                ));
            }
        }
    }
    ("suggestion", cells, deviations)
}

/// The owner, who has no client, on the view: all but what is nobody's.
fn owner(matrix: &Matrix) -> Outcome {
    let snapshot = matrix.world.directory().snapshot();
    let by = grant(Audience::OWNER, false);
    let view = snapshot.view(&by);
    let (mut cells, mut deviations) = (0, Vec::new());
    let mut expect = |holds: bool, what: String| {
        cells += 1;
        if !holds {
            deviations.push(what);
        }
    };
    for held in &matrix.held {
        let text = view.read(held.kind.rtype(), &held.id()).map(|hit| hit.to_node().to_text()).unwrap_or_default();
        for planted in matrix.planted_in(held) {
            let is_read = planted.is_read(&matrix.rules, Audience::OWNER.index());
            expect(text.contains(&planted.word) == is_read, format!("{} of {}", planted.probe.name, held.path()));
            let Some(parameter) = planted.probe.parameter.filter(|name| *name != "near") else { continue };
            let pairs = [(parameter.to_owned(), planted.word.clone())];
            let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
            let query =
                ror_search::parse(held.kind.rtype(), &pairs, Handling::Lenient, registry, terminology, &FewCommunes);
            let page = view.search(&query.expect("a search"), None, None).expect("few enough");
            expect(page.total == 1, format!("{parameter}={}: {}", planted.word, page.total));
        }
    }
    ("owner", cells, deviations)
}
