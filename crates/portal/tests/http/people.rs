//! Signing in, acting as, signing out: what each may see, and what is refused.

use std::collections::BTreeSet;

use ror_directory::{ImportItem, Replaces};
use ror_fhir::Node;
use ror_identity::CallLimits;
use ror_identity::people::Persona;
use ror_search::{Filter, Query, ResourceType, ResultParameters};

use crate::common::{NOW, Reply, World, territory, world};

const HOUR: i64 = 3_600_000;

/// Opens the page of sign-in; gives what the browser keeps and what the form repeats.
fn question(world: &World, path: &str) -> (String, Vec<(String, String)>) {
    let page = world.get(path);
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{path}");
    (page.cookie("ror-connexion").expect("something to bring back"), page.hidden())
}

/// Chooses a persona; gives the address the browser is sent to.
fn choose(world: &World, fields: &[(String, String)], persona: &str) -> Reply {
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("persona", persona));
    world.post("/connexion/bac-a-sable", "", &fields)
}

/// Signs in; gives the last answer.
fn sign_in_from(world: &World, path: &str, persona: &str, session: &str) -> Reply {
    let (cookie, fields) = question(world, path);
    let sent = choose(world, &fields, persona);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let back = sent.header("location").expect("an address").to_owned();
    world.get_with(&back, &format!("Cookie: ror-connexion={cookie}; ror-session={session}\r\n"))
}

/// Signs in; gives the header that the browser sends from then on.
pub(crate) fn sign_in(world: &World, persona: &str) -> String {
    let reply = sign_in_from(world, "/connexion", persona, "");
    assert_eq!(reply.status, 303, "{}", reply.body);
    held(&reply)
}

fn held(reply: &Reply) -> String {
    let session = reply.cookie("ror-session").filter(|value| !value.is_empty()).expect("a session");
    format!("Cookie: ror-session={session}\r\n")
}

fn is_signed_in(world: &World, session: &str) -> bool {
    let page = world.get_with("/", session);
    assert_eq!(page.status, 200);
    page.body.contains("data-role")
}

pub(crate) fn token(world: &World, session: &str) -> String {
    let page = world.get_with("/session", session);
    page.hidden().into_iter().find(|(name, _)| name == "jeton").expect("a token").1
}

#[test]
fn d56_each_persona_signs_in_and_every_page_says_as_what() {
    let world = world();
    let page = world.get("/connexion");
    assert!(page.body.contains("bac à sable — données fictives"));
    for persona in Persona::all() {
        assert!(page.body.contains(persona.role) && page.body.contains(persona.name), "{}", persona.key);
        let session = sign_in(world, persona.key);
        let label = persona.profiles.first().map_or("Professionnel consultant", |profile| profile.label());
        for path in ["/", "/recherche?quoi=irm", "/etat", "/session", "/cette-page-n-existe-pas"] {
            let page = world.get_with(path, &session);
            let said = format!("vous agissez en tant que <strong>{label}</strong>");
            assert!(page.body.contains(&said) && page.body.contains(persona.name), "{} {path}", persona.key);
            assert!(!page.body.contains("href=\"/connexion\""), "{path}");
        }
    }
}

/// Every telephone number and address of a resource, as digits or as they are.
fn reachable(node: &Node, found: &mut BTreeSet<String>) {
    match node {
        Node::Array(list) => list.iter().for_each(|item| reachable(item, found)),
        Node::Object(object) => {
            if node.str("url") == Some("telecomAddress") {
                found.extend(node.str("valueString").map(bare).filter(|value| value.len() >= 9));
            }
            object.iter().for_each(|(_, value)| reachable(value, found));
        }
        _ => {}
    }
}

/// The last nine digits of a number; an address as it is.
fn bare(text: &str) -> String {
    if text.contains('@') {
        return text.to_owned();
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.chars().rev().take(9).collect::<Vec<_>>().into_iter().rev().collect()
}

/// What an audience may see of the offers, by address of the sheet.
pub(crate) fn offers(world: &World, session: Option<&str>) -> Vec<(String, BTreeSet<String>)> {
    let identity = &world.identity;
    let grant = match session {
        None => identity.authenticate(None, NOW).expect("the public"),
        Some(session) => {
            let secret = session.trim().strip_prefix("Cookie: ror-session=").expect("a cookie");
            world.grant(secret)
        }
    };
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let result = ResultParameters { count: usize::MAX, ..ResultParameters::default() };
    let query = Query::everything(ResourceType::HealthcareService, result);
    let hits = view.search(&query, None, None).expect("no includes").matches;
    let sheet = |hit: &ror_index::Hit<'_>| {
        let node = hit.to_node();
        let mut found = BTreeSet::new();
        reachable(&node, &mut found);
        (format!("/offre/{}", hit.id()), found)
    };
    hits.iter().map(sheet).collect()
}

#[test]
fn d32_a_sheet_shows_a_person_what_their_one_audience_sees_and_no_more() {
    let world = world();
    let whole = sign_in(world, "regulateur-samu");
    let all = offers(world, Some(&whole));
    let mut shown_more = [0_usize; 7];
    for persona in ["regulateur-samu", "assistante-sociale", "gestionnaire-lits", "directrice-ehpad"] {
        let session = sign_in(world, persona);
        let audience = world.grant(session.trim().strip_prefix("Cookie: ror-session=").expect("a cookie")).audience();
        let (visible, public) = (offers(world, Some(&session)), offers(world, None));
        let of = |list: &[(String, BTreeSet<String>)], path: &str| {
            list.iter().find(|(known, _)| known == path).map(|(_, found)| found.clone())
        };
        // Those where somebody sees more than somebody else come first.
        let differ = |path: &&(String, BTreeSet<String>)| of(&public, &path.0).as_ref() != Some(&path.1);
        for (path, everything) in all.iter().filter(differ).take(25) {
            let first = world.get_with(path, &session);
            let (page, seen) = match first.header("location") {
                Some(sheet) => (world.get_with(sheet, &session), of(&visible, path)),
                None => (first, of(&visible, path)),
            };
            let Some(seen) = seen else {
                assert_eq!(page.status, 404, "{persona} {path}");
                continue;
            };
            assert_eq!(page.status, 200, "{persona} {path}");
            let digits: String =
                page.body.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '.')).collect();
            for hidden in everything.difference(&seen) {
                assert!(!digits.contains(hidden.as_str()), "{persona} {path}: {hidden}");
            }
            let known = of(&public, path).unwrap_or_default();
            let more = seen.difference(&known).filter(|value| digits.contains(value.as_str()));
            shown_more[audience.index()] += more.count();
        }
    }
    assert!(shown_more[1] > 0, "level 3 shows to a regulator: {shown_more:?}");
    assert!(shown_more[2] > 0, "level 2 shows to professionals: {shown_more:?}");
    assert_eq!(shown_more[0], 0, "who keeps beds reads as the public (D32)");
}

#[test]
fn what_is_counted_and_kept_for_one_audience_is_not_for_another() {
    let world = World::of(territory());
    // The one who sees everything comes first: nothing read for them may come out for others.
    let whole = sign_in(&world, "regulateur-samu");
    let paths = ["/", "/recherche?quoi=psychiatrie", "/recherche?ou=01&genre=offres", "/etat"];
    let regulator: Vec<Reply> = paths.iter().map(|path| world.get_with(path, &whole)).collect();
    let fresh = World::of(territory());
    let strip = |reply: &Reply| reply.body.lines().filter(|line| !line.contains("min")).collect::<Vec<_>>().join("\n");
    for (path, seen) in paths.iter().zip(regulator) {
        let (after, before) = (world.get(path), fresh.get(path));
        assert_eq!(strip(&after), strip(&before), "{path}");
        assert_ne!(strip(&seen), strip(&after), "{path}");
    }
}

#[test]
fn pages_of_a_person_stay_with_that_person() {
    let world = world();
    let session = sign_in(world, "assistante-sociale");
    let public = world.get("/recherche?quoi=irm");
    assert_eq!(public.header("cache-control"), Some("no-cache"));
    assert_eq!(public.header("vary"), Some("Accept-Encoding, Cookie"));
    assert_eq!(public.cookie("ror-session"), None, "readers get no cookie");
    let private = world.get_with("/recherche?quoi=irm", &session);
    assert_eq!((private.header("cache-control"), private.header("etag")), (Some("no-store"), None));
    assert_eq!(private.header("vary"), Some("Accept-Encoding, Cookie"));
    let tag = public.header("etag").expect("a tag").to_owned();
    let again = world.get_with("/recherche?quoi=irm", &format!("{session}If-None-Match: {tag}\r\n"));
    assert_eq!(again.status, 200, "the page of the public is not theirs");
    // Whoever comes next to that screen finds nothing by going back.
    let address = offers(world, Some(&session)).remove(0).0;
    for path in ["/", "/session", "/etat", "/api/suggestions?q=irm", "/nulle-part", &address] {
        assert_eq!(world.get_with(path, &session).header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn forged_and_ended_sessions_read_as_the_public_and_say_so() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let session = sign_in(&world, "support");
    let secret = session.trim().strip_prefix("Cookie: ror-session=").expect("a cookie").to_owned();
    let long = "A".repeat(4_000);
    for forged in ["x", "", "../../etc", &secret[1..], &"A".repeat(43), &long, &format!("{secret}x")] {
        let page = world.get_with("/", &format!("Cookie: ror-session={forged}\r\n"));
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("data-role") && page.body.contains("data-session-terminee"), "{forged}");
        assert_eq!(page.cookie("ror-session").as_deref(), Some(""), "forgotten");
    }
    let twice = world.get_with("/", &format!("Cookie: ror-session={secret}; ror-session={secret}x\r\n"));
    assert!(!twice.body.contains("data-role"), "two sessions are none");
    assert!(is_signed_in(&world, &session));
    world.wait(HOUR);
    assert!(!is_signed_in(&world, &session), "half an hour without a request, for that role");
    let gone = world.get_with("/session", &session);
    assert_eq!((gone.status, gone.header("location")), (303, Some("/connexion?retour=/session")));
}

#[test]
fn a_session_prepared_by_somebody_else_is_not_taken_over() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let planted = sign_in(&world, "support");
    let secret = planted.trim().strip_prefix("Cookie: ror-session=").expect("a cookie").to_owned();
    let reply = sign_in_from(&world, "/connexion", "admin-national", &secret);
    let session = held(&reply);
    assert_ne!(session, planted, "a new secret");
    assert!(is_signed_in(&world, &session) && !is_signed_in(&world, &planted), "the planted one is dead");
    let invented = "A".repeat(43);
    let reply = sign_in_from(&world, "/connexion", "support", &invented);
    assert_ne!(reply.cookie("ror-session").as_deref(), Some(invented.as_str()));
    let attributes = reply.headers.iter().find(|(_, value)| value.starts_with("ror-session=")).expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(attributes.1.contains(attribute), "{attribute}");
    }
    assert!(reply.headers.iter().any(|(_, value)| value.starts_with("ror-connexion=;")), "what began is forgotten");
}

#[test]
fn replayed_mixed_and_borrowed_answers_sign_nobody_in() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let (cookie, fields) = question(&world, "/connexion");
    let back = choose(&world, &fields, "support").header("location").expect("an address").to_owned();
    let header = format!("Cookie: ror-connexion={cookie}\r\n");
    let refused = |path: &str, header: &str, what: &str| {
        let page = world.get_with(path, header);
        assert_eq!(page.status, 403, "{what}");
        assert!(page.body.contains("data-refus") && page.cookie("ror-session").is_none(), "{what}");
    };
    refused(&back, "", "another browser");
    let (other, _) = question(&world, "/connexion");
    refused(&back, &format!("Cookie: ror-connexion={other}\r\n"), "another question");
    refused(&back, &format!("Cookie: ror-connexion={cookie}x\r\n"), "a forged question");
    refused(&format!("{back}&state=x"), &header, "two states");
    refused("/connexion/retour", &header, "nothing");
    assert_eq!(world.get_with(&back, &header).status, 303, "still good");
    refused(&back, &header, "the same answer again");
    let again = choose(&world, &fields, "support").header("location").expect("an address").to_owned();
    refused(&again, &header, "the same form again");
    let (cookie, fields) = question(&world, "/connexion");
    let code = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned();
    let state = fields.iter().find(|(name, _)| name == "state").expect("a state").1.clone();
    let header = format!("Cookie: ror-connexion={cookie}\r\n");
    refused(&format!("/connexion/retour?code={code}&state={state}"), &header, "a used code");
}

#[test]
fn a_changed_question_gets_no_code() {
    let world = world();
    let (_, fields) = question(world, "/connexion");
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "x"),
        ("code_challenge_method", "plain"),
        ("response_type", "token"),
        ("nonce", ""),
    ] {
        let mut changed = fields.clone();
        changed.iter_mut().filter(|(key, _)| key == name).for_each(|(_, old)| value.clone_into(old));
        let reply = choose(world, &changed, "support");
        assert_eq!((reply.status, reply.header("location")), (400, None), "{name}");
    }
    assert_eq!(choose(world, &fields, "personne").status, 400);
    assert_eq!(choose(world, &[], "support").status, 400);
}

#[test]
fn d56_outside_the_sandbox_there_is_no_button() {
    let real = World::with(Vec::new(), false, &CallLimits::default());
    let page = real.get("/connexion");
    assert!(page.status == 200 && page.body.contains("data-sans-fournisseur") && !page.body.contains("persona"));
    assert_eq!(real.post("/connexion/bac-a-sable", "", &[("persona", "admin-national")]).status, 404);
    let (_, fields) = question(world(), "/connexion");
    assert_eq!(choose(&real, &fields, "admin-national").status, 404);
    for path in ["/connexion/vers/bac-a-sable", "/connexion/vers/psc"] {
        assert_eq!(real.get(path).status, 404, "{path}");
    }
}

#[test]
fn after_signing_in_one_is_back_on_this_site() {
    let world = world();
    for (path, back) in [
        ("/connexion?retour=/recherche?quoi=irm", "/recherche?quoi=irm"),
        ("/connexion?retour=%2Foffre%2F84%2F1", "/offre/84/1"),
        ("/connexion?retour=https://evil.example/", "/"),
        ("/connexion?retour=//evil.example/", "/"),
        ("/connexion?retour=/%5Cevil.example/", "/"),
        ("/connexion?retour=%09//evil.example/", "/"),
        ("/connexion?retour=/%0d%0aSet-Cookie:x=1", "/"),
        ("/connexion?retour=javascript:alert(1)", "/"),
        ("/connexion?retour=/deconnexion", "/"),
        ("/connexion", "/"),
    ] {
        let reply = sign_in_from(world, path, "support", "");
        assert_eq!((reply.status, reply.header("location")), (303, Some(back)), "{path}");
    }
    for (referer, back) in [
        ("http://localhost/etat?x=1", "/etat?x=1"),
        ("http://evil.example/etat", "/"),
        ("http://localhost/connexion?retour=/x", "/"),
        ("n'importe quoi", "/"),
    ] {
        let page = world.get_with("/connexion", &format!("Referer: {referer}\r\n"));
        let cookie = page.cookie("ror-connexion").expect("a cookie");
        let sent = choose(world, &page.hidden(), "support").header("location").expect("an address").to_owned();
        let reply = world.get_with(&sent, &format!("Cookie: ror-connexion={cookie}\r\n"));
        assert_eq!(reply.header("location"), Some(back), "{referer}");
    }
}

#[test]
fn forms_are_taken_once_from_their_own_session_and_site() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let (mine, theirs) = (sign_in(&world, "support"), sign_in(&world, "admin-metier"));
    let good = token(&world, &mine);
    let refused = |headers: &str, fields: &[(&str, &str)], what: &str| {
        let page = world.post("/deconnexion", headers, fields);
        assert_eq!(page.status, 403, "{what}");
        assert!(page.body.contains("data-refus") && is_signed_in(&world, &mine), "{what}");
    };
    refused(&mine, &[], "no token");
    refused(&mine, &[("jeton", "")], "an empty token");
    refused(&mine, &[("jeton", "a.b")], "a forged token");
    refused(&mine, &[("jeton", &token(&world, &theirs))], "the token of another session");
    refused("", &[("jeton", &good)], "no session");
    refused(&theirs, &[("jeton", &good)], "in another session");
    refused(&mine, &[("jeton", &good), ("jeton", &good)], "two tokens");
    refused(&format!("{mine}Origin: https://evil.example\r\n"), &[("jeton", &good)], "another site");
    refused(&format!("{mine}Sec-Fetch-Site: cross-site\r\n"), &[("jeton", &good)], "another site, as browsers say");
    let here = format!("{mine}Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n");
    let taken = world.post("/session/role", &here, &[("jeton", &good), ("habilitation", "inconnue")]);
    assert_eq!(taken.status, 403, "nothing of theirs");
    refused(&mine, &[("jeton", &good)], "used by what was refused");
    let out = world.post("/deconnexion", &mine, &[("jeton", &token(&world, &mine))]);
    assert_eq!(
        (out.status, out.header("location"), out.cookie("ror-session").as_deref()),
        (303, Some("/deconnexion"), Some(""))
    );
    assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"storage\""));
    assert!(!is_signed_in(&world, &mine) && is_signed_in(&world, &theirs));
    assert!(world.get("/deconnexion").body.contains("data-deconnecte"));
}

#[test]
fn forms_are_short_and_forms() {
    let world = world();
    let session = sign_in(world, "support");
    let long = "a".repeat(20_000);
    assert_eq!(world.post("/deconnexion", &session, &[("jeton", &long)]).status, 413);
    let json = format!("{session}Content-Type: application/json\r\nContent-Length: 2\r\n");
    assert_eq!(world.send("POST", "/deconnexion", &json, "{}").status, 415);
    let got = world.get_with("/session/role", &session);
    assert_eq!((got.status, got.header("allow")), (405, Some("POST")));
    assert_eq!(world.get_with("/deconnexion", &session).status, 200);
    assert!(is_signed_in(world, &session), "reading a page signs nobody out");
}

#[test]
fn acting_as_another_and_signing_out_everywhere() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let (phone, desk) = (sign_in(&world, "kine-liberal"), sign_in(&world, "kine-liberal"));
    let page = world.get_with("/session", &phone);
    assert!(page.body.contains("pour <strong>votre activité</strong>"), "{}", page.body);
    let fields = page.hidden();
    let at = fields.iter().position(|(name, _)| name == "habilitation").expect("another role");
    let sent = [("jeton", fields[at - 1].1.as_str()), ("habilitation", fields[at].1.as_str())];
    let switched = world.post("/session/role", &phone, &sent);
    assert_eq!((switched.status, switched.header("location")), (303, Some("/session")));
    let session = held(&switched);
    assert!(world.get_with("/", &session).body.contains("en tant que <strong>Professionnel consultant</strong>"));
    assert!(!is_signed_in(&world, &phone), "the former secret is dead");
    let everywhere = [("jeton", token(&world, &session)), ("partout", "1".to_owned())];
    let everywhere = everywhere.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(world.post("/deconnexion", &session, &everywhere).status, 303);
    assert!(!is_signed_in(&world, &session) && !is_signed_in(&world, &desk));
}

#[test]
fn d32_level_3_asks_for_a_recent_sign_in() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let session = sign_in(&world, "regulateur-samu");
    let page = world.get_with("/session", &session);
    assert!(page.body.contains("régulation et à la gestion de crise"), "{}", page.body);
    let fields = page.hidden();
    let at = fields.iter().position(|(name, _)| name == "habilitation").expect("another role");
    let sent = [("jeton", fields[at - 1].1.as_str()), ("habilitation", fields[at].1.as_str())];
    let session = held(&world.post("/session/role", &session, &sent));
    world.wait(16 * 60_000);
    let page = world.get_with("/session", &session);
    assert!(page.body.contains("href=\"/connexion?encore=1&amp;retour=/session\""), "{}", page.body);
    let again = world.get_with("/connexion?encore=1&retour=/session", &session);
    assert!(again.body.contains("data-encore") && again.hidden().contains(&("prompt".to_owned(), "login".to_owned())));
    let reply = sign_in_from(&world, "/connexion?encore=1&retour=/session", "regulateur-samu", "");
    assert_eq!(reply.header("location"), Some("/session"));
    assert!(world.get_with("/", &held(&reply)).body.contains("Régulateur"));
}

#[test]
fn every_answer_carries_what_protects_it() {
    let world = world();
    let session = sign_in(world, "regulateur-samu");
    for path in
        ["/", "/connexion", "/connexion/retour", "/session", "/deconnexion", "/api/suggestions?q=irm", "/nulle-part"]
    {
        for headers in ["", session.as_str()] {
            let page = world.get_with(path, headers);
            let policy = page.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
            assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(page.header(name), Some(value), "{path} {name}");
            }
            assert!(
                !page.body.contains("<script>") && !page.body.contains(" style=\"") && !page.body.contains(" onclick")
            );
        }
    }
}

/// The number of an establishment of this commune's region that has offers, and one offer's.
fn establishment(world: &World) -> (String, String) {
    let grant = world.identity.authenticate(None, NOW).expect("the public");
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let identifier = |node: &Node, good: &dyn Fn(&str) -> bool| {
        node.items("identifier").filter_map(|it| it.str("value")).find(|value| good(value)).map(str::to_owned)
    };
    let offers = view.matching(ResourceType::HealthcareService, &Filter::All(Vec::new()));
    let found = offers.iter().find_map(|offer| {
        let holder = offer.references().find(|it| it.rtype == ResourceType::Organization)?;
        let holder = view.read(ResourceType::Organization, &holder.id)?.to_node();
        let finess = identifier(&holder, &|value| value.len() == 9)?;
        Some((finess, identifier(&offer.to_node(), &|value| value.contains('/'))?))
    });
    found.expect("an offer of an establishment")
}

fn give(world: &World, session: &str, fields: &[(&str, &str)]) -> Reply {
    let token = team_token(world, session);
    world.post("/session/habilitations", session, &[&[("jeton", token.as_str())], fields].concat())
}

fn team_token(world: &World, session: &str) -> String {
    let page = world.get_with("/session/habilitations", session);
    page.hidden().into_iter().find(|(name, _)| name == "jeton").map(|(_, token)| token).unwrap_or_default()
}

#[test]
fn whoever_is_in_charge_gives_a_right_and_takes_it_back() {
    let world = World::of(territory());
    let (finess, offer) = establishment(&world);
    let region = sign_in(&world, "admin-regional");
    let director =
        [("rpps", "99900000037"), ("nom", "Julie Perrin"), ("profil", "RESP_OFFRE_STRUCT eg"), ("codes", &finess)];
    let given = give(&world, &region, &director);
    assert!(given.status == 200 && given.body.contains("data-fait"), "{}", given.body);
    assert!(given.body.contains("<strong>Julie Perrin</strong> : Responsable de structure"), "{}", given.body);
    let worker = sign_in(&world, "assistante-sociale");
    assert!(world.get_with("/", &worker).body.contains("en tant que <strong>Responsable de structure</strong>"));
    // She gives within her establishment, and no further.
    let described = [("rpps", "99900000011"), ("nom", "Thomas"), ("profil", "PORTEUR_OFFRE offer"), ("codes", &offer)];
    assert_eq!(give(&world, &worker, &described).status, 200);
    for (profile, codes, what) in [
        ("PORTEUR_OFFRE offer", "84/99999999", "an offer that nobody knows"),
        ("RESP_DISPO_PLACE eg", "690000001", "another establishment"),
        ("RESP_OFFRE_STRUCT eg", finess.as_str(), "a profile that is not hers to give"),
        ("ADMIN_NAT nation", "", "everything"),
        ("PORTEUR_OFFRE nation", "", "the wrong kind of scope"),
        ("EMPEREUR nation", "", "no profile"),
    ] {
        let refused =
            give(&world, &worker, &[("rpps", "99900000011"), ("nom", "x"), ("profil", profile), ("codes", codes)]);
        assert!(refused.status == 403 && refused.body.contains("data-refus"), "{what}: {}", refused.status);
    }
    let wrong =
        give(&world, &worker, &[("rpps", "12"), ("nom", "<b>x"), ("profil", "PORTEUR_OFFRE offer"), ("codes", &offer)]);
    assert!(wrong.status == 403 && wrong.body.contains("11 chiffres") && !wrong.body.contains("<b>x"));
    // Taken back: the session under it ends at once.
    let page = world.get_with("/session/habilitations", &region);
    let right = page.hidden().into_iter().find(|(name, _)| name == "retirer").expect("a right to take back").1;
    let support = sign_in(&world, "support");
    let token = token(&world, &support);
    let stranger = world.post("/session/habilitations", &support, &[("jeton", &token), ("retirer", &right)]);
    assert_eq!(stranger.status, 403);
    assert!(is_signed_in(&world, &worker));
    assert_eq!(give(&world, &region, &[("retirer", &right)]).status, 200);
    assert!(!is_signed_in(&world, &worker));
}

#[test]
fn a_number_that_two_structures_bear_gives_no_right() {
    let world = World::of(territory());
    let (finess, _) = establishment(&world);
    let region = sign_in(&world, "admin-regional");
    let asked = [("rpps", "99900000037"), ("nom", "Julie"), ("profil", "RESP_OFFRE_STRUCT eg"), ("codes", &finess)];
    let twin = format!(
        r#"{{"resourceType":"Organization","id":"jumelle","identifier":[{{"system":"http://finess.esante.gouv.fr","value":"{finess}"}}],"name":"Jumelle"}}"#
    );
    let resource = Node::parse(twin.as_bytes()).expect("JSON");
    let twin = ImportItem { key: None, resource, updated: NOW, mint: None, replaces: Replaces::Anyone };
    let summary = world.directory.import("fhir", vec![twin], &mut |_| {}).expect("the ledger takes it");
    assert_eq!(summary.created, 1, "{:?}", summary.problems);
    let refused = give(&world, &region, &asked);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("porté par plusieurs structures") && refused.body.contains(&finess));
    let worker = sign_in(&world, "assistante-sociale");
    assert!(!world.get_with("/session", &worker).body.contains("Responsable de structure"));
}

#[test]
fn nobody_gives_a_right_to_themselves() {
    let world = World::of(territory());
    let (finess, offer) = establishment(&world);
    let region = sign_in(&world, "admin-regional");
    let director = [("rpps", "99900000037"), ("nom", "Julie"), ("profil", "RESP_OFFRE_STRUCT eg"), ("codes", &finess)];
    assert_eq!(give(&world, &region, &director).status, 200);
    let worker = sign_in(&world, "assistante-sociale");
    let own = [("rpps", "99900000037"), ("nom", "Julie"), ("profil", "PORTEUR_OFFRE offer"), ("codes", &offer)];
    let refused = give(&world, &worker, &own);
    assert!(refused.status == 403 && refused.body.contains("à soi-même"), "{}", refused.status);
}

#[test]
fn a_self_employed_professional_lets_somebody_act_in_their_place() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let kine = sign_in(&world, "kine-liberal");
    assert_eq!(give(&world, &kine, &[("rpps", "99900000037"), ("nom", "Julie")]).status, 200);
    let worker = sign_in(&world, "assistante-sociale");
    let page = world.get_with("/", &worker);
    assert!(page.body.contains("à la place de <strong>Thomas Giraud</strong>"), "{}", page.body);
    let further = world.get_with("/session/habilitations", &worker);
    assert!(further.body.contains("data-rien-a-donner"), "not delegated further");
    let own = world.get("/session/habilitations");
    assert_eq!((own.status, own.header("location")), (303, Some("/connexion?retour=/session/habilitations")));
}
