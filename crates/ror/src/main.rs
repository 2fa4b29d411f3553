//! `ror`: the national directory of health offers, server and command line.

mod check;
mod cli;
mod client;
mod config;
mod data;
mod demo;
mod environment;
mod geography;
mod https;
mod import;
mod issuers;
mod keys;
mod lists;
mod package;
mod people;
mod person;
mod population;
mod providers;
mod report;
mod security;
mod serve;
mod sources;
mod synth;
mod templates;
mod traces;
mod validate;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

/// The allocator under which everything was measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    serve::start_logs();
    let outcome = match cli.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Validate(arguments) => Ok(validate::run(&arguments)),
        Command::Synth(arguments) => synth::run(&arguments),
        Command::Client { command } => client::run(&command),
        Command::Keys { command } => keys::run(&command),
        Command::Person { command } => person::run(&command),
        Command::Check(arguments) => check::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        // The whole chain of causes, for the operator: this is a terminal, not an answer.
        report::complain(&format!("ror : {error:#}"));
        ExitCode::from(2)
    })
}
