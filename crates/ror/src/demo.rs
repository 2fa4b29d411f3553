//! `ror demo`: one step from nothing to a directory that answers.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ror_directory::Directory;
use ror_identity::{ClientRights, NewClient, clients};
use ror_ledger::Ledger;
use serde::{Deserialize, Serialize};

use crate::cli::{Demo, Scale};
use crate::config::Config;
use crate::environment::{environment, now, random};
use crate::serve::Loaded;
use crate::{data, import, lists, report, serve, synth, templates};

/// Where the clients of the demonstration are kept, secrets included: fictitious data only.
const CLIENTS: &str = "demo-clients";
/// Set before the territory is loaded.
const BEGUN: &str = "demo-begun";
/// The seed of the territory: everyone sees the same one.
const SEED: u64 = 1;
/// The access profiles.
const PROFILES: std::ops::RangeInclusive<u8> = 0..=5;

#[derive(Deserialize, Serialize)]
struct SandboxClient {
    profile: u8,
    id: String,
    secret: String,
}

pub(crate) fn run(arguments: &Demo) -> anyhow::Result<ExitCode> {
    let ledger = data::open_or_create(&arguments.data)?;
    lists::put_in_force(&*ledger)?;
    let is_empty = ledger.head()?.seq == 0;
    if !is_empty && ledger.meta(CLIENTS)?.is_none() && !data::is_synthetic(&*ledger)? {
        let folder = arguments.data.display();
        bail!("{folder} tient d'autres données que celles d'une démonstration : indiquer un autre --data");
    }
    data::mark_mode(&*ledger, true)?;
    if is_empty {
        // All that it will hold.
        data::note_synthetic(&*ledger, true)?;
    }
    let config = Config::plain(arguments.data.clone(), arguments.listen);
    let (scale, listen, folder) = (arguments.scale, arguments.listen, arguments.data.clone());
    let held = Arc::clone(&ledger);
    serve::listen(config, ledger, move || {
        let directory = directory(&held, scale)?;
        let clients = sandbox_clients(&*held)?;
        let summary = summary(listen, &folder, &directory, &clients);
        Ok(Loaded { directory, summary })
    })
}

/// The directory of the demonstration, with its whole territory.
fn directory(ledger: &Arc<dyn Ledger>, scale: Scale) -> anyhow::Result<Arc<Directory>> {
    let directory = Directory::open(Arc::clone(ledger), environment(&**ledger)?).context("ouverture du répertoire")?;
    // Clients come after the territory: without them, a load that began did not end.
    let is_interrupted = ledger.meta(BEGUN)?.is_some() && ledger.meta(CLIENTS)?.is_none();
    if directory.snapshot().size() == 0 || is_interrupted {
        let territory = match scale {
            Scale::Xs => "Ain",
            Scale::S => "Centre-Val de Loire",
            Scale::M => "Auvergne-Rhône-Alpes",
        };
        report::complain(&format!("territoire fictif ({territory}) : génération et chargement…"));
        ledger.set_meta(BEGUN, b"yes")?;
        synth::take_in(&directory, scale, SEED, now())?;
        import::take_in(&directory, &mut import::load_templates(templates::FICTITIOUS_BASE))?;
    }
    Ok(directory)
}

fn sandbox_clients(ledger: &dyn Ledger) -> anyhow::Result<Vec<SandboxClient>> {
    if let Some(held) = ledger.meta(CLIENTS)? {
        let text = String::from_utf8(held).context("clients de démonstration")?;
        let held: Clients = toml::from_str(&text).context("clients de démonstration")?;
        return Ok(held.client);
    }
    let mut list = Vec::new();
    for profile in PROFILES {
        let new = NewClient { name: format!("démo profil {profile}"), profile, rights: ClientRights::default() };
        let made = clients::add(ledger, new, now(), &mut |bytes| random(bytes))?;
        let secret = made.client_secret.as_ref().expect("no certificate was asked for").expose().to_owned();
        list.push(SandboxClient { profile, id: made.client_id, secret });
    }
    let clients = Clients { client: list };
    ledger.set_meta(CLIENTS, toml::to_string(&clients)?.as_bytes())?;
    Ok(clients.client)
}

#[derive(Deserialize, Serialize)]
struct Clients {
    client: Vec<SandboxClient>,
}

fn summary(listen: SocketAddr, folder: &Path, directory: &Directory, clients: &[SandboxClient]) -> String {
    let base = format!("http://{listen}");
    let mut text = format!(
        "\nbac à sable — données fictives : {} ressources dans {}\n\n\
         API FHIR        {base}/fhir/metadata\n\
         Jeton           {base}/auth/realms/ror/protocol/openid-connect/token\n\n\
         Sans jeton (ce que voit le public) :\n  \
         curl '{base}/fhir/HealthcareService?location.near=46.205|5.226|10|km&_count=3&_include=HealthcareService:location'\n\n",
        directory.snapshot().size(),
        folder.display()
    );
    for client in clients {
        let SandboxClient { profile, id, secret } = client;
        // Writing to a string cannot fail.
        writeln!(text, "Profil {profile} : client_id={id} client_secret={secret}").ok();
        writeln!(
            text,
            "  TOKEN=$(curl -s -d grant_type=client_credentials -d client_id={id} -d client_secret={secret} \
             {base}/auth/realms/ror/protocol/openid-connect/token | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n  \
             curl -H \"Authorization: Bearer $TOKEN\" '{base}/fhir/Location?address-city=bourg&_count=2'"
        )
        .ok();
    }
    text
}
