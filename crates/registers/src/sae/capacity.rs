//! Installed beds and places: the record of a place, and the beds of MCO once the units have theirs.

use std::collections::HashMap;

use ror_fhir::{Node, node};

use super::form::{Form, Lines};
use super::log::Log;
use super::mapping::{InsideMco, Mapping};
use crate::Severity;
use crate::identifiers::FinessId;
use crate::shapes::{ROR_EXTENSION, concept, extension};

const NATURE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R329-NatureCapacite/FHIR/TRE-R329-NatureCapacite";
const STATUS: &str = "https://mos.esante.gouv.fr/NOS/TRE_R330-TypeStatutCapacite/FHIR/TRE-R330-TypeStatutCapacite";
const TEMPORALITY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R331-TemporaliteCapacite/FHIR/TRE-R331-TemporaliteCapacite";
const SOURCE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R335-TypeSourceCapacite/FHIR/TRE-R335-TypeSourceCapacite";
const ASSIGNMENT: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R337-AffectationTemporaire/FHIR/TRE-R337-AffectationTemporaire";

/// Beds or places (J187).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Bed,
    Place,
}

/// A record of installed capacity (J188 01) of the present (J189 01), without temporary assignment
/// (J195 01), dated 31 December of the survey year.
///
/// Source 01, typed by hand: people fill in the survey; the other codes name hospital software.
pub(super) fn record(nature: Nature, number: u32, year: u16) -> Node {
    let nature = match nature {
        Nature::Bed => "01",
        Nature::Place => "02",
    };
    let code = |url: &str, system: &str, code: &str| extension(url, "valueCodeableConcept", concept(system, code));
    let parts = vec![
        code("capacityType", NATURE, nature),
        code("capacityStatus", STATUS, "01"),
        code("temporalityCapacity", TEMPORALITY, "01"),
        extension("nbCapacity", "valueInteger", number),
        code("capacitySourceType", SOURCE, "01"),
        extension("capacityUpdateDate", "valueDateTime", format!("{year}-12-31")),
        code("temporaryAssignement", ASSIGNMENT, "01"),
    ];
    node!({"extension": parts, "url": format!("{ROR_EXTENSION}ror-location-supported-capacity")})
}

/// Full-time beds of medicine, surgery and obstetrics at one site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct McoBeds {
    pub(super) medicine: u32,
    pub(super) surgery: u32,
    pub(super) obstetrics: u32,
}

/// What the form PERINAT says of a maternity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaternitySite {
    /// AUTOR: TYPE1, TYPE2, TYPE3, CPPR.
    pub(super) authorisation: String,
    /// Whether it has neonatal special care beds.
    pub(super) special_care: bool,
}

/// Beds of MCO as declared and as stored, and what PERINAT says of maternities.
#[derive(Debug, Default)]
pub(super) struct SharedBeds {
    left: HashMap<FinessId, McoBeds>,
    /// Sum of the declared beds.
    pub(super) declared: McoBeds,
    /// Sum of what is left to the three activities.
    pub(super) stored: McoBeds,
    maternities: HashMap<FinessId, MaternitySite>,
}

impl SharedBeds {
    /// The beds left to the activity whose declared beds are in `column`, none for another column.
    pub(super) fn left(&self, finess: &FinessId, column: &str) -> Option<u32> {
        let beds = self.left.get(finess)?;
        match column {
            "LIT_MED" => Some(beds.medicine),
            "LIT_CHI" => Some(beds.surgery),
            "LIT_OBS" => Some(beds.obstetrics),
            _ => None,
        }
    }

    /// The maternity of a site.
    pub(super) fn maternity(&self, finess: &FinessId) -> Option<&MaternitySite> {
        self.maternities.get(finess)
    }
}

/// Beds of a site that LIT_MCO counts and that critical-care and neonatal units hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitBeds {
    pub(super) neonatal: u32,
    pub(super) critical_care: u32,
    /// Obstetric beds as PERINAT counts them, neonatal ones apart; none when it does not say.
    pub(super) maternity: Option<u32>,
}

impl McoBeds {
    /// The beds left once the units have theirs (ADR 0030), and the unit beds that were nowhere to be taken.
    ///
    /// Neonatal beds come first from the obstetric beds that PERINAT does not count as such, then from
    /// medicine, obstetrics, surgery. Critical-care beds come from medicine, surgery, obstetrics.
    pub(super) fn without(mut self, units: UnitBeds) -> (Self, u32) {
        let beyond_maternity = units.maternity.map_or(0, |maternity| self.obstetrics.saturating_sub(maternity));
        let from_obstetrics = units.neonatal.min(beyond_maternity);
        self.obstetrics -= from_obstetrics;
        let mut neonatal = units.neonatal - from_obstetrics;
        let mut critical = units.critical_care;
        for from in [&mut self.medicine, &mut self.obstetrics, &mut self.surgery] {
            take(from, &mut neonatal);
        }
        for from in [&mut self.medicine, &mut self.surgery, &mut self.obstetrics] {
            take(from, &mut critical);
        }
        (self, neonatal + critical)
    }

    fn add(&mut self, other: Self) {
        self.medicine += other.medicine;
        self.surgery += other.surgery;
        self.obstetrics += other.obstetrics;
    }

    /// All three together.
    #[cfg(test)]
    fn total(self) -> u32 {
        self.medicine + self.surgery + self.obstetrics
    }
}

fn take(from: &mut u32, wanted: &mut u32) {
    let taken = (*from).min(*wanted);
    *from -= taken;
    *wanted -= taken;
}

/// Works out, for each site of form MCO, what is left to medicine, surgery and obstetrics.
pub(super) fn share_mco_beds(lines: &Lines<'_>, mapping: &'static Mapping, log: &mut Log) -> SharedBeds {
    let units = unit_beds(lines, mapping);
    let mut shared = SharedBeds { maternities: maternities(lines), ..SharedBeds::default() };
    for line in lines.get(&Form::Mco).into_iter().flatten() {
        let declared = McoBeds {
            medicine: line.count("LIT_MED"),
            surgery: line.count("LIT_CHI"),
            obstetrics: line.count("LIT_OBS"),
        };
        let (left, missing) = declared.without(units.get(&line.finess).copied().unwrap_or_default());
        if missing > 0 {
            let message = format!(
                "Les unités de soins critiques et de néonatologie du site ont {missing} lits de plus que LIT_MCO, \
                 qui devrait les contenir."
            );
            log.push(
                line.row.finding(Severity::Warning, "lits-au-dela-du-mco", message).on("FI", line.finess.as_str()),
            );
        }
        shared.declared.add(declared);
        shared.stored.add(left);
        shared.left.insert(line.finess, left);
    }
    shared
}

fn unit_beds(lines: &Lines<'_>, mapping: &'static Mapping) -> HashMap<FinessId, UnitBeds> {
    let mut units: HashMap<FinessId, UnitBeds> = HashMap::new();
    for rule in &mapping.offers {
        let Some(inside) = rule.inside_mco else { continue };
        for line in lines.get(&rule.form).into_iter().flatten().filter(|line| rule.reads(line)) {
            let site = units.entry(line.finess).or_default();
            let (beds, _) = rule.capacity(line);
            match inside {
                InsideMco::Neonatal => site.neonatal += beds,
                InsideMco::CriticalCare => site.critical_care += beds,
            }
        }
    }
    for line in lines.get(&Form::Perinat).into_iter().flatten() {
        let maternity = line.row.get("LIT_OBS").and_then(|text| text.parse().ok());
        units.entry(line.finess).or_default().maternity = maternity;
    }
    units
}

fn maternities(lines: &Lines<'_>) -> HashMap<FinessId, MaternitySite> {
    let lines = lines.get(&Form::Perinat).into_iter().flatten();
    let sites = lines.filter_map(|line| {
        let authorisation = line.row.get("AUTOR")?.to_owned();
        Some((line.finess, MaternitySite { authorisation, special_care: line.count("LIT_SIN") > 0 }))
    });
    sites.collect()
}

#[cfg(test)]
mod tests {
    use super::{McoBeds, UnitBeds};

    fn beds(medicine: u32, surgery: u32, obstetrics: u32) -> McoBeds {
        McoBeds { medicine, surgery, obstetrics }
    }

    #[test]
    fn units_take_their_beds_where_they_are_most_likely_counted() {
        let units = |neonatal, critical_care, maternity| UnitBeds { neonatal, critical_care, maternity };
        let cases = [
            ("nothing to take", beds(10, 5, 3), units(0, 0, None), beds(10, 5, 3), 0),
            ("critical care in medicine", beds(10, 5, 3), units(0, 8, None), beds(2, 5, 3), 0),
            ("then in surgery", beds(0, 167, 0), units(0, 9, None), beds(0, 158, 0), 0),
            ("neonatal inside obstetrics", beds(60, 10, 40), units(12, 0, Some(28)), beds(60, 10, 28), 0),
            ("neonatal outside obstetrics", beds(60, 10, 28), units(12, 0, Some(28)), beds(48, 10, 28), 0),
            ("some of both", beds(60, 10, 32), units(12, 5, Some(28)), beds(47, 10, 28), 0),
            ("maternity not told", beds(60, 10, 32), units(12, 0, None), beds(48, 10, 32), 0),
            ("down to surgery", beds(5, 20, 4), units(10, 6, Some(4)), beds(0, 13, 0), 0),
            ("more than all", beds(2, 1, 1), units(3, 4, Some(1)), beds(0, 0, 0), 3),
        ];
        for (what, declared, taken, left, missing) in cases {
            assert_eq!(declared.without(taken), (left, missing), "{what}");
            let all = taken.neonatal + taken.critical_care - missing;
            assert_eq!(left.total() + all, declared.total(), "{what}: no bed lost nor doubled");
        }
    }
}
