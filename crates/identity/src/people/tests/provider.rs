//! A provider of the shape of Pro Santé Connect, and what is not believed of its answers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    Begun, Callback, Fetch, MINUTE, Outgoing, PeopleSettings, ProviderSettings, START, SignInError, World, parameter,
};
use crate::keys;
use crate::people::oidc::Incoming;
use crate::people::{Giver, NewEntitlement, PersonKey, PersonProfile, Scope, SessionError, Visit};
use crate::secret::sha256;

const ISSUER: &str = "https://psc.example/realms/psc";
const NOW_S: i64 = START / 1_000;

/// What the provider will answer; tests change it.
struct Script {
    claims: Value,
    user: Value,
    header: Header,
    signer: EncodingKey,
    token_status: u16,
    /// Overrides the whole ID token.
    raw: Option<String>,
    asked: Vec<Outgoing>,
}

fn key(fill: u8) -> Vec<u8> {
    keys::generate(&move |bytes| bytes.fill(fill))
}

fn point(pkcs8: &[u8]) -> (String, String) {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).expect("a key");
    let point = pair.public_key().as_ref();
    (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]))
}

fn settings() -> ProviderSettings {
    ProviderSettings {
        id: "psc".to_owned(),
        label: "Pro Santé Connect".to_owned(),
        issuer: ISSUER.to_owned(),
        discovery: Some("https://psc.example/wallet-openid-configuration".to_owned()),
        client_id: "ror".to_owned(),
        client_secret: "s€cret:1".to_owned(),
        redirect_uri: "https://ror.example/connexion/retour".to_owned(),
        logout_redirect_uri: Some("https://ror.example/deconnexion".to_owned()),
        scopes: "openid scope_all".to_owned(),
        acr: vec!["eidas1".to_owned()],
        national_ids: true,
        algorithms: vec!["ES256".to_owned()],
    }
}

/// A world with that provider, and what it answers.
fn world() -> (World, Arc<Mutex<Script>>) {
    let claims = json!({
        "iss": ISSUER, "aud": "ror", "sub": "f:550:899900000053", "acr": "eidas1",
        "iat": NOW_S, "exp": NOW_S + 120, "auth_time": NOW_S,
    });
    let user = json!({
        "sub": "f:550:899900000053", "SubjectNameID": "899900000053", "given_name": "Léa", "family_name": "ROUX",
    });
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) };
    let script = Script {
        claims,
        user,
        header,
        signer: EncodingKey::from_ec_der(&key(3)),
        token_status: 200,
        raw: None,
        asked: Vec::new(),
    };
    let script = Arc::new(Mutex::new(script));
    let held = Arc::clone(&script);
    let fetch: Arc<Fetch> = Arc::new(move |request: &Outgoing| Ok(answer(&mut held.lock(), request)));
    let world = World::with(|| PeopleSettings { providers: vec![settings()], sandbox: None }, &fetch);
    (world, script)
}

fn answer(script: &mut Script, request: &Outgoing) -> Incoming {
    script.asked.push(request.clone());
    let (x, y) = point(&key(3));
    let (status, body) = match request.url.as_str() {
        "https://psc.example/wallet-openid-configuration" => (
            200,
            json!({
                "issuer": ISSUER, "authorization_endpoint": "https://psc.example/auth",
                "token_endpoint": "https://psc.example/token", "jwks_uri": "https://psc.example/keys",
                "userinfo_endpoint": "https://psc.example/user", "end_session_endpoint": "https://psc.example/end",
            }),
        ),
        "https://psc.example/keys" => {
            (200, json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "k1", "x": x, "y": y }] }))
        }
        "https://psc.example/token" => {
            let signed = || jsonwebtoken::encode(&script.header, &script.claims, &script.signer).expect("signs");
            let token = script.raw.clone().unwrap_or_else(signed);
            (script.token_status, json!({ "id_token": token, "access_token": "at", "token_type": "Bearer" }))
        }
        "https://psc.example/user" => (200, script.user.clone()),
        _ => (404, Value::Null),
    };
    Incoming { status, body: body.to_string().into_bytes() }
}

fn begin(world: &World, again: bool) -> Begun {
    world.people.begin(Some("psc"), "/session", again, world.now()).expect("begins")
}

/// Ends a sign-in, the provider having kept the nonce as it should.
fn finish(world: &World, script: &Mutex<Script>, begun: &Begun) -> Result<String, SignInError> {
    let nonce = parameter(&begun.url(), "nonce").expect("a nonce");
    {
        let claims = &mut script.lock().claims;
        if claims.get("nonce").is_none() {
            claims["nonce"] = Value::String(nonce);
        }
    }
    let state = parameter(&begun.url(), "state");
    let callback = Callback { code: Some("c0de"), state: state.as_deref(), error: None };
    let signed_in = world.people.finish(Some(&begun.cookie), callback, None, world.now())?;
    Ok(signed_in.secret.expose().to_owned())
}

#[test]
fn a_professional_signs_in_and_reads_as_one() {
    let (world, script) = world();
    let begun = begin(&world, false);
    let sent: BTreeMap<_, _> = begun.parameters.iter().cloned().collect();
    assert!(begun.url().starts_with("https://psc.example/auth?response_type=code&client_id=ror&redirect_uri=https%3A%2F%2Fror.example%2Fconnexion%2Fretour&"));
    assert_eq!((sent["acr_values"].as_str(), sent["code_challenge_method"].as_str()), ("eidas1", "S256"));
    let cookie = finish(&world, &script, &begun).expect("signed in");
    let acting = world.acting(&cookie);
    assert_eq!((acting.person.name.as_str(), acting.person.rpps.as_deref()), ("Léa ROUX", Some("99900000053")));
    assert_eq!(acting.right.as_ref().map(|right| right.profile.code()), Some("CONSULTANT"));
    let asked = script.lock().asked.clone();
    let token = asked.iter().find(|request| request.url.ends_with("/token")).expect("asked");
    let form = token.form.as_deref().expect("a form");
    let verifier = parameter(&format!("?{form}"), "code_verifier").expect("PKCE");
    assert_eq!(URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())), sent["code_challenge"]);
    assert!(!begun.url().contains(&verifier) && verifier.len() >= 43);
    // RFC 6749 §2.3.1
    let basic = token.authorization.as_deref().and_then(|it| it.strip_prefix("Basic ")).expect("Basic");
    let basic = base64::engine::general_purpose::STANDARD.decode(basic).expect("base64");
    assert_eq!(String::from_utf8_lossy(&basic), "ror:s%E2%82%ACcret%3A1");
}

#[test]
fn an_account_without_number_has_no_right_until_somebody_gives_one() {
    let (world, script) = world();
    script.lock().user = json!({ "sub": "f:550:899900000053", "name": "Zoé Martin" });
    let acting = world.acting(&finish(&world, &script, &begin(&world, false)).expect("signed in"));
    assert!(acting.right.is_none() && acting.person.rpps.is_none());
    assert_eq!(acting.grant().audience(), ror_confidentiality::Audience::PUBLIC);
}

#[test]
fn answers_that_fail_a_check_sign_nobody_in() {
    type Change = fn(&mut Script);
    let cases: [(&str, Change); 32] = [
        ("another issuer", |it| it.claims["iss"] = json!("https://evil.example")),
        ("another audience", |it| it.claims["aud"] = json!("autre")),
        ("two audiences, no party", |it| it.claims["aud"] = json!(["ror", "autre"])),
        ("another party", |it| it.claims["azp"] = json!("autre")),
        ("expired", |it| it.claims["exp"] = json!(NOW_S - 61)),
        ("no end", |it| drop(it.claims.as_object_mut().map(|all| all.remove("exp")))),
        ("from the future", |it| it.claims["iat"] = json!(NOW_S + 3_600)),
        ("no date", |it| drop(it.claims.as_object_mut().map(|all| all.remove("iat")))),
        ("another nonce", |it| it.claims["nonce"] = json!("A".repeat(43))),
        ("empty nonce", |it| it.claims["nonce"] = json!("")),
        ("nonce that is no text", |it| it.claims["nonce"] = json!(1)),
        ("too weak", |it| it.claims["acr"] = json!("eidas0")),
        ("no strength", |it| drop(it.claims.as_object_mut().map(|all| all.remove("acr")))),
        ("no subject", |it| it.claims["sub"] = json!("")),
        ("a blank subject", |it| {
            it.claims["sub"] = json!("  ");
            it.user["sub"] = json!("  ");
        }),
        ("an empty number", |it| it.user["SubjectNameID"] = json!("")),
        ("a blank number", |it| it.user["SubjectNameID"] = json!(" \u{a0}")),
        ("a number with a blank around", |it| it.user["SubjectNameID"] = json!("899900000053 ")),
        ("a number that is no text", |it| it.user["SubjectNameID"] = json!(899_900_000_053_i64)),
        ("no number where one is announced", |it| it.user["SubjectNameID"] = Value::Null),
        ("an empty number in the token", |it| it.claims["SubjectNameID"] = json!("")),
        ("two numbers", |it| it.claims["SubjectNameID"] = json!("899900000061")),
        ("another key", |it| it.signer = EncodingKey::from_ec_der(&key(4))),
        ("unknown key", |it| it.header.kid = Some("k2".to_owned())),
        ("a shared secret", |it| {
            it.header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
            it.signer = EncodingKey::from_secret(point(&key(3)).0.as_bytes());
        }),
        ("no signature", |it| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            it.raw = Some(format!("{}.{}.", part(&json!({ "alg": "none", "kid": "k1" })), part(&it.claims)));
        }),
        ("not a token", |it| it.raw = Some("a.b".to_owned())),
        ("too long a token", |it| it.raw = Some("a".repeat(20_000))),
        ("another person's details", |it| it.user["sub"] = json!("f:550:other")),
        ("details that are no object", |it| it.user = json!([])),
        ("a code refused", |it| it.token_status = 400),
        ("a provider that fails", |it| it.token_status = 500),
    ];
    for (what, change) in cases {
        let (world, script) = world();
        change(&mut script.lock());
        let refused = finish(&world, &script, &begin(&world, false));
        assert!(
            matches!(refused, Err(SignInError::Untrusted(_) | SignInError::Refused | SignInError::Provider(_))),
            "{what}: {refused:?}"
        );
        assert_eq!(world.traces(), [], "{what}: nothing done");
        assert_eq!(world.ledger.records("person", None).expect("reads"), [], "{what}");
    }
}

#[test]
fn an_answer_of_a_former_sign_in_has_the_wrong_nonce() {
    let (world, script) = world();
    finish(&world, &script, &begin(&world, false)).expect("signed in");
    // The provider, or whoever stands in its place, gives the same ID token again.
    let refused = finish(&world, &script, &begin(&world, false));
    assert!(matches!(refused, Err(SignInError::Untrusted("nonce"))), "{refused:?}");
}

#[test]
fn proving_again_who_one_is_asks_for_a_new_proof() {
    let (world, script) = world();
    script.lock().claims["auth_time"] = json!(NOW_S - 3_600);
    let refused = finish(&world, &script, &begin(&world, true));
    assert!(matches!(refused, Err(SignInError::Untrusted("sign-in too old"))), "{refused:?}");
    let (world, script) = self::world();
    script.lock().claims["auth_time"] = json!(NOW_S - 40);
    assert!(finish(&world, &script, &begin(&world, true)).is_err(), "proved before it was asked");
    let (world, script) = self::world();
    let begun = begin(&world, true);
    world.wait(2 * MINUTE);
    script.lock().claims["iat"] = json!(NOW_S + 120);
    script.lock().claims["auth_time"] = json!(NOW_S + 20);
    assert!(finish(&world, &script, &begun).is_ok(), "whoever takes their time has proved it all the same");
    let (world, script) = self::world();
    script.lock().claims.as_object_mut().map(|all| all.remove("auth_time"));
    assert!(finish(&world, &script, &begin(&world, true)).is_err(), "a provider that does not say when");
    let (world, script) = self::world();
    assert!(finish(&world, &script, &begin(&world, true)).is_ok());
}

#[test]
fn d32_a_provider_that_lets_somebody_in_unasked_opens_no_level_3() {
    let regulator = |world: &World| {
        let to = PersonKey::national("899900000053");
        let (profile, scope) = (PersonProfile::Regulateur, Scope::nation());
        let new = NewEntitlement { to, name: "Léa ROUX".to_owned(), profile, scope };
        world.people.give(&new, Giver::Console, world.now()).expect("given")
    };
    let (world, script) = world();
    let right = regulator(&world);
    // Proved two minutes ago, elsewhere, perhaps by somebody who has left this screen since.
    script.lock().claims["auth_time"] = json!(NOW_S - 120);
    let acting = world.acting(&finish(&world, &script, &begin(&world, false)).expect("signed in"));
    assert_eq!(acting.right.as_ref().map(|right| right.profile.code()), Some("CONSULTANT"));
    assert_eq!(acting.authenticated_at, None);
    let refused = world.people.act_as(&acting, &right, world.now());
    assert!(matches!(refused, Err(SessionError::SignInFirst)), "{:?}", refused.err());
    let (world, script) = self::world();
    regulator(&world);
    let acting = world.acting(&finish(&world, &script, &begin(&world, false)).expect("signed in"));
    assert_eq!(acting.right.as_ref().map(|right| right.profile.code()), Some("REGULATEUR"), "proved for us");
}

#[test]
fn whoever_signs_out_here_is_told_the_way_out_of_the_provider() {
    let (world, script) = world();
    let acting = world.acting(&finish(&world, &script, &begin(&world, false)).expect("signed in"));
    let way = acting.way_out().expect("the provider announces one").to_owned();
    assert!(way.starts_with("https://psc.example/end?client_id=ror&id_token_hint=ey"), "{way}");
    let back = "https%3A%2F%2Fror.example%2Fdeconnexion";
    assert_eq!(parameter(&way, "post_logout_redirect_uri").as_deref(), Some(back));
    let other = world.people.act_as(&acting, "consultant", world.now()).expect("a right of theirs");
    assert_eq!(world.acting(other.expose()).way_out(), Some(way.as_str()), "whatever the role");
}

#[test]
fn a_provider_that_fails_is_left_alone_for_a_while_and_what_was_read_serves() {
    let (_, script) = world();
    let (held, is_down) = (Arc::clone(&script), Arc::new(AtomicBool::new(true)));
    let (down, tries) = (Arc::clone(&is_down), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&tries);
    let fetch: Arc<Fetch> = Arc::new(move |request: &Outgoing| {
        counted.fetch_add(1, Ordering::Relaxed);
        if down.load(Ordering::Relaxed) { Err("hung".to_owned()) } else { Ok(answer(&mut held.lock(), request)) }
    });
    let world = World::with(|| PeopleSettings { providers: vec![settings()], sandbox: None }, &fetch);
    let begins = || world.people.begin(Some("psc"), "/", false, world.now());
    for _ in 0..5 {
        assert!(matches!(begins(), Err(SignInError::Provider(_))));
    }
    assert_eq!(tries.load(Ordering::Relaxed), 1, "asked once, the failure remembered");
    world.wait(10_000);
    is_down.store(false, Ordering::Relaxed);
    let begun = begins().expect("asked again");
    is_down.store(true, Ordering::Relaxed);
    tries.store(0, Ordering::Relaxed);
    // The token address hangs: whoever comes next does not wait for it too.
    assert!(matches!(finish(&world, &script, &begun), Err(SignInError::Provider(_))));
    assert!(begins().is_err() && begins().is_err());
    assert_eq!(tries.load(Ordering::Relaxed), 1);
    world.wait(11 * MINUTE);
    assert!(begins().is_ok(), "what was read ten minutes ago still says where to go");
    world.wait(24 * 60 * MINUTE);
    assert!(begins().is_err(), "not for ever");
}

#[test]
fn a_slow_provider_is_asked_by_one_caller_at_a_time() {
    let (_, script) = world();
    let (release, released) = mpsc::channel::<()>();
    let (held, released) = (Arc::clone(&script), Mutex::new(released));
    let fetch: Arc<Fetch> = Arc::new(move |request: &Outgoing| {
        let answered = answer(&mut held.lock(), request);
        if request.url.ends_with("configuration") {
            released.lock().recv().expect("released");
        }
        Ok(answered)
    });
    let world = World::with(|| PeopleSettings { providers: vec![settings()], sandbox: None }, &fetch);
    std::thread::scope(|scope| {
        let begun: Vec<_> = (0..4).map(|_| scope.spawn(|| begin(&world, false))).collect();
        std::thread::sleep(std::time::Duration::from_millis(200));
        for _ in 0..4 {
            release.send(()).expect("somebody may wait");
        }
        for begun in begun {
            drop(begun.join().expect("begins"));
        }
    });
    let read = script.lock().asked.iter().filter(|request| request.url.ends_with("configuration")).count();
    assert_eq!(read, 1);
}

#[test]
fn a_provider_that_is_not_believed_vouches_for_no_number() {
    let (_, script) = world();
    let held = Arc::clone(&script);
    let fetch: Arc<Fetch> = Arc::new(move |request: &Outgoing| Ok(answer(&mut held.lock(), request)));
    let agents = || ProviderSettings { national_ids: false, ..settings() };
    let world = World::with(|| PeopleSettings { providers: vec![agents()], sandbox: None }, &fetch);
    let acting = world.acting(&finish(&world, &script, &begin(&world, false)).expect("signed in"));
    assert!(acting.person.rpps.is_none() && acting.right.is_none());
}

#[test]
fn keys_and_description_are_read_once_in_ten_minutes() {
    let (world, script) = world();
    for _ in 0..3 {
        script.lock().claims.as_object_mut().map(|all| all.remove("nonce"));
        finish(&world, &script, &begin(&world, false)).expect("signed in");
    }
    let read = |end: &str| script.lock().asked.iter().filter(|request| request.url.ends_with(end)).count();
    assert_eq!((read("/keys"), read("configuration")), (1, 1));
    script.lock().header.kid = Some("k2".to_owned());
    for _ in 0..3 {
        let refused = finish(&world, &script, &begin(&world, false));
        assert!(refused.is_err());
    }
    assert_eq!(read("/keys"), 1, "unknown keys make nobody a nuisance");
    assert!(matches!(world.people.visit(None, world.now()), Ok(Visit::Public)));
}

#[test]
fn settings_that_cannot_be_trusted_are_refused() {
    use crate::people::oidc::Provider;
    let fetch = super::nowhere();
    let made = |settings| Provider::new(settings, Arc::clone(&fetch)).is_some();
    assert!(made(settings()));
    let algorithms = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    for wrong in [
        ProviderSettings { algorithms: algorithms(&["HS256"]), ..settings() },
        ProviderSettings { algorithms: algorithms(&["none"]), ..settings() },
        ProviderSettings { algorithms: algorithms(&[]), ..settings() },
        ProviderSettings { id: "a/b".to_owned(), ..settings() },
        ProviderSettings { issuer: String::new(), ..settings() },
        ProviderSettings { scopes: "email".to_owned(), ..settings() },
    ] {
        assert!(!made(wrong.clone()), "{wrong:?}");
    }
}
