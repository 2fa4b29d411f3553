//! Comparisons: totals, the declared activities (FILTRE) and the totals of groups (GHT). They change
//! nothing of what is proposed; a difference is a finding.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entities::Entities;
use super::form::{Form, Line, Lines, Survey};
use super::log::Log;
use crate::csv_file::Row;
use crate::identifiers::FinessId;
use crate::{Finding, Severity};

/// A line of total, and the lines of the same site that it repeats.
struct LineTotal {
    form: Form,
    column: &'static str,
    total: &'static str,
    parts: &'static [&'static str],
    counts: &'static [&'static str],
}

const SMR_ADULTS: &[&str] =
    &["SSR_A50", "SSR_A51", "SSR_A52", "SSR_A53", "SSR_A54", "SSR_A55", "SSR_A56", "SSR_A57", "SSR_A58", "SSR_A59"];
const SMR_CHILDREN: &[&str] =
    &["SSR_E50", "SSR_E51", "SSR_E52", "SSR_E53", "SSR_E54", "SSR_E55", "SSR_E56", "SSR_E57", "SSR_E58"];

const LINE_TOTALS: [LineTotal; 6] = [
    LineTotal { form: Form::Rea, column: "UNI", total: "SITOT", parts: &["USIC", "SIUNV", "AUTSI"], counts: &["LIT"] },
    LineTotal {
        form: Form::Psy,
        column: "DIS",
        total: "TOT",
        parts: &["GEN", "INF", "PEN"],
        counts: &["CAP_HTP", "CAP_HDJ", "CAP_HDN"],
    },
    LineTotal { form: Form::Ssr, column: "GDE", total: "SSR_A", parts: SMR_ADULTS, counts: &["LIT", "PLA"] },
    LineTotal { form: Form::Ssr, column: "GDE", total: "SSR_E", parts: SMR_CHILDREN, counts: &["LIT", "PLA"] },
    LineTotal { form: Form::Ssr, column: "GDE", total: "SSR_TOT", parts: &["SSR_A", "SSR_E"], counts: &["LIT", "PLA"] },
    LineTotal { form: Form::Dialyse, column: "DIALY", total: "1210", parts: &["121AX", "121CX"], counts: &["SEM"] },
];

/// Columns of one line that add up to another.
const COLUMN_TOTALS: [(&str, [&str; 3]); 2] =
    [("LIT_MCO", ["LIT_MED", "LIT_CHI", "LIT_OBS"]), ("PLA_MCO", ["PLA_MED", "PLA_CHI", "PLA_OBS"])];

/// Columns of FILTRE, and the form that a site which declares them fills in.
const DECLARED: [(&str, Form); 14] = [
    ("HEB_MED", Form::Mco),
    ("HEB_CHIR", Form::Mco),
    ("HEB_PERINAT", Form::Perinat),
    ("HEB_PSY", Form::Psy),
    ("HEB_SSR", Form::Ssr),
    ("HEB_SLD", Form::Usld),
    ("HAD", Form::Had),
    ("URG", Form::Urgences),
    ("SMURSAMU", Form::Smursamu),
    ("BLOC", Form::Blocs),
    ("IMAG", Form::Images),
    ("TELEMED", Form::Telemed),
    ("REA", Form::Rea),
    ("IRC", Form::Dialyse),
];

/// A column of GHT, compared with the sum of the sites of the same region.
struct GroupTotal {
    column: &'static str,
    form: Form,
    site_column: &'static str,
    /// The line of a site that holds it, when the form has several: column and value.
    line: Option<(&'static str, &'static str)>,
}

const GROUP_TOTALS: [GroupTotal; 5] = [
    GroupTotal { column: "LIT_MCO", form: Form::Mco, site_column: "LIT_MCO", line: None },
    GroupTotal { column: "CAP_HTP_TOT", form: Form::Psy, site_column: "CAP_HTP", line: Some(("DIS", "TOT")) },
    GroupTotal { column: "LIT_SSR", form: Form::Ssr, site_column: "LIT", line: Some(("GDE", "SSR_TOT")) },
    GroupTotal { column: "LIT_USLD", form: Form::Usld, site_column: "LIT", line: None },
    GroupTotal { column: "PLATOT_HAD", form: Form::Had, site_column: "PLATOT", line: None },
];

/// Compares all that repeats itself in the files.
pub(super) fn compare(survey: &Survey, lines: &Lines<'_>, entities: &Entities, log: &mut Log) {
    for total in &LINE_TOTALS {
        compare_line_total(total, lines, log);
    }
    for line in of(lines, Form::Mco) {
        compare_column_totals(&line.row, log);
    }
    compare_maternities(lines, log);
    compare_declared(survey, log);
    compare_groups(survey, lines, entities, log);
}

fn of<'a, 'l>(lines: &'l Lines<'a>, form: Form) -> impl Iterator<Item = &'l Line<'a>> {
    lines.get(&form).into_iter().flatten()
}

/// A number read for comparison only: what is not one counts for nothing.
fn number(row: &Row<'_>, column: &str) -> u64 {
    row.get(column).and_then(|text| text.parse::<f64>().ok()).map_or(0, |number| number.max(0.0) as u64)
}

fn compare_line_total(total: &LineTotal, lines: &Lines<'_>, log: &mut Log) {
    let mut parts: HashMap<(FinessId, &str), u64> = HashMap::new();
    for line in of(lines, total.form) {
        if line.row.get(total.column).is_some_and(|which| total.parts.contains(&which)) {
            for count in total.counts {
                *parts.entry((line.finess, count)).or_default() += number(&line.row, count);
            }
        }
    }
    for line in of(lines, total.form).filter(|line| line.row.get(total.column) == Some(total.total)) {
        for count in total.counts {
            let (said, found) = (number(&line.row, count), parts.get(&(line.finess, count)).copied().unwrap_or(0));
            if said != found {
                let message =
                    format!("{} dit {said} {count} quand le détail en donne {found} : le détail compte.", total.total);
                log.compare(
                    line.row.finding(Severity::Warning, "total-different", message).on(count, &said.to_string()),
                );
            }
        }
    }
}

fn compare_column_totals(row: &Row<'_>, log: &mut Log) {
    for (total, parts) in COLUMN_TOTALS {
        let (said, found) = (number(row, total), parts.iter().map(|part| number(row, part)).sum::<u64>());
        if said != found {
            let message = format!("{total} dit {said} quand ses parties font {found} : les parties comptent.");
            log.compare(row.finding(Severity::Warning, "total-different", message).on(total, &said.to_string()));
        }
    }
}

/// Obstetric beds are in MCO and in PERINAT: MCO counts. An authorised maternity without any is told.
fn compare_maternities(lines: &Lines<'_>, log: &mut Log) {
    let mco: HashMap<FinessId, &Line<'_>> = of(lines, Form::Mco).map(|line| (line.finess, line)).collect();
    for line in of(lines, Form::Perinat) {
        let counted = mco.get(&line.finess).map_or(0, |mco| u64::from(mco.count("LIT_OBS")));
        let said = number(&line.row, "LIT_OBS");
        if said != counted {
            let message = format!("PERINAT compte {said} lits d'obstétrique, MCO {counted} : MCO fait foi.");
            let finding = line.row.finding(Severity::Information, "obstetrique-differente", message);
            log.compare(finding.on("LIT_OBS", &said.to_string()));
        }
        let authorised = line.row.get("AUTOR").is_some_and(|autor| autor.starts_with("TYPE"));
        let offered = mco.get(&line.finess).is_some_and(|mco| mco.count("LIT_OBS") + mco.count("PLA_OBS") > 0);
        if authorised && !offered {
            let message = "Maternité autorisée sans lit ni place d'obstétrique dans MCO : aucune offre proposée.";
            let autor = line.row.get("AUTOR").unwrap_or_default();
            log.push(line.row.finding(Severity::Warning, "maternite-sans-lit", message).on("AUTOR", autor));
        }
    }
}

/// A site that declares an activity in FILTRE and has no line in its form. The reverse is usual: FILTRE
/// also asks for activities that several forms share.
fn compare_declared(survey: &Survey, log: &mut Log) {
    let finess = |row: &Row<'_>| row.get("FI").and_then(|text| FinessId::parse_padded(text).ok()).map(|(id, _)| id);
    let declared: Vec<_> = survey.trusted_rows(Form::Filtre, log);
    let declared: Vec<_> = declared.iter().filter(|row| row.get("STATUT") == Some("DECLA")).collect();
    for (column, form) in DECLARED {
        let Some(file) = survey.form(form) else { continue };
        let answered: HashSet<_> = file.rows().filter_map(|row| finess(&row)).collect();
        for row in declared.iter().filter(|row| row.get(column) == Some("1")) {
            if finess(row).is_none_or(|finess| !answered.contains(&finess)) {
                let message = format!("Activité déclarée ({column}) sans ligne dans le formulaire {}.", form.name());
                log.compare(row.finding(Severity::Information, "filtre-sans-formulaire", message).on(column, "1"));
            }
        }
    }
}

/// Groups belong to the region that their code starts with. They are only part of the hospitals of a
/// region, so their sum may not exceed that of the sites; and their own columns must add up.
fn compare_groups(survey: &Survey, lines: &Lines<'_>, entities: &Entities, log: &mut Log) {
    let Some(file) = survey.form(Form::Ght) else { return };
    let rows: Vec<_> = file.rows().collect();
    for row in &rows {
        compare_column_totals(row, log);
    }
    for GroupTotal { column, form, site_column, line: which } in GROUP_TOTALS {
        let mut groups: BTreeMap<String, u64> = BTreeMap::new();
        for row in &rows {
            *groups.entry(region_of_group(row)).or_default() += number(row, column);
        }
        let mut sites: BTreeMap<&str, u64> = BTreeMap::new();
        for line in of(lines, form).filter(|line| which.is_none_or(|(at, value)| line.row.get(at) == Some(value))) {
            let region = entities.get(&line.finess).map_or("", |entity| entity.region.as_str());
            *sites.entry(region).or_default() += number(&line.row, site_column);
        }
        for (region, groups) in groups.into_iter().filter(|_| !sites.is_empty()) {
            let sites = sites.get(region.as_str()).copied().unwrap_or(0);
            if groups > sites {
                let message = format!("Région {region} : les GHT totalisent {groups} ({column}), leurs sites {sites}.");
                let finding = Finding::new(Severity::Warning, file.name(), "ght-total", message);
                log.compare(finding.on(column, &groups.to_string()));
            }
        }
    }
}

/// A code of group is its region and three digits; files lose the zero of overseas ones (`1101`).
fn region_of_group(row: &Row<'_>) -> String {
    let code = format!("{:0>5}", row.get("CODE_GHT").unwrap_or_default());
    code.chars().take(2).collect()
}
