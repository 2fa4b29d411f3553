//! `ror serve`: the server.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use ror_api::{ApiState, Connections, Services, Settings};
use ror_directory::Directory;
use ror_identity::Identity;
use ror_ledger::Ledger;
use ror_portal::PortalState;
use ror_search::Registry;
use ror_terminology::Terminology;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::config::Config;
use crate::environment::{environment, random};
use crate::geography::Communes;
use crate::{data, report};

/// Registers whose data name their source wherever they are shown.
const NOTICES: [(&str, &str); 2] = [
    // Structures of both registers are held as one source.
    (
        "finess",
        "Sources des structures : FINESS et statistique annuelle des établissements de santé (Licence Ouverte).",
    ),
    ("sae", "Source des offres hospitalières : statistique annuelle (SAE) de la DREES (Licence Ouverte)."),
];
/// Where the key of page cursors is kept.
const CURSOR_KEY: &str = "cursor-key";

pub(crate) fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let config = Config::read(arguments)?;
    let ledger = data::open_or_create(&config.data)?;
    let directory = Directory::open(Arc::clone(&ledger), environment()).context("ouverture du répertoire")?;
    listen(&config, &ledger, directory, || {})
}

/// Serves until the process is asked to stop; `ready` is called once connections are taken.
pub(crate) fn listen(
    config: &Config,
    ledger: &Arc<dyn Ledger>,
    directory: Arc<Directory>,
    ready: impl FnOnce(),
) -> anyhow::Result<ExitCode> {
    data::mark_mode(&**ledger, config.sandbox)?;
    if config.sandbox && !config.listen.ip().is_loopback() && !data::is_synthetic(&**ledger)? {
        bail!("le bac à sable n'écoute hors de cette machine que sur des données de ror demo ou ror synth (D56)");
    }
    let recorder = PrometheusBuilder::new().install_recorder().context("mesures")?;
    let runtime = tokio::runtime::Runtime::new().context("démarrage")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("écoute sur {} (déjà prise ?)", config.listen))?;
        let address = listener.local_addr()?;
        let services = services(ledger, directory, config.sandbox)?;
        let mut settings = Settings::new(address, cursor_key(&**ledger)?);
        settings.sandbox = config.sandbox;
        settings.strict = config.strict;
        settings.https = config.https;
        settings.metrics = Some(Arc::new(move || recorder.render()));
        let portal = portal(ledger, &services, config.sandbox)?;
        let ahead = portal.clone();
        std::thread::Builder::new().name("portal".to_owned()).spawn(move || ahead.warm()).context("démarrage")?;
        let router = ror_api::router(ApiState::new(services, settings)).merge(ror_portal::router(portal));
        report::say(&format!("listening on http://{address}"));
        ready();
        ror_api::serve(listener, router, Connections::default(), asked_to_stop()).await.context("service")
    })?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn services(ledger: &Arc<dyn Ledger>, directory: Arc<Directory>, sandbox: bool) -> anyhow::Result<Services> {
    let settings = ror_identity::Settings::new(sandbox);
    Ok(Services {
        directory,
        identity: Arc::new(Identity::open(Arc::clone(ledger), settings, Box::new(random))?),
        registry: Registry::embedded(),
        terminology: Terminology::embedded(),
        geography: Arc::new(Communes::read(&**ledger)?),
        environment: environment(),
    })
}

/// The pages for people, on the same services as the API.
fn portal(ledger: &Arc<dyn Ledger>, services: &Services, sandbox: bool) -> anyhow::Result<PortalState> {
    let services = ror_portal::Services {
        directory: Arc::clone(&services.directory),
        identity: Arc::clone(&services.identity),
        registry: services.registry,
        terminology: services.terminology,
        cog: Communes::read(&**ledger)?.for_good(),
        now: Arc::clone(&services.environment.now),
    };
    let mut sources = Vec::new();
    for (register, notice) in NOTICES {
        if !ledger.source(register)?.is_empty() {
            sources.push(notice.to_owned());
        }
    }
    Ok(PortalState::new(services, ror_portal::Settings { sandbox, sources }))
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
