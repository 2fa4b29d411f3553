//! The tables of one vintage read from their files.

use crate::csv_file::{CsvFile, Layout, Row};
use crate::{Finding, Severity};

use super::table::{Cog, Commune, CommuneKind, Departement, Former, FormerKind, Position, Region};

/// Communes of a whole vintage, about 34 900; fewer than this is a partial file.
const COMMUNES_MIN: usize = 30_000;

/// Area assumed when the file gives none: larger than nine communes in ten.
const AREA_KM2_DEFAULT: f64 = 35.0;

/// The codes that Saint-Barthélemy and Saint-Martin had until 2007; no file holds them and FINESS still writes them.
const UNTIL_2007: [(&str, &str, &str); 2] =
    [("97123", "Saint-Barthélemy", "97701"), ("97127", "Saint-Martin", "97801")];

/// Which table a file holds, told by its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Communes of the métropole and the DROM.
    Communes,
    /// Arrondissements of Paris, Lyon and Marseille.
    Arrondissements,
    /// Communes déléguées and associées.
    Former,
    /// Overseas collectivities.
    Collectivites,
    /// Departments.
    Departements,
    /// Regions.
    Regions,
}

/// Required columns of each table; the first that are all there decide.
const TABLES: [(FileKind, &[&str]); 6] = [
    (FileKind::Former, &["insee", "name", "type", "current_commune"]),
    (FileKind::Arrondissements, &["insee", "name", "postal_codes", "commune"]),
    (FileKind::Collectivites, &["insee", "name", "postal_codes", "collectivity"]),
    (FileKind::Communes, &["insee", "name", "postal_codes", "dept", "region", "lat", "lon"]),
    (FileKind::Departements, &["code", "name", "region", "chef_lieu", "finess_prefix", "finess_dept"]),
    (FileKind::Regions, &["code", "name", "chef_lieu", "departments"]),
];

/// The table that a header line names, whatever the separator.
pub fn kind_of_header(header: &str) -> Option<FileKind> {
    let columns: Vec<_> = header.split([',', ';', '\t', '|']).map(|name| name.trim().trim_matches('"')).collect();
    let holds = |wanted: &&str| columns.iter().any(|column| column.eq_ignore_ascii_case(wanted));
    TABLES.iter().find(|(_, wanted)| wanted.iter().all(holds)).map(|(kind, _)| *kind)
}

/// Reads the tables of one vintage, each file given as its name without folder and its bytes, in any order.
///
/// A table without file is taken from the vintage inside the program, with a finding; without the communes
/// themselves there is nothing to load, and no table. Rules: those of [`CsvFile::open`], `cog-fichier-inconnu`,
/// `cog-fichier-absent`, `cog-code`, `cog-doublon`, `cog-position`, `cog-mairie-loin`, `cog-population`, `cog-code-postal`,
/// `cog-departement-inconnu`, `cog-commune-actuelle`, `cog-incomplet`.
pub fn read(files: &[(&str, &[u8])]) -> (Option<Cog>, Vec<Finding>) {
    let mut tables = Tables::default();
    for (name, bytes) in files {
        tables.read_file(name, bytes);
    }
    tables.finish()
}

#[derive(Default)]
struct Tables {
    seen: Vec<FileKind>,
    communes: Vec<Commune>,
    /// File and line of each commune, for the checks between files.
    places: Vec<(String, u64)>,
    former: Vec<Former>,
    departements: Vec<Departement>,
    regions: Vec<Region>,
    findings: Vec<Finding>,
}

impl Tables {
    fn read_file(&mut self, name: &str, bytes: &[u8]) {
        let (text, _) = crate::csv_file::decode(bytes);
        let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let Some(kind) = kind_of_header(header) else {
            let message = "Fichier sans rapport avec le code officiel géographique : colonnes inconnues.";
            self.findings
                .push(Finding::new(Severity::Error, name, "cog-fichier-inconnu", message).at(1).on("", header));
            return;
        };
        let required = TABLES.iter().find(|(known, _)| *known == kind).map_or(&[][..], |(_, required)| required);
        let mut file = CsvFile::open(name, bytes, &Layout::with_header(',', required));
        self.findings.extend(file.take_findings());
        self.seen.push(kind);
        for row in file.rows() {
            match kind {
                FileKind::Communes | FileKind::Arrondissements | FileKind::Collectivites => {
                    self.read_commune(kind, name, &row);
                }
                FileKind::Former => self.read_former(&row),
                FileKind::Departements => self.read_departement(&row),
                FileKind::Regions => self.read_region(&row),
            }
        }
    }

    fn read_commune(&mut self, kind: FileKind, file: &str, row: &Row<'_>) {
        let Some(code) = self.code(row, "insee", 5) else { return };
        let centroid = self.position(row, "lat", "lon");
        let town_hall = self.position(row, "townhall_lat", "townhall_lon");
        let town_hall = town_hall.filter(|hall| self.is_plausible(row, *hall, centroid));
        let commune = Commune {
            name: row.get("name").unwrap_or(&code).into(),
            kind: match kind {
                FileKind::Arrondissements => {
                    CommuneKind::Arrondissement { commune: row.get("commune").unwrap_or_default().into() }
                }
                FileKind::Collectivites => CommuneKind::Collectivite,
                _ => CommuneKind::Commune,
            },
            population: self.population(row),
            centroid,
            town_hall,
            postal_codes: self.postal_codes(row),
            region: None,
            code,
        };
        self.communes.push(commune);
        self.places.push((file.to_owned(), row.line()));
    }

    fn read_former(&mut self, row: &Row<'_>) {
        let (Some(code), Some(current)) = (self.code(row, "insee", 5), self.code(row, "current_commune", 5)) else {
            return;
        };
        let kind =
            if row.get("type") == Some("commune-associee") { FormerKind::Associee } else { FormerKind::Deleguee };
        self.former.push(Former { name: row.get("name").unwrap_or(&code).into(), kind, current, code });
    }

    fn read_departement(&mut self, row: &Row<'_>) {
        let Some(code) = self.code(row, "code", 2) else { return };
        let text = |column| Box::from(row.get(column).unwrap_or_default());
        let population = self.population(row);
        self.departements.push(Departement {
            name: text("name"),
            region: text("region"),
            chef_lieu: text("chef_lieu"),
            finess_prefix: text("finess_prefix"),
            finess_code: text("finess_dept"),
            population,
            code,
        });
    }

    fn read_region(&mut self, row: &Row<'_>) {
        let Some(code) = self.code(row, "code", 2) else { return };
        let text = |column| Box::from(row.get(column).unwrap_or_default());
        let population = self.population(row);
        self.regions.push(Region { name: text("name"), chef_lieu: text("chef_lieu"), population, code });
    }

    /// A code of at least `length` digits (or `2A`, `2B`); a shorter one has lost its zeros.
    fn code(&mut self, row: &Row<'_>, column: &'static str, length: usize) -> Option<Box<str>> {
        let code = row.get(column).unwrap_or_default();
        let shape = (length..=5).contains(&code.len())
            && code.bytes().enumerate().all(|(place, byte)| {
                byte.is_ascii_digit() || (place == 1 && code.starts_with('2') && matches!(byte, b'A' | b'B'))
            });
        if !shape {
            let message =
                format!("Code de {length} caractères attendu : ligne rejetée (zéros perdus par un tableur ?).");
            self.findings.push(row.finding(Severity::Error, "cog-code", message).on(column, code));
        }
        shape.then(|| code.into())
    }

    fn population(&mut self, row: &Row<'_>) -> Option<u32> {
        let text = row.get("population")?;
        let population = text.parse().ok();
        if population.is_none() {
            let finding = row.finding(Severity::Warning, "cog-population", "Population illisible : laissée absente.");
            self.findings.push(finding.on("population", text));
        }
        population
    }

    fn position(&mut self, row: &Row<'_>, latitude: &'static str, longitude: &'static str) -> Option<Position> {
        let (lat, lon) = (row.get(latitude)?, row.get(longitude)?);
        let degrees = |text: &str, bound: f64| text.parse::<f64>().ok().filter(|value| value.abs() <= bound);
        let position = degrees(lat, 90.0).zip(degrees(lon, 180.0));
        if position.is_none() {
            let finding = row.finding(Severity::Warning, "cog-position", "Position illisible : laissée absente.");
            self.findings.push(finding.on(latitude, &format!("{lat} {lon}")));
        }
        position.map(|(latitude, longitude)| Position { latitude, longitude })
    }

    /// A town hall far outside its commune is a homonym elsewhere (Gex is given one at Bron): left out, so that
    /// distances start from the centroid. The limit is thrice the radius of a disc of the same area, plus 1 km.
    fn is_plausible(&mut self, row: &Row<'_>, hall: Position, centroid: Option<Position>) -> bool {
        let Some(centroid) = centroid else { return true };
        let area_km2 = row.get("area_km2").and_then(|area| area.parse::<f64>().ok()).unwrap_or(AREA_KM2_DEFAULT);
        let limit_m = 3_000.0 * (area_km2 / std::f64::consts::PI).sqrt() + 1_000.0;
        let away_m = hall.metres_to(centroid);
        if away_m > limit_m {
            let message = format!("Mairie à {:.0} km du centre de la commune : laissée absente.", away_m / 1000.0);
            let value = format!("{} {}", hall.latitude, hall.longitude);
            self.findings.push(row.finding(Severity::Warning, "cog-mairie-loin", message).on("townhall_lat", &value));
        }
        away_m <= limit_m
    }

    fn postal_codes(&mut self, row: &Row<'_>) -> Box<str> {
        let text = row.get("postal_codes").unwrap_or_default();
        let right = |code: &&str| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        let (good, bad): (Vec<_>, Vec<_>) = text.split('|').filter(|code| !code.is_empty()).partition(right);
        if !bad.is_empty() {
            let finding = row.finding(Severity::Warning, "cog-code-postal", "Code postal de 5 chiffres attendu.");
            self.findings.push(finding.on("postal_codes", text));
        }
        good.join("|").into()
    }

    fn finish(mut self) -> (Option<Cog>, Vec<Finding>) {
        self.report_duplicates();
        if !self.communes.iter().any(|commune| commune.kind == CommuneKind::Commune) {
            let message = "Aucune commune lue : la table en place est gardée.";
            self.findings.push(Finding::new(Severity::Error, "", "cog-fichier-absent", message));
            return (None, self.findings);
        }
        self.complete_from_embedded();
        self.check_between_files();
        let until_2007 = UNTIL_2007.map(|(code, name, current)| Former {
            code: code.into(),
            name: name.into(),
            kind: FormerKind::Collectivite,
            current: current.into(),
        });
        let known = |code: &str, former: &[Former]| former.iter().any(|known| *known.code == *code);
        for former in until_2007 {
            if !known(&former.code, &self.former) {
                self.former.push(former);
            }
        }
        (Some(Cog::build(self.communes, self.former, self.departements, self.regions)), self.findings)
    }

    fn report_duplicates(&mut self) {
        let mut seen = std::collections::HashSet::new();
        for (commune, (file, line)) in self.communes.iter().zip(&self.places) {
            if !seen.insert(&commune.code) {
                let finding =
                    Finding::new(Severity::Warning, file, "cog-doublon", "Code déjà lu : première ligne gardée.");
                self.findings.push(finding.at(*line).on("insee", &commune.code));
            }
        }
        let count = self.communes.iter().filter(|commune| commune.kind == CommuneKind::Commune).count();
        if self.seen.contains(&FileKind::Communes) && count < COMMUNES_MIN {
            let message = format!("{count} communes lues, plus de {COMMUNES_MIN} attendues : fichier partiel ?");
            self.findings.push(Finding::new(Severity::Warning, "", "cog-incomplet", message));
        }
    }

    fn complete_from_embedded(&mut self) {
        for (kind, _) in TABLES {
            if self.seen.contains(&kind) {
                continue;
            }
            let embedded = Cog::embedded();
            let of_kind = |commune: &&Commune| match kind {
                FileKind::Arrondissements => matches!(commune.kind, CommuneKind::Arrondissement { .. }),
                FileKind::Collectivites => commune.kind == CommuneKind::Collectivite,
                _ => false,
            };
            self.communes.extend(embedded.communes().iter().filter(of_kind).cloned());
            let what = match kind {
                FileKind::Former => {
                    self.former.extend(embedded.former.iter().cloned());
                    "communes déléguées et associées"
                }
                FileKind::Departements => {
                    self.departements.extend(embedded.departements().iter().cloned());
                    "départements"
                }
                FileKind::Regions => {
                    self.regions.extend(embedded.regions().iter().cloned());
                    "régions"
                }
                FileKind::Arrondissements => "arrondissements municipaux",
                FileKind::Collectivites => "collectivités d'outre-mer",
                FileKind::Communes => continue,
            };
            let message = format!("Aucun fichier de {what} : ceux du millésime fourni sont gardés.");
            self.findings.push(Finding::new(Severity::Information, "", "cog-fichier-absent", message));
        }
    }

    /// Every commune lies in a known department, every former commune belongs to a known one.
    fn check_between_files(&mut self) {
        let departements: std::collections::HashSet<_> = self.departements.iter().map(|d| &*d.code).collect();
        for (commune, (file, line)) in self.communes.iter().zip(&self.places) {
            if commune.kind != CommuneKind::Collectivite && !departements.contains(commune.departement()) {
                let message = "Département inconnu : commune sans région.";
                let finding = Finding::new(Severity::Warning, file, "cog-departement-inconnu", message);
                self.findings.push(finding.at(*line).on("insee", &commune.code));
            }
        }
        let current: std::collections::HashSet<_> = self.communes.iter().map(|commune| commune.code.clone()).collect();
        let findings = &mut self.findings;
        self.former.retain(|former| {
            let known = current.contains(&former.current);
            if !known {
                let message = format!("Ancienne commune {} rattachée à une commune inconnue : laissée.", former.code);
                let finding = Finding::new(Severity::Warning, "", "cog-commune-actuelle", message);
                findings.push(finding.on("current_commune", &former.current));
            }
            known
        });
    }
}
