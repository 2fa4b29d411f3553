//! What a larger territory has of its own, shown on the smallest departments, and that files can be written
//! without holding what goes in them.

use std::collections::{BTreeMap, HashSet};

use ror_terminology::Terminology;

use super::{NOW, territory, walk};
use crate::Proposed;
use crate::synth::draw::hash;
use crate::synth::scale::{M, Shape};
use crate::synth::territory::visit_shape;
use crate::synth::{Defect, Item, REGISTER_FILE, Scale, TRUTH_FILE, Written, stream_ndjson, visit_whole, write_ndjson};

/// Two small departments as the largest scale makes them.
static SMALL: Shape = Shape { departements: &["15", "43"], ..M };

type Files = BTreeMap<String, Vec<u8>>;

fn gather(write: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) -> Files {
    let mut files = Files::new();
    write(&mut |name, bytes| files.entry(name.to_owned()).or_default().extend_from_slice(bytes));
    files
}

fn small() -> &'static (Vec<Proposed>, Vec<Defect>, usize) {
    static SMALL_TERRITORY: std::sync::OnceLock<(Vec<Proposed>, Vec<Defect>, usize)> = std::sync::OnceLock::new();
    SMALL_TERRITORY.get_or_init(|| {
        let (mut proposed, mut defects, mut register_only) = (Vec::new(), Vec::new(), 0);
        visit_shape(&SMALL, 1, NOW, &mut |item| match item {
            Item::Resource(one) => proposed.push(one),
            Item::Defect(defect) => defects.push(defect),
            Item::RegisterOnly(_) => register_only += 1,
            Item::Structure(_) => {}
        });
        (proposed, defects, register_only)
    })
}

/// The smallest territory, written as it comes.
fn streamed() -> &'static (Files, Written) {
    static STREAMED: std::sync::OnceLock<(Files, Written)> = std::sync::OnceLock::new();
    STREAMED.get_or_init(|| {
        let mut written = Written::default();
        let files = gather(|out| written = stream_ndjson(Scale::Xs, 1, NOW, out));
        (files, written)
    })
}

#[test]
fn files_written_as_they_come_have_the_bytes_of_those_kept() {
    let (streamed, written) = streamed();
    let mut told = Written::default();
    let kept = gather(|out| told = write_ndjson(territory(), out));
    assert_eq!(kept.keys().collect::<Vec<_>>(), streamed.keys().collect::<Vec<_>>());
    for (name, bytes) in &kept {
        assert!(*bytes == streamed[name], "{name} differs");
    }
    assert_eq!(told, *written);
    assert_eq!(told.resources, territory().harvest.proposed.len());
    let lines = |name: &str| kept[name].split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")).count();
    assert_eq!((told.defects, told.register_only), (lines(TRUTH_FILE), lines(REGISTER_FILE)));
}

#[test]
fn resources_handed_over_whole_are_those_of_the_files() {
    let mut again = Files::new();
    visit_whole(Scale::Xs, 1, NOW, &mut |resource, updated| {
        let kind = resource.str("resourceType").expect("a type");
        let written = resource.get("meta").and_then(|meta| meta.str("lastUpdated"));
        let written = ror_fhir::DateTime::parse(written.expect("a date")).expect("a date").start;
        assert_eq!(written, updated);
        let lines = again.entry(format!("{kind}.ndjson")).or_default();
        lines.extend_from_slice(&resource.to_bytes());
        lines.push(b'\n');
    });
    assert_eq!(again.len(), 8);
    for (name, bytes) in &again {
        assert!(*bytes == streamed().0[name], "{name} differs");
    }
}

#[test]
fn the_smallest_territory_stays_what_it_is() {
    let mark = |(name, bytes): (&String, &Vec<u8>)| {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        format!("{name} {} {:016x}", bytes.len(), hash(text))
    };
    let marks: Vec<_> = streamed().0.iter().map(mark).collect();
    insta::assert_snapshot!(marks.join("\n"));
}

#[test]
fn other_departments_have_their_own_names_and_communes() {
    let (proposed, _, _) = small();
    let cog = crate::cog::Cog::embedded();
    let (mut cities, mut dispatchers) = (HashSet::new(), Vec::new());
    for one in proposed {
        let name = one.resource.str("name").unwrap_or_default();
        assert!(!name.contains(['{', '}']), "{name}");
        for of_ain in ["Ain", "Revermont", "Berthiand", "Bugey", "Bresse", "Dombes", "SAMU 01"] {
            assert!(!name.split([' ', '\'']).any(|word| word == of_ain), "{name} is of Ain");
        }
        if one.key.starts_with("offre/") && name.starts_with("SAMU ") {
            dispatchers.push(name);
        }
        walk(&one.resource, &mut |node| {
            if node.str("system").is_some_and(|system| system.contains("TRE_R13-")) {
                let commune = cog.commune(node.str("code").expect("a code")).expect("a commune");
                assert!(SMALL.departements.contains(&commune.departement()), "{} in {}", commune.name, one.key);
                cities.insert(commune.departement().to_owned());
            }
            if let Some(sector) = node.str("url").filter(|url| url.ends_with("psychiatric-sector")) {
                let value = node.str("valueString").unwrap_or(sector);
                assert!(value.starts_with("15") || value.starts_with("43"), "{value}");
            }
        });
    }
    assert_eq!(cities.len(), 2);
    assert_eq!(dispatchers.len(), 2, "{dispatchers:?}");
}

#[test]
fn several_departments_share_no_key_and_refer_to_what_came_before() {
    let (proposed, defects, _) = small();
    let mut known = HashSet::new();
    let terminology = Terminology::embedded();
    for one in proposed {
        walk(&one.resource, &mut |node| {
            if let Some(reference) = node.str("reference") {
                let key = reference.strip_prefix("key:").expect("a reference by key");
                assert!(known.contains(key), "{} refers to {key}, not yet handed over", one.key);
            }
            let (Some(system), Some(code)) = (node.str("system"), node.str("code")) else { return };
            let is_embedded = !system.contains("TRE_R13-")
                && !system.contains("TRE_R247-")
                && !system.starts_with("http://terminology.hl7.org/")
                && system != "http://unitsofmeasure.org";
            let display = is_embedded.then(|| terminology.display(system, code));
            assert!(display != Some(None), "{system} {code} in {}", one.key);
        });
        assert!(known.insert(one.key.as_str()), "{} twice", one.key);
    }
    let identifiers = proposed.iter().filter(|one| one.key.starts_with('e') && !one.key.ends_with("/doublon"));
    let identifiers = identifiers.flat_map(|one| one.resource.items("identifier")).filter_map(|id| id.str("value"));
    let mut once = HashSet::new();
    for value in identifiers {
        assert!(once.insert(value), "{value} twice");
    }
    for defect in defects.iter().filter(|defect| defect.key.contains('/')) {
        assert!(known.contains(defect.key.as_str()), "{} is told and was never handed over", defect.key);
    }
}

#[test]
fn everyone_has_a_sheet_where_the_scale_says_so() {
    let (proposed, _, register_only) = small();
    assert_eq!(*register_only, 0);
    let count = |prefix: &str| proposed.iter().filter(|one| one.key.starts_with(prefix)).count();
    // 0.38 M inhabitants against the 0.68 M of Ain, and its 14 000 practitioners.
    let practitioners = count("ps/");
    assert!((7000..9000).contains(&practitioners), "{practitioners} practitioners");
    assert!(count("role/") < practitioners / 2, "most have no role");
    assert!(count("offre/") > 1500, "{} offers", count("offre/"));
}
