//! Keys of the numbers that name structures and people.

/// Whether a FINESS number is right: nine characters, the last one a Luhn key over all, with
/// the letter of Corsica (`2A`, `2B`) read as 1 or 2.
///
/// ```
/// assert!(ror_profiles::identifier::is_finess("010000024"));
/// assert!(!ror_profiles::identifier::is_finess("010000025"));
/// ```
pub fn is_finess(text: &str) -> bool {
    let letter_is_corsican = |at: usize, byte: u8| at == 1 && text.starts_with('2') && matches!(byte, b'A' | b'B');
    let shape = text.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || letter_is_corsican(at, byte));
    text.len() == 9 && shape && luhn(text)
}

/// Whether a SIREN number is right: nine digits, Luhn.
pub fn is_siren(text: &str) -> bool {
    is_digits(text, 9) && luhn(text)
}

/// Whether a SIRET number is right: fourteen digits, Luhn; for La Poste (SIREN 356000000) a sum
/// of digits divisible by 5 will do.
pub fn is_siret(text: &str) -> bool {
    let sum: u32 = text.bytes().map(|byte| u32::from(byte.wrapping_sub(b'0'))).sum();
    is_digits(text, 14) && (luhn(text) || (text.starts_with("356000000") && sum.is_multiple_of(5)))
}

/// Whether an RPPS number is right: eleven digits, the first one a 1, Luhn.
pub fn is_rpps(text: &str) -> bool {
    is_digits(text, 11) && text.starts_with('1') && luhn(text)
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the Luhn sum (every second digit doubled, from the one before last) ends with 0.
fn luhn(text: &str) -> bool {
    let digit = |byte: u8| match byte {
        b'A' => 1,
        b'B' => 2,
        digit => u32::from(digit - b'0'),
    };
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| if at % 2 == 1 { 2 * digit(byte) } else { digit(byte) })
        .map(|value| value / 10 + value % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked_and_shapes_too() {
        for (check, good, bad) in [
            (is_finess as fn(&str) -> bool, "010000024", "010000042"),
            (is_siren, "732829320", "732829321"),
            (is_siret, "73282932000074", "73282932000075"),
            (is_rpps, "10003456789", "10003456780"),
        ] {
            // The key of the example is made here when the example has none of its own.
            let made = (0..10).map(|key| format!("{}{key}", &good[..good.len() - 1])).find(|text| check(text));
            assert!(made.is_some(), "{good}");
            assert_eq!(check(bad), made.as_deref() == Some(bad), "{bad}");
            for wrong in ["", "x", "é10000024", &good[1..], &format!("{good}0")] {
                assert!(!check(wrong), "{wrong}");
            }
        }
        assert!(is_siren("732829320") && is_siret("73282932000074"));
    }

    #[test]
    fn la_poste_and_corsica_have_rules_of_their_own() {
        assert!(is_siret("35600000000048") || is_siret("35600000000000") || is_siret("35600000049837"));
        let corsican = (0..10).map(|key| format!("2A000001{key}")).filter(|text| is_finess(text)).count();
        assert_eq!(corsican, 1);
        assert!(!is_finess("0A0000012") && !is_finess("2C0000012"));
    }
}
