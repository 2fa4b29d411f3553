//! `ror import package`: what newer lists change is told before anything is, then holds.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ror_fhir::{Node, node};

use crate::run::{Server, folder, run, text};

const R227: &str = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
const J20: &str = "https://mos.esante.gouv.fr/NOS/JDV_J20-ChampActivite-ROR/FHIR/JDV-J20-ChampActivite-ROR";
const MANIFEST: &str = r#"{"name":"essai.listes","version":"2.0.0","fhirVersions":["4.0.1"]}"#;

/// A package of those files.
fn package(path: &Path, files: &[(&str, String)]) {
    let mut tar = Vec::new();
    for (name, content) in files {
        let mut header = [0; 512];
        let name = format!("package/{name}");
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(content.as_bytes());
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    let mut gzip = GzEncoder::new(std::fs::File::create(path).unwrap(), Compression::fast());
    gzip.write_all(&tar).unwrap();
    gzip.finish().unwrap();
}

/// Fields of activity: one renamed, one gone, one new.
fn newer() -> Vec<(&'static str, String)> {
    let concept = node!([
        {"code": "01", "display": "MCO renommé"},
        {"code": "03", "display": "Psychiatrie (PSY)"},
        {"code": "99", "display": "Champ nouveau"}
    ]);
    let system = node!({"resourceType": "CodeSystem", "url": R227, "version": "29990101000000", "status": "active",
        "content": "complete", "concept": concept});
    let set = node!({"resourceType": "ValueSet", "url": J20, "version": "29990101000000", "status": "active",
        "compose": {"include": [{"system": R227, "concept": concept}]}});
    vec![("package.json", MANIFEST.to_owned()), ("a.json", system.to_text()), ("b.json", set.to_text())]
}

/// Two offers of the field 01, one of the field 02, in a directory of their own.
fn directory(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let offer = |id: &str, code: &str| {
        node!({"resourceType": "HealthcareService", "id": id, "meta": {"lastUpdated": "2026-01-15T08:00:00+01:00"},
            "name": id, "type": [{"coding": [{"system": R227, "code": code, "display": "x"}]}]})
        .to_text()
    };
    let file = folder.join("offres.ndjson");
    std::fs::write(&file, [offer("a", "01"), offer("b", "01"), offer("c", "02")].join("\n")).unwrap();
    let (status, out, err) = run(&["import", "fhir", text(&file), "--data", text(&data)]);
    assert!(out.contains("3 créées"), "{status:?} {out} {err}");
    data
}

#[test]
fn a_dry_run_counts_the_offers_and_changes_nothing() {
    let folder = folder();
    let (data, file, csv) = (directory(folder.path()), folder.path().join("p.tgz"), folder.path().join("p.csv"));
    package(&file, &newer());
    let arguments = ["import", "package", text(&file), "--data", text(&data), "--dry-run", "--report", text(&csv)];
    let (status, out, err) = run(&arguments);
    assert_eq!(status, Some(0), "{err}");
    assert!(out.contains("essai.listes 2.0.0 : 2 listes, 2 changent"), "{out}");
    assert!(out.contains("JDV_J20-ChampActivite-ROR") && out.contains("→ 29990101000000"), "{out}");
    assert!(out.contains("ajouté  : 99 « Champ nouveau »"), "{out}");
    assert!(out.contains("→ « MCO renommé » : 2 offres, 0 autres ressources"), "{out}");
    assert!(out.lines().any(|line| line.contains("fermé   : 02") && line.contains(": 1 offres")), "{out}");
    assert!(err.contains("rien n'est écrit"), "{err}");
    let lines = std::fs::read_to_string(&csv).unwrap();
    assert!(lines.contains("JDV_J20-ChampActivite-ROR,fermé,") && lines.contains(",01,"), "{lines}");
    // The same again: nothing was written the first time.
    assert_eq!(run(&arguments).1, out);
}

#[test]
fn lists_hold_from_the_next_start_on() {
    let folder = folder();
    let (data, file) = (directory(folder.path()), folder.path().join("p.tgz"));
    let import = ["import", "package", text(&file), "--data", text(&data)];
    package(&file, &newer());
    let (status, out, err) = run(&import);
    assert_eq!((status, out.contains("au prochain démarrage")), (Some(0), true), "{out}{err}");
    let (_, again, _) = run(&import);
    assert!(again.contains("2 listes, 0 changent"), "{again}");
    let server = Server::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    let answer = server.get(&format!("/fhir/CodeSystem/$lookup?system={R227}&code=99"));
    assert!(answer.contains("Champ nouveau"), "{answer}");
    let answer = server.get(&format!("/fhir/ValueSet/$validate-code?url={J20}&system={R227}&code=02"));
    let body = answer.split_once("\r\n\r\n").map_or(answer.as_str(), |(_, body)| body);
    let result = Node::parse(body.as_bytes()).ok();
    let result = result.as_ref().and_then(|read| read.items("parameter").find(|one| one.str("name") == Some("result")));
    assert_eq!(result.and_then(|one| one.get("valueBoolean")).and_then(Node::as_bool), Some(false), "{answer}");
}

#[test]
fn a_bad_package_changes_nothing_and_says_why() {
    let folder = folder();
    let (data, file) = (folder.path().join("data"), folder.path().join("p.tgz"));
    let import = ["import", "package", text(&file), "--data", text(&data)];
    std::fs::write(&file, "pas un paquet").unwrap();
    let (status, _, err) = run(&import);
    assert_eq!((status, err.contains("gzip"), data.exists()), (Some(2), true, false), "{err}");
    let profile = r#"{"resourceType":"StructureDefinition"}"#.to_owned();
    package(&file, &[("package.json", MANIFEST.to_owned()), ("sd.json", profile.clone())]);
    let (status, _, err) = run(&import);
    assert_eq!((status, err.contains("les profils"), data.exists()), (Some(2), true, false), "{err}");
    // Lists beside profiles are taken, and the profiles told.
    let mut files = newer();
    files.push(("sd.json", profile));
    package(&file, &files);
    let (status, out, err) = run(&import);
    assert_eq!((status, out.contains("enregistrées"), err.contains("sd.json")), (Some(1), true, true), "{out}{err}");
}
