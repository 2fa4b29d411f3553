//! The machine of a run, for whoever reads its figures later.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use ror_fhir::{DateTime, Instant};

use crate::report::say;

/// The time now, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a benchmark is a program: it reads the clock, here only")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Processors that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The load of the last minute.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("?").to_owned()
}

/// Memory that this process holds, in bytes; `None` where the system does not tell.
pub fn resident_bytes() -> Option<u64> {
    kib("/proc/self/status", "VmRSS:").map(|kib| kib * 1024)
}

/// Prints date, processors, memory, load and compiler.
pub fn introduce(bench: &str) {
    let memory = kib("/proc/meminfo", "MemTotal:").map_or("?".to_owned(), |kib| format!("{}", kib / 1024 / 1024));
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    say(&format!("## {bench}\n"));
    say(&format!(
        "{}; {} cores ({}), {memory} GiB, load of the last minute {}; {}\n",
        DateTime::format_instant(now()),
        cores(),
        model.unwrap_or("unnamed"),
        load(),
        version("rustc", "--version"),
    ));
}

/// What a command says of its version; "?" when it says nothing.
pub fn version(command: &str, flag: &str) -> String {
    let Ok(output) = Command::new(command).arg(flag).output() else { return "?".to_owned() };
    // nginx and wrk answer on the error output or with a failure status.
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().next().unwrap_or("?").trim().to_owned()
}

fn kib(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}
