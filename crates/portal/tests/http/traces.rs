//! What pages leave in the traces: restricted readings of persons, and refusals (D63).

use std::collections::BTreeSet;
use std::time::Duration;

use ror_directory::ImportItem;
use ror_identity::{CallLimits, Marks, TraceFilter, TraceLine};

use crate::common::{NOW, Reply, World, territory};
use crate::hidden::{is_sensitive, sensitive_names};
use crate::people::{offers, sign_in};

/// What `ask` leaves, besides its answer.
fn left(world: &World, ask: impl FnOnce(&World) -> Reply) -> (Reply, Vec<TraceLine>) {
    let lines = |world: &World| {
        assert!(world.traces.flush(Duration::from_mins(1)));
        world.traces.search(&TraceFilter::default(), u64::MAX, 10_000).expect("readable")
    };
    let before = lines(world).len();
    let reply = ask(world);
    let mut after = lines(world);
    after.truncate(after.len() - before);
    (reply, after.into_iter().rev().map(|row| row.trace).collect())
}

/// Follows one redirection.
fn open(world: &World, path: &str, session: &str) -> Reply {
    let first = world.get_with(path, session);
    match first.header("location") {
        Some(sheet) => world.get_with(sheet, session),
        None => first,
    }
}

#[test]
fn d63_what_a_person_reads_of_level_3_is_kept_and_what_the_public_reads_is_not() {
    let world = World::of(territory());
    let (session, traces) = {
        let mut session = String::new();
        let (_, traces) = left(&world, |world| {
            session = sign_in(world, "regulateur-samu");
            world.get("/")
        });
        (session, traces)
    };
    assert_eq!(traces, [], "a sign-in that was done is in the ledger, with its session");
    let signed = world.directory.snapshot().seq();
    let public: BTreeSet<String> = offers(&world, None).into_iter().map(|(path, _)| path).collect();
    let hidden = offers(&world, Some(&session)).into_iter().map(|(path, _)| path).find(|path| !public.contains(path));
    let hidden = hidden.expect("the territory has a sensitive unit");

    let (reply, lines) = left(&world, |world| open(world, &hidden, &session));
    assert_eq!(reply.status, 200);
    let line = lines.last().expect("a line");
    assert!(line.marks.includes(Marks::LEVEL_3), "{line:?}");
    let id = hidden.strip_prefix("/offre/").expect("a sheet");
    assert!(line.resources.split(' ').any(|name| name == format!("HealthcareService/{id}")), "{line:?}");
    assert_eq!((line.action.as_str(), line.profile, line.outcome), ("page", Some(1), 200));
    assert!(!["", "anonyme"].contains(&line.actor.as_str()) && line.client != line.actor, "{line:?}");

    let (reply, lines) = left(&world, |world| open(world, &hidden, ""));
    assert_eq!((reply.status, lines.len()), (404, 1));
    assert_eq!((lines[0].actor.as_str(), lines[0].outcome, &*lines[0].resources), ("anonyme", 404, ""));
    let known = public.iter().next().expect("an offer");
    for path in [known.as_str(), "/", "/recherche?quoi=dupont&ou=belley", "/etat", "/nulle-part"] {
        let (_, lines) = left(&world, |world| open(world, path, ""));
        assert_eq!(lines, [], "{path}");
    }
    // The places of a search are named, what was typed is not.
    let (_, lines) = left(&world, |world| world.get_with("/recherche?quoi=urgences&ou=bourg-en-bresse", &session));
    for line in &lines {
        assert!(line.criteria.starts_with("/recherche&quoi=***&ou=***"), "{line:?}");
    }
    assert_eq!(world.directory.snapshot().seq(), signed, "reading writes nothing else");

    let (reply, lines) = left(&world, |world| world.get("/connexion/retour?code=x&state=y"));
    assert!(reply.status >= 400, "{}", reply.status);
    assert_eq!((lines.len(), lines[0].action.as_str(), lines[0].reason.as_str()), (1, "sign-in", "refused"));
}

#[test]
fn d63_a_count_that_tells_of_level_3_is_kept_though_no_card_shows_it() {
    let world = World::of(territory());
    let session = sign_in(&world, "regulateur-samu");
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for name in sensitive_names().into_iter().take(3) {
        // Structures are shown; beside them, how many offers there are.
        let path = format!("/recherche?quoi={}&genre=structures", encoded(&name));
        let (reply, lines) = left(&world, |world| world.get_with(&path, &session));
        assert_eq!((reply.status, lines.len()), (200, 1), "{name}");
        assert!(lines[0].marks.includes(Marks::LEVEL_3) && !lines[0].resources.contains("HealthcareService"));
        assert_eq!((&*lines[0].criteria, lines[0].outcome), ("/recherche&quoi=***&genre=***", 200));
        let (_, lines) = left(&world, |world| world.get(&path));
        assert_eq!(lines, [], "the public");
    }
    let (_, lines) = left(&world, |world| world.get_with("/recherche?quoi=pharmacie&genre=structures", &session));
    assert_eq!(lines, [], "what has nothing of level 3");
}

#[test]
fn d63_a_card_kept_from_an_earlier_page_leaves_its_line_for_each_who_sees_it() {
    let dated = |item: ImportItem| {
        let days = if is_sensitive(&item) { 1 } else { 9 };
        ImportItem { updated: NOW - days * 86_400_000, ..item }
    };
    let world = World::of(territory().into_iter().map(dated).collect());
    for persona in ["regulateur-samu", "regulateur-samu"] {
        let session = sign_in(&world, persona);
        let (reply, lines) = left(&world, |world| world.get_with("/", &session));
        assert!(reply.status == 200 && lines.len() == 1, "{lines:?}");
        assert!(lines[0].marks.includes(Marks::LEVEL_3) && lines[0].resources.starts_with("HealthcareService/"));
    }
}

#[test]
fn what_cannot_be_traced_is_not_shown() {
    let world = World::with(territory(), true, &CallLimits::default());
    let session = sign_in(&world, "regulateur-samu");
    let public: BTreeSet<String> = offers(&world, None).into_iter().map(|(path, _)| path).collect();
    let all = offers(&world, Some(&session)).into_iter().map(|(path, _)| path);
    let hidden = all.into_iter().find(|path| !public.contains(path)).expect("a sensitive unit");
    world.traces.close().expect("written");
    assert_eq!(open(&world, &hidden, &session).status, 500);
    assert_eq!(world.get("/").status, 200);
}

#[test]
fn the_national_administrator_reads_the_traces_and_nobody_else() {
    let world = World::of(territory());
    for (who, session) in [("", String::new()), ("regulateur-samu", sign_in(&world, "regulateur-samu"))] {
        let (reply, lines) = left(&world, |world| world.get_with("/traces", &session));
        assert_eq!((reply.status, lines.len()), (403, 1), "{who}");
        assert_eq!((lines[0].outcome, lines[0].criteria.as_str()), (403, "/traces"));
        assert!(!reply.body.contains("data-traces"));
    }
    // A flood of refusals of strangers is counted, and the page tells how many.
    for _ in 0..75 {
        assert_eq!(world.get("/structure/personne").status, 404);
    }
    let session = sign_in(&world, "admin-national");
    let (reply, lines) = left(&world, |world| world.get_with("/traces", &session));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
    assert_eq!(reply.body.matches("refusé (403)").count(), 2, "{}", reply.body);
    let counted: u64 = reply.body.matches("refusé (404)<").count() as u64;
    let times = |rest: &str| rest.split(' ').next().and_then(|number| number.parse::<u64>().ok());
    let others: u64 = reply.body.split("refusé (404), ").skip(1).filter_map(times).sum();
    assert!(counted < 60 && counted + others == 75, "{counted} and {others}");
    assert_eq!((lines.len(), lines[0].action.as_str(), lines[0].outcome), (1, "audit", 200));
    assert!(world.get_with("/traces?avant=1", &session).body.contains("data-aucune-trace"));
}
