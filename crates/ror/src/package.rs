//! `ror import package`: newer lists from a FHIR package, with what they change told first.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_directory::{Usage, usage};
use ror_registers::package::{self, PACKED_BYTES_MAX, Package};
use ror_terminology::{Coded, ListChange, Terminology};

use crate::cli::Import;
use crate::{data, lists, report};

/// Codes shown for each list and kind of change; the report file holds them all.
const SHOWN: usize = 20;

type Used = HashMap<(String, String), Usage>;

pub(crate) fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    let [file] = arguments.files.as_slice() else { bail!("un seul paquet à la fois") };
    let package = read(file)?;
    for (path, reason) in &package.refused {
        report::complain(&format!("refusé : {path} : {reason}"));
    }
    if package.lists.is_empty() {
        bail!("aucune liste à charger dans {} {}", package.name, package.version);
    }
    let overlay = lists::overlay(&package.lists)?;
    let newer = Terminology::embedded().with(&overlay)?;
    let changes = Terminology::embedded().changes(&newer, overlay.urls());
    let used = used(&arguments.data, &changes)?;
    report::say(&format!(
        "{} {} : {} listes, {} changent",
        package.name,
        package.version,
        package.lists.len(),
        changes.len()
    ));
    for change in &changes {
        tell(change, &used);
    }
    if let Some(path) = &arguments.report {
        write(path, &changes, &used).with_context(|| format!("écriture de {}", path.display()))?;
    }
    let is_whole = package.refused.is_empty();
    if arguments.dry_run {
        report::complain("à blanc : rien n'est écrit");
    } else {
        lists::store(&*data::open_or_create(&arguments.data)?, package.lists)?;
        report::say("listes enregistrées : en vigueur au prochain démarrage du serveur");
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(file: &Path) -> anyhow::Result<Package> {
    let context = || format!("lecture de {}", file.display());
    let length = std::fs::metadata(file).with_context(context)?.len();
    if length > PACKED_BYTES_MAX as u64 {
        bail!("{} : le paquet dépasse {} Mo", file.display(), PACKED_BYTES_MAX >> 20);
    }
    let bytes = std::fs::read(file).with_context(context)?;
    package::read(&bytes).with_context(|| format!("paquet {} refusé", file.display()))
}

/// How many resources hold each code that closes or changes its label.
fn used(folder: &Path, changes: &[ListChange]) -> anyhow::Result<Used> {
    let touched =
        changes.iter().flat_map(|change| change.closed.iter().chain(change.renamed.iter().map(|(one, _)| one)));
    let codes: BTreeSet<(String, String)> = touched.map(key).collect();
    if codes.is_empty() || !data::exists(folder) {
        return Ok(Used::new());
    }
    Ok(usage(&*data::open(folder)?, &codes)?)
}

fn key(code: &Coded) -> (String, String) {
    (code.system.to_owned(), code.code.to_owned())
}

fn usage_of(used: &Used, code: &Coded) -> Usage {
    used.get(&key(code)).copied().unwrap_or_default()
}

fn tell(change: &ListChange, used: &Used) {
    let ListChange { title, added, renamed, closed, .. } = change;
    let version = |version: Option<&'static str>| version.unwrap_or("sans version");
    report::say(&format!(
        "{title} ({} → {}) : {} codes ajoutés, {} renommés, {} fermés",
        version(change.before),
        version(change.after),
        added.len(),
        renamed.len(),
        closed.len()
    ));
    let label = |label: Option<&'static str>| label.unwrap_or("sans libellé");
    let count = |code: &Coded| {
        let Usage { offers, others } = usage_of(used, code);
        format!("{offers} offres, {others} autres ressources")
    };
    let added = added.iter().map(|one| format!("  ajouté  : {} « {} »", one.code, label(one.display)));
    let renamed = renamed.iter().map(|(one, now)| {
        format!("  renommé : {} « {} » → « {} » : {}", one.code, label(one.display), label(*now), count(one))
    });
    let closed =
        closed.iter().map(|one| format!("  fermé   : {} « {} » : {}", one.code, label(one.display), count(one)));
    shown(closed);
    shown(renamed);
    shown(added);
}

fn shown(mut lines: impl ExactSizeIterator<Item = String>) {
    lines.by_ref().take(SHOWN).for_each(|line| report::say(&line));
    if lines.len() > 0 {
        report::say(&format!("  … et {} autres", lines.len()));
    }
}

/// Every change, one a line.
fn write(path: &Path, changes: &[ListChange], used: &Used) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_path(path)?;
    out.write_record(["liste", "changement", "systeme", "code", "libelle", "nouveau_libelle", "offres", "autres"])?;
    for change in changes {
        let added = change.added.iter().map(|one| ("ajouté", one, None));
        let renamed = change.renamed.iter().map(|(one, now)| ("renommé", one, *now));
        let closed = change.closed.iter().map(|one| ("fermé", one, None));
        for (what, one, now) in closed.chain(renamed).chain(added) {
            let Usage { offers, others } = usage_of(used, one);
            let (offers, others) = (offers.to_string(), others.to_string());
            let (label, now) = (one.display.unwrap_or_default(), now.unwrap_or_default());
            out.write_record([change.title, what, one.system, one.code, label, now, &offers, &others])?;
        }
    }
    Ok(out.flush()?)
}
