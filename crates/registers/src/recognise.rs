//! What a file is, told by its content and never by its name.

use ror_fhir::Node;

use crate::cog;
use crate::csv_file::decode;
use crate::finess::{ENRICHED_COLUMNS, RECORDS};

/// Bytes looked at: the longest header known (203 columns) and the first lines hold in far less.
const HEAD_BYTES: usize = 64 << 10;
/// Characters of an unknown first line that are repeated.
const SHOWN_CHARACTERS_MAX: usize = 80;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// FINESS establishments (cs1100502).
    FinessStructureEt,
    /// FINESS legal entities (cs1100501).
    FinessStructureEj,
    /// FINESS establishments followed by their positions (cs1100507).
    FinessWithPositions,
    /// FINESS establishments, one-line variant with header.
    FinessEnriched,
    /// Another FINESS extract, named by its record type; recognised and not read.
    FinessOther(String),
    /// A form of the SAE, named by its column BOR (`MCO`), or `GHT`.
    Sae(String),
    /// Positions of hospitals (Eurostat).
    HospitalsPositions,
    /// A table of the official geographic code.
    Cog(cog::FileKind),
    /// One FHIR resource, usually a Bundle; its type.
    FhirJson(String),
    /// FHIR resources, one a line.
    FhirNdjson,
    /// None of these; the beginning of its first line.
    Unknown(String),
}

/// Tells what a file holds from its first lines (and, for FINESS positions, from the rest of it).
///
/// ```
/// use ror_registers::recognise::{FileKind, recognise};
/// assert_eq!(recognise(b"BOR;AN;FI;RS\nMCO;2023;010000024;CH\n"), FileKind::Sae("MCO".to_owned()));
/// assert_eq!(recognise(b"bonjour\n"), FileKind::Unknown("bonjour".to_owned()));
/// ```
pub fn recognise(bytes: &[u8]) -> FileKind {
    let (head, _) = decode(&bytes[..bytes.len().min(HEAD_BYTES)]);
    if head.trim_start().starts_with('{') {
        return fhir(bytes, &head);
    }
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if let Some(kind) = finess(first, second, bytes) {
        return kind;
    }
    if let Some(form) = sae_form(first, second) {
        return FileKind::Sae(form);
    }
    let columns = columns(first);
    let holds = |wanted: &[&str]| wanted.iter().all(|wanted| columns.iter().any(|column| column == wanted));
    if ENRICHED_COLUMNS.iter().all(|wanted| columns.iter().any(|column| column.eq_ignore_ascii_case(wanted))) {
        return FileKind::FinessEnriched;
    }
    if holds(&["ID", "LAT", "LON"]) {
        return FileKind::HospitalsPositions;
    }
    match cog::kind_of_header(first) {
        Some(kind) => FileKind::Cog(kind),
        None => FileKind::Unknown(first.trim().chars().take(SHOWN_CHARACTERS_MAX).collect()),
    }
}

/// The form that a header and the line after it belong to: the value of column BOR beside the columns AN and FI,
/// or `GHT` for the totals of groups, which have none of them. Whether the form is one that is read is for the
/// SAE reader to say.
pub fn sae_form(header: &str, first_row: &str) -> Option<String> {
    let columns = columns(header);
    let place = |wanted: &str| columns.iter().position(|column| column == wanted);
    if place("CODE_GHT").is_some() {
        return Some("GHT".to_owned());
    }
    let (bor, _, _) = (place("BOR")?, place("AN")?, place("FI")?);
    let value = first_row.split(SEPARATORS).nth(bor)?.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_ascii_uppercase())
}

const SEPARATORS: [char; 4] = [';', ',', '|', '\t'];

/// Names of a header line, in capitals and without quotes.
fn columns(header: &str) -> Vec<String> {
    header.split(SEPARATORS).map(|name| name.trim().trim_matches('"').to_ascii_uppercase()).collect()
}

fn finess(first: &str, second: &str, bytes: &[u8]) -> Option<FileKind> {
    let record = |line: &str| {
        let name = line.split(SEPARATORS).next().unwrap_or_default().trim().trim_matches('"').to_ascii_lowercase();
        RECORDS.contains(&name.as_str()).then_some(name)
    };
    let name = match record(first)?.as_str() {
        "finess" => record(second)?,
        name => name.to_owned(),
    };
    Some(match name.as_str() {
        "structureet" if holds_line_of(bytes, b"geolocalisation") => FileKind::FinessWithPositions,
        "structureet" => FileKind::FinessStructureEt,
        "structureej" => match RECORDS[4..].iter().find(|name| holds_line_of(bytes, name.as_bytes())) {
            Some(other) => FileKind::FinessOther((*other).to_owned()),
            None => FileKind::FinessStructureEj,
        },
        _ => FileKind::FinessOther(name),
    })
}

/// Whether a line starts with a record type.
fn holds_line_of(bytes: &[u8], name: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').any(|line| line.starts_with(name))
}

/// One resource over the whole file, or one on each line.
fn fhir(bytes: &[u8], head: &str) -> FileKind {
    let resource_type = |bytes: &[u8]| {
        let node = Node::parse(bytes).ok()?;
        node.str("resourceType").map(str::to_owned)
    };
    let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let one_a_line = bytes.iter().filter(|&&byte| byte == b'\n').take(2).count() > 1
        && resource_type(first.trim().as_bytes()).is_some();
    if one_a_line {
        return FileKind::FhirNdjson;
    }
    // A resource that breaks further on is still announced as FHIR: its reader says where it breaks.
    let announced = || {
        let (_, rest) = head.split_once("\"resourceType\"")?;
        rest.split('"').nth(1).map(str::to_owned)
    };
    match resource_type(bytes).or_else(announced) {
        Some(name) => FileKind::FhirJson(name),
        None => FileKind::Unknown(first.trim().chars().take(SHOWN_CHARACTERS_MAX).collect()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stderr, reason = "a test that lacks its data says so")]

    use super::{FileKind, recognise, sae_form};
    use crate::cog;

    const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

    #[test]
    fn a_file_is_what_it_holds() {
        let sae = |form: &str| FileKind::Sae(form.to_owned());
        let unknown = |line: &str| FileKind::Unknown(line.to_owned());
        let cases: &[(&[u8], FileKind)] = &[
            (b"finess;etalab;1;2026-05-12\nstructureet;010000024\n", FileKind::FinessStructureEt),
            (b"structureet;010000024\n", FileKind::FinessStructureEt),
            (b"finess,etalab,1,2026-05-12\nstructureej,010000024\n", FileKind::FinessStructureEj),
            (b"finess;etalab;1;2026-05-12\nstructureet;1\ngeolocalisation;1\n", FileKind::FinessWithPositions),
            (
                b"finess;e;1;d\nstructureej;1\nactiviteoffresoin;1\n",
                FileKind::FinessOther("activiteoffresoin".to_owned()),
            ),
            (b"nofinesset;nofinessej;rs;cog;categetab;ligneacheminement\n", FileKind::FinessEnriched),
            (b"bor;an;fi;rs\nID;2023;010000024;CH\n", sae("ID")),
            (b"\xEF\xBB\xBF\"BOR\";\"AN\";\"FI\"\n\"MCO\";2023;1\n", sae("MCO")),
            (b"NOM_COURT_GHT;CODE_GHT\nARA-01;84101\n", sae("GHT")),
            (b"BOR;AN;FI\n", unknown("BOR;AN;FI")),
            (b"id,hospital_name,lat,lon\n", FileKind::HospitalsPositions),
            (b"code,name,chef_lieu,population,departments\n", FileKind::Cog(cog::FileKind::Regions)),
            (b" {\"resourceType\": \"Bundle\"}", FileKind::FhirJson("Bundle".to_owned())),
            (b"{\"resourceType\":\"Bundle\",", FileKind::FhirJson("Bundle".to_owned())),
            (b"{\"resourceType\":\"Location\"}\n{\"resourceType\":\"Location\"}\n", FileKind::FhirNdjson),
            (b"{\"a\": 1}", unknown("{\"a\": 1}")),
            (b"", unknown("")),
            (b"\n\nbonjour;x\n", unknown("bonjour;x")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(recognise(bytes), *expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_form_is_told_by_its_own_column() {
        assert_eq!(sae_form("AN;BOR;FI", "2023;rea;1").as_deref(), Some("REA"));
        assert_eq!(sae_form("AN;FI", "2023;1"), None);
        assert_eq!(sae_form("BOR;AN;FI", ""), None);
    }

    #[test]
    fn the_real_files_are_recognised() {
        let kinds: &[(&str, FileKind)] = &[
            ("finess/etalab-cs1100502-extrait_20260512.csv", FileKind::FinessStructureEt),
            ("finess/etalab-cs1100507-extrait_202605.csv", FileKind::FinessWithPositions),
            ("finess/finess_et_geoloc_dep01_extrait_20201231.csv", FileKind::FinessEnriched),
            ("hospitals/eurostat_healthcare_FR_2020.csv", FileKind::HospitalsPositions),
            ("geo/communes.csv", FileKind::Cog(cog::FileKind::Communes)),
            ("geo/communes_com.csv", FileKind::Cog(cog::FileKind::Collectivites)),
            ("geo/communes_deleguees_associees.csv", FileKind::Cog(cog::FileKind::Former)),
            ("geo/arrondissements_municipaux.csv", FileKind::Cog(cog::FileKind::Arrondissements)),
            ("geo/departements.csv", FileKind::Cog(cog::FileKind::Departements)),
        ];
        for (name, kind) in kinds {
            match std::fs::read(format!("{DATA}/{name}")) {
                Ok(bytes) => assert_eq!(recognise(&bytes), *kind, "{name}"),
                Err(_) => eprintln!("skipped: {name} is not beside the repository"),
            }
        }
        let Ok(forms) = std::fs::read_dir(format!("{DATA}/sae")) else {
            eprintln!("skipped: no SAE files beside the repository");
            return;
        };
        for form in forms.map(|entry| entry.expect("an entry").path()) {
            let name = form.file_name().expect("a name").to_string_lossy().into_owned();
            let form_name = name.split('_').next().expect("a form");
            assert_eq!(
                recognise(&std::fs::read(&form).expect("a file")),
                FileKind::Sae(form_name.to_owned()),
                "{name}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_something(bytes: Vec<u8>) {
            recognise(&bytes);
        }
    }
}
