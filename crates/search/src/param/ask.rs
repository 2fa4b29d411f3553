//! What the readings of a question have in common.

use ror_terminology::fold;

use crate::query::{Filter, QueryError, shorten};
use crate::{Comparison, Near, Parameter, Prefix};

/// The values of one criterion, as written.
pub(crate) struct Asked<'a> {
    /// The whole name of the parameter, for messages.
    pub(crate) written: &'a str,
    /// The alternatives, still escaped.
    pub(crate) values: &'a [String],
}

/// How a criterion compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How<'a> {
    /// As the parameter does by itself; a prefix may stand before each value.
    Plain,
    /// By a modifier.
    Modifier(&'a str),
    /// By an operator of a filter that is a prefix (`ge`), or means one (`po`).
    Compared(Prefix),
    /// A text ends with the value (`ew` of a filter).
    Ends,
}

/// One criterion as read, on the thing that has the parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leaf {
    /// What holds when it is met.
    pub(crate) held: Filter,
    /// What holds when it is not, where that is not the mere contrary.
    pub(crate) unmet: Option<Filter>,
    /// It was asked the other way round (`:not`).
    pub(crate) negated: bool,
    /// It bears on a record or a thing of its own, and joins no other criterion.
    pub(crate) own: bool,
    /// The circles of a `near`.
    pub(crate) near: Option<Near>,
    /// The words of a `_content`, by alternative.
    pub(crate) words: Vec<Vec<String>>,
}

impl Leaf {
    pub(crate) const fn new(held: Filter) -> Self {
        Self { held, unmet: None, negated: false, own: false, near: None, words: Vec::new() }
    }

    pub(crate) fn not(held: Filter) -> Self {
        Self { negated: true, ..Self::new(held) }
    }
}

impl Asked<'_> {
    /// A fault of one value: what was expected, and what was read.
    pub(crate) fn error(&self, expected: &str, read: &str) -> QueryError {
        QueryError::expected(self.written, expected, read)
    }

    /// The modifier is not one of this parameter.
    pub(crate) fn unknown_modifier(&self, parameter: &Parameter, modifier: &str) -> QueryError {
        let known = || {
            parameter.modifiers().iter().flat_map(|name| match *name {
                "[type]" => parameter.targets.iter().map(|target| target.name()).collect(),
                name => vec![name],
            })
        };
        let mut message = format!("Modificateur « :{} » non admis ici", shorten(modifier));
        if modifier == "above" {
            message.push_str(" ; « :above » s'écrit organization.<paramètre>:above");
        }
        let list: Vec<_> = known().map(|name| format!(":{name}")).collect();
        let admitted =
            if list.is_empty() { "aucun n'est admis".to_owned() } else { format!("admis : {}", list.join(", ")) };
        QueryError::new(self.written, format!("{message} ; {admitted}."))
    }
}

/// Refuses whatever is not the plain reading.
pub(crate) fn plain_only(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<(), QueryError> {
    match how {
        How::Plain => Ok(()),
        How::Modifier(modifier) => Err(asked.unknown_modifier(parameter, modifier)),
        How::Compared(_) | How::Ends => Err(QueryError::new(asked.written, "Opérateur non admis pour ce paramètre.")),
    }
}

/// Reads the values of a parameter that prefixes compare.
pub(crate) fn compared(
    parameter: &Parameter,
    how: How<'_>,
    asked: &Asked<'_>,
    read: impl Fn(Prefix, &str) -> Result<Comparison, String>,
) -> Result<Vec<Comparison>, QueryError> {
    let one = |value: &String| {
        let (prefix, text) = match how {
            How::Compared(prefix) => (prefix, &**value),
            _ => Prefix::split(value).ok_or_else(|| asked.error(PREFIXES, value))?,
        };
        read(prefix, text).map_err(|expected| asked.error(&expected, value))
    };
    if !matches!(how, How::Compared(_)) {
        plain_only(parameter, how, asked)?;
    }
    asked.values.iter().map(one).collect()
}

/// What may stand before a value.
const PREFIXES: &str = "préfixe attendu : eq, ne, gt, lt, ge, le, sa, eb ou ap";

/// The folded texts of the values, none empty.
pub(crate) fn folded(asked: &Asked<'_>) -> Result<Vec<String>, QueryError> {
    let one = |value: &String| {
        let text = fold(&unescape(value));
        if text.is_empty() { Err(asked.error("texte attendu", value)) } else { Ok(text) }
    };
    asked.values.iter().map(one).collect()
}

/// Splits at `separator` where it is not escaped by a backslash (FHIR R4 §3.1.1.4.18).
pub(crate) fn split_raw(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// The text itself, without the backslashes that protect it.
pub(crate) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('\\' | ',' | '|' | '$'))) => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Protects a text that is to be read as one value: the contrary of [`unescape`], but for `|` and
/// `$`, which part a value.
pub(crate) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

/// `true` or `false`.
pub(crate) fn boolean(asked: &Asked<'_>) -> Result<bool, QueryError> {
    match asked.values {
        [one] if one == "true" => Ok(true),
        [one] if one == "false" => Ok(false),
        other => Err(asked.error("valeur true ou false attendue", &other.join(","))),
    }
}
