use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const MANIFEST: &str = r#"{"name":"essai.listes","version":"1.2.0","fhirVersions":["4.0.1"]}"#;

/// An entry of a tar archive.
fn entry(path: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend_from_slice(content);
    header.resize(header.len().div_ceil(512) * 512, 0);
    header
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar: Vec<u8> =
        files.iter().flat_map(|(path, text)| entry(&format!("package/{path}"), b'0', text.as_bytes())).collect();
    tar.resize(tar.len() + 1024, 0);
    packed(&tar)
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("refused").0
}

#[test]
fn lists_are_taken_and_the_rest_is_told() {
    let list = r#"{"resourceType":"ValueSet","url":"http://a","status":"active","compose":{"include":[{"system":"http://b","concept":[{"code":"1"}]}]}}"#;
    let read = read(&package(&[
        ("package.json", MANIFEST),
        (".index.json", "{}"),
        ("ValueSet-a.json", list),
        ("ValueSet-b.json", r#"{"resourceType":"ValueSet","url":"http://b"}"#),
        ("StructureDefinition-c.json", r#"{"resourceType":"StructureDefinition"}"#),
        ("SearchParameter-d.json", r#"{"resourceType":"SearchParameter"}"#),
        ("example/Location-e.json", "pas lu"),
    ]))
    .expect("a package");
    assert_eq!((read.name.as_str(), read.version.as_str()), ("essai.listes", "1.2.0"));
    assert_eq!((read.lists.len(), read.aside), (1, 1));
    let refused: Vec<&str> = read.refused.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(refused, ["package/ValueSet-b.json", "package/StructureDefinition-c.json"]);
    assert!(read.refused[1].1.contains("profils"));
}

#[test]
fn what_is_no_package_is_refused_whole() {
    let with = |kind: u8, path: &str| {
        packed(&[entry("package/package.json", b'0', MANIFEST.as_bytes()), entry(path, kind, b"{}")].concat())
    };
    let mut broken = package(&[("package.json", MANIFEST)]);
    broken.truncate(broken.len() / 2);
    for (bytes, said) in [
        (b"PK\x03\x04".to_vec(), "gzip"),
        (broken, "abîmé"),
        (packed(b"bonjour"), "tar"),
        (packed(&[7; 2048]), "tar"),
        (with(b'0', "package/../../etc/passwd"), "hors de package/"),
        (with(b'0', "/etc/passwd"), "hors de package/"),
        (with(b'0', "autre/x.json"), "hors de package/"),
        (with(b'2', "package/lien"), "un lien"),
        (packed(&entry("package/package.json", b'0', MANIFEST.as_bytes())[..520]), "incomplète"),
        (package(&[("x.json", "{}")]), "package.json est absent"),
        (package(&[("package.json", "{")]), "n'est pas du JSON"),
        (package(&[("package.json", r#"{"name":"a","version":"1","fhirVersions":["5.0.0"]}"#)]), "lue : 5.0.0"),
        (package(&[("package.json", r#"{"name":"a","version":"1"}"#)]), "lue : aucune"),
        (package(&[("package.json", r#"{"name":"a","fhirVersions":["4.0.1"]}"#)]), "« version »"),
        (package(&[("package.json", MANIFEST), ("x.json", "{]")]), "x.json n'est pas du JSON"),
        (vec![0x1f; PACKED_BYTES_MAX + 1], "64 Mo"),
    ] {
        let text = refusal(&bytes);
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn an_archive_that_swells_is_refused_before_it_is_read() {
    let chunk = vec![0_u8; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..=(UNPACKED_BYTES_MAX >> 20) {
        gzip.write_all(&chunk).expect("memory");
    }
    let bomb = gzip.finish().expect("memory");
    assert!(bomb.len() < PACKED_BYTES_MAX);
    assert!(refusal(&bomb).contains("256 Mo"));
}

#[test]
fn a_long_path_comes_from_its_pax_header() {
    let name = format!("package/ValueSet-{}.json", "x".repeat(120));
    let record = format!("path={name}\n");
    let record = format!("{} {record}", record.len() + 4);
    let list = br#"{"resourceType":"CodeSystem","url":"http://a","content":"complete","concept":[{"code":"1"}]}"#;
    let tar = [
        entry("package/package.json", b'0', MANIFEST.as_bytes()),
        entry("PaxHeader/x", b'x', record.as_bytes()),
        entry("package/short", b'0', list),
    ];
    assert_eq!(read(&packed(&tar.concat())).expect("a package").lists.len(), 1);
}
