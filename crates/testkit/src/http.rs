//! A world over HTTP: the real server on a loopback port, and a client of a few lines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ror_api::{ApiState, Connections, Exports, Services, Settings, Site, serve};
use ror_directory::Environment;
use ror_fhir::Node;
use ror_identity::{ClientRights, Credentials, Identity, NewClient, Write, clients};
use ror_search::Registry;
use ror_terminology::Terminology;
use tokio::sync::oneshot;

use crate::{FewCommunes, World};

/// Where tokens are asked for.
pub const TOKEN_PATH: &str = "/auth/realms/ror/protocol/openid-connect/token";
/// How many access profiles there are.
const PROFILES: u8 = 6;
/// Added to a profile, asks as its client that writes on a structure of its own, which holds nothing.
pub const WRITER: usize = PROFILES as usize;

/// A server on a world, with two clients of each profile: one that only reads, one that also writes.
///
/// Nobody reads as the owner over HTTP: that is asked of the view.
pub struct Server {
    address: SocketAddr,
    tokens: Vec<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _exports: tempfile::TempDir,
}

/// A connection that stays open.
pub struct Caller<'a> {
    server: &'a Server,
    stream: BufReader<TcpStream>,
}

/// What a caller asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET, HEAD, POST, PUT…
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Headers besides those of a connection.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty: none.
    pub body: Vec<u8>,
}

/// What a caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A resource or a form, sent.
    pub fn send(method: &'static str, path: impl Into<String>, kind: &str, body: Vec<u8>) -> Self {
        Self { method, path: path.into(), headers: vec![("Content-Type", kind.to_owned())], body }
    }
}

impl Server {
    /// Serves `world` as it is and as it will be.
    ///
    /// # Panics
    /// When no port can be opened.
    pub fn start(world: &World) -> Self {
        let (ledger, clock) = (Arc::new(world.ledger()), world.clock());
        let chance = Arc::new(AtomicU64::new(1));
        let draw = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                let next = chance.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                chunk.copy_from_slice(&(next ^ (next >> 29)).to_be_bytes()[..chunk.len()]);
            }
        };
        let now = clock.load(Ordering::Relaxed);
        let reader = || ClientRights { read_only: true, ..ClientRights::default() };
        let writer =
            || ClientRights { write: Write::Establishments(vec!["999999999".into()]), ..ClientRights::default() };
        let readers = (0..PROFILES).map(|profile| ("lit", profile, reader()));
        let writers = (0..PROFILES).map(|profile| ("écrit", profile, writer()));
        let profiles = readers.chain(writers).map(|(does, profile, rights)| {
            let client = NewClient { name: format!("profil {profile} qui {does}"), profile, rights };
            clients::add(&*ledger, client, now, &mut |bytes| draw(bytes)).expect("a client")
        });
        let credentials: Vec<_> = profiles.collect();
        let identity =
            Identity::open(ledger, ror_identity::Settings::new(true), Box::new(draw.clone()), now).expect("a key");
        let services = Services {
            directory: world.shared(),
            identity: Arc::new(identity),
            registry: Registry::embedded(),
            terminology: Terminology::embedded(),
            geography: Arc::new(FewCommunes),
            environment: Environment {
                now: Arc::new(move || clock.load(Ordering::Relaxed)),
                random: Arc::new(draw),
                geography: &FewCommunes,
            },
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut settings = Settings::new(address, [7; 32]);
        settings.sandbox = true;
        let exports = crate::world::folder();
        settings.exports = Some(Arc::new(Exports::open(exports.path(), now).expect("a folder")));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || run(listener, services, settings, stopped));
        let (stop, thread) = (Some(stop), Some(thread));
        let mut server = Self { address, tokens: Vec::new(), stop, thread, _exports: exports };
        let secret = |one: &Credentials| one.client_secret.as_ref().expect("a secret").expose().to_owned();
        server.tokens = credentials.iter().map(|one| server.token(&one.client_id, &secret(one))).collect();
        server
    }

    fn token(&self, id: &str, secret: &str) -> String {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let request = Request::send("POST", TOKEN_PATH, "application/x-www-form-urlencoded", form.into_bytes());
        let reply = self.caller().ask(None, &request);
        reply.json().str("access_token").expect("a token").to_owned()
    }

    /// Opens a connection.
    ///
    /// # Panics
    /// When the server is gone.
    pub fn caller(&self) -> Caller<'_> {
        let stream = TcpStream::connect(self.address).expect("connected");
        stream.set_nodelay(true).expect("a socket");
        Caller { server: self, stream: BufReader::new(stream) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that failed has failed its test already.
        self.stop.take().map(|stop| stop.send(()).ok());
        self.thread.take().map(|thread| thread.join().ok());
    }
}

fn run(listener: TcpListener, services: Services, settings: Settings, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async move {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        let site = Site::new(ApiState::new(services, settings), axum::Router::new());
        let stop = async {
            stopped.await.ok();
        };
        serve(listener, site, Connections::default(), stop).await.expect("served");
    });
}

impl Caller<'_> {
    /// Asks as a client of `profile` ([`WRITER`] may be added); `None`: without token.
    ///
    /// # Panics
    /// When the server hangs up.
    pub fn ask(&mut self, profile: Option<usize>, request: &Request) -> Reply {
        let token = profile.map(|profile| ("Authorization", format!("Bearer {}", self.server.tokens[profile])));
        let is_sent = !matches!(request.method, "GET" | "HEAD");
        let length = is_sent.then(|| ("Content-Length", request.body.len().to_string()));
        let headers = request.headers.iter().cloned().chain(token).chain(length);
        let mut bytes = Vec::new();
        write!(bytes, "{} {} HTTP/1.1\r\nHost: ror.test\r\n", request.method, request.path).expect("in memory");
        headers.for_each(|(name, value)| write!(bytes, "{name}: {value}\r\n").expect("in memory"));
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&request.body);
        self.stream.get_mut().write_all(&bytes).expect("sent");
        let reply = self.read(request.method == "HEAD");
        if reply.header("connection") == Some("close") {
            *self = self.server.caller();
        }
        reply
    }

    fn read(&mut self, is_head: bool) -> Reply {
        let mut line = || {
            let mut text = String::new();
            self.stream.read_line(&mut text).expect("a line");
            text.trim_end().to_owned()
        };
        let first = line();
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut headers = Vec::new();
        loop {
            let text = line();
            let Some((name, value)) = text.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if !is_head && reply.header("transfer-encoding") == Some("chunked") {
            reply.body = self.pieces();
            return reply;
        }
        let length = reply.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        if !is_head && status != 304 {
            reply.body = vec![0; length];
            self.stream.read_exact(&mut reply.body).expect("a body");
        }
        reply
    }

    /// A body of unknown length (RFC 9112 §7.1).
    fn pieces(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a line");
            let length = usize::from_str_radix(line.trim_end(), 16).expect("the length of a piece");
            let start = body.len();
            body.resize(start + length + 2, 0);
            self.stream.read_exact(&mut body[start..]).expect("a piece");
            body.truncate(start + length);
            if length == 0 {
                return body;
            }
        }
    }

    /// Asks for an export and waits for it; gives its manifest and its files, then ends it.
    ///
    /// # Panics
    /// When it is refused, or is never prepared.
    pub fn export(&mut self, profile: usize, query: &str) -> (Reply, Vec<Reply>) {
        let begun = self.ask(Some(profile), &Request::get(format!("/fhir/$export?{query}")));
        assert_eq!(begun.status, 202, "{query}: {}", begun.text());
        let poll = path(begun.header("content-location").expect("where to ask"));
        let manifest = loop {
            let reply = self.ask(Some(profile), &Request::get(&poll));
            if reply.status != 202 {
                break reply;
            }
            std::thread::yield_now();
        };
        assert_eq!(manifest.status, 200, "{query}: {}", manifest.text());
        let urls = manifest.json();
        let urls = urls.items("output").map(|file| path(file.str("url").expect("an address")));
        let files = urls.map(|url| self.ask(Some(profile), &Request::get(url))).collect();
        let ended = self.ask(Some(profile), &Request { method: "DELETE", ..Request::get(poll) });
        assert_eq!(ended.status, 202);
        (manifest, files)
    }
}

/// Path and query of an absolute address.
fn path(url: &str) -> String {
    url.find("/fhir/").map(|at| url[at..].to_owned()).expect("an address of this base")
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Node {
        Node::parse(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `Type/id` of the entries with that `search.mode`, in their order.
    pub fn entries(&self, mode: &str) -> Vec<String> {
        let bundle = self.json();
        let in_mode = |entry: &&Node| entry.get("search").and_then(|search| search.str("mode")) == Some(mode);
        let resources = bundle.items("entry").filter(in_mode).filter_map(|entry| entry.get("resource"));
        resources.filter_map(|it| Some(format!("{}/{}", it.str("resourceType")?, it.str("id")?))).collect()
    }

    /// `Bundle.total`.
    pub fn total(&self) -> Option<i64> {
        self.json().get("total").and_then(Node::as_i64)
    }

    /// Path and query of the link `relation`.
    pub fn link(&self, relation: &str) -> Option<String> {
        let bundle = self.json();
        let link = bundle.items("link").find(|link| link.str("relation") == Some(relation))?;
        let url = link.str("url")?;
        url.find("/fhir/").map(|at| url[at..].to_owned())
    }

    /// All that the caller learns, less what D78 sets aside: `Date`, the correlation id, the
    /// value of `Bundle.id` and that of cursors, whose lengths stay.
    pub fn learned(&self) -> String {
        let aside = ["date", "x-request-id"];
        let headers: Vec<_> = self.headers.iter().filter(|(name, _)| !aside.contains(&name.as_str())).collect();
        let mut text = format!("{} {headers:?} {}", self.status, self.text());
        for start in ["_page=", "\"Bundle\",\"id\":\""] {
            let mut from = 0;
            while let Some(at) = text[from..].find(start).map(|at| from + at + start.len()) {
                let end = text[at..].find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
                let end = end.map_or(text.len(), |length| at + length);
                text.replace_range(at..end, &format!("({})", end - at));
                from = at;
            }
        }
        text
    }
}
