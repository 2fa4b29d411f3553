//! nginx, as a measure of what the machine can send: files of the same bytes, nothing else on.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// How long nginx may take to answer its first connection, or to stop: 50 times this.
const PATIENCE: Duration = Duration::from_millis(100);

/// A server of files on a port of this machine; stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Nginx {
    /// Serves `files` (name, bytes) with `workers` processes, from a new folder in `parent`.
    ///
    /// # Errors
    /// When nginx is missing or does not start.
    pub fn start(parent: &Path, files: &[(&str, &[u8])], workers: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(parent)?;
        let root = folder.path().join("files");
        fs::create_dir(&root)?;
        for (name, bytes) in files {
            fs::write(root.join(name), bytes)?;
        }
        let address = free_address()?;
        fs::write(folder.path().join("nginx.conf"), configuration(folder.path(), address, workers)?)?;
        let child =
            command(folder.path()).stdin(Stdio::null()).spawn().context("nginx is missing: run `make bench`")?;
        let mut nginx = Self { child, folder, address };
        nginx.wait_until_it_answers()?;
        Ok(nginx)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        for _ in 0..50 {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() {
                break;
            }
            sleep(PATIENCE);
        }
        bail!("nginx did not start: {}", fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master ends the workers; killing it at once would leave them.
        let _ = command(self.folder.path()).args(["-s", "stop"]).status();
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(PATIENCE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let program = [Path::new("/usr/sbin/nginx"), Path::new("/usr/local/sbin/nginx")].into_iter().find(|p| p.exists());
    let mut command = Command::new(program.map_or_else(|| PathBuf::from("nginx"), Path::to_owned));
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(folder.join("error.log"));
    command
}

/// A port that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Everything nginx does well is on: `sendfile`, open files kept, connections kept. Nothing is
/// written and nothing is compressed.
fn configuration(folder: &Path, address: SocketAddr, workers: usize) -> std::io::Result<String> {
    // As root, nginx would give its workers to a user who may not enter the folder.
    let user = if fs::metadata("/proc/self")?.uid() == 0 { "user root;" } else { "" };
    let folder = folder.display();
    Ok(format!(
        "{user}
daemon off;
worker_processes {workers};
pid \"{folder}/nginx.pid\";
events {{ worker_connections 1024; }}
http {{
    access_log off;
    gzip off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    open_file_cache max=64;
    default_type application/fhir+json;
    client_body_temp_path \"{folder}/body\";
    proxy_temp_path \"{folder}/proxy\";
    fastcgi_temp_path \"{folder}/fastcgi\";
    uwsgi_temp_path \"{folder}/uwsgi\";
    scgi_temp_path \"{folder}/scgi\";
    server {{ listen {address}; root \"{folder}/files\"; }}
}}
"
    ))
}
