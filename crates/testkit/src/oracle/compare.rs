//! Ordered values and texts against what is asked.

use ror_fhir::{DateTime, Node};

use super::values::fold;
use crate::ask::{Bound, How};

/// D12; in front, `2A` and `2B` stand for postal codes.
pub(super) fn text_passes(name: &str, how: How, held: &str, asked: &str) -> bool {
    if name == "address-postalcode" && how == How::Starts {
        let corsica: &[&str] = match asked.to_uppercase().as_str() {
            "2A" => &["200", "201"],
            "2B" => &["202", "206"],
            _ => &[],
        };
        if !corsica.is_empty() {
            return corsica.iter().any(|start| held.starts_with(start));
        }
    }
    match how {
        How::Exact => held == asked,
        How::Starts => fold(held).starts_with(&fold(asked)),
        How::Contains => fold(held).contains(&fold(asked)),
        How::Ends => fold(held).ends_with(&fold(asked)),
    }
}

/// First millisecond of a date or of a period, and the first one after it; what is not said is far away.
pub(super) fn period(date: &Node) -> (i64, i64) {
    let read = |text: &str| DateTime::parse(text).expect("a date");
    match date.as_str() {
        Some(text) => (read(text).start, read(text).end),
        None => (
            date.str("start").map_or(i64::MIN, |text| read(text).start),
            date.str("end").map_or(i64::MAX, |text| read(text).end),
        ),
    }
}

/// FHIR R4 §3.1.1.4.7 on a period.
pub(super) fn date_passes((prefix, date): &Bound, (start, end): (i64, i64)) -> bool {
    let asked = DateTime::parse(date).expect("a date");
    let inside = asked.start <= start && end <= asked.end;
    match *prefix {
        "" | "eq" => inside,
        "ne" => !inside,
        "gt" => end > asked.end,
        "lt" => start < asked.start,
        "ge" => inside || end > asked.end,
        "le" => inside || start < asked.start,
        "sa" => start >= asked.end,
        "eb" => end <= asked.start,
        "ap" => start < asked.end && asked.start < end,
        other => unreachable!("{other}"),
    }
}

/// A decimal, as a whole number of 10⁻⁹; comparisons are exact.
pub(super) fn exact(text: &str) -> i128 {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number: i128 = format!("{whole}{decimals}").parse().expect("a number");
    let scale = 9 + exponent.parse::<i32>().expect("an exponent") - i32::try_from(decimals.len()).expect("few digits");
    number * 10_i128.pow(u32::try_from(scale).expect("at most nine decimals"))
}

/// The number as such, but for equality, which has the precision written: 70 is [69.5, 70.5).
pub(super) fn number_passes(prefix: &str, asked: &str, scale: i128, held: i128) -> bool {
    let number = exact(asked) * scale;
    let decimals = asked.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 5 * 10_i128.pow(8 - u32::try_from(decimals).expect("few decimals")) * scale;
    let equal = number - half <= held && held < number + half;
    match prefix {
        "" | "eq" => equal,
        "ne" => !equal,
        "gt" | "sa" => held > number,
        "lt" | "eb" => held < number,
        "ge" => held >= number,
        "le" => held <= number,
        "ap" => (held - number).abs() * 10 <= number.abs(),
        other => unreachable!("{other}"),
    }
}

/// D13: a unit as so many ten-thousandths of the base of its kind: day, kilogram, metre.
fn unit(name: &str) -> Option<(char, i128)> {
    Some(match name {
        "a" => ('d', 3_652_500),
        "mo" => ('d', 304_375),
        "wk" => ('d', 70_000),
        "d" => ('d', 10_000),
        "kg" => ('k', 10_000),
        "g" => ('k', 10),
        "m" => ('m', 10_000),
        "cm" => ('m', 100),
        "mm" => ('m', 10),
        _ => return None,
    })
}

/// Number, unit, as a Quantity holds them.
pub(super) fn quantity(node: &Node) -> Option<(i128, Option<&str>)> {
    let number = exact(node.get("value")?.as_number()?);
    Some((number, node.str("code").or_else(|| node.str("unit"))))
}

/// An amount by value, in the base of its kind.
pub(super) fn in_base(name: &str, node: &Node) -> Option<i128> {
    let (number, held) = quantity(node)?;
    let years = name.starts_with("age-").then_some("a");
    let scale = held.or(years).and_then(unit).map_or(10_000, |(_, scale)| scale);
    Some(number * scale)
}

/// D13: by value within a kind of unit; an age without unit is in years, a limit asked without
/// unit is a bare number, and other units are compared as written.
pub(super) fn quantity_passes(name: &str, (prefix, asked): &Bound, asked_unit: Option<&str>, node: &Node) -> bool {
    let Some((held, held_unit)) = quantity(node) else { return false };
    let years = name.starts_with("age-").then_some("a");
    let Some(asked_unit) = asked_unit.or(years) else { return number_passes(prefix, asked, 1, held) };
    let Some(held_unit) = held_unit.or(years) else { return false };
    match (unit(asked_unit), unit(held_unit)) {
        (Some((kind, scale)), Some((held_kind, held_scale))) => {
            kind == held_kind && number_passes(prefix, asked, scale, held * held_scale)
        }
        (None, None) => asked_unit == held_unit && number_passes(prefix, asked, 1, held),
        _ => false,
    }
}
