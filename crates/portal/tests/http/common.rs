//! A portal on real data structures, in a temporary folder, and a client of a few lines.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use ror_directory::{Directory, Environment, ImportItem, ImportKey, MintedKind, Replaces};
use ror_fhir::Node;
use ror_identity::people::{DemoScopes, Fetch, Outgoing, People, PeopleSettings, Visit};
use ror_identity::{CallLimits, CallTimes, Identity, Limiter, Traces};
use ror_ledger::{Ledger, SqliteLedger};
use ror_portal::{PortalState, Services, Settings, router};
use ror_registers::cog::Cog;
use ror_registers::synth::{Item, Scale, visit};
use ror_registers::{Mint, Proposed};
use ror_search::Registry;
use ror_terminology::Terminology;

/// 21 November 2026, 13 h 05 in Paris.
pub(crate) const NOW: i64 = 1_795_262_700_000;
/// Resources of the territory kept whole; of the rest, one practice in ten.
const KEPT_WHOLE: usize = 900;

/// A portal that listens.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) directory: Arc<Directory>,
    pub(crate) identity: Arc<Identity>,
    people: Arc<People>,
    clock: Arc<AtomicI64>,
    pub(crate) traces: Arc<Traces>,
    /// What an API beside the pages would measure.
    pub(crate) api: Arc<CallTimes>,
    /// Once set, the next write is the last one: the writer falls.
    pub(crate) writer_falls: Arc<AtomicBool>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: Option<std::thread::JoinHandle<()>>,
    folder: tempfile::TempDir,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What the browser is to keep under a name; empty when it is to forget it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie"));
        let mut values = set.filter_map(|(_, value)| value.split(';').next()?.strip_prefix(name)?.strip_prefix('='));
        values.next().map(str::to_owned)
    }

    /// Hidden fields of the forms, in order.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input type=\"hidden\" name=\"").skip(1);
        let pair = |input: &str| {
            let (name, rest) = input.split_once('"')?;
            let value = rest.strip_prefix(" value=\"")?.split('"').next()?;
            Some((name.to_owned(), value.replace("&#x2F;", "/").replace("&#38;", "&").replace("&amp;", "&")))
        };
        inputs.filter_map(pair).collect()
    }

    /// Values of an attribute, in order.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        let start = format!(" {name}=\"");
        let values = self.body.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
        values.map(|value| value.replace("&#38;", "&").replace("&amp;", "&")).collect()
    }

    /// Titles of the results, in order.
    pub(crate) fn titles(&self) -> Vec<String> {
        let cards = self.body.split("data-resultat=").skip(1);
        let title =
            |card: &str| Some(card.split("<a href=\"").nth(1)?.split("\">").nth(1)?.split("</a>").next()?.to_owned());
        cards.filter_map(title).collect()
    }
}

impl World {
    /// A portal on these resources.
    pub(crate) fn of(items: Vec<ImportItem>) -> Self {
        Self::with(items, true, &CallLimits::default())
    }

    /// The same, for real or as sandbox, with these limits for each caller.
    pub(crate) fn with(items: Vec<ImportItem>, sandbox: bool, limits: &CallLimits) -> Self {
        let settings = PeopleSettings { providers: Vec::new(), sandbox: sandbox.then(scopes) };
        let fetch: Arc<Fetch> = Arc::new(|request: &Outgoing| Err(format!("no network for {}", request.url)));
        Self::among(items, settings, &fetch, limits, sandbox)
    }

    /// The persons of the sandbox in a portal that counts callers of this machine too.
    pub(crate) fn counting(limits: &CallLimits) -> Self {
        let settings = PeopleSettings { providers: Vec::new(), sandbox: Some(scopes()) };
        let fetch: Arc<Fetch> = Arc::new(|request: &Outgoing| Err(format!("no network for {}", request.url)));
        Self::among(Vec::new(), settings, &fetch, limits, false)
    }

    /// The same, with these providers of identities, asked so.
    pub(crate) fn among(
        items: Vec<ImportItem>,
        settings: PeopleSettings,
        fetch: &Arc<Fetch>,
        limits: &CallLimits,
        sandbox: bool,
    ) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let folder = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("a folder");
        let ledger: Arc<dyn Ledger> =
            Arc::new(SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
        let seed = Arc::new(AtomicU64::new(1));
        let random = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                let next = seed.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
            }
        };
        let writer_falls = Arc::new(AtomicBool::new(false));
        let falls = Arc::clone(&writer_falls);
        let now = move || {
            let is_writer = std::thread::current().name() == Some("writer");
            assert!(!(is_writer && falls.load(Ordering::Relaxed)), "on purpose");
            NOW
        };
        let environment =
            Environment { now: Arc::new(now), random: Arc::new(random.clone()), geography: &ror_search::NoGeography };
        let directory = Directory::open(Arc::clone(&ledger), environment).expect("a directory");
        let summary = directory.import("synth", items, &mut |_| {}).expect("the ledger takes it");
        assert_eq!(summary.rejected, 0, "{:?}", summary.problems.first());
        let keeper = ror_identity::Settings::new(true);
        let identity = Identity::open(Arc::clone(&ledger), keeper, Box::new(random.clone()), NOW);
        let clock = Arc::new(AtomicI64::new(NOW));
        let time = Arc::clone(&clock);
        let now: Arc<dyn Fn() -> i64 + Send + Sync> = Arc::new(move || time.load(Ordering::Relaxed));
        let people = People::open(ledger, settings, Box::new(random), fetch, Arc::clone(&now)).expect("people");
        let traces = Traces::open(&folder.path().join("audit.sqlite"), NOW).expect("a file of traces");
        let traces = Arc::new(traces);
        let services = Services {
            directory: Arc::clone(&directory),
            identity: Arc::new(identity.expect("a key")),
            people: Arc::new(people),
            registry: Registry::embedded(),
            terminology: Terminology::embedded(),
            cog: Cog::embedded(),
            limiter: Limiter::new(limits, Arc::new(|| NOW)),
            api: Arc::default(),
            traces: Some(Arc::clone(&traces)),
            now,
        };
        let mut world = Self::serve(folder, services, clock, sandbox, traces);
        world.writer_falls = writer_falls;
        world
    }

    /// Listens.
    fn serve(
        folder: tempfile::TempDir,
        services: Services,
        clock: Arc<AtomicI64>,
        sandbox: bool,
        traces: Arc<Traces>,
    ) -> Self {
        let (directory, identity) = (Arc::clone(&services.directory), Arc::clone(&services.identity));
        let (people, api) = (Arc::clone(&services.people), Arc::clone(&services.api));
        let settings = Settings { sandbox, sources: vec!["registre d’essai".to_owned()], ..Settings::default() };
        let state = PortalState::new(services, settings);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                listener.set_nonblocking(true).expect("a socket");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
                let served = axum::serve(listener, service).with_graceful_shutdown(async {
                    let _ = stopped.await;
                });
                served.await.expect("served");
            });
        });
        Self {
            address,
            directory,
            identity,
            people,
            clock,
            traces,
            api,
            writer_falls: Arc::default(),
            stop: Some(stop),
            server: Some(server),
            folder,
        }
    }

    /// Asks for an address, as a browser without scripts.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.get_with(path, "")
    }

    pub(crate) fn get_with(&self, path: &str, headers: &str) -> Reply {
        self.ask("GET", path, headers)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Reply {
        self.send(method, path, headers, "")
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, headers: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let length = body.len();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.send("POST", path, &format!("{kind}\r\nContent-Length: {length}\r\n{headers}"), &body)
    }

    /// The grant of whoever holds the secret of a session.
    pub(crate) fn grant(&self, secret: &str) -> ror_confidentiality::Grant {
        match self.people.visit(Some(secret), self.clock.load(Ordering::Relaxed)).expect("reads") {
            Visit::SignedIn(acting) => acting.grant(),
            Visit::Public | Visit::Ended => panic!("signed in"),
        }
    }

    /// Changes what a session holds, as JSON, in the ledger itself.
    pub(crate) fn change_session(&self, secret: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let ledger = SqliteLedger::open_existing(&self.folder.path().join("ledger.sqlite")).expect("a ledger");
        let hash = digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("32 bytes");
        let mut row = ledger.session(&hash).expect("reads").expect("a session");
        let mut body = serde_json::from_str(&row.body).expect("JSON");
        change(&mut body);
        row.body = body.to_string();
        assert!(ledger.update_session(&row).expect("writes"));
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a socket");
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        parse(&bytes)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.join().ok();
        }
    }
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(pair).collect();
    let body = &bytes[end + 4..];
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    assert!(!is_chunked, "pages are written whole");
    Reply { status, headers, body: String::from_utf8_lossy(body).into_owned() }
}

/// What the persons of the sandbox hold their rights on.
fn scopes() -> DemoScopes {
    DemoScopes {
        region: "84".to_owned(),
        departement: "01".to_owned(),
        communes: vec!["01053".to_owned(), "01283".to_owned()],
        hospital: Some("010990001".to_owned()),
        hospital_offers: vec!["84/00000001".to_owned()],
        home: Some("010990002".to_owned()),
        home_offers: vec!["84/00000002".to_owned()],
        practice: Some("010990003".to_owned()),
    }
}

/// A part of the invented Ain: its hospitals, some EHPAD and services, and some practices.
pub(crate) fn territory() -> Vec<ImportItem> {
    let mut kept: HashSet<String> = HashSet::new();
    let mut items = Vec::new();
    visit(Scale::Xs, 1, NOW, &mut |item| {
        let Item::Resource(proposed) = item else { return };
        let needed = references(&proposed.resource);
        let is_root = needed.is_empty();
        let is_kept = if is_root {
            items.len() < KEPT_WHOLE || proposed.line % 10 == 0
        } else {
            needed.iter().all(|key| kept.contains(key))
        };
        if is_kept {
            kept.insert(proposed.key.clone());
            items.push(item_of(proposed));
        }
    });
    items
}

/// Keys that a resource refers to.
fn references(node: &Node) -> Vec<String> {
    match node {
        Node::Array(list) => list.iter().flat_map(references).collect(),
        Node::Object(object) => object
            .iter()
            .flat_map(|(name, value)| match value.as_str().and_then(|text| text.strip_prefix("key:")) {
                Some(key) if name == "reference" => vec![key.to_owned()],
                _ => references(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn item_of(proposed: Proposed) -> ImportItem {
    ImportItem {
        key: Some(ImportKey { source: "synth".to_owned(), key: proposed.key }),
        replaces: Replaces::Anyone,
        resource: proposed.resource,
        updated: proposed.updated,
        mint: proposed.mint.map(|mint| match mint {
            Mint::Offre { region } => (MintedKind::Offre, region),
            Mint::Lieu { region } => (MintedKind::Lieu, region),
            Mint::OrganisationInterne { region } => (MintedKind::OrganisationInterne, region),
        }),
    }
}

/// The same world for all tests that only read.
pub(crate) fn world() -> &'static World {
    static WORLD: std::sync::OnceLock<World> = std::sync::OnceLock::new();
    WORLD.get_or_init(|| World::of(territory()))
}
