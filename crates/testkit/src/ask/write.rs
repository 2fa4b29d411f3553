//! Questions as requests: as parameters, or in `_filter`, the national dialect and FHIR R4.

use std::collections::BTreeMap;

use super::{Ask, AskTest, Bound, Expr, How, Term, Token, Writing, follow};
use ror_search::ResourceType;

/// Names of slots, and the ids that stand for them.
type Ids = BTreeMap<String, String>;

/// A test as an operator of `_filter` and its values.
type Operation = (&'static str, Vec<String>);

impl Ask {
    /// Names and values of the request.
    pub fn pairs(&self, ids: &Ids) -> Vec<(String, String)> {
        let writer = Writer { rtype: self.rtype, ids, writing: self.writing };
        let mut pairs = Vec::new();
        let mut filters = Vec::new();
        for criterion in &self.criteria {
            let pair = writer.parameter(criterion);
            match (pair, can_filter_all(criterion)) {
                (Some(pair), false) => pairs.push(pair),
                (Some(pair), true) if self.writing != Writing::Filter => pairs.push(pair),
                _ => filters.push(criterion.clone()),
            }
        }
        if self.writing == Writing::Filter && !filters.is_empty() {
            filters = vec![Expr::All(filters)];
        }
        pairs.extend(filters.iter().map(|filter| ("_filter".to_owned(), writer.whole(filter))));
        pairs.extend(self.includes.iter().map(|include| {
            let name = if include.reverse { "_revinclude" } else { "_include" };
            let name = if include.iterate { format!("{name}:iterate") } else { name.to_owned() };
            (name, include.source.map_or("*".to_owned(), |(rtype, name)| format!("{rtype}:{name}")))
        }));
        if !self.sort.is_empty() {
            let keys = self.sort.iter().map(|(key, descending)| format!("{}{key}", if *descending { "-" } else { "" }));
            pairs.push(("_sort".to_owned(), keys.collect::<Vec<_>>().join(",")));
        }
        pairs.push(("_count".to_owned(), self.count.to_string()));
        if self.writing == Writing::Turned {
            pairs.reverse();
        }
        pairs
    }
}

struct Writer<'a> {
    rtype: ResourceType,
    ids: &'a Ids,
    writing: Writing,
}

impl Writer<'_> {
    /// A criterion as a parameter, when one says it.
    fn parameter(&self, criterion: &Expr) -> Option<(String, String)> {
        let (term, not) = match criterion {
            Expr::Is(term) => (term, false),
            Expr::Not(inner) => match &**inner {
                Expr::Is(term) => (term, true),
                _ => return None,
            },
            Expr::All(_) | Expr::Any(_) => return None,
        };
        // D9: there is no `:not:above`.
        if not && term.above {
            return None;
        }
        let (modifier, value) = self.value(self.rtype, term, not)?;
        let above = if term.above { ":above" } else { "" };
        Some((format!("{}{modifier}{above}", self.name(self.rtype, term)), value))
    }

    /// The name of a parameter, the references before it; `_has` with what it holds.
    fn name(&self, rtype: ResourceType, term: &Term) -> String {
        let mut at = rtype;
        let mut out = String::new();
        for name in &term.path {
            at = follow(at, name).1;
            let typed = if self.writing == Writing::Turned { format!(":{at}") } else { String::new() };
            out.extend([name, typed.as_str(), "."]);
        }
        out + &match &term.test {
            AskTest::Has(from, reference, inner) => {
                format!("_has:{from}:{reference}:{}", self.name(*from, inner))
            }
            _ => term.name.to_owned(),
        }
    }

    /// Modifier and value of a parameter; nothing when only `_filter` says it.
    fn value(&self, rtype: ResourceType, term: &Term, not: bool) -> Option<(&'static str, String)> {
        let list = |values: Vec<String>| values.join(",");
        let (modifier, value) = match &term.test {
            AskTest::Has(from, _, inner) if !not => return self.value(*from, inner, false),
            AskTest::Tokens(tokens) => (if not { ":not" } else { "" }, self.tokens(term.name, tokens)),
            AskTest::In(address) => (if not { ":not-in" } else { ":in" }, (*address).to_owned()),
            _ if not => return None,
            AskTest::OfType(system, code, value) => (":of-type", format!("{system}|{code}|{}", escape(value))),
            AskTest::Label(words) => (":text", escape(words)),
            AskTest::Below(tokens) => (":below", self.tokens(term.name, tokens)),
            AskTest::Bears(tokens) => (":identifier", self.tokens(term.name, tokens)),
            AskTest::Texts(how, texts) => {
                let texts = texts.iter().map(|text| escape(text)).collect();
                match how {
                    How::Starts => ("", list(texts)),
                    How::Contains => (":contains", list(texts)),
                    How::Exact => (":exact", list(texts)),
                    How::Ends => return None,
                }
            }
            AskTest::Missing(missing) => (":missing", missing.to_string()),
            AskTest::Content(words) => ("", escape(words)),
            _ => {
                let (_, values) = self.operations(rtype, term).into_iter().next()?;
                ("", list(prefixed_values(term).unwrap_or(values)))
            }
        };
        Some((modifier, value))
    }

    /// Codes in a list: those without system first, since a later one may take that of the one before it.
    fn tokens(&self, name: &str, tokens: &[Token]) -> String {
        let mut tokens: Vec<Token> = tokens.to_vec();
        tokens.sort();
        if self.writing == Writing::Turned && is_of_one_system(name) {
            // `system|a,b`: the second one is of the same system, said or not (S27).
            let first =
                tokens.iter().position(|token| token.system.as_deref().is_some_and(|system| !system.is_empty()));
            if let Some(first) = first {
                tokens.swap(0, first);
                let system = tokens[0].system.clone();
                let of_it = |token: &&mut Token| token.system == system && !token.code.is_empty();
                tokens[1..].iter_mut().filter(of_it).for_each(|token| token.system = None);
            }
        }
        tokens.iter().map(|token| self.token(token)).collect::<Vec<_>>().join(",")
    }

    fn token(&self, token: &Token) -> String {
        match &token.system {
            None => escape(self.id(&token.code)),
            Some(system) => format!("{}|{}", escape(system), escape(&token.code)),
        }
    }

    fn id<'a>(&'a self, name: &'a String) -> &'a String {
        self.ids.get(name).unwrap_or(name)
    }

    /// A whole `_filter`; the national dialect puts it between parentheses.
    fn whole(&self, expr: &Expr) -> String {
        let text = self.filter(expr, 0);
        if self.writing == Writing::Filter || text.starts_with('(') && matches!(expr, Expr::Is(_)) {
            text
        } else {
            format!("({text})")
        }
    }

    /// A condition; `inside` tells what stands around it: 0 nothing or parentheses, 1 `or`, 2 `and` or `not`.
    fn filter(&self, expr: &Expr, inside: u8) -> String {
        let (or, and) = if self.writing == Writing::Turned { (" OR ", " AND ") } else { (" or ", " and ") };
        let join = |parts: &[Expr], word: &str, inside| {
            parts.iter().map(|part| self.filter(part, inside)).collect::<Vec<_>>().join(word)
        };
        // `and` binds tighter than `or` (D15); elsewhere parentheses say it once more.
        let is_bare = |needed: bool| inside == 0 || (self.writing == Writing::Filter && !needed);
        let (text, bare) = match expr {
            Expr::Is(term) => return self.term(term),
            Expr::Not(inner) => {
                let direct = if let Expr::Is(term) = &**inner { self.negated(term) } else { None };
                return direct.unwrap_or_else(|| format!("not ({})", self.filter(inner, 0)));
            }
            Expr::All(parts) | Expr::Any(parts) if parts.len() == 1 => return self.filter(&parts[0], inside),
            Expr::All(parts) => (join(parts, and, 2), is_bare(false)),
            Expr::Any(parts) => (join(parts, or, 1), is_bare(inside == 2)),
        };
        if bare { text } else { format!("({text})") }
    }

    /// One test; its alternatives are abbreviated, or repeated whole.
    fn term(&self, term: &Term) -> String {
        let path = filter_path(term);
        let (rtype, inner) = inner_of(self.rtype, term);
        if let (AskTest::Content(words), Writing::Plain) = (&inner.test, self.writing) {
            // The national dialect; several words need quotes.
            let is_one = words.chars().all(char::is_alphanumeric);
            return if is_one { format!("{path}={words}") } else { format!("{path}={}", quoted(words)) };
        }
        let operations = self.operations(rtype, inner);
        let or = if self.writing == Writing::Turned { " OR " } else { " or " };
        let mut parts = Vec::new();
        for (operator, values) in &operations {
            // After `ne`, `or` with a value alone could be read in two ways: it is refused.
            // Repeated, circles would be alternatives of the question: only one criterion orders by distance (D7).
            let is_near = matches!(inner.test, AskTest::Near(_) | AskTest::NearCommune(_));
            if (self.writing == Writing::Turned && !is_near) || *operator == "ne" {
                parts.extend(values.iter().map(|value| format!("{path} {operator} {value}")));
            } else {
                parts.push(format!("{path} {operator} {}", values.join(or)));
            }
        }
        let is_alone = operations.len() == 1 && operations[0].1.len() == 1;
        let text = parts.join(or);
        if is_alone { text } else { format!("({text})") }
    }

    /// A negated test by an operator of its own, where there is one.
    fn negated(&self, term: &Term) -> Option<String> {
        if self.writing != Writing::Filter || term.above {
            return None;
        }
        let (operator, value) = match &term.test {
            AskTest::Tokens(tokens) => ("ne", self.bare_token(tokens.first().filter(|_| tokens.len() == 1)?)),
            AskTest::Texts(How::Starts, texts) => ("ne", quoted(texts.first().filter(|_| texts.len() == 1)?)),
            AskTest::In(address) => ("ni", (*address).to_owned()),
            _ => return None,
        };
        Some(format!("{} {operator} {value}", filter_path(term)))
    }

    /// Operators and values, of a test that is no `_has`.
    /// Those without system first, as in a list.
    fn bare_tokens(&self, tokens: &[Token]) -> Vec<String> {
        let mut tokens = tokens.to_vec();
        tokens.sort();
        tokens.iter().map(|token| self.bare_token(token)).collect()
    }

    fn operations(&self, rtype: ResourceType, term: &Term) -> Vec<Operation> {
        let one = |operator, values: Vec<String>| vec![(operator, values)];
        match &term.test {
            AskTest::Tokens(tokens) => one("eq", self.bare_tokens(tokens)),
            AskTest::Below(tokens) => one("sb", self.bare_tokens(tokens)),
            AskTest::In(address) => one("in", vec![(*address).to_owned()]),
            AskTest::Texts(how, texts) => one(
                match how {
                    How::Contains => "co",
                    How::Ends => "ew",
                    // D12: two signs of a postal code stand for more than a start.
                    How::Starts if term.name != "address-postalcode" && self.writing == Writing::Filter => "sw",
                    _ => "eq",
                },
                texts.iter().map(|text| quoted(text)).collect(),
            ),
            AskTest::Missing(missing) => one("pr", vec![(!missing).to_string()]),
            AskTest::Dates(bounds) => {
                let is_po = self.writing == Writing::Filter;
                let operator = |prefix| if prefix == "ap" && is_po { "po" } else { operator(prefix) };
                by_operator(bounds.iter().map(|(prefix, date)| (operator(prefix), (*date).to_owned())))
            }
            AskTest::Numbers(bounds) => {
                by_operator(bounds.iter().map(|(p, number)| (operator(p), (*number).to_owned())))
            }
            AskTest::Quantities(values) => by_operator(
                values.iter().map(|((p, number), unit)| (operator(p), (*number).to_owned() + &unit_of(*unit))),
            ),
            AskTest::Near(circles) => one("eq", circles.iter().map(|(a, b, c)| format!("{a}|{b}|{c}|km")).collect()),
            AskTest::NearCommune(circles) => {
                one("eq", circles.iter().map(|(code, c)| format!("{code}|{c}|km")).collect())
            }
            AskTest::References(targets) => {
                let (_, target) = follow(term.target(rtype), term.name);
                let is_typed = |typed: bool| typed || self.writing == Writing::Filter;
                let write = |(name, typed): &(String, bool)| {
                    if is_typed(*typed) { format!("{target}/{}", self.id(name)) } else { self.id(name).clone() }
                };
                one("re", targets.iter().map(write).collect())
            }
            AskTest::Content(words) => one("eq", vec![quoted(words)]),
            AskTest::Capacity(values) => one(
                "eq",
                values
                    .iter()
                    .map(|(status, horizon, bound)| format!("{status}${horizon}${}", prefixed(bound)))
                    .collect(),
            ),
            AskTest::OpenAt(moment) => one("eq", vec![(*moment).to_owned()]),
            AskTest::OfType(..) | AskTest::Label(_) | AskTest::Bears(_) | AskTest::Has(..) => vec![],
        }
    }

    fn bare_token(&self, token: &Token) -> String {
        let code = self.id(&token.code);
        token.system.as_ref().map_or_else(|| code.clone(), |system| format!("{system}|{code}"))
    }
}

/// `_has:T:r:path.name:above`
fn filter_path(term: &Term) -> String {
    let path = term.path.iter().fold(String::new(), |path, name| path + name + ".");
    let name = match &term.test {
        AskTest::Has(from, reference, inner) => format!("_has:{from}:{reference}:{}", filter_path(inner)),
        _ => term.name.to_owned(),
    };
    format!("{path}{name}{}", if term.above { ":above" } else { "" })
}

/// The test within `_has`, however deep, and the type it starts from.
fn inner_of(rtype: ResourceType, term: &Term) -> (ResourceType, &Term) {
    match &term.test {
        AskTest::Has(from, _, inner) => inner_of(*from, inner),
        _ => (rtype, term),
    }
}

/// Whether `_filter` can say a condition.
fn can_filter_all(expr: &Expr) -> bool {
    match expr {
        Expr::Is(term) => can_filter(term),
        Expr::Not(inner) => can_filter_all(inner),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().all(can_filter_all),
    }
}

/// Whether `_filter` can say a test.
pub(super) fn can_filter(term: &Term) -> bool {
    match &inner_of(ResourceType::Location, term).1.test {
        AskTest::OfType(..) | AskTest::Label(_) | AskTest::Bears(_) | AskTest::Texts(How::Exact, _) => false,
        // A token of no system, or of any code of one, has no writing there.
        AskTest::Tokens(tokens) | AskTest::Below(tokens) => {
            tokens.iter().all(|token| !token.code.is_empty() && !token.code.contains(' '))
        }
        _ => true,
    }
}

/// Parameters that read one code system, so that a bare code is of it.
fn is_of_one_system(name: &str) -> bool {
    let starts = ["capacity-", "temporality-", "gender-", "additional-", "crisis-", "price-", "special-", "commune-"];
    starts.iter().any(|start| name.starts_with(start))
}

/// Values whose comparison is written in front.
fn prefixed_values(term: &Term) -> Option<Vec<String>> {
    match &term.test {
        AskTest::Dates(bounds) | AskTest::Numbers(bounds) => Some(bounds.iter().map(prefixed).collect()),
        AskTest::Quantities(values) => {
            Some(values.iter().map(|(bound, unit)| prefixed(bound) + &unit_of(*unit)).collect())
        }
        _ => None,
    }
}

fn prefixed((prefix, value): &Bound) -> String {
    format!("{prefix}{value}")
}

fn operator(prefix: &'static str) -> &'static str {
    if prefix.is_empty() { "eq" } else { prefix }
}

fn by_operator(values: impl Iterator<Item = Comparison>) -> Vec<Operation> {
    let mut out: Vec<Operation> = Vec::new();
    for (operator, value) in values {
        match out.iter_mut().find(|(known, _)| *known == operator) {
            Some((_, values)) => values.push(value),
            None => out.push((operator, vec![value])),
        }
    }
    out
}

/// An operator and its value.
type Comparison = (&'static str, String);

fn unit_of(unit: Option<(&str, &str)>) -> String {
    unit.map_or_else(String::new, |(system, unit)| format!("|{system}|{unit}"))
}

/// FHIR R4 §3.1.1.4.18.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A string of `_filter`, as JSON writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
