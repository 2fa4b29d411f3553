//! `ror keys`: the keys that sign tokens.

use std::process::ExitCode;

use ror_identity::{PUBLISHED_AHEAD_S, Rotation, rotate};

use crate::cli::Keys;
use crate::environment::{now, random};
use crate::{data, report};

pub(crate) fn run(command: &Keys) -> anyhow::Result<ExitCode> {
    let Keys::Rotate(arguments) = command;
    let ledger = data::open(&arguments.data)?;
    let rotation = if arguments.urgent { Rotation::Urgent } else { Rotation::Planned };
    let kid = rotate(&*ledger, &random, rotation, "console", now())?;
    report::say(&match rotation {
        Rotation::Planned => format!("clé {kid} publiée ; elle signera dans {} minutes", PUBLISHED_AHEAD_S / 60),
        Rotation::Urgent => format!("clé {kid} en service ; les anciennes sont effacées, leurs jetons refusés"),
    });
    Ok(ExitCode::SUCCESS)
}
