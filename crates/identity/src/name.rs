//! Distinguished names as text (RFC 4514), in one form, so that they compare as strings.

/// Types of attributes by their short names; others are written by number.
const TYPES: [(&str, &str); 13] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// Type, by number, and value.
pub(crate) type Attribute = (String, String);

/// Writes the parts of a name, in the order of RFC 4514. Values of one part have no order: they are sorted.
pub(crate) fn write(parts: Vec<Vec<Attribute>>) -> String {
    let part = |mut attributes: Vec<Attribute>| {
        attributes.sort();
        let written = attributes.iter().map(|(number, value)| format!("{}={}", short(number), escape(value)));
        written.collect::<Vec<_>>().join("+")
    };
    parts.into_iter().map(part).collect::<Vec<_>>().join(",")
}

/// The one form of a name that someone wrote; `None` when it is none.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let mut parts = vec![Vec::new()];
    let mut rest = text.trim_start().trim_end_matches(['\r', '\n']);
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, end, after) = value(after)?;
        parts.last_mut()?.push((number(name.trim())?, value));
        match end {
            None => return Some(write(parts)),
            Some('+') => {}
            Some(_) => parts.push(Vec::new()),
        }
        rest = after;
    }
}

/// Reads a value up to what ends it: the value, its end, and what follows.
fn value(text: &str) -> Option<(String, Option<char>, &str)> {
    let text = text.trim_start();
    // `#` begins a value in hexadecimal BER, which certificates of this field do not hold.
    if text.starts_with(['#', '"']) {
        return None;
    }
    let mut bytes = Vec::new();
    // How much may not be trimmed: an escaped space counts.
    let mut kept = 0;
    let mut chars = text.char_indices();
    let (end, after) = loop {
        let Some((at, letter)) = chars.next() else { break (None, "") };
        match letter {
            ',' | '+' => break (Some(letter), &text[at + 1..]),
            '\\' => {
                let (_, next) = chars.next()?;
                match next.to_digit(16) {
                    Some(high) => bytes.push((high * 16 + chars.next()?.1.to_digit(16)?) as u8),
                    None if next.is_ascii() && !next.is_alphanumeric() => bytes.push(next as u8),
                    None => return None,
                }
                kept = bytes.len();
            }
            letter => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                if letter != ' ' {
                    kept = bytes.len();
                }
            }
        }
    };
    bytes.truncate(kept);
    let value = String::from_utf8(bytes).ok()?;
    (!value.is_empty() && !value.chars().any(char::is_control)).then_some((value, end, after))
}

fn short(number: &str) -> &str {
    TYPES.iter().find(|(known, _)| *known == number).map_or(number, |(_, short)| short)
}

fn number(name: &str) -> Option<String> {
    if let Some((number, _)) = TYPES.iter().find(|(_, short)| short.eq_ignore_ascii_case(name)) {
        return Some((*number).to_owned());
    }
    let is_number = |text: &str| {
        text.contains('.')
            && text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let bare = name.strip_prefix("OID.").unwrap_or(name);
    is_number(bare).then(|| bare.to_owned())
}

/// RFC 4514 §2.4.
fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(value.len());
    for (at, letter) in value.chars().enumerate() {
        if "\"+,;<>\\".contains(letter) || (letter == ' ' && (at == 0 || at == last)) || (letter == '#' && at == 0) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        for (text, expected) in [
            ("CN=a,C=FR", Some("CN=a,C=FR")),
            (" cn = a , c=FR ", Some("CN=a,C=FR")),
            ("2.5.4.3=a", Some("CN=a")),
            ("OID.2.5.4.97=x", Some("2.5.4.97=x")),
            ("CN=a+OU=318 010", Some("OU=318 010+CN=a")),
            ("CN=a\\,b", Some("CN=a\\,b")),
            ("CN=a\\2cb", Some("CN=a\\,b")),
            ("CN=H\\C3\\B4pital", Some("CN=Hôpital")),
            ("CN=a\\ ", Some("CN=a\\ ")),
            ("CN=a=b", Some("CN=a=b")),
            ("", None),
            ("a", None),
            ("CN=", None),
            ("CN=a,", None),
            ("CN=a,,C=FR", None),
            ("XY=a", None),
            ("CN=#0401", None),
            ("CN=\"a\"", None),
            ("CN=a\\", None),
            ("CN=a\\ff", None),
            ("CN=a\\00", None),
            ("CN=a\\z", None),
        ] {
            let read = canonical(text);
            assert_eq!(read.as_deref(), expected, "{text:?}");
            if let Some(form) = read {
                assert_eq!(canonical(&form).as_ref(), Some(&form), "the form is its own form");
            }
        }
    }
}
