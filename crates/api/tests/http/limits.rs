//! Callers who take their time, or too much room.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rcgen::ExtendedKeyUsagePurpose;
use ror_api::Connections;
use ror_identity::Settings;

use crate::common::{FHIR_JSON, Reply, World};
use crate::pki::{self, Authority, Days};

const SHORT: Duration = Duration::from_millis(200);

/// Sends some bytes, then nothing; gives what came until the server ended the connection.
fn stall(world: &World, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(world.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(sent);
    let mut answer = Vec::new();
    // Closed with bytes unread: some systems tell a reset.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "the server waits for ever");
    }
    answer
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let connections = Connections { head_time: SHORT, ..Connections::default() };
    let world = World::bare(Settings::new(true), connections, |_| {});
    for sent in [&b""[..], b"GET /fhir/Location HTT", b"GET /fhir/Location HTTP/1.1\r\nHost: h\r\nX-A: "] {
        let answer = stall(&world, sent);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(world.get("/fhir/Location").status, 200, "the others are answered");
}

#[test]
fn a_body_that_does_not_come_is_408() {
    let world = World::bare(Settings::new(true), Connections::default(), |settings| {
        settings.sandbox = true;
        settings.limits.body_time = SHORT;
    });
    let writer = world.client(1);
    for (path, kind, code) in [
        ("/fhir/Location", FHIR_JSON.1, "body-too-slow"),
        ("/auth/realms/ror/protocol/openid-connect/token", "application/x-www-form-urlencoded", "invalid_request"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: {kind}\r\nContent-Length: 900\r\nConnection: close\r\n{}\r\n\r\n{{",
            if path.starts_with("/fhir") { format!("Authorization: {writer}") } else { "X-A: 1".into() }
        );
        let reply = Reply::read(&stall(&world, head.as_bytes()));
        let text = String::from_utf8_lossy(&reply.body);
        assert!(reply.status == 408 && text.contains(code), "{path}: {} {text}", reply.status);
    }
}

#[test]
fn a_handshake_that_does_not_end_is_not_waited_for() {
    let ours = Authority::new("IGC");
    let server = ours.issue("Serveur", 1, Days::Present, ExtendedKeyUsagePurpose::ServerAuth);
    let security = Some(pki::security(pki::material(Some(&server), &ours, ours.list(&[], 6))));
    let connections = Connections { handshake_time: SHORT, security, ..Connections::default() };
    let world = World::bare(Settings::new(true), connections, |_| {});
    assert!(stall(&world, b"").is_empty());
    assert!(stall(&world, &[0x16, 0x03, 0x01, 0x40, 0x00, 0x01]).is_empty());
    let plain = stall(&world, b"GET /fhir/Location HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(!plain.starts_with(b"HTTP"), "nothing is said in clear");
    let caller = pki::caller(&ours, None);
    let request = b"GET /fhir/Location HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(pki::send(world.address, &caller, request).map(|reply| reply.status), Some(200));
}

#[test]
fn bodies_and_heads_have_a_length() {
    let world = World::new();
    let long = vec![b' '; 3 * 1024 * 1024];
    let reply = world.send("POST", "/fhir/Location", &[("Authorization", &world.writer), FHIR_JSON], &long);
    assert_eq!((reply.status, reply.refusal().1.as_str()), (413, "too-long"));
    for long in [format!("/fhir/Location?_id={}", "a".repeat(200_000)), format!("/fhir/{}", "Location/".repeat(20_000))]
    {
        // Ended while it is sent: the answer may be lost to its sender.
        let answer = stall(&world, format!("GET {long} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes());
        let status = answer.get(9..12).unwrap_or(b"none");
        assert!(answer.is_empty() || [b"431", b"414"].iter().any(|known| *known == status), "{status:?}");
    }
    assert_eq!(world.get("/fhir/Location").status, 200);
}

#[test]
fn a_client_has_so_many_requests_in_progress_and_no_more() {
    let world = World::bare(Settings::new(true), Connections::default(), |settings| {
        settings.limits.concurrent = 2;
    });
    let writer = world.client(1);
    let body = Arc::new(format!(
        "POST /fhir/Location HTTP/1.1\r\nHost: h\r\nAuthorization: {writer}\r\nContent-Type: {}\r\nContent-Length: 9\r\n\r\n{{",
        FHIR_JSON.1
    ));
    let half_sent: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = TcpStream::connect(world.address).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
            stream
        })
        .collect();
    let read = || world.send("GET", "/fhir/Location", &[("Authorization", &writer)], b"");
    // Until both heads were read.
    let mut reply = read();
    for _ in 0..200 {
        if reply.status == 429 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        reply = read();
    }
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
    assert_eq!(world.get("/fhir/Location").status, 200, "the public has its own count");
    drop(half_sent);
    let ended = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        read().status == 200
    });
    assert!(ended, "a place is given back");
}

#[test]
fn d61_forged_tokens_are_counted_before_anybody_looks_at_their_signature() {
    let world = World::bare(Settings::new(true), Connections::default(), |settings| {
        settings.limits.per_second = NonZeroU32::MIN;
        settings.limits.burst = NonZeroU32::new(6).expect("not zero");
    });
    let ask = |token: &str| world.send("GET", "/fhir/Location", &[("Authorization", token)], b"").status;
    let (known, fresh) = (world.client(1), world.client(1));
    assert_eq!(ask(&known), 200);
    let (rest, _) = fresh.rsplit_once('.').expect("three parts");
    let forged: Vec<u16> = (0..8).map(|n| ask(&format!("{rest}.{}", "A".repeat(80 + n)))).collect();
    // The requests for the two tokens were counted for the address, and refused tokens are.
    assert_eq!(forged, [401, 401, 401, 401, 429, 429, 429, 429]);
    // Good, but nobody can know without the work that is refused now.
    assert_eq!(ask(&fresh), 429);
    assert_eq!(ask(&known), 200, "whoever is known has a count of their own");
}
