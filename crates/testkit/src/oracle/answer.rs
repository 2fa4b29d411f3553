//! The answer as a whole: what matches, in which order, and what comes along.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::ResourceType;

use super::compare::{exact, in_base, period};
use super::evaluate::{Met, Plan, Question, distance};
use super::meaning::codes_of;
use super::values::{codes, fold, read, records, targets};
use super::{Key, Oracle};
use crate::ask::{Ask, AskInclude, AskTest, Expr, Family, Kind, follow, parameter, references};

/// What a search finds, before it is cut into pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Logical ids of the matches, in order.
    pub ids: Vec<String>,
    /// How well each answers by its words, in ten thousandths.
    pub scores: Vec<Option<u32>>,
}

/// A sort value.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Value {
    Text(String),
    Number(i128),
    Distance(f64),
}

/// Sort values, each with whether it descends.
type SortValues = Vec<(Option<Value>, bool)>;

/// A match: its sort values, its id, its score.
type Match = (SortValues, String, Option<u32>);

impl Oracle {
    /// The matches of `ask`, in order; `ids` gives the id of a slot that has another name.
    pub fn answer(&self, ask: &Ask, audience: Audience, ids: &BTreeMap<String, String>) -> Answer {
        let question = Question::new(self, audience, ids);
        let by_distance = has_distance(ask);
        let by_price = ask.sort.iter().any(|(key, _)| key.contains("price-"));
        let plan = Plan::of(ask.rtype, &ask.criteria, by_distance || by_price);
        let mut found: Vec<Match> = Vec::new();
        for (key, _) in self.seen(audience).iter().filter(|(key, _)| key.0 == ask.rtype) {
            if let Some(met) = question.meets(key, &plan) {
                let score = question.score(key, ask);
                found.push((question.sort_values(key, ask, &met, score), key.1.clone(), score));
            }
        }
        found.sort_by(|(a, a_id, _), (b, b_id, _)| {
            let keys = a.iter().zip(b).map(|((a, descending), (b, _))| compare(a.as_ref(), b.as_ref(), *descending));
            keys.fold(Ordering::Equal, Ordering::then).then_with(|| a_id.cmp(b_id))
        });
        let scores = found.iter().map(|(.., score)| *score).collect();
        Answer { ids: found.into_iter().map(|(_, id, _)| id).collect(), scores }
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
        let rows: Vec<_> = match include.source {
            Some((source, name)) => references(Some(source)).filter(|(_, known, ..)| *known == name).collect(),
            None => references(Some(searched)).collect(),
        };
        let mut out = Vec::new();
        for (source, _, element, target) in rows {
            let start = if include.reverse { target } else { source };
            if from.0 != start || !(is_match || include.iterate || start != searched) {
                continue;
            }
            if include.reverse {
                let refer = seen.iter().filter(|(key, seen)| {
                    key.0 == source && targets(&seen.resource, element, target).contains(&from.1.as_str())
                });
                out.extend(refer.map(|(key, _)| key.clone()));
            } else {
                let found = targets(&seen[from].resource, element, target);
                out.extend(found.into_iter().map(|id| (target, id.to_owned())).filter(|key| seen.contains_key(key)));
            }
        }
        out
    }

    /// The distance that a place carries (D11): it lies in a circle of the request, which no negation holds.
    pub fn distance(&self, ask: &Ask, audience: Audience, place: &Key) -> Option<f64> {
        let resource = &self.seen(audience).get(place)?.resource;
        let positive = ask.terms().into_iter().filter(|(_, negated)| !negated);
        positive.filter_map(|(term, _)| distance(&term.test, resource)).min_by(f64::total_cmp)
    }
}

/// A positive `near`, under no `or` (D7).
fn has_distance(ask: &Ask) -> bool {
    let mut always = ask.criteria.iter().flat_map(Expr::always);
    always.any(|term| matches!(term.test, AskTest::Near(_) | AskTest::NearCommune(_)))
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

impl Question<'_> {
    fn sort_values(&self, key: &Key, ask: &Ask, met: &Met<'_>, score: Option<u32>) -> SortValues {
        let score = score.map(|score| Value::Number(score.into()));
        let away = met.nearest.map(Value::Distance);
        if ask.sort.is_empty() {
            return if has_distance(ask) { vec![(away, false)] } else { vec![(score, true)] };
        }
        let value = |(name, descending): &(&str, bool)| {
            let value = match *name {
                "near" | "location.near" => away.clone(),
                "_score" => score.clone(),
                name => self.sort_value(key, name, *descending, met),
            };
            (value, *descending)
        };
        ask.sort.iter().map(value).collect()
    }

    fn sort_value(&self, key: &Key, name: &str, descending: bool, met: &Met<'_>) -> Option<Value> {
        let values: Vec<Value> = match name.split_once('.') {
            Some((reference, name)) => {
                let (_, target) = follow(key.0, reference);
                let row = parameter(target, name).expect("a parameter of the table");
                // D7: of the prices, those that satisfy the criteria.
                match met.prices.as_ref().filter(|_| row.family == Some(Family::Price)) {
                    Some(prices) => {
                        prices.iter().flat_map(|price| self.sorted_by(key, name, price, target, descending)).collect()
                    }
                    None => self
                        .targets(key, reference)
                        .iter()
                        .filter_map(|target| self.sort_value(target, name, descending, met))
                        .collect(),
                }
            }
            None => {
                let resource = &self.seen(key)?.resource;
                let row = parameter(key.0, name).expect("a parameter of the table");
                let parts = row.family.map_or_else(|| vec![vec![resource]], |family: Family| records(resource, family));
                parts.iter().flat_map(|part| self.sorted_by(key, name, part, key.0, descending)).collect()
            }
        };
        let order = |a: &Value, b: &Value| a.partial_cmp(b).expect("values of one key");
        if descending { values.into_iter().max_by(order) } else { values.into_iter().min_by(order) }
    }

    /// The values by which a resource or a record sorts.
    fn sorted_by(&self, key: &Key, name: &str, parts: &[&Node], rtype: ResourceType, descending: bool) -> Vec<Value> {
        let row = parameter(rtype, name).expect("a parameter of the table");
        if name == "_lastUpdated" {
            return self.seen(key).map(|seen| Value::Number(seen.updated.into())).into_iter().collect();
        }
        let values: Vec<&Node> = parts.iter().flat_map(|part| read(part, row.at)).collect();
        let of = |code: (String, String)| Value::Text(code.1);
        match row.kind {
            Kind::Token if name == "identifier" => {
                values.iter().flat_map(|value| codes(value)).map(|(_, code)| Value::Text(code)).collect()
            }
            Kind::Token => codes_of(key, name, &values).into_iter().map(of).collect(),
            Kind::Text => {
                values.iter().filter_map(|value| value.as_str()).map(|text| Value::Text(fold(text))).collect()
            }
            Kind::Number => {
                values.iter().filter_map(|value| value.as_number()).map(|n| Value::Number(exact(n))).collect()
            }
            Kind::Quantity => values.iter().filter_map(|value| in_base(name, value)).map(Value::Number).collect(),
            Kind::Date => {
                let ends = values.iter().map(|value| period(value));
                ends.map(|(start, end)| Value::Number(if descending { end } else { start }.into())).collect()
            }
            Kind::Reference(_) | Kind::Special => unreachable!("no sort key"),
        }
    }
}
