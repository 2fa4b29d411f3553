//! Whether a resource, or one record of it, meets one test.

use std::collections::BTreeSet;

use ror_confidentiality::Audience;
use ror_fhir::Node;
use ror_search::{Geography, ResourceType};
use ror_terminology::Terminology;

use super::compare::{date_passes, exact, number_passes, period, quantity_passes, text_passes};
use super::evaluate::Question;
use super::values::{codes, derived, identifier, labels, read, records, targets};
use super::{Key, content, facts};
use crate::FewCommunes;
use crate::ask::{AskTest, Term, Token, follow, parameter};

/// System and code.
type Code = (String, String);

impl Question<'_> {
    /// Whether values read in `parts`, the whole of `key` or one record, meet a test.
    pub(super) fn holds(&self, key: &Key, term: &Term, parts: &[&Node]) -> bool {
        let rtype = key.0;
        if let AskTest::Content(words) = term.test {
            return parts.iter().any(|part| content::score(rtype, part, words).is_some());
        }
        if let AskTest::Capacity(wanted) = &term.test {
            return parts.iter().any(|place| holds_capacity(place, wanted));
        }
        let row = parameter(rtype, term.name).expect("a parameter of the table");
        let values: Vec<&Node> = parts.iter().flat_map(|part| read(part, row.at)).collect();
        let held = || codes_of(key, term.name, &values);
        match &term.test {
            AskTest::Missing(missing) => {
                let is_territory = ["departement", "region", "epci"].contains(&term.name);
                let is_absent = if is_territory { held().is_empty() } else { values.is_empty() };
                (is_absent && !["_id", "_lastUpdated"].contains(&term.name)) == *missing
            }
            AskTest::Tokens(tokens) => tokens.iter().any(|token| self.is_token(key, term.name, token, &held())),
            AskTest::OfType(system, code, value) => values.iter().any(|one| is_of_type(one, (system, code), value)),
            AskTest::Label(words) => values.iter().any(|value| labels(value).iter().any(|label| speaks(label, words))),
            AskTest::In(address) => {
                let set = Terminology::embedded().value_set(address).expect("a value set that is served");
                held().iter().any(|(system, code)| set.contains(system, code))
            }
            AskTest::Below(tokens) => held().iter().any(|code| tokens.iter().any(|token| is_below(code, token))),
            AskTest::Texts(how, asked) => {
                let mut texts = values.iter().filter_map(|value| value.as_str());
                texts.any(|text| asked.iter().any(|asked| text_passes(term.name, *how, text, asked)))
            }
            AskTest::Dates(asked) => {
                let updated = self.seen(key).filter(|_| term.name == "_lastUpdated").map(|seen| seen.updated);
                // D14: instants have a precision of one second.
                let mut held: Vec<_> = updated.map(|at| (at, at + 1000)).into_iter().collect();
                if held.is_empty() {
                    held = values.iter().map(|value| period(value)).collect();
                }
                held.iter().any(|held| asked.iter().any(|bound| date_passes(bound, *held)))
            }
            AskTest::Numbers(asked) => {
                let mut held = values.iter().filter_map(|value| value.as_number()).map(exact);
                held.any(|held| asked.iter().any(|(prefix, number)| number_passes(prefix, number, 1, held)))
            }
            AskTest::Quantities(asked) => values.iter().any(|value| {
                asked.iter().any(|(bound, unit)| quantity_passes(term.name, bound, unit.map(|(_, unit)| unit), value))
            }),
            AskTest::References(asked) => {
                let (_, target) = follow(rtype, term.name);
                let mut held = values.iter().filter_map(|value| value.str("reference"));
                held.any(|held| asked.iter().any(|(name, _)| held == format!("{target}/{}", self.id(name))))
            }
            AskTest::Bears(tokens) => self.bears(rtype, term.name, &values, tokens),
            AskTest::Near(_) | AskTest::NearCommune(_) | AskTest::OpenAt(_) | AskTest::Has(..) => {
                unreachable!("judged with the choice")
            }
            AskTest::Content(_) | AskTest::Capacity(_) => unreachable!("judged before"),
        }
    }

    fn id<'b>(&'b self, name: &'b String) -> &'b String {
        self.ids.get(name).unwrap_or(name)
    }

    fn is_token(&self, key: &Key, name: &str, token: &Token, held: &[Code]) -> bool {
        let code = self.id(&token.code);
        let mut wanted = vec![if name == "identifier" { identifier(code) } else { code.clone() }];
        if name == "commune-cog" || name == "intervention-zone" {
            wanted.extend(FewCommunes.also(code));
        }
        let is_held = held.iter().any(|(system, code)| {
            let system_fits = token.system.as_ref().is_none_or(|asked| asked == system);
            system_fits && (token.code.is_empty() || wanted.contains(code))
        });
        let is_place = (key.0, name) == (ResourceType::Location, "identifier") && token.system.is_none();
        is_held || (is_place && self.is_identified(key, code))
    }

    /// D8.3: when no place bears the value as it is written, `establishment/external number`.
    fn is_identified(&self, place: &Key, value: &str) -> bool {
        let mut known = self.identified.borrow_mut();
        known.entry(value.to_owned()).or_insert_with(|| self.identified(value)).contains(&place.1)
    }

    fn identified(&self, value: &str) -> BTreeSet<String> {
        let places = || self.oracle.seen(self.audience).iter().filter(|(key, _)| key.0 == ResourceType::Location);
        let bears = |place: &Node, value: &str, kind: Option<&str>| {
            place.items("identifier").any(|one| {
                let is_kind = |code: &Node| kind.is_none_or(|kind| code.as_str() == Some(kind));
                one.str("value").is_some_and(|held| identifier(held) == identifier(value))
                    && (kind.is_none() || read(one, "type/coding/code").into_iter().any(is_kind))
            })
        };
        let Some((left, right)) = value.split_once('/') else { return BTreeSet::new() };
        if places().any(|(_, seen)| bears(&seen.resource, value, None)) {
            return BTreeSet::new();
        }
        let found = places().filter(|(key, seen)| {
            bears(&seen.resource, right, Some("26")) && self.establishments(key).any(|one| self.is_called(&one, left))
        });
        found.map(|(key, _)| key.1.clone()).collect()
    }

    /// The structures that a place is of: what manages it, what provides its offers, and all above.
    fn establishments(&self, place: &Key) -> impl Iterator<Item = Key> {
        let offers = self.oracle.seen(self.audience).keys().filter(|key| key.0 == ResourceType::HealthcareService);
        let offers = offers.filter(|offer| self.targets(offer, "location").contains(place));
        let mut next: Vec<Key> = offers.flat_map(|offer| self.targets(offer, "organization")).collect();
        next.extend(self.targets(place, "organization"));
        let mut line = BTreeSet::new();
        while let Some(key) = next.pop() {
            if line.insert(key.clone()) {
                next.extend(self.targets(&key, "partof"));
            }
        }
        line.into_iter()
    }

    fn is_called(&self, structure: &Key, number: &str) -> bool {
        let Some(seen) = self.seen(structure) else { return false };
        let values: Vec<&Node> = seen.resource.items("identifier").collect();
        let mut codes = codes_of(structure, "identifier", &values).into_iter();
        facts::is_establishment(&seen.resource) && codes.any(|(_, value)| value == identifier(number))
    }

    /// `:identifier`: the reference holds it, or leads to what bears it.
    fn bears(&self, rtype: ResourceType, reference: &str, values: &[&Node], tokens: &[Token]) -> bool {
        let (element, target) = follow(rtype, reference);
        values.iter().any(|value| {
            let own: Vec<Code> =
                value.items("identifier").flat_map(codes).map(|(system, code)| (system.to_owned(), code)).collect();
            let mut holder = Node::Object(ror_fhir::Object::new());
            crate::corpus::put(&mut holder, element, (*value).clone());
            let led = targets(&holder, element, target).into_iter().map(|id| (target, id.to_owned()));
            let mut led = led.filter_map(|key| {
                let identifiers: Vec<&Node> = self.seen(&key)?.resource.items("identifier").collect();
                Some((codes_of(&key, "identifier", &identifiers), key))
            });
            let nobody = (ResourceType::Questionnaire, String::new());
            tokens.iter().any(|token| self.is_token(&nobody, "identifier", token, &own))
                || led.any(|(held, key)| tokens.iter().any(|token| self.is_token(&key, "identifier", token, &held)))
        })
    }
}

/// The codes that a parameter holds: stored, derived, or told by the commune.
pub(super) fn codes_of(key: &Key, name: &str, values: &[&Node]) -> Vec<Code> {
    if name == "_id" {
        return vec![(String::new(), key.1.clone())];
    }
    let mut all: Vec<Code> =
        values.iter().flat_map(|value| codes(value)).map(|(system, code)| (system.to_owned(), code)).collect();
    if name == "identifier" {
        let more: Vec<_> = all.iter().filter_map(|(system, value)| derived(key.0, system, value)).collect();
        all.extend(more.into_iter().map(|(system, value)| (system.to_owned(), value)));
    }
    let territory = |(_, commune): &Code| {
        let territory = FewCommunes.territory(commune)?;
        match name {
            "departement" => Some(territory.departement),
            "region" => Some(territory.region),
            _ => territory.epci,
        }
    };
    match name {
        "departement" | "region" | "epci" => {
            all.iter().filter_map(territory).map(|code| (String::new(), code)).collect()
        }
        _ => all,
    }
}

impl super::Oracle {
    /// The codes of a parameter that this audience sees anywhere.
    pub(crate) fn codes(&self, rtype: ResourceType, audience: Audience, path: &[&str], name: &str) -> BTreeSet<Token> {
        let target = path.iter().fold(rtype, |rtype, name| follow(rtype, name).1);
        let row = parameter(target, name).expect("a parameter of the table");
        let mut found = BTreeSet::new();
        for (key, seen) in self.seen(audience).iter().filter(|(key, _)| key.0 == target) {
            let parts = row.family.map_or_else(|| vec![vec![&seen.resource]], |family| records(&seen.resource, family));
            let values: Vec<&Node> = parts.iter().flatten().flat_map(|part| read(part, row.at)).collect();
            found.extend(codes_of(key, name, &values).into_iter().map(|(system, code)| match system.as_str() {
                "" => Token::bare(&code),
                system => Token::of(system, &code),
            }));
        }
        found
    }
}

/// `capacity`: one record of the place with that status, that horizon and that number.
fn holds_capacity(place: &Node, wanted: &[(&str, &str, crate::ask::Bound)]) -> bool {
    let has = |record: &Node, part: &str, code: &str| {
        read(record, part).into_iter().flat_map(codes).any(|(_, held)| held == code)
    };
    read(place, "@ror-location-supported-capacity").into_iter().any(|record| {
        wanted.iter().any(|(status, horizon, (prefix, number))| {
            let held = read(record, "@nbCapacity/=").into_iter().filter_map(Node::as_number).map(exact);
            has(record, "@capacityStatus/=", status)
                && has(record, "@temporalityCapacity/=", horizon)
                && held.into_iter().any(|held| number_passes(prefix, number, 1, held))
        })
    })
}

/// D8.5: FHIR's `:of-type`.
fn is_of_type(element: &Node, kind: (&str, &str), value: &str) -> bool {
    let kinds = element.get("type").into_iter().flat_map(|kind| kind.items("coding"));
    let mut kinds = kinds.map(|kind| (kind.str("system").unwrap_or_default(), kind.str("code")));
    element.str("value").is_some_and(|held| identifier(held) == identifier(value))
        && kinds.any(|(system, code)| (system, code) == (kind.0, Some(kind.1)))
}

/// `:text`: every word of the question starts a word of the label.
fn speaks(label: &str, question: &str) -> bool {
    let label = content::words(label);
    content::words(question).iter().all(|word| label.iter().any(|held| held.starts_with(word.as_str())))
}

/// `:below`: the code, an activity of that family, a category of that aggregate.
fn is_below((system, code): &Code, token: &Token) -> bool {
    let (asked_system, asked) = (token.system.as_deref().unwrap_or_default(), token.code.as_str());
    let terminology = Terminology::embedded();
    let is_it = system == asked_system && code == asked;
    let is_activity = asked_system.contains("R265-") && system.contains("R211-") && system.starts_with("https://mos.");
    let is_category = asked_system.contains("R66-") && system == asked_system;
    is_it
        || is_activity && terminology.activities_of_family(asked).contains(&code.as_str())
        || is_category && terminology.category(code).is_some_and(|held| held.parents.contains(&asked))
}
