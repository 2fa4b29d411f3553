//! From the FHIRPath of a finding to the line and column of a JSON text.
//!
//! The text was parsed before: what is read here is JSON. What is missing is placed at the
//! innermost element that is there.

/// Line and column, from 1, in characters, of `expression` in the resource that stands at
/// `above`; the first word of both is a name that no JSON holds.
pub(super) fn position(text: &[u8], above: &str, expression: &str) -> (usize, usize) {
    let mut at = value_start(text, 0);
    for segment in above.split('.').skip(1).chain(expression.split('.').skip(1)) {
        let (name, index) = match segment.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (segment, None),
        };
        let Some(value) = member(text, at, name) else { break };
        at = value;
        if let Some(index) = index {
            let Some(item) = item(text, at, index) else { break };
            at = item;
        }
    }
    let before = &text[..at.min(text.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    // A byte that continues a character is no column of its own.
    let column = before[start..].iter().filter(|byte| (**byte & 0xc0) != 0x80).count() + 1;
    (line, column)
}

/// Where the value of the member that FHIRPath calls `name` begins, in the object at `at`.
fn member(text: &[u8], at: usize, name: &str) -> Option<usize> {
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let mut here = value_start(text, at + 1);
    let mut beside = None;
    while text.get(here) == Some(&b'"') {
        let end = value_end(text, here);
        let key = std::str::from_utf8(text.get(here + 1..end - 1)?).ok()?;
        let value = value_start(text, value_start(text, end) + 1);
        if is_named(key, name) {
            return Some(value);
        }
        if key.strip_prefix('_').is_some_and(|key| is_named(key, name)) {
            beside = Some(value);
        }
        here = value_start(text, value_end(text, value));
        if text.get(here) == Some(&b',') {
            here = value_start(text, here + 1);
        }
    }
    beside
}

/// `valueBoolean` is called `value`.
fn is_named(key: &str, name: &str) -> bool {
    key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Where the item `index` of the list at `at` begins.
fn item(text: &[u8], at: usize, index: usize) -> Option<usize> {
    if text.get(at) != Some(&b'[') {
        return None;
    }
    let mut here = value_start(text, at + 1);
    for _ in 0..index {
        here = value_start(text, value_end(text, here));
        if text.get(here) != Some(&b',') {
            return None;
        }
        here = value_start(text, here + 1);
    }
    (text.get(here) != Some(&b']')).then_some(here)
}

fn value_start(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
}

/// Just after the value that begins at `at`.
fn value_end(text: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut here = at;
    while let Some(byte) = text.get(here) {
        match byte {
            b'"' => here = string_end(text, here),
            b'{' | b'[' => {
                depth += 1;
                here += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return here,
            b'}' | b']' => {
                depth -= 1;
                here += 1;
            }
            byte if byte.is_ascii_whitespace() && depth == 0 => return here,
            _ => {
                here += 1;
                continue;
            }
        }
        if depth == 0 {
            return here;
        }
    }
    here
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
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_missing_is_placed_above() {
        let text = "{\n \"é\": [1, \"a,]\\\"\"], \"type\" : [\n  {\"x\":{\"code\":\"1\"}},{\"x\" :true}],\"_birth\": {},\n \"valueInteger\":3}";
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
            assert_eq!(position(text.as_bytes(), "x", expression), expected, "{expression}");
        }
        assert_eq!(position(b"{\"entry\":[{\"resource\":{\"a\":1}}]}", "x.entry[0].resource", "T.a"), (1, 28));
        // Whatever the text, an answer comes.
        for text in ["", "{", "{\"a", "[", "{\"a\":", "3", "{\"a\":[1,"] {
            position(text.as_bytes(), "x", "T.a[3].b");
        }
    }
}
