//! Sessions, forms, and sign-ins that somebody else prepared.

use super::super::{AuthorizeError, Callback, Persona, SessionError, SignInError, Visit};
use super::{DAY, HOUR, MINUTE, World, nowhere, parameter};
use crate::people::{PeopleSettings, PersonKey};

#[test]
fn d56_each_persona_signs_in_and_reads_as_its_first_profile() {
    let world = World::sandbox();
    for persona in Persona::all() {
        let acting = world.acting(&world.sign_in(persona.key));
        let right = acting.right.as_ref().expect("everybody has a right");
        let code = persona.profiles.first().map_or("CONSULTANT", |profile| profile.code());
        assert_eq!((acting.person.name.as_str(), right.profile.code()), (persona.name, code));
        let grant = acting.grant();
        assert_eq!(grant.audience(), right.profile.base(), "{code}");
        assert!(!grant.may_write() && grant.rights() == &ror_confidentiality::Rights::default(), "reads only");
        assert_eq!(grant.actor(), format!("person/{}", acting.person.id));
        assert!(!grant.actor().contains("999"), "no professional number in traces");
    }
    let signed_in = world.traces().into_iter().filter(|(action, _)| action == "sign-in").count();
    assert_eq!(signed_in, Persona::all().len());
}

#[test]
fn without_the_sandbox_there_is_nobody_to_be() {
    let world = World::with(PeopleSettings::default, &nowhere());
    assert!(matches!(world.people.begin(None, "/", false, world.now()), Err(SignInError::Unknown)));
    let form = vec![("persona".to_owned(), "admin-national".to_owned())];
    assert_eq!(world.people.authorize(&form, world.now()), Err(AuthorizeError::Closed));
    assert!(
        world
            .people
            .rights_of(&PersonKey::account("urn:ror:bac-a-sable", "support").id(), world.now())
            .is_ok_and(|it| it.is_empty())
    );
}

#[test]
fn an_answer_is_taken_once() {
    let world = World::sandbox();
    let begun = world.begin();
    let address = world.choose(&begun, "support");
    let cookie = world.finish(&begun, &address).expect("signed in");
    assert!(matches!(world.finish(&begun, &address), Err(SignInError::Replayed)), "the same state");
    let other = world.begin();
    let (code, state) = (parameter(&address, "code"), parameter(&world.choose(&other, "support"), "state"));
    let mixed = Callback { code: code.as_deref(), state: state.as_deref(), error: None };
    let replayed = world.people.finish(Some(&other.cookie), mixed, None, world.now());
    assert!(matches!(replayed, Err(SignInError::Refused)), "the same code");
    assert!(!world.is_ended(&cookie), "who was signed in stays so");
    assert_eq!(world.traces().iter().filter(|(action, _)| action == "sign-in").count(), 1, "nothing done");
}

#[test]
fn an_answer_belongs_to_the_browser_that_asked() {
    let world = World::sandbox();
    let (mine, theirs) = (world.begin(), world.begin());
    let address = world.choose(&theirs, "admin-national");
    assert!(matches!(world.finish(&mine, &address), Err(SignInError::NotAsked)), "a sign-in that somebody else began");
    let (code, state) = (parameter(&address, "code"), parameter(&address, "state"));
    let callback = Callback { code: code.as_deref(), state: state.as_deref(), error: None };
    for cookie in [None, Some(""), Some("a.b"), Some(mine.cookie.as_str())] {
        let refused = world.people.finish(cookie, callback, None, world.now());
        assert!(matches!(refused, Err(SignInError::NotAsked)), "{cookie:?}");
    }
    for callback in [Callback { state: None, ..callback }, Callback { state: Some(""), ..callback }] {
        let refused = world.people.finish(Some(&theirs.cookie), callback, None, world.now());
        assert!(matches!(refused, Err(SignInError::NotAsked)));
    }
    let said_no = Callback { error: Some("access_denied"), ..callback };
    let refused = world.people.finish(Some(&theirs.cookie), said_no, None, world.now());
    assert!(matches!(refused, Err(SignInError::Refused)));
}

#[test]
fn a_sign_in_does_not_wait_for_ever() {
    let world = World::sandbox();
    let begun = world.begin();
    let address = world.choose(&begun, "support");
    world.wait(61_000);
    assert!(matches!(world.finish(&begun, &address), Err(SignInError::Refused)), "the code is too old");
    let begun = world.begin();
    world.wait(10 * MINUTE);
    let address = world.choose(&begun, "support");
    assert!(matches!(world.finish(&begun, &address), Err(SignInError::NotAsked)), "the question is too old");
}

#[test]
fn the_built_in_provider_answers_only_our_question() {
    let world = World::sandbox();
    let begun = world.begin();
    let good: Vec<(String, String)> = begun
        .parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .chain([("persona".to_owned(), "support".to_owned())])
        .collect();
    let changed = |name: &str, value: &str| {
        let mut form = good.clone();
        form.iter_mut().filter(|(key, _)| key == name).for_each(|(_, old)| value.clone_into(old));
        world.people.authorize(&form, world.now())
    };
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "autre"),
        ("response_type", "token"),
        ("code_challenge_method", "plain"),
        ("code_challenge", ""),
        ("state", ""),
        ("nonce", "court"),
    ] {
        assert_eq!(changed(name, value), Err(AuthorizeError::Request), "{name}");
    }
    assert_eq!(changed("persona", "napoleon"), Err(AuthorizeError::Nobody));
    let twice = [good.clone(), vec![("state".to_owned(), "x".repeat(43))]].concat();
    assert_eq!(world.people.authorize(&twice, world.now()), Err(AuthorizeError::Request));
    let missing: Vec<_> = good.iter().filter(|(name, _)| name != "persona").cloned().collect();
    assert_eq!(world.people.authorize(&missing, world.now()), Err(AuthorizeError::Nobody));
}

#[test]
fn only_the_secret_of_a_session_opens_it() {
    let world = World::sandbox();
    let cookie = world.sign_in("support");
    assert!(matches!(world.people.visit(None, world.now()), Ok(Visit::Public)));
    let mut other = cookie.clone();
    other.replace_range(0..1, if cookie.starts_with('A') { "B" } else { "A" });
    let long = "A".repeat(10_000);
    let zeros = "A".repeat(43);
    for forged in ["", "x", "é", other.as_str(), &cookie[1..], &format!("{cookie}="), &long, &zeros] {
        assert!(world.is_ended(forged), "{forged}");
    }
    assert!(!world.is_ended(&cookie));
}

#[test]
fn a_session_ends_when_unused_and_in_any_case() {
    let world = World::sandbox();
    let cookie = world.sign_in("kine-liberal");
    world.wait(59 * MINUTE);
    assert!(!world.is_ended(&cookie));
    world.wait(60 * MINUTE);
    assert!(world.is_ended(&cookie), "an hour without a request");
    let cookie = world.sign_in("kine-liberal");
    for _ in 0..15 {
        world.wait(30 * MINUTE);
        assert!(!world.is_ended(&cookie));
    }
    world.wait(30 * MINUTE);
    assert!(world.is_ended(&cookie), "eight hours");
    let cookie = world.sign_in("regulateur-samu");
    for _ in 0..11 {
        world.wait(HOUR);
        assert!(!world.is_ended(&cookie));
    }
    world.wait(HOUR);
    assert!(world.is_ended(&cookie), "twelve hours (D32)");
}

#[test]
fn sessions_survive_a_restart_and_end_everywhere_at_once() {
    let world = World::sandbox();
    let (phone, desk) = (world.sign_in("support"), world.sign_in("support"));
    let other = world.sign_in("admin-metier");
    let world = world.restarted();
    assert!(!world.is_ended(&phone) && !world.is_ended(&desk));
    world.people.sign_out(&world.acting(&phone), world.now()).expect("writes");
    assert!(world.is_ended(&phone) && !world.is_ended(&desk), "one device");
    let phone = world.sign_in("support");
    assert_eq!(world.people.sign_out_everywhere(&world.acting(&phone), world.now()).expect("writes"), 2);
    assert!(world.is_ended(&phone) && world.is_ended(&desk) && !world.is_ended(&other));
}

#[test]
fn a_new_sign_in_gives_a_new_secret_and_ends_the_former_session() {
    let world = World::sandbox();
    let former = world.sign_in("support");
    let begun = world.begin();
    let address = world.choose(&begun, "admin-metier");
    let (code, state) = (parameter(&address, "code"), parameter(&address, "state"));
    let callback = Callback { code: code.as_deref(), state: state.as_deref(), error: None };
    let signed_in = world.people.finish(Some(&begun.cookie), callback, Some(&former), world.now()).expect("in");
    assert_ne!(signed_in.secret.expose(), former);
    assert_eq!(signed_in.back, "/session");
    assert!(world.is_ended(&former));
}

#[test]
fn a_form_is_taken_once_in_its_session_and_in_time() {
    let world = World::sandbox();
    let (mine, theirs) = (world.acting(&world.sign_in("support")), world.acting(&world.sign_in("admin-metier")));
    let token = world.people.form_token(&mine, world.now());
    let refused =
        |acting, token: &str| matches!(world.people.take_form(acting, token, world.now()), Err(SessionError::Form));
    assert!(refused(&theirs, &token), "of another session");
    for forged in ["", ".", "a.b", &token[1..], &"A".repeat(10_000)] {
        assert!(refused(&mine, forged), "{forged}");
    }
    assert!(world.people.take_form(&mine, &token, world.now()).is_ok());
    assert!(refused(&mine, &token), "used");
    let late = world.people.form_token(&mine, world.now());
    world.wait(2 * HOUR);
    assert!(refused(&mine, &late), "too old");
}

#[test]
fn acting_as_another_changes_the_secret_and_the_audience() {
    let world = World::sandbox();
    let cookie = world.sign_in("kine-liberal");
    let acting = world.acting(&cookie);
    let choices = world.people.choices(&acting, world.now()).expect("reads");
    let codes: Vec<_> = choices.iter().map(|choice| (choice.right.profile.code(), choice.is_current)).collect();
    assert_eq!(codes, [("PSL", true), ("CONSULTANT", false)]);
    let switched = world.people.act_as(&acting, &choices[1].right.id, world.now()).expect("a right of theirs");
    assert!(world.is_ended(&cookie), "the former secret is dead");
    let acting = world.acting(switched.expose());
    assert_eq!(acting.right.as_ref().map(|right| right.profile.code()), Some("CONSULTANT"));
    let support = world.acting(&world.sign_in("support"));
    for id in ["", "consultant", &choices[0].right.id] {
        assert!(matches!(world.people.act_as(&support, id, world.now()), Err(SessionError::NoRight)), "{id}");
    }
}

#[test]
fn a_session_that_was_ended_does_not_live_on_under_another_role() {
    let world = World::sandbox();
    let (desk, phone) = (world.sign_in("kine-liberal"), world.sign_in("kine-liberal"));
    // A page that was read just before everything is closed, and acted upon just after.
    let acting = world.acting(&phone);
    let right = world.people.choices(&acting, world.now()).expect("reads").remove(1).right.id;
    assert_eq!(world.people.sign_out_everywhere(&world.acting(&desk), world.now()).expect("writes"), 2);
    let switched = world.people.act_as(&acting, &right, world.now());
    assert!(matches!(switched, Err(SessionError::Ended)), "{:?}", switched.err());
    assert_eq!(world.people.sign_out_everywhere(&acting, world.now()).expect("writes"), 0, "nothing is left");
    assert!(!world.traces().iter().any(|(action, _)| action == "act-as"));
}

#[test]
fn d32_level_3_is_opened_by_a_recent_sign_in_only() {
    let world = World::sandbox();
    let cookie = world.sign_in("regulateur-samu");
    let acting = world.acting(&cookie);
    let choices = world.people.choices(&acting, world.now()).expect("reads");
    assert!(choices.iter().all(|choice| !choice.needs_sign_in));
    let consulting = world.people.act_as(&acting, "consultant", world.now()).expect("a right of theirs");
    world.wait(15 * MINUTE);
    let acting = world.acting(consulting.expose());
    let regulator = world.people.choices(&acting, world.now()).expect("reads").remove(0);
    assert!(regulator.needs_sign_in);
    let refused = world.people.act_as(&acting, &regulator.right.id, world.now());
    assert!(matches!(refused, Err(SessionError::SignInFirst)));
    let again = world.people.begin(None, "/session", true, world.now()).expect("begins");
    assert!(again.parameters.contains(&("prompt", "login".to_owned())));
    let address = world.choose(&again, "regulateur-samu");
    let acting = world.acting(&world.finish(&again, &address).expect("signed in"));
    assert_eq!(acting.grant().audience(), ror_confidentiality::Audience::ALL_DATA);
}

#[test]
fn addresses_of_other_sites_are_never_come_back_to() {
    let world = World::sandbox();
    for back in ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb"] {
        let begun = world.people.begin(None, back, false, world.now()).expect("begins");
        let address = world.choose(&begun, "support");
        let (code, state) = (parameter(&address, "code"), parameter(&address, "state"));
        let callback = Callback { code: code.as_deref(), state: state.as_deref(), error: None };
        let signed_in = world.people.finish(Some(&begun.cookie), callback, None, world.now()).expect("in");
        assert_eq!(signed_in.back, "/", "{back}");
    }
}

#[test]
fn a_right_lapses_after_24_months_and_signing_in_does_not_bring_it_back() {
    let world = World::sandbox();
    let first = world.acting(&world.sign_in("admin-regional"));
    world.wait(710 * DAY);
    let told = world.acting(&world.sign_in("admin-regional"));
    assert_eq!(told.standing, crate::people::Standing::Active, "the sign-in keeps it");
    let rights = |world: &World| world.people.rights_of(&first.person.id, world.now()).expect("reads");
    world.wait(705 * DAY);
    assert!(matches!(rights(&world)[0].1, crate::people::Standing::Lapsing(_)), "30 days of notice");
    world.wait(26 * DAY);
    assert_eq!(rights(&world)[0].1, crate::people::Standing::Lapsed);
    let late = world.acting(&world.sign_in("admin-regional"));
    assert!(late.right.is_none(), "nothing left");
    assert_eq!(late.grant().audience(), ror_confidentiality::Audience::PUBLIC);
    assert_eq!(rights(&world), []);
    let held = &first.right.expect("it had one").id;
    assert_eq!(world.ledger.record_history("grant", held).expect("reads").len(), 2, "given, then ended: both kept");
}
