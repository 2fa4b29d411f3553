//! One line cut into fields.

use std::borrow::Cow;

/// The fields of a line.
pub(super) struct Split<'a> {
    /// The fields, quotes taken off.
    pub(super) fields: Vec<Cow<'a, str>>,
    /// A quote was opened and never closed: the last field runs to the end of the line.
    pub(super) open_quote: bool,
}

/// Cuts a line. A field that starts with a quote ends at the next single quote, inner ones are doubled;
/// a quote elsewhere is an ordinary character, as registers write it (`5"`, `L"ESPOIR`).
pub(super) fn split(line: &str, separator: char) -> Split<'_> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = if let Some(inside) = rest.strip_prefix('"') {
            let Some(split) = quoted(inside, separator) else {
                fields.push(Cow::Borrowed(inside));
                return Split { fields, open_quote: true };
            };
            split
        } else {
            plain(rest, separator)
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Split { fields, open_quote: false },
        }
    }
}

type FieldAndRest<'a> = (Cow<'a, str>, Option<&'a str>);

fn plain(text: &str, separator: char) -> FieldAndRest<'_> {
    match text.split_once(separator) {
        Some((field, after)) => (Cow::Borrowed(field), Some(after)),
        None => (Cow::Borrowed(text), None),
    }
}

/// Reads up to the closing quote; what stands between it and the separator is kept.
fn quoted(inside: &str, separator: char) -> Option<FieldAndRest<'_>> {
    let mut from = 0;
    loop {
        let quote = from + inside[from..].find('"')?;
        if inside[quote + 1..].starts_with('"') {
            from = quote + 2;
            continue;
        }
        let value = &inside[..quote];
        let (tail, after) = plain(&inside[quote + 1..], separator);
        let value = if value.contains("\"\"") { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) };
        let value = if tail.is_empty() { value } else { Cow::Owned(format!("{value}{tail}")) };
        return Some((value, after));
    }
}
