//! The table as text: one line per fact, tab separated, first column says which.

use std::fmt::Write;

use super::gather::{Gathered, Heading};

const HEAD: &str = "\
# Nomenclatures des objets de santé (NOS), Agence du Numérique en Santé: see NOTICE.
# Written by `cargo xtask nomenclatures --from DIR`; do not edit (supplement.toml is for that).
# system: id, name, title, url, oid, version, source, content, other address
#   c: code, label, first day, last day
# valueset: id, name, title, url, oid, version, source, status
#   include: title of the system (alone = all of it), then m: code; uses: title of a value set
# association: id, name, title, url, oid, version, source
#   r: columns of the table
";

/// The whole table.
pub(crate) fn table(gathered: &Gathered) -> String {
    let mut out = String::from(HEAD);
    for system in &gathered.systems {
        let content = match (system.complete, system.concepts.is_empty()) {
            (true, _) => "complete",
            (false, false) => "fragment",
            (false, true) => "not-present",
        };
        heading(&mut out, "system", &system.heading, &[content, &system.alias]);
        for concept in &system.concepts {
            line(&mut out, "c", &[&concept.code, &concept.display, &concept.start, &concept.end]);
        }
    }
    for set in &gathered.value_sets {
        heading(&mut out, "valueset", &set.heading, &[&set.status]);
        for (system, codes) in &set.includes {
            line(&mut out, "include", &[&gathered.systems[*system].heading.title]);
            for code in codes {
                line(&mut out, "m", &[code]);
            }
        }
        for used in &set.uses {
            line(&mut out, "uses", &[used]);
        }
    }
    for table in &gathered.associations {
        heading(&mut out, "association", &table.heading, &[]);
        for row in &table.rows {
            let columns: Vec<&str> = row.iter().map(String::as_str).collect();
            line(&mut out, "r", &columns);
        }
    }
    out
}

fn heading(out: &mut String, kind: &str, heading: &Heading, more: &[&str]) {
    let Heading { id, name, title, url, oid, version, source } = heading;
    let mut columns: Vec<&str> = vec![id, name, title, url, oid, version, source];
    columns.extend(more);
    line(out, kind, &columns);
}

/// One line, without the empty columns at its end.
fn line(out: &mut String, kind: &str, columns: &[&str]) {
    let filled = columns.iter().rposition(|column| !column.is_empty()).map_or(0, |last| last + 1);
    out.push_str(kind);
    for column in &columns[..filled] {
        assert!(!column.contains(['\t', '\n']), "a separator inside {column:?}");
        write!(out, "\t{column}").expect("writing to a string");
    }
    out.push('\n');
}
