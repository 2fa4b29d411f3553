//! What does not depend on resources: methods, formats, packing, limits, odd addresses.

use std::fmt::Write as _;
use std::io::Read as _;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::common::{FHIR_JSON, World, establishment, finess};
use ror_api::Limits;

#[test]
fn methods_that_an_address_does_not_take() {
    let world = World::new();
    let cases = [
        ("DELETE", "/fhir/Location/a", "GET, HEAD, PUT"),
        ("PATCH", "/fhir/Location/a", "GET, HEAD, PUT"),
        ("POST", "/fhir/Location/a", "GET, HEAD, PUT"),
        ("PUT", "/fhir/Location", "GET, HEAD, POST"),
        ("DELETE", "/fhir/Location", "GET, HEAD, POST"),
        ("GET", "/fhir/Location/_search", "POST"),
        ("POST", "/fhir/metadata", "GET, HEAD"),
        ("DELETE", "/fhir/ValueSet/x", "GET, HEAD"),
        ("OPTIONS", "/fhir/Location", "GET, HEAD, POST"),
    ];
    for (method, path, allow) in cases {
        let reply = world.send(method, path, &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
        assert_eq!(reply.refusal().1, "not-supported");
    }
}

#[test]
fn d16_formats() {
    let world = World::new();
    let path = "/fhir/Location?_count=1";
    let cases = [
        ("application/fhir+json", "", 200, "application/fhir+json;charset=utf-8"),
        ("application/json", "", 200, "application/json;charset=utf-8"),
        ("*/*", "", 200, "application/fhir+json;charset=utf-8"),
        ("application/fhir+xml", "", 406, "application/fhir+json;charset=utf-8"),
        ("text/html", "", 406, "application/fhir+json;charset=utf-8"),
        ("application/fhir+xml", "&_format=json", 200, "application/fhir+json;charset=utf-8"),
        ("*/*", "&_format=application/fhir%2Bjson", 200, "application/fhir+json;charset=utf-8"),
        ("*/*", "&_format=application/fhir+json", 200, "application/fhir+json;charset=utf-8"),
        ("application/json", "&_format=xml", 406, "application/fhir+json;charset=utf-8"),
    ];
    for (accept, format, status, kind) in cases {
        let reply = world.send("GET", &format!("{path}{format}"), &[("Accept", accept)], b"");
        assert_eq!((reply.status, reply.header("content-type")), (status, Some(kind)), "{accept} {format}");
        assert_eq!(reply.json().str("resourceType"), Some(if status == 200 { "Bundle" } else { "OperationOutcome" }));
    }
}

#[test]
fn a_packed_answer_unpacks_to_the_plain_one() {
    let world = World::new();
    for n in 0..20 {
        world.store(&establishment(&format!("Site {n}"), &finess(n)));
    }
    let id = world.get("/fhir/Organization?_count=1").ids("match").remove(0);
    for path in ["/fhir/metadata".to_owned(), "/fhir/ValueSet?url=x".to_owned(), format!("/fhir/Organization/{id}")] {
        let plain = world.get(&path);
        assert_eq!(plain.header("content-encoding"), None);
        for encoding in ["gzip", "zstd"] {
            let packed = world.send("GET", &path, &[("Accept-Encoding", encoding)], b"");
            assert!(packed.header("vary").unwrap().contains("Accept-Encoding"));
            assert_eq!(packed.header("etag"), plain.header("etag"));
            if plain.body.len() <= 1_024 {
                assert_eq!(packed.header("content-encoding"), None, "{path}: not worth it");
                continue;
            }
            assert_eq!(packed.header("content-encoding"), Some(encoding));
            assert!(packed.body.len() * 2 < plain.body.len());
            assert_eq!(unpack(&packed.body, encoding), plain.body, "{path}");
        }
    }
    let packed = world.send("GET", "/fhir/Organization", &[("Accept-Encoding", "gzip, zstd")], b"");
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    let bundle = ror_fhir::Node::parse(&unpack(&packed.body, "zstd")).unwrap();
    assert_eq!(bundle.items("entry").count(), 20);
}

fn unpack(body: &[u8], encoding: &str) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::bulk::decompress(body, 10_000_000).unwrap();
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn addresses_that_are_no_text_are_400_and_the_server_goes_on() {
    let world = World::new();
    for path in [
        "/fhir/Location?name=%zz",
        "/fhir/Location?_tag=%",
        "/fhir/Location?_tag=%ff",
        "/fhir/Location?_tag=a%00b",
        "/fhir/Location/a%00b",
        "/fhir/Location/%fe",
        "/fhir/Location/a%zz",
    ] {
        let refusal = world.get(path).refusal();
        assert_eq!((refusal.0, refusal.1.as_str()), (400, "invalid"), "{path}");
    }
    for raw in [
        &b"GET /fhir/Location\0 HTTP/1.1\r\nHost: h\r\n\r\n"[..],
        b"GET /fhir/Loc ation HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ] {
        assert_eq!(world.raw(raw).status, 400);
    }
    let long = format!("/fhir/Location?_id={}", "a,".repeat(60_000));
    assert!(matches!(world.get(&long).status, 400 | 414 | 431));
    assert_eq!(world.get("/fhir/Location").status, 200);
}

#[test]
fn a_host_that_could_be_written_into_a_page_is_refused() {
    let world = World::new();
    for host in ["a\"b", "a/b", "<x>", "a b", "", "a:b"] {
        let reply = world.send("GET", "/fhir/Location", &[("Host", host)], b"");
        assert_eq!(reply.status, 400, "{host}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("<x>"));
    }
    let headers = [("Host", "ror.exemple.fr:8443"), ("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Proto", "https")];
    let bundle = world.send("GET", "/fhir/Location", &headers, b"").json();
    assert_eq!(bundle.items("link").next().unwrap().str("url"), Some("http://ror.exemple.fr:8443/fhir/Location"));
}

#[test]
fn d60_a_bad_token_is_401_and_never_the_public() {
    let world = World::new();
    for value in ["Bearer x", "Bearer", "Basic YTpi", "Bearer \u{e9}", ""] {
        let reply = world.send("GET", "/fhir/Location", &[("Authorization", value)], b"");
        assert_eq!((reply.status, reply.refusal().1.as_str()), (401, "login"), "{value}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    world.wait(32 * 60_000);
    assert_eq!(world.get_all("/fhir/Location").refusal().2, "expired");
    // The statement of capabilities asks for none.
    assert_eq!(world.send("GET", "/fhir/metadata", &[("Authorization", "Bearer x")], b"").status, 200);
}

#[test]
fn s113_a_token_by_client_credentials() {
    let world = World::new();
    let reply = world.token("grant_type=client_credentials&client_id=inconnu&client_secret=x");
    assert_eq!((reply.status, reply.json().str("error")), (401, Some("invalid_client")));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.header("www-authenticate").is_some());
    assert_eq!(world.token("grant_type=password").json().str("error"), Some("unsupported_grant_type"));
    assert_eq!(world.token("grant_type=%zz").status, 400);
    let path = "/auth/realms/ror/protocol/openid-connect/token";
    assert_eq!(world.get(path).status, 405);
    assert_eq!(world.send("POST", path, &[FHIR_JSON], b"{}").json().str("error"), Some("invalid_request"));
    let keys = world.get("/auth/realms/ror/protocol/openid-connect/certs").json();
    assert_eq!(keys.items("keys").next().unwrap().str("kty"), Some("EC"));
    // S115: the token reads, with or without the four headers.
    assert_eq!(world.get_all("/fhir/Organization").status, 200);
}

#[test]
fn d61_too_many_requests() {
    let world = World::with(|settings| {
        settings.limits =
            Limits { per_second: NonZeroU32::new(1).unwrap(), burst: NonZeroU32::new(3).unwrap(), ..Limits::default() };
    });
    // The token of the writer took one call of this address.
    assert_eq!(world.get("/fhir/Location").status, 200);
    assert_eq!(world.get("/fhir/Location").status, 200);
    let reply = world.get("/fhir/Location");
    assert_eq!(reply.refusal(), (429, "throttled".into(), "too-many-requests".into(), "-".into()));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(world.token("grant_type=client_credentials").status, 429);
    assert_eq!(world.get_all("/fhir/Location").status, 200, "a client has its own count");
    world.wait(1_000);
    assert_eq!(world.get("/fhir/Location").status, 200);
    let refused = || world.send("GET", "/fhir/Location", &[("authorization", "Bearer no-token")], b"").status;
    assert_eq!(refused(), 429, "a refused token counts for its address");
    world.wait(1_000);
    assert_eq!((refused(), refused()), (401, 429));
}

#[test]
fn health_and_metrics_say_little() {
    let world = World::with(|settings| settings.metrics = Some(Arc::new(|| "x 1\n".to_owned())));
    for path in ["/healthz", "/readyz"] {
        let reply = world.get(path);
        assert_eq!((reply.status, reply.body.len()), (200, 0));
    }
    assert_eq!(world.get("/metrics").body, b"x 1\n");
    let open = World::with(|settings| {
        settings.metrics = Some(Arc::new(|| "x 1\n".to_owned()));
        settings.listener = "192.0.2.1:80".parse().unwrap();
    });
    assert_eq!(open.get("/metrics").status, 404, "D79");
    assert_eq!(World::new().get("/metrics").status, 404);
}

#[test]
fn a_connection_carries_several_requests() {
    let world = World::new();
    let two =
        b"GET /fhir/Location HTTP/1.1\r\nHost: h\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let first = world.raw(two);
    assert_eq!(first.status, 200);
    let length: usize = first.header("content-length").unwrap().parse().unwrap();
    assert!(first.body[length..].starts_with(b"HTTP/1.1 200"));
}

#[test]
fn every_answer_has_its_own_number() {
    let world = World::new();
    let number = |path: &str| world.get(path).header("x-request-id").unwrap().to_owned();
    let (one, two) = (number("/fhir/Location"), number("/fhir/Location/none"));
    assert_eq!(one.len(), 32);
    assert_ne!(one, two);
}

#[test]
fn a_stop_lets_requests_in_progress_end() {
    use std::io::{Read as _, Write as _};
    let mut world = World::new();
    let body = establishment("Hôpital", "010000024").to_bytes();
    let mut stream = std::net::TcpStream::connect(world.address).unwrap();
    let head = format!(
        "POST /fhir/Organization HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\n\
         Authorization: {}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        world.writer,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The request is in progress once its body is asked for.
    let mut asked = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&asked));
    stream.write_all(&body[..20]).unwrap();
    let stopped = world.stop();
    while std::net::TcpStream::connect(world.address).is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stream.write_all(&body[20..]).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    stopped.join().unwrap();
}

/// Method, path, headers, body.
type Asked<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8]);

#[test]
fn outcomes_as_clients_read_them() {
    let world = World::new();
    let requests: [Asked<'_>; 12] = [
        ("GET", "/fhir/Location/none", &[], b""),
        ("GET", "/fhir/Patient", &[], b""),
        ("GET", "/fhir/Location?adress-city=x&_summary=yes", &[], b""),
        ("GET", "/fhir/Location?_page=x", &[], b""),
        ("GET", "/fhir/Location?a=%zz", &[], b""),
        ("GET", "/fhir/Location", &[("Accept", "text/html")], b""),
        ("GET", "/fhir/Location", &[("Authorization", "Bearer x")], b""),
        ("GET", "/fhir/Location", &[("Prefer", "handling=strict")], b""),
        ("DELETE", "/fhir/Location/a", &[], b""),
        ("POST", "/fhir/Location", &[FHIR_JSON], b"{}"),
        ("GET", "/fhir/ValueSet/$expand", &[], b""),
        ("GET", "/fhir/CodeSystem/$lookup?system=x&code=1", &[], b""),
    ];
    let mut shown = String::new();
    for (method, path, headers, body) in requests {
        let reply = world.send(method, path, headers, body);
        let text = serde_json::from_slice::<serde_json::Value>(&reply.body).unwrap();
        let text = serde_json::to_string_pretty(&text).unwrap();
        writeln!(shown, "{method} {path} {headers:?}\n{} {text}\n", reply.status).unwrap();
    }
    insta::assert_snapshot!(shown);
}
