//! Answers over HTTP beside nginx serving files of the same bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use ror_api::{ApiState, Connections, Settings, Site};
use ror_benches::data::{self, Source};
use ror_benches::machine;
use ror_benches::nginx::Nginx;
use ror_benches::queries;
use ror_benches::report::{Table, count, median, say, target};
use ror_benches::web::{self, Load};
use ror_benches::world::World;
use ror_index::Hit;
use ror_search::ResourceType;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads of our server and processes of nginx: on two cores the other one is left to `wrk`.
const SERVER_THREADS: usize = 1;
const LOAD: Load = Load { threads: 1, connections: 32, seconds: 5 };
/// Each server is asked this many times, one after the other in turn.
const ROUNDS: usize = 3;
/// A resource of about this size is read by id.
const TYPICAL_BYTES: usize = 3_000;

/// Something asked of both servers.
struct Case {
    name: &'static str,
    path: String,
    file: &'static str,
    body: Vec<u8>,
    /// Ratio to nginx: now, at last.
    wanted: Option<(f64, f64)>,
}

fn main() -> anyhow::Result<()> {
    machine::introduce("http");
    let source = Source::find();
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(parent)?;
    let world = World::open(folder.path())?;
    let harvest = source.read()?;
    let resources = world.import(harvest.source, data::items(harvest))?;
    say(&format!(
        "{}; {} resources, asked without token. {}; {}; {} server thread or process each, logs off, \
         wrk: {} thread, {} connections, {} s, {ROUNDS} times each in turn\n",
        source.name(),
        count(resources as f64),
        machine::version("/usr/sbin/nginx", "-v"),
        machine::version("wrk", "-v").split(" Copyright").next().unwrap_or_default(),
        SERVER_THREADS,
        LOAD.threads,
        LOAD.connections,
        LOAD.seconds,
    ));
    let runtime = Builder::new_multi_thread().worker_threads(SERVER_THREADS).enable_all().build()?;
    let address = serve(&runtime, &world)?;
    let cases = cases(&world, address)?;
    let files: Vec<(&str, &[u8])> = cases.iter().map(|case| (case.file, &case.body[..])).collect();
    let nginx = Nginx::start(parent, &files, SERVER_THREADS)?;
    compare(&cases, address, nginx.address())
}

/// Starts our server as `ror serve --sandbox` does, in this process.
fn serve(runtime: &Runtime, world: &World) -> anyhow::Result<SocketAddr> {
    let recorder = PrometheusBuilder::new().install_recorder()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let mut settings = Settings::new(address, [7; 32]);
    settings.sandbox = true;
    settings.metrics = Some(Arc::new(move || recorder.render()));
    let site = Site::new(ApiState::new(world.services(), settings), Router::new());
    // Served until the process ends.
    runtime.spawn(ror_api::serve(listener, site, Connections::default(), std::future::pending()));
    Ok(address)
}

fn cases(world: &World, address: SocketAddr) -> anyhow::Result<Vec<Case>> {
    let read = format!("/fhir/{}", typical(world)?);
    let page = "/fhir/HealthcareService?_count=200".to_owned();
    let graph = "/fhir/HealthcareService?location.near=45.76|4.84|50|km&_count=200&_include=HealthcareService:location\
                 &_include=HealthcareService:organization"
        .replace('|', "%7C");
    [
        ("(a) read by id", read, "read", Some((0.8, 0.9))),
        ("(b) page of 200 offers", page, "page", Some((0.6, 0.8))),
        ("(shown) 200 offers within 50 km, with places and structures", graph, "graph", None),
    ]
    .into_iter()
    .map(|(name, path, file, wanted)| {
        let body = web::get(address, &path)?;
        Ok(Case { name, path, file, body, wanted })
    })
    .collect()
}

/// `Type/id` of the resource nearest to the typical size.
fn typical(world: &World) -> anyhow::Result<String> {
    let (grant, snapshot) = (world.public()?, world.directory.snapshot());
    let view = snapshot.view(&grant);
    let mut hits = Vec::new();
    for rtype in ResourceType::ALL {
        hits.extend(queries::all(&view, rtype)?);
    }
    let size = |hit: &&Hit| {
        let mut out = Vec::new();
        hit.write_to(&mut out);
        out.len()
    };
    let nearest = hits.iter().min_by_key(|hit| size(hit).abs_diff(TYPICAL_BYTES)).context("nothing to read")?;
    Ok(format!("{}/{}", nearest.rtype(), nearest.id()))
}

fn compare(cases: &[Case], ror: SocketAddr, nginx: SocketAddr) -> anyhow::Result<()> {
    let mut table = Table::new(&["answers/s", "bytes", "ror", "nginx", "ratio", "MB/s of ror", "ror p99", "nginx p99"]);
    let mut verdicts = Vec::new();
    for case in cases {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(web::press(ror, &case.path, LOAD)?);
            theirs.push(web::press(nginx, &format!("/{}", case.file), LOAD)?);
        }
        let middle = |rates: &[web::Rate]| median(&rates.iter().map(|rate| rate.per_s).collect::<Vec<_>>());
        let (our, their) = (middle(&ours), middle(&theirs));
        let last = |rates: &[web::Rate]| rates.last().map(|rate| rate.p99.clone()).unwrap_or_default();
        table.row([
            case.name.to_owned(),
            count(case.body.len() as f64),
            count(our),
            count(their),
            format!("{:.2}", our / their),
            count(our * case.body.len() as f64 / 1e6),
            last(&ours),
            last(&theirs),
        ]);
        verdicts.extend(case.wanted.map(|(now, at_last)| target(case.name, our / their, now, at_last)));
    }
    table.print();
    for verdict in &verdicts {
        say(verdict);
    }
    say("");
    Ok(())
}
