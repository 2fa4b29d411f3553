//! Intercommunalities (EPCI à fiscalité propre) and the communes that make them.

use std::sync::OnceLock;

use super::table::{Cog, Commune, CommuneKind};

/// An intercommunality with its own taxes: métropole, communauté urbaine, d'agglomération or de communes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epci {
    /// Its SIREN number, which the official lists know it by.
    pub code: Box<str>,
    /// Its name, with the kind in short: `CA du Bassin de Bourg-en-Bresse`.
    pub name: Box<str>,
}

/// The intercommunalities of one vintage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpciTable {
    /// By code.
    list: Vec<Epci>,
    /// INSEE code of each commune with the place of its intercommunality in `list`, by code.
    communes: Vec<([u8; 5], u16)>,
}

/// A line that is not one of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the table of intercommunalities: {what}")]
pub struct EpciError {
    /// From 1.
    pub line: usize,
    /// What was wrong.
    pub what: &'static str,
}

impl EpciTable {
    /// The vintage inside the program (`data/epci.tsv`).
    ///
    /// ```
    /// use ror_registers::cog::{Cog, EpciTable};
    /// let (table, cog) = (EpciTable::embedded(), Cog::embedded());
    /// let bourg = table.of(cog.commune("01053").unwrap(), cog).unwrap();
    /// assert_eq!(&*bourg.code, "200071751");
    /// assert_eq!(&*table.get("200071751").unwrap().name, "CA du Bassin de Bourg-en-Bresse");
    /// ```
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<EpciTable> = OnceLock::new();
        const TEXT: &str = include_str!("../../data/epci.tsv");
        EMBEDDED.get_or_init(|| Self::parse(TEXT).expect("a test reads the embedded table"))
    }

    /// Reads lines of code, name and INSEE codes separated by blanks, a tab between them; lines that start
    /// with `#` say where the table comes from.
    ///
    /// # Errors
    /// [`EpciError`] at the first line that is not one, or that takes a commune of another.
    pub fn parse(text: &str) -> Result<Self, EpciError> {
        let mut table = Self::default();
        for (at, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                table.read(line).map_err(|what| EpciError { line: at + 1, what })?;
            }
        }
        table.communes.sort_unstable();
        if table.communes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(EpciError { line: text.lines().count(), what: "a commune is in two intercommunalities" });
        }
        Ok(table)
    }

    fn read(&mut self, line: &str) -> Result<(), &'static str> {
        let mut columns = line.split('\t');
        let (Some(code), Some(name), Some(communes), None) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            return Err("three columns expected");
        };
        if code.len() != 9 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a code has nine digits");
        }
        if self.list.last().is_some_and(|last| *last.code >= *code) {
            return Err("codes are in order, each once");
        }
        if name.trim().is_empty() {
            return Err("a name is missing");
        }
        let place = u16::try_from(self.list.len()).map_err(|_| "too many lines")?;
        self.list.push(Epci { code: code.into(), name: name.into() });
        for commune in communes.split(' ') {
            let commune = key(commune).ok_or("a commune has five characters")?;
            self.communes.push((commune, place));
        }
        Ok(())
    }

    /// An intercommunality by its code.
    pub fn get(&self, code: &str) -> Option<&Epci> {
        let place = self.list.binary_search_by(|epci| (*epci.code).cmp(code)).ok()?;
        self.list.get(place)
    }

    /// The intercommunality of a commune in force: that of its city for an arrondissement, and for a commune
    /// newer than the table, that of one it was made from. A few islands and the overseas collectivities
    /// have none.
    pub fn of(&self, commune: &Commune, cog: &Cog) -> Option<&Epci> {
        let code = match &commune.kind {
            CommuneKind::Arrondissement { commune } => commune,
            CommuneKind::Commune | CommuneKind::Collectivite => &commune.code,
        };
        self.holding(code).or_else(|| cog.absorbed(code).find_map(|former| self.holding(&former.code)))
    }

    fn holding(&self, commune: &str) -> Option<&Epci> {
        let commune = key(commune)?;
        let at = self.communes.binary_search_by(|(code, _)| code.cmp(&commune)).ok()?;
        self.list.get(usize::from(self.communes[at].1))
    }

    /// All of them, by code.
    pub fn all(&self) -> &[Epci] {
        &self.list
    }

    /// How many communes they have together.
    pub fn communes(&self) -> usize {
        self.communes.len()
    }
}

/// An INSEE code as the table keeps it.
fn key(commune: &str) -> Option<[u8; 5]> {
    commune.as_bytes().try_into().ok().filter(|code: &[u8; 5]| code.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commune_has_one_but_a_few_islands() {
        let (table, cog) = (EpciTable::embedded(), Cog::embedded());
        assert_eq!((table.all().len(), table.communes()), (1255, 34_871));
        let without = cog.communes().iter().filter(|commune| table.of(commune, cog).is_none());
        let without: Vec<_> =
            without.filter(|one| one.kind != CommuneKind::Collectivite).map(|one| &*one.code).collect();
        assert_eq!(without, ["22016", "29083", "29155", "85113"], "Bréhat, Sein, Ouessant, Yeu");
        for (commune, _) in &table.communes {
            let code = std::str::from_utf8(commune).expect("letters and digits");
            assert!(cog.commune(code).is_some_and(|known| *known.code == *code), "{code} is no commune in force");
        }
    }

    #[test]
    fn arrondissements_and_overseas_departments_have_theirs() {
        let (table, cog) = (EpciTable::embedded(), Cog::embedded());
        let name = |code: &str| table.of(cog.commune(code)?, cog).map(|epci| &*epci.name);
        assert_eq!(name("75112"), Some("Métropole du Grand Paris"));
        assert_eq!(name("69123"), name("69381"));
        assert_eq!(name("97608"), Some("CC de Petite-Terre"));
        assert_eq!(name("97801"), None, "Saint-Martin is no part of one");
    }

    #[test]
    fn a_commune_newer_than_the_table_is_found_by_one_it_absorbed() {
        let cog = Cog::embedded();
        let valserhone = cog.commune("01033").expect("a commune");
        let former = cog.absorbed("01033").map(|former| &*former.code).find(|code| *code != "01033");
        let table = format!("200042935\tCC Terre Valserhône\t{}", former.expect("it absorbed others"));
        let table = EpciTable::parse(&table).expect("a table");
        assert_eq!(table.of(valserhone, cog).map(|epci| &*epci.code), Some("200042935"));
        assert!(table.get("200042936").is_none());
    }

    #[test]
    fn a_line_that_is_not_one_is_told() {
        let what = |text: &str| EpciTable::parse(text).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(what("# from\n\n200000172\tCC A\t01001 01002"), Ok(()));
        let told = |line: usize, what: &str| Err(format!("line {line} of the table of intercommunalities: {what}"));
        assert_eq!(what("# from\n200000172\tCC A"), told(2, "three columns expected"));
        assert_eq!(what("200000172\tCC A\t01001\t01002"), told(1, "three columns expected"));
        assert_eq!(what("20000017\tCC A\t01001"), told(1, "a code has nine digits"));
        assert_eq!(what("200000172\tCC A\t1001"), told(1, "a commune has five characters"));
        assert_eq!(what("200000172\t \t01001"), told(1, "a name is missing"));
        let twice = "200000172\tCC A\t01001\n200000172\tCC B\t01002";
        assert_eq!(what(twice), told(2, "codes are in order, each once"));
        let shared = "200000172\tCC A\t01001\n200000173\tCC B\t01001";
        assert_eq!(what(shared), told(2, "a commune is in two intercommunalities"));
    }
}
