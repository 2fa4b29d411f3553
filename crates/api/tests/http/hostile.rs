//! What a hostile or a careless caller sends, over TLS, and what it must be answered: tokens,
//! certificates, credentials. One row a case.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::ExtendedKeyUsagePurpose;
use ror_api::Connections;
use ror_identity::{
    CertificateName, ClientRights, Credentials, Identity, Issuer, NewClient, OutsideName, Proof, Settings, Shown,
    clients,
};
use rustls::ClientConfig;
use serde_json::{Value, json};

use crate::common::{Reply, START, World};
use crate::pki::{self, Authority, Days};

const TOKEN: &str = "/auth/realms/ror/protocol/openid-connect/token";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const THEM: &str = "https://idp.exemple.fr";
const AUDIENCE: &str = "https://ror.exemple.fr";

/// What is shown on the connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Card {
    None,
    /// `CN=SAMU,C=FR`, as registered.
    Mine,
    /// The same subject, another certificate.
    Renewed,
    /// `CN=Strict,C=FR`, registered and held to show it.
    Strict,
    /// Of the authority, registered for nobody.
    Stranger,
    /// Of a client that was revoked in the register.
    Gone,
    Expired,
    NotYet,
    /// On the revocation list.
    Revoked,
    /// For servers only.
    Server,
    /// Of another authority, of the same subject as [`Card::Mine`].
    Foreign,
}

/// What is expected: status, then our code of the OperationOutcome, or OAuth's; `tls` for no answer.
type Expected = (u16, &'static str);

struct Case {
    what: &'static str,
    card: Card,
    request: Vec<u8>,
    expected: Expected,
}

struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self, kid: &str) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

struct Fort {
    world: World,
    cards: Vec<(Card, Arc<ClientConfig>)>,
    mine: Credentials,
    strict: Credentials,
    gone: Credentials,
    public: Credentials,
    /// Of profile 2, with a secret that opens nothing outside the sandbox.
    by_secret: Credentials,
    them: Key,
}

impl Fort {
    fn new() -> Self {
        let (ours, other) = (Authority::new("IGC"), Authority::new("Autre"));
        let server = ours.issue("Serveur", 1, Days::Present, ExtendedKeyUsagePurpose::ServerAuth);
        let security = pki::security(pki::material(Some(&server), &ours, ours.list(&[7], 6)));
        let connections = Connections { security: Some(Arc::clone(&security)), ..Connections::default() };
        let issuer =
            Issuer { issuer: THEM.into(), audience: AUDIENCE.into(), algorithms: vec!["ES256".into()], bound: false };
        let identity = Settings { issuers: vec![issuer], ..Settings::new(false) };
        let world = World::bare(identity, connections, |settings| {
            settings.https = true;
            settings.security = Some(security);
        });
        let holders = [
            (Card::Mine, ours.client("SAMU", 2, Days::Present)),
            (Card::Renewed, ours.client("SAMU", 3, Days::Present)),
            (Card::Strict, ours.client("Strict", 4, Days::Present)),
            (Card::Stranger, ours.client("Passant", 5, Days::Present)),
            (Card::Gone, ours.client("Parti", 6, Days::Present)),
            (Card::Revoked, ours.client("SAMU", 7, Days::Present)),
            (Card::Expired, ours.client("SAMU", 8, Days::Past)),
            (Card::NotYet, ours.client("SAMU", 9, Days::Future)),
            (Card::Server, ours.issue("SAMU", 10, Days::Present, ExtendedKeyUsagePurpose::ServerAuth)),
            (Card::Foreign, other.client("SAMU", 2, Days::Present)),
        ];
        let mut cards = vec![(Card::None, pki::caller(&ours, None))];
        cards.extend(holders.iter().map(|(card, holder)| (*card, pki::caller(&ours, Some(holder)))));
        let subject = |name: &str, bound| Proof {
            certificate: Some(CertificateName::Subject(format!("CN={name},C=FR"))),
            bound,
            ..Proof::default()
        };
        let outside = OutsideName { issuer: THEM.into(), client: "logiciel".into() };
        let add = |profile, proof| register(&world, profile, proof);
        let fort = Self {
            mine: add(2, subject("SAMU", false)),
            strict: add(2, subject("Strict", true)),
            gone: add(2, subject("Parti", false)),
            public: add(0, Proof::default()),
            by_secret: add(2, Proof::default()),
            them: Key::new(),
            cards,
            world,
        };
        register(&fort.world, 3, Proof { outside: Some(outside), ..Proof::default() });
        let set = json!({ "keys": [fort.them.jwk("k1")] }).to_string();
        fort.world.identity.set_issuer_keys(THEM, &set, START).unwrap();
        fort
    }

    fn send(&self, card: Card, request: &[u8]) -> Option<Reply> {
        let (_, caller) = self.cards.iter().find(|(known, _)| *known == card).unwrap();
        pki::send(self.world.address, caller, request)
    }

    /// A token asked for with a certificate, or with a secret.
    fn token(&self, card: Card, credentials: &Credentials) -> String {
        let reply = self.send(card, &asked(&[], &grant(credentials))).unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json().str("access_token").unwrap().to_owned()
    }

    /// A token of ours, made at another time or under other settings.
    fn token_at(&self, settings: Settings, now: i64) -> String {
        let ledger = Arc::clone(&self.world.ledger);
        let identity = Identity::open(ledger, settings, Box::new(|bytes| bytes.fill(9)), START).unwrap();
        let form: Vec<(String, String)> =
            grant(&self.public).split('&').filter_map(|pair| pair.split_once('=')).map(owned).collect();
        identity.token(&form, None, Shown::Nothing, now).unwrap().access_token
    }

    fn judge(&self, cases: &[Case]) -> usize {
        let mut wrong = Vec::new();
        for Case { what, card, request, expected } in cases {
            let reply = self.send(*card, request);
            let got = reply.as_ref().map_or((0, "tls".to_owned()), told);
            if (got.0, got.1.as_str()) != *expected {
                wrong.push(format!("{what}: {got:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        cases.len()
    }
}

fn owned(pair: (&str, &str)) -> (String, String) {
    (pair.0.to_owned(), pair.1.to_owned())
}

fn register(world: &World, profile: u8, proof: Proof) -> Credentials {
    // Each client has other letters.
    let n = world.ledger.clients().unwrap().len() as u8;
    let client = NewClient { name: "Essai".into(), profile, rights: ClientRights { proof, ..ClientRights::default() } };
    let mut drawn = n;
    clients::add(&*world.ledger, client, START, &mut |bytes| {
        drawn = drawn.wrapping_mul(31).wrapping_add(7);
        bytes.fill(drawn);
    })
    .unwrap()
}

/// Status and code of an answer, once its form was checked.
fn told(reply: &Reply) -> (u16, String) {
    if reply.status < 400 || reply.body.is_empty() {
        return (reply.status, "-".into());
    }
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    if let Some(error) = body["error"].as_str() {
        let description = body["error_description"].as_str().unwrap();
        assert!(description.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "RFC 6749 §5.2: {description}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.status == 401, reply.header("www-authenticate").is_some());
        return (reply.status, error.to_owned());
    }
    let (status, code, detail, _) = reply.refusal();
    assert_eq!(status == 401, code == "login", "{body}");
    assert_eq!(status == 401, reply.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    (status, detail)
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if method == "POST" {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    (text + "\r\n" + body).into_bytes()
}

fn read(headers: &[(&str, &str)]) -> Vec<u8> {
    request("GET", "/fhir/Organization", headers, "")
}

fn bearing(token: &str) -> Vec<u8> {
    read(&[("Authorization", &format!("Bearer {token}"))])
}

fn asked(headers: &[(&str, &str)], form: &str) -> Vec<u8> {
    request("POST", TOKEN, &[&[FORM], headers].concat(), form)
}

fn grant(credentials: &Credentials) -> String {
    let id = format!("grant_type=client_credentials&client_id={}", credentials.client_id);
    match &credentials.client_secret {
        Some(secret) => format!("{id}&client_secret={}", secret.expose()),
        None => id,
    }
}

fn case(what: &'static str, card: Card, request: Vec<u8>, expected: Expected) -> Case {
    Case { what, card, request, expected }
}

#[test]
fn certificates_on_the_connection() {
    let fort = Fort::new();
    let (mine, strict) = (fort.token(Card::Mine, &fort.mine), fort.token(Card::Strict, &fort.strict));
    let public = fort.token(Card::None, &fort.public);
    let gone = fort.token(Card::Gone, &fort.gone);
    clients::revoke(&*fort.world.ledger, &fort.gone.client_id, START).unwrap();
    let ask = |credentials: &Credentials| asked(&[], &grant(credentials));
    let count = fort.judge(&[
        case("nobody", Card::None, read(&[]), (200, "-")),
        case("a certificate and no token is the public", Card::Mine, read(&[]), (200, "-")),
        case("D60: none is shown to the API", Card::None, bearing(&mine), (200, "-")),
        case("its own", Card::Mine, bearing(&mine), (200, "-")),
        case("its renewal, which the token is not bound to", Card::Renewed, bearing(&mine), (401, "other-certificate")),
        case("another client's", Card::Strict, bearing(&mine), (401, "other-certificate")),
        case("a stranger's", Card::Stranger, bearing(&mine), (401, "other-certificate")),
        case("a token of a secret is bound to none", Card::Stranger, bearing(&public), (200, "-")),
        case("held to show it, shows it", Card::Strict, bearing(&strict), (200, "-")),
        case("held to show it, shows none", Card::None, bearing(&strict), (401, "certificate-missing")),
        case("held to show it, shows another", Card::Mine, bearing(&strict), (401, "other-certificate")),
        case("a client revoked in the register", Card::Gone, bearing(&gone), (401, "revoked-client")),
        case("expired, read", Card::Expired, bearing(&mine), (0, "tls")),
        case("not yet valid, read", Card::NotYet, bearing(&mine), (0, "tls")),
        case("on the revocation list, read", Card::Revoked, bearing(&mine), (0, "tls")),
        case("for servers, read", Card::Server, bearing(&mine), (0, "tls")),
        case("of another authority, read", Card::Foreign, bearing(&mine), (0, "tls")),
        case("its own, token", Card::Mine, ask(&fort.mine), (200, "-")),
        case("its renewal, token", Card::Renewed, ask(&fort.mine), (200, "-")),
        case("expired, token", Card::Expired, ask(&fort.mine), (0, "tls")),
        case("not yet valid, token", Card::NotYet, ask(&fort.mine), (0, "tls")),
        case("on the revocation list, token", Card::Revoked, ask(&fort.mine), (0, "tls")),
        case("for servers, token", Card::Server, ask(&fort.mine), (0, "tls")),
        case("of another authority, token", Card::Foreign, ask(&fort.mine), (0, "tls")),
        case("none, token", Card::None, ask(&fort.mine), (401, "invalid_client")),
        case("a stranger's, token", Card::Stranger, ask(&fort.mine), (401, "invalid_client")),
        case("another client's, token", Card::Strict, ask(&fort.mine), (401, "invalid_client")),
        case("a revoked client's, token", Card::Gone, ask(&fort.gone), (401, "invalid_client")),
        case(
            "for a client with a secret only",
            Card::Mine,
            asked(&[], &format!("grant_type=client_credentials&client_id={}", fort.public.client_id)),
            (401, "invalid_client"),
        ),
        case(
            "an unknown client",
            Card::Mine,
            asked(&[], "grant_type=client_credentials&client_id=x"),
            (401, "invalid_client"),
        ),
        case(
            "a certificate in a header of nobody's proxy",
            Card::None,
            asked(&[("Client-Cert", ":AAAA:"), ("X-SSL-Client-Verify", "SUCCESS")], &grant(&fort.mine)),
            (401, "invalid_client"),
        ),
    ]);
    assert_eq!(count, 31);
    let bound = mine.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(bound).unwrap()).unwrap();
    assert!(claims["cnf"]["x5t#S256"].is_string());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn tokens_of_ours_forged_or_bent() {
    let fort = Fort::new();
    let good = fort.token(Card::None, &fort.public);
    let other = fort.token(Card::Mine, &fort.mine);
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
    let set: Value = serde_json::from_str(&fort.world.identity.jwks()).unwrap();
    let (key, kid) = (&set["keys"][0], set["keys"][0]["kid"].as_str().unwrap());
    let header = |alg: &str| json!({ "typ": "JWT", "alg": alg, "kid": kid });
    let with = |header: &Value, signature: &str| format!("{}.{body}.{signature}", encode(header));
    let thief = Key::new();
    let mac = |algorithm, alg: &str, secret: &[u8]| {
        let text = format!("{}.{body}", encode(&header(alg)));
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let point: Vec<u8> =
        ["x", "y"].iter().flat_map(|name| URL_SAFE_NO_PAD.decode(key[*name].as_str().unwrap()).unwrap()).collect();
    let bend = |part: &str| {
        let mut bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let richer = {
        let mut claims = claims.clone();
        (claims["azp"], claims["sub"]) = (json!(fort.mine.client_id), json!(fort.mine.client_id));
        claims
    };
    let mut with_key = header("ES256");
    with_key["jwk"] = thief.jwk(kid);
    let mut with_address = header("ES256");
    with_address["jku"] = json!("https://voleur.exemple/certs");
    let refused = (401, "invalid");
    let count = fort.judge(&[
        case("as it is", Card::None, bearing(&good), (200, "-")),
        case(
            "the scheme in small letters",
            Card::None,
            read(&[("authorization", &format!("bearer {good}"))]),
            (200, "-"),
        ),
        case("twice the same token is twice the same right", Card::None, bearing(&good), (200, "-")),
        case("alg none", Card::None, bearing(&with(&header("none"), "")), (401, "malformed")),
        case("alg None", Card::None, bearing(&with(&header("None"), "")), (401, "malformed")),
        case("alg none, signature kept", Card::None, bearing(&with(&header("none"), signature)), (401, "malformed")),
        case("HS256 with the public point", Card::None, bearing(&mac(hmac::HMAC_SHA256, "HS256", &point)), refused),
        case(
            "HS256 with the published set",
            Card::None,
            bearing(&mac(hmac::HMAC_SHA256, "HS256", fort.world.identity.jwks().as_bytes())),
            refused,
        ),
        case("HS384 with an empty secret", Card::None, bearing(&mac(hmac::HMAC_SHA384, "HS384", b"")), refused),
        case(
            "HS512 with the name of the key",
            Card::None,
            bearing(&mac(hmac::HMAC_SHA512, "HS512", kid.as_bytes())),
            refused,
        ),
        case("RS256 in the header", Card::None, bearing(&with(&header("RS256"), signature)), refused),
        case("ES384 in the header", Card::None, bearing(&with(&header("ES384"), signature)), refused),
        case("another key under our name", Card::None, bearing(&thief.sign(&header("ES256"), &claims)), refused),
        case("another key, in the header", Card::None, bearing(&thief.sign(&with_key, &claims)), refused),
        case("another key, at an address", Card::None, bearing(&thief.sign(&with_address, &claims)), refused),
        case("an unknown key", Card::None, bearing(&with(&json!({ "alg": "ES256", "kid": "x" }), signature)), refused),
        case(
            "a key that is a path",
            Card::None,
            bearing(&with(&json!({ "alg": "ES256", "kid": "../../ledger.sqlite" }), signature)),
            refused,
        ),
        case("no key", Card::None, bearing(&with(&json!({ "alg": "ES256" }), signature)), refused),
        case(
            "an ID token by its type",
            Card::None,
            bearing(&with(&json!({ "alg": "ES256", "kid": kid, "typ": "id+jwt" }), signature)),
            refused,
        ),
        case(
            "another header, same key",
            Card::None,
            bearing(&with(&json!({ "alg": "ES256", "kid": kid, "typ": "JWT", "x": 1 }), signature)),
            refused,
        ),
        case(
            "claims of another client",
            Card::None,
            bearing(&format!("{head}.{}.{signature}", encode(&richer))),
            refused,
        ),
        case(
            "claims of another token",
            Card::None,
            bearing(&format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap())),
            refused,
        ),
        case("one bit of the signature", Card::None, bearing(&format!("{head}.{body}.{}", bend(signature))), refused),
        case("half a signature", Card::None, bearing(&format!("{head}.{body}.{}", &signature[..40])), refused),
        case("no signature", Card::None, bearing(&format!("{head}.{body}.")), refused),
        case(
            "a signature of zeros",
            Card::None,
            bearing(&format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
            refused,
        ),
        case("two parts", Card::None, bearing(&format!("{head}.{body}")), (401, "malformed")),
        case("four parts", Card::None, bearing(&format!("{good}.x")), (401, "malformed")),
        case("no part", Card::None, bearing(""), (401, "malformed")),
        case("no JSON", Card::None, bearing("YQ.YQ.YQ"), (401, "malformed")),
        case("too long", Card::None, bearing(&"a".repeat(5_000)), (401, "malformed")),
        case(
            "another issuer's name, our key",
            Card::None,
            bearing(&fort.token_at(Settings { issuer: "urn:autre".into(), ..Settings::new(false) }, START)),
            refused,
        ),
        case(
            "another audience, our key",
            Card::None,
            bearing(&fort.token_at(Settings { audience: "urn:autre".into(), ..Settings::new(false) }, START)),
            refused,
        ),
        case(
            "expired",
            Card::None,
            bearing(&fort.token_at(Settings::new(false), START - 31 * 60_000)),
            (401, "expired"),
        ),
        case(
            "from the future",
            Card::None,
            bearing(&fort.token_at(Settings::new(false), START + 61_000)),
            (401, "not-yet-valid"),
        ),
    ]);
    assert_eq!(count, 35);
}

#[test]
fn headers_that_carry_a_token_or_pretend_to() {
    let fort = Fort::new();
    let good = fort.token(Card::None, &fort.public);
    let strict = fort.token(Card::Strict, &fort.strict);
    let (bearer, bad) = (format!("Bearer {good}"), "Bearer x".to_owned());
    let bearer = ("Authorization", bearer.as_str());
    let bad = ("Authorization", bad.as_str());
    let basic = format!("Basic {}", STANDARD.encode(grant(&fort.public)));
    let resource = r#"{"resourceType":"Organization"}"#;
    let json = ("Content-Type", "application/fhir+json");
    let in_query = format!("/fhir/Organization?access_token={good}");
    let in_form = request("POST", "/fhir/Organization/_search", &[FORM], &format!("access_token={good}"));
    let declared = [
        ("Ror-Profil-Utilisateur-Code", "CU20"),
        ("Ror-Profil-Utilisateur-System", "1.2.250.1.213.1.6.1.66"),
        ("Ror-Role-Metier-Code", "ADMINISTRATEUR"),
        ("Ror-Role-Metier-System", "1.2.250.1.213.1.1.4.6"),
        ("X-Ror-Profile", "1"),
        ("X-Remote-User", "administrateur"),
    ];
    let count = fort.judge(&[
        case("twice the same header", Card::None, read(&[bearer, bearer]), (401, "malformed")),
        case("a good one, then a bad one", Card::None, read(&[bearer, bad]), (401, "malformed")),
        case("a bad one, then a good one", Card::None, read(&[bad, bearer]), (401, "malformed")),
        case(
            "two in one header",
            Card::None,
            read(&[("Authorization", &format!("Bearer {good}, Bearer {good}"))]),
            (401, "malformed"),
        ),
        case("Basic", Card::None, read(&[("Authorization", &basic)]), (401, "scheme")),
        case("Negotiate", Card::None, read(&[("Authorization", "Negotiate YII=")]), (401, "scheme")),
        case("the token alone", Card::None, read(&[("Authorization", &good)]), (401, "scheme")),
        case("an empty header is not none", Card::None, read(&[("Authorization", "")]), (401, "scheme")),
        case("bytes that are no text", Card::None, read(&[("Authorization", "Bearer \u{e9}")]), (401, "malformed")),
        case("in the query", Card::None, request("GET", &in_query, &[], ""), (400, "invalid-parameter")),
        case(
            "in the query, beside a good one",
            Card::None,
            request("GET", &in_query, &[bearer], ""),
            (400, "invalid-parameter"),
        ),
        case("in a form", Card::None, in_form, (400, "invalid-parameter")),
        case("a folded header", Card::None, read(&[("Authorization", &format!("Bearer\r\n {good}"))]), (400, "-")),
        case("a head that is too long", Card::None, read(&[("X-Long", &"a".repeat(70_000))]), (431, "-")),
        case("too many headers", Card::None, read(&vec![("X-A", "1"); 200]), (431, "-")),
        case(
            "a write without token",
            Card::None,
            request("POST", "/fhir/Organization", &[json], resource),
            (403, "write-not-granted"),
        ),
        case(
            "a write without the right",
            Card::None,
            request("POST", "/fhir/Organization", &[bearer, json], resource),
            (403, "write-not-granted"),
        ),
        case(
            "a write with declared rights",
            Card::None,
            request("POST", "/fhir/Organization", &[&[bearer, json], &declared[..]].concat(), resource),
            (403, "write-not-granted"),
        ),
        case(
            "the certificate of a stranger's proxy",
            Card::None,
            read(&[("Authorization", &format!("Bearer {strict}")), ("Client-Cert", ":AAAA:")]),
            (401, "certificate-missing"),
        ),
        case(
            "its dead token is told before its parameters",
            Card::None,
            request("GET", "/fhir/Organization?x=1", &[bad], ""),
            (401, "malformed"),
        ),
        case(
            "its dead token is told at an address that is none",
            Card::None,
            request("GET", "/fhir/Patient", &[bad], ""),
            (401, "malformed"),
        ),
    ]);
    assert_eq!(count, 21);
    // What is declared, and a cookie, change nothing of what is read (D16).
    let mut with_cookie = declared.to_vec();
    let cookie = format!("access_token={good}");
    with_cookie.push(("Cookie", &cookie));
    let (plain, dressed) =
        (fort.send(Card::None, &read(&[])).unwrap(), fort.send(Card::None, &read(&with_cookie)).unwrap());
    // The number of a Bundle is its own.
    let body = |reply: &Reply| {
        let number = reply.json().str("id").unwrap().to_owned();
        String::from_utf8_lossy(&reply.body).replace(&number, "")
    };
    assert_eq!((plain.visible().0, plain.visible().1), (dressed.visible().0, dressed.visible().1));
    assert_eq!(body(&plain), body(&dressed));
}

#[test]
fn requests_to_the_token_address() {
    let fort = Fort::new();
    let (id, secret) = (&fort.public.client_id, fort.public.client_secret.as_ref().unwrap().expose().to_owned());
    let good = grant(&fort.public);
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let authorization = basic(&format!("{id}:{secret}"));
    let header = [("Authorization", authorization.as_str())];
    let cc = "grant_type=client_credentials";
    let form = |form: &str| asked(&[], form);
    let request_fault = (400, "invalid_request");
    let unknown = (401, "invalid_client");
    let grants = ["password", "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"];
    let mut cases: Vec<Case> = grants
        .iter()
        .map(|kind| {
            let form = good.replace("client_credentials", kind);
            case("another grant", Card::None, asked(&[], &form), (400, "unsupported_grant_type"))
        })
        .collect();
    cases.extend([
        case("good", Card::None, form(&good), (200, "-")),
        case("good, by Basic", Card::None, asked(&header, cc), (200, "-")),
        case("again: nothing is used up", Card::None, form(&good), (200, "-")),
        case("a secret where only certificates are", Card::None, form(&grant(&fort.by_secret)), unknown),
        case("the same beside a certificate", Card::Mine, form(&grant(&fort.by_secret)), unknown),
        case("a wrong secret", Card::None, form(&format!("{good}x")), unknown),
        case(
            "a secret for a client without",
            Card::None,
            form(&format!("{}&client_secret={secret}", grant(&fort.mine))),
            unknown,
        ),
        case(
            "a secret for a client without, beside its certificate",
            Card::Mine,
            form(&format!("{}&client_secret={secret}", grant(&fort.mine))),
            unknown,
        ),
        case("an empty secret", Card::None, form(&format!("{cc}&client_id={id}&client_secret=")), unknown),
        case(
            "the hash for the secret",
            Card::None,
            form(&format!("{cc}&client_id={id}&client_secret={}", "0".repeat(64))),
            unknown,
        ),
        case(
            "a secret that never ends",
            Card::None,
            form(&format!("{cc}&client_id={id}&client_secret={}", "a".repeat(2_000))),
            unknown,
        ),
        case("an unknown client", Card::None, form(&format!("{cc}&client_id=x&client_secret={secret}")), unknown),
        case(
            "a client by injection",
            Card::None,
            form(&format!("{cc}&client_id=%27%20OR%201=1--&client_secret={secret}")),
            unknown,
        ),
        case("two clients", Card::None, form(&format!("{good}&client_id={}", fort.mine.client_id)), request_fault),
        case("twice the same client", Card::None, form(&format!("{good}&client_id={id}")), request_fault),
        case("two secrets", Card::None, form(&format!("{good}&client_secret=x")), request_fault),
        case("two grants", Card::None, form(&format!("{good}&{cc}")), request_fault),
        case("no grant", Card::None, form(&good.replace(cc, "a=b")), request_fault),
        case("no client", Card::None, form(cc), request_fault),
        case("secret in both places", Card::None, asked(&header, &good), request_fault),
        case(
            "two clients, one in each place",
            Card::None,
            asked(&header, &format!("{cc}&client_id={}", fort.mine.client_id)),
            request_fault,
        ),
        case("Basic without colon", Card::None, asked(&[("Authorization", &basic("abc"))], cc), unknown),
        case("Basic that is no base64", Card::None, asked(&[("Authorization", "Basic !!")], cc), unknown),
        case("Basic that is no text", Card::None, asked(&[("Authorization", "Basic //79")], cc), unknown),
        case("Bearer", Card::None, asked(&[("Authorization", "Bearer x")], cc), unknown),
        case("Basic twice", Card::None, asked(&[header[0], header[0]], cc), unknown),
        case("an assertion", Card::None, form(&format!("{cc}&client_id={id}&client_assertion=a.b.c")), unknown),
        case("an assertion beside the secret", Card::None, form(&format!("{good}&client_assertion_type=x")), unknown),
        case("in the query", Card::None, request("POST", &format!("{TOKEN}?{good}"), &[FORM], ""), request_fault),
        case("by GET", Card::None, request("GET", &format!("{TOKEN}?{good}"), &[], ""), (405, "invalid_request")),
        case("JSON", Card::None, request("POST", TOKEN, &[("Content-Type", "application/json")], "{}"), request_fault),
        case("no type", Card::None, request("POST", TOKEN, &[], &good), request_fault),
        case("escapes that are none", Card::None, form(&format!("{good}&a=%zz")), request_fault),
        case("bytes that are no text", Card::None, form(&format!("{good}&a=%ff")), request_fault),
        case(
            "a control character",
            Card::None,
            form(&format!("{cc}&client_id={id}%00&client_secret={secret}")),
            request_fault,
        ),
        case("too many fields", Card::None, form(&format!("{good}{}", "&a=1".repeat(600))), request_fault),
        case(
            "a form that is too long",
            Card::None,
            form(&format!("{good}&a={}", "a".repeat(20_000))),
            (413, "invalid_request"),
        ),
    ]);
    assert_eq!(fort.judge(&cases), 41);
}

#[test]
fn tokens_of_another_issuer() {
    let fort = Fort::new();
    let header = json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" });
    let now_s = START / 1000;
    let claims = json!({ "iss": THEM, "aud": AUDIENCE, "azp": "logiciel", "exp": now_s + 300 });
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        bearing(&fort.them.sign(&header, &claims))
    };
    let set = json!({ "keys": [fort.them.jwk("k1")] }).to_string();
    let text = format!("{}.{}", encode(&json!({ "alg": "HS256", "kid": "k1" })), encode(&claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, set.as_bytes()), text.as_bytes());
    let count = fort.judge(&[
        case("as it is", Card::None, bearing(&fort.them.sign(&header, &claims)), (200, "-")),
        case("with rights it gives itself", Card::None, with("profile", json!(1)), (200, "-")),
        case("a client of ours", Card::None, with("azp", json!(fort.public.client_id)), (401, "unknown-client")),
        case("a client of theirs not registered", Card::None, with("azp", json!("autre")), (401, "unknown-client")),
        case("our id of their client", Card::None, with("azp", json!("externe-00")), (401, "unknown-client")),
        case("for someone else", Card::None, with("aud", json!("https://autre.exemple")), (401, "invalid")),
        case("a name with a stroke more", Card::None, with("iss", json!(format!("{THEM}/"))), (401, "invalid")),
        case("our name, their key", Card::None, with("iss", json!("urn:ror:jetons")), (401, "invalid")),
        case("expired", Card::None, with("exp", json!(now_s - 61)), (401, "expired")),
        case("not yet", Card::None, with("nbf", json!(now_s + 61)), (401, "not-yet-valid")),
        case("bound to a key of another kind", Card::None, with("cnf", json!({ "jkt": "x" })), (401, "invalid")),
        case(
            "HS256 with their published set",
            Card::None,
            bearing(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))),
            (401, "invalid"),
        ),
        case(
            "an algorithm that is not pinned",
            Card::None,
            bearing(&fort.them.sign(&json!({ "alg": "ES384", "kid": "k1" }), &claims)),
            (401, "invalid"),
        ),
        case("another key under that name", Card::None, bearing(&Key::new().sign(&header, &claims)), (401, "invalid")),
        case(
            "an unknown key",
            Card::None,
            bearing(&fort.them.sign(&json!({ "alg": "ES256", "kid": "k2" }), &claims)),
            (401, "invalid"),
        ),
    ]);
    assert_eq!(count, 15);
}
