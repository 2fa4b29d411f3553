//! `ror serve`: the server.

use std::io::IsTerminal as _;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use ror_api::{ApiState, Connections, Doors, Exports, Services, Settings, Site};
use ror_directory::Directory;
use ror_identity::Identity;
use ror_ledger::Ledger;
use ror_portal::PortalState;
use ror_search::Registry;
use ror_terminology::Terminology;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::config::Config;
use crate::environment::{environment, now, random};
use crate::geography::Communes;
use crate::{data, issuers, lists, people, report, security, sources, traces};

/// How often the times of requests are summed up: until then each one takes memory.
const UPKEEP: Duration = Duration::from_secs(5);
/// Where the key of page cursors is kept.
const CURSOR_KEY: &str = "cursor-key";
/// Name of the folder of exports in the data directory.
const EXPORTS: &str = "exports";
/// As the first thread of a process has: generating and reading were written on it.
const LOAD_STACK_BYTES: usize = 8 * 1024 * 1024;

/// What a loader brings.
pub(crate) struct Loaded {
    pub(crate) directory: Arc<Directory>,
    /// Said on standard output once connections are answered; empty for nothing.
    pub(crate) summary: String,
}

pub(crate) fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let config = Config::read(arguments)?;
    let ledger = data::open_or_create(&config.data)?;
    lists::put_in_force(&*ledger)?;
    let held = Arc::clone(&ledger);
    let load = move || {
        let environment = environment(&*held)?;
        let directory = Directory::open(held, environment).context("ouverture du répertoire")?;
        Ok(Loaded { directory, summary: String::new() })
    };
    listen(config, ledger, load)
}

/// Serves until the process is asked to stop. The port opens at once; until `load` ends, every
/// address says that the service is starting.
pub(crate) fn listen(
    config: Config,
    ledger: Arc<dyn Ledger>,
    load: impl FnOnce() -> anyhow::Result<Loaded> + Send + 'static,
) -> anyhow::Result<ExitCode> {
    data::mark_mode(&*ledger, config.sandbox)?;
    if config.sandbox && !config.listen.ip().is_loopback() && !data::is_synthetic(&*ledger)? {
        bail!("le bac à sable n'écoute hors de cette machine que sur des données de ror demo ou ror synth (D56)");
    }
    let recorder = PrometheusBuilder::new().install_recorder().context("mesures")?;
    // Read before the port opens: a server without its certificates must not answer.
    let security = config.files.open().context("certificats")?;
    let identity = Arc::new(identity(&config, &ledger)?);
    let traces = traces::open(&config.data, &*ledger)?;
    let (held, kept_in) = (Arc::clone(&traces), Arc::clone(&ledger));
    let runtime = tokio::runtime::Runtime::new().context("démarrage")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("écoute sur {} (déjà prise ?)", config.listen))?;
        let address = listener.local_addr()?;
        let kept = recorder.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                kept.run_upkeep();
            }
        });
        let scheme = if config.files.server.is_some() { "https" } else { "http" };
        report::complain(&format!("{scheme}://{address} ouvert ; lecture des données…"));
        tokio::spawn(issuers::tend(Arc::clone(&identity), config.issuers.clone()));
        if let Some(security) = &security {
            if security.authorities() > 1 {
                report::complain(
                    "plusieurs autorités admises : un logiciel inscrit par le nom de son certificat doit l'être avec \
                     --certificate-authority",
                );
            }
            tokio::spawn(security::reload_when_asked(config.files.clone(), Arc::clone(security)));
        }
        if config.is_in_clear() {
            report::complain("attention : sans TLS ni mandataire, secrets et jetons passent en clair sur le réseau");
        }
        let connections = config.connections(security.clone());
        let settings = ror_portal::Settings { sandbox: config.sandbox, ..ror_portal::Settings::default() };
        let doors = Doors::closed(ror_api::starting().merge(ror_portal::starting(settings)));
        let prepare = move || {
            let Loaded { directory, summary } = load()?;
            let services = services(&ledger, directory, identity)?;
            let mut settings = Settings::new(address, cursor_key(&*ledger)?);
            settings.security = security;
            settings.traces = Some(traces);
            settings.exports = Some(exports(&config)?);
            settings.metrics = Some(Arc::new(move || recorder.render()));
            let site = site(&config, &ledger, services, settings)?;
            let ready = move || {
                report::say(&format!("listening on {scheme}://{address}"));
                if !summary.is_empty() {
                    report::say(&summary);
                }
            };
            Ok((site, ready))
        };
        serve(listener, doors, connections, prepare, asked_to_stop()).await
    })?;
    traces::close(&held, &*kept_in)?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Serves `doors` until `stop`, and opens them when `prepare` ends; then calls what it gave.
async fn serve<S: Into<Site> + Send + 'static, R: FnOnce() + Send + 'static>(
    listener: TcpListener,
    doors: Doors,
    connections: Connections,
    prepare: impl FnOnce() -> anyhow::Result<(S, R)> + Send + 'static,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (done, prepared) = oneshot::channel();
    let work = move || {
        // Nobody waits any more when the server was stopped first.
        done.send(prepare()).ok();
    };
    std::thread::Builder::new()
        .name("load".to_owned())
        .stack_size(LOAD_STACK_BYTES)
        .spawn(work)
        .context("démarrage")?;
    let mut serving = pin!(ror_api::serve(listener, doors.clone(), connections, stop));
    tokio::select! {
        ended = &mut serving => return ended.context("service"),
        prepared = prepared => {
            let (site, ready) = prepared.context("la lecture des données s'est interrompue")??;
            doors.open(site);
            ready();
        }
    }
    serving.await.context("service")
}

/// The exports kept in the data directory (D47).
fn exports(config: &Config) -> anyhow::Result<Arc<Exports>> {
    let folder = config.data.join(EXPORTS);
    let exports = Exports::open(&folder, now()).with_context(|| format!("ouverture de {}", folder.display()))?;
    Ok(Arc::new(exports))
}

/// API and portal on one directory.
fn site(config: &Config, ledger: &Arc<dyn Ledger>, services: Services, mut settings: Settings) -> anyhow::Result<Site> {
    settings.sandbox = config.sandbox;
    settings.strict = config.strict;
    settings.https = config.https;
    settings.limits = config.limits.of_calls();
    let now = Arc::clone(&services.environment.now);
    let (held, identity) = (Arc::clone(&services.directory), Arc::clone(&services.identity));
    let traces = settings.traces.clone();
    let api = ApiState::new(services, settings);
    let people = people::open(ledger, &held, &identity, config)?;
    let portal = ror_portal::Services {
        directory: held,
        identity,
        people,
        registry: Registry::embedded(),
        terminology: Terminology::embedded(),
        cog: Communes::read(&**ledger)?.for_good(),
        // API and pages count together.
        limiter: api.limiter(),
        api: api.times(),
        traces,
        now,
    };
    let portal = PortalState::new(portal, portal_settings(&**ledger, config)?);
    let ahead = portal.clone();
    std::thread::Builder::new().name("portal".to_owned()).spawn(move || ahead.warm()).context("démarrage")?;
    Ok(Site::new(api, ror_portal::router(portal)))
}

fn identity(config: &Config, ledger: &Arc<dyn Ledger>) -> anyhow::Result<Identity> {
    let mut settings = ror_identity::Settings::new(config.sandbox);
    settings.issuer = config.tokens.issuer.clone().unwrap_or(settings.issuer);
    settings.audience = config.tokens.audience.clone().unwrap_or(settings.audience);
    settings.key_days = config.tokens.key_days();
    settings.issuers = config.issuers.iter().map(|configured| configured.issuer.clone()).collect();
    Ok(Identity::open(Arc::clone(ledger), settings, Box::new(random), now())?)
}

fn services(ledger: &Arc<dyn Ledger>, directory: Arc<Directory>, identity: Arc<Identity>) -> anyhow::Result<Services> {
    Ok(Services {
        directory,
        identity,
        registry: Registry::embedded(),
        terminology: Terminology::embedded(),
        geography: Arc::new(Communes::read(&**ledger)?),
        environment: environment(&**ledger)?,
    })
}

fn portal_settings(ledger: &dyn Ledger, config: &Config) -> anyhow::Result<ror_portal::Settings> {
    let sources = sources::told(ledger)?;
    let (sandbox, https, tiles) = (config.sandbox, config.https, config.tiles.clone());
    Ok(ror_portal::Settings { sandbox, https, sources, tiles })
}

/// The key under which page cursors are sealed: one for all servers of the same data.
fn cursor_key(ledger: &dyn Ledger) -> anyhow::Result<[u8; 32]> {
    let mut fresh = [0; 32];
    random(&mut fresh);
    let held = ledger.init_meta(CURSOR_KEY, &fresh)?;
    held.try_into().map_err(|_| anyhow::anyhow!("la clé des pages est abîmée"))
}

/// Ends at the first interrupt or request to terminate.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without signals only a kill stops the server, and nothing acknowledged is lost by one.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Logs go to standard error: readable on a terminal, JSON lines elsewhere. `RUST_LOG` chooses.
pub(crate) fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,ror_api=info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.compact().init();
    } else {
        logs.json().init();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::sync::mpsc;

    use axum::routing::any;

    use axum::Router;

    use super::*;

    /// Asks again on the same connection; gives the head of the answer, its body being of known length.
    fn ask(stream: &mut TcpStream, path: &str) -> String {
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("the connection holds");
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).expect("a head").to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
        stream.read_exact(&mut body).expect("the connection holds");
        head
    }

    #[test]
    fn a_slow_loader_is_waited_for_on_an_open_port_and_no_connection_is_dropped() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (loaded, load) = mpsc::channel::<()>();
        let (told, ready) = mpsc::channel::<()>();
        let (stop, stopped) = oneshot::channel::<()>();
        let doors = Doors::closed(ror_api::starting().merge(ror_portal::starting(ror_portal::Settings::default())));
        let prepare = move || {
            load.recv().context("told to go on")?;
            Ok((Router::new().fallback(any(async || "ready")), move || told.send(()).expect("somebody waits")))
        };
        let stop_asked = async move { drop(stopped.await) };
        let server = runtime.spawn(serve(listener, doors, Connections::default(), prepare, stop_asked));

        let mut stream = TcpStream::connect(address).expect("the port is open at once");
        for (path, status) in [("/", 503), ("/recherche?quoi=irm", 503), ("/fhir/metadata", 503), ("/readyz", 503)] {
            let head = ask(&mut stream, path);
            assert!(
                head.starts_with(&format!("http/1.1 {status}")) && head.contains("retry-after: 5"),
                "{path}: {head}"
            );
        }
        assert!(ask(&mut stream, "/healthz").starts_with("http/1.1 200"));
        assert!(ready.try_recv().is_err(), "not ready yet");
        loaded.send(()).expect("the loader waits");
        ready.recv().expect("told when ready");
        assert!(ask(&mut stream, "/").starts_with("http/1.1 200"), "the same connection");
        stop.send(()).expect("a server");
        runtime.block_on(server).expect("no panic").expect("served");
    }

    #[test]
    fn a_loader_that_fails_ends_the_server() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let prepare = || -> anyhow::Result<(Router, fn())> { bail!("registre illisible") };
        let served =
            serve(listener, Doors::closed(Router::new()), Connections::default(), prepare, std::future::pending());
        let error = runtime.block_on(served).expect_err("no data, no server");
        assert!(error.to_string().contains("registre illisible"));
    }

    #[test]
    fn a_server_asked_to_stop_does_not_wait_for_its_data() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let (_held, load) = mpsc::channel::<()>();
        let prepare =
            move || -> anyhow::Result<(Router, fn())> { Ok(load.recv().map(|()| (Router::new(), (|| {}) as fn()))?) };
        runtime
            .block_on(serve(listener, Doors::closed(Router::new()), Connections::default(), prepare, async {}))
            .expect("ended");
    }
}
