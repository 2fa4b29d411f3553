//! Running the program, and asking a running server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use ror_fhir::Node;
use tempfile::TempDir;

pub(crate) fn ror(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ror"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = ror(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Kills the server when the test ends.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = ror(arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("one line when ready").to_owned();
        Self { child, address }
    }

    /// Starts the program and gives the server as soon as its port is open, before it is ready,
    /// with what it will say on standard output.
    pub(crate) fn open(arguments: &[&str]) -> (Self, BufReader<ChildStdout>) {
        let mut child = ror(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains(" ouvert ; ")).expect("a line when the port is open");
        let address = line.strip_prefix("http://").and_then(|line| line.split(' ').next()).unwrap().to_owned();
        // What it says next is nobody's business, but has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        let said = BufReader::new(child.stdout.take().unwrap());
        (Self { child, address }, said)
    }

    /// Asks the server to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success());
    }

    /// A connection that stays open.
    pub(crate) fn connect(&self) -> Connection {
        Connection(BufReader::new(TcpStream::connect(&self.address).unwrap()))
    }

    /// The whole answer to a request without a token.
    pub(crate) fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1"), "", "")
    }

    /// The JSON body of an answer to the bearer of `token`.
    pub(crate) fn json(&self, path: &str, token: &str) -> Node {
        let answer = self.ask(&format!("GET {path} HTTP/1.1"), &format!("Authorization: Bearer {token}\r\n"), "");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        Node::parse(body.as_bytes()).unwrap()
    }

    /// A token for the client that `ror client add` printed.
    pub(crate) fn token(&self, client: &str) -> String {
        let client = Node::parse(client.trim().as_bytes()).unwrap();
        let (id, secret) = (client.str("client_id").unwrap(), client.str("client_secret").unwrap());
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let path = "/auth/realms/ror/protocol/openid-connect/token";
        let answer = self.ask(
            &format!("POST {path} HTTP/1.1"),
            &format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len()),
            &form,
        );
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        Node::parse(body.as_bytes()).unwrap().str("access_token").unwrap().to_owned()
    }

    fn ask(&self, request: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{request}\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n{body}", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Asks several times, one after the other.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Head, in small letters, and body.
    pub(crate) fn get(&mut self, path: &str) -> (String, String) {
        write!(self.0.get_mut(), "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "the connection was dropped");
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
