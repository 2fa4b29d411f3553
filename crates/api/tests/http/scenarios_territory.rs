//! A small territory whose answers are known by heart, and the requests of the scenarios as clients
//! write them.

use std::collections::HashSet;

use ror_fhir::{Node, node};
use ror_search::Geography;
use ror_terminology::Terminology;

use crate::common::{ROR, Reply, World};

/// The complete offer of `scenarios.md`.
pub(crate) const INC: &str = "_include=HealthcareService:organization&_include:iterate=Organization:partof\
    &_include=HealthcareService:location&_revinclude=PractitionerRole:service\
    &_include=PractitionerRole:practitioner";

/// 20 January 2026, 08:00 in Paris, from the beginning of the world.
const LATER_MS: i64 = 19 * 86_400_000;

/// A territory and a client of profile 1.
pub(crate) struct Territory {
    pub(crate) world: World,
}

/// What a search found.
pub(crate) struct Found {
    pub(crate) matches: Vec<String>,
    pub(crate) includes: Vec<String>,
    pub(crate) reply: Reply,
}

/// Four communes of Isère and Savoie, one of Burgundy, one overseas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Communes;

/// Commune, where its town hall is, département, region, EPCI.
type Commune = (&'static str, (f64, f64), &'static str, &'static str, Option<&'static str>);

const COMMUNES: [Commune; 5] = [
    ("38185", (45.1885, 5.7245), "38", "84", Some("200040715")),
    ("38421", (45.1385, 5.7245), "38", "84", Some("200040715")),
    ("73065", (45.5885, 5.7245), "73", "84", Some("200069110")),
    ("21231", (47.3216, 5.0414), "21", "27", Some("242100410")),
    ("97411", (-20.8789, 55.4481), "974", "04", Some("249740119")),
];

impl Geography for Communes {
    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        COMMUNES.iter().find(|known| known.0 == commune).map(|known| known.1)
    }

    fn territory(&self, commune: &str) -> Option<ror_search::Territory> {
        let (_, _, departement, region, epci) = COMMUNES.iter().find(|known| known.0 == commune)?;
        let epci = epci.map(ToOwned::to_owned);
        Some(ror_search::Territory { departement: (*departement).into(), region: (*region).into(), epci })
    }
}

/// What `{INC}` brings with each offer of [`territory`], by type and id.
const COMPLETE: [(&str, &[&str]); 9] = [
    ("h-dij", &["l-dij", "eg-dij", "p-1", "r-3"]),
    ("h-geria", &["l-nord", "eg-nord", "ej-chu", "oi-pole", "oi-service", "oi-uf", "p-1", "r-1"]),
    ("h-home", &["l-centre", "eg-ehpad"]),
    ("h-jour", &["l-chy", "l-sud", "eg-ehpad"]),
    ("h-memoire", &["l-sud", "eg-nord", "ej-chu", "oi-pole", "oi-service", "p-2", "r-2"]),
    ("h-mobile", &["eg-nord", "ej-chu", "oi-pole"]),
    ("h-ped", &["l-nord", "eg-sud", "ej-chu"]),
    ("h-reeduc", &["l-chy", "eg-sud", "ej-chu"]),
    ("h-secret", &["l-secret", "eg-nord", "ej-chu", "oi-pole", "oi-service"]),
];

/// All that comes with those offers, each once, by type and id (D10).
pub(crate) fn complete(offers: &[&str]) -> Vec<&'static str> {
    let parts = |offer: &&str| COMPLETE.iter().find(|(known, _)| known == offer).expect("a known offer").1;
    by_type(offers.iter().flat_map(parts).copied().collect())
}

/// Ids in the order of includes: their first letters tell the type.
pub(crate) fn by_type(mut ids: Vec<&'static str>) -> Vec<&'static str> {
    let rank = |id: &&str| match id.split('-').next() {
        Some("h") => 0,
        Some("l") => 1,
        Some("ej" | "eg" | "oi") => 2,
        Some("p") => 3,
        Some("r") => 4,
        _ => 5,
    };
    ids.sort_unstable_by_key(|id| (rank(id), *id));
    ids.dedup();
    ids
}

/// The address of a code system by its number: `R330`.
pub(crate) fn system(number: &str) -> &'static str {
    let is_it = |address: &&str| address.contains(&format!("/TRE_{number}-"));
    let known = Terminology::embedded().code_systems().map(ror_terminology::CodeSystem::url);
    known.into_iter().find(is_it).unwrap_or_else(|| panic!("no code system {number}"))
}

/// A concept: `R330|02`.
pub(crate) fn concept(written: &str) -> Node {
    let (number, code) = written.split_once('|').expect("a system and a code");
    node!({"coding": [{"system": system(number), "code": code}]})
}

fn concepts(written: &[&str]) -> Node {
    Node::Array(written.iter().map(|written| concept(written)).collect())
}

/// A part of an extension.
pub(crate) fn part(name: &str, kind: &str, value: Node) -> Node {
    let mut part = node!({ "url": name });
    put(&mut part, kind, value);
    part
}

/// A coded part of an extension.
pub(crate) fn coded_part(name: &str, written: &str) -> Node {
    part(name, "valueCodeableConcept", concept(written))
}

/// An extension of the guide with parts.
pub(crate) fn record(name: &str, parts: Vec<Node>) -> Node {
    node!({"url": format!("{ROR}/{name}"), "extension": (Node::Array(parts))})
}

/// Sets a member.
pub(crate) fn put(resource: &mut Node, key: &str, value: Node) {
    resource.as_object_mut().expect("an object").insert(key, value);
}

/// Adds extensions.
pub(crate) fn extended(mut resource: Node, more: Vec<Node>) -> Node {
    let known = resource.get("extension").and_then(Node::as_array).unwrap_or_default().to_vec();
    put(&mut resource, "extension", Node::Array([known, more].concat()));
    resource
}

fn region(code: &str) -> Node {
    node!({"tag": [{"system": system("R30"), "code": code}]})
}

fn reference(rtype: &str, id: &str) -> Node {
    node!({"reference": format!("{rtype}/{id}")})
}

/// A structure: its type is written `R66|355`, its parent may be empty.
pub(crate) fn structure(id: &str, name: &str, kind: &str, finess: &str, parent: &str) -> Node {
    let identifier = node!([{"type": (concept("G07|1")), "system": "https://finess.esante.gouv.fr", "value": finess}]);
    let mut structure = node!({"resourceType": "Organization", "id": id, "meta": (region("84")), "name": name,
        "type": [(concept(kind))]});
    if !finess.is_empty() {
        put(&mut structure, "identifier", identifier);
    }
    if !parent.is_empty() {
        put(&mut structure, "partOf", reference("Organization", parent));
    }
    structure
}

/// A place of Grenoble, on the meridian of its town hall.
pub(crate) fn place(id: &str, number: &str, latitude: Option<f64>) -> Node {
    let mut place = node!({"resourceType": "Location", "id": id, "meta": (region("84")), "name": "Lieu",
        "status": "active",
        "extension": [{"url": format!("{ROR}/ror-commune-cog"), "valueCodeableConcept": concept("R13|38185")}],
        "identifier": [{"type": (concept("R354|25")), "value": number}],
        "type": [(concept("R343|001"))],
        "address": {"postalCode": "38000", "city": "Grenoble"}});
    if let Some(latitude) = latitude {
        put(&mut place, "position", node!({"longitude": 5.7245, "latitude": latitude}));
    }
    place
}

/// The same elsewhere.
fn place_in(mut place: Node, commune: &str, postal_code: &str, city: &str) -> Node {
    let concept = concept(&format!("R13|{commune}"));
    put(&mut place, "extension", node!([{"url": format!("{ROR}/ror-commune-cog"), "valueCodeableConcept": concept}]));
    put(&mut place, "address", node!({"postalCode": postal_code, "city": city}));
    place
}

/// A record of capacity: status, what else is coded, how many.
pub(crate) fn capacity(status: &str, codes: &[&str], number: i32) -> Node {
    let name = |written: &str| match written.split('|').next() {
        Some("R329") => "capacityType",
        Some("R331") => "temporalityCapacity",
        Some("R332") => "genderCapacityAvailable",
        Some("R333") => "capacityClosingType",
        _ => panic!("no part of a capacity: {written}"),
    };
    let mut parts = vec![coded_part("capacityStatus", status), part("nbCapacity", "valueInteger", number.into())];
    parts.extend(codes.iter().map(|written| coded_part(name(written), written)));
    record("ror-location-supported-capacity", parts)
}

/// An offer of hospital care.
pub(crate) fn offer(id: &str, number: &str, provider: &str, places: &[&str]) -> Node {
    let places = places.iter().map(|place| reference("Location", place)).collect();
    node!({"resourceType": "HealthcareService", "id": id, "meta": (region("84")), "name": "Offre",
        "extension": [{"url": format!("{ROR}/ror-healthcareservice-sensitive-unit"), "valueBoolean": false}],
        "identifier": [{"value": number}], "providedBy": (reference("Organization", provider)),
        "type": [(concept("R227|01"))], "specialty": [(concept("R211|050"))], "location": (Node::Array(places))})
}

/// What an offer does: name, category, activities and what else characterizes it.
fn doing(mut offer: Node, name: &str, category: &str, activities: &[&str], characteristics: &[&str]) -> Node {
    put(&mut offer, "name", name.into());
    put(&mut offer, "category", concepts(&[category]));
    put(&mut offer, "specialty", concepts(activities));
    put(&mut offer, "characteristic", concepts(characteristics));
    offer
}

/// Ages from and to, in a unit.
fn ages(low: i32, high: i32, unit: &str) -> Node {
    let age = |value: i32| node!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit});
    let range = node!({"low": (age(low)), "high": (age(high))});
    record("ror-healthcareservice-patient-type", vec![part("ageRange", "valueRange", range)])
}

/// Where an offer goes: `R13|38185`, `G09|38`, `R30|84`.
fn zone(written: &str) -> Node {
    let parts = vec![coded_part("typeTerritorialDivision", "R201|3"), coded_part("codeTerritorialDivision", written)];
    record("ror-territorial-division", parts)
}

fn role(id: &str, offer: &str, structure: &str, practitioner: &str, tag: &str) -> Node {
    node!({"resourceType": "PractitionerRole", "id": id, "meta": (region(tag)),
        "identifier": [{"value": format!("SIT-{id}")}],
        "practitioner": (reference("Practitioner", practitioner)),
        "organization": (reference("Organization", structure)),
        "healthcareService": [(reference("HealthcareService", offer))]})
}

fn practitioner(id: &str, rpps: &str, family: &str) -> Node {
    node!({"resourceType": "Practitioner", "id": id, "meta": (region("84")),
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": rpps}], "name": [{"family": family}]})
}

fn task(id: &str, status: &str, focus: &Node) -> Node {
    node!({"resourceType": "Task", "id": id, "status": "in-progress", "intent": "order",
        "businessStatus": (concept(&format!("R352|{status}"))), "focus": (focus.clone()),
        "authoredOn": "2026-01-03T08:00:00+01:00", "lastModified": "2026-01-03T08:00:00+01:00"})
}

fn structures() -> Vec<Node> {
    let mut nord = structure("eg-nord", "Hôpital Nord", "R66|101", "380000067", "ej-chu");
    put(&mut nord, "alias", node!(["Site Michallon"]));
    let mut dijon = structure("eg-dij", "Hospice de Dijon", "R66|355", "210780581", "");
    put(&mut dijon, "meta", region("27"));
    vec![
        structure("ej-chu", "Centre Hospitalier Universitaire Grenoble Alpes", "R72|15", "380780080", ""),
        nord,
        structure("eg-sud", "Hôpital Sud", "R66|355", "380012658", "ej-chu"),
        structure("oi-pole", "Pôle de gériatrie", "R207|1", "", "eg-nord"),
        structure("oi-service", "Service de gériatrie", "R207|2", "", "oi-pole"),
        structure("oi-uf", "Unité 4", "R207|3", "", "oi-service"),
        structure("eg-ehpad", "EHPAD Les Oliviers", "R66|500", "380785999", ""),
        dijon,
    ]
}

fn places() -> Vec<Node> {
    let mut nord = place("l-nord", "84/450012", Some(45.1985));
    put(
        &mut nord,
        "identifier",
        node!([{"type": (concept("R354|25")), "value": "84/450012"}, {"type": (concept("R354|26")), "value": "URGE01"}]),
    );
    put(&mut nord, "name", "Bâtiment Belledonne".into());
    put(&mut nord, "managingOrganization", reference("Organization", "eg-nord"));
    let available = capacity("R330|02", &["R329|01", "R331|01", "R332|01"], 2);
    let nord = extended(nord, vec![available]);
    let mut sud = place_in(place("l-sud", "84/450013", Some(45.1385)), "38421", "38400", "Saint-Martin-d'Hères");
    put(&mut sud, "name", "Pavillon de gériatrie".into());
    put(&mut sud, "status", "suspended".into());
    put(&mut sud, "managingOrganization", reference("Organization", "eg-sud"));
    let mut centre = place("l-centre", "84/450014", None);
    put(&mut centre, "type", concepts(&["R343|003"]));
    put(&mut centre, "address", node!({"postalCode": "38100", "city": "Grenoble"}));
    let mut dijon = place_in(place("l-dij", "27/210001", Some(47.3216)), "21231", "21000", "Dijon");
    put(&mut dijon, "meta", region("27"));
    vec![
        nord,
        sud,
        centre,
        place_in(place("l-chy", "84/450015", Some(45.5885)), "73065", "73000", "Chambéry"),
        place_in(place("l-annecy", "84/450016", Some(45.8885)), "74010", "74000", "Annecy"),
        place_in(place("l-bage", "84/450017", Some(46.3)), "01025", "01380", "Bâgé-Dommartin"),
        place("l-secret", "84/450099", Some(45.1975)),
        dijon,
    ]
}

fn offers() -> Vec<Node> {
    let geria = doing(
        offer("h-geria", "84/1", "oi-uf", &["l-nord"]),
        "Court séjour gériatrique",
        "R244|101",
        &["R211|050"],
        &["R338|01", "R213|28", "R210|0032", "R245|28"],
    );
    let memoire = doing(
        offer("h-memoire", "84/2", "oi-service", &["l-sud"]),
        "Consultation mémoire",
        "R244|100",
        &["R211|050"],
        &["R338|01", "R213|28", "R210|0032", "R243|01"],
    );
    let ped = doing(
        offer("h-ped", "84/3", "eg-sud", &["l-nord"]),
        "Pédiatrie",
        "R244|101",
        &["R211|088"],
        &["R338|02", "R213|28"],
    );
    let home = doing(
        offer("h-home", "84/4", "eg-ehpad", &["l-centre"]),
        "Soins à domicile",
        "R244|101",
        &["R211|050"],
        &["R213|28", "R245|28"],
    );
    let reeduc = doing(
        offer("h-reeduc", "84/5", "eg-sud", &["l-chy"]),
        "Réadaptation",
        "R244|101",
        &["R211|050", "R211|241"],
        &["R338|01", "R213|28", "R210|0032", "R245|28"],
    );
    let mut dijon = doing(
        offer("h-dij", "27/1", "eg-dij", &["l-dij"]),
        "Gériatrie de Dijon",
        "R244|101",
        &["R211|050"],
        &["R338|01", "R213|28", "R210|0032"],
    );
    put(&mut dijon, "meta", region("27"));
    let mut secret = doing(
        offer("h-secret", "84/9", "oi-service", &["l-secret"]),
        "Unité protégée",
        "R244|101",
        &["R211|050"],
        &["R338|01", "R213|28", "R210|0032", "R245|28"],
    );
    let is_sensitive = node!([{"url": format!("{ROR}/ror-healthcareservice-sensitive-unit"), "valueBoolean": true}]);
    put(&mut secret, "extension", is_sensitive);
    let mobile =
        doing(offer("h-mobile", "84/8", "oi-pole", &[]), "Équipe mobile", "R244|100", &["R211|187"], &["R210|0032"]);
    vec![
        extended(geria, vec![ages(18, 99, "a"), zone("R13|38185")]),
        extended(memoire, vec![ages(42, 42, "a"), zone("R13|38185")]),
        extended(ped, vec![ages(0, 17, "a")]),
        // 504 months are 42 years.
        extended(home, vec![ages(6, 504, "mo"), zone("G09|38")]),
        extended(reeduc, vec![ages(43, 99, "a"), zone("R13|38421")]),
        extended(dijon, vec![ages(18, 99, "a"), zone("R13|21231")]),
        extended(secret, vec![ages(18, 99, "a"), zone("R13|38185")]),
        extended(mobile, vec![zone("R30|84")]),
        doing(
            offer("h-jour", "84/7", "eg-ehpad", &["l-sud", "l-chy"]),
            "Accueil de jour",
            "R244|100",
            &["R211|241"],
            &["R338|03", "R213|28", "R213|32"],
        ),
    ]
}

fn people_and_anomalies() -> Vec<Node> {
    let literal = |id: &str| reference("HealthcareService", id);
    vec![
        practitioner("p-1", "10001234567", "Martin"),
        practitioner("p-2", "10001234568", "Durand"),
        role("r-1", "h-geria", "oi-uf", "p-1", "84"),
        role("r-2", "h-memoire", "oi-service", "p-2", "84"),
        role("r-3", "h-dij", "eg-dij", "p-1", "27"),
        task("t-1", "02", &literal("h-geria")),
        task("t-2", "10", &node!({"type": "HealthcareService", "identifier": {"value": "84/4"}})),
        task("t-3", "08", &literal("h-memoire")),
        task("t-4", "02", &literal("h-dij")),
        task("t-5", "10", &literal("h-secret")),
    ]
}

/// The territory; on 20 January a place, an offer and an establishment changed.
pub(crate) fn territory() -> Territory {
    let world = World::within(&Communes);
    world.load(structures().into_iter().chain(places()).chain(offers()).chain(people_and_anomalies()));
    let mut world = later(world);
    let changed = ["ej-chu", "l-sud", "h-jour"];
    let all = structures().into_iter().chain(places()).chain(offers());
    let touched = all.filter(|resource| resource.str("id").is_some_and(|id| changed.contains(&id)));
    let phone = node!([{"system": "phone", "value": "0476000000"}]);
    world.load(touched.map(|mut resource| {
        put(&mut resource, "telecom", phone.clone());
        resource
    }));
    world.writer = world.client(1);
    Territory { world }
}

/// The same world on 20 January.
pub(crate) fn later(world: World) -> World {
    world.wait(LATER_MS);
    world
}

impl Territory {
    /// A world that holds only this.
    pub(crate) fn of(resources: Vec<Node>) -> Self {
        let world = World::within(&Communes);
        world.load(resources);
        Self { world }
    }

    /// Asks as profile 1, in each way that a client may write it: the answers are the same.
    pub(crate) fn ask(&self, request: &str) -> Found {
        self.ask_as(&self.world.writer, request)
    }

    /// Asks as somebody; an empty `authorization` is the public.
    pub(crate) fn ask_as(&self, authorization: &str, request: &str) -> Found {
        let headers = [("Authorization", authorization)];
        let headers = if authorization.is_empty() { &[][..] } else { &headers };
        let mut answers = ways(request).map(|path| {
            let reply = self.world.send("GET", &path, headers, b"");
            assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
            Found::read(reply, request)
        });
        for other in &answers[1..] {
            assert_eq!((&other.matches, &other.includes), (&answers[0].matches, &answers[0].includes), "{request}");
            assert_eq!(other.reply.total(), answers[0].reply.total(), "{request}");
        }
        answers[0].take()
    }

    /// Exactly these matches, in this order, and these includes.
    pub(crate) fn finds(&self, request: &str, matches: &[&str], includes: &[&str]) -> Found {
        let found = self.ask(request);
        assert_eq!(found.matches, matches, "{request}");
        assert_eq!(found.includes, includes, "{request}");
        assert_eq!(found.reply.total(), matches.len() as i64, "{request}");
        found
    }

    /// The same with the complete offer of each match.
    pub(crate) fn finds_complete(&self, request: &str, matches: &[&str]) -> Found {
        self.finds(&format!("{request}&{{INC}}"), matches, &complete(matches))
    }
}

impl Found {
    fn read(reply: Reply, request: &str) -> Self {
        let bundle = reply.json();
        let urls: Vec<&str> = bundle.items("entry").filter_map(|entry| entry.str("fullUrl")).collect();
        assert_eq!(urls.iter().collect::<HashSet<_>>().len(), urls.len(), "each resource once: {request}");
        let (matches, includes) = (reply.ids("match"), reply.ids("include"));
        assert_eq!(matches.len() + includes.len(), urls.len(), "{request}");
        Self { matches, includes, reply }
    }

    fn take(&mut self) -> Self {
        let Self { matches, includes, reply } = self;
        Self { matches: std::mem::take(matches), includes: std::mem::take(includes), reply: reply.clone() }
    }

    /// Each entry that tells a distance, and that distance.
    pub(crate) fn distances(&self) -> Vec<(String, String)> {
        let of = |entry: &Node| {
            let extension = entry.get("search")?.items("extension").next()?.clone();
            assert_eq!(extension.str("url"), Some("http://hl7.org/fhir/StructureDefinition/location-distance"));
            let distance = extension.get("valueDistance")?;
            let unit = ["unit", "code", "system"].map(|part| distance.str(part).unwrap_or_default().to_owned());
            assert_eq!(unit, ["km", "km", "http://unitsofmeasure.org"]);
            Some((entry.get("resource")?.str("id")?.to_owned(), distance.get("value")?.as_number()?.to_owned()))
        };
        self.reply.json().items("entry").filter_map(of).collect()
    }

    /// Each entry that tells a score, and that score.
    pub(crate) fn scores(&self) -> Vec<(String, String)> {
        let of = |entry: &Node| {
            let score = entry.get("search")?.get("score")?.as_number()?.to_owned();
            Some((entry.get("resource")?.str("id")?.to_owned(), score))
        };
        self.reply.json().items("entry").filter_map(of).collect()
    }

    /// What the remarks say, in an entry of mode `outcome` (D4).
    pub(crate) fn remarks(&self) -> Vec<String> {
        let bundle = self.reply.json();
        let is_outcome = |entry: &&Node| entry.get("search").and_then(|search| search.str("mode")) == Some("outcome");
        let issues = |entry: &Node| -> Vec<String> {
            let issues = entry.get("resource").into_iter().flat_map(|outcome| outcome.items("issue"));
            issues.filter_map(|issue| issue.str("diagnostics").map(str::to_owned)).collect()
        };
        bundle.items("entry").filter(is_outcome).flat_map(issues).collect()
    }
}

/// Pairs as tests write them.
pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

/// The request with `{INC}` and `{R330}` written out.
pub(crate) fn written(request: &str) -> String {
    let mut out = request.replace("{INC}", INC);
    while let Some((before, rest)) = out.split_once('{') {
        let (number, after) = rest.split_once('}').expect("a closing brace");
        out = format!("{before}{}{after}", system(number));
    }
    out
}

/// The paths that ask for it: what may stand raw stands raw; everything is encoded, the colons of
/// names too; as a form does.
fn ways(request: &str) -> [String; 3] {
    let request = written(request);
    let (rtype, query) = request.split_once('?').unwrap_or((&request, ""));
    let is_raw = |byte: u8| byte.is_ascii_graphic() && !b"\"+%#<>".contains(&byte);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let path = |keep: &dyn Fn(u8) -> bool, space: &str| {
        let encoded = |text: &str| encoded(text, keep, space);
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) => format!("{}={}", encoded(name), encoded(value)),
            None => encoded(pair),
        };
        let pairs: Vec<String> = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        format!("/fhir/{rtype}{}{}", if pairs.is_empty() { "" } else { "?" }, pairs.join("&"))
    };
    [path(&is_raw, "%20"), path(&is_plain, "%20"), path(&is_plain, "+")]
}

fn encoded(text: &str, keep: &dyn Fn(u8) -> bool, space: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' ' => space.to_owned(),
            _ if keep(byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
