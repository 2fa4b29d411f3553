#![allow(clippy::print_stderr, reason = "a skipped check says so")]

mod scale;

use std::collections::{BTreeMap, HashMap, HashSet};

use ror_fhir::{Instant, Node};
use ror_terminology::Terminology;

use super::draw::DAY_MS;
use super::{DefectKind, Scale, Territory, generate, write_ndjson};
use crate::identifiers::{FinessId, SirenId, SiretId};
use crate::{Mint, Proposed};

/// 2026-11-21T12:00:00Z.
const NOW: Instant = 1_795_262_400_000;

fn territory() -> &'static Territory {
    static TERRITORY: std::sync::OnceLock<Territory> = std::sync::OnceLock::new();
    TERRITORY.get_or_init(|| generate(Scale::Xs, 1, NOW))
}

fn of_type(name: &str) -> impl Iterator<Item = &'static Proposed> {
    territory().harvest.proposed.iter().filter(move |proposed| proposed.resource.str("resourceType") == Some(name))
}

fn of_key(prefix: &str) -> impl Iterator<Item = &'static Proposed> {
    territory().harvest.proposed.iter().filter(move |proposed| proposed.key.starts_with(prefix))
}

fn by_key() -> HashMap<&'static str, &'static Proposed> {
    territory().harvest.proposed.iter().map(|proposed| (proposed.key.as_str(), proposed)).collect()
}

/// Calls `each` with every object of the tree.
fn walk<'a>(node: &'a Node, each: &mut dyn FnMut(&'a Node)) {
    match node {
        Node::Object(object) => {
            each(node);
            object.iter().for_each(|(_, child)| walk(child, each));
        }
        Node::Array(items) => items.iter().for_each(|item| walk(item, each)),
        _ => {}
    }
}

fn files(territory: &Territory) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    write_ndjson(territory, &mut |name, bytes| files.entry(name.to_owned()).or_default().extend_from_slice(bytes));
    files
}

#[test]
fn the_figures_are_those_of_the_smallest_scale_whatever_the_seed() {
    let near = |what: &str, count: usize, target: usize| {
        let share = count as f64 / target as f64;
        assert!((0.9..=1.1).contains(&share), "{what}: {count} for {target}");
    };
    for territory in [territory(), &generate(Scale::Xs, 77, NOW)] {
        let keys = |prefix: &str| territory.harvest.proposed.iter().filter(|one| one.key.starts_with(prefix)).count();
        near("offers", keys("offre/"), 3400);
        near("EG", keys("eg/"), 1400);
        near("places", keys("lieu/"), 3700);
        near("practitioners", keys("ps/") + territory.register_only.len(), 14_000);
        let planted: HashSet<_> = territory.truth.iter().map(|defect| defect.kind.code()).collect();
        assert_eq!(planted.len(), DefectKind::ALL.len(), "{planted:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let (first, second) = (files(territory()), files(&generate(Scale::Xs, 1, NOW)));
    assert_eq!(first.len(), 11);
    assert!(first == second, "two runs differ");
    let other = files(&generate(Scale::Xs, 2, NOW));
    assert!(first["Organization.ndjson"] != other["Organization.ndjson"]);
}

#[test]
fn a_reference_comes_after_what_it_refers_to_and_keys_are_unique() {
    let mut known = HashSet::new();
    for proposed in &territory().harvest.proposed {
        walk(&proposed.resource, &mut |node| {
            if let Some(reference) = node.str("reference") {
                let key = reference.strip_prefix("key:").expect("a reference by key");
                assert!(known.contains(key), "{} refers to {key}, not yet handed over", proposed.key);
            }
        });
        assert!(known.insert(proposed.key.as_str()), "{} twice", proposed.key);
    }
}

#[test]
fn every_code_is_in_the_nomenclatures() {
    let terminology = Terminology::embedded();
    let mut checked = 0;
    for proposed in &territory().harvest.proposed {
        walk(&proposed.resource, &mut |node| {
            let (Some(system), Some(code)) = (node.str("system"), node.str("code")) else { return };
            // Communes, units and the lists of FHIR itself are not in the embedded ones.
            let is_fhir =
                ["http://terminology.hl7.org/", "http://unitsofmeasure.org"].iter().any(|it| system.starts_with(it));
            if system.contains("TRE_R13-") || system.contains("TRE_R247-") || is_fhir {
                return;
            }
            checked += 1;
            assert!(terminology.display(system, code).is_some(), "{system} {code} in {}", proposed.key);
        });
    }
    assert!(checked > 100_000, "{checked} codes only");
}

#[test]
fn every_commune_is_one_of_ain() {
    let cog = crate::cog::Cog::embedded();
    for place in of_type("Location") {
        let mut codes = Vec::new();
        walk(&place.resource, &mut |node| {
            if node.str("system").is_some_and(|system| system.contains("TRE_R13-")) {
                codes.extend(node.str("code"));
            }
        });
        assert!(!codes.is_empty(), "{}", place.key);
        for code in codes {
            let commune = cog.commune(code).unwrap_or_else(|| panic!("{code} is no commune"));
            assert_eq!(commune.departement(), "01");
            let centre = commune.centroid.expect("a centre");
            let position = place.resource.get("position").expect("a position");
            let latitude = position.get("latitude").and_then(Node::as_f64).expect("a latitude");
            let longitude = position.get("longitude").and_then(Node::as_f64).expect("a longitude");
            let apart = (latitude - centre.latitude).hypot(longitude - centre.longitude);
            assert!(apart < 0.15, "{} is {apart}° from the centre of {}", place.key, commune.name);
        }
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(rank, byte)| u32::from(byte - b'0') * if rank % 2 == 1 { 2 } else { 1 })
        .map(|value| value / 10 + value % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[test]
fn numbers_have_their_key_and_are_of_the_reserved_ranges() {
    let mut finess = 0;
    for organization in of_type("Organization") {
        for identifier in organization.resource.items("identifier") {
            let value = identifier.str("value").expect("a value");
            match identifier.str("system").expect("a system") {
                "https://finess.esante.gouv.fr" => {
                    finess += 1;
                    assert!(FinessId::parse(value).is_ok() && value.starts_with("0199"), "{value}");
                }
                "https://sirene.fr" if value.len() == 9 => {
                    assert!(SirenId::parse(value).is_ok_and(|id| id.has_valid_key()) && value.starts_with("999"));
                }
                "https://sirene.fr" => {
                    assert!(SiretId::parse(value).is_ok_and(|id| id.has_valid_key()) && value.starts_with("999"));
                }
                "https://rppsrang.esante.gouv.fr" => assert!(luhn(value) && value.len() == 14, "{value}"),
                system => assert_eq!(system, "urn:oid:1.2.250.1.71.4.2.2"),
            }
        }
    }
    assert!(finess > 450, "{finess} FINESS numbers only");
    let described = of_type("Practitioner").map(|practitioner| {
        let value = practitioner.resource.items("identifier").next().and_then(|identifier| identifier.str("value"));
        value.and_then(|value| value.strip_prefix('8')).expect("8 then the RPPS number").to_owned()
    });
    let mut known = HashSet::new();
    for rpps in described.chain(territory().register_only.iter().map(|practitioner| practitioner.rpps.clone())) {
        assert!(rpps.len() == 11 && rpps.starts_with("1999") && luhn(&rpps), "{rpps}");
        assert!(known.insert(rpps), "a RPPS number twice");
    }
}

#[test]
fn no_number_is_one_of_the_real_hospitals() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sae");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: no SAE files at {folder}");
        return;
    };
    let mut real = HashSet::new();
    for entry in entries {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a readable file");
        let cells = bytes.split(|byte| matches!(byte, b';' | b'\n' | b'\r' | b'"'));
        real.extend(cells.filter(|cell| cell.len() == 9).map(<[u8]>::to_vec));
    }
    assert!(real.contains(b"010000024".as_slice()), "the files hold the hospital of Bourg-en-Bresse");
    for organization in of_type("Organization") {
        for identifier in organization.resource.items("identifier") {
            let value = identifier.str("value").expect("a value");
            assert!(!real.contains(value.as_bytes()), "{value} is a real number");
        }
    }
}

#[test]
fn nothing_can_reach_a_real_person() {
    let allowed = |text: &str| {
        let tail = text.rsplit('@').next().unwrap_or_default();
        matches!(tail, "example.fr" | "exemple.mssante.fr")
    };
    let spoilt: HashSet<_> = spoilt(DefectKind::MalformedTelecom);
    for proposed in &territory().harvest.proposed {
        walk(&proposed.resource, &mut |node| {
            let is_telecom = node.str("url") == Some("telecomAddress");
            let value = if is_telecom { node.str("valueString") } else { node.str("value") };
            let Some(value) = value else { return };
            if value.contains('@') {
                assert!(allowed(value), "{value}");
            } else if value.starts_with("http") {
                assert!(value.starts_with("https://www.example.fr/"), "{value}");
            } else if is_telecom && !spoilt.contains(proposed.key.as_str()) {
                let fiction = value.starts_with("04 65 71 ") || value.starts_with("06 39 98 ");
                assert!(fiction && value.len() == 14, "{value} in {}", proposed.key);
            }
        });
    }
}

fn spoilt(kind: DefectKind) -> HashSet<&'static str> {
    territory().truth.iter().filter(|defect| defect.kind == kind).map(|defect| defect.key.as_str()).collect()
}

/// Whether the tree holds an extension of that id.
fn has_extension(resource: &Node, id: &str) -> bool {
    resource.items("extension").any(|extension| extension.str("url").is_some_and(|url| url.ends_with(id)))
}

fn codes<'a>(resource: &'a Node, member: &'a str, tre: &'a str) -> impl Iterator<Item = &'a str> {
    let codings = resource.items(member).flat_map(|concept| concept.items("coding"));
    codings.filter(move |coding| coding.str("system").is_some_and(|s| s.contains(tre))).filter_map(|c| c.str("code"))
}

/// Whether an offer has a defect.
type IsSpoiled = fn(&Node) -> bool;

#[test]
fn each_defect_told_is_there_and_nowhere_else() {
    let cases: [(DefectKind, IsSpoiled); 3] = [
        (DefectKind::MissingContact, |offer| !has_extension(offer, "/ror-healthcareservice-contact")),
        (DefectKind::MissingActivity, |offer| codes(offer, "specialty", "TRE_R211").next().is_none()),
        (DefectKind::MissingAges, |offer| !offer.to_text().contains("ageRange")),
    ];
    for (kind, has_defect) in cases {
        let told = spoilt(kind);
        for offer in of_type("HealthcareService") {
            assert_eq!(has_defect(&offer.resource), told.contains(offer.key.as_str()), "{kind:?} of {}", offer.key);
        }
    }
    let told = spoilt(DefectKind::IncompleteAddress);
    for place in of_type("Location") {
        let address = place.resource.get("address").expect("an address");
        let incomplete = address.get("postalCode").is_none() || address.get("line").is_none();
        assert_eq!(incomplete, told.contains(place.key.as_str()), "{}", place.key);
    }
    let told = spoilt(DefectKind::NotUpdatedForAYear);
    for offer in of_type("HealthcareService") {
        assert_eq!(offer.updated < NOW - 365 * DAY_MS, told.contains(offer.key.as_str()), "{}", offer.key);
    }
}

#[test]
fn emergencies_say_so_and_sensitive_units_are_flagged_unless_told() {
    let (misnamed, unflagged) = (spoilt(DefectKind::MisnamedEmergency), spoilt(DefectKind::UnflaggedSensitiveUnit));
    let (mut emergencies, mut sensitive) = (0, 0);
    for offer in of_type("HealthcareService") {
        let resource = &offer.resource;
        let name = resource.str("name").expect("a name").to_lowercase();
        let key = offer.key.as_str();
        if codes(resource, "characteristic", "TRE_R213").any(|mode| mode == "33") {
            emergencies += 1;
            assert_eq!(!name.contains("urgence"), misnamed.contains(key), "{key}");
        }
        let flagged = resource.to_text().contains(r#"sensitive-unit","valueBoolean":true"#);
        let prison = codes(resource, "specialty", "TRE_R211").any(|activity| activity == "089");
        sensitive += usize::from(flagged);
        assert!(!prison || flagged || unflagged.contains(key), "{key}");
        assert!(!(flagged && unflagged.contains(key)), "{key}");
    }
    assert!(emergencies >= 5 && sensitive >= 4, "{emergencies} emergencies, {sensitive} sensitive units");
    assert!(!misnamed.is_empty() && !unflagged.is_empty());
}

#[test]
fn the_register_of_structures_tells_the_other_half() {
    let told = spoilt(DefectKind::ClosedInRegister);
    let known = by_key();
    let registered: HashMap<_, _> =
        territory().register_structures.iter().map(|structure| (structure.finess.as_str(), structure)).collect();
    for key in &told {
        let structure = registered[key.trim_start_matches("eg/")];
        assert!(structure.closed.is_some() && !known[key].resource.to_text().contains(r#""end":"#), "{key}");
    }
    for key in spoilt(DefectKind::AbsentFromDirectory) {
        assert!(registered.contains_key(key) && !known.contains_key(format!("eg/{key}").as_str()), "{key}");
    }
    let mut differ: HashSet<String> = HashSet::new();
    for structure in &territory().register_structures {
        let key = format!("eg/{}", structure.finess);
        let Some(site) = known.get(key.as_str()) else { continue };
        if !codes(&site.resource, "type", "TRE_R66").any(|category| category == structure.category) {
            differ.insert(key);
        }
    }
    assert_eq!(differ.iter().map(String::as_str).collect::<HashSet<_>>(), spoilt(DefectKind::OtherCategory));
    for key in spoilt(DefectKind::DuplicateIdentifier) {
        let value = |key: &str| known[key].resource.items("identifier").next().and_then(|id| id.str("value"));
        assert_eq!(value(key), value(key.trim_end_matches("/doublon")), "{key}");
    }
}

#[test]
fn every_kind_of_defect_is_planted_in_about_its_share() {
    let mut counts = BTreeMap::new();
    for defect in &territory().truth {
        *counts.entry(defect.kind).or_insert(0_usize) += 1;
    }
    for kind in DefectKind::ALL {
        assert!(counts.contains_key(&kind), "{} is never planted", kind.code());
    }
    let offers = of_type("HealthcareService").count() as f64;
    for kind in [DefectKind::MissingContact, DefectKind::MissingAges, DefectKind::NotUpdatedForAYear] {
        let share = counts[&kind] as f64 / offers;
        assert!((share - kind.share()).abs() < 0.02, "{}: {share}", kind.code());
    }
}

#[test]
fn the_territory_answers_the_searches_of_the_demonstration() {
    let known = by_key();
    let city_of = |offer: &Proposed| {
        let place = offer.resource.items("location").find_map(|location| location.str("reference"));
        let place = place.and_then(|key| known.get(key.trim_start_matches("key:")));
        let city = place.and_then(|place| place.resource.get("address")).and_then(|address| address.str("city"));
        city.unwrap_or_default().to_owned()
    };
    let found = |category: &str, city: &str| {
        of_type("HealthcareService")
            .filter(|offer| codes(&offer.resource, "category", "TRE_R244").any(|code| code == category))
            .filter(|offer| city_of(offer) == city)
            .count()
    };
    assert!(found("195", "Oyonnax") >= 3, "physiotherapists in Oyonnax");
    assert!(found("21", "Bourg-en-Bresse") >= 3, "EHPAD in Bourg-en-Bresse");
    assert!(found("196", "Bourg-en-Bresse") >= 5, "general practitioners in Bourg-en-Bresse");
    let undescribed = territory().register_only.iter();
    let undescribed = undescribed.filter(|one| one.liberal && one.profession == "70" && one.city == "Oyonnax");
    assert!(undescribed.count() >= 3, "physiotherapists of Oyonnax whom nobody has described");
}

#[test]
fn capacity_is_dated_and_follows_the_table_of_valid_combinations() {
    let (mut fresh, mut old, mut extra) = (0, 0, 0);
    for place in of_type("Location") {
        for record in place
            .resource
            .items("extension")
            .filter(|e| e.str("url").is_some_and(|u| u.ends_with("supported-capacity")))
        {
            let code = |url: &str| {
                let part = record.items("extension").find(|part| part.str("url") == Some(url))?;
                part.items("valueCodeableConcept").flat_map(|concept| concept.items("coding")).next()?.str("code")
            };
            let status = code("capacityStatus").expect("a status");
            assert!(code("capacityClosingType").is_none() || status == "05", "{}", place.key);
            assert!(code("genderCapacityAvailable").is_none() || status == "02", "{}", place.key);
            assert!(code("additionalBedType").is_none() || status == "06", "{}", place.key);
            assert!(status != "01" || code("temporalityCapacity") == Some("01"), "{}", place.key);
            let value = |url: &str, key: &str| {
                record
                    .items("extension")
                    .find(|part| part.str("url") == Some(url))
                    .and_then(|part| part.get(key))
                    .cloned()
            };
            assert!(
                value("nbCapacity", "valueInteger").and_then(|n| n.as_i64()).is_some_and(|n| n >= 0),
                "{}",
                place.key
            );
            let date = value("capacityUpdateDate", "valueDateTime").expect("a date");
            let at = ror_fhir::DateTime::parse(date.as_str().expect("a text")).expect("a date").start;
            assert!(at <= NOW && at <= place.updated + 1000, "{}: {date:?}", place.key);
            fresh += usize::from(at > NOW - DAY_MS);
            old += usize::from(at < NOW - 60 * DAY_MS);
            extra += usize::from(status == "06");
        }
    }
    assert!(fresh > 200 && old > 200 && extra > 5, "{fresh} fresh, {old} old, {extra} extra");
}

#[test]
fn a_closed_offer_has_nothing_available() {
    let known = by_key();
    let mut closed = 0;
    for offer in of_type("HealthcareService") {
        let since = offer.resource.items("notAvailable").find_map(|closing| closing.get("during")?.str("start"));
        let since = since.and_then(|date| ror_fhir::DateTime::parse(date).ok());
        let kind = codes(&offer.resource, "characteristic", "TRE_R286").next();
        assert_eq!(since.is_some(), kind.is_some(), "RG_EXP_043 of {}", offer.key);
        if kind != Some("DEF") || since.is_none_or(|since| since.start > NOW) {
            continue;
        }
        closed += 1;
        let key = format!("lieu/{}", offer.key.trim_start_matches("offre/"));
        let Some(place) = known.get(key.as_str()) else { continue };
        for record in place.resource.items("extension") {
            let text = record.to_text();
            let available = text.contains(r#"TypeStatutCapacite","code":"02""#);
            assert!(!available || text.contains(r#""valueInteger":0"#), "RG_EXP_047 of {}", offer.key);
        }
    }
    assert!(closed > 10, "{closed} offers closed for good");
}

#[test]
fn updates_spread_over_eighteen_months_and_follow_creation() {
    for proposed in &territory().harvest.proposed {
        assert!(proposed.updated <= NOW && proposed.updated > NOW - 548 * DAY_MS, "{}", proposed.key);
        // The guide dates the creation of its five types of exposition.
        if ["anomalie/", "indicateur/", "releve/"].iter().any(|prefix| proposed.key.starts_with(prefix)) {
            continue;
        }
        let mut created = None;
        walk(&proposed.resource, &mut |node| {
            if node.str("url").is_some_and(|url| url.ends_with("ror-meta-creation-date")) {
                created = node.str("valueDateTime");
            }
        });
        let created = ror_fhir::DateTime::parse(created.expect("a creation date")).expect("a date");
        assert!(created.start < proposed.updated, "{}", proposed.key);
    }
}

#[test]
fn the_files_can_be_loaded_as_they_are() {
    let files = files(territory());
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "HealthcareService.ndjson",
            "Location.ndjson",
            "Measure.ndjson",
            "MeasureReport.ndjson",
            "Organization.ndjson",
            "Practitioner.ndjson",
            "PractitionerRole.ndjson",
            "Task.ndjson",
            "registre-praticiens.json",
            "synthetique.json",
            "truth.json",
        ]
    );
    let mut ids = HashSet::new();
    let mut references = HashSet::new();
    let mut identifiers = HashSet::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".ndjson")) {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let resource = Node::parse(line).expect("a JSON line");
            let kind = resource.str("resourceType").expect("a type");
            assert_eq!(format!("{kind}.ndjson"), *name);
            let id = resource.str("id").expect("an id");
            assert!(ror_fhir::is_logical_id(id) && id.len() == 36, "{id}");
            assert!(ids.insert(format!("{kind}/{id}")), "{id} twice");
            assert!(resource.get("meta").and_then(|meta| meta.str("lastUpdated")).is_some());
            walk(&resource, &mut |node| references.extend(node.str("reference").map(str::to_owned)));
            if matches!(kind, "HealthcareService" | "Location") {
                let value = resource.items("identifier").next().and_then(|identifier| identifier.str("value"));
                assert!(identifiers.insert(value.expect("an identifier").to_owned()));
            }
        }
    }
    assert!(references.is_subset(&ids), "a reference to nothing");
    for name in ["registre-praticiens.json", "synthetique.json", "truth.json"] {
        assert!(Node::parse(&files[name]).is_ok(), "{name}");
    }
}

#[test]
fn offers_places_and_internal_organisations_ask_for_their_identifier() {
    for proposed in &territory().harvest.proposed {
        let right = match proposed.key.split_once('/').map(|(prefix, _)| prefix) {
            Some("offre") => matches!(proposed.mint, Some(Mint::Offre { .. })),
            Some("lieu") => matches!(proposed.mint, Some(Mint::Lieu { .. })),
            Some("oi") => matches!(proposed.mint, Some(Mint::OrganisationInterne { .. })),
            _ => proposed.mint.is_none(),
        };
        assert!(right, "{}", proposed.key);
    }
    assert!(of_key("oi/").count() > 50);
}

#[test]
fn a_territory_is_generated_in_no_time() {
    let start = std::time::Instant::now();
    let territory = generate(Scale::Xs, 3, NOW);
    let elapsed = start.elapsed();
    // A busy machine and an unoptimised build are slow; a generation that went quadratic is slower.
    assert!(elapsed.as_secs() < 60, "{elapsed:?}");
    eprintln!("{} resources in {elapsed:?}: {:?}", territory.harvest.proposed.len(), territory.harvest.report);
}

#[test]
fn anomalies_of_each_status_are_about_planted_defects() {
    let known = by_key();
    let mut statuses = HashSet::new();
    let truth: HashSet<_> = territory().truth.iter().map(|defect| defect.key.as_str()).collect();
    for task in of_type("Task") {
        statuses.extend(codes(&task.resource, "businessStatus", "TRE_R352"));
        let focus = task.resource.get("focus").expect("a focus");
        let literal = focus.str("reference").and_then(|text| text.strip_prefix("key:")).map(str::to_owned);
        let finess = focus.get("identifier").and_then(|identifier| identifier.str("value"));
        let key = literal.or_else(|| finess.map(|finess| format!("eg/{finess}"))).expect("an object");
        assert!(truth.contains(key.as_str()), "{} is about {key}, which has no defect", task.key);
        // Who follows it finds the object, and what is wrong with it.
        let object = &known[key.as_str()].resource;
        let expression = task.resource.items("input").find_map(|input| input.get("valueExpression")?.str("expression"));
        if let Some(expression) = expression {
            let path = ror_fhir::Path::compile(expression).expect("a path");
            assert_eq!(Some(path.rtype()), object.str("resourceType"), "{}", task.key);
            assert!(!path.select(object).is_empty(), "{}: {expression} leads nowhere", task.key);
        }
    }
    assert_eq!(statuses.len(), 11, "{statuses:?}");
    assert!((22..=60).contains(&of_type("Task").count()));
}

#[test]
fn indicators_have_a_value_on_all_data_and_one_on_public_data() {
    let count = |report: &Node, code: &str| {
        let groups = report.items("group").flat_map(|group| group.items("population"));
        let mut populations = groups.filter(|one| one.to_text().contains(&format!(r#""code":"{code}""#)));
        populations.next().and_then(|one| one.get("count")).and_then(Node::as_i64).expect("a count")
    };
    let reports: HashMap<_, _> = of_type("MeasureReport").map(|one| (one.key.as_str(), &one.resource)).collect();
    assert_eq!((of_type("Measure").count(), reports.len()), (2, 4));
    let offers = of_type("HealthcareService").count() as i64;
    let stale = spoilt(DefectKind::NotUpdatedForAYear).len() as i64;
    let (all, public) = (reports["releve/RE1.2"], reports["releve/RE1.2-public"]);
    assert_eq!((count(all, "initial-population"), count(all, "numerator")), (offers, offers - stale));
    assert!(count(public, "initial-population") < offers, "sensitive and incomplete ones are left out");
    let sites = of_key("eg/").count() as i64;
    let closed = spoilt(DefectKind::ClosedInRegister).len() as i64;
    let all = reports["releve/EX2"];
    assert_eq!((count(all, "initial-population"), count(all, "numerator")), (sites, sites - closed));
    for (key, report) in reports {
        let identifier = report.items("identifier").next().and_then(|identifier| identifier.str("value"));
        let is_public = identifier.is_some_and(|value| value.ends_with("-public"));
        assert_eq!(is_public, key.ends_with("-public"), "{key}");
        let measure = of_type("Measure").find(|one| one.resource.str("url") == report.str("measure"));
        assert!(measure.is_some(), "{key} names its indicator");
    }
}
