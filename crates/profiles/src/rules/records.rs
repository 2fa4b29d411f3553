//! Capacity records of a place: D35, D36, and the arithmetic that only warns.

use std::collections::HashSet;

use ror_fhir::Node;

use crate::capacity::{COMBINATIONS, Record, discrepancy, records};
use crate::finding::Findings;

/// D35: each record is an indicator; its number is at least 0.
pub(super) fn a_record_is_a_valid_indicator(place: &Node, findings: &mut Findings) {
    for (at, record) in records(place) {
        combination(at, &record, findings);
        if record.number.is_some_and(|number| number < 0) {
            findings.broken("D35", "un nombre entier positif ou nul", || {
                (format!("Location.extension[{at}]"), "Une capacité n'est jamais négative.".to_owned())
            });
        }
    }
}

fn combination(at: usize, record: &Record<'_>, findings: &mut Findings) {
    // A status outside the list has a finding of its own.
    let Some(allowed) = COMBINATIONS.iter().find(|it| Some(it.status) == record.status) else { return };
    let axes = [
        ("genderCapacityAvailable", record.gender, allowed.gender),
        ("capacityClosingType", record.closing, allowed.closing),
        ("additionalBedType", record.extra, allowed.extra),
        ("crisisType", record.crisis, allowed.extra),
    ];
    for (axis, _, _) in axes.into_iter().filter(|(_, code, may)| code.is_some() && !may) {
        findings.broken("D35", "une combinaison qui est un indicateur", || {
            let message = format!(
                "Un enregistrement de statut {} ne porte pas « {axis} » : ce n'est pas un indicateur valide.",
                allowed.status
            );
            (format!("Location.extension[{at}]"), message)
        });
    }
    if record.horizon.is_some_and(|horizon| !allowed.horizons.contains(&horizon)) {
        findings.doubtful("D35", "la temporalité 01", || {
            let message = "La capacité installée se donne d'ordinaire pour maintenant (temporalité 01).";
            (format!("Location.extension[{at}]"), message.to_owned())
        });
    }
}

/// D36: at most one record per identity, beds and places apart.
pub(super) fn one_record_per_identity(place: &Node, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (at, record) in records(place) {
        let is_read = record.status.is_some() && record.horizon.is_some() && record.nature.is_some();
        if is_read && !seen.insert(record.identity()) {
            findings.broken("D36", "un enregistrement par indicateur", || {
                let message = "Un autre enregistrement de ce lieu est le même indicateur : n'en garder qu'un.";
                (format!("Location.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// Domain §6.4: numbers that do not add up are told, never refused.
pub(super) fn statuses_add_up(place: &Node, findings: &mut Findings) {
    for found in discrepancy(place) {
        let nature = if found.nature == "01" { "lits" } else { "places" };
        findings.doubtful("D35", &format!("{} {nature} au total", found.installed), || {
            let message = format!(
                "Disponibles, occupés, réservés et fermés font {} {nature}, pour {} installés : à vérifier.",
                found.sum, found.installed
            );
            ("Location.extension".to_owned(), message)
        });
    }
}
