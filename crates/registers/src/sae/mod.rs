//! SAE: the yearly statistics of hospitals (DREES), one file per form.
//!
//! From the files of one survey year come the entités juridiques and géographiques (forms ID and
//! IDB), one offer per activity a site declares, and the places that hold its beds and equipment.
//! What becomes what is a table, `data/sae-mapping.toml`, with a reason per line. The forms say
//! nothing of ages, hours or contacts: these stay absent, with a finding.
//!
//! A form is recognised by its header and its column BOR, never by its file name. One more file
//! may be handed over with them: the positions of hospitals (columns `id`, `lat`, `lon`).
//!
//! * `form`: which file is which form; lines that can be trusted.
//! * `entities`, `positions`: structures, addresses.
//! * `mapping`, `offers`: activities; `capacity`: beds, and how shared ones are told apart (ADR 0030).
//! * `checks`: totals that are only compared.

mod address;
mod capacity;
mod checks;
mod entities;
mod form;
mod log;
mod mapping;
mod offers;
mod positions;
mod summary;

use ror_fhir::{DateTime, Instant};

use crate::Harvest;
use crate::cog::Cog;

use entities::Entities;
use form::Survey;
use log::Log;
use mapping::Mapping;

/// A file handed over to be read.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Its name without folder, for the findings; what the file holds is told by its content.
    pub name: String,
    /// Its bytes, as stored.
    pub bytes: Vec<u8>,
}

/// Reads the files of one survey year, the positions of hospitals among them if there are.
///
/// Reading never fails: what could not be read is a finding of the harvest. Without form ID there is
/// no reporting site, so no offer. Resources carry 31 December of the year as update date (D38).
///
/// Rules of the findings, beside those of [`CsvFile`](crate::csv_file::CsvFile): `fichier-inconnu`,
/// `formulaire-en-double`, `formulaire-absent`, `annee-differente`, `finess-invalide`, `finess-zero-perdu`,
/// `finess-inconnu`, `finess-en-double`, `ligne-en-double`, `nombre-invalide`, `nature-inconnue`,
/// `region-inconnue`, `categorie-inconnue`, `statut-inconnu`, `siret-douteux`, `commune-tronquee`,
/// `commune-inconnue`, `code-postal-douteux`, `ej-absente`, `ej-sans-nom`, `position-invalide`,
/// `position-loin`, `telephone-invalide`,
/// `lits-au-dela-du-mco`, `non-dit-par-la-source`, `non-repris`, `ligne-sans-activite`, `unite-sensible-a-verifier`,
/// and the comparisons `total-different`, `obstetrique-differente`, `maternite-sans-lit`,
/// `filtre-sans-formulaire`, `ght-total`.
pub fn read(files: &[InputFile], cog: &Cog) -> Harvest {
    let mut log = Log::default();
    let survey = Survey::open(files, &mut log);
    let mut harvest = Harvest { source: "sae", ..Harvest::default() };
    if let Some(year) = survey.year {
        let positions = positions::read(survey.positions.as_ref(), &mut log);
        let entities = Entities::read(&survey, year, cog, &positions, &mut log);
        let mapping = Mapping::embedded();
        let lines = survey.lines(&entities, mapping, &mut log);
        survey.tell_ignored(mapping, &mut log);
        let beds = capacity::share_mco_beds(&lines, mapping, &mut log);
        let offers = offers::build(&lines, mapping, &entities, &beds, year, &mut log);
        checks::compare(&survey, &lines, &entities, &mut log);
        harvest.report = summary::report(year, &entities, &offers, &beds, &positions);
        harvest.proposed = entities.into_proposed();
        harvest.proposed.extend(offers.proposed);
    }
    harvest.findings = log.into_findings();
    harvest
}

/// The date of a survey: 31 December at 00:00, legal time of Paris (D14).
fn survey_instant(year: u16) -> Instant {
    DateTime::parse(&format!("{year}-12-31")).expect("a calendar date").start
}

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod tests;
