//! The filter language: the national dialect and all of the grammar of FHIR R4 (D15, R4 search_filter).
//!
//! ```text
//! filter := and ( 'or' and )*                 test  := path operator value ( 'or' value )*
//! and    := unary ( 'and' unary )*            path  := name ( '.' name )* [ ':above' ], `_has:…` in front,
//! unary  := test | '(' filter ')'                      and `name[filter].path`, which speaks of one thing
//!         | 'not' '(' filter ')'              value := '"' text '"' | whatever goes until a space or ')'
//! ```
//! Words are told whatever their case; `=` is an operator with `_content` alone (S38). After the
//! value of a test, `or` may be followed by a value alone: it is another test when an operator
//! comes next.

mod operators;
mod text;

use super::criteria::{Asking, Place};
use super::raw::Raw;
use super::{QueryError, Reader, quoted};
use crate::param::ask::escape;
use operators::{OPERATORS, Operator};
use text::{Text, Word};

/// Deepest nesting of parentheses, brackets and `not` (D15).
const DEPTH_MAX: usize = 20;
/// Most tests of one filter (D15).
const TESTS_MAX: usize = 200;
/// Most values of one test.
const VALUES_MAX: usize = 1_000;

impl Reader<'_> {
    /// Reads the value of `_filter`.
    pub(super) fn filter_language(&mut self, value: &str) -> Result<Raw, QueryError> {
        let root = Place::of(self.query.rtype);
        let mut parser = Parser { text: Text::new(value), reader: self, depth: 0, tests: 0, brackets: 0 };
        let raw = parser.or(&root)?;
        parser.text.skip_spaces();
        match parser.text.peek() {
            None => Ok(raw),
            Some(_) => Err(parser.expected("suite attendue : and, or ou la fin du filtre")),
        }
    }
}

/// A value, escaped as those of request parameters are, and where it stands.
struct Value {
    text: String,
    position: usize,
}

struct Parser<'a, 'r, 'q> {
    text: Text<'a>,
    reader: &'q mut Reader<'r>,
    depth: usize,
    tests: usize,
    /// Brackets that the parser is in: there, `]` ends a value too.
    brackets: usize,
}

impl Parser<'_, '_, '_> {
    fn or(&mut self, place: &Place) -> Result<Raw, QueryError> {
        let mut any = vec![self.and(place)?];
        while self.text.take_word("or") {
            self.text.skip_spaces();
            let is_apart = self.text.peek() == Some('(');
            let next = self.and(place)?;
            if is_apart { any.push(next) } else { next.or(&mut any) }
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Raw::Any(any) })
    }

    fn and(&mut self, place: &Place) -> Result<Raw, QueryError> {
        let mut all = vec![self.unary(place)?];
        while self.text.take_word("and") {
            all.push(self.unary(place)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Raw::All(all) })
    }

    fn unary(&mut self, place: &Place) -> Result<Raw, QueryError> {
        self.text.skip_spaces();
        if self.text.peek() == Some('(') {
            return self.parentheses(place);
        }
        let start = self.text.clone();
        if self.text.take_word("not") {
            self.text.skip_spaces();
            if self.text.peek() != Some('(') {
                return Err(self.expected("parenthèse ( attendue après not"));
            }
            return Ok(Raw::Not(Box::new(self.parentheses(place)?)));
        }
        self.text = start;
        self.test(place)
    }

    fn parentheses(&mut self, place: &Place) -> Result<Raw, QueryError> {
        self.deeper()?;
        self.text.next();
        // A parenthesis inside a bracket ends by itself: `]` has no meaning there.
        let inside = self.or(place)?;
        self.text.skip_spaces();
        if self.text.peek() != Some(')') {
            return Err(self.expected("suite attendue : and, or ou )"));
        }
        self.text.next();
        self.depth -= 1;
        Ok(inside)
    }

    fn deeper(&mut self) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        let message = format!("Au plus {DEPTH_MAX} niveaux de parenthèses.");
        Err(QueryError::too_costly("_filter", placed_at(self.text.position(), &message)))
    }

    /// `path operator value`, or what is in brackets after a reference and what follows.
    fn test(&mut self, place: &Place) -> Result<Raw, QueryError> {
        let path = self.text.path();
        if path.text.is_empty() {
            return Err(self.expected("critère attendu"));
        }
        if Operator::parse(path.text).is_some() || is_joint(path.text) {
            return Err(fault(path.position, "critère attendu", path.text));
        }
        if self.text.peek() == Some('[') {
            return self.bracket(place, &path);
        }
        self.tests += 1;
        if self.tests > TESTS_MAX {
            let message = format!("Au plus {TESTS_MAX} critères dans un filtre.");
            return Err(QueryError::too_costly("_filter", placed_at(path.position, &message)));
        }
        let (operator, at) = self.operator(&path)?;
        let values = self.values(&path, operator)?;
        self.make(place, &path, operator, at, &values)
    }

    /// `reference[filter].path`: both speak of one thing, as all that follows one reference does (D1).
    fn bracket(&mut self, place: &Place, path: &Word<'_>) -> Result<Raw, QueryError> {
        self.deeper()?;
        if path.text.starts_with("_has:") {
            return Err(fault(path.position, "un crochet ne suit pas _has ; référence attendue", path.text));
        }
        let mut next = place.clone();
        for name in path.text.split('.') {
            let followed = self.reader.follow(&next, name, "_filter");
            next = followed.map_err(|error| placed(path.position, error))?;
        }
        self.text.next();
        self.brackets += 1;
        let inside = self.or(&next)?;
        self.text.skip_spaces();
        if self.text.peek() != Some(']') {
            return Err(self.expected("suite attendue : and, or ou ]"));
        }
        self.text.next();
        self.brackets -= 1;
        if self.text.peek() != Some('.') {
            return Err(self.expected("suite attendue après ] : .paramètre"));
        }
        self.text.next();
        let rest = self.test(&next)?;
        self.depth -= 1;
        Ok(Raw::All(vec![inside, rest]))
    }

    fn operator(&mut self, path: &Word<'_>) -> Result<(Operator, usize), QueryError> {
        let is_content =
            path.text == "_content" || path.text.ends_with("._content") || path.text.ends_with(":_content");
        self.text.skip_spaces();
        let at = self.text.position();
        if self.text.peek() == Some('=') {
            if !is_content {
                return Err(fault(at, "opérateur attendu ; = n'est admis qu'avec _content, écrire eq", "="));
            }
            self.text.next();
            return Ok((Operator::Eq, at));
        }
        let word = self.text.word(self.brackets > 0);
        match Operator::parse(word.text) {
            Some(operator) => Ok((operator, at)),
            None => {
                let error = QueryError::unknown(
                    "_filter",
                    &format!("Opérateur attendu : {OPERATORS} ; lu"),
                    word.text,
                    Operator::names(),
                );
                let read_nothing = QueryError::expected("_filter", &format!("opérateur attendu : {OPERATORS}"), "");
                Err(placed(at, if word.text.is_empty() { read_nothing } else { error }))
            }
        }
    }

    /// The values of a test: one, and those that `or` adds without another path.
    fn values(&mut self, path: &Word<'_>, operator: Operator) -> Result<Vec<Value>, QueryError> {
        let mut values = vec![self.value()?];
        loop {
            let before = self.text.clone();
            if !self.text.take_word("or") || !self.is_value_alone() {
                self.text = before;
                return Ok(values);
            }
            self.text.skip_spaces();
            let at = self.text.position();
            if operator.is_negative() {
                let message = format!(
                    "« {} … {} … or … » se lit de deux façons : répéter le critère, joint par and ou par or.",
                    path.text,
                    operator.code()
                );
                return Err(QueryError::new("_filter", placed_at(at, &message)));
            }
            values.push(self.value()?);
            if values.len() > VALUES_MAX {
                let message = format!("Au plus {VALUES_MAX} valeurs pour un critère.");
                return Err(QueryError::too_costly("_filter", placed_at(at, &message)));
            }
        }
    }

    /// After `or`: a value that no operator follows, so that it belongs to the test before.
    fn is_value_alone(&mut self) -> bool {
        let before = self.text.clone();
        self.text.skip_spaces();
        let is_alone = match self.text.peek() {
            None | Some('(' | ')') => false,
            Some('"') => true,
            Some(_) => {
                let word = self.text.word(self.brackets > 0).text;
                let is_not = word.eq_ignore_ascii_case("not") && self.text.clone().next_is('(');
                let is_path = word.contains('[')
                    || ["_content=", "._content=", ":_content="]
                        .iter()
                        .any(|path| word.starts_with(path) || (!path.starts_with('_') && word.contains(path)));
                let next = self.text.next_word(self.brackets > 0);
                !is_joint(word) && !is_not && !is_path && next != "=" && Operator::parse(next).is_none()
            }
        };
        self.text = before;
        is_alone
    }

    /// A value, escaped as those of request parameters are.
    fn value(&mut self) -> Result<Value, QueryError> {
        self.text.skip_spaces();
        let at = self.text.position();
        if self.text.peek() == Some('"') {
            let read = self.text.quoted().map_err(|(at, expected)| {
                let read = self.text.rest_from(at);
                fault(at, expected, read)
            })?;
            return Ok(Value { text: escape(&read), position: at });
        }
        let word = self.text.word(self.brackets > 0);
        if word.text.is_empty() {
            return Err(self.expected("valeur attendue"));
        }
        if word.text.contains(',') {
            let expected =
                "valeur sans virgule attendue : écrire or entre deux valeurs, ou des guillemets autour d'une";
            return Err(fault(at, expected, word.text));
        }
        Ok(Value { text: word.text.to_owned(), position: at })
    }

    fn make(
        &mut self,
        place: &Place,
        path: &Word<'_>,
        operator: Operator,
        at: usize,
        values: &[Value],
    ) -> Result<Raw, QueryError> {
        let texts: Vec<String> = values.iter().map(|value| value.text.clone()).collect();
        let kind = operators::kind_of(self.reader, place, path.text);
        let asking = match operator {
            Operator::Pr => match &texts[..] {
                [one] if one.eq_ignore_ascii_case("true") => Asking::Present(true),
                [one] if one.eq_ignore_ascii_case("false") => Asking::Present(false),
                _ => {
                    return Err(fault(
                        values.first().map_or(at, |value| value.position),
                        "valeur true ou false attendue après pr",
                        &texts.join(" or "),
                    ));
                }
            },
            other => match kind {
                Some((kind, name)) => {
                    let (how, negate) = other.meaning(kind, name).map_err(|admitted| {
                        let message = format!("opérateur {} non admis pour {name} ; admis : {admitted}", other.code());
                        fault(at, &message, other.code())
                    })?;
                    Asking::Filter { how, negate, values: &texts }
                }
                // The path leads nowhere: its own fault is told.
                None => Asking::Filter { how: crate::param::ask::How::Plain, negate: false, values: &texts },
            },
        };
        self.reader.is_reading_value = false;
        let made = self.reader.term(place, path.text, "_filter", asking);
        made.map_err(|error| {
            // The value that the fault tells, else the first one; or the path.
            let told = values.iter().find(|value| error.message.contains(&quoted(&value.text)));
            let value = told.or(values.first()).filter(|_| self.reader.is_reading_value);
            placed(value.map_or(path.position, |value| value.position), error)
        })
    }

    /// What was expected where the parser stands, and what stands there.
    fn expected(&self, expected: &str) -> QueryError {
        let at = self.text.position();
        let mut ahead = self.text.clone();
        let read = match ahead.peek() {
            Some(sign @ ('(' | ')' | '[' | ']' | '=')) => sign.to_string(),
            Some('"') => "\"".to_owned(),
            _ => ahead.word(true).text.to_owned(),
        };
        fault(at, expected, &read)
    }
}

/// Whether a word joins criteria; it is no value unless quoted.
fn is_joint(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}

fn fault(at: usize, expected: &str, read: &str) -> QueryError {
    placed(at, QueryError::expected("_filter", expected, read))
}

fn placed(at: usize, error: QueryError) -> QueryError {
    QueryError { message: placed_at(at, &error.message), ..error }
}

/// A message with its place, told once.
fn placed_at(at: usize, message: &str) -> String {
    if message.starts_with("Caractère ") { message.to_owned() } else { format!("Caractère {at} : {message}") }
}
