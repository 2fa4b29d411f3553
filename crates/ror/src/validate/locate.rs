//! From the FHIRPath of a finding to the line and column of a JSON text.
//!
//! A text is read once; each question is then a walk down its values. The text was parsed
//! before: what is read here is JSON. What is missing is placed at the innermost element that
//! is there.

use std::ops::Range;

/// Bytes between two places whose line and column are known: a Bundle may be one long line.
const STRIDE: usize = 256;

/// The values of a JSON text, and where they are written.
pub(super) struct Positions<'a> {
    text: &'a [u8],
    /// In the order of the text: what is inside a value follows it.
    spots: Vec<Spot>,
    /// Line and column, from 1, of each [`STRIDE`]th byte.
    marks: Vec<(usize, usize)>,
}

struct Spot {
    /// Where the value begins.
    start: usize,
    /// The key it stands under, without its quotes; empty for an item.
    key: Range<usize>,
    /// The next value that is not inside it.
    after: usize,
}

impl<'a> Positions<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, spots: spots(text), marks: marks(text) }
    }

    /// The resource of each entry of a Bundle, to ask [`of_element`](Self::of_element) about: the
    /// Bundle itself where the text holds none.
    pub(super) fn entries(&self) -> Vec<usize> {
        let Some(list) = self.under(0, |key| key == "entry") else { return Vec::new() };
        self.inside(list).map(|entry| self.under(entry, |key| key == "resource").unwrap_or(entry)).collect()
    }

    /// Line and column, from 1, in characters, of `expression` in the resource `root` (0: that
    /// of the whole text).
    pub(super) fn of_element(&self, root: usize, expression: &str) -> (usize, usize) {
        let mut at = root;
        for segment in expression.split('.').skip(1) {
            let (name, index) = match segment.split_once('[') {
                Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
                None => (segment, None),
            };
            // `_birthDate` speaks of `birthDate` where that has no value.
            let beside = || self.under(at, |key| key.strip_prefix('_').is_some_and(|key| is_named(key, name)));
            let Some(value) = self.under(at, |key| is_named(key, name)).or_else(beside) else { break };
            at = value;
            if let Some(index) = index {
                let Some(item) = self.inside(at).nth(index) else { break };
                at = item;
            }
        }
        self.line_and_column(self.spots.get(at).map_or(0, |spot| spot.start))
    }

    /// The values directly inside the value `at`.
    fn inside(&self, at: usize) -> impl Iterator<Item = usize> {
        let end = self.spots.get(at).map_or(0, |spot| spot.after);
        let below = move |next: usize| (next < end).then_some(next);
        std::iter::successors(below(at + 1), move |inner| below(self.spots[*inner].after))
    }

    fn under(&self, at: usize, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        self.inside(at).find(|inner| {
            let key = self.spots[*inner].key.clone();
            !key.is_empty() && std::str::from_utf8(&self.text[key]).is_ok_and(&is_it)
        })
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let Some(mark) = self.marks.get(at / STRIDE) else { return (1, 1) };
        self.text[at / STRIDE * STRIDE..at].iter().fold(*mark, |place, byte| step(place, *byte))
    }
}

/// `valueBoolean` is called `value`.
fn is_named(key: &str, name: &str) -> bool {
    key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The place after a byte. One that continues a character is no column of its own.
fn step((line, column): (usize, usize), byte: u8) -> (usize, usize) {
    match byte {
        b'\n' => (line + 1, 1),
        byte if (byte & 0xc0) == 0x80 => (line, column),
        _ => (line, column + 1),
    }
}

fn marks(text: &[u8]) -> Vec<(usize, usize)> {
    let mut place = (1, 1);
    let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
    for part in text.chunks(STRIDE) {
        marks.push(place);
        place = part.iter().fold(place, |place, byte| step(place, *byte));
    }
    // A text may end where a stride does.
    marks.push(place);
    marks
}

fn spots(text: &[u8]) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    // Objects and lists that are not closed yet.
    let mut open: Vec<usize> = Vec::new();
    let mut key = 0..0;
    let mut here = 0;
    while let Some(byte) = text.get(here) {
        let end = match byte {
            b'"' => string_end(text, here),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => here + 1,
            byte if byte.is_ascii_whitespace() => here + 1,
            _ => scalar_end(text, here),
        };
        match byte {
            b'"' if is_before_colon(text, end) => key = here + 1..end - 1,
            b'}' | b']' => {
                let after = spots.len();
                if let Some(closed) = open.pop() {
                    spots[closed].after = after;
                }
            }
            b',' | b':' => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                let key = std::mem::replace(&mut key, 0..0);
                spots.push(Spot { start: here, key, after: spots.len() + 1 });
                if matches!(byte, b'{' | b'[') {
                    open.push(spots.len() - 1);
                }
            }
        }
        here = end;
    }
    // A text that is cut short: what is open holds the rest.
    let after = spots.len();
    for at in open {
        spots[at].after = after;
    }
    spots
}

fn is_before_colon(text: &[u8], at: usize) -> bool {
    text.get(at..).unwrap_or_default().iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

fn scalar_end(text: &[u8], at: usize) -> usize {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",]}\"[{:".contains(byte);
    text[at..].iter().position(is_end).map_or(text.len(), |length| at + length)
}

fn string_end(text: &[u8], at: usize) -> usize {
    let mut here = at + 1;
    while let Some(byte) = text.get(here) {
        match byte {
            b'"' => return here + 1,
            b'\\' => here += 2,
            _ => here += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_missing_is_placed_above() {
        let text = "{\n \"é\": [1, \"a,]\\\"\"], \"type\" : [\n  {\"x\":{\"code\":\"1\"}},{\"x\" :true}],\"_birth\": {},\n \"valueInteger\":3}";
        let positions = Positions::of(text.as_bytes());
        let cases = [
            ("T.type", (2, 30)),
            ("T.type[0]", (3, 3)),
            ("T.type[0].x.code", (3, 16)),
            ("T.type[1].x", (3, 28)),
            ("T.type[7].x", (2, 30)),
            ("T.type[0].y", (3, 3)),
            ("T.birth", (3, 45)),
            ("T.value", (4, 17)),
            ("T.val", (1, 1)),
            ("T", (1, 1)),
        ];
        for (expression, expected) in cases {
            assert_eq!(positions.of_element(0, expression), expected, "{expression}");
        }
    }

    #[test]
    fn each_entry_of_a_bundle_has_its_place() {
        let text = b"{\"entryX\":1,\"entry\":[{\"resource\":{\"a\":1}},{\"request\":{}},\n{\"resource\":{\"a\":2}}]}";
        let positions = Positions::of(text);
        let places: Vec<_> = positions.entries().iter().map(|at| positions.of_element(*at, "T.a")).collect();
        assert_eq!(places, [(1, 39), (1, 43), (2, 18)]);
        assert!(Positions::of(b"{\"entry\":3}").entries().is_empty());
    }

    #[test]
    fn a_long_line_is_counted_in_characters() {
        for length in [0, STRIDE - 6, STRIDE, 3 * STRIDE + 1] {
            let text = format!("{{\"é\":\"{}\",\n\"é\":\"{0}\",\"z\":1}}", "é".repeat(length));
            let place = Positions::of(text.as_bytes()).of_element(0, "T.z");
            assert_eq!(place, (2, length + 12), "{length}");
        }
    }

    #[test]
    fn whatever_the_text_an_answer_comes() {
        for text in ["", "{", "{\"a", "[", "{\"a\":", "3", "{\"a\":[1,", "}", "{\"a\\", "{\"a\":[1]]]", ":", "\"a\":"] {
            let positions = Positions::of(text.as_bytes());
            positions.of_element(0, "T.a[3].b");
            positions.entries();
        }
    }
}
