//! Searches that are both written as requests and understood by the oracle.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ror_search::{Handling, Query, Registry, ResourceType};
use ror_terminology::Terminology;

use crate::FewCommunes;
use crate::corpus::{self, CHARACTERISTICS, CITIES, COMMUNES, NAMES, POSTAL_CODES, SPECIALTIES, STRUCTURES};
use crate::world::Slot;

/// A search.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The type searched.
    pub rtype: ResourceType,
    /// What must be met.
    pub criteria: Vec<AskCriterion>,
    /// What is brought along.
    pub includes: Vec<AskInclude>,
    /// Sort keys as written, and whether descending.
    pub sort: Vec<(&'static str, bool)>,
    /// Matches per page.
    pub count: usize,
}

/// One criterion: references followed, then a test on a parameter.
#[derive(Clone, Debug)]
pub struct AskCriterion {
    /// Names of the references, each of the type before.
    pub path: Vec<&'static str>,
    /// The parameter.
    pub name: &'static str,
    /// The test.
    pub test: AskTest,
}

/// A test.
#[derive(Clone, Debug)]
pub enum AskTest {
    /// Codes, or with `true` none of them.
    Tokens(Vec<Token>, bool),
    /// `:of-type`: system, code, value.
    OfType(&'static str, &'static str, String),
    /// Texts.
    Texts(How, Vec<&'static str>),
    /// `:missing`
    Missing(bool),
    /// Prefix and date.
    Updated(Vec<(&'static str, &'static str)>),
    /// Latitude, longitude, distance in kilometres.
    Near(Vec<(&'static str, &'static str, &'static str)>),
    /// Names of slots; with `true`, the type is written in front.
    References(Vec<(String, bool)>),
}

/// `system|code`, `|code`, `system|` or `code`.
#[derive(Clone, Debug)]
pub struct Token {
    /// The system; empty: none; absent: any.
    pub system: Option<String>,
    /// The code; empty: any.
    pub code: String,
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Starts with.
    Starts,
    /// `:contains`
    Contains,
    /// `:exact`
    Exact,
}

/// One `_include` or `_revinclude`.
#[derive(Clone, Debug)]
pub struct AskInclude {
    /// The type that refers; `None`: `_include=*`.
    pub source: Option<(ResourceType, &'static str)>,
    /// `_revinclude`
    pub reverse: bool,
    /// `:iterate`
    pub iterate: bool,
}

/// References: type, parameter, element, target.
pub(crate) const REFERENCES: [(ResourceType, &str, &str, ResourceType); 7] = {
    use ResourceType::{HealthcareService, Location, Organization, Practitioner, PractitionerRole};
    [
        (HealthcareService, "location", "location", Location),
        (HealthcareService, "organization", "providedBy", Organization),
        (Location, "organization", "managingOrganization", Organization),
        (Organization, "partof", "partOf", Organization),
        (PractitionerRole, "practitioner", "practitioner", Practitioner),
        (PractitionerRole, "organization", "organization", Organization),
        (PractitionerRole, "service", "healthcareService", HealthcareService),
    ]
};

/// Coded parameters: type, parameter, element.
pub(crate) const TOKENS: [(ResourceType, &str, &str); 16] = {
    use ResourceType::{HealthcareService, Location, Organization, Practitioner, PractitionerRole, Questionnaire};
    [
        (HealthcareService, "identifier", "identifier"),
        (HealthcareService, "service-category", "category"),
        (HealthcareService, "service-type", "type"),
        (HealthcareService, "specialty", "specialty"),
        (HealthcareService, "characteristic", "characteristic"),
        (Location, "identifier", "identifier"),
        (Location, "type", "type"),
        (Location, "commune-cog", "commune"),
        (Organization, "identifier", "identifier"),
        (Organization, "type", "type"),
        (Practitioner, "identifier", "identifier"),
        (PractitionerRole, "identifier", "identifier"),
        (Questionnaire, "identifier", "identifier"),
        (Questionnaire, "context", "useContext"),
        (Questionnaire, "status", "status"),
        (Questionnaire, "version", "version"),
    ]
};

/// Text parameters: type, parameter, elements.
pub(crate) const TEXTS: [(ResourceType, &str, &[&str]); 7] = {
    use ResourceType::{HealthcareService, Location, Organization, Questionnaire};
    [
        (HealthcareService, "name", &["name"]),
        (Location, "address-city", &["city"]),
        (Location, "address-postalcode", &["postalCode"]),
        (Organization, "name", &["name", "alias"]),
        (Questionnaire, "name", &["name"]),
        (Questionnaire, "title", &["title"]),
        (Questionnaire, "description", &["description"]),
    ]
};

impl Ask {
    /// The request, names of slots replaced by their ids.
    ///
    /// # Panics
    /// When the directory does not understand it: the tables here and there disagree.
    pub fn query(&self, ids: &BTreeMap<String, String>) -> Query {
        let pairs = self.pairs(ids);
        let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
        ror_search::parse(self.rtype, &pairs, Handling::Lenient, registry, terminology, &FewCommunes)
            .unwrap_or_else(|errors| panic!("{pairs:?}: {errors:?}"))
    }

    /// Names and values of the request.
    pub fn pairs(&self, ids: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = self.criteria.iter().map(|criterion| criterion.pair(self.rtype, ids)).collect();
        for include in &self.includes {
            let name = if include.reverse { "_revinclude" } else { "_include" };
            let name = if include.iterate { format!("{name}:iterate") } else { name.to_owned() };
            let value = include.source.map_or("*".to_owned(), |(rtype, name)| format!("{rtype}:{name}"));
            pairs.push((name, value));
        }
        if !self.sort.is_empty() {
            let keys = self.sort.iter().map(|(key, descending)| format!("{}{key}", if *descending { "-" } else { "" }));
            pairs.push(("_sort".to_owned(), keys.collect::<Vec<_>>().join(",")));
        }
        pairs.push(("_count".to_owned(), self.count.to_string()));
        pairs
    }
}

impl AskCriterion {
    fn pair(&self, rtype: ResourceType, ids: &BTreeMap<String, String>) -> (String, String) {
        let id = |name: &String| ids.get(name).unwrap_or(name).clone();
        let target = self.path.iter().fold(rtype, |rtype, name| follow(rtype, name));
        let referred = REFERENCES.iter().find(|(rtype, name, ..)| (*rtype, *name) == (target, self.name));
        let (modifier, values): (&str, Vec<String>) = match &self.test {
            AskTest::Tokens(tokens, not) => {
                let write = |token: &Token| match &token.system {
                    None => escape(&id(&token.code)),
                    Some(system) => format!("{}|{}", escape(system), escape(&token.code)),
                };
                (if *not { ":not" } else { "" }, tokens.iter().map(write).collect())
            }
            AskTest::OfType(system, code, value) => (":of-type", vec![format!("{system}|{code}|{}", escape(value))]),
            AskTest::Texts(how, texts) => {
                let modifier = match how {
                    How::Starts => "",
                    How::Contains => ":contains",
                    How::Exact => ":exact",
                };
                (modifier, texts.iter().copied().map(escape).collect())
            }
            AskTest::Missing(missing) => (":missing", vec![missing.to_string()]),
            AskTest::Updated(dates) => ("", dates.iter().map(|(prefix, date)| format!("{prefix}{date}")).collect()),
            AskTest::Near(circles) => ("", circles.iter().map(|(a, b, c)| format!("{a}|{b}|{c}|km")).collect()),
            AskTest::References(targets) => {
                let rtype = referred.map(|(.., target)| target.name()).unwrap_or_default();
                let write = |(name, typed): &(String, bool)| {
                    if *typed { format!("{rtype}/{}", id(name)) } else { id(name) }
                };
                ("", targets.iter().map(write).collect())
            }
        };
        let path = self.path.iter().fold(String::new(), |path, name| path + name + ".");
        (format!("{path}{}{modifier}", self.name), values.join(","))
    }
}

/// The type that a reference leads to.
pub(crate) fn follow(rtype: ResourceType, name: &str) -> ResourceType {
    let found = REFERENCES.iter().find(|(known, reference, ..)| (*known, *reference) == (rtype, name));
    found.map(|(.., target)| *target).expect("a reference of the table")
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// Any search.
pub fn ask() -> impl Strategy<Value = Ask> {
    select(ResourceType::ALL.to_vec()).prop_flat_map(|rtype| ask_with(rtype, 0..3))
}

/// A search of `rtype` with so many criteria.
pub fn ask_with(rtype: ResourceType, criteria: std::ops::Range<usize>) -> impl Strategy<Value = Ask> {
    let sort = vec((select(sort_keys(rtype)), any::<bool>()), 0..3);
    let sort = prop_oneof![2 => Just(vec![]), 1 => sort];
    (vec(criterion(rtype), criteria), vec(include(rtype), 0..4), sort, 0..5_usize).prop_map(
        move |(mut criteria, includes, mut sort, count)| {
            // The order by distance is of one criterion: two would be a question of taste.
            let mut near = 0;
            criteria.retain(|criterion: &AskCriterion| {
                near += usize::from(matches!(criterion.test, AskTest::Near(_)));
                near <= 1 || !matches!(criterion.test, AskTest::Near(_))
            });
            if near == 0 {
                // A sort by distance to nothing is refused.
                sort.retain(|(key, _)| !key.ends_with("near"));
            }
            Ask { rtype, criteria, includes, sort, count }
        },
    )
}

fn sort_keys(rtype: ResourceType) -> Vec<&'static str> {
    let mut keys = vec!["_id", "_lastUpdated", "identifier"];
    keys.extend(tag(rtype));
    keys.extend(TOKENS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name));
    keys.extend(TEXTS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name));
    keys.extend_from_slice(match rtype {
        ResourceType::HealthcareService => &["organization.name", "location.address-city", "location.near"],
        ResourceType::Location => &["organization.name", "near"],
        ResourceType::Organization => &["partof.name", "partof.type"],
        ResourceType::PractitionerRole => &["service.name", "service.specialty", "practitioner.identifier"],
        ResourceType::Practitioner => &[],
        ResourceType::Questionnaire => &["date"],
    });
    keys
}

/// A template has no region: `_tag` is no parameter of its type.
fn tag(rtype: ResourceType) -> Option<&'static str> {
    (rtype != ResourceType::Questionnaire).then_some("_tag")
}

fn include(searched: ResourceType) -> BoxedStrategy<AskInclude> {
    let leads =
        |(source, _, _, target): &&(ResourceType, &str, &str, ResourceType)| [*source, *target].contains(&searched);
    let related: Vec<_> = REFERENCES.iter().filter(leads).copied().collect();
    // Nothing refers to templates, and they refer to nothing that a parameter reads.
    let is_alone = related.is_empty();
    let related = if is_alone { REFERENCES.to_vec() } else { related };
    let related = (select(related), any::<bool>()).prop_map(move |((source, name, ..), iterate)| AskInclude {
        source: Some((source, name)),
        reverse: source != searched,
        iterate,
    });
    let named = (select(REFERENCES.to_vec()), any::<bool>(), any::<bool>())
        .prop_map(|((rtype, name, ..), reverse, iterate)| AskInclude { source: Some((rtype, name)), reverse, iterate });
    let any_one = any::<bool>().prop_map(|iterate| AskInclude { source: None, reverse: false, iterate });
    if is_alone {
        return prop_oneof![4 => named, 1 => any_one].boxed();
    }
    prop_oneof![5 => related, 4 => named, 1 => any_one].boxed()
}

fn criterion(rtype: ResourceType) -> BoxedStrategy<AskCriterion> {
    let direct = test(rtype).prop_map(|(name, test)| AskCriterion { path: vec![], name, test });
    let references: Vec<_> =
        REFERENCES.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, ..)| *name).collect();
    if references.is_empty() {
        return direct.boxed();
    }
    let chained = (select(references), any::<bool>()).prop_flat_map(move |(first, deeper)| {
        let target = follow(rtype, first);
        let second = REFERENCES.iter().filter(|(known, ..)| *known == target).map(|(_, name, ..)| *name).next();
        let (path, last) = match second.filter(|_| deeper) {
            Some(second) => (vec![first, second], follow(target, second)),
            None => (vec![first], target),
        };
        test(last).prop_map(move |(name, test)| AskCriterion { path: path.clone(), name, test })
    });
    prop_oneof![3 => direct, 2 => chained].boxed()
}

fn test(rtype: ResourceType) -> BoxedStrategy<(&'static str, AskTest)> {
    let coded: Vec<_> = TOKENS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name).collect();
    let texts: Vec<_> = TEXTS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name).collect();
    let references: Vec<_> = REFERENCES.iter().filter(|(known, ..)| *known == rtype).copied().collect();
    let mut any_of: Vec<(u32, BoxedStrategy<(&'static str, AskTest)>)> = vec![
        (3, select(coded.clone()).prop_flat_map(move |name| (Just(name), tokens(rtype, name))).boxed()),
        (1, (Just("_id"), tokens(rtype, "_id")).boxed()),
        (1, (Just("_lastUpdated"), updated()).boxed()),
        (1, (select(all_names(rtype)), any::<bool>().prop_map(AskTest::Missing)).boxed()),
    ];
    if !texts.is_empty() {
        any_of.push((2, select(texts).prop_flat_map(|name| (Just(name), text_test(name))).boxed()));
    }
    if !references.is_empty() {
        let one = select(references).prop_flat_map(|(_, name, _, target)| {
            let slots = vec((corpus::slot(target).prop_map(Slot::name), any::<bool>()), 1..3);
            (Just(name), slots.prop_map(AskTest::References))
        });
        any_of.push((1, one.boxed()));
    }
    if let Some(tag) = tag(rtype) {
        any_of.push((1, (Just(tag), tokens(rtype, tag)).boxed()));
    } else {
        any_of.push((2, (Just("date"), updated()).boxed()));
    }
    if rtype == ResourceType::Location {
        any_of.push((2, (Just("near"), near()).boxed()));
    }
    prop::strategy::Union::new_weighted(any_of).boxed()
}

fn all_names(rtype: ResourceType) -> Vec<&'static str> {
    let mut names = vec!["_id", tag(rtype).unwrap_or("date"), "_lastUpdated"];
    names.extend(TOKENS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name));
    names.extend(TEXTS.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, _)| *name));
    names.extend(REFERENCES.iter().filter(|(known, ..)| *known == rtype).map(|(_, name, ..)| *name));
    if rtype == ResourceType::Location {
        names.push("near");
    }
    names
}

fn tokens(rtype: ResourceType, name: &'static str) -> BoxedStrategy<AskTest> {
    let values: Vec<(&'static str, String)> = match (name, rtype) {
        ("_id", _) => {
            return vec(corpus::slot(rtype).prop_map(|slot| Token { system: None, code: slot.name() }), 1..3)
                .prop_flat_map(|tokens| any::<bool>().prop_map(move |not| AskTest::Tokens(tokens.clone(), not)))
                .boxed();
        }
        ("_tag", _) => vec![
            (corpus::system("region"), "84".into()),
            (corpus::system("region"), "94".into()),
            ("https://example.org/tag", "hidden".into()),
        ],
        ("identifier", ResourceType::Organization) => {
            let more = [("finess", "2A0000154"), ("nat", "1010000032"), ("finess", "26010004500012")];
            let known = STRUCTURES.iter().chain(&more);
            known.map(|(name, value)| (corpus::system(name), value.trim().to_owned())).collect()
        }
        ("identifier", ResourceType::Practitioner) => ["10000000001", "810000000001", "810000000002"]
            .map(|value| ("urn:oid:1.2.250.1.71.4.2.1", value.to_owned()))
            .to_vec(),
        ("identifier", ResourceType::Location) => {
            vec![("", "84/l1".into()), ("", "84/l2".into()), ("", "ext-0".into()), ("", "ext-1".into())]
        }
        ("identifier", ResourceType::HealthcareService) => vec![("", "84/h0".into()), ("", "84/h1".into())],
        ("identifier", ResourceType::PractitionerRole) => vec![("https://example.org/role", "role-0".into())],
        ("identifier", ResourceType::Questionnaire) => vec![("", "MS-0".into()), ("", "MS-1".into())],
        ("context", _) => ["01", "04", "05"].map(|code| (corpus::system("field"), code.to_owned())).to_vec(),
        ("status", _) => corpus::STATUSES.map(|code| ("", code.to_owned())).to_vec(),
        ("version", _) => corpus::VERSIONS.map(|code| ("", code.to_owned())).to_vec(),
        ("service-category", _) => vec![("https://example.org/category", "1".into())],
        ("service-type", _) => ["01", "04", "05"].map(|code| (corpus::system("field"), code.to_owned())).to_vec(),
        ("specialty", _) => SPECIALTIES.map(|code| (corpus::SPECIALTY, code.to_owned())).to_vec(),
        ("characteristic", _) => CHARACTERISTICS.map(|(name, code)| (corpus::system(name), code.to_owned())).to_vec(),
        ("commune-cog", _) => COMMUNES.map(|code| (corpus::system("cog"), code.to_owned())).to_vec(),
        ("type", ResourceType::Location) => vec![("https://example.org/f", "1".into())],
        _ => vec![
            (corpus::system("eg"), "355".into()),
            (corpus::system("eg"), "101".into()),
            (corpus::system("eg"), "620".into()),
            (corpus::system("oi"), "3".into()),
            (corpus::system("ej"), "13".into()),
        ],
    };
    let token = (select(values.clone()), 0..4_u8).prop_map(|((system, code), how)| match how {
        0 => Token { system: Some(String::new()), code },
        1 if !system.is_empty() => Token { system: Some(system.to_owned()), code: String::new() },
        2 => Token { system: None, code },
        _ => Token { system: Some(system.to_owned()), code },
    });
    let plain = (vec(token, 1..3), any::<bool>()).prop_map(|(tokens, not)| AskTest::Tokens(tokens, not));
    if name != "identifier" {
        return plain.boxed();
    }
    let kinds =
        select(vec![("https://example.org/kind", "1"), ("https://example.org/kind", "40"), ("", "25"), ("", "26")]);
    let of_type = (kinds, select(values)).prop_map(|((system, code), (_, value))| AskTest::OfType(system, code, value));
    prop_oneof![4 => plain, 1 => of_type].boxed()
}

fn text_test(name: &'static str) -> BoxedStrategy<AskTest> {
    let texts: Vec<&'static str> = match name {
        "address-city" => CITIES.iter().copied().chain(["l ile", "SAINT", "bresse"]).collect(),
        "address-postalcode" => POSTAL_CODES.iter().copied().chain(["2A", "2b", "20", "01"]).collect(),
        _ => NAMES.iter().copied().chain(["hôpital", "nord", "d'été", "unite a", "œuvre", "uh", "| $"]).collect(),
    };
    let how = select(vec![How::Starts, How::Starts, How::Contains, How::Exact]);
    (how, vec(select(texts), 1..3)).prop_map(|(how, texts)| AskTest::Texts(how, texts)).boxed()
}

fn updated() -> impl Strategy<Value = AskTest> {
    let prefixes = vec!["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
    let dates =
        vec!["2025", "2026-01", "2026-01-01", "2026-01-02", "2026-01-01T08:00", "2026-01-01T08:00:00", "2025-12-31"];
    vec((select(prefixes), select(dates)), 1..3).prop_map(AskTest::Updated)
}

fn near() -> impl Strategy<Value = AskTest> {
    let circle = (select(corpus::POSITIONS.to_vec()), select(vec!["0.05", "0.5", "80", "500"]));
    vec(circle, 1..4).prop_map(|circles| AskTest::Near(circles.into_iter().map(|((a, b), c)| (a, b, c)).collect()))
}
