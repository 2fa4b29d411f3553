//! Behind a proxy that ends TLS: who is believed, and about what. Certificates replaced while
//! the server runs, and what describes the token address.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::ExtendedKeyUsagePurpose;
use ror_api::{Connections, Proxies};
use ror_identity::{CertificateName, ClientRights, NewClient, Proof, Settings, clients};

use crate::common::{Reply, START, World};
use crate::pki::{self, Authority, Days, Holder};

const TOKEN: &str = "/auth/realms/ror/protocol/openid-connect/token";

fn registered(world: &World, name: &str) -> String {
    let certificate = Some(CertificateName::Subject(format!("CN={name},C=FR")));
    let rights =
        ClientRights { proof: Proof { certificate, bound: true, ..Proof::default() }, ..ClientRights::default() };
    let client = NewClient { name: name.into(), profile: 2, rights };
    clients::add(&*world.ledger, client, START, &mut |bytes| bytes.fill(3)).unwrap().client_id
}

fn field(holder: &Holder) -> String {
    format!(":{}:", STANDARD.encode(&holder.der))
}

struct Proxied {
    world: World,
    ours: Authority,
    client: String,
}

impl Proxied {
    fn new(proxy: &str) -> Self {
        let ours = Authority::new("IGC");
        let security = pki::security(pki::material(None, &ours, ours.list(&[7], 6)));
        let header = Some("client-cert".parse().unwrap());
        let proxies = Proxies { addresses: vec![proxy.parse().unwrap()], certificate_header: header };
        let connections = Connections { security: Some(Arc::clone(&security)), proxies, ..Connections::default() };
        let world = World::bare(Settings::new(false), connections, |settings| settings.security = Some(security));
        let client = registered(&world, "SAMU");
        Self { world, ours, client }
    }

    fn token(&self, headers: &[(&str, &str)]) -> Reply {
        let form = format!("grant_type=client_credentials&client_id={}", self.client);
        let headers = [&[("Content-Type", "application/x-www-form-urlencoded")], headers].concat();
        self.world.send("POST", TOKEN, &headers, form.as_bytes())
    }

    fn read(&self, token: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let bearer = format!("Bearer {token}");
        let reply = self.world.send("GET", "/fhir/Location", &[&[("Authorization", &*bearer)], headers].concat(), b"");
        (reply.status, if reply.status == 200 { "-".into() } else { reply.refusal().2 })
    }
}

#[test]
fn d60_a_certificate_in_a_header_of_a_named_proxy() {
    let behind = Proxied::new("127.0.0.1");
    let other = Authority::new("Autre");
    let mine = field(&behind.ours.client("SAMU", 2, Days::Present));
    let reply = behind.token(&[("Client-Cert", &mine)]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let token = reply.json().str("access_token").unwrap().to_owned();
    assert_eq!(behind.read(&token, &[("Client-Cert", &mine)]), (200, "-".into()));
    assert_eq!(behind.read(&token, &[]), (401, "certificate-missing".into()));
    for (what, value, on_read) in [
        ("renewed", field(&behind.ours.client("SAMU", 3, Days::Present)), "other-certificate"),
        ("expired", field(&behind.ours.client("SAMU", 4, Days::Past)), "certificate-refused"),
        ("not yet valid", field(&behind.ours.client("SAMU", 5, Days::Future)), "certificate-refused"),
        ("revoked", field(&behind.ours.client("SAMU", 7, Days::Present)), "certificate-refused"),
        ("of another authority", field(&other.client("SAMU", 2, Days::Present)), "certificate-refused"),
        (
            "for servers",
            field(&behind.ours.issue("SAMU", 8, Days::Present, ExtendedKeyUsagePurpose::ServerAuth)),
            "certificate-refused",
        ),
        ("unreadable", "n'importe quoi".to_owned(), "certificate-refused"),
    ] {
        let expected = if what == "renewed" { 200 } else { 401 };
        assert_eq!(behind.token(&[("Client-Cert", &value)]).status, expected, "{what}");
        assert_eq!(behind.read(&token, &[("Client-Cert", &value)]), (401, on_read.into()), "{what}");
    }
    assert_eq!(behind.token(&[("Client-Cert", &mine), ("Client-Cert", &mine)]).status, 401, "two of them");
    assert_eq!(behind.token(&[("Client-Cert", "")]).json().str("error"), Some("invalid_client"));
    assert_eq!(behind.token(&[("X-Client-Cert", &mine)]).status, 401, "another header");
}

#[test]
fn a_stranger_s_header_is_nothing() {
    let behind = Proxied::new("192.0.2.10");
    let mine = field(&behind.ours.client("SAMU", 2, Days::Present));
    let told = |reply: &Reply| String::from_utf8_lossy(&reply.body).into_owned();
    let (with, without) = (behind.token(&[("Client-Cert", &mine)]), behind.token(&[]));
    assert_eq!((with.status, told(&with)), (401, told(&without)), "as if it was not there");
}

#[test]
fn callers_behind_a_named_proxy_are_counted_each_for_itself() {
    let limit = |settings: &mut ror_api::Settings| {
        settings.limits.per_second = std::num::NonZeroU32::new(1).unwrap();
        settings.limits.burst = std::num::NonZeroU32::new(2).unwrap();
    };
    let proxies = Proxies { addresses: vec!["127.0.0.1".parse().unwrap()], certificate_header: None };
    let named = Connections { proxies, ..Connections::default() };
    let from =
        |world: &World, address: &str| world.send("GET", "/fhir/Location", &[("X-Forwarded-For", address)], b"").status;
    let world = World::bare(Settings::new(false), named, limit);
    let seen: Vec<u16> = ["198.51.100.1", "198.51.100.1", "198.51.100.1", "198.51.100.2", "203.0.113.9, 198.51.100.1"]
        .iter()
        .map(|address| from(&world, address))
        .collect();
    assert_eq!(seen, [200, 200, 429, 200, 429], "what a caller wrote itself does not count");
    let world = World::bare(Settings::new(false), Connections::default(), limit);
    let seen: Vec<u16> = (1..=3).map(|n| from(&world, &format!("198.51.100.{n}"))).collect();
    assert_eq!(seen, [200, 200, 429], "nobody is named: the header is nothing");
}

#[test]
fn certificates_are_replaced_while_the_server_runs() {
    let (ours, other) = (Authority::new("IGC"), Authority::new("Autre"));
    let server = ours.issue("Serveur", 1, Days::Present, ExtendedKeyUsagePurpose::ServerAuth);
    let security = pki::security(pki::material(Some(&server), &ours, ours.list(&[], 6)));
    let connections = Connections { security: Some(Arc::clone(&security)), ..Connections::default() };
    let held = Arc::clone(&security);
    let world = World::bare(Settings::new(false), connections, |settings| settings.security = Some(held));
    let client = registered(&world, "SAMU");
    let mine = pki::caller(&ours, Some(&ours.client("SAMU", 7, Days::Present)));
    let form = format!("grant_type=client_credentials&client_id={client}");
    let request = |connection: &str| {
        let head = "Host: localhost\r\nContent-Type: application/x-www-form-urlencoded";
        let length = form.len();
        format!("POST {TOKEN} HTTP/1.1\r\n{head}\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n{form}")
    };
    let (request, kept_open) = (request("close"), request("keep-alive"));
    let mut line = pki::Line::open(world.address, &mine);
    assert_eq!(line.ask(kept_open.as_bytes()).status, 200);
    let ask = || pki::send(world.address, &mine, request.as_bytes()).map(|reply| reply.status);
    assert_eq!(ask(), Some(200));
    let with_list = |list| security.replace(pki::material(Some(&server), &ours, list));
    with_list(ours.list(&[7], 6)).unwrap();
    assert_eq!(ask(), None, "revoked since");
    let refused = line.ask(kept_open.as_bytes());
    assert_eq!((refused.status, refused.json().str("error")), (401, Some("invalid_client")), "a connection kept open");
    with_list(other.list(&[], 6)).unwrap();
    assert_eq!(ask(), None, "no list says anything of this authority");
    with_list(ours.list(&[], 1)).unwrap();
    assert_eq!(ask(), None, "a list past its date");
    assert!(with_list(b"rien".to_vec()).is_err());
    with_list(ours.list(&[], 6)).unwrap();
    assert_eq!(ask(), Some(200), "taken back");
}

#[test]
fn the_token_address_is_described() {
    let behind = Proxied::new("127.0.0.1");
    for path in ["/.well-known/openid-configuration", "/auth/realms/ror/.well-known/openid-configuration"] {
        let described = behind.world.get(path).json();
        assert_eq!(described.str("issuer"), Some("urn:ror:jetons"));
        assert_eq!(described.str("token_endpoint"), Some(format!("http://ror.test{TOKEN}").as_str()));
        let ways: Vec<_> =
            described.items("token_endpoint_auth_methods_supported").filter_map(|way| way.as_str()).collect();
        assert_eq!(ways, ["client_secret_post", "client_secret_basic", "tls_client_auth"]);
        let keys = described.str("jwks_uri").unwrap().strip_prefix("http://ror.test").unwrap().to_owned();
        let keys = behind.world.get(&keys);
        assert_eq!(keys.json().items("keys").count(), 1);
        assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(behind.world.send("POST", path, &[], b"").status, 405);
    }
    let statement = behind.world.get("/fhir/metadata").json();
    let security = statement.items("rest").next().unwrap().get("security").unwrap().clone();
    assert_eq!(security.items("service").count(), 2, "tokens and certificates");
    let plain = World::new().get("/.well-known/openid-configuration").json();
    assert_eq!(plain.items("token_endpoint_auth_methods_supported").count(), 2, "no certificate is taken");
}
