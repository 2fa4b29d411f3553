//! `ror check`: is the ledger whole, and does the read model say the same?

use std::process::ExitCode;

use ror_directory::verify;

use crate::cli::Check;
use crate::{data, lists, report, traces};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<ExitCode> {
    let ledger = data::open(&arguments.data)?;
    lists::put_in_force(&*ledger)?;
    let checked = ledger.check(&mut |_| {})?;
    for fault in &checked.faults {
        report::say(&format!("registre : {fault}"));
    }
    let read = verify(&*ledger)?;
    for fault in &read.faults {
        report::say(&format!("modèle de lecture : {fault}"));
    }
    let calls = traces::check(&arguments.data, &*ledger)?;
    for fault in &calls.faults {
        report::say(&format!("traces des appels : {fault}"));
    }
    let is_clean = checked.is_clean() && read.faults.is_empty() && calls.faults.is_empty();
    report::say(&format!(
        "{} versions, {} ressources, {} traces d'écriture, {} traces d'appel : {}",
        checked.versions,
        checked.resources,
        checked.audit,
        calls.traces,
        if is_clean { "tout concorde" } else { "des écarts ont été trouvés" }
    ));
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
