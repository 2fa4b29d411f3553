//! PostgreSQL, as the usual way to do the same: started for one run in a folder of its own, reached through
//! a socket there, thrown away after. Never as root, which it refuses.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

/// How long the server may take to answer, or to stop: 100 times this.
const PATIENCE: Duration = Duration::from_millis(100);

/// All data stays in memory, nothing is flushed, one process per question: as much as can be given to one
/// question on one core.
const SETTINGS: [&str; 12] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=2GB",
    "effective_cache_size=4GB",
    "work_mem=128MB",
    "maintenance_work_mem=512MB",
    "random_page_cost=1.0",
    "max_parallel_workers_per_gather=0",
    "jit=off",
];

/// A server; stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    folder: TempDir,
}

impl Postgres {
    /// Makes an empty database and serves it.
    ///
    /// # Errors
    /// When PostgreSQL is missing or does not start.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        let user = other_user()?;
        // Not below the build folder: whoever the server runs as may not be let in there.
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
        let sockets = folder.path().join("sockets");
        fs::create_dir(&sockets)?;
        if let Some((uid, gid)) = user {
            chown(&data, Some(uid), Some(gid))?;
            chown(&sockets, Some(uid), Some(gid))?;
        }
        let mut make = command(&programs.join("initdb"), user, folder.path());
        make.args(["--auth=trust", "--username=ror", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        let made = make.output().context("initdb")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut serve = command(&programs.join("postgres"), user, folder.path());
        serve.arg("-D").arg(&data).arg("-k").arg(&sockets);
        for setting in SETTINGS {
            serve.args(["-c", setting]);
        }
        let log = fs::File::create(folder.path().join("log"))?;
        let child = serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { child, programs, user, folder })
    }

    /// Connects, once the server answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn connect(&mut self) -> anyhow::Result<Connection> {
        let socket = self.folder.path().join("sockets/.s.PGSQL.5432");
        for _ in 0..100 {
            if let Ok(stream) = UnixStream::connect(&socket)
                && let Ok(connection) = Connection::greet(stream)
            {
                return Ok(connection);
            }
            if self.child.try_wait()?.is_some() {
                break;
            }
            sleep(PATIENCE);
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start: {log}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = command(&self.programs.join("pg_ctl"), self.user, self.folder.path());
        let _ = stop.args(["stop", "--mode=immediate", "-D"]).arg(self.folder.path().join("data")).output();
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(PATIENCE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of the programs: Debian keeps them out of the path.
fn programs() -> anyhow::Result<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<PathBuf> = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let holds_all = |folder: &PathBuf| ["initdb", "postgres", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(holds_all).context("PostgreSQL is missing: run `make bench-peer`")
}

/// As whom to run it, user and group, when we are root.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse::<u32>);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).map(Some).context("no user to run PostgreSQL as")
}

fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((uid, gid)) = user {
        command.gid(gid).uid(uid);
    }
    command
}

/// One session: statements prepared once, values in text.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    buffer: Vec<u8>,
}

/// The values of a row.
pub type Row = Vec<Option<String>>;

impl Connection {
    fn greet(stream: UnixStream) -> anyhow::Result<Self> {
        let mut connection = Self { stream, buffer: Vec::new() };
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        body.extend_from_slice(b"user\0ror\0database\0postgres\0\0");
        let length = i32::try_from(body.len() + 4)?;
        connection.stream.write_all(&[&length.to_be_bytes()[..], &body].concat())?;
        connection.rows()?;
        Ok(connection)
    }

    /// Runs statements without values.
    ///
    /// # Errors
    /// When one is refused.
    pub fn run(&mut self, sql: &str) -> anyhow::Result<Vec<Row>> {
        self.message(b'Q', &[sql.as_bytes(), b"\0"])?;
        self.flush()?;
        self.rows().with_context(|| sql.to_owned())
    }

    /// Fills a table: `lines` in the text format of COPY.
    ///
    /// # Errors
    /// When a line is refused.
    pub fn copy(&mut self, table: &str, lines: &str) -> anyhow::Result<()> {
        self.message(b'Q', &[format!("COPY {table} FROM STDIN").as_bytes(), b"\0"])?;
        for piece in lines.as_bytes().chunks(1 << 20) {
            self.message(b'd', &[piece])?;
            self.flush()?;
        }
        self.message(b'c', &[])?;
        self.flush()?;
        self.rows().with_context(|| format!("filling {table}")).map(|_| ())
    }

    /// Prepares a statement under a name.
    ///
    /// # Errors
    /// When it is refused.
    pub fn prepare(&mut self, name: &str, sql: &str) -> anyhow::Result<()> {
        self.message(b'P', &[name.as_bytes(), b"\0", sql.as_bytes(), b"\0\0\0"])?;
        self.message(b'S', &[])?;
        self.flush()?;
        self.rows().with_context(|| sql.to_owned()).map(|_| ())
    }

    /// Asks a prepared statement with these values: one exchange.
    ///
    /// # Errors
    /// When it fails.
    pub fn ask(&mut self, name: &str, values: &[String]) -> anyhow::Result<Vec<Row>> {
        let mut bind = [b"\0", name.as_bytes(), b"\0", &[0, 0]].concat();
        bind.extend_from_slice(&i16::try_from(values.len())?.to_be_bytes());
        for value in values {
            bind.extend_from_slice(&i32::try_from(value.len())?.to_be_bytes());
            bind.extend_from_slice(value.as_bytes());
        }
        bind.extend_from_slice(&[0, 0]);
        self.message(b'B', &[&bind])?;
        self.message(b'E', &[b"\0", &[0; 4]])?;
        self.message(b'S', &[])?;
        self.flush()?;
        self.rows()
    }

    fn message(&mut self, kind: u8, parts: &[&[u8]]) -> anyhow::Result<()> {
        let length = i32::try_from(4 + parts.iter().map(|part| part.len()).sum::<usize>())?;
        self.buffer.push(kind);
        self.buffer.extend_from_slice(&length.to_be_bytes());
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Reads up to the end of the answer; an error in it is ours.
    fn rows(&mut self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut fault = None;
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]).saturating_sub(4);
            let mut body = vec![0; length as usize];
            self.stream.read_exact(&mut body)?;
            match head[0] {
                b'D' => rows.push(row(&body)?),
                b'E' => fault = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
                b'Z' => break,
                // Waits for lines: they are on their way.
                _ => {}
            }
        }
        match fault {
            Some(fault) => bail!("PostgreSQL: {fault}"),
            None => Ok(rows),
        }
    }
}

fn row(body: &[u8]) -> anyhow::Result<Row> {
    let (count, mut rest) = body.split_first_chunk::<2>().context("a row has a count")?;
    let mut row = Row::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>().context("a value has a length")?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok();
        let (value, after) = after.split_at_checked(length.unwrap_or_default()).context("a value is whole")?;
        row.push(length.map(|_| String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    Ok(row)
}
