//! A search answered by looking at everything.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ror_confidentiality::Audience;
use ror_fhir::{DateTime, Node};
use ror_search::{Geography, ResourceType, distance_km};

use super::values::{codes, derived, elements, fold, identifier, targets};
use super::{Key, Oracle};
use crate::FewCommunes;
use crate::ask::{Ask, AskCriterion, AskInclude, AskTest, How, REFERENCES, TOKENS, Token, follow};

/// What a search finds, before it is cut into pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Logical ids of the matches, in order.
    pub ids: Vec<String>,
}

/// A sort value.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Value {
    Text(String),
    Time(i64),
    Distance(f64),
}

/// Sort values, each with whether it descends.
type SortValues = Vec<(Option<Value>, bool)>;

/// A resource that meets all criteria.
struct Met {
    /// Distance of the nearest place that makes it so, when a distance was asked for.
    nearest: Option<f64>,
}

/// Criteria, each with the references still to follow.
type Rest<'a> = Vec<(&'a [&'static str], &'a AskCriterion)>;

/// One question of one audience.
struct Question<'a> {
    oracle: &'a Oracle,
    audience: Audience,
    ids: &'a BTreeMap<String, String>,
}

impl Oracle {
    /// The matches of `ask`, in order; `ids` gives the id of a slot that has another name.
    pub fn answer(&self, ask: &Ask, audience: Audience, ids: &BTreeMap<String, String>) -> Answer {
        let question = Question { oracle: self, audience, ids };
        let criteria: Rest<'_> = ask.criteria.iter().map(|criterion| (&criterion.path[..], criterion)).collect();
        let mut found: Vec<(SortValues, String)> = Vec::new();
        for (key, _) in self.seen(audience).iter().filter(|(key, _)| key.0 == ask.rtype) {
            if let Some(met) = question.meets(key, &criteria) {
                found.push((question.sort_values(key, ask, met.nearest), key.1.clone()));
            }
        }
        found.sort_by(|(a, a_id), (b, b_id)| {
            let keys = a.iter().zip(b).map(|((a, descending), (b, _))| compare(a.as_ref(), b.as_ref(), *descending));
            keys.fold(Ordering::Equal, Ordering::then).then_with(|| a_id.cmp(b_id))
        });
        Answer { ids: found.into_iter().map(|(_, id)| id).collect() }
    }

    /// What a page brings along (D10), by type and id.
    pub fn includes(&self, ask: &Ask, audience: Audience, page: &[String]) -> BTreeSet<Key> {
        let matches: BTreeSet<Key> = page.iter().map(|id| (ask.rtype, id.clone())).collect();
        let mut brought = BTreeSet::new();
        let mut pending: Vec<(Key, bool)> = matches.iter().map(|key| (key.clone(), true)).collect();
        while let Some((key, is_match)) = pending.pop() {
            for include in &ask.includes {
                for next in self.bring(include, &key, is_match, ask.rtype, audience) {
                    if !matches.contains(&next) && brought.insert(next.clone()) {
                        pending.push((next, false));
                    }
                }
            }
        }
        brought
    }

    fn bring(
        &self,
        include: &AskInclude,
        from: &Key,
        is_match: bool,
        searched: ResourceType,
        by: Audience,
    ) -> Vec<Key> {
        let seen = self.seen(by);
        let named = |(source, name): (ResourceType, &str)| {
            REFERENCES.iter().find(|(rtype, parameter, ..)| *rtype == source && *parameter == name).expect("a row")
        };
        let rows: Vec<_> = match include.source {
            Some(source) => vec![named(source)],
            None => REFERENCES.iter().filter(|(rtype, ..)| *rtype == searched).collect(),
        };
        let mut out = Vec::new();
        for (source, _, element, target) in rows {
            let start = if include.reverse { *target } else { *source };
            if from.0 != start || !(is_match || include.iterate || start != searched) {
                continue;
            }
            if include.reverse {
                let refer = seen.iter().filter(|(key, seen)| {
                    key.0 == *source && targets(&seen.resource, element, *target).contains(&from.1.as_str())
                });
                out.extend(refer.map(|(key, _)| key.clone()));
            } else {
                let found = targets(&seen[from].resource, element, *target);
                out.extend(found.into_iter().map(|id| (*target, id.to_owned())).filter(|key| seen.contains_key(key)));
            }
        }
        out
    }

    /// The distance that a place carries (D11): it lies in a circle of the request.
    pub fn distance(&self, ask: &Ask, audience: Audience, place: &Key) -> Option<f64> {
        let near = ask.criteria.iter().find_map(|criterion| match &criterion.test {
            AskTest::Near(circles) => Some(circles),
            _ => None,
        })?;
        distance(near, &self.seen(audience).get(place)?.resource)
    }
}

/// Absent last in both directions (D7).
fn compare(a: Option<&Value>, b: Option<&Value>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(b).expect("values of one key");
            if descending { order.reverse() } else { order }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn distance(circles: &[(&str, &str, &str)], place: &Node) -> Option<f64> {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let position = place.get("position")?;
    let (latitude, longitude) = (position.get("latitude")?.as_f64()?, position.get("longitude")?.as_f64()?);
    let reached = circles.iter().filter_map(|(a, b, radius)| {
        let away = distance_km(number(a), number(b), latitude, longitude);
        (away <= number(radius)).then_some(away)
    });
    reached.min_by(f64::total_cmp)
}

impl Question<'_> {
    /// Whether a resource meets all.
    fn meets(&self, key: &Key, criteria: &Rest<'_>) -> Option<Met> {
        let seen = self.oracle.seen(self.audience).get(key)?;
        let mut nearest = None;
        let mut chains: BTreeMap<&str, Rest<'_>> = BTreeMap::new();
        for (path, criterion) in criteria {
            match path {
                [first, rest @ ..] => chains.entry(first).or_default().push((rest, criterion)),
                [] => match &criterion.test {
                    AskTest::Near(circles) => nearest = Some(distance(circles, &seen.resource)?),
                    test if self.passes(key, criterion.name, test) => {}
                    _ => return None,
                },
            }
        }
        // Tests on what one reference leads to bear on one and the same target (D1).
        for (reference, rest) in chains {
            let target = follow(key.0, reference);
            let (.., element, _) = REFERENCES.iter().find(|(t, name, ..)| (*t, *name) == (key.0, reference))?;
            let found: Vec<Met> = targets(&seen.resource, element, target)
                .into_iter()
                .filter_map(|id| self.meets(&(target, id.to_owned()), &rest))
                .collect();
            if found.is_empty() {
                return None;
            }
            nearest = nearest.or(found.into_iter().filter_map(|met| met.nearest).min_by(f64::total_cmp));
        }
        Some(Met { nearest })
    }

    fn passes(&self, key: &Key, name: &str, test: &AskTest) -> bool {
        let seen = &self.oracle.seen(self.audience)[key];
        let elements = elements(key.0, name, &seen.resource);
        match test {
            AskTest::Missing(missing) => (elements.is_empty() && name != "_id" && name != "_lastUpdated") == *missing,
            AskTest::Tokens(tokens, not) => {
                let held = Self::held(key, name, &elements);
                tokens.iter().any(|token| self.holds(name, &held, token)) != *not
            }
            AskTest::OfType(system, code, value) => elements.iter().any(|element| {
                let kinds = element.get("type").into_iter().flat_map(|kind| kind.items("coding"));
                let mut kinds = kinds.map(|kind| (kind.str("system").unwrap_or_default(), kind.str("code")));
                element.str("value").is_some_and(|held| identifier(held) == identifier(value))
                    && kinds.any(|kind| kind == (*system, Some(*code)))
            }),
            AskTest::Texts(how, asked) => {
                let mut held = elements.iter().filter_map(|element| element.as_str());
                held.any(|held| asked.iter().any(|asked| text_passes(name, *how, held, asked)))
            }
            AskTest::Updated(dates) => {
                let (start, end) = match (name, elements.first()) {
                    // D14: instants have a precision of one second.
                    ("_lastUpdated", _) => (seen.updated, seen.updated + 1000),
                    (_, Some(date)) => period(date),
                    (_, None) => return false,
                };
                dates.iter().any(|(prefix, date)| date_passes(prefix, date, start, end))
            }
            AskTest::Near(_) => unreachable!("judged with its distance"),
            AskTest::References(asked) => {
                let target = follow(key.0, name);
                let wanted = |(name, _): &(String, bool)| format!("{target}/{}", self.id(name));
                elements.iter().any(|e| asked.iter().any(|asked| e.str("reference") == Some(&*wanted(asked))))
            }
        }
    }

    fn id<'a>(&'a self, name: &'a String) -> &'a String {
        self.ids.get(name).unwrap_or(name)
    }

    fn held(key: &Key, name: &str, elements: &[&Node]) -> Vec<(String, String)> {
        if name == "_id" {
            return vec![(String::new(), key.1.clone())];
        }
        let stored = elements.iter().flat_map(|element| codes(element));
        let mut all: Vec<_> = stored.map(|(system, code)| (system.to_owned(), code)).collect();
        if name == "identifier" {
            let more: Vec<_> = all.iter().filter_map(|(system, value)| derived(key.0, system, value)).collect();
            all.extend(more.into_iter().map(|(system, value)| (system.to_owned(), value)));
        }
        all
    }

    fn holds(&self, name: &str, held: &[(String, String)], token: &Token) -> bool {
        let code = self.id(&token.code);
        let mut wanted = vec![if name == "identifier" { identifier(code) } else { code.clone() }];
        if name == "commune-cog" {
            wanted.extend(FewCommunes.also(code));
        }
        held.iter().any(|(system, code)| {
            let system_fits = token.system.as_ref().is_none_or(|asked| asked == system);
            system_fits && (token.code.is_empty() || wanted.contains(code))
        })
    }

    fn sort_values(&self, key: &Key, ask: &Ask, distance: Option<f64>) -> SortValues {
        if ask.sort.is_empty() {
            return vec![(distance.map(Value::Distance), false)];
        }
        let value =
            |(name, descending): &(&str, bool)| (self.sort_value(key, name, *descending, distance), *descending);
        ask.sort.iter().map(value).collect()
    }

    fn sort_value(&self, key: &Key, name: &str, descending: bool, distance: Option<f64>) -> Option<Value> {
        let seen = self.oracle.seen(self.audience).get(key)?;
        match name {
            "near" | "location.near" => return distance.map(Value::Distance),
            "_id" => return Some(Value::Text(key.1.clone())),
            "_lastUpdated" => return Some(Value::Time(seen.updated)),
            "date" => {
                let date = elements(key.0, name, &seen.resource).first().map(|date| period(date));
                return date.map(|(start, end)| Value::Time(if descending { end } else { start }));
            }
            _ => {}
        }
        let texts: Vec<String> = match name.split_once('.') {
            Some((reference, name)) => {
                let target = follow(key.0, reference);
                let (.., element, _) = REFERENCES.iter().find(|(t, known, ..)| (*t, *known) == (key.0, reference))?;
                let ids = targets(&seen.resource, element, target);
                let values =
                    ids.iter().filter_map(|id| self.sort_value(&(target, (*id).to_owned()), name, descending, None));
                values.map(|value| if let Value::Text(text) = value { text } else { String::new() }).collect()
            }
            None => {
                let elements = elements(key.0, name, &seen.resource);
                let is_coded = name == "_tag" || TOKENS.iter().any(|(t, known, _)| (*t, *known) == (key.0, name));
                if is_coded {
                    elements.iter().flat_map(|element| codes(element)).map(|(_, code)| code).collect()
                } else {
                    elements.iter().filter_map(|element| element.as_str()).map(fold).collect()
                }
            }
        };
        let chosen = if descending { texts.into_iter().max() } else { texts.into_iter().min() };
        chosen.map(Value::Text)
    }
}

fn text_passes(name: &str, how: How, held: &str, asked: &str) -> bool {
    if name == "address-postalcode" && how == How::Starts {
        let corsica: &[&str] = match asked.to_uppercase().as_str() {
            "2A" => &["200", "201"],
            "2B" => &["202", "206"],
            _ => &[],
        };
        if !corsica.is_empty() {
            return corsica.iter().any(|start| held.starts_with(start));
        }
    }
    match how {
        How::Exact => held == asked,
        How::Starts => fold(held).starts_with(&fold(asked)),
        How::Contains => fold(held).contains(&fold(asked)),
    }
}

/// First millisecond of a date, and the first one after it.
fn period(date: &Node) -> (i64, i64) {
    let date = DateTime::parse(date.as_str().expect("a text")).expect("a date");
    (date.start, date.end)
}

/// FHIR R4 §3.1.1.5.3 on a period.
fn date_passes(prefix: &str, date: &str, start: i64, end: i64) -> bool {
    let asked = DateTime::parse(date).expect("a date");
    let inside = asked.start <= start && end <= asked.end;
    match prefix {
        "" | "eq" => inside,
        "ne" => !inside,
        "gt" => end > asked.end,
        "lt" => start < asked.start,
        "ge" => inside || end > asked.end,
        "le" => inside || start < asked.start,
        "sa" => start >= asked.end,
        "eb" => end <= asked.start,
        "ap" => start < asked.end && asked.start < end,
        other => unreachable!("{other}"),
    }
}
