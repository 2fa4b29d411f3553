//! What every scenario keeps: more is seen by who may see more, and a criterion on what is hidden
//! reveals nothing (`scenarios.md`, transverse expectations 2 and 3; D2).

use std::collections::HashSet;

use crate::common::World;
use crate::scenarios_territory::{Found, INC, Territory, territory};

/// Requests of the scenarios that deny nothing: more data can only add answers.
const REQUESTS: [&str; 40] = [
    "Location?_revinclude=HealthcareService:location",
    r#"Location?_filter=(address-postalcode eq "38" or "73" or "74")&_revinclude=HealthcareService:location"#,
    "Location?_tag=84&_revinclude=HealthcareService:location",
    "Location?identifier=84/450012",
    "Location?identifier=1380000067/URGE01",
    "Location?_lastUpdated=ge2026-01-01",
    "Location?_has:HealthcareService:location:identifier=84/1,84/9",
    "Location?_include=Location:organization",
    "Location?type={R343}|001&status=active",
    "Location?near=45.1885|5.7245|20|km",
    "Location?near-insee-code=38185|20|km",
    "Location?departement=38",
    "Location?capacity-status=02",
    "Location?capacity=02$01$gt0",
    "Location?_content=gériatrie",
    "HealthcareService?{INC}",
    "HealthcareService?organization.identifier:above=1380000067&{INC}",
    "HealthcareService?_lastUpdated=ge2026-01-01&{INC}",
    "HealthcareService?_filter=(_lastUpdated ge 2026-01-15 or organization._lastUpdated:above ge 2026-01-15)",
    "HealthcareService?identifier=84/1&{INC}&_revinclude=Task:focus",
    "HealthcareService?specialty={R211}|050",
    "HealthcareService?_filter=(((service-category eq {R244}|101) or (specialty eq {R211}|050)) and (age-range-low le 42 and age-range-high ge 42))",
    "HealthcareService?_filter=((organization.type:above eq {R66}|101) or (service-category eq {R244}|100))&characteristic={R210}|0032",
    "HealthcareService?specialty={R211}|050&location.near-insee-code=38185|20|km",
    "HealthcareService?intervention-zone={R13}|38185",
    "HealthcareService?characteristic={R213}|28&characteristic={R245}|28",
    "HealthcareService?location.commune-cog={R13}|38185,38421",
    "HealthcareService?characteristic={R243}|01",
    "HealthcareService?_filter=(_has:Task:focus:business-status eq {R352}|02 or {R352}|10)&_revinclude=Task:focus",
    "HealthcareService?_has:PractitionerRole:service:practitioner.identifier=10001234567",
    "HealthcareService?location.capacity-status={R330}|02&location.nb-capacity=gt0",
    "HealthcareService?_content=gériatrie&{INC}",
    "HealthcareService?_filter=(_content=gériatrie or location._content=gériatrie)",
    "Organization?_revinclude=PractitionerRole:organization",
    "Organization?name:contains=hosp",
    "Organization?_has:HealthcareService:organization:_has:PractitionerRole:service:practitioner.identifier=10001234567",
    "PractitionerRole?_include=PractitionerRole:practitioner&_include=PractitionerRole:organization",
    "Practitioner?identifier=10001234567",
    "Task?business-status={R352}|02,{R352}|10",
    "Task?focus:HealthcareService.identifier=84/1",
];

/// Clients of the six profiles.
fn clients(world: &World) -> Vec<String> {
    (0..6).map(|profile| world.client(profile)).collect()
}

fn all(found: &Found) -> HashSet<&str> {
    found.matches.iter().chain(&found.includes).map(String::as_str).collect()
}

#[test]
fn who_may_see_more_finds_more() {
    let t = territory();
    let clients = clients(&t.world);
    let mut widened = 0;
    for request in REQUESTS {
        let found: Vec<Found> = clients.iter().map(|client| t.ask_as(client, request)).collect();
        let matches = |profile: usize| found[profile].matches.iter().map(String::as_str).collect::<HashSet<_>>();
        for (less, more) in [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (2, 1), (3, 1), (4, 1), (5, 1), (3, 2), (5, 2)] {
            assert!(matches(less).is_subset(&matches(more)), "P{less} in P{more}: {request}");
            assert!(all(&found[less]).is_subset(&all(&found[more])), "P{less} in P{more}: {request}");
            assert!(found[less].reply.total() <= found[more].reply.total(), "P{less} in P{more}: {request}");
        }
        let public = t.ask_as("", request);
        assert_eq!((&public.matches, &public.includes), (&found[0].matches, &found[0].includes), "D60: {request}");
        widened += usize::from(matches(0).len() < matches(1).len());
        assert!(!found[1].matches.is_empty(), "a request that finds nothing shows nothing: {request}");
    }
    assert!(widened > 15, "{widened} requests tell profile 0 from profile 1");
}

/// What a search of the public says, but for its own address and number.
fn told(t: &Territory, request: &str) -> String {
    let mut bundle = t.ask_as("", request).reply.json();
    let object = bundle.as_object_mut().expect("an object");
    object.remove("id");
    object.remove("link");
    bundle.to_text()
}

#[test]
fn a_criterion_on_a_hidden_field_reveals_nothing() {
    let t = territory();
    let offers = "HealthcareService?identifier:missing=false";
    // Each pair asks for what is there and for what is not: the public gets one answer.
    for (there, absent) in [
        ("HealthcareService?location.capacity-status=02", "HealthcareService?location.capacity-status=04"),
        (
            "HealthcareService?location.capacity-status=02&_sort=location.nb-capacity",
            "HealthcareService?location.capacity-status=04&_sort=location.nb-capacity",
        ),
        ("Location?capacity=02$01$gt0", "Location?capacity=04$05$gt7"),
        ("Location?nb-capacity=gt0", "Location?nb-capacity=gt9999"),
        ("HealthcareService?characteristic={R210}|0032", "HealthcareService?characteristic={R210}|0033"),
        ("HealthcareService?_content=chute", "HealthcareService?_content=zzz"),
        ("HealthcareService?identifier=84/9", "HealthcareService?identifier=84/999"),
        ("HealthcareService?name=unité protégée", "HealthcareService?name=zzz"),
        ("Location?_id=l-secret", "Location?_id=l-absent"),
        (
            "Location?_has:HealthcareService:location:identifier=84/9",
            "Location?_has:HealthcareService:location:identifier=84/999",
        ),
        (
            "HealthcareService?_has:PractitionerRole:service:practitioner.identifier=10001234567",
            "HealthcareService?_has:PractitionerRole:service:practitioner.identifier=10009999999",
        ),
        (
            "HealthcareService?_has:Task:focus:business-status=02",
            "HealthcareService?_has:Task:focus:business-status=01",
        ),
        (
            "HealthcareService?_filter=(location.capacity-status eq 02 and name pr true)",
            "HealthcareService?_filter=(location.capacity-status eq 04 and name pr true)",
        ),
    ] {
        let of_there = told(&t, there).replace(there.split_once('?').expect("a query").1, "");
        let of_absent = told(&t, absent).replace(absent.split_once('?').expect("a query").1, "");
        assert_eq!(of_there, of_absent, "{there}");
        assert_eq!(t.ask_as("", there).reply.total(), 0, "{there}");
        assert!(t.ask(there).reply.total() > 0, "{there}");
    }
    // Nothing has a hidden value: who denies it gets all, and a sort on it sorts by nothing.
    let everyone = t.ask_as("", offers).matches;
    for request in [
        "HealthcareService?characteristic:not={R210}|0032",
        "HealthcareService?_filter=not (characteristic eq {R210}|0032)",
    ] {
        assert_eq!(t.ask_as("", request).matches, everyone, "{request}");
    }
    let places = t.ask_as("", "Location").matches;
    for request in
        ["Location?capacity-status:not=02", "Location?nb-capacity:missing=true", "Location?_sort=-nb-capacity"]
    {
        assert_eq!(t.ask_as("", request).matches, places, "{request}");
    }
    let somewhere = t.ask_as("", "HealthcareService?location:missing=false").matches;
    assert_eq!(t.ask_as("", "HealthcareService?location.capacity-status:not=02").matches, somewhere);
    assert!(!told(&t, &format!("HealthcareService?{INC}")).contains("secret"));
}

#[test]
fn d02_who_can_never_read_a_field_is_told_so() {
    let t = territory();
    for (request, never) in [
        ("HealthcareService?location.capacity-status=02", "Location.capacity-status"),
        ("HealthcareService?_filter=(location.nb-capacity gt 3 and name pr true)", "Location.nb-capacity"),
        ("Location?equipment-type=089&capacity=02$01$gt0", "Location.equipment-type, Location.capacity"),
        ("HealthcareService?_sort=location.nb-capacity", "Location.nb-capacity"),
        ("HealthcareService?_has:Task:focus:business-status=02", "Task.focus, Task.business-status"),
        ("Organization?drop-zone=true", "Organization.drop-zone"),
    ] {
        let told = t.ask_as("", request).remarks();
        let expected = format!("Ce que ce profil ne lit jamais a été jugé comme absent : {never}.");
        let of_order = |text: &str| {
            let mut names: Vec<String> = text.trim_end_matches('.').split(", ").map(str::to_owned).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(told.len(), 1, "one issue for all: {request}: {told:?}");
        let list = |text: &str| of_order(text.split_once(" : ").expect("a list").1);
        assert_eq!(list(&told[0]), list(&expected), "{request}");
        assert_eq!(t.ask(request).remarks(), Vec::<String>::new(), "profile 1 reads all: {request}");
    }
    // Told by the table alone: what may be read under some circumstances is not announced.
    for request in [
        "HealthcareService?specialty={R211}|050&location.address-postalcode=38&organization.price-type=02",
        "HealthcareService?characteristic={R210}|0032&_content=chute",
        "HealthcareService?_has:PractitionerRole:service:practitioner.identifier=10001234567",
        "HealthcareService?open-at=2026-01-20T09:00&intervention-zone={R13}|38185&age-range-low=le42",
        "HealthcareService?location.near-insee-code=38185&location.departement=38&_sort=location.near",
        "Organization?type:missing=false&_tag=84&_lastUpdated=ge2026-01-01&_sort=name",
    ] {
        assert_eq!(t.ask_as("", request).remarks(), Vec::<String>::new(), "{request}");
    }
}
