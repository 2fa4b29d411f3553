//! From lists to code systems: one concept per (system, code), one label each.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

use super::source::{Association, ConceptRow, OtherEntry, Published, Supplement, SystemSupplement, ValueSetEntry};

/// What the table holds.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) systems: Vec<System>,
    pub(crate) value_sets: Vec<ValueSet>,
    pub(crate) associations: Vec<AssociationTable>,
    /// Labels of a value set that a later version of the same concept replaced.
    pub(crate) superseded: Vec<String>,
    by_url: HashMap<String, usize>,
}

/// Names and provenance of a list.
pub(crate) struct Heading {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) oid: String,
    pub(crate) version: String,
    pub(crate) source: String,
}

/// A code system: complete, or what the other lists show of it.
pub(crate) struct System {
    pub(crate) heading: Heading,
    /// The address of the NOS, when the guide writes another.
    pub(crate) alias: String,
    pub(crate) complete: bool,
    pub(crate) concepts: Vec<Concept>,
    by_code: HashMap<String, usize>,
}

/// A code; the label is empty when no list gives one.
pub(crate) struct Concept {
    pub(crate) code: String,
    pub(crate) display: String,
    pub(crate) start: String,
    pub(crate) end: String,
    /// Version of the list the label comes from: the latest wins.
    labelled: String,
}

/// A value set.
pub(crate) struct ValueSet {
    pub(crate) heading: Heading,
    pub(crate) status: String,
    /// Index of the system, then its codes; none = all of it.
    pub(crate) includes: Vec<(usize, Vec<String>)>,
    /// Names of the value sets it is the union of.
    pub(crate) uses: Vec<String>,
}

/// An association table, each row a list of columns.
pub(crate) struct AssociationTable {
    pub(crate) heading: Heading,
    pub(crate) rows: Vec<Vec<String>>,
}

/// Brings all lists together. Complete systems come first, so that their label wins.
pub(crate) fn gather(published: &Published, supplement: &Supplement) -> Result<Gathered> {
    let mut gathered = Gathered::default();
    for (entry, rows) in &published.code_systems {
        gathered.add_complete(entry, rows, supplement)?;
    }
    for (entry, rows) in &published.value_sets {
        gathered.add_value_set(entry, rows, supplement)?;
    }
    for entry in &published.unions {
        gathered.value_sets.push(ValueSet {
            heading: heading_of(entry, supplement),
            status: "unknown".to_owned(),
            includes: Vec::new(),
            uses: entry.includes.clone(),
        });
    }
    for (entry, rows) in &published.associations {
        gathered.add_association(entry, rows, supplement)?;
    }
    for concept in &supplement.concept {
        let system = gathered.system_named(&concept.system)?;
        let row = ConceptRow {
            code: concept.code.clone(),
            display: concept.display.clone(),
            system: String::new(),
            start: String::new(),
            end: concept.end.clone(),
        };
        ensure!(!gathered.systems[system].by_code.contains_key(&row.code), "{} is now published", concept.code);
        gathered.add_concept(system, &row, "", "supplement");
    }
    gathered.sort_fragments();
    Ok(gathered)
}

impl Gathered {
    fn add_complete(&mut self, entry: &OtherEntry, rows: &[ConceptRow], supplement: &Supplement) -> Result<()> {
        let system = self.add_system(heading_of(entry, supplement), String::new(), true)?;
        for row in rows {
            ensure!(row.system == entry.url, "{}: a row of another system, {}", entry.name, row.system);
            self.add_concept(system, row, "", &entry.name);
        }
        Ok(())
    }

    fn add_value_set(&mut self, entry: &ValueSetEntry, rows: &[ConceptRow], supplement: &Supplement) -> Result<()> {
        let known = supplement.value_set.iter().find(|known| known.name == entry.jdv);
        if entry.file.is_none() && known.is_none() {
            ensure!(!entry.bound_by_current_guide, "{}: bound, and neither held nor explained", entry.jdv);
            return Ok(());
        }
        let version = entry.version.clone().unwrap_or_default();
        let mut includes: Vec<(usize, Vec<String>)> = Vec::new();
        for named in &entry.systems {
            let system = self.system(&named.url, &named.tre, named.oid.as_deref(), supplement)?;
            includes.push((system, Vec::new()));
        }
        for row in rows {
            let system = self.by_url.get(&row.system).copied();
            let include = includes.iter_mut().find(|include| Some(include.0) == system);
            let (system, codes) =
                include.with_context(|| format!("{}: system {} not listed", entry.jdv, row.system))?;
            codes.push(row.code.clone());
            let system = *system;
            self.add_concept(system, row, &version, &entry.jdv);
        }
        for name in known.iter().flat_map(|known| &known.whole_systems) {
            let address = &supplement_of(name, supplement).with_context(|| format!("{name} has no address"))?.canonical;
            includes.push((self.system(address, name, None, supplement)?, Vec::new()));
        }
        let heading = Heading {
            id: id_of(&entry.value_set_url),
            name: machine_name(&entry.jdv),
            title: entry.jdv.clone(),
            url: entry.value_set_url.clone(),
            oid: entry.oid.clone().unwrap_or_default(),
            version,
            source: entry.source.clone().unwrap_or_default(),
        };
        self.value_sets.push(ValueSet { heading, status: entry.status.clone(), includes, uses: Vec::new() });
        Ok(())
    }

    fn add_association(&mut self, entry: &OtherEntry, rows: &Association, supplement: &Supplement) -> Result<()> {
        let version = entry.version.clone().unwrap_or_default();
        let mut table = AssociationTable { heading: heading_of(entry, supplement), rows: Vec::new() };
        match rows {
            Association::Pairs(pairs) => {
                for pair in pairs {
                    let source = self.end(&pair.source_system, &pair.source_code, &pair.source_display, &version)?;
                    let target = self.end(&pair.target_system, &pair.target_code, &pair.target_display, &version)?;
                    table.rows.push([source, target].concat());
                }
            }
            Association::Hierarchy(categories) => {
                for row in categories {
                    let mut columns = self.end(&row.system, &row.code, &row.display, &version)?;
                    columns
                        .extend([&row.parent, &row.parent_level2, &row.parent_level1, &row.domain].map(Clone::clone));
                    table.rows.push(columns);
                }
            }
        }
        self.associations.push(table);
        Ok(())
    }

    /// One end of an association as two columns: name of the system, code.
    fn end(&mut self, url: &str, code: &str, display: &str, version: &str) -> Result<Vec<String>> {
        let system = *self.by_url.get(url).with_context(|| format!("{url}: in no value set"))?;
        let row = ConceptRow {
            code: code.to_owned(),
            display: display.to_owned(),
            system: String::new(),
            start: String::new(),
            end: String::new(),
        };
        self.add_concept(system, &row, version, "association");
        Ok(vec![self.systems[system].heading.title.clone(), code.to_owned()])
    }

    /// The system of that address, made when it is new.
    fn system(&mut self, url: &str, title: &str, oid: Option<&str>, supplement: &Supplement) -> Result<usize> {
        if let Some(&at) = self.by_url.get(url) {
            return Ok(at);
        }
        let canonical = supplement_of(title, supplement).map_or(url, |known| &known.canonical);
        let heading = Heading {
            id: id_of(canonical),
            name: machine_name(title),
            title: title.to_owned(),
            url: canonical.to_owned(),
            oid: oid.unwrap_or_default().to_owned(),
            version: String::new(),
            source: String::new(),
        };
        let alias = if canonical == url { String::new() } else { url.to_owned() };
        self.add_system(heading, alias, false)
    }

    fn add_system(&mut self, heading: Heading, alias: String, complete: bool) -> Result<usize> {
        let at = self.systems.len();
        for url in [&heading.url, &alias].into_iter().filter(|url| !url.is_empty()) {
            ensure!(self.by_url.insert(url.clone(), at).is_none(), "{url}: two systems");
        }
        self.systems.push(System { heading, alias, complete, concepts: Vec::new(), by_code: HashMap::new() });
        Ok(at)
    }

    fn system_named(&self, title: &str) -> Result<usize> {
        self.systems
            .iter()
            .position(|system| system.heading.title == title)
            .with_context(|| format!("{title}: unknown"))
    }

    /// Adds a concept or completes the one already there; the label of the latest list stays.
    fn add_concept(&mut self, system: usize, row: &ConceptRow, version: &str, list: &str) {
        let system = &mut self.systems[system];
        let Some(&at) = system.by_code.get(&row.code) else {
            system.by_code.insert(row.code.clone(), system.concepts.len());
            system.concepts.push(Concept {
                code: row.code.clone(),
                display: row.display.clone(),
                start: row.start.clone(),
                end: row.end.clone(),
                labelled: version.to_owned(),
            });
            return;
        };
        let known = &mut system.concepts[at];
        if row.display.is_empty() || row.display == known.display {
            return;
        }
        let keeps = system.complete || (!known.display.is_empty() && *known.labelled >= *version);
        let (kept, dropped) = if keeps { (&known.display, &row.display) } else { (&row.display, &known.display) };
        if !dropped.is_empty() {
            self.superseded.push(format!("{} {} in {list}: {dropped} → {kept}", system.heading.title, row.code));
        }
        if !keeps {
            known.display.clone_from(&row.display);
            version.clone_into(&mut known.labelled);
        }
    }

    /// A fragment has no order of its own: by code. A complete list keeps the published order.
    fn sort_fragments(&mut self) {
        for system in self.systems.iter_mut().filter(|system| !system.complete) {
            system.concepts.sort_by(|a, b| a.code.cmp(&b.code));
        }
    }
}

fn supplement_of<'a>(title: &str, supplement: &'a Supplement) -> Option<&'a SystemSupplement> {
    supplement.system.iter().find(|known| known.name == title)
}

fn heading_of(entry: &OtherEntry, supplement: &Supplement) -> Heading {
    let known = supplement.name.iter().find(|known| known.id == entry.name);
    Heading {
        id: id_of(&entry.url),
        name: known.map_or_else(|| machine_name(&entry.name), |known| known.name.clone()),
        title: entry.name.clone(),
        url: entry.url.clone(),
        oid: entry.oid.clone().unwrap_or_default(),
        version: entry.version.clone().unwrap_or_default(),
        source: entry.source.clone().unwrap_or_default(),
    }
}

/// The last segment of the address, with the one character that a logical id refuses replaced.
fn id_of(url: &str) -> String {
    url.rsplit('/').next().unwrap_or_default().replace('_', "-")
}

/// The name without hyphens, as FHIR wants computer names (rules csd-0 and vsd-0).
fn machine_name(title: &str) -> String {
    title.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::super::source::{PairRow, SystemEntry};
    use super::*;

    fn row(code: &str, display: &str) -> ConceptRow {
        let empty = String::new();
        ConceptRow {
            code: code.into(),
            display: display.into(),
            system: "http://r/TRE-A".into(),
            start: empty.clone(),
            end: empty,
        }
    }

    fn list(name: &str, version: &str, rows: Vec<ConceptRow>) -> (ValueSetEntry, Vec<ConceptRow>) {
        let entry = ValueSetEntry {
            jdv: name.into(),
            value_set_url: format!("http://j/{name}"),
            oid: None,
            version: Some(version.into()),
            status: "active".into(),
            systems: vec![SystemEntry { tre: "TRE_A".into(), url: "http://r/TRE-A".into(), oid: None }],
            file: Some(format!("{name}.csv")),
            count: rows.len(),
            bound_by_current_guide: true,
            source: None,
        };
        (entry, rows)
    }

    fn published(value_sets: Vec<(ValueSetEntry, Vec<ConceptRow>)>) -> Published {
        Published { value_sets, code_systems: Vec::new(), associations: Vec::new(), unions: Vec::new() }
    }

    #[test]
    fn the_label_of_the_latest_list_stays() {
        let lists = vec![
            list("JDV_1", "2024", vec![row("2", "Deux"), row("1", "Un")]),
            list("JDV_2", "2026", vec![row("1", "Unité")]),
            list("JDV_3", "2025", vec![row("1", "L'un"), row("2", "")]),
        ];
        let gathered = gather(&published(lists), &Supplement::default()).expect("sound lists");
        let concepts: Vec<_> = gathered.systems[0].concepts.iter().map(|c| (&*c.code, &*c.display)).collect();
        assert_eq!(concepts, [("1", "Unité"), ("2", "Deux")], "by code, since the system is a fragment");
        assert_eq!(gathered.superseded.len(), 2, "{:?}", gathered.superseded);
        assert_eq!(
            gathered.value_sets[0].includes,
            [(0, vec!["2".to_owned(), "1".to_owned()])],
            "in the published order"
        );
    }

    #[test]
    fn an_association_completes_a_system_without_taking_its_labels() {
        let mut lists = published(vec![list("JDV_1", "2024", vec![row("1", "Un")])]);
        let pair = PairRow {
            source_code: "1".into(),
            source_display: "Ancien".into(),
            source_system: "http://r/TRE-A".into(),
            target_code: "9".into(),
            target_display: String::new(),
            target_system: "http://r/TRE-A".into(),
        };
        let entry = OtherEntry {
            kind: "association".into(),
            name: "ASS_X".into(),
            url: "http://a/ASS-X".into(),
            oid: None,
            version: Some("2023".into()),
            file: None,
            count: 1,
            includes: Vec::new(),
            source: None,
        };
        lists.associations.push((entry, Association::Pairs(vec![pair])));
        let gathered = gather(&lists, &Supplement::default()).expect("sound lists");
        let concepts: Vec<_> = gathered.systems[0].concepts.iter().map(|c| (&*c.code, &*c.display)).collect();
        assert_eq!(concepts, [("1", "Un"), ("9", "")]);
        assert_eq!(gathered.associations[0].rows, [["TRE_A", "1", "TRE_A", "9"]]);
    }

    #[test]
    fn a_bound_list_without_file_needs_an_explanation() {
        let mut absent = list("JDV_1", "2024", Vec::new());
        absent.0.file = None;
        absent.0.systems.clear();
        assert!(gather(&published(vec![absent]), &Supplement::default()).is_err());
    }
}
