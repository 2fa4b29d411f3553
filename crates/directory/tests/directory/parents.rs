//! D38: creations, attachments and removals of children move the date of their parent, for
//! those who see them (D28).

use crate::common::{Bench, establishment, everything, numbered, offer, place, public, read, write};
use ror_confidentiality::Grant;
use ror_directory::{Change, Directory, ImportItem, Replaces};
use ror_fhir::{Node, node};
use ror_search::ResourceType::{self, HealthcareService, Organization};

const NOS: &str = "https://mos.esante.gouv.fr/NOS";

fn create(directory: &Directory, resource: Node) -> String {
    write(directory, &everything(), Change::Create { resource }).unwrap().id
}

fn role(offer: &str) -> Node {
    node!({"resourceType": "PractitionerRole", "healthcareService": [{"reference": format!("HealthcareService/{offer}")}]})
}

/// A unit of a structure.
fn unit(parent: &str, name: &str) -> Node {
    let system = format!("{NOS}/TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne");
    node!({"resourceType": "Organization", "name": name, "type": [{"coding": [{"system": system, "code": "3"}]}],
        "partOf": {"reference": format!("Organization/{parent}")}})
}

/// An offer of city care, whose roles are public.
fn city(organization: &str, place: &str) -> Node {
    let mut offer = offer("Cabinet", false, organization, place);
    let system = format!("{NOS}/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite");
    offer.as_object_mut().unwrap().insert("type", node!([{"coding": [{"system": system, "code": "05"}]}]));
    numbered(offer, "84/cabinet")
}

fn stamp(directory: &Directory, grant: &Grant, rtype: ResourceType, id: &str) -> (String, String) {
    let meta = read(directory, grant, rtype, id).unwrap().get("meta").unwrap().clone();
    (meta.str("versionId").unwrap().to_owned(), meta.str("lastUpdated").unwrap().to_owned())
}

#[test]
fn a_role_moves_the_date_of_its_offer_for_those_who_see_it() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let place = create(&directory, place("Unité", 1));
    let (hospital, practice) = (offer("Médecine", false, &structure, &place), city(&structure, &place));
    let (hospital, practice) = (create(&directory, hospital), create(&directory, practice));
    let seen = |id: &str| [public(), everything()].map(|grant| stamp(&directory, &grant, HealthcareService, id));
    let before = [seen(&hospital), seen(&practice)];
    bench.wait(60_000);
    let role_of_hospital = create(&directory, role(&hospital));
    assert_eq!(seen(&hospital)[0], before[0][0], "staff of a hospital is not public: nothing moves");
    assert_eq!(seen(&hospital)[1].0, "2");
    create(&directory, role(&practice));
    assert!(seen(&practice).iter().zip(&before[1]).all(|(now, before)| now.0 == "2" && now.1 > before.1));
    // An edit inside the child does not move its parent.
    bench.wait(60_000);
    let mut edited = role(&hospital);
    edited.as_object_mut().unwrap().insert("active", true);
    let rtype = ResourceType::PractitionerRole;
    let change = |resource| Change::Update { rtype, id: role_of_hospital.clone(), resource, if_match: None };
    write(&directory, &everything(), change(edited)).unwrap();
    assert_eq!(seen(&hospital)[1].0, "2");
    // Attached elsewhere: one lost it, the other gained it.
    write(&directory, &everything(), change(role(&practice))).unwrap();
    assert_eq!((seen(&hospital)[1].0.as_str(), seen(&practice)[1].0.as_str()), ("3", "3"));
    assert_eq!((seen(&hospital)[0].0.as_str(), seen(&practice)[0].0.as_str()), ("1", "3"));
    let again = bench.open();
    assert_eq!(
        [public(), everything()].map(|grant| stamp(&again, &grant, HealthcareService, &practice)),
        seen(&practice)
    );
}

#[test]
fn a_unit_that_hides_leaves_its_parent_as_if_it_were_gone() {
    let bench = Bench::new();
    let directory = bench.open();
    let structure = create(&directory, establishment("CH"));
    let place = create(&directory, place("Unité", 1));
    let version = |grant: &Grant| stamp(&directory, grant, Organization, &structure).0;
    assert_eq!(version(&public()), "1");
    let inside = create(&directory, unit(&structure, "UHSI"));
    assert_eq!((version(&public()), version(&everything())), ("2".to_owned(), "2".to_owned()));
    create(&directory, offer("UHSI", true, &inside, &place));
    assert!(read(&directory, &public(), Organization, &inside).is_none(), "D23");
    assert_eq!((version(&public()), version(&everything())), ("3".to_owned(), "2".to_owned()));
    // What happens below what is hidden tells the public nothing.
    let below = create(&directory, unit(&inside, "Secteur"));
    create(&directory, offer("UHSI, secteur", true, &below, &place));
    assert_eq!(version(&public()), "3");
}

#[test]
fn what_a_source_dates_is_left_as_it_dates_it() {
    let bench = Bench::new();
    let directory = bench.open();
    let own = |id: &str, mut resource: Node, updated| {
        resource.as_object_mut().unwrap().insert("id", id);
        ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone }
    };
    let items = vec![own("o", establishment("CH"), 0), own("u", unit("o", "Unité"), 1_000_000)];
    directory.import("test", items, &mut |_| {}).unwrap();
    let (version, updated) = stamp(&directory, &public(), Organization, "o");
    assert_eq!((version.as_str(), updated.as_str()), ("1", "1970-01-01T01:00:00+01:00"));
}
