//! Refused requests, and remarks on accepted ones.

/// A parameter that could not be read (D3): the answer is 400, and nothing is searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Why.
    pub kind: QueryErrorKind,
    /// The parameter as written.
    pub parameter: String,
    /// What is wrong and what was expected, in French.
    pub message: String,
}

/// Why a parameter could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// Unknown or ill-formed.
    Invalid,
    /// Well-formed, and more work than a request may ask for (D15, D61).
    TooCostly,
}

/// A remark on a request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWarning {
    /// The parameter as written.
    pub parameter: String,
    /// The remark, in French.
    pub message: String,
}

/// Names further than this from what was written are no help (D3).
const DISTANCE_MAX: usize = 3;
/// How many names are proposed at most (D3).
const PROPOSED_MAX: usize = 3;

impl QueryError {
    pub(crate) fn new(parameter: &str, message: impl Into<String>) -> Self {
        Self { kind: QueryErrorKind::Invalid, parameter: parameter.to_owned(), message: message.into() }
    }

    pub(crate) fn too_costly(parameter: &str, message: impl Into<String>) -> Self {
        Self { kind: QueryErrorKind::TooCostly, ..Self::new(parameter, message) }
    }

    /// A value of another shape: what was expected, and what was read.
    pub(crate) fn expected(parameter: &str, expected: &str, read: &str) -> Self {
        Self::new(parameter, format!("{} ; lu : {}.", capitalised(expected), quoted(read)))
    }

    /// An unknown word, with the closest known ones.
    pub(crate) fn unknown<'a>(
        parameter: &str,
        what: &str,
        written: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let close = closest(written, known);
        let advice = if close.is_empty() {
            String::new()
        } else {
            let quoted: Vec<_> = close.iter().map(|name| format!("« {name} »")).collect();
            format!(" Vouliez-vous dire {} ?", quoted.join(" ou "))
        };
        Self::new(parameter, format!("{what} : {}.{advice}", quoted(written)))
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What was read, between quotes.
pub(crate) fn quoted(read: &str) -> String {
    if read.is_empty() { "rien".to_owned() } else { format!("« {} »", shorten(read)) }
}

fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if written.is_empty() {
        return Vec::new();
    }
    let written = written.to_lowercase();
    let length = written.chars().count();
    let mut near: Vec<_> = known
        .into_iter()
        // Names much longer or shorter are further still, and need not be compared.
        .filter(|name| name.chars().count().abs_diff(length) <= DISTANCE_MAX)
        .map(|name| (strsim::damerau_levenshtein(&written, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(PROPOSED_MAX).map(|(_, name)| name).collect()
}

/// Long values are quoted by their beginning: an answer need not carry a whole query back.
pub(crate) fn shorten(text: &str) -> String {
    const QUOTED_MAX: usize = 80;
    if text.chars().count() <= QUOTED_MAX {
        return text.to_owned();
    }
    text.chars().take(QUOTED_MAX).chain(['…']).collect()
}
