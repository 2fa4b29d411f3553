//! Reading JSON text: every refusal says where.

use std::collections::HashSet;

use jiter::{Jiter, JiterErrorType, JsonErrorType, Peek};

use crate::{Node, Object};

/// A place in a JSON text: line and column, both from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// Why a JSON text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The bytes are not UTF-8 (RFC 8259 §8.1).
    NotUtf8,
    /// The text ends before its value does.
    Truncated,
    /// The same key twice in one object: which one counts would be a guess.
    DuplicateKey,
    /// More than 128 levels of nesting.
    TooDeep,
    /// More than 1 000 members in one object.
    TooWide,
    /// Any other fault of syntax.
    Syntax,
}

impl ParseErrorKind {
    /// The reason, in French: for people who sent the text.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotUtf8 => "le texte n'est pas en UTF-8",
            Self::Truncated => "le texte s'arrête avant la fin",
            Self::DuplicateKey => "une clé figure deux fois dans le même objet",
            Self::TooDeep => "plus de 128 niveaux d'imbrication",
            Self::TooWide => "plus de 1 000 membres dans un même objet",
            Self::Syntax => "faute de syntaxe",
        }
    }
}

/// A refused JSON text: why, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {detail}", position.line, position.column)]
pub struct ParseError {
    /// Why.
    pub kind: ParseErrorKind,
    /// Where reading stopped.
    pub position: Position,
    /// The reader's own words, for logs; it may quote a key, never a value.
    pub detail: String,
}

impl Node {
    /// Reads one JSON value, refusing duplicate keys and trailing text.
    ///
    /// # Errors
    /// [`ParseError`] with the line and column of the fault.
    ///
    /// ```
    /// use ror_fhir::{Node, ParseErrorKind};
    /// let node = Node::parse(br#"{"value": 1.00}"#).unwrap();
    /// assert_eq!(node.to_text(), r#"{"value":1.00}"#);
    /// let refused = Node::parse(br#"{"a": 1, "a": 2}"#).unwrap_err();
    /// assert_eq!(refused.kind, ParseErrorKind::DuplicateKey);
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        if let Err(error) = std::str::from_utf8(text) {
            return Err(refused(text, ParseErrorKind::NotUtf8, error.valid_up_to(), "invalid UTF-8"));
        }
        let mut reader = Reader { jiter: Jiter::new(text), text };
        let first = reader.jiter.peek().map_err(|error| reader.syntax(&error))?;
        let node = reader.value(first, 0)?;
        reader.jiter.finish().map_err(|error| reader.syntax(&error))?;
        Ok(node)
    }
}

/// Deeper nesting is refused: FHIR needs about ten levels, a stack has an end.
const DEPTH_MAX: usize = 128;

/// Wider objects are refused: FHIR's have some tens of members, and each is looked up by
/// walking them.
const MEMBERS_MAX: usize = 1_000;

/// Objects of FHIR resources are small; above this many members a set finds repeats.
const LINEAR_CHECK_MAX: usize = 24;

struct Reader<'a> {
    jiter: Jiter<'a>,
    text: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, peek: Peek, depth: usize) -> Result<Node, ParseError> {
        if depth > DEPTH_MAX {
            let detail = "more than 128 levels of nesting";
            return Err(refused(self.text, ParseErrorKind::TooDeep, self.jiter.current_index(), detail));
        }
        let node = match peek {
            Peek::Null => self.jiter.known_null().map(|()| Node::Null),
            Peek::True | Peek::False => self.jiter.known_bool(peek).map(Node::Bool),
            Peek::String => self.jiter.known_str().map(Node::from),
            Peek::Array => return self.array(depth),
            Peek::Object => return self.object(depth),
            _ => return self.number(),
        };
        node.map_err(|error| self.syntax(&error))
    }

    fn number(&mut self) -> Result<Node, ParseError> {
        match self.jiter.next_number_bytes() {
            Ok(bytes) => Ok(Node::Number(String::from_utf8_lossy(bytes).into())),
            Err(error) => Err(self.syntax(&error)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node, ParseError> {
        let mut items = Vec::new();
        let mut next = self.jiter.known_array().map_err(|error| self.syntax(&error))?;
        while let Some(peek) = next {
            items.push(self.value(peek, depth + 1)?);
            next = self.jiter.array_step().map_err(|error| self.syntax(&error))?;
        }
        Ok(Node::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Node, ParseError> {
        let mut object = Object::new();
        let mut seen = None;
        let mut next = self.jiter.known_object().map(|key| key.map(Box::<str>::from));
        loop {
            let Some(key) = next.map_err(|error| self.syntax(&error))? else {
                return Ok(Node::Object(object));
            };
            if is_repeat(&object, &key, &mut seen) {
                let detail = format!("duplicate key {key:?}");
                return Err(refused(self.text, ParseErrorKind::DuplicateKey, self.jiter.current_index(), &detail));
            }
            if object.len() == MEMBERS_MAX {
                let detail = "more than 1000 members in one object";
                return Err(refused(self.text, ParseErrorKind::TooWide, self.jiter.current_index(), detail));
            }
            let peek = self.jiter.peek().map_err(|error| self.syntax(&error))?;
            let value = self.value(peek, depth + 1)?;
            object.push_new(key, value);
            next = self.jiter.next_key().map(|key| key.map(Box::<str>::from));
        }
    }

    fn syntax(&self, error: &jiter::JiterError) -> ParseError {
        use JsonErrorType::{
            EofWhileParsingList, EofWhileParsingObject, EofWhileParsingString, EofWhileParsingValue,
            UnexpectedEndOfHexEscape,
        };
        let kind = match &error.error_type {
            JiterErrorType::JsonError(
                EofWhileParsingList | EofWhileParsingObject | EofWhileParsingString | EofWhileParsingValue,
            ) => ParseErrorKind::Truncated,
            // Also what the reader says of half a surrogate pair, wherever it stands.
            JiterErrorType::JsonError(UnexpectedEndOfHexEscape) if error.index >= self.text.len() => {
                ParseErrorKind::Truncated
            }
            _ => ParseErrorKind::Syntax,
        };
        refused(self.text, kind, error.index, &error.error_type.to_string())
    }
}

fn refused(text: &[u8], kind: ParseErrorKind, at: usize, detail: &str) -> ParseError {
    let read = &text[..at.min(text.len())];
    let line = 1 + read.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + read.iter().rev().take_while(|byte| **byte != b'\n').count();
    ParseError { kind, position: Position { line, column }, detail: detail.to_owned() }
}

fn is_repeat(object: &Object, key: &str, seen: &mut Option<HashSet<Box<str>>>) -> bool {
    if object.len() < LINEAR_CHECK_MAX {
        return object.get(key).is_some();
    }
    let seen = seen.get_or_insert_with(|| object.iter().map(|(k, _)| k.into()).collect());
    !seen.insert(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_why_and_where() {
        use ParseErrorKind::{DuplicateKey, NotUtf8, Syntax, TooDeep, TooWide, Truncated};
        let deep = "[".repeat(10_000_000);
        let members: Vec<_> = (0..60).map(|n| format!("\"k{n}\":{n}")).collect();
        let wide = format!("{{{},\"k7\":0}}", members.join(","));
        let widest =
            |members| format!("{{{}}}", (0..members).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(","));
        let too_wide = widest(1_001);
        assert!(Node::parse(widest(1_000).as_bytes()).is_ok());
        let cases: [(&[u8], ParseErrorKind, usize); 11] = [
            (b"{\"a\":1,\n \"b\":2,\n \"a\":3}", DuplicateKey, 3),
            (wide.as_bytes(), DuplicateKey, 1),
            (b"{\"a\":[1,2", Truncated, 1),
            (b"{\"a\":\"\xff\"}", NotUtf8, 1),
            (b"{\"a\":01}", Syntax, 1),
            (b"{} {}", Syntax, 1),
            (b"", Truncated, 1),
            (deep.as_bytes(), TooDeep, 1),
            (too_wide.as_bytes(), TooWide, 1),
            (b"{\"a\":\"\\ud800\"}", Syntax, 1),
            (b"{\"a\":\"\\ud8", Truncated, 1),
        ];
        for (text, kind, line) in cases {
            let error = Node::parse(text).expect_err("must be refused");
            assert_eq!((error.kind, error.position.line.max(1)), (kind, line), "{error}");
        }
    }

    #[test]
    fn number_text_and_order_survive() {
        let text = r#"{"z":1.00,"a":-0.0,"m":12345678901234567890,"e":1.5e10,"f":1E+5,"u":"é\n\u0001"}"#;
        assert_eq!(Node::parse(text.as_bytes()).expect("valid").to_text(), text);
    }
}
