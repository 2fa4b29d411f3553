//! Asking over HTTP: once, for the bytes, and for seconds, for the rate (`wrk`).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// How hard servers are asked.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Threads of `wrk`.
    pub threads: usize,
    /// Connections, kept open.
    pub connections: usize,
    /// How long.
    pub seconds: u32,
}

/// What `wrk` measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// Answers per second.
    pub per_s: f64,
    /// The time that 99 answers out of 100 did not exceed, as `wrk` writes it.
    pub p99: String,
}

/// The body of an answer with status 200.
///
/// # Errors
/// When the server does not answer so.
pub fn get(address: SocketAddr, path: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without end of head")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    ensure!(head.starts_with("http/1.1 200 "), "{path}: {}", head.lines().next().unwrap_or_default());
    let length = format!("content-length: {}", body.len());
    ensure!(head.lines().any(|line| line == length), "{path}: the body is not of the length announced");
    Ok(body)
}

/// Asks for `path` again and again.
///
/// # Errors
/// When `wrk` cannot run, or an answer was an error.
pub fn press(address: SocketAddr, path: &str, load: Load) -> anyhow::Result<Rate> {
    let output = Command::new("wrk")
        .arg("--latency")
        .arg(format!("-t{}", load.threads))
        .arg(format!("-c{}", load.connections))
        .arg(format!("-d{}s", load.seconds))
        .arg(format!("http://{address}{path}"))
        .output()
        .context("wrk is missing: run `make bench`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    read_rate(&text).with_context(|| format!("{path}:\n{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Reads the report of `wrk`; `None` when there were errors: they are quick and mean nothing.
fn read_rate(text: &str) -> Option<Rate> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    let after = |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    Some(Rate { per_s: after("Requests/sec:")?.parse().ok()?, p99: after("99%")?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Running 5s test\n  Latency Distribution\n     50%  1.02ms\n     99%    2.10ms\n  \
                          512 requests in 5.0s, 3MB read\nRequests/sec:   1024.50\nTransfer/sec:  1MB\n";

    #[test]
    fn a_report_gives_its_rate_and_one_with_errors_gives_none() {
        assert_eq!(read_rate(REPORT), Some(Rate { per_s: 1024.5, p99: "2.10ms".to_owned() }));
        assert_eq!(read_rate(&format!("{REPORT}  Non-2xx or 3xx responses: 3\n")), None);
        assert_eq!(read_rate(&format!("  Socket errors: connect 1, read 0\n{REPORT}")), None);
        assert_eq!(read_rate(""), None);
    }
}
