//! How long a page takes over HTTP, beside nginx serving a file of the same bytes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ror_api::{ApiState, Connections, Settings, Site};
use ror_benches::data::{self, Source};
use ror_benches::machine;
use ror_benches::nginx::Nginx;
use ror_benches::queries;
use ror_benches::report::{Table, count, percentile, say};
use ror_benches::world::World;
use ror_portal::PortalState;
use ror_registers::cog::Cog;
use ror_search::ResourceType;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures of each kind of page, on one connection, one after the other.
const MEASURES: usize = 2_000;
/// Sheets of each kind: as many different ones.
const SHEETS: usize = 100;
/// As a browser of today asks.
const PACKED: &str = "gzip, deflate, br, zstd";
/// Target, in milliseconds, for the 95th percentile of home, results and sheet.
const WANTED_MS: f64 = 10.0;

const SEARCHES: [(&str, &str); 14] = [
    ("réanimation", "Lyon"),
    ("hôpital", ""),
    ("urgences", "Marseille"),
    ("irm", "Nantes"),
    ("maternité", "Lille"),
    ("psychiatrie", "35"),
    ("scanner", "Bordeaux"),
    ("dialyse", "Toulouse"),
    ("soins palliatifs", "Rennes"),
    ("chirurgie", "Bretagne"),
    ("hospitalisation à domicile", "Dijon"),
    ("centre hospitalier", "Bourg-en-Bresse"),
    ("urgences", ""),
    ("", "Saint-Denis"),
];
const BEGINNINGS: [&str; 10] = ["re", "réa", "urg", "hop", "hôpit", "mat", "chu", "clin", "centre hosp", "infirmeir"];

/// A kind of page: its name, its addresses, the target if it has one.
struct Case {
    name: &'static str,
    paths: Vec<String>,
    is_aimed: bool,
}

fn main() -> anyhow::Result<()> {
    machine::introduce("pages");
    let source = Source::find();
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(parent)?;
    let world = World::open(folder.path())?;
    let harvest = source.read()?;
    let resources = world.import(harvest.source, data::items(harvest))?;
    say(&format!(
        "{}; {} resources. {}; packed as a browser asks; {MEASURES} pages of each kind, one connection, one after the other\n",
        source.name(),
        count(resources as f64),
        machine::version("/usr/sbin/nginx", "-v"),
    ));
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let address = serve(&runtime, &world)?;
    let cases = cases(&world)?;
    let mut client = Client::connect(address)?;
    let mut bodies = Vec::new();
    for path in cases.iter().flat_map(|case| &case.paths) {
        let path = client.resolve(path)?;
        let (body, _) = client.get(&path)?;
        bodies.push((path, body));
    }
    let names: Vec<String> = (0..bodies.len()).map(|at| format!("page{at}")).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().map(String::as_str).zip(bodies.iter().map(|(_, body)| &body[..])).collect();
    let nginx = Nginx::start(parent, &files, 1)?;
    compare(&cases, client, Client::connect(nginx.address())?, &bodies)
}

/// Starts API and portal as `ror serve --sandbox` does, in this process.
fn serve(runtime: &Runtime, world: &World) -> anyhow::Result<SocketAddr> {
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let mut settings = Settings::new(address, [7; 32]);
    settings.sandbox = true;
    let api = ApiState::new(world.services(), settings);
    let fetch: Arc<ror_identity::people::Fetch> = Arc::new(|_| Err("no network".to_owned()));
    let people = ror_identity::people::People::open(
        Arc::clone(&world.ledger),
        ror_identity::people::PeopleSettings::default(),
        Box::new(|bytes| bytes.fill(7)),
        &fetch,
        Arc::clone(&world.environment.now),
    )?;
    let services = ror_portal::Services {
        directory: Arc::clone(&world.directory),
        identity: Arc::clone(&world.identity),
        people: Arc::new(people),
        registry: ror_search::Registry::embedded(),
        terminology: ror_terminology::Terminology::embedded(),
        cog: Cog::embedded(),
        limiter: api.limiter(),
        api: api.times(),
        traces: None,
        now: Arc::clone(&world.environment.now),
    };
    let portal = PortalState::new(services, ror_portal::Settings { sandbox: true, ..ror_portal::Settings::default() });
    portal.warm();
    let site = Site::new(api, ror_portal::router(portal));
    // Served until the process ends.
    runtime.spawn(ror_api::serve(listener, site, Connections::default(), std::future::pending()));
    Ok(address)
}

fn cases(world: &World) -> anyhow::Result<Vec<Case>> {
    let (grant, snapshot) = (world.public()?, world.directory.snapshot());
    let view = snapshot.view(&grant);
    let sheets = |rtype, start: &str| -> anyhow::Result<Vec<String>> {
        let hits = queries::all(&view, rtype)?;
        let step = (hits.len() / SHEETS).max(1);
        Ok(hits.iter().step_by(step).take(SHEETS).map(|hit| format!("{start}{}", hit.id())).collect())
    };
    let search = |&(what, place): &(&str, &str)| format!("/recherche?quoi={}&ou={}", encoded(what), encoded(place));
    let suggest = |start: &&str| format!("/api/suggestions?champ=quoi&q={}", encoded(start));
    Ok(vec![
        Case { name: "home", paths: vec!["/".to_owned()], is_aimed: true },
        Case { name: "results", paths: SEARCHES.iter().map(search).collect(), is_aimed: true },
        Case {
            name: "sheet of a structure",
            paths: sheets(ResourceType::Organization, "/structure/")?,
            is_aimed: true,
        },
        Case { name: "sheet of an offer", paths: sheets(ResourceType::HealthcareService, "/offre/")?, is_aimed: true },
        Case { name: "suggestions", paths: BEGINNINGS.iter().map(suggest).collect(), is_aimed: false },
    ])
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn compare(cases: &[Case], mut ror: Client, mut nginx: Client, bodies: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let mut table = Table::new(&["page (µs)", "kB", "ror p50", "p95", "p99", "nginx p50", "p95", "p99", "p50 ratio"]);
    let (mut first, mut worst) = (0, 0.0_f64);
    for case in cases {
        let (mut ours, mut theirs, mut bytes) = (Vec::new(), Vec::new(), 0);
        for turn in 0..MEASURES {
            let at = turn % case.paths.len();
            let (path, body) = &bodies[first + at];
            ours.push(micros(ror.get(path)?.1));
            let (file, time) = nginx.get(&format!("/page{}", first + at))?;
            ensure!(file == *body, "{path}: not the same bytes");
            theirs.push(micros(time));
            bytes += body.len();
        }
        first += case.paths.len();
        if case.is_aimed {
            worst = worst.max(percentile(&ours, 95.0) / 1e3);
        }
        let [p50, p95, p99] = [50.0, 95.0, 99.0].map(|percent| percentile(&ours, percent));
        let [n50, n95, n99] = [50.0, 95.0, 99.0].map(|percent| percentile(&theirs, percent));
        table.row([
            format!("{} ({})", case.name, case.paths.len()),
            format!("{:.1}", bytes as f64 / MEASURES as f64 / 1e3),
            count(p50),
            count(p95),
            count(p99),
            count(n50),
            count(n95),
            count(n99),
            format!("{:.1}", p50 / n50),
        ]);
    }
    table.print();
    let word = if worst < WANTED_MS { "reached" } else { "NOT reached" };
    say(&format!(
        "target p95 of home, results and sheets: {worst:.2} ms at worst, wanted under {WANTED_MS} ms: {word}\n"
    ));
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Asks on one connection, one request after the other.
struct Client {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address, buffer: vec![0; 1 << 20] })
    }

    /// Where an address leads: a sheet has its number in its address.
    fn resolve(&mut self, path: &str) -> anyhow::Result<String> {
        let (head, _) = self.ask(path)?;
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let location = headers.find(|(name, _)| name.eq_ignore_ascii_case("location"));
        Ok(location.map_or(path, |(_, to)| to).to_owned())
    }

    /// The body of a page as it came, and how long it took to come.
    fn get(&mut self, path: &str) -> anyhow::Result<(Vec<u8>, Duration)> {
        let started = Instant::now();
        let (head, body) = self.ask(path)?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{path}: {}", head.lines().next().unwrap_or_default());
        Ok((body, started.elapsed()))
    }

    fn ask(&mut self, path: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: {PACKED}\r\n\r\n", self.address);
        self.stream.write_all(request.as_bytes())?;
        let mut held = 0;
        let end = loop {
            let read = self.stream.read(&mut self.buffer[held..])?;
            ensure!(read > 0, "{path}: the connection ended");
            let from = held.saturating_sub(3);
            held += read;
            if let Some(at) = self.buffer[from..held].windows(4).position(|four| four == b"\r\n\r\n") {
                break from + at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.context("a length")?.1.parse()?;
        while held < end + length {
            let read = self.stream.read(&mut self.buffer[held..])?;
            ensure!(read > 0, "{path}: the connection ended");
            held += read;
        }
        Ok((head, self.buffer[end..end + length].to_vec()))
    }
}
