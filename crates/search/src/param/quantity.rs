//! Quantity parameters and their units (D13).

use ror_fhir::{Decimal, Node, Quantity};

use super::ask::{Asked, How, Leaf, compared, split_raw, unescape};
use super::number::Written;
use crate::query::{Filter, QueryError};
use crate::{Axis, Comparison, Extracted, Ordered, Parameter, Span, Test};

/// Units that are compared by value: as written, the basic one, how many of it.
const UNITS: [(&str, &str, &str); 9] = [
    ("a", "d", "365.25"),
    ("mo", "d", "30.4375"),
    ("wk", "d", "7"),
    ("d", "d", "1"),
    ("kg", "kg", "1"),
    ("g", "kg", "0.001"),
    ("m", "m", "1"),
    ("cm", "m", "0.01"),
    ("mm", "m", "0.001"),
];
/// Systems of units: UCUM in either writing, and its French mirror in either of its own.
const SYSTEMS: [&str; 4] = [
    "http://unitsofmeasure.org",
    "https://unitsofmeasure.org",
    "https://mos.esante.gouv.fr/NOS/TRE_R247-UcumUniteMesure/FHIR/TRE-R247-UcumUniteMesure",
    "https://mos.esante.gouv.fr/NOS/TRE_R247-UcumUniteMesure",
];

/// What a unit measures, and how many basic ones it is worth; a unit that is not known is its own.
fn basis(unit: &str) -> (Axis, Option<Decimal>) {
    match UNITS.iter().find(|(written, ..)| *written == unit) {
        Some((_, basic, factor)) => (Axis::Unit((*basic).into()), Decimal::parse(factor).ok()),
        None => (Axis::Unit(unit.into()), None),
    }
}

/// A quantity in its basic unit. Where a question may leave the unit out, the bare number too.
pub(crate) fn extract(parameter: &Parameter, node: &Node, out: &mut Extracted) {
    let Some(read) = Quantity::read(node) else { return };
    let is_ours = read.system.is_none_or(|system| SYSTEMS.contains(&system));
    let (axis, factor) = match (read.code.map(str::trim).filter(|unit| !unit.is_empty()), &parameter.unit) {
        (Some(unit), _) if is_ours => basis(unit),
        (Some(unit), _) => (Axis::Unit(unit.into()), None),
        (None, Some(unit)) => basis(unit),
        // Of no unit: it sorts beside those that have one.
        (None, None) => (Axis::Unit("".into()), None),
    };
    let raw = read.value.to_f64();
    let value = factor.and_then(|factor| read.value.times(factor)).map_or(raw, Decimal::to_f64);
    if parameter.unit.is_none() {
        let span = Span::of_number(raw);
        out.values.push(Ordered { parameter: parameter.id, axis: Axis::Number, span });
    }
    out.values.push(Ordered { parameter: parameter.id, axis, span: Span::of_number(value) });
}

/// `ge180|http://unitsofmeasure.org|kg`, `le42||a`, `le42`.
pub(crate) fn ask(parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
    let any = compared(parameter, how, asked, |prefix, text| {
        let parts: Vec<String> = split_raw(text, '|').iter().map(|part| unescape(part).trim().to_owned()).collect();
        let (number, system, unit) = match &parts[..] {
            [number] => (number, "", ""),
            [number, system, unit] => (number, &**system, &**unit),
            _ => return Err("nombre, ou nombre|système|unité attendu".to_owned()),
        };
        if !system.is_empty() && !SYSTEMS.contains(&system) {
            return Err(format!("système d'unités attendu : {}, ou rien", SYSTEMS[0]));
        }
        let written = Written::parse(number)?;
        let (axis, factor) = match (unit, &parameter.unit) {
            ("", None) => (Axis::Number, None),
            ("", Some(default)) => basis(default),
            (unit, _) => basis(unit),
        };
        Ok(Comparison { prefix, axis, asked: written.span(prefix, factor) })
    })?;
    Ok(Leaf::new(Filter::Test(Test::Ordered { parameter: parameter.id, any })))
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;
    use crate::{Registry, ResourceType};

    fn values(name: &str, rtype: ResourceType, node: &Node) -> Vec<(Axis, Span)> {
        let mut out = Extracted::default();
        extract(Registry::embedded().find(rtype, name).expect("known"), node, &mut out);
        out.values.into_iter().map(|value| (value.axis, value.span)).collect()
    }

    #[test]
    fn d13_ages_are_days_and_without_unit_years() {
        let of = |node| values("age-range-low", ResourceType::HealthcareService, &node);
        let days = |days: f64| vec![(Axis::Unit("d".into()), Span::of_number(days))];
        assert_eq!(of(node!({"value": 1, "code": "a"})), days(365.25));
        assert_eq!(of(node!({"value": 1})), days(365.25));
        assert_eq!(of(node!({"value": 12, "unit": "mo", "system": SYSTEMS[1]})), days(365.25));
        assert_eq!(of(node!({"value": 18, "unit": "ans"})), [(Axis::Unit("ans".into()), Span::of_number(18.0))]);
        assert_eq!(of(node!({"unit": "a"})), []);
    }

    #[test]
    fn d13_a_limit_is_compared_in_its_basic_unit_or_bare() {
        let of = |node| values("limit-value", ResourceType::Location, &node);
        let both = |unit: &str, value, raw| {
            vec![(Axis::Number, Span::of_number(raw)), (Axis::Unit(unit.into()), Span::of_number(value))]
        };
        assert_eq!(of(node!({"value": 180_000, "unit": "g"})), both("kg", 180.0, 180_000.0));
        assert_eq!(of(node!({"value": 70, "code": "cm"})), both("m", 0.7, 70.0));
        assert_eq!(of(node!({"value": 4, "unit": "L/min"})), both("L/min", 4.0, 4.0));
        assert_eq!(of(node!({"value": 4, "unit": "kg", "system": "http://x"})), both("kg", 4.0, 4.0));
        assert_eq!(of(node!({"value": 4})), both("", 4.0, 4.0));
    }
}
