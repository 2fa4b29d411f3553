//! The three examples that the public leaflet gives, and a unit that becomes sensitive.

use std::sync::atomic::{AtomicBool, Ordering};

use ror_confidentiality::Audience;
use ror_directory::{Change, Directory};
use ror_fhir::{Node, node};
use ror_index::Snapshot;
use ror_profiles::Handling;
use ror_search::ResourceType;
use ror_testkit::corpus::{SPECIALTY, concept, extension, system};
use ror_testkit::http::{Caller, Request, Server};
use ror_testkit::{World, grant};

/// Champ d'activité, for the two kinds of field that profile 3 tells apart.
const FIELDS: [&str; 2] = ["01", "04"];

fn offer(field: &str, sensitive: bool) -> Node {
    let list = system("act");
    let flag = extension("ror-healthcareservice-sensitive-unit", "valueBoolean", sensitive);
    node!({"resourceType": "HealthcareService", "id": "offre", "extension": [flag], "name": "Urgences vitales",
        "identifier": [{"value": "84/1"}], "specialty": [(concept(SPECIALTY, "a"))],
        "type": [(concept(system("field"), field))], "characteristic": [(concept(list, "0042"))],
        "providedBy": {"reference": "Organization/unite"}, "location": [{"reference": "Location/lieu"}]})
}

/// One establishment, its unit, offer, place and professional.
fn world(field: &str) -> World {
    let reference = |path: &str| node!({"reference": path});
    let zone = extension("ror-organization-drop-zone", "valueString", "toit-terrasse");
    let world = World::new();
    world.impose(0, 1);
    world.load(vec![
        node!({"resourceType": "Organization", "id": "hopital", "name": "Hôpital", "extension": [zone],
            "type": [(concept(system("eg"), "355"))],
            "address": [{"line": ["12 rue des Lilas"], "city": "Bourg-en-Bresse"}]}),
        node!({"resourceType": "Organization", "id": "unite", "name": "Unite", "partOf": (reference("Organization/hopital")),
            "type": [(concept(system("oi"), "3"))]}),
        node!({"resourceType": "Location", "id": "lieu", "name": "Aile", "address": {"city": "Oyonnax"},
            "managingOrganization": (reference("Organization/hopital"))}),
        offer(field, false),
        node!({"resourceType": "Practitioner", "id": "personne", "name": [{"family": "Invente"}],
            "identifier": [{"system": "https://example.org/id", "value": "42"}]}),
        node!({"resourceType": "PractitionerRole", "id": "exercice", "practitioner": (reference("Practitioner/personne")),
            "healthcareService": [(reference("HealthcareService/offre"))]}),
    ]);
    world
}

/// Flips the flag as a client does.
fn set_sensitive(directory: &Directory, field: &str, sensitive: bool) {
    let change = Change::Update {
        rtype: ResourceType::HealthcareService,
        id: "offre".to_owned(),
        resource: offer(field, sensitive),
        if_match: None,
    };
    directory.write(&grant(Audience::ALL_DATA, true), change, Handling::Lenient).expect("written");
}

fn readers(path: &str, word: &str, field: &str) -> Vec<usize> {
    let world = world(field);
    let server = Server::start(&world);
    let mut caller = server.caller();
    let reads = |profile: &usize| caller.ask(Some(*profile), &Request::get(path)).text().contains(word);
    (0..6).filter(reads).collect()
}

#[test]
fn the_address_of_a_structure_is_public() {
    let world = world("01");
    let server = Server::start(&world);
    let public = server.caller().ask(None, &Request::get("/fhir/Organization/hopital"));
    assert!(public.text().contains("12 rue des Lilas") && public.text().contains("Bourg-en-Bresse"));
    assert_eq!(readers("/fhir/Organization/hopital", "12 rue des Lilas", "01"), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn specific_acts_are_for_professionals() {
    for path in ["/fhir/HealthcareService/offre", "/fhir/HealthcareService?characteristic=0042"] {
        assert_eq!(readers(path, "\"0042\"", "01"), [1, 2, 4, 5], "{path}");
        assert_eq!(readers(path, "\"0042\"", "04"), [1, 2, 3, 4, 5], "{path}: médico-social");
    }
}

#[test]
fn the_helicopter_landing_zone_is_for_crisis_managers() {
    assert_eq!(readers("/fhir/Organization/hopital", "toit-terrasse", "01"), [1, 4]);
    assert_eq!(readers("/fhir/Organization/hopital", "toit-terrasse", "04"), [1, 4]);
}

/// Every way in which the unit may show: a request, and what shows it.
const SHOWS: [(&str, &str); 16] = [
    ("/fhir/HealthcareService/offre", "Urgences vitales"),
    ("/fhir/Organization/unite", "Unite"),
    ("/fhir/Location/lieu", "Aile"),
    ("/fhir/HealthcareService", "HealthcareService/offre"),
    ("/fhir/HealthcareService?name=urg", "HealthcareService/offre"),
    ("/fhir/HealthcareService?_summary=count", "\"total\":1"),
    ("/fhir/HealthcareService?organization.name=hop&_summary=count", "\"total\":0"),
    ("/fhir/HealthcareService?organization.name=uni&_summary=count", "\"total\":1"),
    ("/fhir/Organization?_summary=count", "\"total\":2"),
    ("/fhir/Organization?partof=Organization/hopital", "Organization/unite"),
    ("/fhir/Organization?_id=hopital&_revinclude:iterate=Organization:partof", "Organization/unite"),
    ("/fhir/Location?address-city=oyo", "Location/lieu"),
    ("/fhir/Location?_revinclude=HealthcareService:location", "HealthcareService/offre"),
    ("/fhir/HealthcareService?_include=*", "Location/lieu"),
    ("/fhir/PractitionerRole?service.name=urg", "PractitionerRole/exercice"),
    ("/fhir/Practitioner?identifier=42", "Practitioner/personne"),
];

fn shown(caller: &mut Caller<'_>, profile: usize) -> Vec<&'static str> {
    let shows = |(path, word): &&(&str, &str)| caller.ask(Some(profile), &Request::get(*path)).text().contains(word);
    SHOWS.iter().filter(shows).map(|(path, _)| *path).collect()
}

/// Words offered while typing.
fn offered(snapshot: &Snapshot, profile: usize) -> usize {
    let by = grant(Audience::profile(profile as u8).expect("a profile"), false);
    let view = snapshot.view(&by);
    let words = [
        (ResourceType::HealthcareService, "urg"),
        (ResourceType::Organization, "unite"),
        (ResourceType::Location, "oyonnax"),
    ];
    words.iter().filter(|(rtype, word)| !view.vocabulary(*rtype, word, 5).is_empty()).count()
}

#[test]
fn a_sensitive_unit_is_absent_everywhere_and_comes_back_whole() {
    for field in FIELDS {
        let world = world(field);
        let (server, directory) = (Server::start(&world), world.shared());
        let mut caller = server.caller();
        let before: Vec<Vec<&str>> = (0..6).map(|profile| shown(&mut caller, profile)).collect();
        // Professionals are the public's in ville only, profile 3's in médico-social.
        for (profile, shown) in before.iter().enumerate() {
            let sees_people = [1, 2, 5].contains(&profile) || (profile == 3 && field == "04");
            let people = shown.iter().filter(|path| path.contains("Practitioner")).count();
            assert_eq!((shown.len() - people, people), (14, if sees_people { 2 } else { 0 }), "profil {profile}");
        }
        set_sensitive(&directory, field, true);
        for (profile, before) in before.iter().enumerate() {
            let now = shown(&mut caller, profile);
            match profile {
                1 => assert_eq!(now, *before),
                // All but who works there (D20).
                4 => assert_eq!(now.len(), 14),
                _ => {
                    // Of a directory that never held the unit, the same searches show the same.
                    assert_eq!(
                        now,
                        ["/fhir/HealthcareService?organization.name=hop&_summary=count"],
                        "profil {profile}"
                    );
                    let total = caller.ask(Some(profile), &Request::get("/fhir/Organization?_summary=count")).total();
                    assert_eq!(total, Some(1));
                }
            }
            let words = if [1, 4].contains(&profile) { 3 } else { 0 };
            assert_eq!(offered(&directory.snapshot(), profile), words, "profil {profile}");
        }
        set_sensitive(&directory, field, false);
        for (profile, before) in before.iter().enumerate() {
            assert_eq!(shown(&mut caller, profile), *before, "profil {profile}");
            assert_eq!(offered(&directory.snapshot(), profile), 3);
        }
    }
}

/// Whoever reads while the flag flips sees all of it or nothing, never a part.
#[test]
fn no_moment_shows_half_of_a_unit() {
    let world = world("05");
    let directory = world.shared();
    let is_over = AtomicBool::new(false);
    let parts = [
        (ResourceType::HealthcareService, "offre"),
        (ResourceType::Organization, "unite"),
        (ResourceType::Location, "lieu"),
        (ResourceType::PractitionerRole, "exercice"),
        (ResourceType::Practitioner, "personne"),
    ];
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let by = grant(Audience::PUBLIC, false);
            let (mut whole, mut none) = (0, 0);
            while !is_over.load(Ordering::Relaxed) {
                let snapshot = directory.snapshot();
                let view = snapshot.view(&by);
                let seen = parts.iter().filter(|(rtype, id)| view.read(*rtype, id).is_some()).count();
                assert!(seen == 0 || seen == parts.len(), "{seen} of {}", parts.len());
                *(if seen == 0 { &mut none } else { &mut whole }) += 1;
            }
            (whole, none)
        });
        for turn in 0..60 {
            set_sensitive(&directory, "05", turn % 2 == 0);
        }
        is_over.store(true, Ordering::Relaxed);
        let (whole, none) = watch.join().expect("watched");
        assert!(whole > 0 && none > 0, "{whole} whole, {none} without");
    });
}
