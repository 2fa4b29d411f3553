//! Relations and the facts read from them.

use ror_confidentiality::Field;
use ror_fhir::node;

use super::*;

const SENSITIVE: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit";

fn offer(sensitive: bool, place: &str, provider: &str) -> Node {
    node!({"resourceType": "HealthcareService", "extension": [{"url": SENSITIVE, "valueBoolean": sensitive}],
        "identifier": [{"value": "84/1"}], "type": [{"coding": [{"code": "01"}]}],
        "specialty": [{"coding": [{"system": "TRE_R211-ActiviteOperationnelle", "code": "107"}]}],
        "providedBy": {"reference": format!("Organization/{provider}")},
        "location": [{"reference": format!("Location/{place}")}]})
}

fn unit(parent: &str) -> Node {
    node!({"resourceType": "Organization", "partOf": {"reference": format!("Organization/{parent}")},
        "type": [{"coding": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne", "code": "3"}]}]})
}

fn key(rtype: ResourceType, id: &str) -> Key {
    (rtype, id.into())
}

#[test]
fn d21_a_place_knows_every_offer_that_uses_it() {
    let mut graph = Graph::empty();
    let place = key(ResourceType::Location, "p");
    assert_eq!(graph.facts(&place), OwnFacts::Location { offers: vec![], lieu_de_vie: false });
    let touched = graph.put(&key(ResourceType::HealthcareService, "a"), Some(&offer(false, "p", "u")));
    assert!(touched.contains(&place));
    graph.put(&key(ResourceType::Organization, "u"), Some(&unit("eg")));
    graph.put(&key(ResourceType::HealthcareService, "b"), Some(&offer(true, "p", "u")));
    let OwnFacts::Location { offers, .. } = graph.facts(&place) else { panic!("a place") };
    assert_eq!(offers.iter().map(|offer| offer.sensitive).collect::<Vec<_>>(), [false, true]);
    // Moving an offer away touches the place it leaves.
    let touched = graph.put(&key(ResourceType::HealthcareService, "a"), Some(&offer(false, "q", "u")));
    assert!(touched.contains(&place) && touched.contains(&key(ResourceType::Location, "q")));
}

#[test]
fn d23_a_unit_is_hidden_when_all_below_it_is_sensitive() {
    let mut graph = Graph::empty();
    graph.put(&key(ResourceType::Organization, "pole"), Some(&unit("eg")));
    graph.put(&key(ResourceType::Organization, "uf"), Some(&unit("pole")));
    let hidden = |graph: &Graph| match graph.facts(&key(ResourceType::Organization, "pole")) {
        OwnFacts::Organization { all_offers_sensitive, .. } => all_offers_sensitive,
        _ => panic!("a structure"),
    };
    assert!(!hidden(&graph));
    let touched = graph.put(&key(ResourceType::HealthcareService, "a"), Some(&offer(true, "p", "uf")));
    assert!(touched.contains(&key(ResourceType::Organization, "pole")));
    assert!(hidden(&graph));
    graph.put(&key(ResourceType::HealthcareService, "b"), Some(&offer(false, "p", "pole")));
    assert!(!hidden(&graph));
    graph.put(&key(ResourceType::HealthcareService, "b"), None);
    assert!(hidden(&graph));
}

#[test]
fn a_cycle_of_parts_ends() {
    let mut graph = Graph::empty();
    graph.put(&key(ResourceType::Organization, "a"), Some(&unit("b")));
    graph.put(&key(ResourceType::Organization, "b"), Some(&unit("a")));
    graph.put(&key(ResourceType::HealthcareService, "o"), Some(&offer(true, "p", "a")));
    assert_eq!(graph.owners(&key(ResourceType::HealthcareService, "o")).len(), 2);
    assert!(matches!(
        graph.facts(&key(ResourceType::Organization, "b")),
        OwnFacts::Organization { all_offers_sensitive: true, .. }
    ));
}

#[test]
fn d22_a_professional_knows_the_offers_of_all_roles() {
    let mut graph = Graph::empty();
    let role = |offer: &str| {
        node!({"practitioner": {"reference": "Practitioner/x"},
            "healthcareService": {"reference": format!("HealthcareService/{offer}")}})
    };
    graph.put(&key(ResourceType::Organization, "u"), Some(&unit("eg")));
    graph.put(&key(ResourceType::HealthcareService, "a"), Some(&offer(false, "p", "u")));
    let touched = graph.put(&key(ResourceType::PractitionerRole, "r"), Some(&role("a")));
    let person = key(ResourceType::Practitioner, "x");
    assert!(touched.contains(&person));
    assert_eq!(
        graph.facts(&person),
        OwnFacts::Practitioner { roles: vec![OfferFacts { sensitive: false, field: Field::Unknown }] }
    );
    let touched = graph.put(&key(ResourceType::HealthcareService, "a"), Some(&offer(true, "p", "u")));
    assert!(touched.contains(&person) && touched.contains(&key(ResourceType::PractitionerRole, "r")));
    graph.put(&key(ResourceType::PractitionerRole, "r"), None);
    assert_eq!(graph.facts(&person), OwnFacts::Practitioner { roles: vec![] });
}

#[test]
fn d26_the_places_of_a_part_follow_the_lieu_de_vie_above_it() {
    let category = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
    let home = |code: &str| node!({"resourceType": "Organization", "type": [{"coding": [{"system": category, "code": code}]}]});
    let (above, part) = (key(ResourceType::Organization, "eg"), key(ResourceType::Organization, "oi"));
    let place = key(ResourceType::Location, "p");
    let is_home = |graph: &Graph| matches!(graph.facts(&place), OwnFacts::Location { lieu_de_vie: true, .. });
    let mut graph = Graph::empty();
    graph.put(&above, Some(&home("355")));
    graph.put(&part, Some(&unit("eg")));
    graph.put(&place, Some(&node!({"managingOrganization": {"reference": "Organization/oi"}})));
    assert!(!is_home(&graph));
    // The structure above becomes one, then ceases to be; then the part moves under one.
    assert!(graph.put(&above, Some(&home("462"))).contains(&place));
    assert!(is_home(&graph));
    assert!(graph.put(&above, Some(&home("355"))).contains(&place));
    graph.put(&key(ResourceType::Organization, "other"), Some(&home("462")));
    assert!(graph.put(&part, Some(&unit("other"))).contains(&place));
    assert!(is_home(&graph));
}

#[test]
fn d26_a_unit_is_as_its_establishment_and_an_ej_as_all_of_its_own() {
    let list = |name: &str| format!("https://mos.esante.gouv.fr/NOS/{name}/FHIR/{}", name.replacen('_', "-", 1));
    let structure = |list: &str, codes: &[&str], parent: &str| {
        let types: Vec<Node> = codes.iter().map(|code| node!({"coding": [{"system": list, "code": *code}]})).collect();
        node!({"resourceType": "Organization", "type": types, "partOf": {"reference": format!("Organization/{parent}")}})
    };
    let eg = |codes: &[&str]| structure(&list("TRE_R66-CategorieEtablissement"), codes, "ej");
    let organization = |id: &str| key(ResourceType::Organization, id);
    let mut graph = Graph::empty();
    let is_one = |graph: &Graph, id: &str| {
        matches!(graph.facts(&organization(id)), OwnFacts::Organization { medico_social: true, .. })
    };
    // Parts may come before what they are part of.
    graph.put(&organization("uf"), Some(&unit("pole")));
    graph.put(&organization("pole"), Some(&unit("ehpad")));
    graph.put(&organization("ej"), Some(&structure(&list("TRE_R72-FinessStatutJuridique"), &["13"], "none")));
    assert!(!is_one(&graph, "uf") && !is_one(&graph, "ej"), "no establishment");
    let touched = graph.put(&organization("ehpad"), Some(&eg(&["500"])));
    for id in ["ehpad", "pole", "uf", "ej"] {
        assert!(is_one(&graph, id) && touched.contains(&organization(id)), "{id}");
    }
    let touched = graph.put(&organization("hospital"), Some(&eg(&["355"])));
    assert!(!is_one(&graph, "ej") && touched.contains(&organization("ej")) && is_one(&graph, "uf"));
    graph.put(&organization("hospital"), None);
    assert!(is_one(&graph, "ej"));
    let touched = graph.put(&organization("ehpad"), Some(&eg(&["500", "355"])));
    assert!(touched.contains(&organization("uf")) && touched.contains(&organization("ej")));
    assert!(!["ehpad", "pole", "uf", "ej"].into_iter().any(|id| is_one(&graph, id)), "contradictory: closed");
    // A unit that moves takes its parts along.
    graph.put(&organization("mas"), Some(&eg(&["255"])));
    assert!(graph.put(&organization("pole"), Some(&unit("mas"))).contains(&organization("uf")));
    assert!(is_one(&graph, "uf"));
}

/// A structure with those types.
fn structure(codings: &[(&str, &str)]) -> Node {
    let address = |list: &str| match list {
        "" => "https://example.org/categorie".to_owned(),
        list => format!("https://mos.esante.gouv.fr/NOS/{list}-x/FHIR/x"),
    };
    let types = codings.iter().map(|(list, code)| node!({"coding": [{"system": address(list), "code": *code}]}));
    node!({"resourceType": "Organization", "type": (types.collect::<Vec<_>>())})
}

#[test]
fn d27_a_structure_that_contradicts_itself_is_judged_as_what_may_be_hidden() {
    use OrganizationKind::{EntiteGeographique, EntiteJuridique, OrganisationInterne};
    let (eg, oi, ej) = (("TRE_R66", "500"), ("TRE_R207", "3"), ("TRE_R72", "13"));
    for (codings, expected, is_ms) in [
        (vec![eg], EntiteGeographique, true),
        (vec![ej, ("TRE_R69", "1100")], EntiteJuridique, false),
        (vec![eg, ("TRE_R02", "SA01")], EntiteGeographique, true),
        (vec![("TRE_R02", "SA01"), oi], OrganisationInterne, false),
        (vec![eg, oi], OrganisationInterne, false),
        (vec![oi, eg], OrganisationInterne, false),
        (vec![ej, eg], EntiteGeographique, false),
        (vec![], OrganisationInterne, false),
    ] {
        let mut graph = Graph::empty();
        let id = key(ResourceType::Organization, "a");
        graph.put(&id, Some(&structure(&codings)));
        let OwnFacts::Organization { kind, medico_social, .. } = graph.facts(&id) else { panic!("a structure") };
        assert_eq!((kind, medico_social), (expected, is_ms), "{codings:?}");
    }
    // An EG that says to be a unit too, all of whose offers are sensitive, is hidden (D23).
    let mut graph = Graph::empty();
    let id = key(ResourceType::Organization, "u");
    graph.put(&id, Some(&structure(&[("TRE_R02", "SA01"), oi])));
    graph.put(&key(ResourceType::HealthcareService, "o"), Some(&offer(true, "p", "u")));
    assert!(matches!(graph.facts(&id), OwnFacts::Organization { all_offers_sensitive: true, .. }));
}

#[test]
fn d26_category_462_is_known_whatever_its_nomenclature_is_called() {
    for (codings, expected) in [
        (vec![("TRE_R66", "462")], true),
        (vec![("", "462")], true),
        (vec![("TRE_R66", "355"), ("", " 462 ")], true),
        (vec![("TRE_R66", "355")], false),
    ] {
        let mut graph = Graph::empty();
        let id = key(ResourceType::Organization, "a");
        graph.put(&id, Some(&structure(&codings)));
        let OwnFacts::Organization { lieu_de_vie, .. } = graph.facts(&id) else { panic!("a structure") };
        assert_eq!(lieu_de_vie, expected, "{codings:?}");
    }
}

#[test]
fn d22_a_role_of_several_offers_follows_the_strictest() {
    let role = |offers: &[&str], people: &[&str]| {
        let to = |rtype: &str, ids: &[&str]| {
            let all = ids.iter().map(|id| node!({"reference": (format!("{rtype}/{id}"))}));
            all.collect::<Vec<Node>>()
        };
        node!({"practitioner": (to("Practitioner", people)), "healthcareService": (to("HealthcareService", offers))})
    };
    let mut graph = Graph::empty();
    graph.put(&key(ResourceType::Organization, "u"), Some(&unit("eg")));
    graph.put(&key(ResourceType::HealthcareService, "open"), Some(&offer(false, "p", "u")));
    graph.put(&key(ResourceType::HealthcareService, "secret"), Some(&offer(true, "p", "u")));
    graph.put(&key(ResourceType::HealthcareService, "lost"), Some(&offer(false, "p", "nobody")));
    let id = key(ResourceType::PractitionerRole, "r");
    let open = OfferFacts { sensitive: false, field: Field::Unknown };
    let secret = OfferFacts { sensitive: true, field: Field::Unknown };
    for (offers, people, expected, exposed, of_person) in [
        (vec!["open"], vec!["x"], Some(open), true, open),
        (vec!["open", "open"], vec!["x"], Some(open), true, open),
        (vec!["secret", "open"], vec!["x"], Some(secret), true, secret),
        (vec!["open", "secret"], vec!["x"], Some(secret), true, secret),
        (vec!["nowhere", "open"], vec!["x"], None, true, OfferFacts::UNRESOLVED),
        (vec!["lost", "open"], vec!["x"], Some(open), false, OfferFacts::UNRESOLVED),
        (vec!["open"], vec!["y", "x"], Some(open), true, OfferFacts::UNRESOLVED),
    ] {
        graph.put(&id, Some(&role(&offers, &people)));
        assert_eq!(graph.facts(&id), OwnFacts::PractitionerRole { offer: expected, exposed }, "{offers:?}");
        let person = graph.facts(&key(ResourceType::Practitioner, "x"));
        assert_eq!(person, OwnFacts::Practitioner { roles: vec![of_person] }, "{offers:?} {people:?}");
    }
}

#[test]
fn d23_an_ordinary_offer_opens_a_unit_only_where_it_shows_and_is_there_without_doubt() {
    let hidden = |ordinary: Option<Node>| {
        let mut graph = Graph::empty();
        graph.put(&key(ResourceType::Organization, "u"), Some(&unit("eg")));
        graph.put(&key(ResourceType::Organization, "v"), Some(&unit("eg")));
        graph.put(&key(ResourceType::HealthcareService, "s"), Some(&offer(true, "p", "u")));
        graph.put(&key(ResourceType::HealthcareService, "o"), ordinary.as_ref());
        let facts = graph.facts(&key(ResourceType::Organization, "u"));
        matches!(facts, OwnFacts::Organization { all_offers_sensitive: true, .. })
    };
    assert!(hidden(None) && !hidden(Some(offer(false, "p", "u"))));
    let mut bare = offer(false, "p", "u");
    bare.as_object_mut().expect("an object").remove("specialty");
    assert!(hidden(Some(bare)), "it is not exposed (D34)");
    let mut torn = offer(false, "p", "u");
    let both = node!([{"reference": "Organization/v"}, {"reference": "Organization/u"}]);
    torn.as_object_mut().expect("an object").insert("providedBy", both);
    assert!(hidden(Some(torn)));
}
