//! The form under which texts are compared: no case, accents, ligatures, kind of
//! apostrophe, nor difference between hyphen and space (D12).
//!
//! Search terms, name indexes and filters of lists all use this one function: two
//! foldings that differ by one character would make a name unfindable.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folded form of `text`: lower case, bare letters, single spaces, none at the ends.
///
/// Apostrophes and hyphens become spaces; other punctuation stays. Folding twice changes
/// nothing more.
///
/// ```
/// use ror_terminology::fold;
/// assert_eq!(fold("Œuvre d'Été-Là"), "oeuvre d ete la");
/// assert_eq!(fold("  SAINT–GERVAIS  "), "saint gervais");
/// assert_ne!(fold("St. Gervais"), fold("Saint Gervais"));
/// ```
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Appends the folded form of `text` to `out`: for callers that keep one buffer.
pub fn fold_into(text: &str, out: &mut String) {
    let start = out.len();
    let mut gap = false;
    let mut push = |c: char| {
        if is_gap(c) {
            gap = true;
        } else {
            if gap && out.len() > start {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        fold_unicode(text, &mut push);
    }
}

/// Words of a folded text: runs of letters and digits.
///
/// ```
/// use ror_terminology::{fold, words};
/// let folded = fold("Soins à domicile (H.A.D.)");
/// assert_eq!(words(&folded).collect::<Vec<_>>(), ["soins", "a", "domicile", "h", "a", "d"]);
/// ```
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Decomposes first, so that the lower case of a compatibility form is seen too, and once
/// more after, since the lower case of a few letters is itself composed.
fn fold_unicode(text: &str, push: &mut impl FnMut(char)) {
    let lower = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    for c in lower.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'œ' => ['o', 'e'].into_iter().for_each(&mut *push),
            'æ' => ['a', 'e'].into_iter().for_each(&mut *push),
            'ß' => ['s', 's'].into_iter().for_each(&mut *push),
            'ø' => push('o'),
            'ł' => push('l'),
            'đ' => push('d'),
            _ => push(c),
        }
    }
}

/// Spaces, apostrophes and hyphens of every kind, and the invisible characters that
/// spreadsheets leave behind.
fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\'' | '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '\u{2018}'..='\u{201B}' | '′' | '＇')
        || matches!(c, '-' | '\u{00AD}' | '\u{2010}'..='\u{2015}' | '−' | '_')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_name_fold_alike() {
        for (written, folded) in [
            ("Échographie", "echographie"),
            ("ECHOGRAPHIE", "echographie"),
            ("E\u{301}chographie", "echographie"),
            ("Hôpital de l’Hôtel-Dieu", "hopital de l hotel dieu"),
            ("Hopital de l'Hotel Dieu", "hopital de l hotel dieu"),
            ("cœur", "coeur"),
            ("CŒUR", "coeur"),
            ("Lætitia", "laetitia"),
            ("L\u{A0}Isle\u{2011}d\u{2019}Abeau", "l isle d abeau"),
            ("ﬁèvre n°2", "fievre n°2"),
            ("Straße", "strasse"),
            ("-'-", ""),
            ("", ""),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn a_buffer_is_appended_to() {
        let mut out = String::from("nom:");
        fold_into("-Été", &mut out);
        assert_eq!(out, "nom:ete");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn spaces_are_single_and_inside(text in "[ a-zA-Zéàœ'’–-]{0,40}") {
            let folded = fold(&text);
            prop_assert!(!folded.contains("  ") && folded.trim() == folded);
        }

        #[test]
        fn case_does_not_matter(text in "[ a-zA-ZéàçœŒÉÀ'’-]{0,40}") {
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_lowercase()));
        }
    }
}
