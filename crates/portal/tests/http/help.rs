//! Questions that go wrong in small ways: a mistyped town, a name of before, nothing found, many pages.

use std::time::Duration;

use ror_identity::CallKind;

use crate::common::{Reply, world};

fn search(parameters: &[(&str, &str)]) -> Reply {
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    world().get(&format!("/recherche?{query}"))
}

/// The message of that name, as text.
fn message(page: &Reply, id: &str) -> Option<String> {
    let message = page.body.split(&format!("data-message=\"{id}\"")).nth(1)?.split("</div>").next()?;
    Some(message.split('<').filter_map(|piece| Some(piece.split_once('>')?.1)).collect::<String>())
}

fn total(page: &Reply) -> Option<u64> {
    let summary = page.body.split("data-resume>").nth(1)?;
    let digits = summary.chars().take_while(|c| *c != 'r').filter(char::is_ascii_digit).collect::<String>();
    digits.parse().ok()
}

#[test]
fn a_mistyped_town_is_read_and_said() {
    let right = search(&[("quoi", "ehpad"), ("ou", "Oyonnax (01)")]);
    assert!(!right.titles().is_empty());
    for parameters in [&[("quoi", "ehpad oyonax")][..], &[("quoi", "ehpad"), ("ou", "oyonax")]] {
        let page = search(parameters);
        assert_eq!(page.titles(), right.titles(), "{parameters:?}");
        let told = message(&page, "lieu-compris").expect("said");
        assert!(told.contains("«\u{a0}oyonax\u{a0}» compris comme Oyonnax (01)"), "{told}");
        // Filters and pages go on from what was understood.
        let links = page.attributes("href");
        let filters: Vec<_> = links.iter().filter(|link| link.contains("rayon=50")).collect();
        assert!(!filters.is_empty() && filters.iter().all(|link| world().get(link).titles().len() > 1), "{filters:?}");
    }
}

#[test]
fn two_mistakes_are_both_told() {
    let page = world().get("/recherche?quoi=reanimatoin+bourg+en+brese");
    for told in ["data-message=\"lieu-compris\"", "data-message=\"orthographe\"", "bourg en brese", "reanimatoin"] {
        assert!(page.body.contains(told), "{told}: {:?}", page.titles());
    }
    assert!(page.titles().first().is_some_and(|title| title.starts_with("Réanimation")), "{:?}", page.titles());
}

#[test]
fn a_former_commune_leads_to_the_one_it_belongs_to() {
    let page = search(&[("quoi", "ehpad"), ("ou", "bellegarde sur valserine")]);
    assert!(page.body.contains("Valserhône (01)"));
    let told = message(&page, "ancienne-commune").expect("said");
    assert!(
        told.contains("Bellegarde-sur-Valserine fait aujourd’hui partie de la commune de Valserhône (01)"),
        "{told}"
    );
    assert_eq!(page.titles(), search(&[("quoi", "ehpad"), ("ou", "Valserhône")]).titles());
}

#[test]
fn every_step_from_nothing_gives_as_much_as_it_says() {
    let mut followed = 0;
    for parameters in [
        &[("quoi", "ehpad"), ("ou", "Gex"), ("genre", "structures"), ("rayon", "5"), ("categorie", "355")][..],
        &[("quoi", "ehpad"), ("ou", "Bourg-en-Bresse"), ("genre", "structures"), ("categorie", "1")],
        &[("quoi", "réanimation"), ("ou", "Gex"), ("rayon", "5")],
        &[("quoi", "ehpad"), ("ou", "Bretagne")],
    ] {
        let page = search(parameters);
        assert!(page.titles().is_empty(), "{parameters:?}: something is found");
        let told = message(&page, "aucun-resultat").expect("said");
        assert!(told.contains("appelez le 15"), "{told}");
        let steps =
            page.body.split("data-message=\"aucun-resultat\"").nth(1).and_then(|rest| rest.split("</div>").next());
        for step in steps.expect("a message").split("<li>").skip(1) {
            let href = step.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
            let said = step.split("<span class=\"discret\">").nth(1).expect("a count");
            let said: String = said.chars().take_while(|c| *c != 'r').filter(char::is_ascii_digit).collect();
            let given = world().get(&href.replace("&#38;", "&"));
            assert_eq!(total(&given), said.parse().ok(), "{parameters:?} → {href}");
            followed += 1;
        }
        // So do the needs that are common there.
        for need in page.body.split("<li><a class=\"besoin\" href=\"").skip(1) {
            let href = need.split('"').next().expect("a link").replace("&#38;", "&");
            let said = need.split("besoin__nombre\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a count");
            let said: String = said.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(total(&world().get(&href)), said.parse().ok(), "{parameters:?} → {href}");
            followed += 1;
        }
    }
    assert!(followed > 8, "{followed} steps");
}

#[test]
fn what_is_nowhere_near_is_found_from_the_nearest_on() {
    let page = search(&[("quoi", "ehpad"), ("ou", "Brest")]);
    assert!(!page.titles().is_empty());
    assert!(page.body.contains("aucun à moins de 100\u{a0}km de Brest (29)"), "{}", page.body);
    let first = page.body.split("resultat__distance\">").nth(1).expect("a distance");
    let km: String = first.chars().take_while(char::is_ascii_digit).collect();
    assert!(km.parse::<u32>().is_ok_and(|km| km > 500), "{km} km");
}

#[test]
fn pages_turn_to_the_last_result() {
    let path = "/recherche?ou=01&genre=offres";
    let first = world().get(path);
    let all = total(&first).expect("a count");
    let end = first.body.split("Dernière page").next().and_then(|before| before.rsplit("href=\"").next());
    let end = end.and_then(|rest| rest.split('"').next()).expect("a link").replace("&#38;", "&");
    let last = world().get(&end);
    let number: u64 = end.split("page=").nth(1).and_then(|number| number.parse().ok()).expect("a number");
    assert_eq!((number - 1) * 20 + last.titles().len() as u64, all, "{end}");
    assert!(!last.body.contains("Page suivante") && !last.body.contains("D’autres résultats existent"));
    let beyond = world().get(&format!("{path}&page=18446744073709551615"));
    assert_eq!(beyond.titles(), first.titles(), "a page that is no number is the first one");
    assert_eq!(world().get(&format!("{path}&page=4294967295")).status, 200);
}

#[test]
fn the_state_of_the_service_tells_what_was_measured_and_no_volume() {
    let world = crate::common::World::of(Vec::new());
    let told = |page: &Reply| {
        let section = page.body.split("data-mesures").nth(1).and_then(|rest| rest.split("</section>").next());
        section.expect("a section").to_owned()
    };
    let before = told(&world.get("/etat"));
    assert_eq!(before.matches("pas encore assez de réponses").count(), 7);
    for _ in 0..30 {
        world.get("/recherche?quoi=irm");
    }
    let after = told(&world.get("/etat"));
    assert_eq!(after.matches("pas encore assez de réponses").count(), 6);
    assert!(after.contains("<th scope=\"row\">Recherche</th><td>100\u{a0}%</td><td>moins de "), "{after}");
    // The API beside, by its own measures.
    for at in 0..30 {
        world.api.of(CallKind::Search).record(Duration::from_millis(if at < 20 { 3 } else { 150 }), at == 0);
    }
    world.api.of(CallKind::Write).record(Duration::from_millis(3), false);
    let after = told(&world.get("/etat"));
    assert_eq!(after.matches("pas encore assez de réponses").count(), 5);
    let told = "moins de 5\u{a0}ms pour la moitié, de 200\u{a0}ms pour 95 sur 100";
    let row = format!("<th scope=\"row\">Recherches</th><td>96,66\u{a0}%</td><td>{told}</td>");
    assert!(after.contains(&row), "{after}");
    assert!(!after.contains("30"), "a volume: {after}");
}
