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

    type Check = fn(&str) -> bool;

    /// What each check takes: numbers whose key was computed apart from this program.
    const TAKEN: &[(&str, Check, &[&str])] = &[
        ("FINESS", is_finess, &["010000024", "750712184", "2A0000014", "2B0000020"]),
        ("SIREN", is_siren, &["732829320", "356000000", "000000000"]),
        ("SIRET", is_siret, &["73282932000074", "35600000000048", "35600000000001"]),
        ("RPPS", is_rpps, &["10003456786", "10100000008"]),
    ];

    #[test]
    fn what_is_right_is_taken() {
        for (name, check, numbers) in TAKEN {
            for number in *numbers {
                assert!(check(number), "{name} {number}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let refused: &[(Check, &[&str])] = &[
            (is_finess, &["010000025", "0A0000012", "2C0000012", "2a0000014", "A20000014", "01000002", "0100000240"]),
            (is_siren, &["732829321", "73282932", "7328293200", "73282932O", "732 829 320"]),
            (is_siret, &["73282932000075", "7328293200007", "732829320000740", "35600000000002"]),
            (is_rpps, &["10003456787", "20003456784", "1000345678", "100034567860", "810003456786"]),
        ];
        for (check, numbers) in refused {
            for number in numbers.iter().chain(&["", "x", "é10000024", "٠١٠٠٠٠٠٢٤"]) {
                assert!(!check(number), "{number}");
            }
        }
    }

    /// Luhn sees every single digit that is changed; the sum of La Poste sees most.
    #[test]
    fn any_changed_digit_is_refused() {
        for (name, check, numbers) in TAKEN {
            for number in numbers.iter().filter(|number| !number.starts_with("356000000")) {
                for (at, held) in number.char_indices().filter(|(_, held)| held.is_ascii_digit()) {
                    for other in ('0'..='9').filter(|other| *other != held) {
                        let changed = format!("{}{other}{}", &number[..at], &number[at + 1..]);
                        assert!(!check(&changed), "{name} {number} as {changed}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_shape_has_one_key_of_ten() {
        for (name, check, numbers) in TAKEN {
            for number in numbers.iter().filter(|number| !number.starts_with("356000000")) {
                for seed in 0..1_000_u32 {
                    // Three digits before the key take all their values.
                    let end = number.len() - 4;
                    let stem = format!("{}{seed:03}", &number[..end]);
                    let keys = (0..10).filter(|key| check(&format!("{stem}{key}"))).count();
                    assert_eq!(keys, 1, "{name} {stem}");
                }
            }
        }
    }

    #[test]
    fn la_poste_has_a_rule_of_its_own() {
        // Numbers of La Poste: digits that add up to a multiple of 5, whatever their Luhn key.
        assert!(!luhn("35600000000001") && is_siret("35600000000001"));
        assert!(luhn("35600000000048") && is_siret("35600000000048"));
        assert!(!is_siret("35600000000003"));
        // For anyone else, only the key counts.
        assert!(!is_siret("73282932000077"));
    }
}
