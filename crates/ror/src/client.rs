//! `ror client`: the register of software clients.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_identity::{ClientRights, NewClient, Write, clients};

use crate::cli::{Client, ClientAdd};
use crate::environment::{now, random};
use crate::{data, report};

pub(crate) fn run(command: &Client) -> anyhow::Result<ExitCode> {
    match command {
        Client::Add(arguments) => add(arguments),
    }
}

fn add(arguments: &ClientAdd) -> anyhow::Result<ExitCode> {
    let rights = ClientRights {
        write: match &arguments.write {
            None => Write::None,
            Some(scope) if scope.as_os_str() == "national" => Write::National,
            Some(file) => Write::Establishments(establishments(file)?),
        },
        provider: arguments.establishments.as_deref().map(establishments).transpose()?.unwrap_or_default(),
        declassify: arguments.declassify,
        templates: arguments.templates,
        quality: arguments.quality,
        read_only: arguments.read_only,
    };
    let ledger = data::open_or_create(&arguments.data)?;
    let new = NewClient { name: arguments.name.clone(), profile: arguments.profile, rights };
    let credentials = clients::add(&*ledger, new, now(), &mut |bytes| random(bytes))?;
    report::say(&credentials.to_json());
    Ok(ExitCode::SUCCESS)
}

/// One FINESS or idNat_Struct per line, `#` comments (D65).
fn establishments(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("lecture de {}", file.display()))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let list: Vec<_> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if list.is_empty() {
        bail!("aucun établissement dans {}", file.display());
    }
    Ok(list)
}
