//! Tokens of another issuer.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::*;
use crate::{Issuer, IssuerError, KEYS_LIFE_MS, KEYS_PAUSE_MS, KEYS_REFRESH_MS, OutsideName, Proof};

const THEM: &str = "https://idp.exemple.fr/realms/sante";

struct Signer {
    pkcs8: Vec<u8>,
    jwk: Value,
}

fn signer(kid: &str) -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let point = pair.public_key().as_ref()[1..].to_vec();
    let (x, y) = point.split_at(32);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid,
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    Signer { pkcs8: pair.to_pkcs8v1().expect("a key").as_ref().to_vec(), jwk }
}

impl Signer {
    fn sign(&self, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
        let token = jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&self.pkcs8)).expect("signed");
        format!("Bearer {token}")
    }
}

fn issuer() -> Issuer {
    Issuer {
        issuer: THEM.to_owned(),
        audience: "https://ror.exemple.fr".to_owned(),
        algorithms: vec!["ES256".to_owned()],
        bound: false,
    }
}

fn world(issuer: Issuer) -> (World, Signer, String) {
    let mut world = World::new(false);
    let settings = Settings { issuers: vec![issuer], ..Settings::new(false) };
    world.identity = Identity::open(world.ledger.clone(), settings, random(1), NOW).expect("settings");
    let outside = Some(OutsideName { issuer: THEM.to_owned(), client: "logiciel-12".to_owned() });
    let rights = ClientRights { proof: Proof { outside, ..Proof::default() }, ..ClientRights::default() };
    let credentials = world.add(2, rights);
    assert!(credentials.client_secret.is_none());
    (world, signer("k1"), credentials.client_id)
}

fn claims() -> Value {
    json!({ "iss": THEM, "aud": ["compte", "https://ror.exemple.fr"], "sub": "x", "azp": "logiciel-12",
        "iat": NOW / 1000, "exp": NOW / 1000 + 300 })
}

#[test]
fn tokens_of_another_issuer_and_their_outcome() {
    let (world, them, id) = world(issuer());
    let set = json!({ "keys": [them.jwk, { "kty": "oct", "k": "c2VjcmV0", "kid": "hmac" }] }).to_string();
    assert_eq!(world.identity.set_issuer_keys(THEM, &set, NOW), Ok(1), "symmetric keys are none");
    let grant = world.identity.authenticate(Some(&them.sign("k1", &claims())), NOW).expect("a good token");
    assert_eq!((grant.client(), Some(grant.audience())), (id.as_str(), Audience::profile(2)));

    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims();
        change(&mut claims);
        claims
    };
    let ours = world.identity.settings().issuer.clone();
    let victim = world.add(0, ClientRights::default()).client_id;
    for (what, kid, claims, expected) in [
        (
            "client_id",
            "k1",
            with(&|c| {
                c["client_id"] = c["azp"].take();
                c.as_object_mut().expect("claims").remove("azp");
            }),
            "granted",
        ),
        ("both agree", "k1", with(&|c| c["client_id"] = json!("logiciel-12")), "granted"),
        ("fractions", "k1", with(&|c| c["exp"] = json!(NOW as f64 / 1000.0 + 0.5)), "granted"),
        ("one audience", "k1", with(&|c| c["aud"] = json!("https://ror.exemple.fr")), "granted"),
        (
            "claims that give rights",
            "k1",
            with(&|c| {
                c["profile"] = json!(1);
                c["scope"] = json!("write");
            }),
            "granted",
        ),
        ("both differ", "k1", with(&|c| c["client_id"] = json!("autre")), "invalid"),
        (
            "subject only",
            "k1",
            with(&|c| {
                c.as_object_mut().expect("claims").remove("azp");
            }),
            "invalid",
        ),
        ("another client", "k1", with(&|c| c["azp"] = json!("autre")), "unknown-client"),
        ("a client of ours", "k1", with(&|c| c["azp"] = json!(victim)), "unknown-client"),
        ("another audience", "k1", with(&|c| c["aud"] = json!("compte")), "invalid"),
        (
            "no audience",
            "k1",
            with(&|c| {
                c.as_object_mut().expect("claims").remove("aud");
            }),
            "invalid",
        ),
        ("an issuer not configured", "k1", with(&|c| c["iss"] = json!("https://autre.fr")), "invalid"),
        ("our name", "k1", with(&|c| c["iss"] = json!(ours)), "invalid"),
        (
            "no end",
            "k1",
            with(&|c| {
                c.as_object_mut().expect("claims").remove("exp");
            }),
            "malformed",
        ),
        ("expired", "k1", with(&|c| c["exp"] = json!(NOW / 1000 - 61)), "expired"),
        ("not yet", "k1", with(&|c| c["nbf"] = json!(NOW / 1000 + 61)), "not-yet-valid"),
        ("an unknown key", "k2", claims(), "invalid"),
        ("a key that is no key", "hmac", claims(), "invalid"),
        ("bound otherwise", "k1", with(&|c| c["cnf"] = json!({ "jkt": "x" })), "invalid"),
        ("bound to nothing", "k1", with(&|c| c["cnf"] = json!({ "x5t#S256": "" })), "invalid"),
    ] {
        assert_eq!(world.outcome(&them.sign(kid, &claims), NOW), expected, "{what}");
    }
    assert_eq!(world.outcome(&signer("k1").sign("k1", &claims()), NOW), "invalid", "another key under that name");
    let header = Header { kid: Some("k1".into()), crit: Some(vec!["exp".into()]), ..Header::new(Algorithm::ES256) };
    let critical = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_ec_der(&them.pkcs8)).expect("signed");
    assert_eq!(world.outcome(&format!("Bearer {critical}"), NOW), "invalid", "an extension that must be understood");
}

#[test]
fn an_issuer_may_be_held_to_bound_tokens() {
    let (world, them, _) = world(Issuer { bound: true, ..issuer() });
    world.identity.set_issuer_keys(THEM, &json!({ "keys": [them.jwk] }).to_string(), NOW).expect("keys");
    assert_eq!(world.outcome(&them.sign("k1", &claims()), NOW), "certificate-missing");
}

#[test]
fn keys_are_read_again_in_time_and_not_believed_for_ever() {
    let (world, them, _) = world(issuer());
    assert_eq!(world.identity.issuers_wanting_keys(NOW), [THEM], "none yet");
    assert!(world.identity.issuers_wanting_keys(NOW + 1).is_empty(), "asked a moment ago");
    let set = json!({ "keys": [them.jwk] }).to_string();
    world.identity.set_issuer_keys(THEM, &set, NOW).expect("keys");
    assert!(world.identity.issuers_wanting_keys(NOW + KEYS_REFRESH_MS - 1).is_empty());
    // A token names a key that is not held: wanted, but not at each such token.
    assert_eq!(world.outcome(&them.sign("k9", &claims()), NOW), "invalid");
    assert!(world.identity.issuers_wanting_keys(NOW + KEYS_PAUSE_MS - 1).is_empty());
    assert_eq!(world.identity.issuers_wanting_keys(NOW + KEYS_PAUSE_MS), [THEM]);
    // What is no set of keys leaves the former one.
    for bad in ["", "{}", r#"{"keys":[]}"#, &json!({ "keys": [them.jwk, them.jwk] }).to_string()] {
        let refused = world.identity.set_issuer_keys(THEM, bad, NOW);
        assert_eq!(refused, Err(IssuerError::Keys(THEM.to_owned())), "{bad}");
    }
    let late = |now: Instant| {
        let mut claims = claims();
        claims["exp"] = json!(now / 1000 + 60);
        world.outcome(&them.sign("k1", &claims), now)
    };
    assert_eq!(late(NOW + KEYS_LIFE_MS - 1), "granted");
    assert_eq!(late(NOW + KEYS_LIFE_MS), "invalid");
    let remembered = {
        let mut claims = claims();
        claims["exp"] = json!(NOW / 1000 + 10 * 86_400);
        them.sign("k1", &claims)
    };
    assert_eq!(world.outcome(&remembered, NOW), "granted");
    world.identity.tend(NOW + KEYS_LIFE_MS).expect("tended");
    assert_eq!(world.outcome(&remembered, NOW + KEYS_LIFE_MS), "invalid", "not remembered beyond its key");
    // A key that leaves the set takes its tokens along.
    let new = signer("k2");
    let refreshed = world.identity.set_issuer_keys(THEM, &json!({ "keys": [new.jwk] }).to_string(), NOW);
    assert_eq!((refreshed, world.outcome(&remembered, NOW)), (Ok(1), "invalid"));
}

#[test]
fn issuers_that_cannot_be_configured() {
    let world = World::new(false);
    let open = |issuers: Vec<Issuer>| {
        let settings = Settings { issuers, ..Settings::new(false) };
        Identity::open(world.ledger.clone(), settings, random(1), NOW).map(|_| ())
    };
    let algorithms =
        |names: &[&str]| Issuer { algorithms: names.iter().map(|name| (*name).to_owned()).collect(), ..issuer() };
    assert!(open(vec![issuer()]).is_ok());
    assert!(open(vec![algorithms(&["RS256", "PS256", "ES384", "EdDSA"])]).is_ok());
    for bad in [
        vec![algorithms(&[])],
        vec![algorithms(&["HS256"])],
        vec![algorithms(&["ES256", "none"])],
        vec![Issuer { audience: String::new(), ..issuer() }],
        vec![Issuer { issuer: String::new(), ..issuer() }],
        vec![Issuer { issuer: "urn:ror:jetons".into(), ..issuer() }],
        vec![issuer(), issuer()],
    ] {
        assert!(open(bad.clone()).is_err(), "{bad:?}");
    }
}

#[test]
fn a_client_of_another_issuer_is_registered_once() {
    let (world, _, id) = world(issuer());
    let outside = Some(OutsideName { issuer: THEM.to_owned(), client: "logiciel-12".to_owned() });
    let again = || {
        let rights =
            ClientRights { proof: Proof { outside: outside.clone(), ..Proof::default() }, ..ClientRights::default() };
        let client = NewClient { name: "Encore".into(), profile: 1, rights };
        clients::add(&*world.ledger, client, NOW, &mut |bytes| bytes.fill(1)).map(|added| added.client_id)
    };
    assert!(again().is_err_and(|error| error.to_string().contains("déjà inscrit")));
    clients::revoke(&*world.ledger, &id, NOW).expect("known");
    assert_eq!(again().ok(), Some(id), "revoked, it may come back");
}
