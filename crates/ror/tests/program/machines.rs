//! Certificates, keys and issuers, as whoever runs the server meets them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use ror_fhir::Node;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::run::{folder, ror, run, text};

const TOKEN: &str = "/auth/realms/ror/protocol/openid-connect/token";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut wanted = CertificateParams::new(Vec::new()).unwrap();
    wanted.distinguished_name.push(DnType::CommonName, "IGC d'essai");
    wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Authority::self_signed(wanted, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a certificate and its key beside one another.
fn issue(authority: &Authority, name: &str, serial: u64, folder: &Path) -> (PathBuf, PathBuf) {
    let mut wanted = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, name);
    wanted.serial_number = Some(SerialNumber::from(serial));
    let key = KeyPair::generate().unwrap();
    let made = wanted.signed_by(&key, authority).unwrap();
    let paths = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.cle")));
    std::fs::write(&paths.0, made.pem()).unwrap();
    std::fs::write(&paths.1, key.serialize_pem()).unwrap();
    paths
}

fn list(authority: &Authority, revoked: &[u64], path: &Path) {
    let list = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2020, 1, 1),
        next_update: rcgen::date_time_ymd(4000, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked
            .iter()
            .map(|serial| RevokedCertParams {
                serial_number: SerialNumber::from(*serial),
                revocation_time: rcgen::date_time_ymd(2020, 1, 1),
                reason_code: None,
                invalidity_date: None,
            })
            .collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    std::fs::write(path, list.signed_by(authority).unwrap().der()).unwrap();
}

struct Served {
    child: Child,
    said: std::io::Lines<BufReader<std::process::ChildStderr>>,
    address: String,
}

impl Served {
    fn start(data: &Path, config: &Path) -> Self {
        let mut child =
            ror(&["serve", "--data", text(data), "--config", text(config), "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on https://").expect("its own TLS").to_owned();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said, address }
    }

    /// Waits for a line on standard error.
    fn hear(&mut self, part: &str) {
        assert!(self.said.by_ref().map_while(Result::ok).any(|line| line.contains(part)), "{part} was never said");
    }

    fn ask(&self, authority: &Authority, shown: Option<&(PathBuf, PathBuf)>, request: &str) -> Option<(u16, Node)> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.as_ref().der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_file(certificate).unwrap()],
                    PrivateKeyDer::from_pem_file(key).unwrap(),
                )
                .unwrap(),
        };
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().unwrap(), Node::parse(body.as_bytes()).unwrap()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n")
}

fn token_request(client: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id={client}");
    format!(
        "POST {TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

fn add(data: &Path, arguments: &[&str]) -> Node {
    let (status, out, err) = run(&[&["client", "add", "SAMU 01", "--data", text(data)], arguments].concat());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    Node::parse(out.trim().as_bytes()).unwrap()
}

#[test]
fn a_client_with_a_certificate_from_its_registration_to_its_revocation() {
    let folder = folder();
    let (data, igc) = (folder.path().join("data"), authority());
    let (server, key) = issue(&igc, "serveur", 1, folder.path());
    let samu = issue(&igc, "samu", 2, folder.path());
    std::fs::write(folder.path().join("igc.pem"), igc.as_ref().pem()).unwrap();
    let revoked = folder.path().join("igc.crl");
    list(&igc, &[], &revoked);
    let config = folder.path().join("ror.toml");
    let text_of_config = format!(
        "[tls]\ncertificate = {server:?}\nkey = {key:?}\n[clients]\nauthority = \"igc.pem\"\nrevocation_lists = [\"igc.crl\"]\n"
    );
    std::fs::write(&config, text_of_config).unwrap();
    let client = add(&data, &["--profile", "2", "--certificate", text(&samu.0), "--bound"]);
    assert!(client.str("client_secret").is_none(), "no secret beside a certificate");
    let id = client.str("client_id").unwrap();
    let mut served = Served::start(&data, &config);
    let (status, granted) = served.ask(&igc, Some(&samu), &token_request(id)).unwrap();
    assert_eq!(status, 200, "{granted:?}");
    let token = granted.str("access_token").unwrap();
    let read =
        |served: &Served, shown| served.ask(&igc, shown, &get("/fhir/Location", token)).map(|(status, _)| status);
    assert_eq!(read(&served, Some(&samu)), Some(200));
    assert_eq!(read(&served, None), Some(401), "it must show its certificate");
    let hang_up = |served: &Served| {
        let asked = std::process::Command::new("kill").args(["-HUP", &served.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
    };
    std::fs::write(&revoked, "rien").unwrap();
    hang_up(&served);
    served.hear("certificats inchangés");
    assert_eq!(read(&served, Some(&samu)), Some(200), "files that are no good change nothing");
    list(&igc, &[2], &revoked);
    hang_up(&served);
    served.hear("certificats relus");
    assert_eq!(read(&served, Some(&samu)), None, "refused at the handshake");
    let (status, out, _) = run(&["client", "revoke", id, "--data", text(&data)]);
    assert_eq!((status, out.contains("révoqué")), (Some(0), true));
}

#[test]
fn a_stolen_signing_key_is_replaced_beside_the_server() {
    let folder = folder();
    let (data, igc) = (folder.path().join("data"), authority());
    let (server, key) = issue(&igc, "serveur", 1, folder.path());
    let samu = issue(&igc, "samu", 2, folder.path());
    std::fs::write(folder.path().join("igc.pem"), igc.as_ref().pem()).unwrap();
    let config = folder.path().join("ror.toml");
    std::fs::write(
        &config,
        format!("[tls]\ncertificate = {server:?}\nkey = {key:?}\n[clients]\nauthority = \"igc.pem\"\n"),
    )
    .unwrap();
    let client = add(&data, &["--profile", "2", "--certificate-dns", "localhost.localdomain"]);
    assert!(client.str("client_id").is_some());
    let client = add(&data, &["--profile", "2", "--certificate-subject", "CN=samu"]);
    let served = Served::start(&data, &config);
    let (_, granted) = served.ask(&igc, Some(&samu), &token_request(client.str("client_id").unwrap())).unwrap();
    let token = granted.str("access_token").unwrap();
    let read = || served.ask(&igc, None, &get("/fhir/Location", token)).map(|(status, _)| status);
    assert_eq!(read(), Some(200));
    let (status, out, err) = run(&["keys", "rotate", "--data", text(&data)]);
    assert_eq!((status, out.contains("10 minutes")), (Some(0), true), "{err}");
    assert_eq!(read(), Some(200), "a planned change kills no token");
    assert_eq!(run(&["keys", "rotate", "--urgent", "--data", text(&data)]).0, Some(0));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(read(), Some(401), "within two seconds");
}

/// Answers each connection with a set of keys, over TLS.
fn publisher(certificate: &(PathBuf, PathBuf), set: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(&certificate.0).unwrap()],
            PrivateKeyDer::from_pem_file(&certificate.1).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{set}", set.len());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    port
}

#[test]
fn tokens_of_another_issuer_whose_keys_are_fetched_over_https() {
    let folder = folder();
    let (data, igc) = (folder.path().join("data"), authority());
    let (server, key) = issue(&igc, "serveur", 1, folder.path());
    let published = issue(&igc, "emetteur", 2, folder.path());
    std::fs::write(folder.path().join("igc.pem"), igc.as_ref().pem()).unwrap();
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let set = format!(
        r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"k1","x":"{}","y":"{}"}}]}}"#,
        base64url(&point[1..33]),
        base64url(&point[33..])
    );
    std::fs::write(folder.path().join("cles.json"), &set).unwrap();
    let port = publisher(&published, set);
    let config = folder.path().join("ror.toml");
    let mut wanted = format!("[tls]\ncertificate = {server:?}\nkey = {key:?}\n");
    write!(
        wanted,
        "[[issuer]]\nissuer = \"https://idp.exemple.fr\"\naudience = \"ror\"\nalgorithms = [\"ES256\"]\n\
         keys_url = \"https://localhost:{port}/certs\"\nauthority = \"igc.pem\"\n\
         [[issuer]]\nissuer = \"urn:voisin\"\naudience = \"ror\"\nalgorithms = [\"ES256\"]\nkeys = \"cles.json\"\n"
    )
    .unwrap();
    std::fs::write(&config, wanted).unwrap();
    let named = ["--issuer", "https://idp.exemple.fr", "--issuer-client", "logiciel"];
    let client = add(&data, &[&["--profile", "3"], &named[..]].concat());
    assert!(client.str("client_id").unwrap().starts_with("externe-"));
    let served = Served::start(&data, &config);
    add(&data, &["--profile", "0", "--issuer", "urn:voisin", "--issuer-client", "logiciel"]);
    let sign = |issuer: &str, client: &str| {
        let header = base64url(br#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#);
        let claims = format!(r#"{{"iss":"{issuer}","aud":"ror","azp":"{client}","exp":4000000000}}"#);
        let text = format!("{header}.{}", base64url(claims.as_bytes()));
        let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", base64url(signature.as_ref()))
    };
    let read = |token: &str| served.ask(&igc, None, &get("/fhir/Location", token)).map(|(status, _)| status);
    let good = sign("https://idp.exemple.fr", "logiciel");
    // Keys are fetched beside the start.
    let fetched = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        read(&good) == Some(200)
    });
    assert!(fetched, "the keys never came");
    assert_eq!(read(&sign("https://idp.exemple.fr", "autre")), Some(401));
    assert_eq!(read(&sign("urn:voisin", "logiciel")), Some(200), "keys of a file");
    assert_eq!(read(&sign("urn:inconnu", "logiciel")), Some(401));
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bytes.chunks(3).fold(String::new(), |mut text, three| {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
        text
    })
}

#[test]
fn what_cannot_be_configured_is_told_before_the_port_opens() {
    let folder = folder();
    let (data, config) = (folder.path().join("data"), folder.path().join("ror.toml"));
    for (wanted, told) in [
        ("[tls]\ncertificate = \"absent.pem\"\nkey = \"absent.cle\"\n", "absent.pem"),
        ("[clients]\nrevocation_lists = [\"a.crl\"]\n", "sans authority"),
        ("[[issuer]]\nissuer = \"a\"\naudience = \"b\"\nalgorithms = [\"HS256\"]\nkeys = \"k.json\"\n", "algorithmes"),
    ] {
        std::fs::write(&config, wanted).unwrap();
        let (status, out, err) =
            run(&["serve", "--data", text(&data), "--config", text(&config), "--listen", "127.0.0.1:0"]);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{wanted}");
        assert!(err.contains(told), "{told}: {err}");
    }
    for bad in [
        &["--certificate-subject", "n'importe quoi"][..],
        &["--certificate-thumbprint", "12"],
        &["--bound"],
        &["--certificate-dns", "a.fr", "--certificate-subject", "CN=a"],
        &["--issuer", "https://a"],
    ] {
        let (status, out, _) = run(&[&["client", "add", "x", "--profile", "2", "--data", text(&data)], bad].concat());
        assert_eq!((status, out.as_str()), (Some(2), ""), "{bad:?}");
    }
}
