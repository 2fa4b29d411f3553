//! Bytes of a register file turned into text.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::{Finding, Severity};

/// How the bytes of a file were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without mark; also plain ASCII.
    Utf8,
    /// Windows-1252, of which ISO-8859-1 is the printable part.
    Windows1252,
    /// UTF-16, which no register publishes: the mark of a spreadsheet.
    Utf16,
}

/// Reads bytes as text; a byte that stands for no character becomes U+FFFD.
///
/// UTF-8 when the bytes are UTF-8, or nearly so (more well-formed accents than faults);
/// UTF-16 when marked or visibly so; else Windows-1252.
pub fn decode(bytes: &[u8]) -> (String, Encoding) {
    if let Some(text) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return (String::from_utf8_lossy(text).into_owned(), Encoding::Utf8);
    }
    if let Some(little_endian) = utf16(bytes) {
        let encoding = if little_endian { UTF_16LE } else { UTF_16BE };
        return (encoding.decode_with_bom_removal(bytes).0.into_owned(), Encoding::Utf16);
    }
    if mostly_utf8(bytes) {
        return (UTF_8.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Utf8);
    }
    (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Windows1252)
}

/// [`decode`], with what looks wrong in the text.
pub(super) fn decode_with_findings(name: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> (String, Encoding) {
    let (text, encoding) = decode(bytes);
    let mut find = |rule, message: String| findings.push(Finding::new(Severity::Warning, name, rule, message));
    if encoding == Encoding::Utf16 {
        find("encodage-inattendu", "Fichier en UTF-16 : UTF-8 ou Windows-1252 attendu.".to_owned());
    }
    if encoding == Encoding::Utf8 && ["Ã©", "Ã¨", "Ã‰"].iter().any(|trace| text.contains(trace)) {
        find("encodage-inattendu", "Accents encodés deux fois (« Ã© » pour « é ») : lus tels quels.".to_owned());
    }
    let destroyed =
        if bytes.len() < 3 { 0 } else { bytes.windows(3).filter(|window| window == b"\xEF\xBF\xBD").count() };
    if destroyed > 0 && encoding == Encoding::Utf8 {
        let message = format!("{destroyed} caractère(s) détruit(s) avant publication (U+FFFD) : gardés, non devinés.");
        find("accents-detruits", message);
    }
    let unreadable = text.chars().filter(|&character| unreadable(character)).count().saturating_sub(destroyed);
    if unreadable > 0 {
        let line = 1 + text.lines().position(|line| line.contains(unreadable_but_given(destroyed))).unwrap_or(0);
        let message = format!("{unreadable} octet(s) sans caractère dans cet encodage, à partir de la ligne {line}.");
        find("octets-illisibles", message);
    }
    (text, encoding)
}

fn unreadable(character: char) -> bool {
    character == '\u{FFFD}' || (character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// What to look for to name a line: control characters only, when U+FFFD were already in the file.
fn unreadable_but_given(destroyed: usize) -> impl Fn(char) -> bool {
    move |character| unreadable(character) && (destroyed == 0 || character != '\u{FFFD}')
}

/// Whether the bytes are UTF-16, and if so whether the low byte comes first.
fn utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xFF, 0xFE, ..] => return Some(true),
        [0xFE, 0xFF, ..] => return Some(false),
        _ => {}
    }
    let head = &bytes[..bytes.len().min(4096)];
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = head.len() / 4;
    (head.len() >= 8 && (even > many || odd > many)).then_some(odd > even)
}

/// Well-formed sequences of several bytes outnumber the faults (both none: ASCII).
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut accents, mut faults) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        accents += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    accents > faults || faults == 0
}
