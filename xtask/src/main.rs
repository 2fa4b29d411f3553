//! Code and data generation, repository checks: `cargo xtask <command>`.
//!
//! One module per command; this file only finds it.

mod epci;
mod geo;
mod nomenclatures;
mod policy;
mod profiles;
mod tidy;

use std::io::Write;
use std::process::ExitCode;

/// A command: its name, its usage line, and what runs it with the words after its name.
type Command = (&'static str, &'static str, fn(&[String]) -> anyhow::Result<String>);

const COMMANDS: &[Command] = &[
    (
        "policy",
        "policy --from FILE          rewrite the access tables of crates/confidentiality from the model (model.json)",
        policy::run,
    ),
    (
        "nomenclatures",
        "nomenclatures --from DIR    rewrite crates/terminology/data/nomenclatures.tsv from the published lists",
        nomenclatures::run,
    ),
    ("geo", "geo --from DIR              rewrite crates/registers/data/cog.zst from the tables of communes", geo::run),
    (
        "epci",
        "epci --from DIR --year YEAR rewrite crates/registers/data/epci.tsv from the unpacked npm package of divisions",
        epci::run,
    ),
    (
        "profiles",
        "profiles --from FILE --base DIR  rewrite the tables of crates/profiles from the model and the FHIR base",
        profiles::run,
    ),
    ("tidy", "tidy                        check what the repository promises about itself", tidy::run),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let found = words.first().and_then(|name| COMMANDS.iter().find(|command| command.0 == name));
    let (text, code) = match found.map(|command| command.2(&words[1..])) {
        Some(Ok(report)) => (report, ExitCode::SUCCESS),
        Some(Err(error)) => (format!("error: {error:#}"), ExitCode::FAILURE),
        None => (usage(), ExitCode::from(2)),
    };
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
    code
}

fn usage() -> String {
    let lines: Vec<String> = COMMANDS.iter().map(|command| format!("  cargo xtask {}", command.1)).collect();
    format!("usage:\n{}", lines.join("\n"))
}
