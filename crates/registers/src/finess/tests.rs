#![allow(clippy::print_stderr, reason = "a test that lacks its data says so")]

use std::collections::BTreeMap;

use ror_fhir::DateTime;

use super::read;
use crate::cog::{Cog, Position};
use crate::{Harvest, Proposed, Severity};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/finess");

const HEADER: &str = "finess;etalab;111;2026-05-12\n";
/// An invented establishment of Viriat, whole and right.
const ET: &str = "structureet;010900017;010900025;CH D'ESSAI;CENTRE HOSPITALIER D'ESSAI;SITE NORD;ZAC DES PRES;0012;RTE;DE PARIS;B;\
    BP 9;451;01;AIN;01440 VIRIAT;0474000001;0474000002;355;Centre Hospitalier (C.H.);1102;Centres Hospitaliers;\
    26010004500012;8610Z;03;ARS;1;Etablissement public de santé;1979-02-13;1979-02-13;2020-02-04;\n";
/// Its legal entity.
const EJ: &str = "structureej;010900025;CH ESSAI;CENTRE HOSPITALIER DE L'ESSAI;;900;RTE;DE PARIS;;;;451;01440 VIRIAT;01;AIN;\
    0474000000;13;Etablissement public communal d'hospitalisation;355;Centre Hospitalier;260100045;8610Z;1979-01-01\n";
const POSITION: &str =
    "geolocalisation;010900017;870262.2;6571540.8;1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93;2026-05-04\n";

fn import(text: &str) -> Harvest {
    read(&[("essai.csv", text.as_bytes())], Cog::embedded())
}

fn rules(harvest: &Harvest) -> Vec<&'static str> {
    harvest.findings.iter().map(|finding| finding.rule).collect()
}

fn keys(harvest: &Harvest) -> Vec<&str> {
    harvest.proposed.iter().map(|proposed| proposed.key.as_str()).collect()
}

fn proposed<'a>(harvest: &'a Harvest, key: &str) -> &'a Proposed {
    harvest.proposed.iter().find(|proposed| proposed.key == key).expect(key)
}

#[test]
fn an_establishment_and_its_legal_entity_become_organizations() {
    let harvest = import(&[HEADER, EJ, ET, POSITION].concat());
    assert_eq!(rules(&harvest), Vec::<&str>::new());
    assert_eq!(keys(&harvest), ["ej/010900025", "eg/010900017"]);
    let eg = proposed(&harvest, "eg/010900017");
    assert_eq!((eg.line, eg.updated), (3, DateTime::parse("2020-02-04").expect("a day").start));
    let ej = proposed(&harvest, "ej/010900025");
    assert_eq!((ej.line, ej.updated), (2, DateTime::parse("2026-05-12").expect("a day").start));
    insta::assert_snapshot!("organizations", pretty(&harvest));
}

/// One element a line, so that a change of shape is read at a glance.
fn pretty(harvest: &Harvest) -> String {
    let elements = |proposed: &Proposed| {
        let object = proposed.resource.as_object().expect("an object");
        let lines = object.iter().map(|(name, value)| format!("  {name}: {}", value.to_text()));
        format!("{}\n{}", proposed.key, lines.collect::<Vec<_>>().join("\n"))
    };
    harvest.proposed.iter().map(elements).collect::<Vec<_>>().join("\n")
}

/// One field of the good establishment changed: what is found, and whether the establishment is proposed.
#[test]
fn each_doubtful_field_is_a_finding() {
    let cases: &[(&str, &str, &[&str], bool)] = &[
        (";010900017;", ";010900018;", &["finess-cle"], false),
        (";010900017;", ";10900017;", &["finess-zero-perdu", "ej-sans-nom"], true),
        (";010900017;", ";ABC;", &["finess-invalide"], false),
        (";010900017;", ";;", &["finess-invalide"], false),
        (";010900025;", ";010900026;", &["finess-cle", "ej-absente"], true),
        (";010900025;", ";;", &["ej-absente"], true),
        (";010900025;", ";010900017;", &["finess-deux-roles"], true),
        ("CH D'ESSAI;CENTRE HOSPITALIER D'ESSAI", ";", &["nom-absent", "ej-sans-nom"], true),
        (";26010004500012;", ";26010004500013;", &["siret-cle", "ej-sans-nom"], true),
        (";26010004500012;", ";2,6E+13;", &["siret-invalide", "ej-sans-nom"], true),
        (";451;01;", ";999;01;", &["commune-inconnue", "ej-sans-nom"], true),
        (";451;01;", ";51;1;", &["commune-inconnue", "ej-sans-nom"], true),
        (";451;01;AIN;01440 VIRIAT;", ";613;9J;WALLIS;98600 UVEA;", &["region-inconnue", "ej-sans-nom"], true),
        ("01440 VIRIAT", "1440 VIRIAT", &["code-postal", "ej-sans-nom"], true),
        ("01440 VIRIAT", "VIRIAT", &["code-postal", "ej-sans-nom"], true),
        (";355;", ";108;", &["categorie-hors-jdv", "ej-sans-nom"], true),
        (";355;", ";ZZZ;", &["categorie-inconnue", "ej-sans-nom"], true),
        (";1;Etablissement public de santé;", ";8;?;", &["sph-inconnu", "ej-sans-nom"], true),
        (";RTE;", ";ROUTE;", &["type-voie-inconnu", "ej-sans-nom"], true),
        (";0474000001;", ";474000001;", &["telephone-zero-perdu", "ej-sans-nom"], true),
        (";0474000001;", ";inconnu;", &["telephone-invalide", "ej-sans-nom"], true),
        (";1979-02-13;1979-02-13;", ";13/02/1979;1979-02-13;", &["date-invalide", "ej-sans-nom"], true),
        (";2020-02-04;", ";2020-02-30;", &["date-invalide", "ej-sans-nom"], true),
        ("structureet;", "structure;", &["fichier-inconnu"], false),
        (";8610Z;", ";", &["nombre-de-champs"], false),
        (";8610Z;", ";8610Z;;", &["nombre-de-champs"], false),
    ];
    for (from, to, expected, loaded) in cases {
        assert!(ET.contains(from), "{from}");
        let text = [HEADER, &ET.replacen(from, to, 1)].concat();
        // A file of one unreadable line still has its header line.
        let expected: &[&str] = if *to == "structure;" { &["enregistrement-inconnu"] } else { expected };
        let harvest = import(&text);
        assert_eq!(rules(&harvest), *expected, "{from} -> {to}");
        assert_eq!(harvest.proposed.iter().any(|proposed| proposed.key == "eg/010900017"), *loaded, "{from} -> {to}");
        let located = harvest.findings.iter().all(|finding| finding.line == Some(2) && !finding.message.is_empty());
        assert!(located, "{:?}", harvest.findings);
    }
}

#[test]
fn positions_are_taken_only_when_they_can_be_right() {
    let cases: &[(&str, &str, &[&str], Option<Position>)] = &[
        ("", "", &[], Some(Position { latitude: 46.222_286, longitude: 5.209_181 })),
        (
            "1,ATLASANTE,96,BAN,EPSG",
            "1;ATLASANTE;96;BAN;EPSG",
            &[],
            Some(Position { latitude: 46.222_286, longitude: 5.209_181 }),
        ),
        ("EPSG:2154 RGF93 / Lambert-93", "EPSG:3857", &["position-systeme"], None),
        ("870262.2", "5.2", &["position-invalide"], None),
        ("870262.2", "?", &["position-invalide"], None),
        ("870262.2", "770262.2", &["position-loin"], None),
        (";010900017;", ";010900041;", &["position-sans-etablissement"], None),
        (";2026-05-04", "", &["nombre-de-champs"], None),
    ];
    for (from, to, expected, position) in cases {
        let line = POSITION.replacen(from, to, 1);
        let harvest = import(&[HEADER, EJ, ET, &line].concat());
        assert_eq!(rules(&harvest), *expected, "{from} -> {to}");
        let text = proposed(&harvest, "eg/010900017").resource.to_text();
        assert_eq!(text.contains("ror-confidence-geolocation"), position.is_some(), "{text}");
        if let Some(position) = position {
            assert!(text.contains(&format!("\"valueDecimal\":{:.6}", position.latitude)), "{text}");
            assert!(text.contains(&format!("\"valueDecimal\":{:.6}", position.longitude)), "{text}");
        }
    }
    let twice = import(&[HEADER, EJ, ET, POSITION, POSITION].concat());
    assert_eq!(rules(&twice), ["position-en-double"]);
}

#[test]
fn a_match_of_low_score_is_not_reliable() {
    let position = POSITION.replace("ATLASANTE,96", "ATLASANTE,60");
    let harvest = import(&[HEADER, EJ, ET, &position].concat());
    let text = proposed(&harvest, "eg/010900017").resource.to_text();
    assert!(text.contains(r#"ror-confidence-geolocation","valueBoolean":false"#), "{text}");
}

#[test]
fn the_same_number_twice_keeps_the_first_line_of_a_file_and_the_newer_of_two() {
    let other = ET.replace("CENTRE HOSPITALIER D'ESSAI", "AUTRE NOM");
    let twice = import(&[HEADER, EJ, ET, &other].concat());
    assert_eq!(rules(&twice), ["finess-en-double"]);
    assert_eq!(proposed(&twice, "eg/010900017").resource.str("name"), Some("CENTRE HOSPITALIER D'ESSAI"));

    let newer = [HEADER.replace("2026-05", "2026-07").as_str(), EJ, &other].concat();
    let older = [HEADER, EJ, ET, POSITION].concat();
    for files in [[("a.csv", &newer), ("b.csv", &older)], [("a.csv", &older), ("b.csv", &newer)]] {
        let harvest = read(&files.map(|(name, text)| (name, text.as_bytes())), Cog::embedded());
        assert_eq!(rules(&harvest), Vec::<&str>::new());
        let resource = &proposed(&harvest, "eg/010900017").resource;
        assert_eq!(resource.str("name"), Some("AUTRE NOM"));
        assert!(resource.to_text().contains("geolocation"), "the position of the older file is kept");
    }
}

#[test]
fn a_number_has_one_role() {
    let ej = EJ.replace("010900025", "010900017");
    let harvest = import(&[HEADER, &ej, ET].concat());
    assert_eq!(rules(&harvest), ["finess-deux-roles"]);
    assert_eq!(keys(&harvest), ["ej/010900017"]);
    assert_eq!(harvest.findings[0].severity, Severity::Error);
}

#[test]
fn broken_files_give_their_good_lines() {
    let whole = [HEADER, EJ, ET].concat();
    let cut = |by: usize| import(&whole[..whole.len() - by]);
    assert_eq!((rules(&cut(40)), keys(&cut(40))), (vec!["ligne-tronquee"], vec!["ej/010900025"]));
    assert_eq!(rules(&cut(1)), ["fin-de-fichier"]);

    let commas = whole.replace(';', ",");
    assert_eq!((rules(&import(&commas)), import(&commas).proposed.len()), (vec!["separateur"], 2));

    let no_header = import(&[EJ, ET].concat());
    assert_eq!((rules(&no_header), no_header.proposed.len()), (vec!["finess-entete"], 2));
    assert_eq!(proposed(&no_header, "ej/010900025").updated, DateTime::parse("2020-02-04").expect("a day").start);

    let undated = import(&[EJ].concat());
    assert_eq!(rules(&undated), ["finess-entete", "date-absente"]);

    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let harvest = read(&[("essai.csv", &utf16)], Cog::embedded());
    assert_eq!((rules(&harvest), harvest.proposed.len()), (vec!["encodage-inattendu"], 2));

    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&whole);
    let harvest = read(&[("essai.csv", &latin)], Cog::embedded());
    assert_eq!((rules(&harvest), pretty(&harvest)), (vec![], pretty(&import(&whole))));

    let long = import(&[HEADER, EJ, &"x".repeat(1_000_000), "\n", ET].concat());
    assert_eq!((rules(&long), long.proposed.len()), (vec!["enregistrement-inconnu"], 2));

    let other = import(&[HEADER, EJ, "activiteoffresoin;010900025;x\nactiviteoffresoin;010900025;y\n"].concat());
    assert_eq!(rules(&other), ["extrait-non-lu"]);

    for foreign in ["", "bonjour\n", "BOR;AN;FI\nMCO;2023;1\n"] {
        let harvest = import(foreign);
        let rule = if foreign.is_empty() { "fichier-vide" } else { "fichier-inconnu" };
        assert_eq!((rules(&harvest), harvest.proposed.len()), (vec![rule], 0), "{foreign}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        read(&[("f", &bytes)], Cog::embedded());
    }

    #[test]
    fn any_damage_to_a_good_file_is_survived(place in 0_usize..1000, length in 0_usize..300, by in proptest::collection::vec(proptest::num::u8::ANY, 0..20)) {
        let mut bytes = [HEADER, EJ, ET, POSITION].concat().into_bytes();
        let start = place.min(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, by);
        let harvest = read(&[("f", &bytes)], Cog::embedded());
        proptest::prop_assert!(harvest.proposed.len() <= 4);
    }
}

/// Counts of what the real samples give, by kind and rule.
#[test]
fn the_real_samples_give_what_they_always_gave() {
    let names = [
        "etalab-cs1100502-extrait_20260512.csv",
        "etalab-cs1100507-extrait_202605.csv",
        "finess_et_geoloc_dep01_extrait_20201231.csv",
    ];
    let read_sample = |name: &&str| std::fs::read(format!("{DATA}/{name}")).ok();
    let Some(samples) = names.iter().map(read_sample).collect::<Option<Vec<_>>>() else {
        eprintln!("skipped: the FINESS samples are not beside the repository");
        return;
    };
    let mut parts = Vec::new();
    for (name, bytes) in names.iter().zip(&samples) {
        let harvest = read(&[(name, bytes)], Cog::embedded());
        parts.push(format!("{name}\n{}", counts(&harvest)));
    }
    let together: Vec<_> = names.iter().zip(&samples).map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let harvest = read(&together, Cog::embedded());
    parts.push(format!("together\n{}", counts(&harvest)));
    insta::assert_snapshot!("samples", parts.concat());
}

fn counts(harvest: &Harvest) -> String {
    let mut lines: Vec<_> = harvest.report.iter().map(|(label, count)| format!("  {label}: {count}\n")).collect();
    let mut rules = BTreeMap::new();
    for finding in &harvest.findings {
        *rules.entry((std::cmp::Reverse(finding.severity), finding.rule)).or_insert(0) += 1;
    }
    lines.extend(rules.into_iter().map(|((severity, rule), count)| format!("  {:?} {rule}: {count}\n", severity.0)));
    lines.concat()
}

/// The enriched sample and the hospitals file give the same sites, projected and in degrees.
#[test]
fn projected_positions_agree_with_those_in_degrees() {
    let sample = std::fs::read(format!("{DATA}/finess_et_geoloc_dep01_extrait_20201231.csv"));
    let hospitals = std::fs::read(format!("{DATA}/../hospitals/eurostat_healthcare_FR_2020.csv"));
    let (Ok(sample), Ok(hospitals)) = (sample, hospitals) else {
        eprintln!("skipped: the FINESS or hospitals sample is not beside the repository");
        return;
    };
    let layout = crate::csv_file::Layout::with_header(',', &["id", "lat", "lon"]);
    let hospitals = crate::csv_file::CsvFile::open("hospitals.csv", &hospitals, &layout);
    let degrees: BTreeMap<String, (f64, f64)> = hospitals
        .rows()
        .filter_map(|row| {
            Some((format!("{:0>9}", row.get("id")?), (row.get("lat")?.parse().ok()?, row.get("lon")?.parse().ok()?)))
        })
        .collect();
    let harvest = read(&[("sample.csv", &sample)], Cog::embedded());
    let mut away: Vec<f64> = Vec::new();
    for proposed in &harvest.proposed {
        let number = proposed.key.split_once('/').expect("a key").1;
        let Some(&(latitude, longitude)) = degrees.get(number) else { continue };
        let Some((read_latitude, read_longitude)) = position_of(proposed) else { continue };
        away.push(
            (read_latitude - latitude).hypot((read_longitude - longitude) * latitude.to_radians().cos()) * 111_195.0,
        );
    }
    away.sort_by(f64::total_cmp);
    assert!(away.len() >= 10, "{}", away.len());
    // Most sites were placed anew in the nine months between the two files; an error of projection would
    // leave none at its place.
    assert!(away[1] < 2.0 && away[away.len() - 1] < 5_000.0, "{away:?}");
}

fn position_of(proposed: &Proposed) -> Option<(f64, f64)> {
    let address = proposed.resource.items("address").next()?;
    let point = address.extensions("http://hl7.org/fhir/StructureDefinition/geolocation").next()?;
    let degrees = |url| point.extensions(url).next()?.get("valueDecimal")?.as_f64();
    Some((degrees("latitude")?, degrees("longitude")?))
}
