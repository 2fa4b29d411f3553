//! The whole crate on a real ledger: tokens asked for, shown, refused.

mod certificates;
mod issuers;
mod rotation;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use ror_confidentiality::{Audience, WriteScope};
use ror_fhir::Instant;
use ror_ledger::{Ledger as _, SqliteLedger};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    ClientRights, Credentials, Identity, LIFETIME_S, NewClient, OAuthError, REFRESH_MS, Random, Settings, Shown,
    TOLERANCE_S, Write, clients,
};

/// 21 November 2026, 12:00 UTC.
const NOW: Instant = 1_795_262_400_000;

/// Bytes that differ at each draw and are the same at each run.
fn random(seed: u8) -> Box<Random> {
    let drawn = AtomicU8::new(seed);
    Box::new(move |bytes| bytes.fill(drawn.fetch_add(1, Ordering::Relaxed)))
}

struct World {
    dir: TempDir,
    ledger: Arc<SqliteLedger>,
    identity: Identity,
    random: Box<Random>,
}

impl World {
    fn new(sandbox: bool) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let ledger = open(dir.path());
        let identity = Identity::open(ledger.clone(), Settings::new(sandbox), random(1), NOW).expect("an empty ledger");
        Self { dir, ledger, identity, random: random(100) }
    }

    fn add(&self, profile: u8, rights: ClientRights) -> Credentials {
        let client = NewClient { name: format!("Essai {profile}"), profile, rights };
        clients::add(&*self.ledger, client, NOW, &mut |bytes| (self.random)(bytes)).expect("an acceptable client")
    }

    /// A `Bearer` header for a new client of this profile.
    fn bearer(&self, profile: u8) -> (Credentials, String) {
        let credentials = self.add(profile, ClientRights::default());
        let token = ask(&self.identity, &credentials, NOW).expect("a good secret");
        (credentials, format!("Bearer {token}"))
    }

    fn outcome(&self, header: &str, now: Instant) -> &'static str {
        self.identity.authenticate(Some(header), now).map_or_else(|error| error.code(), |_| "granted")
    }
}

fn open(dir: &Path) -> Arc<SqliteLedger> {
    Arc::new(SqliteLedger::open(&dir.join("ledger.sqlite")).expect("a ledger"))
}

fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn secret_of(credentials: &Credentials) -> &str {
    credentials.client_secret.as_ref().expect("a client with a secret").expose()
}

fn ask(identity: &Identity, credentials: &Credentials, now: Instant) -> Result<String, OAuthError> {
    let form = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &credentials.client_id),
        ("client_secret", secret_of(credentials)),
    ]);
    identity.token(&form, None, Shown::Nothing, now).map(|response| response.access_token)
}

fn part(token: &str, n: usize) -> Value {
    let part = token.split('.').nth(n).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn no_header_is_the_public() {
    let world = World::new(false);
    let grant = world.identity.authenticate(None, NOW).expect("no token is no fault");
    assert_eq!(grant.audience(), Audience::PUBLIC);
    assert_eq!((grant.client(), grant.actor()), ("anonyme", "anonyme"));
    assert!(!grant.may_write());
}

#[test]
fn a_token_gives_the_audience_of_the_profile() {
    let world = World::new(true);
    for profile in 0..=5 {
        let (credentials, header) = world.bearer(profile);
        let grant = world.identity.authenticate(Some(&header), NOW).expect("a fresh token");
        assert_eq!(Some(grant.audience()), Audience::profile(profile));
        assert_eq!(grant.client(), credentials.client_id);
        assert_eq!(grant.may_write_nationally(), profile == 1, "D81, profile {profile}");
    }
}

#[test]
fn a_token_says_what_d60_lists() {
    let world = World::new(true);
    let (credentials, header) = world.bearer(1);
    let token = header.strip_prefix("Bearer ").expect("a bearer header");
    let claims = part(token, 1);
    let now_s = NOW / 1000;
    assert_eq!(claims["iss"], "urn:ror:jetons");
    assert_eq!(claims["aud"], "urn:ror:api");
    assert_eq!(claims["sub"], credentials.client_id.as_str());
    assert_eq!(claims["azp"], credentials.client_id.as_str());
    assert_eq!(claims["iat"], now_s);
    assert_eq!(claims["nbf"], now_s);
    assert_eq!(claims["exp"], now_s + 30 * 60);
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() == 22));
    let set: Value = serde_json::from_str(&world.identity.jwks()).expect("JSON");
    let (header, key) = (part(token, 0), &set["keys"][0]);
    assert_eq!((&header["alg"], &header["kid"]), (&json!("ES256"), &key["kid"]));
    let other = ask(&world.identity, &credentials, NOW).expect("a good secret");
    assert_ne!(part(&other, 1)["jti"], claims["jti"], "each token has its own id");
}

#[test]
fn headers_and_their_outcome() {
    let world = World::new(true);
    let (_, good) = world.bearer(1);
    let token = good.strip_prefix("Bearer ").expect("a bearer header");
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let other_body = {
        let mut claims = part(token, 1);
        claims["azp"] = json!("administrateur");
        claims["sub"] = json!("administrateur");
        encode(&claims)
    };
    let long = "a".repeat(5000);
    for (header, expected) in [
        (good.clone(), "granted"),
        (format!("bearer  {token} "), "granted"),
        (String::new(), "scheme"),
        ("Basic YTpi".to_owned(), "scheme"),
        (token.to_owned(), "scheme"),
        ("Bearer".to_owned(), "malformed"),
        ("Bearer ".to_owned(), "malformed"),
        ("Bearer a b".to_owned(), "malformed"),
        ("Bearer é".to_owned(), "malformed"),
        ("Bearer abc".to_owned(), "malformed"),
        (format!("Bearer {long}"), "malformed"),
        (format!("Bearer {head}.{body}"), "malformed"),
        (format!("Bearer {token}.{signature}"), "malformed"),
        (format!("Bearer {head}.{body}."), "invalid"),
        (format!("Bearer {head}.{other_body}.{signature}"), "invalid"),
        (format!("Bearer {head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])), "invalid"),
        (format!("Bearer {head}.{body}.{}", URL_SAFE_NO_PAD.encode([1; 70])), "invalid"),
    ] {
        assert_eq!(world.outcome(&header, NOW), expected, "{header}");
        // A refused header leaves nothing behind that a second try could use.
        assert_eq!(world.outcome(&header, NOW), expected, "second try of {header}");
    }
}

#[test]
fn the_algorithm_is_ours_whatever_the_header_says() {
    let world = World::new(true);
    let (_, good) = world.bearer(1);
    let body = good.split('.').nth(1).expect("three parts").to_owned();
    let set: Value = serde_json::from_str(&world.identity.jwks()).expect("JSON");
    let key = &set["keys"][0];
    let point = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().expect("text")).expect("base64url");
    let public: Vec<u8> = [vec![4], point("x"), point("y")].concat();
    let public_texts = [public, world.identity.jwks().into_bytes(), key["x"].as_str().expect("text").into()];
    for alg in ["none", "None", "NONE", ""] {
        let head = encode(&json!({ "alg": alg, "typ": "JWT", "kid": key["kid"] }));
        for signature in ["", "AA"] {
            let outcome = world.outcome(&format!("Bearer {head}.{body}.{signature}"), NOW);
            assert!(["malformed", "invalid"].contains(&outcome), "alg {alg:?}: {outcome}");
        }
    }
    for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let head = encode(&json!({ "alg": alg, "typ": "JWT", "kid": key["kid"] }));
        for secret in &public_texts {
            let signed = format!("{head}.{body}");
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
            let header = format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert_eq!(world.outcome(&header, NOW), "invalid", "{alg} with the public key");
        }
    }
}

#[test]
fn tokens_of_another_key_issuer_or_audience_are_refused() {
    let world = World::new(true);
    let (credentials, _) = world.bearer(1);
    // Same ledger, hence same key and register; another issuer, then another audience.
    for settings in [
        Settings { issuer: "urn:autre".into(), ..Settings::new(true) },
        Settings { audience: "urn:autre".into(), ..Settings::new(true) },
    ] {
        let other = Identity::open(world.ledger.clone(), settings, random(9), NOW).expect("the same ledger");
        let header = format!("Bearer {}", ask(&other, &credentials, NOW).expect("a good secret"));
        assert_eq!(world.outcome(&header, NOW), "invalid");
    }
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let other_key =
        Identity::open(open(elsewhere.path()), Settings::new(true), random(77), NOW).expect("an empty ledger");
    let (_, header) = world.bearer(1);
    assert_eq!(other_key.authenticate(Some(&header), NOW).map_err(|error| error.code()).err(), Some("invalid"));
}

#[test]
fn a_token_lives_half_an_hour_give_or_take_a_minute() {
    let world = World::new(true);
    let (_, header) = world.bearer(1);
    let end = NOW + (LIFETIME_S + TOLERANCE_S) * 1000;
    let early = NOW - TOLERANCE_S * 1000;
    // Once not remembered, then remembered: the time is checked each time.
    for _ in 0..2 {
        for (now, expected) in [
            (early - 1, "not-yet-valid"),
            (early, "granted"),
            (NOW, "granted"),
            (end - 1, "granted"),
            (end, "expired"),
            (Instant::MAX, "expired"),
            (Instant::MIN, "not-yet-valid"),
        ] {
            assert_eq!(world.outcome(&header, now), expected, "at {now}");
        }
    }
}

#[test]
fn a_revoked_client_is_out_within_the_refresh() {
    let world = World::new(true);
    let (credentials, header) = world.bearer(1);
    assert_eq!(world.outcome(&header, NOW), "granted");
    // Revoked by another process on the same data.
    clients::revoke(&*open(world.dir.path()), &credentials.client_id, NOW).expect("a known client");
    assert_eq!(world.outcome(&header, NOW + REFRESH_MS), "revoked-client");
    const { assert!(REFRESH_MS < 2000, "D65: within two seconds") };
    let refused = ask(&world.identity, &credentials, NOW).expect_err("revoked");
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.to_string(), "client inconnu ou secret incorrect");
}

#[test]
fn rights_are_read_at_each_call() {
    let world = World::new(false);
    let credentials = world.add(0, ClientRights { write: Write::National, ..ClientRights::default() });
    let header = format!("Bearer {}", ask(&world.identity, &credentials, NOW).expect("a good secret"));
    let grant = world.identity.authenticate(Some(&header), NOW).expect("a fresh token");
    assert_eq!(grant.rights().write, WriteScope::National);
    let client = world.ledger.client(&credentials.client_id).expect("readable").expect("just added");
    world.ledger.put_client(&ror_ledger::Client { rights: r#"{"read_only":true}"#.into(), ..client }).expect("stored");
    let grant = world.identity.authenticate(Some(&header), NOW + REFRESH_MS).expect("the same token");
    assert!(!grant.may_write());
}

#[test]
fn a_client_that_left_the_register_is_unknown() {
    // A token of a ledger whose key was copied to another, where the client is not.
    let world = World::new(true);
    let (_, header) = world.bearer(1);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let identity = Identity::open(open(elsewhere.path()), Settings::new(true), random(1), NOW).expect("the same draws");
    assert_eq!(identity.authenticate(Some(&header), NOW).map_err(|error| error.code()).err(), Some("unknown-client"));
}

#[test]
fn two_processes_share_one_key() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let identities: Vec<Identity> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4)
            .map(|n| {
                let path = dir.path();
                scope.spawn(move || Identity::open(open(path), Settings::new(true), random(10 * n + 1), NOW))
            })
            .collect();
        started.into_iter().map(|one| one.join().expect("no panic").expect("opens")).collect()
    });
    let sets: std::collections::HashSet<String> = identities.iter().map(Identity::jwks).collect();
    assert_eq!(sets.len(), 1, "all sign with the key that was kept");
}

/// Fields of the form, `Authorization` header, error code or `token`.
type RequestCase<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, &'a str);

#[test]
fn requests_to_the_token_address_and_their_outcome() {
    let world = World::new(true);
    let credentials = world.add(1, ClientRights::default());
    let (id, secret) = (credentials.client_id.as_str(), secret_of(&credentials));
    let cc = ("grant_type", "client_credentials");
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    let good = basic(format!("{id}:{secret}"));
    let encoded = basic(format!("{}:{}", id.replace('-', "%2D"), secret));
    let cases: &[RequestCase] = &[
        (&[cc, ("client_id", id), ("client_secret", secret)], None, "token"),
        (&[cc, ("client_id", id), ("client_secret", secret), ("scope", "x")], None, "token"),
        (&[cc], Some(&good), "token"),
        (&[cc], Some(&encoded), "token"),
        (&[cc, ("client_id", id)], Some(&good), "token"),
        (&[], None, "invalid_request"),
        (&[("grant_type", "")], Some(&good), "invalid_request"),
        (&[cc, cc], Some(&good), "invalid_request"),
        (&[cc], None, "invalid_request"),
        (&[cc, ("client_secret", secret)], None, "invalid_request"),
        (&[cc, ("client_id", id), ("client_id", id), ("client_secret", secret)], None, "invalid_request"),
        (&[cc, ("client_id", id), ("client_secret", secret)], Some(&good), "invalid_request"),
        (&[cc, ("client_id", "autre")], Some(&good), "invalid_request"),
        (&[("grant_type", "password"), ("client_id", id), ("client_secret", secret)], None, "unsupported_grant_type"),
        (&[("grant_type", "Client_Credentials")], Some(&good), "unsupported_grant_type"),
        (&[cc, ("client_id", id)], None, "invalid_client"),
        (&[cc, ("client_id", id), ("client_secret", "faux")], None, "invalid_client"),
        (&[cc, ("client_id", id), ("client_secret", &secret[1..])], None, "invalid_client"),
        (&[cc, ("client_id", "inconnu"), ("client_secret", secret)], None, "invalid_client"),
        (&[cc], Some("Bearer abc"), "invalid_client"),
        (&[cc], Some("Basic"), "invalid_client"),
        (&[cc], Some("Basic !!"), "invalid_client"),
        (&[cc], Some("Basic YWJj"), "invalid_client"),
    ];
    for (fields, header, expected) in cases {
        let got = match world.identity.token(&form(fields), *header, Shown::Nothing, NOW) {
            Ok(response) => {
                let body: Value = serde_json::from_str(&response.to_json()).expect("JSON");
                assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(1800)));
                "token".to_owned()
            }
            Err(error) => {
                let body: Value = serde_json::from_str(&error.to_json()).expect("JSON");
                let description = body["error_description"].as_str().expect("text");
                assert!(description.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\'));
                assert_eq!(error.status() == 401, error.www_authenticate().is_some());
                body["error"].as_str().expect("text").to_owned()
            }
        };
        assert_eq!(got, *expected, "{fields:?} {header:?}");
    }
}

#[test]
fn d60_outside_the_sandbox_only_profile_0_has_a_secret() {
    let world = World::new(false);
    for profile in 0..=5 {
        let credentials = world.add(profile, ClientRights::default());
        let got = ask(&world.identity, &credentials, NOW);
        assert_eq!(got.is_ok(), profile == 0, "profile {profile}");
        if let Err(error) = got {
            assert_eq!(error.status(), 401);
            // Whoever does not hold the secret is not told the profile.
            let wrong =
                Credentials { client_secret: world.add(0, ClientRights::default()).client_secret, ..credentials };
            assert_eq!(
                ask(&world.identity, &wrong, NOW).expect_err("wrong").to_string(),
                "client inconnu ou secret incorrect"
            );
        }
    }
}

#[test]
fn clients_that_cannot_be_registered() {
    let world = World::new(true);
    let add = |name: &str, profile, rights| {
        let client = NewClient { name: name.to_owned(), profile, rights };
        clients::add(&*world.ledger, client, NOW, &mut |bytes| bytes.fill(1))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let lists = |list: &[&str]| ClientRights {
        write: Write::Establishments(list.iter().map(|number| (*number).to_owned()).collect()),
        ..ClientRights::default()
    };
    assert!(add("Profil", 6, ClientRights::default()).is_err_and(|text| text.contains("0 à 5")));
    assert!(add("  ", 0, ClientRights::default()).is_err());
    assert!(add("a\nb", 0, ClientRights::default()).is_err());
    assert!(add(&"n".repeat(121), 0, ClientRights::default()).is_err());
    assert!(add("Liste", 1, lists(&["010780054", "nofinesset"])).is_ok(), "a plausible number passes");
    assert!(add("Liste", 1, lists(&["010780054;"])).is_err_and(|text| text.contains("010780054;")));
    assert!(clients::revoke(&*world.ledger, "inconnu", NOW).is_err());
}

#[test]
fn the_register_keeps_the_hash_and_the_trace_but_not_the_secret() {
    let world = World::new(true);
    let credentials = world.add(1, ClientRights::default());
    let secret = secret_of(&credentials);
    let kept = world.ledger.client(&credentials.client_id).expect("readable").expect("just added");
    assert_eq!(kept.created_at, NOW);
    assert!(kept.secret_sha256.is_some_and(|hash| hash.as_slice() != secret.as_bytes()));
    let traces = world.ledger.audit_tail(0, 10).expect("readable");
    assert_eq!(traces.len(), 1);
    assert_eq!(traces[0].entry.action, "client-add");
    let response = world.identity.token(
        &form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &credentials.client_id),
            ("client_secret", secret),
        ]),
        None,
        Shown::Nothing,
        NOW,
    );
    let response = response.expect("a good secret");
    let shown = format!("{credentials:?} {kept:?} {traces:?} {response:?} {:?}", world.identity);
    assert!(!shown.contains(secret) && !shown.contains(&response.access_token), "{shown}");
    let printed: Value = serde_json::from_str(&credentials.to_json()).expect("JSON");
    assert_eq!(printed, json!({ "client_id": credentials.client_id, "client_secret": secret }));
}
