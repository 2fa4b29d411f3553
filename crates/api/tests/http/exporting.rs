//! `$export`, over HTTP (D47).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use ror_fhir::{Node, node};
use ror_identity::ClientRights;

use crate::common::{FHIR_JSON, NOS, Reply, World, establishment, finess, offer, open_place, place};

const INC: &str = "_include=HealthcareService:organization&_include:iterate=Organization:partof\
                   &_include=HealthcareService:location&_revinclude=PractitionerRole:service\
                   &_include=PractitionerRole:practitioner";
const S9: &str =
    "_outputFormat=application/fhir%2Bjson&_type=HealthcareService&includeAssociatedData=_myCompleteExtract";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Three offers in three places of two regions, one of them sensitive, with an establishment under another.
struct Territory {
    world: World,
    organization: String,
    places: Vec<String>,
    offers: Vec<String>,
    hidden: String,
}

fn territory() -> Territory {
    territory_in(World::new())
}

fn territory_in(world: World) -> Territory {
    let head = world.store(&establishment("Groupe", &finess(1)));
    let mut below = establishment("Hôpital", &finess(2));
    below.as_object_mut().unwrap().insert("partOf", node!({"reference": format!("Organization/{head}")}));
    let organization = world.store(&below);
    let (mut places, mut offers) = (vec![], vec![]);
    for number in ["84/450012", "84/450013"] {
        let (place, offer) = open_place(&world, &organization, number, 46.2);
        places.push(place);
        offers.push(offer);
    }
    let elsewhere = in_region(&offer("Offre de Bourgogne", false, &organization, &places[1]), "27");
    offers.push(world.store(&elsewhere));
    let secret = world.store(&place("Caché", "84/999", 46.21, "84"));
    let hidden = world.store(&offer("Cachée", true, &organization, &secret));
    Territory { world, organization, places, offers, hidden }
}

fn in_region(resource: &Node, code: &str) -> Node {
    let mut moved = resource.clone();
    let system = format!("{NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM");
    moved.as_object_mut().unwrap().insert("meta", node!({"tag": [{"system": system, "code": code}]}));
    moved
}

fn ask(world: &World, method: &str, path: &str, by: &str) -> Reply {
    world.send(method, path, &[("Authorization", by)], b"")
}

/// The path of an absolute address of this server.
fn path(url: &str) -> String {
    let path = url.strip_prefix("http://ror.test").expect("the host of the request");
    path.to_owned()
}

/// Asks for an export; gives where to ask about it.
fn kicked_off(world: &World, by: &str, query: &str) -> String {
    let reply = ask(world, "GET", &format!("/fhir/$export?{query}"), by);
    assert_eq!(reply.status, 202, "{}", String::from_utf8_lossy(&reply.body));
    path(reply.header("content-location").expect("where to ask"))
}

/// The manifest, once there.
fn waited(world: &World, by: &str, poll: &str) -> Reply {
    for _ in 0..2_000 {
        let reply = ask(world, "GET", poll, by);
        if reply.status != 202 {
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            return reply;
        }
        assert!(reply.header("retry-after").is_some() && reply.header("x-progress").is_some());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("never prepared");
}

fn manifest(world: &World, by: &str, query: &str) -> Node {
    waited(world, by, &kicked_off(world, by, query)).json()
}

/// Type, path and count of each file.
fn files(manifest: &Node) -> Vec<(String, String, i64)> {
    let file = |file: &Node| {
        let count = file.get("count").and_then(Node::as_i64).unwrap();
        (file.str("type").unwrap().to_owned(), path(file.str("url").unwrap()), count)
    };
    manifest.items("output").map(file).collect()
}

fn name(resource: &Node) -> String {
    format!("{}/{}", resource.str("resourceType").unwrap(), resource.str("id").unwrap())
}

/// The resources of a slice, in their order, each under the address where it is read.
fn slice(world: &World, by: &str, path: &str) -> Vec<Node> {
    let reply = ask(world, "GET", path, by);
    assert_eq!(reply.status, 200, "{path}");
    let bundle = reply.json();
    assert_eq!((bundle.str("resourceType"), bundle.str("type")), (Some("Bundle"), Some("collection")));
    let entry = |entry: &Node| {
        let resource = entry.get("resource").unwrap().clone();
        assert_eq!(entry.str("fullUrl").unwrap(), format!("http://ror.test/fhir/{}", name(&resource)));
        resource
    };
    bundle.items("entry").map(entry).collect()
}

/// All that the slices of an export hold.
fn all(world: &World, by: &str, manifest: &Node) -> Vec<Node> {
    files(manifest).iter().flat_map(|(_, path, _)| slice(world, by, path)).collect()
}

/// Matches and what they bring along, over all pages of a search.
fn paged(world: &World, by: &str, query: &str) -> BTreeMap<String, Node> {
    let mut found = BTreeMap::new();
    let mut next = Some(format!("/fhir/HealthcareService?{query}"));
    while let Some(page) = next {
        let reply = ask(world, "GET", &page, by);
        assert_eq!(reply.status, 200, "{page}");
        let bundle = reply.json();
        let resources = bundle.items("entry").filter_map(|entry| entry.get("resource").cloned());
        found.extend(resources.map(|resource| (name(&resource), resource)));
        next = reply.link("next");
    }
    found
}

#[test]
fn s09_everything_asynchronously() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    let headers = [("Authorization", by.as_str()), ("Prefer", "respond-async"), ("Accept", "application/fhir+json")];
    let reply = world.send("GET", &format!("/fhir/$export?{S9}"), &headers, b"");
    assert_eq!(reply.status, 202);
    let place = reply.header("content-location").unwrap().to_owned();
    assert!(place.starts_with("http://ror.test/fhir/$export-poll-status?_jobId="), "{place}");
    let reply = waited(world, by, &path(&place));
    assert!(reply.header("content-type").unwrap().starts_with("application/json") && reply.header("expires").is_some());
    let manifest = reply.json();
    assert_eq!(manifest.str("transactionTime"), Some("2026-01-01T08:00:00+01:00"));
    let request = manifest.str("request").unwrap();
    assert!(
        request.starts_with("http://ror.test/fhir/$export?_outputFormat=application/fhir%2Bjson&_type="),
        "{request}"
    );
    assert_eq!(manifest.get("requiresAccessToken").and_then(Node::as_bool), Some(true));
    for none in ["error", "deleted"] {
        assert_eq!(manifest.get(none).and_then(Node::as_array), Some(&[][..]), "{none}");
    }
    let files = files(&manifest);
    let [(rtype, url, count)] = &files[..] else { panic!("one slice: {files:?}") };
    assert_eq!((rtype.as_str(), *count), ("HealthcareService", 9), "four offers, three places, two structures");
    assert_eq!(url.rsplit('/').next(), Some("HealthcareService-0001.json"));
    let resources = slice(world, by, url);
    assert_eq!(resources.len(), 9, "each once");
    let offers: Vec<_> = resources[..4].iter().map(|offer| offer.str("id").unwrap().to_owned()).collect();
    assert_eq!(offers, world.get_all("/fhir/HealthcareService").ids("match"), "in the order of ids, the linked after");
    // What S8 brings, to the byte of each resource, by whatever base.
    let expected = paged(world, by, INC);
    assert_eq!(
        resources.iter().map(|resource| (name(resource), resource.clone())).collect::<BTreeMap<_, _>>(),
        expected
    );
    let other = ask(world, "GET", &url.replace("/fhir/", "/ws-diffusion-fhir/"), by);
    assert!(String::from_utf8_lossy(&other.body).contains("http://ror.test/ws-diffusion-fhir/Location/"));
    // A complete extract, whatever the parameter says.
    let same = self::manifest(world, by, "_type=HealthcareService");
    assert_eq!(all(world, by, &same), resources);
}

#[test]
fn s10_one_region_equals_the_union_of_its_pages() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    let region = "https%3A%2F%2Fmos.esante.gouv.fr%2FNOS%2FTRE_R30-RegionOM%2FFHIR%2FTRE-R30-RegionOM";
    let filter = |code: &str| format!("_typeFilter=HealthcareService%3F_tag%3D{region}%7C{code}");
    for (code, offers) in [("84", 3), ("27", 1), ("11", 0)] {
        let pages = paged(world, by, &format!("_tag={region}|{code}&{INC}&_count=1"));
        assert_eq!(pages.keys().filter(|name| name.starts_with("HealthcareService/")).count(), offers, "{code}");
        // Also the variant without _type, in application/json.
        for query in [format!("{S9}&{}", filter(code)), format!("_outputFormat=application/json&{}", filter(code))] {
            let manifest = manifest(world, by, &query);
            let held = all(world, by, &manifest).into_iter().map(|resource| (name(&resource), resource));
            assert_eq!(held.collect::<BTreeMap<_, _>>(), pages, "{query}");
        }
    }
    let two = manifest(world, by, &format!("{S9}&{}&{}", filter("84"), filter("27")));
    assert_eq!(all(world, by, &two).len(), 9, "one of several filters is enough");
}

#[test]
fn d47_one_resource_on_a_line_and_one_file_for_a_type() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    for format in ["application/fhir%2Bndjson", "application/fhir+ndjson", "application/ndjson", "ndjson"] {
        let manifest = manifest(world, by, &format!("_type=HealthcareService&_outputFormat={format}"));
        let types: Vec<_> = files(&manifest).into_iter().map(|(rtype, _, count)| (rtype, count)).collect();
        let expected = [("HealthcareService", 4), ("Location", 3), ("Organization", 2)];
        assert_eq!(types, expected.map(|(rtype, count)| (rtype.to_owned(), count)), "{format}");
        for (rtype, url, count) in files(&manifest) {
            assert_eq!(url.rsplit('/').next(), Some(&*format!("{rtype}.ndjson")));
            let accept = [("Authorization", by.as_str()), ("Accept", "application/fhir+ndjson")];
            let reply = world.send("GET", &url, &accept, b"");
            assert!(reply.header("content-type").unwrap().starts_with("application/fhir+ndjson"));
            let text = String::from_utf8(reply.body).unwrap();
            assert!(text.ends_with('\n'));
            let read = |line: &str| {
                let resource = Node::parse(line.as_bytes()).expect("a resource on its line");
                assert_eq!(world.get_all(&format!("/fhir/{}", name(&resource))).body, line.as_bytes());
                resource.str("id").unwrap().to_owned()
            };
            let ids: Vec<String> = text.lines().map(read).collect();
            assert_eq!((ids.len() as i64, ids.is_sorted()), (count, true), "{rtype}");
        }
    }
}

#[test]
fn d47_all_five_types_when_none_is_named() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    let held = |query: &str| -> Vec<(String, i64)> {
        files(&manifest(world, by, query)).into_iter().map(|(rtype, _, count)| (rtype, count)).collect()
    };
    let all = [("HealthcareService", 4), ("Location", 3), ("Organization", 2)];
    let all = all.map(|(rtype, count)| (rtype.to_owned(), count));
    assert_eq!(held(""), all);
    for query in
        ["_type=Location,Organization", "_type=Organization&_type=Location", "_type=Organization,Location,Location"]
    {
        assert_eq!(held(query), all[1..], "{query}: nothing is linked to them, each once");
    }
    assert_eq!(held("_type=Practitioner"), []);
    let filtered = "_type=Location,Organization&_typeFilter=Location%3Fidentifier%3D84%2F450012";
    assert_eq!(held(filtered), [("Location".to_owned(), 1), ("Organization".to_owned(), 2)]);
}

#[test]
fn each_sees_its_own_projection_and_nothing_that_became_hidden() {
    let t = territory();
    let (world, public) = (&t.world, t.world.client(0));
    let full = manifest(world, &world.writer, "_type=HealthcareService&_outputFormat=ndjson");
    let theirs = manifest(world, &public, "_type=HealthcareService&_outputFormat=ndjson");
    let counts = |manifest: &Node| files(manifest).iter().map(|(_, _, count)| *count).collect::<Vec<_>>();
    assert_eq!((counts(&full), counts(&theirs)), (vec![4, 3, 2], vec![3, 2, 2]));
    let text = |by: &str, manifest: &Node, at: usize| {
        String::from_utf8(ask(world, "GET", &files(manifest)[at].1, by).body).unwrap()
    };
    for at in 0..3 {
        let text = text(&public, &theirs, at);
        for line in text.lines() {
            let resource = Node::parse(line.as_bytes()).unwrap();
            assert_eq!(world.get(&format!("/fhir/{}", name(&resource))).body, line.as_bytes(), "as anyone reads it");
        }
        assert!(!text.contains(&t.hidden) && !text.contains("Cach"));
    }

    let one = format!("_type=HealthcareService,Practitioner&_typeFilter=HealthcareService%3F_id%3D{}", t.offers[0]);
    let alone = manifest(world, &public, &one);
    assert_eq!(slice(world, &public, &files(&alone)[0].1).len(), 1);

    // One of the offers becomes a sensitive unit, another changes its name.
    let mut closed = world.get_all(&format!("/fhir/HealthcareService/{}", t.offers[0])).json();
    let extensions = closed.get_mut("extension").unwrap();
    *extensions = offer("", true, "", "").get("extension").unwrap().clone();
    let reply = world.put(&closed, &[("If-Match", "W/\"1\"")]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let mut renamed = world.get_all(&format!("/fhir/HealthcareService/{}", t.offers[1])).json();
    renamed.as_object_mut().unwrap().insert("name", "Autre nom");
    assert_eq!(world.put(&renamed, &[("If-Match", "W/\"1\"")]).status, 200);
    assert_eq!(world.get(&format!("/fhir/HealthcareService/{}", t.offers[0])).status, 404);
    let offers = text(&public, &theirs, 0);
    assert!(!offers.contains(&t.offers[0]) && offers.contains("Autre nom"), "{offers}");
    assert_eq!(offers.lines().count(), 2);
    let places = text(&public, &theirs, 1);
    assert!(!places.contains(&t.places[0]), "its place is seen no more either: {places}");
    assert!(text(&world.writer, &full, 0).contains(&t.offers[0]), "hidden from the public alone");
    // What came since is not of the export.
    let (_, new) = open_place(world, &t.organization, "84/7", 46.3);
    assert!(!text(&world.writer, &full, 0).contains(&new));

    // A slice from which all has gone is still a Bundle, without an empty list.
    let bundle = ask(world, "GET", &files(&alone)[0].1, &public).json();
    assert_eq!((bundle.str("type"), bundle.get("entry")), (Some("collection"), None));
}

#[test]
fn d47_the_export_of_another_is_404_and_without_token_401() {
    let t = territory();
    let world = &t.world;
    let poll = kicked_off(world, &world.writer, S9);
    let manifest = waited(world, &world.writer, &poll).json();
    let file = files(&manifest)[0].1.clone();
    let other = world.client(1);
    let unknown = "/fhir/$export-poll-status?_jobId=00000000-0000-4000-8000-000000000000";
    let nothing = ask(world, "GET", unknown, &other);
    assert_eq!(nothing.refusal(), (404, "not-found".into(), "unknown-export".into(), "-".into()));
    for (method, path) in [("GET", &poll), ("GET", &file), ("DELETE", &poll), ("HEAD", &file)] {
        let reply = ask(world, method, path, &other);
        assert_eq!(reply.status, 404, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(reply.body, nothing.body, "as if it were none");
        }
    }
    for path in ["/fhir/$export-poll-status?_jobId=x", "/fhir/$export-get-file/x/Location.ndjson"] {
        assert_eq!(ask(world, "GET", path, &world.writer).refusal().2, "unknown-export", "{path}");
    }
    for path in [file.replace("-0001", "-0002"), file.replace("0001.json", "0001.json%2F..%2Fx")] {
        assert_eq!(ask(world, "GET", &path, &world.writer).refusal().2, "unknown-export", "{path}");
    }
    for (method, path) in
        [("GET", "/fhir/$export"), ("POST", "/fhir/$export"), ("GET", &poll), ("DELETE", &poll), ("GET", &file)]
    {
        let reply = world.send(method, path, &[], b"");
        assert_eq!(reply.refusal(), (401, "login".into(), "token-required".into(), "-".into()), "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"ror\""));
    }
    assert_eq!(ask(world, "GET", &file, &world.writer).status, 200, "nobody ended it");
}

#[test]
fn d47_one_export_in_preparation_for_a_client_which_may_end_it() {
    let never = |settings: &mut ror_api::Settings| {
        settings.sandbox = true;
        settings.limits.exporting = 0;
    };
    let t = territory_in(World::with(never));
    let world = &t.world;
    let by = &world.writer;
    let poll = kicked_off(world, by, S9);
    let reply = ask(world, "GET", &poll, by);
    assert_eq!(
        (reply.status, reply.header("x-progress"), reply.header("retry-after")),
        (202, Some("en attente"), Some("2"))
    );
    let second = ask(world, "GET", "/fhir/$export", by);
    assert_eq!(second.refusal(), (429, "throttled".into(), "export-in-preparation".into(), "-".into()));
    assert_eq!(second.header("retry-after"), Some("10"));
    kicked_off(world, &world.client(1), S9);
    assert_eq!(world.get_all("/fhir/Location").status, 200, "no search waits for an export");

    assert_eq!(ask(world, "DELETE", &poll, by).status, 202);
    for method in ["GET", "DELETE"] {
        assert_eq!(ask(world, method, &poll, by).status, 404);
    }
    let kept = kicked_off(world, by, S9);
    // A stop interrupts it; whoever asks about it goes on with it.
    let world = t.world.restarted(|_| ());
    let by = &world.writer;
    assert_eq!(ask(&world, "GET", &kept, by).status, 202);
    assert_eq!(all(&world, by, &waited(&world, by, &kept).json()).len(), 9);
}

#[test]
fn an_export_outlives_a_restart_and_ends_when_it_is_cancelled() {
    let t = territory();
    let poll = kicked_off(&t.world, &t.world.writer, S9);
    let before = waited(&t.world, &t.world.writer, &poll);
    let folder = t.world.folder.path().join("exports");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = String::from_utf8(std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        assert!(text.contains(&t.hidden) && !text.contains("Cach"), "names of resources, no text of any: {text}");
    }
    let world = t.world.restarted(|_| ());
    let after = waited(&world, &world.writer, &poll);
    assert_eq!(after.body, before.body);
    let file = files(&after.json())[0].1.clone();
    assert_eq!(slice(&world, &world.writer, &file).len(), 9);
    assert_eq!(ask(&world, "DELETE", &poll, &world.writer).status, 202);
    for path in [&poll, &file] {
        assert_eq!(ask(&world, "GET", path, &world.writer).status, 404);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn d47_an_export_is_kept_for_a_day() {
    let t = territory();
    let world = &t.world;
    let form = world.registered(1, ClientRights::default());
    let by = world.authorization(&form);
    let poll = kicked_off(world, &by, S9);
    let file = files(&waited(world, &by, &poll).json())[0].1.clone();
    world.wait(DAY_MS - 1);
    let by = world.authorization(&form);
    assert_eq!(ask(world, "GET", &poll, &by).header("expires"), Some("Fri, 02 Jan 2026 07:00:00 GMT"));
    assert_eq!(slice(world, &by, &file).len(), 9);
    world.wait(1);
    for path in [&file, &poll] {
        assert_eq!(ask(world, "GET", path, &by).refusal().2, "unknown-export");
    }
    assert_eq!(std::fs::read_dir(world.folder.path().join("exports")).unwrap().count(), 0);
}

#[test]
fn d47_since_keeps_what_changed_for_its_caller() {
    let mut t = territory();
    t.world.wait(60_000);
    t.world.writer = t.world.client(1);
    let (place, late) = open_place(&t.world, &t.organization, "84/7", 46.3);
    let (world, by) = (&t.world, &t.world.writer);
    let since = |since: &str, more: &str| {
        let manifest = manifest(world, by, &format!("_since={since}{more}"));
        let names = all(world, by, &manifest).iter().map(name).collect::<BTreeSet<_>>();
        assert_eq!(files(&manifest).iter().map(|(_, _, count)| *count as usize).sum::<usize>(), names.len());
        names
    };
    let new = || BTreeSet::from([format!("HealthcareService/{late}"), format!("Location/{place}")]);
    // The moment itself is of it: a manifest tells its time to the second.
    for moment in ["2026-01-01T08:01:00%2B01:00", "2026-01-01T08:01:00+01:00", "2026-01-01T07:00:01Z"] {
        assert_eq!(since(moment, ""), new(), "{moment}");
        assert_eq!(since(moment, "&_type=HealthcareService"), new(), "{moment}");
        assert_eq!(since(moment, "&_type=HealthcareService&_outputFormat=application/json"), new(), "{moment}");
    }
    assert_eq!(since("2026-01-01T08:01:00.001%2B01:00", ""), BTreeSet::new());
    assert_eq!(since("2026-01-01T08:00:00%2B01:00", "&_type=HealthcareService").len(), 11);
}

#[test]
fn each_malformed_parameter_is_400_at_its_name() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    for (query, at) in [
        ("_outputformat=ndjson", "_outputformat"),
        ("_outputFormat=application/fhir%2Bxml", "_outputFormat"),
        ("_outputFormat=", "_outputFormat"),
        ("_outputFormat=ndjson&_outputFormat=ndjson", "_outputFormat"),
        ("_type=", "_type"),
        ("_type=Questionnaire", "_type"),
        ("_type=Patient", "_type"),
        ("_type=location", "_type"),
        ("_type=Location,", "_type"),
        ("_since=2026-01-01", "_since"),
        ("_since=hier", "_since"),
        ("_since=", "_since"),
        ("_since=2026-01-01T00:00:00Z&_since=2026-01-01T00:00:00Z", "_since"),
        ("includeAssociatedData=LatestProvenanceResources", "includeAssociatedData"),
        ("includeAssociatedData=", "includeAssociatedData"),
        ("_typeFilter=", "_typeFilter"),
        ("_typeFilter=HealthcareService", "_typeFilter"),
        ("_typeFilter=HealthcareService%3F", "_typeFilter"),
        ("_typeFilter=Questionnaire%3Fname%3Dx", "_typeFilter"),
        ("_typeFilter=_tag%3D84", "_typeFilter"),
        ("_typeFilter=Location%3Fname%3D%25zz", "_typeFilter"),
        ("_typeFilter=Location%3Fname%3Dx,Organization%3Fname%3Dx", "_typeFilter"),
        ("_type=Location&_typeFilter=Organization%3Fname%3Dx", "_typeFilter"),
        ("_typeFilter=Location%3Fnom%3Dx", "nom"),
        ("_typeFilter=HealthcareService%3Flocation.near%3D91%7C0", "location.near"),
        ("_typeFilter=Location%3Fname:near%3Dx", "name:near"),
        ("_typeFilter=Location%3F_count%3D10", "_count"),
        ("_typeFilter=Location%3F_include%3Aiterate%3DLocation%3Aorganization", "_include:iterate"),
        ("_typeFilter=Location%3F_sort%3Dname", "_sort"),
        ("_elements=name", "_elements"),
        ("_until=2026-01-01T00:00:00Z", "_until"),
        ("patient=x", "patient"),
        ("_jobId=x", "_jobId"),
    ] {
        let reply = ask(world, "GET", &format!("/fhir/$export?{query}"), by);
        assert_eq!(reply.refusal(), (400, "invalid".into(), "invalid-parameter".into(), at.into()), "{query}");
    }
    for (path, at, detail) in [
        ("$export-poll-status", "_jobId", "missing-parameter"),
        ("$export-poll-status?_jobId=x&_count=1", "_count", "invalid-parameter"),
        ("$export-get-file/x/y?_count=1", "_count", "invalid-parameter"),
        ("$export?%zz", "-", "undecodable-parameters"),
    ] {
        let refusal = ask(world, "GET", &format!("/fhir/{path}"), by).refusal();
        assert_eq!((refusal.0, refusal.2.as_str(), refusal.3.as_str()), (400, detail, at), "{path}");
    }
    for (method, path, status) in [
        ("HEAD", "$export", 405),
        ("DELETE", "$export", 405),
        ("POST", "$export-poll-status", 405),
        ("DELETE", "$export-get-file/x/y", 405),
        ("GET", "HealthcareService/$export", 404),
        ("GET", "$export-get-file/x", 404),
    ] {
        assert_eq!(ask(world, method, &format!("/fhir/{path}"), by).status, status, "{method} {path}");
    }
    let all = ask(world, "GET", "/fhir/$export?_type=x&_since=x&y=1", by).json();
    assert_eq!(all.items("issue").count(), 3, "all faults at once");
    assert_eq!(std::fs::read_dir(world.folder.path().join("exports")).unwrap().count(), 0);
}

#[test]
fn an_export_is_asked_for_by_form_too_and_remarks_on_what_it_read_otherwise() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    let headers = [("Authorization", by.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let form = "_type=Location&_typeFilter=Location%3F_tag%3D84%26identifier%3D84/450012";
    let reply = world.send("POST", "/fhir/$export?_outputFormat=ndjson", &headers, form.as_bytes());
    assert_eq!(reply.status, 202);
    let manifest = waited(world, by, &path(reply.header("content-location").unwrap())).json();
    assert_eq!(files(&manifest).iter().map(|(_, _, count)| *count).collect::<Vec<_>>(), [1]);
    assert!(
        manifest.str("request").unwrap().contains("_type=Location&_typeFilter=Location?_tag%3D84%26"),
        "{manifest:?}"
    );
    let json = [("Authorization", by.as_str()), FHIR_JSON];
    assert_eq!(world.send("POST", "/fhir/$export", &json, b"{\"resourceType\":\"Parameters\"}").status, 415);
    let forgiven = format!("_typeFilter=HealthcareService%3F_tag%3D{NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM%7C999");
    let reply = ask(world, "GET", &format!("/fhir/$export?{forgiven}"), by);
    let outcome = reply.json();
    assert_eq!(outcome.items("issue").next().and_then(|issue| issue.str("severity")), Some("warning"));
    let strict = [("Authorization", by.as_str()), ("Prefer", "handling=strict")];
    let reply = world.send("GET", "/fhir/$export", &strict, b"");
    assert_eq!(reply.refusal().2, "missing-header", "the four headers, in strict mode (D16)");
}

/// A file of several pieces: the same to the byte whatever packs it, and whoever asks by HEAD.
#[test]
fn a_long_file_leaves_in_pieces_packed_or_not() {
    let t = territory();
    let (world, by) = (&t.world, &t.world.writer);
    for number in 0..40 {
        let mut long = offer(&format!("Longue {number}"), number % 2 == 0, &t.organization, &t.places[0]);
        long.as_object_mut().unwrap().insert("comment", "très long ".repeat(2_000));
        world.store(&long);
    }
    for query in ["_type=HealthcareService&_outputFormat=ndjson", S9] {
        let manifest = manifest(world, by, query);
        let file = files(&manifest)[0].1.clone();
        let plain = ask(world, "GET", &file, by);
        assert!(plain.body.len() > 700_000 && plain.header("content-length").is_none());
        let asked = |encoding: &str| {
            let headers = [("Authorization", by.as_str()), ("Accept-Encoding", encoding)];
            world.send("GET", &file, &headers, b"")
        };
        let (zstd, gzip) = (asked("zstd"), asked("gzip"));
        assert_eq!((zstd.header("content-encoding"), gzip.header("content-encoding")), (Some("zstd"), Some("gzip")));
        let mut unpacked = [zstd::stream::decode_all(&*zstd.body).unwrap(), Vec::new()];
        flate2::read::GzDecoder::new(&*gzip.body).read_to_end(&mut unpacked[1]).unwrap();
        // The id of a Bundle is random (D78).
        let from = if query == S9 { 90 } else { 0 };
        for text in unpacked {
            assert!(text[from..] == plain.body[from..], "{query}");
        }
        assert!(zstd.body.len() < plain.body.len() / 50);
        let head = ask(world, "HEAD", &file, by);
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-type"), plain.header("content-type"));
    }
}
