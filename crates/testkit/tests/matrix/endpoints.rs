//! Every address: what it must do so as to tell nothing.

use ror_fhir::{Node, node};
use ror_search::{ParamType, Registry, ResourceType};
use ror_testkit::http::{Request, Server, TOKEN_PATH, WRITER};

use crate::Matrix;
use crate::families::Held;

const FHIR: &str = "application/fhir+json";

/// A served matrix.
pub(crate) struct Asked<'a> {
    matrix: &'a Matrix,
    server: Server,
}

type Check = fn(&Asked<'_>, &str);

/// Each address with what is checked of it.
pub(crate) const ROWS: &[(&str, Check)] = &[
    ("/fhir/metadata", |asked, _| asked.same_for_all(&["/fhir/metadata"])),
    ("/fhir/{type}/{id}", |asked, _| asked.instances("GET", "", 200)),
    ("/fhir/{type}", |asked, _| asked.searches()),
    ("/fhir/{type}/_search", |asked, _| asked.searches()),
    ("/fhir/{type} (create)", |asked, _| asked.creations()),
    ("/fhir/{type}/{id} (update)", |asked, _| asked.instances("PUT", "", 403)),
    ("/fhir/{type}/$validate", |asked, _| asked.validations()),
    ("/fhir/{type}/{id}/$validate", |asked, _| asked.instances("GET", "/$validate", 200)),
    ("/fhir/{list}/{id}", |asked, _| asked.same_for_all(&["/fhir/SearchParameter/x", "/fhir/ValueSet/x"])),
    ("/fhir/{list}", |asked, _| {
        asked.same_for_all(&["/fhir/SearchParameter?_summary=count", "/fhir/ValueSet?_summary=count"]);
    }),
    ("/fhir/{list}/$expand", |asked, _| asked.same_for_all(&["/fhir/ValueSet/$expand?url=x"])),
    ("/fhir/{list}/$lookup", |asked, _| asked.same_for_all(&["/fhir/CodeSystem/$lookup?system=x&code=y"])),
    ("/fhir/{list}/$validate-code", |asked, _| {
        asked.same_for_all(&["/fhir/ValueSet/$validate-code?url=x&code=y"]);
    }),
    ("/fhir/{type}/$facets", |asked, _| asked.facets()),
    ("/fhir/AuditEvent", |asked, path| asked.same_for_all(&[path, "/fhir/AuditEvent?entity=Location/x"])),
    ("/fhir/AuditEvent/{id}", |asked, _| asked.same_for_all(&["/fhir/AuditEvent/1"])),
    ("/fhir/$export", |asked, path| asked.refused_to_the_public(path)),
    ("/fhir/$export-poll-status", |asked, _| asked.exports(|poll, _| poll)),
    ("/fhir/$export-get-file/{job}/{file}", |asked, _| asked.exports(|_, file| file)),
    ("/healthz", |asked, path| asked.same_for_all(&[path])),
    ("/readyz", |asked, path| asked.same_for_all(&[path])),
    ("/metrics", |asked, path| asked.holds_no_word(path)),
    (TOKEN_PATH, |asked, path| asked.holds_no_word(path)),
    ("/auth/realms/ror/protocol/openid-connect/certs", |asked, path| asked.same_for_all(&[path])),
    ("/auth/realms/ror/.well-known/openid-configuration", |asked, path| asked.same_for_all(&[path])),
    ("/.well-known/openid-configuration", |asked, path| asked.same_for_all(&[path])),
    ("/ws-synchro-dispo-lits-fhir", |asked, path| asked.same_for_all(&[path, &format!("{path}/Location/x")])),
    ("/anomalies", |asked, path| asked.same_for_all(&[path, &format!("{path}/Task/x")])),
];

impl<'a> Asked<'a> {
    pub(crate) fn new(matrix: &'a Matrix) -> Self {
        Self { matrix, server: Server::start(&matrix.world) }
    }

    /// Answers that hang on no data: the public and every profile get the same.
    fn same_for_all(&self, paths: &[&str]) {
        let mut caller = self.server.caller();
        for path in paths {
            let public = caller.ask(None, &Request::get(*path));
            for profile in 0..6 {
                let reply = caller.ask(Some(profile), &Request::get(*path));
                assert_eq!((reply.status, cleared(&reply.text())), (public.status, cleared(&public.text())), "{path}");
            }
        }
        for path in paths {
            self.holds_no_word(path);
        }
    }

    fn holds_no_word(&self, path: &str) {
        let reply = self.server.caller().ask(None, &Request::get(path));
        for held in &self.matrix.held {
            assert!(!reply.text().contains(&held.id()), "{path} names {}", held.path());
        }
        assert!(!reply.text().contains("zq"), "{path}");
    }

    /// Instances: one status for what is seen, 404 to the byte of what does not exist for the rest.
    fn instances(&self, method: &'static str, after: &str, seen: u16) {
        let mut caller = self.server.caller();
        for profile in 0..6 {
            for held in &self.matrix.held {
                // A template has no profile of the guide: nothing validates it.
                let is_template = held.kind == crate::families::Kind::Template;
                if is_template && after == "/$validate" {
                    continue;
                }
                let ask = |id: &str| {
                    let body = node!({"resourceType": (held.kind.rtype().name()), "id": id});
                    let path = format!("/fhir/{}/{id}{after}", held.kind.rtype());
                    if method == "PUT" {
                        Request::send(method, path, FHIR, body.to_bytes())
                    } else {
                        Request::get(path)
                    }
                };
                let id = held.id();
                let reply = caller.ask(Some(profile), &ask(&id));
                // Not a type that is written: whoever asks, of whatever id.
                let is_refused = method == "PUT" && !held.kind.is_written();
                let (seen, unseen) = if is_refused { (405, 405) } else { (seen, 404) };
                if self.matrix.is_seen(held, profile) {
                    assert_eq!(
                        reply.status,
                        seen,
                        "profil {profile}: {method} {}{after}: {}",
                        held.path(),
                        reply.text()
                    );
                    continue;
                }
                let absent = format!("{}x", &id[..id.len() - 1]);
                let nothing = caller.ask(Some(profile), &ask(&absent));
                assert_eq!(reply.status, unseen, "profil {profile}: {method} {}{after}", held.path());
                assert_eq!(reply.learned().replace(&id, "?"), nothing.learned().replace(&absent, "?"));
            }
        }
    }

    /// Without token, one answer whatever is held (D47).
    fn refused_to_the_public(&self, path: &str) {
        let reply = self.server.caller().ask(None, &Request::get(path));
        assert_eq!(reply.status, 401, "{path}");
        self.holds_no_word(path);
    }

    /// The export of another client, of the same profile too, is as none at all.
    fn exports(&self, asked: fn(String, String) -> String) {
        let mut caller = self.server.caller();
        let begun = caller.ask(Some(1), &Request::get("/fhir/$export?_outputFormat=ndjson"));
        let poll = begun.header("content-location").and_then(|url| url.split_once("ror.test")).expect("a job").1;
        let manifest = loop {
            let reply = caller.ask(Some(1), &Request::get(poll));
            if reply.status != 202 {
                break reply.json();
            }
        };
        let file = manifest.items("output").next().and_then(|file| file.str("url")).expect("a file");
        let file = file.split_once("ror.test").expect("this host").1;
        let path = asked(poll.to_owned(), file.to_owned());
        let (_, job) = poll.split_once("_jobId=").expect("a job");
        self.refused_to_the_public(&path);
        for profile in (0..2 * WRITER).filter(|profile| *profile != 1) {
            let absent = path.replace(job, "00000000-0000-4000-8000-000000000000");
            let theirs = caller.ask(Some(profile), &Request::get(&path));
            let nothing = caller.ask(Some(profile), &Request::get(absent));
            assert_eq!((theirs.status, theirs.learned()), (404, nothing.learned()), "client {profile}");
        }
        assert_eq!(caller.ask(Some(1), &Request::get(path)).status, 200);
        let end = Request { method: "DELETE", ..Request::get(poll) };
        assert_eq!(caller.ask(Some(1), &end).status, 202);
    }

    /// By form as by address: the same entries, which the matrix compares.
    fn searches(&self) {
        let mut caller = self.server.caller();
        for profile in 0..6 {
            for rtype in ror_search::ResourceType::ALL {
                let query = "_include=*&_count=1000";
                let kind = "application/x-www-form-urlencoded";
                let form = Request::send("POST", format!("/fhir/{rtype}/_search"), kind, query.into());
                let by_form = caller.ask(Some(profile), &form);
                let by_address = caller.ask(Some(profile), &Request::get(format!("/fhir/{rtype}?{query}")));
                let of = |reply: &ror_testkit::http::Reply| {
                    (reply.status, reply.total(), reply.entries("match"), reply.entries("include"))
                };
                assert_eq!(of(&by_form), of(&by_address), "profil {profile}: {rtype}");
                let seen: Vec<String> = self.matrix.seen(rtype, profile).iter().map(Held::path).collect();
                assert_eq!(by_address.entries("match"), seen);
            }
        }
    }

    /// D31: each code with the total of the same search that asks for it too, and no code more.
    fn facets(&self) {
        let mut caller = self.server.caller();
        let registry = Registry::embedded();
        let mut counted = [0; 6];
        for (profile, counted) in counted.iter_mut().enumerate() {
            for rtype in ResourceType::ALL {
                let tokens = registry.of(rtype).filter(|parameter| parameter.kind == ParamType::Token);
                for parameter in tokens.filter(|parameter| !["_id", "identifier"].contains(&&*parameter.name)) {
                    let name = &parameter.name;
                    let reply = caller.ask(Some(profile), &Request::get(format!("/fhir/{rtype}/$facets?facet={name}")));
                    assert_eq!(reply.status, 200, "profil {profile}: {rtype}.{name}: {}", reply.text());
                    let all = reply.json();
                    let values = all.items("parameter").flat_map(|parameter| parameter.items("part"));
                    for value in values.filter(|part| part.str("name") == Some("value")) {
                        let part = |name| value.items("part").find(move |part| part.str("name") == Some(name));
                        let coding = part("coding").and_then(|part| part.get("valueCoding")).expect("a coding");
                        let count = part("count").and_then(|part| part.get("valueInteger")).and_then(Node::as_i64);
                        let token = |key| coding.str(key).unwrap_or_default();
                        let (system, code) = (token("system"), token("code"));
                        let search = format!("/fhir/{rtype}?{name}={system}%7C{code}&_summary=count");
                        let total = caller.ask(Some(profile), &Request::get(search)).total();
                        assert_eq!(count, total, "profil {profile}: {rtype}.{name}={system}|{code}");
                        *counted += 1;
                    }
                }
            }
        }
        assert!(counted[0] > 100 && counted[0] < counted[1], "codes that each profile sees: {counted:?}");
    }

    /// Who may not write is told so whatever the resource refers to.
    fn creations(&self) {
        self.referring(|body| {
            let rtype = body.str("resourceType").expect("a type");
            Request::send("POST", format!("/fhir/{rtype}"), FHIR, body.to_bytes())
        });
    }

    fn validations(&self) {
        self.referring(|body| {
            let rtype = body.str("resourceType").expect("a type");
            Request::send("POST", format!("/fhir/{rtype}/$validate"), FHIR, body.to_bytes())
        });
    }

    /// A resource that refers to a hidden one is answered as if it referred to nothing.
    fn referring(&self, request: impl Fn(&Node) -> Request) {
        let mut caller = self.server.caller();
        for profile in 0..6 {
            for held in self.matrix.held.iter().filter(|held| !self.matrix.is_seen(held, profile)) {
                let body = |id: &str| {
                    let one = node!({"reference": (format!("{}/{id}", held.kind.rtype()))});
                    node!({"resourceType": "HealthcareService", "name": "x", "location": [(one.clone())], "providedBy": one})
                };
                let id = held.id();
                let absent = format!("{}x", &id[..id.len() - 1]);
                let hidden = caller.ask(Some(profile), &request(&body(&id)));
                let nothing = caller.ask(Some(profile), &request(&body(&absent)));
                assert_eq!(
                    hidden.learned().replace(&id, "?"),
                    nothing.learned().replace(&absent, "?"),
                    "{}",
                    held.path()
                );
            }
        }
    }
}

/// A Bundle's id is random (D78).
fn cleared(text: &str) -> String {
    match text.split_once("\"Bundle\",\"id\":\"") {
        Some((before, after)) => format!("{before}{}", after.get(36..).unwrap_or_default()),
        None => text.to_owned(),
    }
}
