//! Bad input: always a helpful page, never an error page, never a reflected script.

use crate::common::world;

fn query(what: &str, place: &str) -> String {
    let pairs = [("quoi", what), ("ou", place)];
    format!("/recherche?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[test]
fn hostile_text_gives_a_helpful_page() {
    let long = "urgences ".repeat(300);
    let texts = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' OR 1=1 --",
        "a\u{0}b",
        "\u{202e}siofed",
        "😀😀😀",
        "ééé\u{301}\u{301}\u{301}",
        "%00%ff%zz",
        "{{7*7}}",
        "../../etc/passwd",
        "12345678901234567890",
        "999999999",
        "84/00000000",
        "\\,|$",
        "مستشفى",
        " ",
        &long,
    ];
    for text in texts {
        for path in [query(text, ""), query("", text), query(text, text), query("kiné", text)] {
            let page = world().get(&path);
            assert!(page.status == 200 || page.status == 303, "{text}: {}", page.status);
            if page.status == 200 {
                assert!(page.body.contains("data-recherche"), "{text}");
                assert!(!page.body.contains("<script>alert") && !page.body.contains("<img"), "{text}");
                assert!(!page.body.contains("\u{202e}"), "{text}");
            }
        }
    }
}

#[test]
fn hostile_addresses_give_the_page_that_searches() {
    for path in [
        "/structure/x",
        "/structure/%3Cscript%3E",
        "/structure/%ff%fe",
        "/offre/1/2",
        "/offre/zz",
        "/offre/a/b/c",
        "/pro/1",
        "/statique/portail.css",
        "/recherche/",
        "/composants/x",
        "/bientot/nulle-part",
        "/%00",
        "/.env",
        "/wp-login.php",
        "/structure/..%2F..%2Fetc%2Fpasswd",
    ] {
        let page = world().get(path);
        assert!(page.status == 404 || page.status == 400, "{path}: {}", page.status);
        if page.status == 404 {
            assert!(page.body.contains("data-recherche") && !page.body.contains("<script>"), "{path}");
        }
    }
}

#[test]
fn odd_parameters_are_left_out() {
    for path in [
        "/recherche?quoi=irm&page=-1",
        "/recherche?quoi=irm&page=999999999999",
        "/recherche?quoi=irm&rayon=7&ou=belley",
        "/recherche?quoi=irm&champ=%27&mode=%3C%3E&genre=tout",
        "/recherche?quoi=irm&quoi=scanner",
        "/recherche?=&&&",
        "/recherche",
        "/api/suggestions",
        "/api/suggestions?q=%00",
        "/api/suggestions?q=a&champ=x",
    ] {
        assert_eq!(world().get(path).status, 200, "{path}");
    }
    let noise = "a".repeat(10_000);
    let drowned = world().get(&format!("/recherche?bruit={noise}&quoi=kine&ou=oyonnax"));
    assert!(drowned.body.contains("Oyonnax (01)"), "a question is read however long the rest is");
    let huge = format!("/recherche?quoi={}", "a".repeat(20_000));
    assert!(matches!(world().get(&huge).status, 200 | 414 | 431));
}

#[test]
fn a_typing_mistake_still_suggests() {
    for (typed, meant) in [("kinesiterapeute", "kin"), ("infirmeir", "infirmi"), ("maison%20de%20retrete", "retraite")]
    {
        let suggested = world().get(&format!("/api/suggestions?champ=quoi&q={typed}"));
        assert!(suggested.body.to_lowercase().contains(meant), "{typed}: {}", suggested.body);
    }
    assert!(world().get("/api/suggestions?champ=quoi&q=xyzzyzzy").body.contains("[]"));
}
