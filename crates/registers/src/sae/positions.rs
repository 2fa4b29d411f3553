//! Positions of hospitals, from the file that goes with the forms.

use std::collections::HashMap;

use super::form::finess;
use super::log::Log;
use crate::cog::Position;
use crate::csv_file::{CsvFile, Row};
use crate::identifiers::FinessId;
use crate::{Finding, Severity};

/// A position and whether its publisher calls it a good one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HospitalPosition {
    pub(super) position: Position,
    /// Quality 1 of the file, the best of three; none when the file does not grade it.
    pub(super) reliable: Option<bool>,
}

/// Positions by FINESS number.
pub(super) type Positions = HashMap<FinessId, HospitalPosition>;

/// Reads the file. Its identifiers lost their leading zeros where it was published: they are padded
/// to nine characters, which is one finding for the file and not one per line.
pub(super) fn read(file: Option<&CsvFile>, log: &mut Log) -> Positions {
    let mut positions = Positions::new();
    let Some(file) = file else { return positions };
    let mut padded = 0_usize;
    for row in file.rows() {
        let lost = row.get("id").is_some_and(|id| id.len() < 9);
        let parsed = row.get("id").and_then(|id| FinessId::parse_padded(id).ok());
        let Some((id, _)) = parsed else {
            finess(&row, "id", log);
            continue;
        };
        padded += usize::from(lost);
        let Some(position) = position(&row) else {
            let message = "Latitude ou longitude absente ou hors bornes : position non reprise.";
            log.push(row.finding(Severity::Error, "position-invalide", message));
            continue;
        };
        let reliable = row.get("geo_qual").map(|quality| quality == "1");
        if positions.insert(id, HospitalPosition { position, reliable }).is_some() {
            let message = "Hôpital présent deux fois : la dernière position est retenue.";
            log.push(row.finding(Severity::Warning, "finess-en-double", message).on("id", id.as_str()));
        }
    }
    if padded > 0 {
        let message = format!("{padded} numéros FINESS sans leurs zéros de tête : complétés à neuf caractères.");
        log.push(Finding::new(Severity::Information, file.name(), "finess-zero-perdu", message));
    }
    positions
}

fn position(row: &Row<'_>) -> Option<Position> {
    let degrees = |column: &str, limit: f64| {
        let value: f64 = row.get(column)?.parse().ok()?;
        (value.abs() <= limit).then_some(value)
    };
    let position = Position { latitude: degrees("lat", 90.0)?, longitude: degrees("lon", 180.0)? };
    (position.latitude != 0.0 || position.longitude != 0.0).then_some(position)
}
