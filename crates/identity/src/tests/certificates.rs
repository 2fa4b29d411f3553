//! Clients that show a certificate (RFC 8705).

use super::*;
use crate::{Authority, Certificate, CertificateName, Proof};

/// The authority of a server that has one.
const ONLY: Option<Authority> = Some(Authority { thumbprint: [7; 32], is_only: true });

fn certificate(name: &str) -> Certificate {
    let mut wanted = rcgen::CertificateParams::new(vec![format!("{name}.exemple.fr")]).expect("a name");
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = rcgen::KeyPair::generate().expect("a key");
    Certificate::read(wanted.self_signed(&key).expect("a certificate").der()).expect("readable")
}

fn proof(name: &str, bound: bool) -> ClientRights {
    let certificate = Some(CertificateName::Subject(format!("CN={name}")));
    ClientRights { proof: Proof { certificate, bound, ..Proof::default() }, ..ClientRights::default() }
}

fn request(world: &World, id: &str, secret: Option<&str>, shown: Shown<'_>) -> Result<String, String> {
    let mut fields = vec![("grant_type", "client_credentials"), ("client_id", id)];
    fields.extend(secret.map(|secret| ("client_secret", secret)));
    let answer = world.identity.token(&form(&fields), None, shown, NOW);
    answer.map(|granted| granted.access_token).map_err(|refused| refused.to_string())
}

#[test]
fn a_client_is_known_by_its_certificate_and_its_token_is_bound_to_it() {
    let world = World::new(false);
    let (mine, renewed, other) = (certificate("samu"), certificate("samu"), certificate("autre"));
    let client = world.add(2, proof("samu", false));
    assert!(client.client_secret.is_none(), "no secret beside a certificate");
    let ask = |shown| request(&world, &client.client_id, None, shown);
    let token = ask(Shown::Good(&mine, ONLY)).expect("its certificate");
    let x5t = part(&token, 1)["cnf"]["x5t#S256"].as_str().expect("a binding").to_owned();
    assert_eq!(x5t.len(), 43);
    assert!(ask(Shown::Good(&renewed, ONLY)).is_ok(), "another certificate of the same subject");
    for (shown, text) in [
        (Shown::Good(&other, ONLY), "autre certificat"),
        (Shown::Refused, "autorite non admise"),
        (Shown::Nothing, "ni certificat"),
    ] {
        assert!(ask(shown).is_err_and(|error| error.contains(text)), "{text}");
    }
    let stranger = request(&world, "inconnu", None, Shown::Good(&mine, ONLY));
    assert_eq!(stranger, ask(Shown::Good(&other, ONLY)), "unknown and wrong are told alike");

    let header = format!("Bearer {token}");
    let outcome =
        |shown| world.identity.authenticate_shown(Some(&header), shown, NOW).map_or_else(|e| e.code(), |_| "granted");
    assert_eq!(outcome(Shown::Good(&mine, ONLY)), "granted");
    assert_eq!(outcome(Shown::Nothing), "granted", "D60: documented clients show none to the API");
    assert_eq!(outcome(Shown::Good(&renewed, ONLY)), "other-certificate");
    assert_eq!(outcome(Shown::Good(&other, ONLY)), "other-certificate");
    assert_eq!(outcome(Shown::Refused), "certificate-refused");
}

#[test]
fn d60_a_client_may_have_to_show_its_certificate_at_each_call() {
    let world = World::new(true);
    let (mine, other) = (certificate("samu"), certificate("autre"));
    for read_only in [false, true] {
        let client = world.add(1, ClientRights { read_only, ..proof("samu", true) });
        let token = request(&world, &client.client_id, None, Shown::Good(&mine, ONLY)).expect("its certificate");
        let header = format!("Bearer {token}");
        let outcome = |shown| {
            world.identity.authenticate_shown(Some(&header), shown, NOW).map_or_else(|e| e.code(), |_| "granted")
        };
        assert_eq!(outcome(Shown::Good(&mine, ONLY)), "granted");
        assert_eq!(outcome(Shown::Nothing), "certificate-missing");
        assert_eq!(outcome(Shown::Good(&other, ONLY)), "other-certificate");
    }
}

#[test]
fn a_secret_and_a_certificate_do_not_stand_for_each_other() {
    let world = World::new(true);
    let mine = certificate("samu");
    let by_secret = world.add(1, ClientRights::default());
    assert!(
        request(&world, &by_secret.client_id, None, Shown::Good(&mine, ONLY)).is_err(),
        "registered without certificate"
    );
    let token = request(&world, &by_secret.client_id, Some(secret_of(&by_secret)), Shown::Good(&mine, ONLY));
    assert!(part(&token.expect("its secret"), 1).get("cnf").is_none(), "asked by secret, bound to nothing");
    let by_certificate = world.add(1, proof("samu", false));
    for guess in ["", "x", secret_of(&by_secret)] {
        let got =
            request(&world, &by_certificate.client_id, Some(guess).filter(|guess| !guess.is_empty()), Shown::Nothing);
        assert!(got.is_err(), "no secret opens it");
    }
    clients::revoke(&*world.ledger, &by_certificate.client_id, NOW).expect("known");
    assert!(request(&world, &by_certificate.client_id, None, Shown::Good(&mine, ONLY)).is_err(), "revoked");
}

#[test]
fn proofs_that_cannot_be_registered() {
    let world = World::new(false);
    let outside = Some(crate::OutsideName { issuer: "https://a".into(), client: "b".into() });
    let subject = |text: &str| Some(CertificateName::Subject(text.to_owned()));
    for bad in [
        Proof { bound: true, ..Proof::default() },
        Proof { certificate: subject("CN=a"), outside: outside.clone(), ..Proof::default() },
        Proof { authority: Some("07".repeat(32)), ..Proof::default() },
        Proof { certificate: subject("CN=a"), authority: Some("07".to_owned()), ..Proof::default() },
        Proof { certificate: subject("n'importe quoi"), ..Proof::default() },
        Proof { certificate: subject(""), ..Proof::default() },
        Proof { outside: Some(crate::OutsideName { issuer: String::new(), client: "b".into() }), ..Proof::default() },
    ] {
        let client = NewClient {
            name: "Essai".into(),
            profile: 2,
            rights: ClientRights { proof: bad.clone(), ..ClientRights::default() },
        };
        assert!(clients::add(&*world.ledger, client, NOW, &mut |bytes| bytes.fill(1)).is_err(), "{bad:?}");
    }
    let both = ClientRights { proof: Proof { outside, bound: true, ..Proof::default() }, ..ClientRights::default() };
    assert!(world.add(2, both).client_secret.is_none(), "an outside client may be held to bound tokens");
}

#[test]
fn a_name_is_that_of_a_client_under_one_authority_only() {
    let world = World::new(false);
    let mine = certificate("samu");
    let by = |thumbprint, is_only| Shown::Good(&mine, Some(Authority { thumbprint: [thumbprint; 32], is_only }));
    let named = |authority: Option<&str>| {
        let mut rights = proof("samu", false);
        rights.proof.authority = authority.map(str::to_owned);
        world.add(2, rights).client_id
    };
    let (anywhere, held) = (named(None), named(Some(&"07:".repeat(32))));
    let good = |id: &str, shown| request(&world, id, None, shown).is_ok();
    assert!(good(&anywhere, by(7, true)) && good(&held, by(7, true)));
    assert!(!good(&anywhere, by(7, false)), "several may give that name: nobody said which is meant");
    assert!(good(&held, by(7, false)));
    assert!(!good(&held, by(8, false)) && !good(&held, by(8, true)), "the same name from another authority");
    assert!(!good(&held, Shown::Good(&mine, None)), "nobody says who vouches");
    let certificate = Some(CertificateName::Thumbprint(mine.thumbprint()));
    let rights = ClientRights { proof: Proof { certificate, ..Proof::default() }, ..ClientRights::default() };
    assert!(good(&world.add(2, rights).client_id, by(8, false)), "one certificate is one, whoever signed it");
}
