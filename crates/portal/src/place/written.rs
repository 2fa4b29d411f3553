//! How people write places: names, postal codes, departments, arrondissements, positions.

use ror_registers::cog::Position;
use ror_terminology::{fold, words};

use super::{Area, NAME_WORDS_MAX, Reading};

/// Position sent by a browser, in decimals of a degree: about a kilometre, never a home.
const HERE_DECIMALS: i32 = 2;

/// The form under which names of places are compared: folded, `st` read as `saint`.
pub(super) fn key(text: &str) -> String {
    let folded = fold(text);
    let words: Vec<&str> = words(&folded)
        .take(NAME_WORDS_MAX + 2)
        .map(|word| match word {
            "st" => "saint",
            "ste" => "sainte",
            _ => word,
        })
        .collect();
    words.join(" ")
}

pub(super) fn is_postal_code(word: &str) -> bool {
    word.len() == 5 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether postal codes of that department start so: Corse kept 20, overseas has three figures.
pub(super) fn is_of_postal_code(departement: &str, code: &str) -> bool {
    match departement {
        "2A" | "2B" => code.starts_with("20"),
        _ => code.starts_with(departement),
    }
}

/// `Saint-Denis (93)` into the name and the department.
pub(super) fn split_departement(typed: &str) -> (&str, Option<String>) {
    let inside = typed.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match inside {
        Some((name, code)) if code.len() <= 3 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            (name, Some(code.to_owned()))
        }
        _ => (typed, None),
    }
}

/// `lyon 3`, `paris 15eme`, `marseille 1er` as the official code writes it, folded.
pub(super) fn arrondissement(folded: &str) -> Option<String> {
    let (city, number) = folded.rsplit_once(' ')?;
    let city = city.strip_suffix(" arrondissement").unwrap_or(city);
    if !matches!(city, "paris" | "lyon" | "marseille") {
        return None;
    }
    let digits = ["eme", "er", "e"].into_iter().find_map(|end| number.strip_suffix(end)).unwrap_or(number);
    match digits.parse::<u8>().ok()? {
        1 => Some(format!("{city} 1er arrondissement")),
        number => Some(format!("{city} {number}e arrondissement")),
    }
}

/// "Ici", or the position that a browser gave for it.
pub(super) fn here(typed: &str) -> Option<Reading> {
    if matches!(fold(typed).as_str(), "ici" | "autour de moi" | "ma position") {
        return Some(Reading::Here);
    }
    let (latitude, longitude) = typed.split_once(',')?;
    let degrees = |text: &str, limit: f64| {
        let value: f64 = text.trim().parse().ok()?;
        let scale = 10_f64.powi(HERE_DECIMALS);
        (value.abs() <= limit).then(|| (value * scale).round() / scale)
    };
    let position = Position { latitude: degrees(latitude, 90.0)?, longitude: degrees(longitude, 180.0)? };
    let area = Area::Around {
        label: "votre position".to_owned(),
        position: Some(position),
        communes: Vec::new(),
        formerly: None,
    };
    Some(Reading::One(area, Vec::new()))
}
