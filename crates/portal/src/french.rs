//! Numbers, dates, distances and telephones as French readers write them.

mod name;

use ror_fhir::{DateTime, Instant};

pub(crate) use name::name;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Never broken at the end of a line.
const NARROW_SPACE: char = '\u{202f}';
const SPACE: char = '\u{a0}';

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `20 184`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(NARROW_SPACE);
        }
        out.push(digit);
    }
    out
}

/// `1 résultat`, `34 résultats`; none is singular in French.
pub(crate) fn count(value: u64, singular: &str, plural: &str) -> String {
    let word = if value < 2 { singular } else { plural };
    format!("{}{SPACE}{word}", number(value))
}

/// The same text with a capital at its start.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `de Nantes`, `d’Oyonnax`, `du Havre`, `des Ulis`. A name in H keeps its `de`: nothing tells
/// whether its H is heard.
pub(crate) fn of(place: &str) -> String {
    match place.split_once(' ') {
        Some(("Le", rest)) => format!("du {rest}"),
        Some(("Les", rest)) => format!("des {rest}"),
        _ if starts_with_vowel(place) => format!("d’{place}"),
        _ => format!("de {place}"),
    }
}

/// `à Nantes`, `au Havre`, `aux Ulis`.
pub(crate) fn at(place: &str) -> String {
    match place.split_once(' ') {
        Some(("Le", rest)) => format!("au {rest}"),
        Some(("Les", rest)) => format!("aux {rest}"),
        _ => format!("à {place}"),
    }
}

fn starts_with_vowel(text: &str) -> bool {
    ror_terminology::fold(text).starts_with(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// `21 novembre 2026`, in Paris.
pub(crate) fn day(instant: Instant) -> String {
    let text = DateTime::format_instant(instant);
    day_of(&text)
}

/// A FHIR date as people write it, to its own precision; as it stands when it is none.
pub(crate) fn day_of(text: &str) -> String {
    let parts = text.split('T').next().unwrap_or(text);
    let mut parts = parts.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    let day = day.and_then(|day| day.parse::<u8>().ok());
    match (year, month, day) {
        (Some(year), Some(month), Some(1)) => format!("1er{SPACE}{month} {year}"),
        (Some(year), Some(month), Some(day)) => format!("{day}{SPACE}{month} {year}"),
        (Some(year), Some(month), None) => format!("{month} {year}"),
        (Some(year), None, _) => year.to_owned(),
        _ => text.to_owned(),
    }
}

/// `21 novembre 2026 à 14 h 05`, in Paris; the day alone at midnight, which stands for "no hour known".
pub(crate) fn moment(instant: Instant) -> String {
    let text = DateTime::format_instant(instant);
    match text.split_once('T') {
        Some((day, time)) if time.starts_with("00:00:00") => day_of(day),
        Some((day, time)) => format!("{} à {}", day_of(day), hour(time)),
        None => text,
    }
}

/// `9 h`, `14 h 05`, from `09:00:00`.
pub(crate) fn hour(text: &str) -> String {
    let mut parts = text.split(':');
    let (Some(Ok(hours)), Some(Ok(minutes))) = (parts.next().map(str::parse::<u8>), parts.next().map(str::parse::<u8>))
    else {
        return text.to_owned();
    };
    if minutes == 0 { format!("{hours}{SPACE}h") } else { format!("{hours}{SPACE}h{SPACE}{minutes:02}") }
}

/// How old something is, in words.
pub(crate) fn ago(now: Instant, then: Instant) -> String {
    let age = now.saturating_sub(then);
    let of = |amount: i64, unit: &str| format!("il y a {amount}{SPACE}{unit}");
    match age {
        i64::MIN..HOUR_MS => "il y a moins d’une heure".to_owned(),
        HOUR_MS..DAY_MS => of(age / HOUR_MS, "h"),
        DAY_MS.. => match age / DAY_MS {
            1 => "hier".to_owned(),
            days @ ..60 => of(days, "jours"),
            days @ ..730 => of(days / 30, "mois"),
            days => format!("il y a plus de {}{SPACE}ans", days / 365),
        },
    }
}

/// `0,4 km`, `12 km`.
pub(crate) fn distance(km: f64) -> String {
    if km < 0.1 {
        format!("moins de 100{SPACE}m")
    } else if km < 9.95 {
        format!("{km:.1}{SPACE}km").replace('.', ",")
    } else {
        format!("{}{SPACE}km", number(km.round() as u64))
    }
}

/// `69,03 €`, from a decimal text; as it stands when it is none.
pub(crate) fn euros(amount: &str) -> String {
    let Ok(value) = amount.parse::<f64>() else { return amount.to_owned() };
    let cents = (value * 100.0).round().abs() as u64;
    let sign = if value < 0.0 { "-" } else { "" };
    let (whole, rest) = (number(cents / 100), cents % 100);
    if rest == 0 { format!("{sign}{whole}{SPACE}€") } else { format!("{sign}{whole},{rest:02}{SPACE}€") }
}

/// `04 74 45 46 47`; as it stands when it is not ten digits.
pub(crate) fn phone(text: &str) -> String {
    let digits = national_digits(text);
    if digits.len() != 10 || !digits.starts_with('0') {
        return text.trim().to_owned();
    }
    let pairs: Vec<&str> = (0..5).filter_map(|at| digits.get(at * 2..at * 2 + 2)).collect();
    pairs.join("\u{a0}")
}

/// What a `tel:` link dials; `None` when nothing could be dialled.
pub(crate) fn dialled(text: &str) -> Option<String> {
    let digits = national_digits(text);
    let plausible = (2..=15).contains(&digits.len());
    match digits.strip_prefix('0') {
        Some(rest) if digits.len() == 10 => Some(format!("+33{rest}")),
        _ => plausible.then_some(digits),
    }
}

fn national_digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let text = text.trim_start();
    match digits.strip_prefix("33") {
        Some(rest) if text.starts_with('+') && rest.len() == 9 => format!("0{rest}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = 1_795_262_700_000;

    #[test]
    fn numbers_take_narrow_spaces() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1\u{202f}000"), (20_184, "20\u{202f}184")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(count(0, "résultat", "résultats"), "0\u{a0}résultat");
        assert_eq!(count(2, "résultat", "résultats"), "2\u{a0}résultats");
    }

    #[test]
    fn places_take_their_preposition() {
        for (place, of_it, at_it) in [
            ("Nantes (44)", "de Nantes (44)", "à Nantes (44)"),
            ("Oyonnax (01)", "d’Oyonnax (01)", "à Oyonnax (01)"),
            ("Évry-Courcouronnes (91)", "d’Évry-Courcouronnes (91)", "à Évry-Courcouronnes (91)"),
            ("Le Havre (76)", "du Havre (76)", "au Havre (76)"),
            ("Les Ulis (91)", "des Ulis (91)", "aux Ulis (91)"),
            ("La Rochelle (17)", "de La Rochelle (17)", "à La Rochelle (17)"),
            ("votre position", "de votre position", "à votre position"),
        ] {
            assert_eq!((of(place).as_str(), at(place).as_str()), (of_it, at_it));
        }
    }

    #[test]
    fn dates_are_in_words() {
        for (text, shown) in [
            ("2026-11-21", "21\u{a0}novembre 2026"),
            ("2026-01-01T10:00:00+01:00", "1er\u{a0}janvier 2026"),
            ("2026-11", "novembre 2026"),
            ("2026", "2026"),
            ("hier", "hier"),
            ("2026-99-01", "2026"),
        ] {
            assert_eq!(day_of(text), shown);
        }
        assert_eq!(moment(NOON), "21\u{a0}novembre 2026 à 13\u{a0}h\u{a0}05");
        let midnight = DateTime::parse("2023-12-31T00:00:00+01:00").expect("a date").start;
        assert_eq!(moment(midnight), "31\u{a0}décembre 2023");
        assert_eq!(hour("09:00:00"), "9\u{a0}h");
        assert_eq!(hour("bientôt"), "bientôt");
    }

    #[test]
    fn ages_are_in_words() {
        for (age_ms, text) in [
            (-5, "il y a moins d’une heure"),
            (3 * HOUR_MS, "il y a 3\u{a0}h"),
            (DAY_MS, "hier"),
            (12 * DAY_MS, "il y a 12\u{a0}jours"),
            (100 * DAY_MS, "il y a 3\u{a0}mois"),
            (1_055 * DAY_MS, "il y a plus de 2\u{a0}ans"),
        ] {
            assert_eq!(ago(NOON, NOON - age_ms), text);
        }
    }

    #[test]
    fn distances_have_one_decimal_when_short() {
        for (km, text) in [(0.04, "moins de 100\u{a0}m"), (0.42, "0,4\u{a0}km"), (12.4, "12\u{a0}km")] {
            assert_eq!(distance(km), text);
        }
    }

    #[test]
    fn telephones_are_grouped_and_dialled() {
        for (text, shown, dial) in [
            ("0471745900", "04\u{a0}71\u{a0}74\u{a0}59\u{a0}00", Some("+33471745900")),
            ("+33 4 71 74 59 00", "04\u{a0}71\u{a0}74\u{a0}59\u{a0}00", Some("+33471745900")),
            ("3114", "3114", Some("3114")),
            ("<script>", "<script>", None),
        ] {
            assert_eq!((phone(text).as_str(), dialled(text).as_deref()), (shown, dial), "{text}");
        }
    }

    #[test]
    fn amounts_are_in_euros() {
        for (text, shown) in [("69.03", "69,03\u{a0}€"), ("2000", "2\u{202f}000\u{a0}€"), ("x", "x")] {
            assert_eq!(euros(text), shown);
        }
    }
}
