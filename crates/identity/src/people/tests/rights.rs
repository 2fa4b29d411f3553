//! Who gives what to whom, and who takes it back.

use super::super::{
    Acting, Giver, Held, NewEntitlement, PersonKey, PersonProfile, RightError, Scope, ScopeKind, Standing,
};
use super::{World, nowhere};
use crate::people::{PeopleSettings, SessionError};

/// What holds the establishments of these tests.
fn holders(kind: ScopeKind, code: &str) -> Held {
    let region = (ScopeKind::Region, "84".to_owned());
    Held::By(match (kind, code) {
        (ScopeKind::Eg, "019900001" | "019900002" | "019900003") | (ScopeKind::Departement, "01") => vec![region],
        (ScopeKind::Offer, "84/00000002") => vec![(ScopeKind::Eg, "019900002".to_owned()), region],
        (ScopeKind::Offer, "84/00000001") => vec![(ScopeKind::Eg, "019900001".to_owned()), region],
        _ => Vec::new(),
    })
}

fn to(profile: PersonProfile, scope: Scope) -> NewEntitlement {
    let key = PersonKey::account("https://agents.example", "u1");
    NewEntitlement { to: key, name: "Zoé Martin".to_owned(), profile, scope }
}

fn give(world: &World, acting: &Acting, new: &NewEntitlement) -> Result<String, RightError> {
    world.people.give(new, Giver::Person(acting, &holders), world.now())
}

#[test]
fn each_profile_gives_what_the_table_says_and_nothing_else() {
    let world = World::sandbox();
    let scope_of = |profile: PersonProfile| match profile.scopes()[0] {
        ScopeKind::Nation => Scope::nation(),
        ScopeKind::Own => Scope::own(),
        ScopeKind::Region => Scope::of(ScopeKind::Region, ["84"]),
        ScopeKind::Offer => Scope::of(ScopeKind::Offer, ["84/00000002"]),
        kind => Scope::of(kind, ["019900002"]),
    };
    for (persona, given) in [
        ("admin-national", "ADMIN_METIER ADMIN_REG RESP_QA SUPPORT"),
        ("admin-metier", ""),
        ("support", ""),
        ("responsable-qualite", ""),
        ("regulateur-samu", ""),
        ("kine-liberal", ""),
        ("referent-lits", ""),
        ("directrice-ehpad", "PORTEUR_OFFRE REF_DISPO_PLACE RESP_DISPO_PLACE"),
        ("gestionnaire-lits", ""),
    ] {
        let acting = world.acting(&world.sign_in(persona));
        let mut accepted: Vec<&str> = Vec::new();
        for profile in PersonProfile::all() {
            match give(&world, &acting, &to(profile, scope_of(profile))) {
                Ok(_) => accepted.push(profile.code()),
                Err(RightError::NotYours) => {}
                Err(RightError::Implicit) => assert_eq!(profile.code(), "CONSULTANT"),
                Err(other) => panic!("{persona} {profile:?}: {other}"),
            }
        }
        accepted.sort_unstable();
        assert_eq!(accepted.join(" "), given, "{persona}");
    }
    assert!(world.traces().contains(&("grant-give".to_owned(), "refused".to_owned())), "refusals are traced");
}

#[test]
fn nobody_gives_further_than_they_reach() {
    let world = World::sandbox();
    let director = world.acting(&world.sign_in("directrice-ehpad"));
    let beds = |code: &str| to(PersonProfile::RespDispoPlace, Scope::of(ScopeKind::Eg, [code]));
    assert!(give(&world, &director, &beds("019900002")).is_ok(), "her own establishment");
    assert!(matches!(give(&world, &director, &beds("019900001")), Err(RightError::NotYours)), "another one");
    let offer = |code: &str| to(PersonProfile::PorteurOffre, Scope::of(ScopeKind::Offer, [code]));
    assert!(give(&world, &director, &offer("84/00000002")).is_ok());
    assert!(matches!(give(&world, &director, &offer("84/00000001")), Err(RightError::NotYours)));
    assert!(matches!(give(&world, &director, &offer("84/00009999")), Err(RightError::NotYours)), "nobody knows it");
    let region = world.acting(&world.sign_in("admin-regional"));
    let structure = to(PersonProfile::RespOffreStruct, Scope::of(ScopeKind::Eg, ["019900002"]));
    assert!(give(&world, &region, &structure).is_ok());
    let elsewhere = to(PersonProfile::RespOffreStruct, Scope::of(ScopeKind::Eg, ["690000001"]));
    assert!(matches!(give(&world, &region, &elsewhere), Err(RightError::NotYours)));
    let wrong = to(PersonProfile::RespOffreStruct, Scope::nation());
    assert!(matches!(give(&world, &region, &wrong), Err(RightError::Scope)));
}

#[test]
fn nobody_gives_a_right_to_themselves() {
    let world = World::sandbox();
    let director = world.acting(&world.sign_in("directrice-ehpad"));
    let to_herself = PersonKey::account("urn:ror:bac-a-sable", "directrice-ehpad");
    assert_eq!(to_herself.id(), director.person.id);
    let scope = Scope::of(ScopeKind::Eg, ["019900002"]);
    let new = NewEntitlement { to: to_herself, ..to(PersonProfile::RespDispoPlace, scope) };
    assert!(matches!(give(&world, &director, &new), Err(RightError::Oneself)));
    assert!(world.traces().contains(&("grant-give".to_owned(), "refused".to_owned())));
    assert!(world.people.give(&new, Giver::Console, world.now()).is_ok(), "whoever holds the files may");
    let rights = world.people.rights_of(&director.person.id, world.now()).expect("reads");
    assert!(rights.iter().all(|(right, _)| !right.is_self_given()));
}

#[test]
fn a_number_that_several_bear_gives_nothing() {
    let world = World::sandbox();
    let twice = |number: &'static str| {
        move |kind: ScopeKind, code: &str| if code == number { Held::Ambiguous } else { holders(kind, code) }
    };
    let director = world.acting(&world.sign_in("directrice-ehpad"));
    let nation = world.acting(&world.sign_in("admin-national"));
    let beds = to(PersonProfile::RespDispoPlace, Scope::of(ScopeKind::Eg, ["019900002"]));
    let quality = to(PersonProfile::RespQa, Scope::of(ScopeKind::Eg, ["019900001", "019900002"]));
    let offer = to(PersonProfile::PorteurOffre, Scope::of(ScopeKind::Offer, ["84/00000002"]));
    let shared = twice("019900002");
    // Her own number, something within the nation, and something within what she holds by that number.
    for (acting, new) in [(&director, &beds), (&nation, &quality), (&director, &offer)] {
        let given = world.people.give(new, Giver::Person(acting, &shared), world.now());
        assert!(matches!(&given, Err(RightError::Ambiguous(code)) if code == "019900002"), "{given:?}");
    }
    let another = twice("019900001");
    assert!(world.people.give(&beds, Giver::Person(&director, &another), world.now()).is_ok());
}

#[test]
fn a_right_given_before_the_first_sign_in_waits_and_is_taken_back_at_once() {
    let world = World::sandbox();
    let kine = PersonKey::national("899900000011");
    let new = NewEntitlement {
        to: kine.clone(),
        name: String::new(),
        profile: PersonProfile::RefMsp,
        scope: Scope::of(ScopeKind::Eg, ["019900003"]),
    };
    let region = world.acting(&world.sign_in("admin-regional"));
    let id = give(&world, &region, &new).expect("in the region");
    let cookie = world.sign_in("kine-liberal");
    let acting = world.acting(&cookie);
    assert_eq!(acting.person.name, "Thomas Giraud");
    let switched = world.people.act_as(&acting, &id, world.now()).expect("it waited");
    assert_eq!(
        world.acting(switched.expose()).right.map(|right| right.given_by),
        Some(format!("person/{}", region.person.id))
    );
    let support = world.acting(&world.sign_in("support"));
    let stranger = world.people.take_back(&id, Giver::Person(&support, &holders), world.now());
    assert!(matches!(stranger, Err(RightError::NotYours)));
    world.people.take_back(&id, Giver::Person(&region, &holders), world.now()).expect("who gives takes back");
    assert!(world.is_ended(switched.expose()), "the session under it ends");
    assert!(matches!(world.people.take_back(&id, Giver::Console, world.now()), Err(RightError::Unknown)));
    let acting = world.acting(&world.sign_in("kine-liberal"));
    assert!(matches!(world.people.act_as(&acting, &id, world.now()), Err(SessionError::NoRight)));
    let own = acting.right.as_ref().expect("PSL").id.clone();
    world.people.take_back(&own, Giver::Person(&acting, &holders), world.now()).expect("given up");
}

#[test]
fn a_delegate_acts_for_somebody_and_no_longer_than_they_may() {
    let world = World::sandbox();
    let (kine, worker) = ("kine-liberal", PersonKey::national("899900000037"));
    let acting = world.acting(&world.sign_in(kine));
    let id = world.people.delegate(&worker, "Julie Perrin", &acting, world.now()).expect("PSL invites");
    let delegate = world.acting(&world.sign_in("assistante-sociale"));
    assert_eq!(delegate.on_behalf_of.as_ref().map(|person| person.name.as_str()), Some("Thomas Giraud"));
    assert_eq!(delegate.right.as_ref().map(|right| right.profile.code()), Some("PSL"));
    let further = world.people.delegate(&PersonKey::account("x", "y"), "", &delegate, world.now());
    assert!(matches!(further, Err(RightError::NotYours)), "not delegated further");
    let to_oneself = world.people.delegate(&PersonKey::national("899900000011"), "", &acting, world.now());
    assert!(matches!(to_oneself, Err(RightError::NotYours)));
    let support = world.acting(&world.sign_in("support"));
    assert!(matches!(world.people.delegate(&worker, "", &support, world.now()), Err(RightError::NotYours)));
    let own = acting.right.as_ref().expect("PSL").id.clone();
    world.people.take_back(&own, Giver::Console, world.now()).expect("ends");
    let delegate = world.acting(&world.sign_in("assistante-sociale"));
    assert_eq!(delegate.right.map(|right| right.profile.code()), Some("CONSULTANT"), "what was delegated is gone");
    let rights = world.people.rights_of(&worker.id(), world.now()).expect("reads");
    assert!(
        rights.iter().any(|(right, standing)| right.id == id && *standing == Standing::Active),
        "kept, and useless"
    );
}

#[test]
fn the_console_gives_the_first_right() {
    let world = World::with(PeopleSettings::default, &nowhere());
    let new = to(PersonProfile::AdminNat, Scope::nation());
    let id = world.people.give(&new, Giver::Console, world.now()).expect("whoever holds the files");
    let rights = world.people.rights_of(&new.to.id(), world.now()).expect("reads");
    assert_eq!(rights[0].0.id, id);
    assert_eq!((rights[0].0.given_by.as_str(), rights[0].0.given_at), ("console", world.now()));
    let consulting = to(PersonProfile::Consultant, Scope::nation());
    assert!(matches!(world.people.give(&consulting, Giver::Console, world.now()), Err(RightError::Implicit)));
}
