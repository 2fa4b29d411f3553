//! A server on real data structures, in a temporary folder, and a client of a few lines.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use ror_api::{ApiState, Connections, Exports, Services, Settings, Site, serve};
use ror_directory::{Directory, Environment, ImportItem, Replaces};
use ror_fhir::{Node, node};
use ror_identity::{CallTimes, ClientRights, Identity, NewClient, clients};
use ror_ledger::{Ledger, SqliteLedger};
use ror_search::{Geography, NoGeography, Registry};
use ror_terminology::Terminology;

/// 1 January 2026, 08:00 in Paris.
pub(crate) const START: i64 = 1_767_250_800_000;
pub(crate) const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition";
pub(crate) const NOS: &str = "https://mos.esante.gouv.fr/NOS";
pub(crate) const FHIR_JSON: (&str, &str) = ("Content-Type", "application/fhir+json");

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<AtomicI64>,
    /// `Authorization` of a client of profile 1 that may write.
    pub(crate) writer: String,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) identity: Arc<Identity>,
    directory: Arc<Directory>,
    /// What it measured of its calls.
    pub(crate) times: Arc<CallTimes>,
    pub(crate) chance: Arc<Chance>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<std::thread::JoinHandle<()>>,
    /// Holds the ledger, and `exports`.
    pub(crate) folder: Arc<tempfile::TempDir>,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Reads an answer to its end.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut reply = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if reply.header("transfer-encoding") == Some("chunked") {
            let (body, is_whole) = joined(&reply.body);
            reply.body = body;
            assert!(is_whole, "broken off: {}", String::from_utf8_lossy(&reply.body));
        }
        reply
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Node {
        Node::parse(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Status, FHIR code, our code and place of the first issue: what clients act on.
    pub(crate) fn refusal(&self) -> (u16, String, String, String) {
        let outcome = self.json();
        let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or("-").to_owned();
        let issue = outcome.items("issue").next().cloned().unwrap_or(Node::Null);
        let detail = issue.get("details").and_then(|details| details.items("coding").next().cloned());
        let detail = text(detail.as_ref().and_then(|coding| coding.get("code")));
        let at = text(issue.items("expression").next());
        (self.status, text(issue.get("code")), detail, at)
    }

    /// Ids of the entries with that `search.mode`, in their order.
    pub(crate) fn ids(&self, mode: &str) -> Vec<String> {
        let bundle = self.json();
        let entries = bundle
            .items("entry")
            .filter(|entry| entry.get("search").and_then(|search| search.str("mode")) == Some(mode));
        entries.filter_map(|entry| Some(entry.get("resource")?.str("id")?.to_owned())).collect()
    }

    pub(crate) fn total(&self) -> i64 {
        self.json().get("total").and_then(Node::as_i64).expect("a total")
    }

    /// Path and query of a link of a Bundle.
    pub(crate) fn link(&self, relation: &str) -> Option<String> {
        let bundle = self.json();
        let link = bundle.items("link").find(|link| link.str("relation") == Some(relation))?;
        let url = link.str("url")?;
        Some(url.split_once("/fhir/").map(|(_, path)| format!("/fhir/{path}")).expect("a link to this base"))
    }

    /// Status line aside, all that a caller sees, without what D78 excludes.
    pub(crate) fn visible(&self) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let excluded = ["date", "x-request-id"];
        let headers = self.headers.iter().filter(|(name, _)| !excluded.contains(&name.to_lowercase().as_str()));
        (self.status, headers.cloned().collect(), self.body.clone())
    }
}

/// A body that came in pieces (RFC 9112 §7.1), and whether its last piece came.
pub(crate) fn joined(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") {
        let length = std::str::from_utf8(&bytes[..line]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let length = length.expect("the length of a piece");
        let Some(piece) = bytes.get(line + 2..line + 2 + length).filter(|_| length > 0) else {
            return (body, length == 0);
        };
        body.extend_from_slice(piece);
        bytes = bytes.get(line + 4 + length..).unwrap_or_default();
    }
    (body, false)
}

/// Numbers that differ, the same for each world.
#[derive(Default)]
pub(crate) struct Chance(AtomicU64);

impl Chance {
    /// Other numbers than those of any other world from now on.
    pub(crate) fn reseed(&self, seed: u64) {
        self.0.store(seed, Ordering::Relaxed);
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // Weyl sequence, then mixed.
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(1);
            let mixed = (next ^ (next >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// What a server leaves to the next one: its data, the time, its chance.
type Kept = (Arc<tempfile::TempDir>, Arc<AtomicI64>, Arc<Chance>);

/// Nothing yet, at the beginning of the world.
fn fresh() -> Kept {
    (Arc::new(tempfile::tempdir().expect("a folder")), Arc::new(AtomicI64::new(START)), Arc::default())
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|settings| settings.sandbox = true)
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut world = Self::bare(ror_identity::Settings::new(true), Connections::default(), change);
        world.writer = world.client(1);
        world
    }

    /// In a country whose communes are known.
    pub(crate) fn within<G: Geography + Copy + 'static>(country: &'static G) -> Self {
        let identity = ror_identity::Settings::new(true);
        let mut world =
            Self::on(country, fresh(), identity, Connections::default(), |settings| settings.sandbox = true);
        world.writer = world.client(1);
        world
    }

    /// Without any client yet.
    pub(crate) fn bare(
        identity: ror_identity::Settings,
        connections: Connections,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::on(&NoGeography, fresh(), identity, connections, change)
    }

    /// Stops the server and starts another one on the same data, with the same clients.
    pub(crate) fn restarted(self, change: impl FnOnce(&mut Settings)) -> Self {
        let (folder, clock, chance) = (Arc::clone(&self.folder), Arc::clone(&self.clock), Arc::clone(&self.chance));
        let writer = self.writer.clone();
        drop(self);
        let (identity, connections) = (ror_identity::Settings::new(true), Connections::default());
        let mut world = Self::on(&NoGeography, (folder, clock, chance), identity, connections, |settings| {
            settings.sandbox = true;
            change(settings);
        });
        world.writer = writer;
        world
    }

    fn on<G: Geography + Copy + 'static>(
        country: &'static G,
        (folder, clock, chance): Kept,
        identity: ror_identity::Settings,
        connections: Connections,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let ledger: Arc<dyn Ledger> =
            Arc::new(SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
        let time = Arc::clone(&clock);
        let draw = |chance: &Arc<Chance>| {
            let chance = Arc::clone(chance);
            move |bytes: &mut [u8]| chance.fill(bytes)
        };
        let environment = Environment {
            now: Arc::new(move || time.load(Ordering::Relaxed)),
            random: Arc::new(draw(&chance)),
            geography: country,
        };
        let directory = Directory::open(Arc::clone(&ledger), environment.clone()).expect("a directory");
        let identity =
            Identity::open(Arc::clone(&ledger), identity, Box::new(draw(&chance)), clock.load(Ordering::Relaxed));
        let identity = identity.expect("a key");
        let identity = Arc::new(identity);
        let services = Services {
            directory: Arc::clone(&directory),
            identity: Arc::clone(&identity),
            registry: Registry::embedded(),
            terminology: Terminology::embedded(),
            geography: Arc::new(*country),
            environment,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut settings = Settings::new(address, [7; 32]);
        let exports = Exports::open(&folder.path().join("exports"), clock.load(Ordering::Relaxed));
        settings.exports = Some(Arc::new(exports.expect("a folder")));
        change(&mut settings);
        let state = ApiState::new(services, settings);
        let times = state.times();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                listener.set_nonblocking(true).expect("a socket");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let site = Site::new(state, axum::Router::new());
                let stop = async {
                    let _ = stopped.await;
                };
                serve(listener, site, connections, stop).await.expect("served");
            });
        });
        Self {
            address,
            clock,
            writer: String::new(),
            ledger,
            identity,
            directory,
            times,
            chance,
            stop: Some(stop),
            server: Some(server),
            folder,
        }
    }

    /// Registers a client and gives its `Authorization` header.
    pub(crate) fn client(&self, profile: u8) -> String {
        self.client_with(profile, ClientRights::default())
    }

    /// The same with rights in the register.
    pub(crate) fn client_with(&self, profile: u8, rights: ClientRights) -> String {
        self.authorization(&self.registered(profile, rights))
    }

    /// Registers a client and gives the form by which it asks for tokens.
    pub(crate) fn registered(&self, profile: u8, rights: ClientRights) -> String {
        let client = NewClient { name: format!("profil {profile}"), profile, rights };
        let credentials =
            clients::add(&*self.ledger, client, START, &mut |bytes| self.chance.fill(bytes)).expect("a client");
        format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            credentials.client_id,
            credentials.client_secret.as_ref().expect("a secret").expose()
        )
    }

    /// The `Authorization` header of whoever sends `form`.
    pub(crate) fn authorization(&self, form: &str) -> String {
        let reply = self.token(form);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        format!("Bearer {}", reply.json().str("access_token").expect("a token"))
    }

    pub(crate) fn token(&self, form: &str) -> Reply {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", "/auth/realms/ror/protocol/openid-connect/token", &headers, form.as_bytes())
    }

    /// As the public.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    /// As the client of profile 1.
    pub(crate) fn get_all(&self, path: &str) -> Reply {
        self.send("GET", path, &[("Authorization", &self.writer)], b"")
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request.extend_from_slice(b"Host: ror.test\r\n");
        }
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !body.is_empty() || method == "POST" || method == "PUT" {
            request.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.raw(&request)
    }

    /// Sends bytes as they are, reads until the end.
    pub(crate) fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        stream.write_all(request).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        Reply::read(&bytes)
    }

    pub(crate) fn post(&self, resource: &Node) -> Reply {
        let path = format!("/fhir/{}", resource.str("resourceType").expect("a type"));
        self.send("POST", &path, &[("Authorization", &self.writer), FHIR_JSON], &resource.to_bytes())
    }

    pub(crate) fn put(&self, resource: &Node, headers: &[(&str, &str)]) -> Reply {
        let (rtype, id) = (resource.str("resourceType").expect("a type"), resource.str("id").expect("an id"));
        let path = format!("/fhir/{rtype}/{id}");
        let headers = [&[("Authorization", self.writer.as_str()), FHIR_JSON], headers].concat();
        self.send("PUT", &path, &headers, &resource.to_bytes())
    }

    /// Stores a resource and gives its id.
    pub(crate) fn store(&self, resource: &Node) -> String {
        let reply = self.post(resource);
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        reply.json().str("id").expect("an id").to_owned()
    }

    /// Takes resources in as a file would bring them, under the ids that they carry.
    pub(crate) fn load(&self, resources: impl IntoIterator<Item = Node>) {
        let updated = self.clock.load(Ordering::Relaxed);
        let item = |resource| ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone };
        let items = resources.into_iter().map(item).collect();
        let summary = self.directory.import("fhir", items, &mut |_| {}).expect("the ledger takes it");
        assert_eq!(summary.rejected, 0);
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) -> std::thread::JoinHandle<()> {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.take().unwrap()
    }

    pub(crate) fn wait(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.server.take().map(std::thread::JoinHandle::join);
    }
}

pub(crate) fn coded(list: &str, code: &str) -> Node {
    node!({"coding": [{"system": format!("{NOS}/{list}"), "code": code}]})
}

fn region(code: &str) -> Node {
    node!({"tag": [{"system": format!("{NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM"), "code": code}]})
}

pub(crate) fn establishment(name: &str, finess: &str) -> Node {
    let kind = coded("TRE_G07-TypeIdentifiantStructure/FHIR/TRE-G07-TypeIdentifiantStructure", "1");
    node!({"resourceType": "Organization", "meta": (region("84")), "name": name,
        "identifier": [{"type": kind, "system": "https://finess.esante.gouv.fr", "value": finess}],
        "type": [(coded("TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement", "355"))]})
}

/// A FINESS number whose key is right, another for each `n`.
pub(crate) fn finess(n: u32) -> String {
    let mut keyed = (0..10).map(|key| format!("0100{n:04}{key}"));
    keyed.find(|text| ror_profiles::identifier::is_finess(text)).expect("one key is right")
}

pub(crate) fn offer(name: &str, sensitive: bool, organization: &str, place: &str) -> Node {
    let care_mode = coded("TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge", "28");
    let activity = coded("TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle", "001");
    node!({"resourceType": "HealthcareService", "meta": (region("84")), "name": name,
        "extension": [{"url": format!("{ROR}/ror-healthcareservice-sensitive-unit"), "valueBoolean": sensitive},
            {"url": format!("{ROR}/ror-healthcareservice-patient-type"), "extension": [{"url": "ageRange",
                "valueRange": {"low": {"value": 18, "code": "a"}, "high": {"value": 99, "code": "a"}}}]}],
        "type": [(coded("TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite", "01"))],
        "specialty": [activity],
        "characteristic": [care_mode],
        "providedBy": {"reference": format!("Organization/{organization}")},
        "location": [{"reference": format!("Location/{place}")}]})
}

pub(crate) fn place(name: &str, number: &str, latitude: f64, region_code: &str) -> Node {
    let list = "TRE_R354-TypeIdentifiantRessourceOperationnelle/FHIR/TRE-R354-TypeIdentifiantRessourceOperationnelle";
    let commune = coded("TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM", "01053");
    node!({"resourceType": "Location", "meta": (region(region_code)), "name": name,
        "extension": [{"url": format!("{ROR}/ror-commune-cog"), "valueCodeableConcept": commune}],
        "identifier": [{"type": (coded(list, "25")), "value": number}],
        "address": {"postalCode": "01000", "city": "Bourg-en-Bresse"},
        "position": {"longitude": 5.25, "latitude": latitude}})
}

/// A place of an offer, so that anyone sees it. Gives the ids of both.
pub(crate) fn open_place(world: &World, organization: &str, number: &str, latitude: f64) -> (String, String) {
    let place = world.store(&place(&format!("Lieu {number}"), number, latitude, "84"));
    let offer = world.store(&offer(&format!("Offre {number}"), false, organization, &place));
    (place, offer)
}
