//! The real forms of 2023, when they are at hand: every figure comes from the proposed resources.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use ror_fhir::Node;
use ror_terminology::Terminology;

use super::InputFile;
use crate::cog::Cog;
use crate::{Harvest, Mint, Severity};

const CAPACITY: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-location-supported-capacity";
const EQUIPMENT: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-location-equipment";
const SENSITIVE: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit";

/// The 18 forms and the positions; none, aloud, on a machine that has not the data.
fn files() -> Option<Vec<InputFile>> {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let mut files = Vec::new();
    for folder in ["sae", "hospitals"] {
        let mut paths: Vec<_> = std::fs::read_dir(data.join(folder)).ok()?.filter_map(Result::ok).collect();
        paths.sort_by_key(std::fs::DirEntry::file_name);
        for path in paths {
            let name = path.file_name().to_string_lossy().into_owned();
            files.push(InputFile { name, bytes: std::fs::read(path.path()).ok()? });
        }
    }
    Some(files)
}

/// What the real files give, read once for all tests.
fn harvest() -> Option<&'static Harvest> {
    static HARVEST: OnceLock<Option<Harvest>> = OnceLock::new();
    let harvest = HARVEST.get_or_init(|| Some(super::read(&files()?, Cog::embedded()))).as_ref();
    if harvest.is_none() {
        skipped();
    }
    harvest
}

#[expect(clippy::print_stderr, reason = "a skipped test must be heard")]
fn skipped() {
    eprintln!("skipped: the SAE files of shared/data are not here");
}

/// The parts of a key: kind, FINESS, form, unit.
fn parts(key: &str) -> [&str; 4] {
    let mut parts = key.split('/');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn part<'a>(extension: &'a Node, url: &'a str) -> Option<&'a Node> {
    extension.extensions(url).next()
}

fn code<'a>(extension: &'a Node, url: &'a str) -> &'a str {
    let concept = part(extension, url).and_then(|part| part.get("valueCodeableConcept"));
    concept.and_then(|concept| concept.items("coding").next()).and_then(|coding| coding.str("code")).unwrap_or_default()
}

/// One capacity record, read back from its resource.
struct Record {
    finess: String,
    form: String,
    unit: String,
    bed: bool,
    number: i64,
}

fn records(harvest: &Harvest) -> Vec<Record> {
    let mut records = Vec::new();
    for proposed in &harvest.proposed {
        for extension in proposed.resource.extensions(CAPACITY) {
            for (url, expected) in [
                ("capacityStatus", "01"),
                ("temporalityCapacity", "01"),
                ("capacitySourceType", "01"),
                ("temporaryAssignement", "01"),
            ] {
                assert_eq!(code(extension, url), expected, "{}: {url}", proposed.key);
            }
            let date = part(extension, "capacityUpdateDate").and_then(|part| part.str("valueDateTime"));
            assert_eq!(date, Some("2023-12-31"));
            let [_, finess, form, unit] = parts(&proposed.key).map(str::to_owned);
            let number = part(extension, "nbCapacity").and_then(|part| part.get("valueInteger")?.as_i64());
            let bed = match code(extension, "capacityType") {
                "01" => true,
                "02" => false,
                other => panic!("nature {other}"),
            };
            records.push(Record { finess, form, unit, bed, number: number.expect("a number") });
        }
    }
    records
}

fn sum(records: &[Record], of: impl Fn(&Record) -> bool) -> i64 {
    records.iter().filter(|record| of(record)).map(|record| record.number).sum()
}

/// Beds of each site that has some, smallest first.
fn per_site(records: &[Record], of: impl Fn(&Record) -> bool) -> Vec<i64> {
    let mut sites: BTreeMap<&str, i64> = BTreeMap::new();
    for record in records.iter().filter(|record| of(record)) {
        *sites.entry(&record.finess).or_default() += record.number;
    }
    let mut numbers: Vec<i64> = sites.into_values().collect();
    numbers.sort_unstable();
    numbers
}

/// Sites, sum, median, ninth decile (rank k of n at or above k/n), greatest.
fn shape(numbers: &[i64]) -> (usize, i64, i64, i64, i64) {
    let at = |share: f64| numbers[((numbers.len() as f64 * share).ceil() as usize).clamp(1, numbers.len()) - 1];
    (numbers.len(), numbers.iter().sum(), at(0.5), at(0.9), numbers[numbers.len() - 1])
}

#[test]
fn structures_are_those_of_id_and_idb() {
    let Some(harvest) = harvest() else { return };
    let organizations: Vec<_> =
        harvest.proposed.iter().filter(|p| p.resource.str("resourceType") == Some("Organization")).collect();
    assert_eq!(organizations.len(), 10_833);
    let of = |kind: &str| organizations.iter().filter(|p| p.key.starts_with(kind)).count();
    assert_eq!((of("eg/"), of("ej/")), (8_651, 2_182));
    let from = |kind: &str, file: &str| {
        let described = |p: &&&crate::Proposed| p.key.starts_with(kind) && p.file.starts_with(file);
        organizations.iter().filter(described).filter(|p| p.resource.str("name").is_some()).count()
    };
    assert_eq!(
        (from("eg/", "ID_"), from("eg/", "IDB_"), from("ej/", "ID_"), from("ej/", "IDB_")),
        (3_930, 4_721, 45, 989)
    );
    let nameless = organizations.iter().filter(|p| p.resource.str("name").is_none()).count();
    assert_eq!((nameless, harvest.findings.iter().filter(|f| f.rule == "ej-sans-nom").count()), (1_148, 1_148));
    let geolocation = "http://hl7.org/fhir/StructureDefinition/geolocation";
    let positioned =
        |p: &&&crate::Proposed| p.resource.items("address").any(|a| a.extensions(geolocation).count() == 1);
    // 4 507 have a position in the file; those that lie too far from their commune are not taken.
    let strayed = harvest.findings.iter().filter(|f| f.rule == "position-loin").count();
    assert_eq!((organizations.iter().filter(positioned).count(), strayed), (4_507 - 26, 26));
    assert!(organizations.iter().all(|p| p.resource.get("meta").is_some_and(|meta| meta.items("tag").count() == 1)));
    assert!(organizations.iter().all(|p| p.mint.is_none()));
}

#[test]
fn every_bed_counts_once() {
    let Some(harvest) = harvest() else { return };
    let records = records(harvest);
    let beds = |form: &str| sum(&records, |r| r.bed && r.form == form);
    assert_eq!(sum(&records, |r| r.bed), 369_309);
    assert_eq!(beds("MCO") + beds("REA") + beds("PERINAT"), 187_427);
    assert_eq!((beds("PSY"), beds("SSR"), beds("USLD")), (51_266, 101_367, 29_249));
    let legal_persons: HashSet<&str> = harvest.proposed.iter().filter_map(|p| p.key.strip_prefix("ej/")).collect();
    assert_eq!(sum(&records, |r| r.bed && legal_persons.contains(r.finess.as_str())), 3_308);

    let places = |form: &str| sum(&records, |r| !r.bed && r.form == form);
    assert_eq!(places("HAD"), 24_093);
    assert_eq!(places("MCO") + places("PSY") + places("SSR"), 88_556);
    let units = |units: &[&str]| sum(&records, |r| !r.bed && units.contains(&r.unit.as_str()));
    assert_eq!(units(&["MED", "MED-HJ"]), 16_334);
    assert_eq!(units(&["CHI", "CHI-HJ"]), 21_350);
    assert_eq!(units(&["OBS", "OBS-HJ"]), 1_183);
    assert_eq!((units(&["MED-HDN"]), units(&["GEN-HDN", "INF-HDN"])), (190, 883));
    assert_eq!((places("PSY") - 883, places("SSR")), (29_322, 19_294));

    let mco = per_site(&records, |r| r.bed && ["MCO", "REA", "PERINAT"].contains(&r.form.as_str()));
    assert_eq!(shape(&mco), (1_416, 187_427, 67, 340, 1_208));
    let form = |form: &'static str| per_site(&records, move |r| r.form == form && (r.bed || form == "HAD"));
    assert_eq!(shape(&form("PSY")), (498, 51_266, 78, 217, 976));
    assert_eq!(shape(&form("SSR")), (1_688, 101_367, 50, 113, 340));
    assert_eq!(shape(&form("USLD")), (570, 29_249, 40, 90, 305));
    assert_eq!(shape(&form("HAD")), (293, 24_093, 50, 150, 1_962));
}

#[test]
fn critical_care_and_neonatal_beds_are_those_of_their_tables() {
    let Some(harvest) = harvest() else { return };
    let records = records(harvest);
    let unit = |form: &str, unit: &str| shape(&per_site(&records, |r| r.bed && r.form == form && r.unit == unit));
    assert_eq!(unit("REA", "REAADU"), (317, 5_224, 12, 36, 104));
    assert_eq!(unit("REA", "REAENF"), (40, 351, 8, 16, 32));
    assert_eq!(unit("PERINAT", "REANEO"), (67, 760, 10, 18, 21));
    assert_eq!(unit("PERINAT", "SIN"), (155, 1_211, 6, 15, 34));
    assert_eq!(unit("PERINAT", "NEO"), (299, 2_813, 6, 17, 44));
    assert_eq!(unit("REA", "USIC"), (267, 2_753, 8, 16, 36));
    assert_eq!(unit("REA", "SIUNV"), (142, 967, 6, 12, 20));
    assert_eq!(unit("REA", "AUTSI"), (146, 2_194, 8, 40, 93));
    assert_eq!(unit("REA", "SURVADU"), (701, 6_993, 6, 20, 108));
    assert_eq!(unit("REA", "SURVENF"), (121, 942, 4, 16, 50));
    let report: HashMap<_, _> = harvest.report.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
    for (label, declared) in [
        ("Lits de médecine", "118\u{202F}728"),
        ("Lits de chirurgie", "52\u{202F}863"),
        ("Lits d'obstétrique", "15\u{202F}836"),
    ] {
        assert!(report[label].starts_with(&format!("{declared} déclarés")), "{label}: {}", report[label]);
    }
    assert!(harvest.findings.iter().all(|finding| finding.rule != "lits-au-dela-du-mco"), "no site goes below zero");
}

#[test]
fn activities_are_those_declared() {
    let Some(harvest) = harvest() else { return };
    let mut units: BTreeMap<(String, String), usize> = BTreeMap::new();
    for proposed in harvest.proposed.iter().filter(|p| p.key.starts_with("offre/")) {
        let [_, _, form, unit] = parts(&proposed.key).map(str::to_owned);
        *units.entry((form, unit)).or_default() += 1;
    }
    let count = |form: &str, unit: &str| units.get(&(form.to_owned(), unit.to_owned())).copied().unwrap_or(0);
    assert_eq!((count("URGENCES", "GEN"), count("URGENCES", "PED"), count("SMURSAMU", "SAMU")), (604, 87, 101));
    assert_eq!(
        (count("SMURSAMU", "SMUR"), count("SMURSAMU", "SMUR-PED"), count("SMURSAMU", "SMUR-ANT")),
        (379, 23, 67)
    );
    assert_eq!((count("USLD", "USLD"), count("HAD", "HAD"), count("PERINAT", "CPP")), (571, 293, 103));
    let smr: usize = units.iter().filter(|((form, _), _)| form == "SSR").map(|(_, count)| count).sum();
    assert_eq!(smr, 4_044, "one offer per authorisation line");
    assert!(units.keys().all(|(_, unit)| !["SITOT", "TOT", "SSR_A", "SSR_E", "SSR_TOT"].contains(&unit.as_str())));

    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for characteristic in harvest.proposed.iter().flat_map(|p| p.resource.items("characteristic")) {
        for coding in characteristic.items("coding").filter(|c| c.str("system").is_some_and(|s| s.contains("TRE_R253")))
        {
            *levels.entry(coding.str("code").unwrap_or_default()).or_default() += 1;
        }
    }
    // 161, 233 and 67 maternities; two of them have neither bed nor place of obstetrics in MCO.
    assert_eq!((levels["01"], levels["02"] + levels["03"], levels["04"]), (160, 232, 67));
    assert_eq!(harvest.findings.iter().filter(|finding| finding.rule == "maternite-sans-lit").count(), 2);
    let mammographs: i64 = harvest
        .proposed
        .iter()
        .flat_map(|p| p.resource.extensions(EQUIPMENT))
        .filter(|extension| code(extension, "equipmentType") == "094")
        .filter_map(|extension| part(extension, "nbInService")?.get("valueInteger")?.as_i64())
        .sum();
    assert_eq!(mammographs, 371);
    for proposed in harvest.proposed.iter().filter(|p| p.key.starts_with("offre/")) {
        let flag = proposed.resource.extensions(SENSITIVE).next().and_then(|flag| flag.get("valueBoolean")?.as_bool());
        assert_eq!(flag, Some(proposed.key.contains("/PSY/PEN")), "{}", proposed.key);
    }
}

#[test]
fn proposals_hold_together() {
    let Some(harvest) = harvest() else { return };
    let keys: HashSet<&str> = harvest.proposed.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys.len(), harvest.proposed.len(), "a key is proposed once");
    let mut referenced = BTreeSet::new();
    for proposed in &harvest.proposed {
        references(&proposed.resource, &mut referenced);
        let region = proposed.resource.get("meta").and_then(|m| m.items("tag").next()).and_then(|t| t.str("code"));
        match (&proposed.mint, parts(&proposed.key)[0]) {
            (None, "eg" | "ej") => {}
            (Some(Mint::Offre { region: r }), "offre") | (Some(Mint::Lieu { region: r }), "lieu") => {
                assert_eq!(Some(r.as_str()), region);
            }
            (mint, kind) => panic!("{kind} with {mint:?}"),
        }
        assert_eq!(proposed.updated, ror_fhir::DateTime::parse("2023-12-31T00:00:00+01:00").expect("a date").start);
        let natures: Vec<_> = proposed.resource.extensions(CAPACITY).map(|e| code(e, "capacityType")).collect();
        assert_eq!(
            natures.iter().collect::<BTreeSet<_>>().len(),
            natures.len(),
            "{}: one record per nature",
            proposed.key
        );
    }
    assert!(referenced.iter().all(|key| keys.contains(key.as_str())), "a reference leads nowhere");
    let places = keys.iter().filter(|key| key.starts_with("lieu/"));
    assert!(places.clone().all(|key| referenced.contains(*key)), "a place no offer uses");
}

fn references(node: &Node, found: &mut BTreeSet<String>) {
    if let Some(key) = node.str("reference").and_then(|reference| reference.strip_prefix("key:")) {
        found.insert(key.to_owned());
    }
    for (_, child) in node.as_object().into_iter().flat_map(ror_fhir::Object::iter) {
        references(child, found);
    }
    for child in node.as_array().into_iter().flatten() {
        references(child, found);
    }
}

#[test]
fn every_code_is_in_its_nomenclature() {
    let Some(harvest) = harvest() else { return };
    let mut codings = BTreeSet::new();
    for proposed in &harvest.proposed {
        collect_codings(&proposed.resource, &mut codings);
    }
    let terminology = Terminology::embedded();
    let unknown: Vec<_> = codings
        .iter()
        .filter(|(system, _)| !system.contains("TRE_R13-"))
        .filter(|(system, code)| terminology.concept(system, code).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let communes = codings.iter().filter(|(system, _)| system.contains("TRE_R13-"));
    assert!(communes.clone().count() > 1_000);
    assert!(communes.clone().all(|(_, code)| Cog::embedded().commune(code).is_some()));
}

fn collect_codings(node: &Node, found: &mut BTreeSet<(String, String)>) {
    if let (Some(system), Some(code)) = (node.str("system"), node.str("code")) {
        found.insert((system.to_owned(), code.to_owned()));
    }
    for (_, child) in node.as_object().into_iter().flat_map(ror_fhir::Object::iter) {
        collect_codings(child, found);
    }
    for child in node.as_array().into_iter().flatten() {
        collect_codings(child, found);
    }
}

#[test]
fn reading_again_proposes_the_same_whatever_the_order_of_the_files() {
    let (Some(first), Some(mut files)) = (harvest(), files()) else { return };
    files.reverse();
    assert!(super::read(&files, Cog::embedded()).proposed == first.proposed);
}

#[test]
fn real_files_have_no_rejected_line() {
    let Some(harvest) = harvest() else { return };
    let errors: Vec<_> = harvest.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{:?}", &errors[..errors.len().min(5)]);
    let count = |rule: &str| harvest.findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!(count("commune-tronquee"), 19);
    // One region of groups has more long-stay beds than its sites; the other comparisons hold.
    assert_eq!((count("ght-total"), count("total-different")), (1, 0));
    assert_eq!(count("filtre-sans-formulaire"), super::log::COMPARISONS_SHOWN + 1);
    assert_eq!(count("obstetrique-differente"), super::log::COMPARISONS_SHOWN + 1);
    let obstetrics = harvest.findings.iter().rfind(|finding| finding.rule == "obstetrique-differente");
    assert!(obstetrics.is_some_and(|finding| finding.message.starts_with("196 écarts")));
}
