//! The text of a filter, character by character, with positions.

/// What is left of a filter.
#[derive(Clone)]
pub(super) struct Text<'a> {
    whole: &'a str,
    /// Byte at which it goes on.
    at: usize,
    /// How many characters are before.
    before: usize,
}

/// A run of characters and where it starts, counted from 1.
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
}

impl<'a> Text<'a> {
    pub(super) const fn new(whole: &'a str) -> Self {
        Self { whole, at: 0, before: 0 }
    }

    fn left(&self) -> &'a str {
        &self.whole[self.at..]
    }

    /// The number of the next character, from 1.
    pub(super) const fn position(&self) -> usize {
        self.before + 1
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.left().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.before += 1;
        Some(next)
    }

    pub(super) fn skip_spaces(&mut self) {
        let left = self.left();
        let spaces = &left[..left.len() - left.trim_start().len()];
        self.at += spaces.len();
        self.before += spaces.chars().count();
    }

    /// Whether that sign is next, after spaces.
    pub(super) fn next_is(mut self, sign: char) -> bool {
        self.skip_spaces();
        self.peek() == Some(sign)
    }

    fn run(&mut self, ends: impl Fn(char) -> bool) -> Word<'a> {
        let (position, left) = (self.position(), self.left());
        let text = &left[..left.find(ends).unwrap_or(left.len())];
        self.at += text.len();
        self.before += text.chars().count();
        Word { text, position }
    }

    /// Until a space or `)`; in brackets, also until `]`.
    pub(super) fn word(&mut self, in_brackets: bool) -> Word<'a> {
        self.run(|c| c.is_whitespace() || c == ')' || (in_brackets && c == ']'))
    }

    /// The next word, which stays there.
    pub(super) fn next_word(&self, in_brackets: bool) -> &'a str {
        let mut ahead = self.clone();
        ahead.skip_spaces();
        ahead.word(in_brackets).text
    }

    /// The path of a test.
    pub(super) fn path(&mut self) -> Word<'a> {
        self.run(|c| c.is_whitespace() || "()[]=\"".contains(c))
    }

    /// Takes a word of the language, whatever its case, and the spaces before it.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        ahead.skip_spaces();
        let found = ahead.run(|c| c.is_whitespace() || "()[]\"".contains(c));
        let is_it = found.text.eq_ignore_ascii_case(word);
        if is_it {
            *self = ahead;
        }
        is_it
    }

    /// What stands from a position on.
    pub(super) fn rest_from(&self, position: usize) -> &'a str {
        let from = self.whole.char_indices().nth(position - 1).map_or(self.whole.len(), |(at, _)| at);
        &self.whole[from..]
    }

    /// A text between quotes, with the escapes of JSON. The error is a position and what was
    /// expected there.
    pub(super) fn quoted(&mut self) -> Result<String, (usize, &'static str)> {
        let start = self.position();
        self.next();
        let mut out = String::new();
        loop {
            let at = self.position();
            match self.next() {
                None => return Err((start, "guillemet fermant attendu")),
                Some('"') => return self.ended(out),
                Some('\\') => out.push(
                    self.escape().ok_or((at, "échappement attendu : \\\" \\\\ \\/ \\n \\t \\r \\b \\f ou \\uXXXX"))?,
                ),
                Some(other) => out.push(other),
            }
        }
    }

    /// A closing quote ends a value: a space, `)`, `]` or the end follows.
    fn ended(&self, text: String) -> Result<String, (usize, &'static str)> {
        match self.peek() {
            None | Some(')' | ']') => Ok(text),
            Some(space) if space.is_whitespace() => Ok(text),
            Some(_) => Err((self.position(), "espace, ) ou la fin attendue après le guillemet fermant")),
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            same @ ('"' | '\\' | '/') => same,
            'u' => {
                let digits: String = (0..4).map_while(|_| self.next()).collect();
                let is_number = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let number = u32::from_str_radix(&digits, 16).ok().filter(|_| is_number)?;
                char::from_u32(number)?
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut text = Text::new("  é) x");
        text.skip_spaces();
        let word = text.word(false);
        assert_eq!((word.text, word.position), ("é", 3));
        assert_eq!((text.next(), text.position()), (Some(')'), 5));
        assert_eq!(text.next_word(false), "x");
    }

    #[test]
    fn quoted_texts_have_the_escapes_of_json() {
        let read = |text| Text::new(text).quoted();
        assert_eq!(read(r#""a \"b\" \\ \u00e9\/""#).as_deref(), Ok("a \"b\" \\ é/"));
        assert_eq!(read("\"a").map_err(|(at, _)| at), Err(1));
        assert_eq!(read(r#""a\x""#).map_err(|(at, _)| at), Err(3));
        assert_eq!(read(r#""a"b"#).map_err(|(at, _)| at), Err(4));
        for text in [r#""\u12"#, r#""\uZZZZ""#, r#""\ud800""#, "\"\\"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
