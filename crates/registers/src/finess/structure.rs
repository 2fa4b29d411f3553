//! A line turned into a structure.

use ror_fhir::Instant;

use super::address;
use super::fields;
use super::record::Record;
use crate::cog::Cog;
use crate::identifiers::FinessId;
use crate::organization::{Kind, Structure, Switchboard, eg_key, ej_key};
use crate::{Finding, Severity};

/// A structure read, with where it was read.
pub(super) struct Entity {
    pub(super) key: String,
    pub(super) structure: Structure,
    /// The entité juridique of an establishment.
    pub(super) ej: Option<FinessId>,
    /// Update date of the line.
    pub(super) updated: Option<Instant>,
    pub(super) file: String,
    pub(super) line: u64,
}

/// An establishment (`structureet` or a line of the enriched variant).
pub(super) fn read_establishment(
    record: &Record<'_>,
    finess: FinessId,
    cog: &Cog,
    findings: &mut Vec<Finding>,
) -> Entity {
    let ej = fields::finess(record, "nofinessej", Severity::Warning, findings);
    if ej.is_none() {
        let message = "Entité juridique absente ou illisible : établissement sans rattachement.";
        let finding = record.row.finding(Severity::Warning, "ej-absente", message);
        findings.push(finding.on("nofinessej", record.get("nofinessej").unwrap_or_default()));
    }
    let place = address::read(record, cog, findings);
    let (name, alias) = names(record, findings);
    let structure = Structure {
        siret: fields::siret(record, findings),
        region: place.region,
        opened: fields::date(record, "dateouv", findings),
        name,
        additional_name: record.get("complrs").map(str::to_owned),
        operational_name: alias,
        category: fields::category(record, findings),
        sph: fields::sph(record, findings),
        address: place.address,
        part_of: ej.as_ref().map(ej_key),
        switchboard: Switchboard {
            phone: fields::telephone(record, "telephone", findings),
            fax: fields::telephone(record, "telecopie", findings),
        },
        ..Structure::new(Kind::EntiteGeographique, Some(finess))
    };
    let updated = fields::date(record, "datemaj", findings).and_then(|date| fields::day(&date));
    entity(record, eg_key(&finess), structure, ej, updated)
}

/// A legal entity (`structureej`). Its line has no update date and its category is not one of the value set
/// of the ROR, which is for establishments: left out.
pub(super) fn read_legal_entity(
    record: &Record<'_>,
    finess: FinessId,
    cog: &Cog,
    findings: &mut Vec<Finding>,
) -> Entity {
    let place = address::read(record, cog, findings);
    let (name, alias) = names(record, findings);
    let structure = Structure {
        siren: fields::siren(record, findings),
        region: place.region,
        created: fields::date(record, "datecrea", findings),
        name,
        additional_name: record.get("complrs").map(str::to_owned),
        operational_name: alias,
        legal_status: fields::legal_status(record, findings),
        address: place.address,
        switchboard: Switchboard { phone: fields::telephone(record, "telephone", findings), fax: None },
        ..Structure::new(Kind::EntiteJuridique, Some(finess))
    };
    entity(record, ej_key(&finess), structure, None, None)
}

/// The full name, and the short one of 38 characters when it differs: it is the one people know
/// (`CH DE FLEYRIAT`), so it serves as nom opérationnel.
fn names(record: &Record<'_>, findings: &mut Vec<Finding>) -> (Option<String>, Option<String>) {
    let (short, long) = (record.get("rs"), record.get("rslongue"));
    if short.is_none() && long.is_none() {
        findings
            .push(record.row.finding(Severity::Warning, "nom-absent", "Structure sans raison sociale.").on("rs", ""));
    }
    let alias = short.filter(|short| long.is_some_and(|long| long != *short));
    (long.or(short).map(str::to_owned), alias.map(str::to_owned))
}

fn entity(
    record: &Record<'_>,
    key: String,
    structure: Structure,
    ej: Option<FinessId>,
    updated: Option<Instant>,
) -> Entity {
    let line = record.row.line();
    Entity { key, structure, ej, updated, file: record.row.file_name().to_owned(), line }
}
