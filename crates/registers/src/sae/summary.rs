//! Figures to print after the import.

use super::capacity::SharedBeds;
use super::entities::Entities;
use super::form::Form;
use super::offers::{Figures, Offers};
use super::positions::Positions;
use crate::organization::Kind;

/// The figures, each with its label, in French.
pub(super) fn report(
    year: u16,
    entities: &Entities,
    offers: &Offers,
    beds: &SharedBeds,
    positions: &Positions,
) -> Vec<(String, String)> {
    let figures = |form| offers.by_form.get(&form).copied().unwrap_or_default();
    let (mco, rea, perinat, psy) = (figures(Form::Mco), figures(Form::Rea), figures(Form::Perinat), figures(Form::Psy));
    let (smr, long_stay, had) = (figures(Form::Ssr), figures(Form::Usld), figures(Form::Had));
    let mco_beds = mco.beds + rea.beds + perinat.beds;
    let all_beds = offers.by_form.values().map(|figures| figures.beds).sum::<u32>();
    let day_places = mco.places + psy.places + smr.places;
    let mut lines = structures(year, entities, positions);
    let offer_count: usize = offers.by_form.values().map(|figures: &Figures| figures.offers).sum();
    lines.push(("Offres".to_owned(), number(offer_count)));
    lines.push(("Lieux".to_owned(), number(offers.place_count)));
    let shares = [
        ("Lits de médecine", beds.declared.medicine, beds.stored.medicine),
        ("Lits de chirurgie", beds.declared.surgery, beds.stored.surgery),
        ("Lits d'obstétrique", beds.declared.obstetrics, beds.stored.obstetrics),
    ];
    for (label, declared, stored) in shares {
        let value = format!(
            "{} déclarés, {} hors soins critiques et néonatologie",
            number(declared as usize),
            number(stored as usize)
        );
        lines.push((label.to_owned(), value));
    }
    let totals = [
        ("Lits de soins critiques", rea.beds),
        ("Lits de néonatologie", perinat.beds),
        ("Lits MCO, ces unités comprises", mco_beds),
        ("Lits de psychiatrie", psy.beds),
        ("  dont déclarés par des entités juridiques", offers.beds_of_legal_persons),
        ("Lits de SMR", smr.beds),
        ("Lits de soins de longue durée", long_stay.beds),
        ("Lits installés en tout", all_beds),
        ("Places de jour et de nuit", day_places),
        ("Places d'hospitalisation à domicile", had.places),
    ];
    lines.extend(totals.map(|(label, value)| (label.to_owned(), number(value as usize))));
    lines
}

fn structures(year: u16, entities: &Entities, positions: &Positions) -> Vec<(String, String)> {
    let count = |kind, reporting| entities.iter().filter(|e| e.kind == kind && e.reporting == reporting).count();
    let (eg, secondary) = (count(Kind::EntiteGeographique, true), count(Kind::EntiteGeographique, false));
    let (ej, other_ej) = (count(Kind::EntiteJuridique, true), count(Kind::EntiteJuridique, false));
    let by_number = entities.known_by_number();
    let with_position = entities.iter().filter(|entity| entity.address.position.is_some()).count();
    let listed = entities.iter().count();
    let eg_text = format!("{} ({} déclarantes, {} secondaires)", number(eg + secondary), number(eg), number(secondary));
    let ej_text = format!(
        "{} ({} déclarantes, {} secondaires, {} connues par leur numéro)",
        number(ej + other_ej + by_number),
        number(ej),
        number(other_ej),
        number(by_number)
    );
    vec![
        ("Année de l'enquête".to_owned(), year.to_string()),
        ("Structures".to_owned(), number(listed + by_number)),
        ("  entités géographiques".to_owned(), eg_text),
        ("  entités juridiques".to_owned(), ej_text),
        (
            "Structures avec une position".to_owned(),
            format!("{} sur {} ({} positions lues)", number(with_position), number(listed), number(positions.len())),
        ),
    ]
}

/// `118728` as `118 728`, with no-break spaces (U+202F).
fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(
            [number(7), number(830), number(1034), number(369_309)],
            ["7", "830", "1\u{202F}034", "369\u{202F}309"]
        );
    }
}
