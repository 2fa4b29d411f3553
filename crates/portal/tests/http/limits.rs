//! One address asks so much, and no more (D61).

use std::num::NonZeroU32;

use ror_identity::CallLimits;

use crate::common::World;

fn limits(burst: u32) -> CallLimits {
    let number = |count| NonZeroU32::new(count).expect("not zero");
    CallLimits { per_second: number(1), burst: number(burst), ..CallLimits::default() }
}

#[test]
fn d61_too_many_requests_get_a_page_that_says_when_to_come_back() {
    let world = World::with(Vec::new(), false, &limits(3));
    for path in ["/", "/recherche?quoi=irm", "/cette-page-n-existe-pas"] {
        assert_ne!(world.get(path).status, 429, "{path}");
    }
    for path in ["/", "/recherche?quoi=irm", "/structure/1", "/api/suggestions?q=irm", "/cette-page-n-existe-pas"] {
        let page = world.get(path);
        assert_eq!((page.status, page.header("retry-after")), (429, Some("1")), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.header("content-security-policy").is_some());
        assert!(page.body.contains("Trop de demandes") && page.body.contains("dans 1\u{a0}seconde."), "{}", page.body);
    }
    // The style of that page still comes.
    let style = world.get("/").attributes("href").into_iter().find(|href| href.contains("portail.")).expect("a style");
    assert_eq!(world.get(&style).status, 200);
}

#[test]
fn d61_the_sandbox_counts_nobody_on_this_machine() {
    let world = World::with(Vec::new(), true, &limits(1));
    for _ in 0..5 {
        assert_eq!(world.get("/").status, 200);
    }
}
