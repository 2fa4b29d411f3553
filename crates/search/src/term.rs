//! Terms: the exact keys under which documents are found.

use crate::ParamId;

/// A key of the index: two resources share it when the same question finds both.
///
/// Its bytes order strings of one parameter alphabetically, so that a prefix is a range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(Box<[u8]>);

/// What the bytes after the parameter number mean.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Present = 0,
    Code = 1,
    SystemCode = 2,
    System = 3,
    OfType = 4,
    Folded = 5,
    Exact = 6,
    Reference = 7,
    Cell = 8,
    Type = 9,
    Word = 10,
    Name = 11,
    Family = 12,
    OfCode = 13,
}

impl Term {
    /// The bytes, in the order of the dictionary.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Every resource of one type.
    pub fn of_type(rtype: crate::ResourceType) -> Self {
        build(ParamId::MAX, Kind::Type, &[rtype.name()])
    }

    /// The parameter has a value: what `:missing` asks about.
    pub fn present(parameter: ParamId) -> Self {
        build(parameter, Kind::Present, &[])
    }

    /// A code, in whatever system.
    pub fn code(parameter: ParamId, code: &str) -> Self {
        build(parameter, Kind::Code, &[code])
    }

    /// A code of one system; the empty system is "no system" (`|code`).
    pub fn system_code(parameter: ParamId, system: &str, code: &str) -> Self {
        build(parameter, Kind::SystemCode, &[system, code])
    }

    /// Any code of one system (`system|`).
    pub fn system(parameter: ParamId, system: &str) -> Self {
        build(parameter, Kind::System, &[system])
    }

    /// An identifier of one type (`:of-type`).
    pub fn identifier_of_type(parameter: ParamId, system: &str, code: &str, value: &str) -> Self {
        build(parameter, Kind::OfType, &[system, code, value])
    }

    /// An identifier whose type has that code, in whatever list of types (D8.3).
    pub(crate) fn identifier_of_code(parameter: ParamId, code: &str, value: &str) -> Self {
        build(parameter, Kind::OfCode, &[code, value])
    }

    /// A text in its folded form (D12); as a prefix it starts every longer one.
    pub fn folded(parameter: ParamId, text: &str) -> Self {
        build(parameter, Kind::Folded, &[text])
    }

    /// A text as written (`:exact`).
    pub fn exact(parameter: ParamId, text: &str) -> Self {
        build(parameter, Kind::Exact, &[text])
    }

    /// A reference to `Type/id`.
    pub fn reference(parameter: ParamId, rtype: crate::ResourceType, id: &str) -> Self {
        build(parameter, Kind::Reference, &[rtype.name(), id])
    }

    /// A folded word of a resource's text (D15); as a prefix it starts every longer one.
    pub fn word(rtype: crate::ResourceType, word: &str) -> Self {
        build(ParamId::MAX, Kind::Word, &[rtype.name(), word])
    }

    /// For the word of a resource of `rtype`, the word; `None` for other terms.
    pub fn word_text(bytes: &[u8], rtype: crate::ResourceType) -> Option<&str> {
        let all = Self::word(rtype, "");
        std::str::from_utf8(bytes.strip_prefix(all.as_bytes())?).ok()
    }

    /// A folded word of a resource's name, which weighs more than another of its text; as a
    /// prefix it starts every longer one.
    pub fn name_word(rtype: crate::ResourceType, word: &str) -> Self {
        build(ParamId::MAX, Kind::Name, &[rtype.name(), word])
    }

    /// For the word of the name of a resource of `rtype`, the word; `None` for other terms.
    pub fn name_word_text(bytes: &[u8], rtype: crate::ResourceType) -> Option<&str> {
        let all = Self::name_word(rtype, "");
        std::str::from_utf8(bytes.strip_prefix(all.as_bytes())?).ok()
    }

    /// Every record of one family.
    pub fn of_family(family: crate::Family) -> Self {
        let mut bytes = start(ParamId::MAX, Kind::Family, 1);
        bytes.push(family as u8);
        Self(bytes.into())
    }

    /// What every code of a parameter, with its system, starts with.
    pub fn system_codes(parameter: ParamId) -> Self {
        Self(start(parameter, Kind::SystemCode, 0).into())
    }

    /// For a code with its system, both; `None` for other terms.
    pub fn system_and_code(&self) -> Option<(&str, &str)> {
        let (_, parts) = self.0.split_at_checked(3).filter(|_| self.0[2] == Kind::SystemCode as u8)?;
        let at = parts.iter().position(|byte| *byte == SEPARATOR)?;
        Some((std::str::from_utf8(&parts[..at]).ok()?, std::str::from_utf8(&parts[at + 1..]).ok()?))
    }

    /// The parameter it is a value of; for a word or a type, none that is known.
    pub fn parameter(&self) -> ParamId {
        ParamId::from_be_bytes([self.0[0], self.0[1]])
    }

    /// For a code of `parameter`, in whatever system, the code; `None` for other terms.
    pub fn code_text(bytes: &[u8], parameter: ParamId) -> Option<&str> {
        let all = Self::code(parameter, "");
        std::str::from_utf8(bytes.strip_prefix(all.as_bytes())?).ok()
    }

    /// A square of the map.
    pub fn cell(parameter: ParamId, level: u8, row: i32, column: i32) -> Self {
        let mut bytes = start(parameter, Kind::Cell, 9);
        bytes.push(level);
        bytes.extend_from_slice(&row.to_be_bytes());
        bytes.extend_from_slice(&column.to_be_bytes());
        Self(bytes.into())
    }

    /// For a folded text, the text; `None` for other terms. Used by `:contains`, by `ew` and, for
    /// the labels of a token, by `:text`.
    pub fn folded_text(bytes: &[u8]) -> Option<&str> {
        (bytes.get(2) == Some(&(Kind::Folded as u8))).then(|| std::str::from_utf8(&bytes[3..]).ok())?
    }

    /// Whether this is a folded text or a word, which the dictionary must keep in order.
    pub fn is_ordered(&self) -> bool {
        [Kind::Folded, Kind::Word, Kind::Name].iter().any(|kind| self.0[2] == *kind as u8)
    }
}

/// Between two parts: a byte that UTF-8 text never holds.
const SEPARATOR: u8 = 0xff;

fn start(parameter: ParamId, kind: Kind, room: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3 + room);
    bytes.extend_from_slice(&parameter.to_be_bytes());
    bytes.push(kind as u8);
    bytes
}

/// No two lists of parts give the same bytes.
fn build(parameter: ParamId, kind: Kind, parts: &[&str]) -> Term {
    let mut bytes = start(parameter, kind, parts.iter().map(|part| part.len() + 1).sum());
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            bytes.push(SEPARATOR);
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    Term(bytes.into())
}
