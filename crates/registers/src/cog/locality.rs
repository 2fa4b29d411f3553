//! Names of localities reduced to what makes two of them the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A locality as an address writes it.
pub(super) struct Locality {
    /// The name, folded.
    pub(super) name: String,
    /// Number after the name or after CEDEX: the arrondissement in Paris, Lyon and Marseille.
    pub(super) number: Option<u8>,
}

impl Locality {
    /// Reads `ST DENIS CEDEX`, `PARIS 16`, `PARIS CEDEX 13`, `Lyon 3e Arrondissement`.
    pub(super) fn read(text: &str) -> Self {
        let folded = fold(text);
        let mut words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        let cedex = words.iter().position(|word| *word == "CEDEX");
        let after = cedex.map(|place| words.split_off(place)).unwrap_or_default();
        if words.last() == Some(&"ARRONDISSEMENT") {
            words.pop();
        }
        let last = words.last().and_then(|word| number(word)).filter(|_| words.len() > 1);
        if last.is_some() {
            words.pop();
        }
        let number = last.or_else(|| after.get(1).and_then(|word| number(word)));
        Self { name: words.join(" "), number }
    }
}

/// `3`, `03`, `3E`, `1ER`, `16EME`.
fn number(word: &str) -> Option<u8> {
    let digits = ["EME", "ER", "E"].into_iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    digits.parse().ok().filter(|number| *number > 0)
}

/// Upper case, no accents, words of letters and digits separated by one blank, `ST` read as `SAINT`,
/// `STE` as `SAINTE`, `S/` as `SUR`.
pub(super) fn fold(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    for character in text.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            'œ' | 'Œ' => letters.push_str("OE"),
            'æ' | 'Æ' => letters.push_str("AE"),
            '/' => letters.push_str("/ "),
            _ if character.is_alphanumeric() => letters.extend(character.to_uppercase()),
            _ => letters.push(' '),
        }
    }
    let words = letters.split_whitespace().map(|word| match word {
        "ST" => "SAINT",
        "STE" => "SAINTE",
        "S/" => "SUR",
        _ => word.trim_end_matches('/'),
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Locality, fold};

    #[test]
    fn names_fold_to_one_form() {
        for (text, folded) in [
            ("Saint-Étienne-lès-Remiremont", "SAINT ETIENNE LES REMIREMONT"),
            ("ST ETIENNE LES REMIREMONT", "SAINT ETIENNE LES REMIREMONT"),
            ("L'Haÿ-les-Roses", "L HAY LES ROSES"),
            ("Cœuvres", "COEUVRES"),
            ("VILLENEUVE S/LOT", "VILLENEUVE SUR LOT"),
            ("VILLENEUVE S/ LOT", "VILLENEUVE SUR LOT"),
            ("STE-ANNE", "SAINTE ANNE"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn a_locality_loses_its_cedex_and_its_number() {
        for (text, name, number) in [
            ("ST DENIS CEDEX", "SAINT DENIS", None),
            ("PARIS CEDEX 13", "PARIS", Some(13)),
            ("PARIS 16", "PARIS", Some(16)),
            ("Lyon 3e Arrondissement", "LYON", Some(3)),
            ("Marseille 1er Arrondissement", "MARSEILLE", Some(1)),
            ("BOURG EN BRESSE CEDEX 9", "BOURG EN BRESSE", Some(9)),
            ("CEDEX", "", None),
        ] {
            let locality = Locality::read(text);
            assert_eq!((locality.name.as_str(), locality.number), (name, number), "{text}");
        }
    }
}
