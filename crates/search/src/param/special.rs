//! Parameters with rules of their own: distance (D11), hours (D14), words (D15).

use ror_fhir::{Node, Precision};

use super::ask::{Asked, How, Leaf, plain_only, unescape};
use super::date;
use crate::query::{Filter, QueryError, Reader, shorten};
use crate::{Circle, Extracted, Near, ParamId, Parameter, ResourceType, Term, Test, near, question_words};

/// The position of a place; that an offer gives hours. Whether there is a value.
pub(crate) fn extract(parameter: &Parameter, node: &Node, out: &mut Extracted) -> bool {
    match &*parameter.name {
        "near" => {
            let degrees = |key| node.get(key).and_then(Node::as_f64);
            let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) else { return false };
            out.position = Some((latitude, longitude));
            out.terms.extend(near::cells_of(parameter.id, latitude, longitude));
            true
        }
        // What they say is read as a whole, by `hours::read`.
        "open-at" => true,
        _ => false,
    }
}

/// `near`, `near-insee-code`, `open-at`.
pub(crate) fn ask(
    reader: &Reader<'_>,
    parameter: &Parameter,
    how: How<'_>,
    asked: &Asked<'_>,
) -> Result<Leaf, QueryError> {
    plain_only(parameter, how, asked)?;
    match &*parameter.name {
        "near" => around(parameter.id, asked, Circle::parse),
        "near-insee-code" => {
            let near = reader.registry.known(ResourceType::Location, "near");
            around(near, asked, |text| around_commune(reader, text))
        }
        "open-at" => open_at(parameter.id, asked),
        _ => Err(QueryError::new(asked.written, "Ce paramètre ne se lit pas ici.")),
    }
}

/// A place without position never matches, even the other way round (D11).
fn around(
    parameter: ParamId,
    asked: &Asked<'_>,
    read: impl Fn(&str) -> Result<Circle, String>,
) -> Result<Leaf, QueryError> {
    let circle = |value: &String| read(&unescape(value)).map_err(|expected| asked.error(&expected, value));
    let near = Near { circles: asked.values.iter().map(circle).collect::<Result<_, _>>()? };
    let held = Filter::Test(Test::Near { parameter, near: near.clone() });
    let unmet = known_but_not(parameter, &held);
    Ok(Leaf { unmet: Some(unmet), near: Some(near), ..Leaf::new(held) })
}

/// `38185|20|km`: around the town hall of a commune (D11).
fn around_commune(reader: &Reader<'_>, text: &str) -> Result<Circle, String> {
    let (code, distance) = text.split_once('|').unwrap_or((text, ""));
    let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_code {
        return Err("code de commune attendu, puis |distance|km ou m s'il y a lieu".to_owned());
    }
    let code = code.to_ascii_uppercase();
    let (latitude, longitude) =
        reader.geography.position(&code).ok_or("commune connue, et dont la position l'est, attendue")?;
    // The rest is read as that of `near`, at a point that is valid.
    let circle = Circle::parse(&if distance.is_empty() { "0|0".to_owned() } else { format!("0|0|{distance}") })
        .map_err(|expected| expected.replace("latitude|longitude", "code de commune"))?;
    Ok(Circle { latitude, longitude, ..circle })
}

/// Offers open at that moment; without hours never, even the other way round.
fn open_at(parameter: ParamId, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    const EXPECTED: &str = "moment attendu, sans préfixe : AAAA-MM-JJThh:mm[:ss][±hh:mm]";
    let test = |value: &String| {
        let read = date::moment(&unescape(value)).ok().filter(|read| read.precision >= Precision::Minute);
        let read = read.ok_or_else(|| asked.error(EXPECTED, value))?;
        Ok(Filter::Test(Test::OpenAt { at: read.start }))
    };
    let held = Filter::any(asked.values.iter().map(test).collect::<Result<_, QueryError>>()?);
    let unmet = known_but_not(parameter, &held);
    Ok(Leaf { unmet: Some(unmet), ..Leaf::new(held) })
}

fn known_but_not(parameter: ParamId, held: &Filter) -> Filter {
    let known = Filter::terms(vec![Term::present(parameter)]);
    Filter::All(vec![known, Filter::negated(held.clone())])
}

/// Most words of one question.
const WORDS_MAX: usize = 50;

/// `_content`: all words, each as the start of one (D15).
pub(crate) fn ask_words(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    plain_only(parameter, how, asked)?;
    let read = |value: &String| {
        let text = unescape(value);
        let all = question_words(&text);
        if all.is_empty() {
            return Err(asked.error("mots attendus", &text));
        }
        if all.len() > WORDS_MAX {
            let message = format!("Au plus {WORDS_MAX} mots ; lus : {} (« {} »).", all.len(), shorten(&text));
            return Err(QueryError::too_costly(asked.written, message));
        }
        Ok(all)
    };
    let words: Vec<Vec<String>> = asked.values.iter().map(read).collect::<Result<_, _>>()?;
    let held = Filter::any(words.iter().map(|all| Filter::Test(Test::Words { all: all.clone() })).collect());
    Ok(Leaf { words, ..Leaf::new(held) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::ask::split_raw;

    #[test]
    fn a_moment_has_a_time_and_no_prefix() {
        let ask = |text: &str| {
            let values = split_raw(text, ',');
            open_at(7, &Asked { written: "open-at", values: &values })
        };
        assert!(ask("2026-01-15T08:00").is_ok() && ask("2026-01-15T08:00:00 01:00,2026-01-16T08:00Z").is_ok());
        for text in ["", "2026-01-15", "ge2026-01-15T08:00", "now", "2026-01-15T8h"] {
            assert!(ask(text).is_err(), "{text}");
        }
    }
}
