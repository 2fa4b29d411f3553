//! What every scenario keeps, and what the language adds to them.

use ror_fhir::{Node, node};

use crate::common::FHIR_JSON;
use crate::scenarios_territory::{
    INC, Territory, concept, offer, pairs, place, put, structure, system, territory, written,
};

#[test]
fn page_2_of_a_default_search_starts_at_the_201st_match() {
    let name = |n: usize| format!("eg-{n:03}");
    let t = Territory::of((0..405).map(|n| structure(&name(n), "Hôpital", "R66|355", "", "")).collect());
    let all: Vec<String> = (0..405).map(name).collect();
    let mut page = t.ask("Organization").reply;
    for (from, to) in [(0, 200), (200, 400), (400, 405)] {
        assert_eq!((page.total(), page.ids("match")), (405, all[from..to].to_vec()));
        match page.link("next") {
            Some(next) => page = t.world.get_all(&next),
            None => assert_eq!(to, 405),
        }
    }
    assert_eq!(page.link("next"), None);
}

#[test]
fn d04_faults_of_the_samples_are_read_as_intended_and_told_or_refused_in_strict_mode() {
    let t = territory();
    let included = "HealthcareService?identifier=84/1&_include=HealthcareService:location";
    let offered = "Organization?identifier=380012658&_revinclude=HealthcareService:organization";
    let truncated = system("R66").replace("/TRE-R66", "/TRE_R66");
    for (misspelt, intended) in [
        ("HealthcareService?identifier=84/1&__include=HealthcareService:location", included),
        ("HealthcareService?identifier=84/1&_include=Healthcareservice:location", included),
        ("Organization?identifier=380012658&_revincluded=HealthcareService:organization", offered),
        ("Organization?identifier=380012658&_revinclude=Organization:healthcareservice", offered),
        ("Task?focus:HealthcareService:identifier=84/1", "Task?focus:HealthcareService.identifier=84/1"),
        ("Task?focus:HealthcareService:_tag={R30}|84", "Task?focus:HealthcareService._tag={R30}|84"),
        (&*format!("Organization?type={truncated}|355"), "Organization?type={R66}|355"),
        ("HealthcareService?characteristic={R210}|032", "HealthcareService?characteristic={R210}|0032"),
        (
            "Location?commune-cog=https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune|38185",
            "Location?commune-cog={R13}|38185",
        ),
    ] {
        let (read, expected) = (t.ask(misspelt), t.ask(intended));
        assert_eq!((read.matches, read.includes), (expected.matches, expected.includes), "{misspelt}");
        let remarks = t.ask(misspelt).remarks();
        assert_eq!(remarks.len(), 1, "{misspelt}: {remarks:?}");
        assert!(t.ask(intended).remarks().is_empty() && expected.reply.total() > 0, "{intended}");
        let strict = |request: &str| {
            let headers = [
                ("Authorization", &*t.world.writer),
                ("Prefer", "handling=strict"),
                ("Ror-Profil-Utilisateur-Code", "CU20"),
                ("Ror-Profil-Utilisateur-System", "1.2.250.1.213.1.6.1.66"),
                ("Ror-Role-Metier-Code", "AUTOMATE"),
                ("Ror-Role-Metier-System", "1.2.250.1.213.1.1.4.6"),
            ];
            let path = format!("/fhir/{}", written(request)).replace(' ', "%20");
            t.world.send("GET", &path, &headers, b"").status
        };
        assert_eq!((strict(misspelt), strict(intended)), (400, 200), "{misspelt}");
    }
    // What is usual is told by nobody.
    for usual in [
        "HealthcareService?age-range-low=le42|https://unitsofmeasure.org|a",
        "HealthcareService?_filter=(name co a OR name co b)",
    ] {
        assert_eq!(t.ask(usual).remarks(), Vec::<String>::new(), "{usual}");
    }
}

#[test]
fn a_search_by_post_is_the_same_search() {
    let t = territory();
    for (rtype, query) in [
        ("HealthcareService", "specialty={R211}|050&location.near=45.1885|5.7245|20|km&{INC}"),
        ("HealthcareService", "_filter=(_content=gériatrie or location._content=gériatrie)&{INC}"),
        ("Location", "_filter=(_id eq l-sud or l-nord)&_revinclude=HealthcareService:location"),
    ] {
        let headers =
            [("Authorization", t.world.writer.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let form = written(query);
        let post = t.world.send("POST", &format!("/fhir/{rtype}/_search"), &headers, form.as_bytes());
        let get = t.ask(&format!("{rtype}?{query}"));
        assert_eq!((post.ids("match"), post.ids("include")), (get.matches, get.includes), "{query}");
    }
}

#[test]
fn has_is_nested() {
    let t = territory();
    let works = "_has:HealthcareService:organization:_has:PractitionerRole:service:practitioner.identifier";
    t.finds(&format!("Organization?{works}=10001234567"), &["eg-dij", "oi-uf"], &[]);
    t.finds(&format!("Organization?_filter=({works} eq 10001234567 and _tag eq 84)"), &["oi-uf"], &[]);
    let reported = "_has:HealthcareService:location:_has:Task:focus:business-status";
    t.finds(&format!("Location?{reported}=02"), &["l-dij", "l-nord"], &[]);
    t.finds("Practitioner?_has:PractitionerRole:practitioner:service.location.address-city=dijon", &["p-1"], &[]);
    // A `_has` in the middle of a chain.
    t.finds(
        "HealthcareService?location._has:HealthcareService:location:specialty={R211}|088",
        &["h-geria", "h-ped"],
        &[],
    );
}

#[test]
fn chains_are_typed_where_a_reference_leads_to_several_types() {
    let t = territory();
    t.finds("Task?focus:HealthcareService.identifier=84/4", &["t-2"], &[]);
    t.finds("Task?focus:HealthcareService.organization.name=hospice", &["t-4"], &[]);
    t.finds("Task?focus:Organization.name=hospice", &[], &[]);
    t.finds("HealthcareService?organization:Organization.name=hopital", &["h-ped", "h-reeduc"], &[]);
    t.finds("HealthcareService?location:Location.address-city=dijon", &["h-dij"], &[]);
    t.finds("PractitionerRole?service.location.commune-cog={R13}|38421", &["r-2"], &[]);
    for refused in [
        "Task?focus.identifier=84/4",
        "HealthcareService?location:Organization.name=x",
        "Task?focus:Measure.identifier=x",
    ] {
        assert_eq!(t.world.get_all(&format!("/fhir/{refused}")).status, 400, "{refused}");
    }
}

#[test]
fn d09_above_is_of_the_provider_and_all_above_it() {
    let t = territory();
    let nord = ["h-geria", "h-memoire", "h-mobile", "h-secret"];
    t.finds("HealthcareService?organization.name:above=hopital nord", &nord, &[]);
    t.finds("HealthcareService?_filter=(organization.name:above eq \"Hôpital Nord\")", &nord, &[]);
    t.finds(
        "HealthcareService?organization.type:above={R207}|2&organization.type:above={R66}|101",
        &["h-geria", "h-memoire", "h-secret"],
        &[],
    );
    t.finds(
        "HealthcareService?_filter=not (organization.identifier:above eq 380780080)",
        &["h-dij", "h-home", "h-jour"],
        &[],
    );
    for refused in [
        "HealthcareService?specialty:above=050",
        "HealthcareService?organization:above.name=x",
        "HealthcareService?location.name:above=x",
        "Organization?name:above=x",
        "HealthcareService?organization.type:not:above=355",
    ] {
        let reply = t.world.get_all(&format!("/fhir/{refused}"));
        assert_eq!(reply.status, 400, "{refused}");
    }
}

#[test]
fn places_and_offers_by_territory() {
    let t = territory();
    let isere = ["l-centre", "l-nord", "l-secret", "l-sud"];
    for criterion in ["departement=38", "departement={G09}|38", "epci=200040715", "epci=https://sirene.fr|200040715"] {
        t.finds(&format!("Location?{criterion}"), &isere, &[]);
    }
    // Where it is, not what feeds it.
    t.finds("Location?region=84", &["l-centre", "l-chy", "l-nord", "l-secret", "l-sud"], &[]);
    t.finds("Location?region={R30}|27,84&departement=21,73", &["l-chy", "l-dij"], &[]);
    t.finds("HealthcareService?location.departement=73", &["h-jour", "h-reeduc"], &[]);
    t.finds("HealthcareService?location.departement=73&location.epci=200040715", &[], &[]);
    t.finds("Location?departement:not=38&_tag=84", &["l-annecy", "l-bage", "l-chy"], &[]);
}

#[test]
fn d14_open_at_a_moment_by_the_clock_of_the_place() {
    let hours = |from: &str, to: &str| {
        let days: Vec<Node> = ["mon", "tue", "wed", "thu", "fri"].into_iter().map(Node::from).collect();
        node!([{"daysOfWeek": (Node::Array(days)), "availableStartTime": from, "availableEndTime": to}])
    };
    let mut overseas = place("l-reunion", "84/3", None);
    let commune = concept("R13|97411");
    put(
        &mut overseas,
        "extension",
        node!([{"url": format!("{}/ror-commune-cog", crate::common::ROR), "valueCodeableConcept": commune}]),
    );
    let open = |id: &str, place: &str, hours: Option<Node>| {
        let mut offer = offer(id, &format!("84/{id}"), "eg-nord", &[place]);
        if let Some(hours) = hours {
            put(&mut offer, "availableTime", hours);
        }
        offer
    };
    let mut closed = open("h-ferme", "l-gre", Some(hours("08:30:00", "17:30:00")));
    let holidays = node!({"start": "2026-01-19", "end": "2026-01-25"});
    put(&mut closed, "notAvailable", node!([{"description": "Congés", "during": holidays}]));
    let t = Territory::of(vec![
        structure("eg-nord", "Hôpital Nord", "R66|101", "380000067", ""),
        place("l-gre", "84/1", None),
        overseas,
        open("h-gre", "l-gre", Some(hours("08:30:00", "17:30:00"))),
        open("h-reunion", "l-reunion", Some(hours("08:30:00", "17:30:00"))),
        open("h-muet", "l-gre", None),
        closed,
    ]);
    // Tuesday 20 January 2026: at nine in Paris it is noon in La Réunion.
    for (at, expected) in [
        ("2026-01-20T09:00:00+01:00", &["h-gre", "h-reunion"][..]),
        ("2026-01-20T09:00", &["h-gre", "h-reunion"]),
        ("2026-01-20T05:30:00+01:00", &["h-reunion"]),
        ("2026-01-20T15:00:00+01:00", &["h-gre"]),
        ("2026-01-20T20:00:00+01:00", &[]),
        ("2026-01-18T09:00:00+01:00", &[]),
        ("2026-01-27T09:00:00+01:00", &["h-ferme", "h-gre", "h-reunion"]),
    ] {
        t.finds(&format!("HealthcareService?open-at={at}"), expected, &[]);
        let there: Vec<&str> = expected.iter().copied().filter(|id| *id != "h-reunion").collect();
        t.finds(&format!("HealthcareService?open-at={at}&location.departement=38"), &there, &[]);
    }
    t.finds("HealthcareService?open-at:missing=true", &["h-muet"], &[]);
    for refused in ["open-at=demain", "open-at=ge2026-01-20T09:00", "open-at:not=2026-01-20T09:00"] {
        assert_eq!(t.world.get_all(&format!("/fhir/HealthcareService?{refused}")).status, 400, "{refused}");
    }
}

#[test]
fn what_is_written_is_found_at_once_and_what_leaves_is_gone() {
    let t = territory();
    let request = "HealthcareService?location.commune-cog={R13}|38185&specialty={R211}|088";
    t.finds(request, &["h-ped"], &[]);
    let mut moved = t.world.get_all("/fhir/HealthcareService/h-ped").json();
    put(&mut moved, "location", node!([{"reference": "Location/l-chy"}]));
    assert_eq!(t.world.put(&moved, &[FHIR_JSON]).status, 200);
    t.finds(request, &[], &[]);
    let found =
        t.finds(&format!("HealthcareService?identifier=84/3&{INC}"), &["h-ped"], &["l-chy", "eg-sud", "ej-chu"]);
    assert_eq!(found.distances(), pairs(&[]));
}

#[test]
fn d78_a_search_explains_itself_without_telling_what_is_hidden() {
    let t = territory();
    let request = "HealthcareService?specialty={R211}|050&location.near=45.1885|5.7245|20|km";
    let plain = t.finds(request, &["h-secret", "h-geria", "h-memoire"], &[]);
    assert_eq!(plain.remarks(), Vec::<String>::new());
    let explained = t.finds(&format!("{request}&_explain=true"), &["h-secret", "h-geria", "h-memoire"], &[]);
    let told = explained.remarks().join("\n");
    // Two criteria read, two steps: six offers of geriatrics, three left near the town hall.
    assert!(told.contains("Étape 1 :") && told.contains("Étape 2 :") && told.contains("il en reste 3"), "{told}");
    let public = t.ask_as("", &format!("{request}&_explain=true"));
    let told = public.remarks().join("\n");
    assert!(told.contains("il en reste 2") && !told.contains("il en reste 3"), "{told}");
    assert_eq!(t.world.get_all("/fhir/HealthcareService?_explain=oui").status, 400);
}

#[test]
fn d09_a_line_that_turns_in_a_circle_ends() {
    let t = Territory::of(vec![
        structure("eg-a", "Un", "R66|101", "", "eg-b"),
        structure("eg-b", "Deux", "R66|355", "", "eg-a"),
        offer("h-a", "84/1", "eg-a", &[]),
    ]);
    t.finds("HealthcareService?organization.type:above={R66}|355", &["h-a"], &[]);
    t.finds("HealthcareService?organization.name:above=trois", &[], &[]);
    t.finds(
        "HealthcareService?_include=HealthcareService:organization&_include:iterate=Organization:partof",
        &["h-a"],
        &["eg-a", "eg-b"],
    );
}
