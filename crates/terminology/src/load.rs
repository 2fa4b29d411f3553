//! Reading the table that `cargo xtask nomenclatures` writes; its head says what each line is.

use std::collections::HashMap;
use std::str::Split;

use crate::associations::{Associations, Category, Domain, Family};
use crate::concept::Concepts;
use crate::resolve::Addresses;
use crate::{CodeSystem, Concept, Content, Heading, Include, Status, Terminology, ValueSet};

/// A line of the table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LoadError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, for whoever writes tables.
    pub reason: &'static str,
}

impl Terminology {
    /// The lists with the ways to find them.
    pub(crate) fn indexed(systems: Vec<CodeSystem>, value_sets: Vec<ValueSet>, associations: Associations) -> Self {
        let mut system_by_url = HashMap::new();
        for (at, system) in systems.iter().enumerate() {
            system_by_url.extend([Some(system.heading.url), system.alias].into_iter().flatten().map(|url| (url, at)));
        }
        let mut value_set_by_name = HashMap::new();
        for (at, set) in value_sets.iter().enumerate() {
            let Heading { id, name, title, url, .. } = set.heading;
            value_set_by_name.extend([id, name, title, url].map(|name| (name, at)));
        }
        let addresses = Addresses::of(&systems, &value_sets);
        Self { systems, value_sets, system_by_url, value_set_by_name, addresses, associations }
    }

    /// Reads a table. Its texts are kept as they are: nothing is copied.
    ///
    /// # Errors
    /// [`LoadError`] with the first line that is not as the head of the table says.
    pub fn load(table: &'static str) -> Result<Self, LoadError> {
        let mut loading = Loading::default();
        for (at, text) in table.lines().enumerate() {
            let mut columns = Columns(text.split('\t'));
            loading.line(columns.text(), &mut columns).map_err(|reason| LoadError { line: at + 1, reason })?;
        }
        let end = table.lines().count();
        loading.finish().map_err(|reason| LoadError { line: end, reason })
    }
}

type Reading<T> = Result<T, &'static str>;

/// The columns of a line; the empty ones at its end are not written.
struct Columns(Split<'static, char>);

impl Columns {
    fn text(&mut self) -> &'static str {
        self.0.next().unwrap_or_default()
    }

    fn some(&mut self) -> Option<&'static str> {
        self.0.next().filter(|text| !text.is_empty())
    }

    fn filled(&mut self) -> Reading<&'static str> {
        self.some().ok_or("an empty column")
    }

    fn heading(&mut self) -> Reading<Heading> {
        Ok(Heading {
            id: self.filled()?,
            name: self.filled()?,
            title: self.filled()?,
            url: self.filled()?,
            oid: self.some(),
            version: self.some(),
            source: self.some(),
        })
    }
}

/// What has been read so far. The list being read is last, and closed by the next one.
#[derive(Default)]
struct Loading {
    systems: Vec<CodeSystem>,
    system_by_title: HashMap<&'static str, usize>,
    concepts: Vec<Concept>,
    value_sets: Vec<ValueSet>,
    value_set_by_title: HashMap<&'static str, usize>,
    members: Option<(usize, Vec<Concept>)>,
    table: Option<Table>,
    associations: Associations,
}

/// The association table being read.
#[derive(Clone, Copy)]
enum Table {
    Families,
    Regions,
    Categories,
}

impl Loading {
    fn line(&mut self, kind: &str, columns: &mut Columns) -> Reading<()> {
        match kind {
            "c" => {
                let (code, display) = (columns.filled()?, columns.some());
                self.concepts.push(Concept { code, display, start: columns.some(), end: columns.some() });
                Ok(())
            }
            "m" => self.member(columns.filled()?),
            "r" => self.row(columns),
            "include" => self.include(columns.filled()?),
            "uses" => self.uses(columns.filled()?),
            "system" => self.system(columns),
            "valueset" => self.value_set(columns),
            "association" => self.association(columns),
            comment if comment.starts_with('#') => Ok(()),
            _ => Err("an unknown kind of line"),
        }
    }

    fn system(&mut self, columns: &mut Columns) -> Reading<()> {
        self.close()?;
        let heading = columns.heading()?;
        let content = match columns.filled()? {
            "complete" => Content::Complete,
            "fragment" => Content::Fragment,
            "not-present" => Content::NotPresent,
            _ => return Err("an unknown content"),
        };
        if self.system_by_title.insert(heading.title, self.systems.len()).is_some() {
            return Err("a system that stands twice");
        }
        self.systems.push(CodeSystem { heading, content, alias: columns.some(), concepts: Concepts::default() });
        Ok(())
    }

    fn value_set(&mut self, columns: &mut Columns) -> Reading<()> {
        self.close()?;
        let heading = columns.heading()?;
        let status = match columns.filled()? {
            "active" => Status::Active,
            "retired" => Status::Retired,
            "unknown" => Status::Unknown,
            _ => return Err("an unknown status"),
        };
        if self.value_set_by_title.insert(heading.title, self.value_sets.len()).is_some() {
            return Err("a value set that stands twice");
        }
        self.value_sets.push(ValueSet { heading, status, includes: Vec::new(), uses: Vec::new() });
        Ok(())
    }

    fn include(&mut self, system: &str) -> Reading<()> {
        self.close()?;
        let system = *self.system_by_title.get(system).ok_or("an unknown system")?;
        self.members = Some((system, Vec::new()));
        Ok(())
    }

    fn member(&mut self, code: &str) -> Reading<()> {
        let (system, members) = self.members.as_mut().ok_or("a code outside a value set")?;
        members.push(*self.systems[*system].concept(code).ok_or("a code that its system does not hold")?);
        Ok(())
    }

    fn uses(&mut self, title: &str) -> Reading<()> {
        self.close()?;
        let used = *self.value_set_by_title.get(title).ok_or("an unknown value set")?;
        let (url, includes) = (self.value_sets[used].heading.url, self.value_sets[used].includes.clone());
        let set = self.value_sets.last_mut().ok_or("a use outside a value set")?;
        set.uses.push(url);
        set.includes.extend(includes);
        Ok(())
    }

    fn association(&mut self, columns: &mut Columns) -> Reading<()> {
        self.close()?;
        let heading = columns.heading()?;
        self.table = Some(match heading.title.split('-').next() {
            Some("ASS_A14") => Table::Families,
            Some("ASS_X09") => Table::Regions,
            Some("ASS_X10") => Table::Categories,
            _ => return Err("an unknown association table"),
        });
        Ok(())
    }

    fn row(&mut self, columns: &mut Columns) -> Reading<()> {
        let (system, code) = (columns.filled()?, columns.filled()?);
        match self.table.ok_or("a row outside an association table")? {
            Table::Families => {
                let system = *self.system_by_title.get(system).ok_or("an unknown system")?;
                let (_, activity) = (columns.filled()?, columns.filled()?);
                let family = Family { system: self.systems[system].heading.url, code };
                self.associations.families.entry(activity).or_default().push(family);
                self.associations.activities.entry(code).or_default().push(activity);
            }
            Table::Regions => {
                let (_, region) = (columns.filled()?, columns.filled()?);
                self.associations.regions.insert(code, region);
            }
            Table::Categories => {
                let parents = [columns.filled()?, columns.filled()?, columns.filled()?];
                let domain = Domain::read(columns.filled()?).ok_or("an unknown domain")?;
                self.associations.categories.insert(code, Category { parents, domain });
            }
        }
        Ok(())
    }

    /// Ends the code system or the include being read.
    fn close(&mut self) -> Reading<()> {
        const TWICE: &str = "above: a code that stands twice";
        let concepts = std::mem::take(&mut self.concepts);
        if !concepts.is_empty() {
            let system = self.systems.last_mut().ok_or("above: codes outside a system")?;
            system.concepts = Concepts::new(concepts).map_err(|_| TWICE)?;
        }
        if let Some((system, members)) = self.members.take() {
            let set = self.value_sets.last_mut().ok_or("above: codes outside a value set")?;
            let system = &self.systems[system];
            let whole = members.is_empty();
            let concepts = match (whole, system.content) {
                (false, _) => Concepts::new(members).map_err(|_| TWICE)?,
                (true, Content::Complete) => system.concepts.clone(),
                // A part would pass for the whole.
                (true, Content::Fragment | Content::NotPresent) => Concepts::default(),
            };
            set.includes.push(Include { system: system.heading.url, alias: system.alias, whole, concepts });
        }
        Ok(())
    }

    fn finish(mut self) -> Reading<Terminology> {
        self.close()?;
        Ok(Terminology::indexed(self.systems, self.value_sets, self.associations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = "system\tA\tA\tA\thttp://a\t\t\t\tfragment\nc\t1\tUn\nc\t2";

    fn error(more: &str) -> LoadError {
        let table: &'static str = Box::leak(format!("{SYSTEM}\n{more}").into_boxed_str());
        Terminology::load(table).expect_err("a fault")
    }

    #[test]
    fn a_fault_is_named_with_its_line() {
        for (more, line, reason) in [
            ("x\t1", 4, "an unknown kind of line"),
            ("c", 4, "an empty column"),
            ("valueset\tV\tV\tV\thttp://v\t\t\t\tactive\ninclude\tB", 5, "an unknown system"),
            ("valueset\tV\tV\tV\thttp://v\t\t\t\tactive\ninclude\tA\nm\t3", 6, "a code that its system does not hold"),
            ("m\t1", 4, "a code outside a value set"),
            ("c\t1\nsystem\tB\tB\tB\thttp://b\t\t\t\tcomplete", 5, "above: a code that stands twice"),
            ("system\tB\tB\tB\thttp://b\t\t\t\tpartial", 4, "an unknown content"),
            ("association\tX\tX\tASS_Z01-x\thttp://x", 4, "an unknown association table"),
        ] {
            assert_eq!(error(more), LoadError { line, reason }, "{more}");
        }
    }
}
