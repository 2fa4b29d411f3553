#![allow(clippy::print_stderr, reason = "a test that lacks its data says so")]

use super::{Cog, CommuneKind, FinessCommuneError, FormerKind, Position, Resolved, read};
use crate::Severity;

const GEO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/geo");

#[test]
fn the_embedded_table_is_whole() {
    let cog = Cog::embedded();
    let count =
        |wanted: fn(&CommuneKind) -> bool| cog.communes().iter().filter(|commune| wanted(&commune.kind)).count();
    assert_eq!(count(|kind| *kind == CommuneKind::Commune), 34_875);
    assert_eq!(count(|kind| matches!(kind, CommuneKind::Arrondissement { .. })), 45);
    assert_eq!(count(|kind| *kind == CommuneKind::Collectivite), 94);
    assert_eq!((cog.departements().len(), cog.regions().len()), (101, 18));
    let without_position =
        cog.communes().iter().filter(|commune| commune.kind == CommuneKind::Commune && commune.position().is_none());
    let without_position: Vec<_> = without_position.map(|commune| &*commune.code).collect();
    assert_eq!(without_position, ["15031", "15035", "15047", "15171"]);
    for departement in cog.departements() {
        assert!(cog.region(&departement.region).is_some(), "{departement:?}");
        assert!(cog.commune(&departement.chef_lieu).is_some(), "{departement:?}");
    }
}

#[test]
fn a_code_says_what_it_is() {
    let cog = Cog::embedded();
    let what = |code: &str| match cog.resolve(code) {
        None => "unknown".to_owned(),
        Some(Resolved::Current(commune)) => format!("{:?} {} {:?}", commune.kind, commune.name, commune.region()),
        Some(Resolved::Former(former, commune)) => format!("{:?} {} -> {}", former.kind, former.name, commune.name),
    };
    for (code, expected) in [
        ("01451", r#"Commune Viriat Some("84")"#),
        ("2A004", r#"Commune Ajaccio Some("94")"#),
        ("97411", r#"Commune Saint-Denis Some("04")"#),
        ("75116", r#"Arrondissement { commune: "75056" } Paris 16e Arrondissement Some("11")"#),
        ("97801", r#"Collectivite Saint-Martin Some("01")"#),
        ("98613", r"Collectivite Uvea None"),
        ("97127", "Collectivite Saint-Martin -> Saint-Martin"),
        ("01033", r#"Commune Valserhône Some("84")"#),
        ("01025", r#"Commune Bâgé-Dommartin Some("84")"#),
        ("1451", "unknown"),
        ("", "unknown"),
        ("99999", "unknown"),
    ] {
        assert_eq!(what(code), expected, "{code}");
    }
    let former = cog.former.iter().find(|former| former.kind == FormerKind::Associee).expect("one");
    assert!(cog.commune(&former.code).is_some());
}

#[test]
fn an_address_finds_its_commune() {
    let cog = Cog::embedded();
    for (postal_code, locality, expected) in [
        ("01440", "VIRIAT", Some("01451")),
        ("01440", "", Some("01451")),
        ("97405", "ST DENIS CEDEX", Some("97411")),
        ("97306", "CAYENNE CEDEX", Some("97302")),
        ("97150", "ST MARTIN", Some("97801")),
        ("98600", "UVEA", Some("98613")),
        ("01606", "TREVOUX CEDEX", Some("01427")),
        ("01200", "BELLEGARDE SUR VALSERINE", Some("01033")),
        ("75016", "PARIS", Some("75116")),
        ("75116", "PARIS", Some("75116")),
        ("75016", "", Some("75116")),
        ("75651", "PARIS CEDEX 13", Some("75113")),
        ("75000", "Paris", Some("75056")),
        ("69437", "LYON CEDEX 03", Some("69383")),
        ("13385", "Marseille Cédex 5", Some("13205")),
        ("20000", "AJACCIO", Some("2A004")),
        ("20303", "AJACCIO CEDEX", Some("2A004")),
        ("01440", "LYON", None),
        ("", "VIRIAT", None),
        ("01000", "NULLE PART", None),
    ] {
        let found = cog.find(postal_code, locality).map(|commune| &*commune.code);
        assert_eq!(found, expected, "{postal_code} {locality}");
    }
}

#[test]
fn finess_codes_are_read_with_their_own_departments() {
    let cog = Cog::embedded();
    let code = |departement: &str, commune: &str| {
        cog.commune_of_finess(departement, commune)
            .map(|commune| commune.code.to_string())
            .map_err(|error| error.to_string())
    };
    assert_eq!(code("01", "451").as_deref(), Ok("01451"));
    assert_eq!(code("2B", "033").as_deref(), Ok("2B033"));
    assert_eq!(code("9F", "606").as_deref(), Ok("97606"));
    assert_eq!(code("9J", "613").as_deref(), Ok("98613"));
    assert_eq!(code("9A", "123").as_deref(), Ok("97701"));
    assert_eq!(code("9Z", "123"), Err("département FINESS inconnu".to_owned()));
    assert_eq!(code("01", "999"), Err("commune 01999 inconnue du code officiel géographique".to_owned()));
    assert_eq!(code("1", "451"), Err("code commune incomplet".to_owned()));
    assert_eq!(cog.commune_of_cominsee("29"), Err(FinessCommuneError::Truncated));
    assert_eq!(cog.commune_of_cominsee("9D411").map(|commune| &*commune.code), Ok("97411"));
    assert_eq!(cog.commune_of_cominsee("97411").map(|commune| &*commune.code), Ok("97411"));
    assert!(cog.commune_of_cominsee("é1234").is_err());
    assert_eq!(cog.departement_of_finess("9A").map(|departement| &*departement.region), Some("01"));
}

#[test]
fn cities_give_their_arrondissements_and_names_their_homonyms() {
    let cog = Cog::embedded();
    assert_eq!(cog.members("75056").count(), 20);
    assert_eq!(cog.members("69123").next().map(|member| &*member.code), Some("69381"));
    assert_eq!(cog.members("01451").count(), 0);
    assert!(cog.named("ST DENIS").any(|commune| &*commune.code == "93066"));
    assert!(cog.named("Saint-Denis").any(|commune| &*commune.code == "97411"));
    assert_eq!(cog.by_postal_code("01440").map(|commune| &*commune.code).collect::<Vec<_>>(), ["01451"]);
}

#[test]
fn a_position_is_the_town_hall_else_the_centre() {
    let cog = Cog::embedded();
    let position = |code: &str| cog.commune(code).and_then(super::Commune::position);
    assert_eq!(position("01001"), Some(Position { latitude: 46.15168, longitude: 4.92007 }));
    assert_eq!(position("75056"), Some(Position { latitude: 48.85659, longitude: 2.34292 }));
    assert_eq!(position("97801"), None);
    // Its published town hall lies 114 km away.
    assert_eq!(position("01173"), Some(Position { latitude: 46.34729, longitude: 6.04625 }));
    let at = |latitude, longitude| Position { latitude, longitude };
    assert!((at(45.0, 5.0).metres_to(at(46.0, 5.0)) - 111_195.0).abs() < 1.0);
    assert!((at(0.0, 0.0).metres_to(at(0.0, 180.0)) - 20_015_114.0).abs() < 100.0);
}

#[test]
fn bytes_come_back_and_broken_bytes_are_refused() {
    let cog = Cog::embedded();
    let bytes = cog.to_bytes();
    assert_eq!(bytes, include_bytes!("../../data/cog.zst"), "the file is what the program would write");
    assert_eq!(Cog::from_bytes(&bytes).as_ref(), Ok(cog));
    assert!(Cog::from_bytes(&bytes[..bytes.len() / 2]).is_err());
    assert!(Cog::from_bytes(b"").is_err());
    let plain = zstd::decode_all(&*bytes).expect("zstd");
    for end in [0, 1, 11, 1000, plain.len() / 2, plain.len() - 1] {
        let cut = zstd::encode_all(&plain[..end], 1).expect("zstd");
        assert!(Cog::from_bytes(&cut).is_err(), "{end}");
    }
}

#[test]
fn a_newer_vintage_is_read_from_the_same_columns() {
    let communes = b"insee,name,postal_codes,dept,region,lat,lon,population,area_km2,townhall_lat,townhall_lon,zone\n\
        01451,Viriat,01440,01,84,46.25,5.22,7000,1,,,metro\n\
        1004,Perdu,01500,01,84,46,5,10,1,,,metro\n\
        01451,Viriat bis,01440,01,84,46,5,10,1,,,metro\n\
        02001,Abb\xE9court,2300,02,32,99,5,dix,1,,,metro\n\
        03001,Cou";
    let (cog, findings) = read(&[("a.csv", communes), ("b.csv", b"x;y\n1;2\n")]);
    let cog = cog.expect("a table");
    let viriat = cog.commune("01451").expect("Viriat");
    assert_eq!((&*viriat.name, viriat.population), ("Viriat", Some(7000)));
    assert_eq!(cog.commune("02001").map(|commune| (commune.population, commune.centroid)), Some((None, None)));
    let rules: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.line)).collect();
    let expected = [
        ("ligne-tronquee", Some(6)),
        ("cog-code", Some(3)),
        ("cog-position", Some(5)),
        ("cog-population", Some(5)),
        ("cog-code-postal", Some(5)),
        ("cog-fichier-inconnu", Some(1)),
        ("cog-doublon", Some(4)),
        ("cog-incomplet", None),
    ];
    assert_eq!(rules[..expected.len()], expected);
    assert!(
        rules[expected.len()..].iter().all(|(rule, _)| matches!(*rule, "cog-fichier-absent" | "cog-commune-actuelle"))
    );
    assert_eq!(cog.region("84").map(|region| &*region.name), Some("Auvergne-Rhône-Alpes"), "kept from the program");
}

#[test]
fn without_communes_there_is_no_table() {
    let (cog, findings) = read(&[("regions.csv", b"code,name,chef_lieu,population,departments\n84,A,69123,1,01\n")]);
    assert_eq!(cog, None);
    assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
}

#[test]
fn the_published_files_give_the_embedded_table() {
    let Ok(entries) = std::fs::read_dir(GEO) else {
        eprintln!("skipped: no geography files beside the repository");
        return;
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<(String, Vec<u8>)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file")))
        .collect();
    files.sort();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (cog, findings) = read(&files);
    // Hundreds of town halls of the source stand in another commune of like name; nothing else is wrong.
    assert!(findings.iter().all(|finding| finding.rule == "cog-mairie-loin"), "{findings:?}");
    assert_eq!(findings.len(), 416);
    assert_eq!(cog.as_ref().map(Cog::to_bytes).as_deref(), Some(&include_bytes!("../../data/cog.zst")[..]));
}
