//! From the typed line to a question: what is looked for, and where.

use ror_search::question_words;
use ror_terminology::{fold, words};

use crate::needs::{Need, Needs};
use crate::place::{Area, NAME_WORDS_MAX, Places, Reading};

/// Longest text read in one field; what follows is left out.
pub(crate) const TEXT_CHARS_MAX: usize = 120;
/// Most words of a question: more would only exclude everything.
const WORDS_MAX: usize = 12;
/// Words that introduce a place.
const LINKS: [&str; 16] =
    ["a", "au", "aux", "dans", "en", "pres", "de", "du", "vers", "autour", "sur", "le", "la", "les", "l", "d"];

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct What<'a> {
    /// As typed, made harmless, without the place.
    pub(crate) typed: String,
    /// The need that some of its words name.
    pub(crate) need: Option<&'a Need>,
    /// The other words, folded, without those that say nothing.
    pub(crate) words: Vec<String>,
    /// A number of a register, or of an offer.
    pub(crate) number: Option<Number>,
}

/// A number that names one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// FINESS, SIRET or SIREN of a structure.
    Structure(String),
    /// RPPS, with or without the figure that says so.
    Practitioner(String),
    /// Region and number of an offer.
    Offer(String, String),
}

/// A question, understood.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// What is looked for.
    pub(crate) what: What<'a>,
    /// Where, as typed or as found at the end of the line.
    pub(crate) place_typed: String,
    /// What that place stands for.
    pub(crate) place: Reading,
}

impl Question<'_> {
    /// The area that the place was read as.
    pub(crate) fn area(&self) -> Option<&Area> {
        match &self.place {
            Reading::One(area, _) | Reading::Mended(area, _) => Some(area),
            Reading::Anywhere | Reading::Several(_) | Reading::Unknown(_) | Reading::Here => None,
        }
    }
}

impl What<'_> {
    /// Whether anything is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.need.is_none() && self.words.is_empty() && self.number.is_none()
    }
}

/// Reads the two fields; without a place, the end of the first one may be it.
///
/// `is_name` tells whether all these words together are found as they are: a structure called
/// after a commune is not split.
pub(crate) fn read<'a>(
    what: &str,
    place: &str,
    needs: &'a Needs,
    places: &Places,
    is_name: &dyn Fn(&[String]) -> bool,
) -> Question<'a> {
    let (what, place) = (harmless(what), harmless(place));
    if !place.is_empty() {
        let reading = places.read(&place);
        return Question { what: understand(&what, needs), place_typed: place, place: reading };
    }
    let whole = understand(&what, needs);
    if whole.number.is_some() {
        return Question { what: whole, place_typed: place, place: Reading::Anywhere };
    }
    // « l'Ain » is a link and a place.
    let apart = what.replace(['\'', '’'], "' ");
    let pieces: Vec<&str> = apart.split_whitespace().collect();
    for at in 0..pieces.len() {
        if pieces.len() - at > NAME_WORDS_MAX {
            continue;
        }
        let tail = pieces[at..].join(" ");
        if !places.is_name(&folded_words(&tail)) || is_plain_word(&tail, at) {
            continue;
        }
        let head = without_links(&pieces[..at]);
        let left = understand(&head, needs);
        let is_surely_both = left.words.is_empty();
        if !is_surely_both && is_name(&question_words(&what)) {
            break;
        }
        return Question { what: left, place: places.read(&tail), place_typed: tail };
    }
    Question { what: whole, place_typed: place, place: Reading::Anywhere }
}

/// The same line, when a place stands at its end but for a typing mistake; and what was typed of it.
///
/// `is_word` tells whether a word is one that the directory holds: such a word is no mistake.
pub(crate) fn mistyped<'a>(
    what: &str,
    needs: &'a Needs,
    places: &Places,
    is_word: &dyn Fn(&str) -> bool,
) -> Option<(Question<'a>, String)> {
    let what = harmless(what);
    let apart = what.replace(['\'', '’'], "' ");
    let pieces: Vec<&str> = apart.split_whitespace().collect();
    (pieces.len().saturating_sub(NAME_WORDS_MAX)..pieces.len()).find_map(|at| {
        let tail = pieces[at..].join(" ");
        let words = folded_words(&tail);
        if words.iter().all(|word| is_word(word) || LINKS.contains(&word.as_str())) {
            return None;
        }
        let place_typed = places.mistyped(&tail)?.typed;
        let question = Question {
            what: understand(&without_links(&pieces[..at]), needs),
            place: places.read(&place_typed),
            place_typed,
        };
        Some((question, tail))
    })
}

/// What the first field asks for, all of it.
pub(crate) fn understand<'a>(typed: &str, needs: &'a Needs) -> What<'a> {
    if let Some(number) = number(typed) {
        return What { typed: typed.to_owned(), number: Some(number), ..What::default() };
    }
    let folded = folded_words(typed);
    let (need, words) = match needs.within(&folded) {
        None => (None, question_words(typed)),
        Some((need, at)) => {
            let others: Vec<&str> = folded[..at.start].iter().chain(&folded[at.end..]).map(String::as_str).collect();
            let others = others.join(" ");
            let is_telling = others.split(' ').any(|word| word.len() > 2 && !LINKS.contains(&word));
            (Some(need), if is_telling { question_words(&others) } else { Vec::new() })
        }
    };
    What { typed: typed.to_owned(), need, words: words.into_iter().take(WORDS_MAX).collect(), number: None }
}

/// The text without what could harm or mislead: controls, marks of direction, too much of it.
pub(crate) fn harmless(text: &str) -> String {
    let is_kept = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let kept: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(is_kept).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_CHARS_MAX).collect()
}

/// A number of a register, whatever the spaces in it.
fn number(typed: &str) -> Option<Number> {
    if let Some((region, rest)) = typed.split_once('/') {
        let (region, rest) = (region.trim(), rest.trim());
        let is_code = |text: &str, most| {
            !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        return (is_code(region, 3) && is_code(rest, 32)).then(|| Number::Offer(region.to_owned(), rest.to_owned()));
    }
    let compact: String = typed.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '.' | '-')).collect();
    let compact = compact.to_ascii_uppercase();
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    let is_finess = compact.len() == 9 && (digits == 9 || digits == 8 && matches!(compact.as_bytes()[1], b'A' | b'B'));
    match compact.len() {
        9 if is_finess => Some(Number::Structure(compact)),
        14 if digits == 14 => Some(Number::Structure(compact)),
        11 if digits == 11 => Some(Number::Practitioner(compact)),
        12 if digits == 12 && compact.starts_with('8') => Some(Number::Practitioner(compact[1..].to_owned())),
        _ => None,
    }
}

/// A last word that is more likely a word than a place: too short, or the whole of a one-word line in lower case
/// that also names a need.
fn is_plain_word(tail: &str, at: usize) -> bool {
    let letters = tail.chars().filter(|c| c.is_alphabetic()).count();
    let digits = tail.chars().filter(char::is_ascii_digit).count();
    let is_overseas = digits == 3 && tail.starts_with("97");
    (digits == 0 && letters < 3 && at > 0)
        || (digits > 0 && letters == 0 && tail.len() < 5 && at > 0 && digits != 2 && !is_overseas)
}

fn without_links(pieces: &[&str]) -> String {
    let mut pieces = pieces;
    while let [rest @ .., last] = pieces {
        if !LINKS.contains(&fold(last).as_str()) {
            break;
        }
        pieces = rest;
    }
    pieces.join(" ")
}

fn folded_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    words(&folded).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use ror_registers::cog::Cog;

    use super::*;

    fn told(what: &str, place: &str) -> (String, String, String) {
        let places = Places::new(Cog::embedded());
        let names = |words: &[String]| words.join(" ") == "hopital edouard herriot lyon";
        let question = read(what, place, Needs::embedded(), &places, &names);
        let need = question.what.need.map_or("-", |need| &need.label).to_owned();
        let place = match question.place {
            Reading::One(area, _) => area.label().to_owned(),
            Reading::Several(_) => "plusieurs".to_owned(),
            other => format!("{other:?}").chars().take(8).collect(),
        };
        (need, question.what.words.join(" "), place)
    }

    #[test]
    fn one_line_gives_what_and_where() {
        for (what, place, expected) in [
            ("réanimation lyon", "", ("Réanimation", "", "Lyon (69)")),
            ("hopital", "", ("Hôpitaux", "", "Anywhere")),
            ("urgences à Marseille", "", ("Urgences", "", "Marseille (13)")),
            ("irm nantes", "", ("IRM", "", "Nantes (44)")),
            ("ehpad bourg en bresse", "", ("Maisons de retraite (EHPAD)", "", "Bourg-en-Bresse (01)")),
            ("kine oyonnax", "", ("Kinésithérapie", "", "Oyonnax (01)")),
            ("kiné", "oyonnax", ("Kinésithérapie", "", "Oyonnax (01)")),
            ("dentiste 01000", "", ("Dentistes", "", "01000 (Bourg-en-Bresse)")),
            ("scanner dans l'Ain", "", ("Scanner", "", "Ain (01)")),
            ("irm genou", "lyon", ("IRM", "genou", "Lyon (69)")),
            ("hôpital Edouard Herriot Lyon", "", ("Hôpitaux", "edouard herriot lyon", "Anywhere")),
            ("dialyse 974", "", ("Dialyse", "", "La Réunion (974)")),
            ("scanner 2A", "", ("Scanner", "", "Corse-du-Sud (2A)")),
            ("scanner 2b", "", ("Scanner", "", "Haute-Corse (2B)")),
            ("irm paca", "", ("IRM", "", "Provence-Alpes-Côte d'Azur")),
            ("lyon", "", ("-", "", "Lyon (69)")),
            ("maternité saint denis", "", ("Maternités", "", "plusieurs")),
            ("maternité saint denis 93", "", ("Maternités", "", "Saint-Denis (93)")),
            ("urgences 69003 lyon", "", ("Urgences", "", "69003 (Lyon 3e Arrondissement)")),
            ("", "", ("-", "", "Anywhere")),
        ] {
            let told = told(what, place);
            assert_eq!((told.0.as_str(), told.1.as_str(), told.2.as_str()), expected, "{what} | {place}");
        }
    }

    #[test]
    fn a_mistyped_town_at_the_end_of_the_line_is_a_place() {
        let places = Places::new(Cog::embedded());
        let told = |what: &str| {
            let (question, typed) = mistyped(what, Needs::embedded(), &places, &|word| word == "genoux")?;
            let need = question.what.need.map_or("-", |need| &need.label);
            Some(format!("{need} | {} | {typed} | {}", question.what.words.join(" "), question.place_typed))
        };
        for (what, expected) in [
            ("irm nante", Some("IRM |  | nante | Nantes (44)")),
            ("urgences à marseile", Some("Urgences |  | marseile | Marseille (13)")),
            ("ehpad bourg en brese", Some("Maisons de retraite (EHPAD) |  | bourg en brese | Bourg-en-Bresse (01)")),
            ("oyonax", Some("- |  | oyonax | Oyonnax (01)")),
            // A village is no likelier than the word itself, and a word that is held is no mistake.
            ("irm genou", None),
            ("irm genoux", None),
            ("irm", None),
            ("", None),
        ] {
            assert_eq!(told(what).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn numbers_are_recognised() {
        for (typed, expected) in [
            ("010780054", Some(Number::Structure("010780054".to_owned()))),
            ("2a 000 0014", Some(Number::Structure("2A0000014".to_owned()))),
            ("10 1234 56789", Some(Number::Practitioner("10123456789".to_owned()))),
            ("84/40424430", Some(Number::Offer("84".to_owned(), "40424430".to_owned()))),
            ("kiné/ostéo", None),
            ("12345", None),
        ] {
            assert_eq!(number(typed), expected, "{typed}");
        }
    }

    #[test]
    fn hostile_text_becomes_harmless() {
        assert_eq!(harmless("  a\u{0}b\u{202e}c \n d "), "abc d");
        assert_eq!(harmless(&"x ".repeat(5_000)).chars().count(), TEXT_CHARS_MAX);
    }
}
