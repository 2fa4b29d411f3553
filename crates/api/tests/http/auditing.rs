//! What a day of calls leaves in the traces: each line it should, and no other (D63).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ror_api::{Limits, Settings};
use ror_fhir::{Node, node};
use ror_identity::{CallKind, ClientRights, Marks, TraceFilter, TraceLine, Traces};
use tempfile::TempDir;

use crate::common::{FHIR_JSON, ROR, Reply, START, World, coded, establishment, offer, open_place};

struct Day {
    world: World,
    traces: Arc<Traces>,
    folder: TempDir,
}

impl Day {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let traces = Arc::new(Traces::open(&folder.path().join("audit.sqlite"), START).unwrap());
        let held = Arc::clone(&traces);
        let world = World::with(move |settings| {
            settings.sandbox = true;
            settings.traces = Some(held);
            change(settings);
        });
        Self { world, traces, folder }
    }

    /// Every line so far, oldest first.
    fn lines(&self) -> Vec<TraceLine> {
        assert!(self.traces.flush(Duration::from_mins(1)));
        let rows = self.traces.search(&TraceFilter::default(), u64::MAX, 1_000).unwrap();
        rows.into_iter().rev().map(|row| row.trace).collect()
    }

    /// What `ask` leaves, besides its answer.
    fn left(&self, ask: impl FnOnce(&World) -> Reply) -> (Reply, Vec<TraceLine>) {
        let before = self.lines().len();
        let reply = ask(&self.world);
        (reply, self.lines().split_off(before))
    }

    /// The one line that `ask` leaves; it must carry the number of the answer.
    fn one(&self, status: u16, ask: impl FnOnce(&World) -> Reply) -> TraceLine {
        let (reply, mut lines) = self.left(ask);
        assert_eq!((reply.status, lines.len()), (status, 1), "{lines:?} {}", String::from_utf8_lossy(&reply.body));
        let line = lines.remove(0);
        assert_eq!(line.outcome, status);
        assert_eq!(Some(line.request_id.as_str()), reply.header("x-request-id").or(Some("")), "{line:?}");
        assert_eq!(line.at, self.world.clock.load(std::sync::atomic::Ordering::Relaxed));
        line
    }

    fn none(&self, status: u16, ask: impl FnOnce(&World) -> Reply) -> Reply {
        let (reply, lines) = self.left(ask);
        assert_eq!((reply.status, &*lines), (status, &[][..]), "{}", String::from_utf8_lossy(&reply.body));
        reply
    }
}

fn level(carrier: &str) -> Node {
    let value = coded("TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite", "2");
    node!({"url": format!("{ROR}/{carrier}"), "valueCodeableConcept": value})
}

/// An establishment with a contact of level 2 that names somebody.
fn with_contact(name: &str, finess: &str) -> Node {
    let function = coded("TRE_R251-FonctionContact/FHIR/TRE-R251-FonctionContact", "01");
    let channel = coded("TRE_R200-CanalCommunication/FHIR/TRE-R200-CanalCommunication", "2");
    let contact = node!({
        "extension": [{"url": format!("{ROR}/ror-contact-function-contact"), "valueCodeableConcept": function},
            (level("ror-contact-confidentiality-level"))],
        "name": {"family": "Vallon", "given": ["Ambre"]},
        "telecom": [{"extension": [{"url": format!("{ROR}/ror-telecom-communication-channel"),
            "valueCodeableConcept": channel}, (level("ror-telecom-confidentiality-level"))],
            "system": "phone", "value": "0199009901"}]});
    let mut resource = establishment(name, finess);
    resource.as_object_mut().unwrap().insert("contact", vec![contact]);
    resource
}

fn read(path: String, who: &str) -> impl FnOnce(&World) -> Reply {
    move |world| world.send("GET", &path, &[("Authorization", who)], b"")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one day, from its beginning to its end")]
fn d63_a_day_of_calls_leaves_its_lines_and_no_other() {
    let day = Day::new(|_| ());
    let granted = day.lines().remove(0);
    assert_eq!((granted.action.as_str(), granted.outcome, granted.reason.as_str()), ("token", 200, ""));
    let writer = granted.actor;
    assert!(writer.starts_with("profil-1-"), "{writer}");
    let second = day.world.client(2);
    let auditor = day.world.client_with(0, ClientRights { audit: true, ..ClientRights::default() });
    assert_eq!(day.lines().len(), 3, "one line per token");

    // Writes that are done are in the ledger, with the row that they explain.
    let before = day.world.ledger.audit_tail(0, 1_000).unwrap().len();
    let named = day.world.store(&with_contact("Hôpital", "010000024"));
    let (place, ordinary) = open_place(&day.world, &named, "84/1", 46.2);
    let hidden = day.world.store(&offer("Unité fermée", true, &named, &place));
    let written = day.world.ledger.audit_tail(0, 1_000).unwrap().split_off(before);
    let written: Vec<_> = written.iter().map(|row| (row.entry.action.as_str(), row.entry.target.clone())).collect();
    for target in [format!("Organization/{named}"), format!("HealthcareService/{hidden}")] {
        assert!(written.contains(&("create", target.clone())), "{target}: {written:?}");
    }
    assert_eq!(day.lines().len(), 3);
    day.world.wait(60_000);

    // The public reads what is public.
    for path in [format!("/fhir/HealthcareService/{ordinary}"), "/fhir/Organization?name=Hôpital".to_owned()] {
        let path = path.replace('ô', "%C3%B4");
        day.none(200, move |world| world.get(&path));
    }
    day.none(404, |world| world.get("/fhir/Patient/1"));
    day.none(400, |world| world.get("/fhir/Location?nom=dupont"));
    day.none(200, |world| world.get("/fhir/metadata"));

    // What is hidden and what never was are refused alike, and leave the same line.
    for id in [hidden.as_str(), "personne"] {
        let line = day.one(404, |world| world.get(&format!("/fhir/HealthcareService/{id}?_elements=name")));
        let expected = TraceLine {
            at: line.at,
            duration_us: line.duration_us,
            request_id: line.request_id.clone(),
            actor: "anonyme".into(),
            client: "anonyme".into(),
            profile: Some(0),
            action: "read".into(),
            resources: format!("HealthcareService/{id}"),
            criteria: "_elements=name".into(),
            outcome: 404,
            reason: "unknown-resource".into(),
            ..TraceLine::default()
        };
        assert_eq!(line, expected);
    }

    // Level 3, with what the caller declares.
    let declared = [
        ("Authorization", day.world.writer.as_str()),
        ("Ror-Role-Metier-Code", "10"),
        ("Ror-Profil-Utilisateur-Code", "M. Dupont"),
        ("X-ROR-Purpose", "soins"),
    ];
    let line = day.one(200, |w| w.send("GET", &format!("/fhir/HealthcareService/{hidden}"), &declared, b""));
    assert_eq!((line.marks, line.count, line.profile), (Marks::LEVEL_3, 1, Some(1)));
    assert_eq!((line.actor.as_str(), line.declared.as_str(), line.purpose.as_str()), (&*writer, "10", "soins"));
    assert_eq!(line.resources, format!("HealthcareService/{hidden}"));
    let known = [("Authorization", day.world.writer.as_str()), ("If-None-Match", "*")];
    day.none(304, |w| w.send("GET", &format!("/fhir/HealthcareService/{hidden}"), &known, b""));
    day.none(404, |w| w.get(&format!("/fhir/Bed/{hidden}")));
    let line = day.one(404, read(format!("/fhir/HealthcareService/{hidden}"), &second));
    assert_eq!((line.profile, line.marks), (Some(2), Marks::default()));

    // A named contact of level 2, brought along by a search, whose words are not kept.
    let search = "/fhir/HealthcareService?name=dupont,offre&_include=HealthcareService:organization";
    let line = day.one(200, read(search.to_owned(), &second));
    assert_eq!((line.marks, line.count, line.action.as_str()), (Marks::NAMED_CONTACT, 2, "search"));
    assert_eq!(line.resources, format!("Organization/{named}"));
    assert_eq!(line.criteria, "name=***&_include=HealthcareService:organization");
    let form = [("Authorization", second.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let line = day.one(200, |w| w.send("POST", "/fhir/Organization/_search", &form, b"identifier=010000024&name=h"));
    assert_eq!((line.criteria.as_str(), line.action.as_str()), ("identifier=010000024&name=***", "search"));
    day.none(200, read("/fhir/Organization?_summary=count".to_owned(), &second));
    day.none(200, read(format!("/fhir/HealthcareService/{ordinary}"), &second));
    let line = day.one(200, read(format!("/fhir/Organization/{named}/$validate"), &second));
    assert_eq!((line.action.as_str(), line.marks), ("validate", Marks::NAMED_CONTACT));

    // Refusals, and writes that were not done.
    let line = day.one(401, read("/fhir/Location".to_owned(), "Bearer no-token"));
    assert_eq!((line.actor.as_str(), line.profile, line.action.as_str()), ("", None, "search"));
    let mut changed = with_contact("Hôpital", "010000024");
    changed.as_object_mut().unwrap().insert("id", named.as_str());
    let path = format!("/fhir/Organization/{named}");
    let reading = [("Authorization", second.as_str()), FHIR_JSON];
    let line = day.one(403, |w| w.send("PUT", &path, &reading, &changed.to_bytes()));
    assert_eq!((line.action.as_str(), line.reason.as_str()), ("update", "write-not-granted"));
    let line = day.one(412, |w| w.put(&changed, &[("If-Match", "W/\"9\"")]));
    assert_eq!((line.reason.as_str(), line.resources), ("version-conflict", format!("Organization/{named}")));
    let line = day.one(400, |w| w.send("POST", "/fhir/Location", &[("Authorization", &w.writer), FHIR_JSON], b"{"));
    assert_eq!((line.action.as_str(), line.reason.as_str()), ("create", "json-truncated"));
    let line = day.one(200, |w| w.put(&changed, &[]));
    assert_eq!((line.action.as_str(), line.marks), ("update", Marks::NAMED_CONTACT), "what changes nothing only reads");
    let line = day.one(401, |w| w.token(&format!("grant_type=client_credentials&client_id={writer}&client_secret=x")));
    assert_eq!((line.action.as_str(), &line.actor, line.reason.as_str()), ("token", &writer, "invalid_client"));
    let line = day.one(400, |w| w.token("grant_type=password&client_id=jean@exemple.fr"));
    assert_eq!((line.actor.as_str(), line.reason.as_str()), ("", "unsupported_grant_type"));

    // Who may read the traces is told apart by the register alone; reading them leaves a line.
    for path in ["/fhir/AuditEvent", "/fhir/AuditEvent/1", "/fhir/AuditEvent?nom=x"] {
        let line = day.one(403, read(path.to_owned(), &day.world.writer));
        assert_eq!((line.action.as_str(), line.reason.as_str()), ("audit", "audit-not-granted"));
    }
    let held = day.lines().len();
    let path = "/fhir/AuditEvent?action=R&outcome=0&_count=2".to_owned();
    let (reply, left) = day.left(read(path, &auditor));
    assert_eq!((reply.status, reply.total(), left.len()), (200, 3, 1));
    let entries: Vec<Node> = reply.json().items("entry").filter_map(|entry| entry.get("resource").cloned()).collect();
    assert_eq!(entries.len(), 2);
    check_event(&entries[1], &named);
    let next = reply.link("next").expect("a third");
    assert_eq!(day.one(200, read(next, &auditor)).count, 1);
    let about = day.one(200, read(format!("/fhir/AuditEvent?entity=HealthcareService/{hidden}"), &auditor));
    assert_eq!(about.count, 4, "written once, read once, refused twice");
    assert_eq!(day.one(200, read("/fhir/AuditEvent?altid=anonyme&date=2026-01-01".to_owned(), &auditor)).count, 2);
    assert_eq!(day.one(200, read("/fhir/AuditEvent?date=lt2026-01-01".to_owned(), &auditor)).count, 0);
    assert_eq!(day.none(400, read("/fhir/AuditEvent?date=hier".to_owned(), &auditor)).refusal().3, "date");
    assert_eq!(day.one(200, read("/fhir/AuditEvent/1".to_owned(), &auditor)).count, 1);
    assert_eq!(day.one(404, read("/fhir/AuditEvent/9999".to_owned(), &auditor)).action, "audit");

    // Nothing of persons, of resources or of secrets, whatever was sent; and the chain holds.
    let lines = day.lines();
    assert_eq!(lines.len(), held + 7);
    let text = format!("{lines:?}");
    for secret in ["upont", "Vallon", "0199009901", "Unité", "exemple.fr", "no-token", "nom=x"] {
        assert!(!text.contains(secret), "{secret}");
    }
    day.traces.close().unwrap();
    let report = Traces::check(&day.folder.path().join("audit.sqlite")).unwrap();
    assert_eq!((report.traces, &*report.faults), (lines.len() as u64, &[][..]));
    assert!(day.world.ledger.check(&mut |_| {}).unwrap().is_clean());
}

#[test]
fn d63_a_count_that_tells_of_level_3_leaves_its_line_and_no_other_count_does() {
    let day = Day::new(|_| ());
    let (first, second) = (day.world.writer.clone(), day.world.client(2));
    let named = day.world.store(&with_contact("Hôpital", "010000024"));
    let (place, ordinary) = open_place(&day.world, &named, "84/1", 46.2);
    day.world.wait(1_000);
    let hidden = day.world.store(&offer("Unité fermée", true, &named, &place));
    let count = |criteria: &str| format!("/fhir/HealthcareService?{criteria}&_summary=count");
    for criteria in
        ["name=fermee", "location.near=46.2|5.2|50|km", "organization=Organization/x,Organization/y&_id:not=z"]
    {
        day.none(200, read(count(criteria), &second));
    }
    let line = day.one(200, read(count("name=unite"), &first));
    assert_eq!((line.marks, line.resources.as_str(), line.count), (Marks::LEVEL_3, "", 0));
    assert_eq!(line.criteria, "name=***&_summary=count");
    let named_so = format!("_id={ordinary},{hidden}");
    assert_eq!(day.one(200, read(count(&named_so), &first)).marks, Marks::LEVEL_3);
    // A page of one that is ordinary, of two that are counted.
    let mut pages = Vec::new();
    for sort in ["_lastUpdated", "-_lastUpdated"] {
        let page = format!("/fhir/HealthcareService?{named_so}&_sort={sort}&_count=1");
        let line = day.one(200, read(page, &first));
        pages.push((line.marks, line.resources));
    }
    pages.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(pages, [(Marks::LEVEL_3, String::new()), (Marks::LEVEL_3, format!("HealthcareService/{hidden}"))]);
    for criteria in [format!("_id={ordinary}"), "name=inconnu".to_owned()] {
        day.none(200, read(count(&criteria), &first));
    }
    day.none(200, read("/fhir/HealthcareService?_summary=count".to_owned(), &first));
}

/// The resources of a page of traces.
fn events(reply: &Reply) -> Vec<Node> {
    reply.json().items("entry").filter_map(|entry| entry.get("resource").cloned()).collect()
}

#[test]
fn d63_writes_and_changes_of_rights_are_audit_events_beside_calls() {
    let day = Day::new(|_| ());
    let auditor = day.world.client_with(0, ClientRights { audit: true, ..ClientRights::default() });
    let named = day.world.store(&with_contact("Hôpital", "010000024"));
    day.world.wait(1_000);
    let mut changed = with_contact("Clinique", "010000024");
    changed.as_object_mut().unwrap().insert("id", named.as_str());
    assert_eq!(day.world.put(&changed, &[]).status, 200);
    assert_eq!(day.world.get("/fhir/Organization/personne").status, 404);
    assert!(day.traces.flush(Duration::from_mins(1)));
    let ask = |query: &str| {
        let reply = read(format!("/fhir/AuditEvent{query}"), &auditor)(&day.world);
        assert_eq!(reply.status, 200, "{query}");
        reply
    };
    let about = |query: &str| -> Vec<(String, String, String)> {
        let text = |node: Option<&Node>, name: &str| node.and_then(|node| node.str(name)).unwrap_or("").to_owned();
        let row = |event: &Node| {
            let kind = text(event.get("type"), "code");
            (text(Some(event), "id"), text(event.items("subtype").next(), "code"), kind)
        };
        events(&ask(query)).iter().map(row).collect()
    };
    let creations = about(&format!("?action=C&entity=Organization/{named}"));
    assert_eq!(creations.len(), 1);
    let (id, action, kind) = &creations[0];
    assert!(id.starts_with("ledger-") && action == "create" && kind == "rest", "{creations:?}");
    let alone = ask(&format!("/{id}")).json();
    let what = alone.items("entity").next().and_then(|entity| entity.get("what")?.str("reference").map(str::to_owned));
    assert_eq!((alone.str("id"), what), (Some(id.as_str()), Some(format!("Organization/{named}"))));
    let agent = alone.items("agent").next().and_then(|agent| agent.str("altId").map(str::to_owned));
    assert!(agent.is_some_and(|agent| agent.starts_with("profil-1-")));
    assert_eq!((alone.str("action"), alone.str("outcome")), (Some("C"), Some("0")));
    assert_eq!(about(&format!("?action=U&outcome=0&entity=Organization/{named}")).len(), 1);
    assert_eq!(about(&format!("?_id={id}")).len(), 1);
    assert_eq!(about(&format!("?_id={id}&action=R")).len(), 0);
    assert_eq!(about("?action=D").len(), 0);
    let rights = about("?action=E&altid=console");
    assert!(rights.iter().any(|(_, action, kind)| action == "client-add" && kind == "110113"), "{rights:?}");
    assert!(rights.len() >= 2, "the writer and the auditor: {rights:?}");
    assert!(about("?action=E").iter().any(|(_, action, kind)| action == "token" && kind == "110114"));
    assert_eq!(read("/fhir/AuditEvent/ledger-9999".to_owned(), &auditor)(&day.world).status, 404);
    assert_eq!(read("/fhir/AuditEvent?_page=7".to_owned(), &auditor)(&day.world).refusal().3, "_page");

    // From page to page, each line of both logs once, the later date first.
    assert!(day.traces.flush(Duration::from_mins(1)));
    let mut reply = ask("?_count=3&date=le2027");
    let total = reply.total();
    let mut seen: Vec<(String, String)> = Vec::new();
    loop {
        let page = events(&reply);
        let named = |event: &Node, name: &str| event.str(name).expect("a member").to_owned();
        seen.extend(page.iter().map(|event| (named(event, "recorded"), named(event, "id"))));
        let Some(next) = reply.link("next") else { break };
        reply = read(next, &auditor)(&day.world);
    }
    assert!(seen.is_sorted_by(|a, b| a.0 >= b.0), "{seen:?}");
    let ids: std::collections::BTreeSet<&str> = seen.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!((ids.len(), i64::try_from(seen.len())), (seen.len(), Ok(total)));
    assert!(ids.iter().any(|id| id.starts_with("ledger-")) && ids.contains("1"));
}

fn check_event(event: &Node, named: &str) {
    assert_eq!((event.str("resourceType"), event.str("action")), (Some("AuditEvent"), Some("R")));
    assert_eq!((event.str("outcome"), event.str("recorded")), (Some("0"), Some("2026-01-01T08:01:00+01:00")));
    let agent = event.items("agent").next().unwrap();
    assert!(agent.str("altId").is_some_and(|name| name.starts_with("profil-2-")));
    let about: Vec<_> = event.items("entity").filter_map(|entity| entity.get("what")?.str("reference")).collect();
    assert_eq!(about, [format!("Organization/{named}")]);
    let details: Vec<_> = event.items("entity").flat_map(|entity| entity.items("detail")).collect();
    let detail = |name: &str| details.iter().find(|detail| detail.str("type") == Some(name))?.str("valueString");
    assert_eq!(
        (detail("status"), detail("named-contact"), detail("restricted")),
        (Some("200"), Some("niveau 2"), None)
    );
    assert_eq!(detail("profile"), Some("2"));
}

#[test]
fn refusals_for_asking_too_often_are_counted_not_listed() {
    let few = NonZeroU32::new(5).unwrap();
    let day = Day::new(|settings| {
        settings.sandbox = false;
        settings.limits = Limits { per_second: few, burst: few, ..Limits::default() };
    });
    let refused = (0..40).filter(|_| day.world.get("/fhir/Location?_count=1").status == 429).count() as u64;
    assert!(refused >= 30, "{refused}");
    let lines = day.lines();
    let throttled: Vec<_> = lines.iter().filter(|line| line.outcome == 429).collect();
    assert_eq!(throttled.iter().map(|line| line.count).sum::<u64>(), refused);
    assert!(throttled.len() < 10 && throttled.iter().all(|line| line.actor == "anonyme"), "{throttled:?}");
}

#[test]
fn a_flood_of_refusals_without_token_is_counted_whole() {
    let day = Day::new(|_| ());
    let second = day.world.client(2);
    let before = day.lines().len();
    for _ in 0..300 {
        assert_eq!(day.world.get("/fhir/HealthcareService/personne").status, 404);
    }
    for _ in 0..100 {
        assert_eq!(day.world.send("GET", "/fhir/Location", &[("Authorization", "Bearer x")], b"").status, 401);
        assert_eq!(day.world.token("grant_type=client_credentials&client_id=a&client_secret=b").status, 401);
    }
    assert_eq!(day.world.send("GET", "/fhir/Location/x", &[("Authorization", &second)], b"").status, 404);
    let lines = day.lines().split_off(before);
    let of = |status: u16, action: &str| -> u64 {
        let of = lines.iter().filter(|line| line.outcome == status && line.action == action);
        of.map(|line| line.count.max(1)).sum()
    };
    assert_eq!((of(404, "read"), of(401, "search"), of(401, "token")), (301, 100, 100));
    assert!(lines.len() < 100, "{} lines", lines.len());
    let named = lines.iter().filter(|line| line.profile == Some(2)).collect::<Vec<_>>();
    assert_eq!((named.len(), named[0].resources.as_str()), (1, "Location/x"), "who is known has a line of their own");
}

#[test]
fn what_cannot_be_traced_is_not_read() {
    let day = Day::new(|_| ());
    assert_eq!(day.world.get("/readyz").status, 200);
    let second = day.world.client(2);
    let named = day.world.store(&with_contact("Hôpital", "010000024"));
    day.traces.close().unwrap();
    let path = format!("/fhir/Organization/{named}");
    let reply = day.world.send("GET", &path, &[("Authorization", &second)], b"");
    assert_eq!(reply.refusal(), (503, "transient".into(), "traces-unavailable".into(), "-".into()));
    assert!(!String::from_utf8_lossy(&reply.body).contains("Vallon"));
    assert!(reply.header("x-request-id").is_some() && reply.header("retry-after").is_some());
    assert_eq!(day.world.get(&path).status, 200, "what the public reads leaves no trace");
    for _ in 0..19 {
        assert_eq!(day.world.get("/fhir/Organization/personne").status, 503);
    }
    let figures = day.world.times.of(CallKind::Read).figures().expect("enough");
    assert!(figures.available < 1_000, "what is withheld is a failure: {figures:?}");
    assert_eq!(day.world.token("grant_type=client_credentials").status, 503);
    assert_eq!(day.world.get("/readyz").status, 503, "nothing writes traces any more");
    assert_eq!(day.world.get("/healthz").status, 200);
}

#[test]
fn d63_an_export_leaves_who_asked_for_it_and_what_each_piece_held() {
    let day = Day::new(|_| ());
    let (first, second) = (day.world.writer.clone(), day.world.client(2));
    let named = day.world.store(&with_contact("Hôpital", "010000024"));
    let (place, _) = open_place(&day.world, &named, "84/1", 46.2);
    let mut restricted = std::collections::BTreeSet::new();
    for number in 0..30 {
        let mut long = offer(&format!("Unité {number}"), true, &named, &place);
        long.as_object_mut().unwrap().insert("comment", "très long ".repeat(2_000));
        restricted.insert(format!("HealthcareService/{}", day.world.store(&long)));
    }
    // Whoever asks is known, whatever the files will hold; what was typed is not kept.
    let exported = |by: &str, query: &str| {
        let mut place = String::new();
        let line = day.one(202, |world| {
            let reply = read(format!("/fhir/$export?_outputFormat=ndjson&{query}"), by)(world);
            reply.header("content-location").unwrap().split_once("/fhir").unwrap().1.clone_into(&mut place);
            reply
        });
        assert_eq!((line.action.as_str(), line.marks, line.resources.as_str()), ("export", Marks::default(), ""));
        (format!("/fhir{place}"), line.criteria)
    };
    let waited = |by: &str, poll: &str| {
        while read(poll.to_owned(), by)(&day.world).status == 202 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(day.traces.flush(Duration::from_mins(1)));
    };
    let (all, criteria) = exported(&first, "_type=HealthcareService&includeAssociatedData=_myCompleteExtract");
    assert_eq!(criteria, "_outputFormat=ndjson&_type=HealthcareService&includeAssociatedData=_myCompleteExtract");
    waited(&first, &all);
    let manifest = day.none(200, read(all, &first)).json();
    let file = |at: usize| {
        let url = manifest.items("output").nth(at).and_then(|file| file.str("url")).unwrap();
        url.split_once("ror.test").unwrap().1.to_owned()
    };
    let (reply, lines) = day.left(read(file(0), &first));
    assert!(lines.len() > 2, "one line for each piece: {}", lines.len());
    let held = lines.iter().flat_map(|line| line.resources.split(' ').map(str::to_owned));
    assert_eq!(held.collect::<std::collections::BTreeSet<_>>(), restricted);
    for line in &lines {
        assert_eq!((line.marks, line.action.as_str(), line.outcome), (Marks::LEVEL_3, "export", 200));
        assert_eq!((Some(line.request_id.as_str()), &line.actor), (reply.header("x-request-id"), &lines[0].actor));
    }
    assert_eq!(lines.iter().map(|line| line.count).sum::<u64>(), 31);
    day.none(200, read(file(1), &first));
    let line = day.one(200, read(file(2), &first));
    assert_eq!((line.marks, line.resources), (Marks::NAMED_CONTACT, format!("Organization/{named}")));

    // Numbers that level 3 changes are of level 3, for whoever sees it.
    let filter = "_typeFilter=HealthcareService%3Fname%3Aexact%3Ddupont%2Cunit%C3%A9%26_tag%3D84";
    let counted = "_typeFilter=HealthcareService%3F_tag%3D84";
    for (by, filter, is_told) in [(&first, counted, true), (&first, filter, false), (&second, counted, false)] {
        let (poll, criteria) = exported(by, filter);
        assert!(!criteria.contains("dupont"), "{criteria}");
        waited(by, &poll);
        let (_, lines) = day.left(read(poll, by));
        let marks: Vec<_> = lines.iter().map(|line| line.marks).collect();
        assert_eq!(marks, if is_told { vec![Marks::LEVEL_3] } else { Vec::new() }, "{filter}");
    }
    let line = day.one(401, |world| world.get("/fhir/$export?_type=Location"));
    assert_eq!((line.action.as_str(), line.reason.as_str()), ("export", "token-required"));
    let unknown = "/fhir/$export-poll-status?_jobId=00000000-0000-4000-8000-000000000000";
    assert_eq!(day.one(404, read(unknown.to_owned(), &first)).reason, "unknown-export");
}
