//! What the API measures of its own calls, for the page that tells the state of the service (D79).

use ror_identity::CallKind;

use crate::common::{World, establishment};

#[test]
fn d79_calls_are_measured_by_what_they_ask() {
    let world = World::new();
    let figures = |kind: CallKind| world.times.of(kind).figures();
    let id = world.store(&establishment("Hôpital", "010000024"));
    for _ in 0..30 {
        assert_eq!(world.get("/fhir/metadata").status, 200);
        assert_eq!(world.get("/fhir/ValueSet?_count=1").status, 200);
    }
    assert_eq!(CallKind::ALL.map(figures), [None; 3], "what is no work on resources is left out");
    for asked in 1..=20 {
        assert_eq!(world.get(&format!("/fhir/Organization/{id}")).status, 200);
        assert_eq!(figures(CallKind::Read).is_some(), asked == 20, "{asked}");
    }
    for asked in 1..=20 {
        assert_eq!(world.get("/fhir/Organization?_count=1").status, 200);
        assert_eq!(figures(CallKind::Search).is_some(), asked == 20, "{asked}");
    }
    let mut changed = establishment("Clinique", "010000024");
    changed.as_object_mut().expect("an object").insert("id", id.as_str());
    // One was the creation.
    for asked in 2..=20 {
        assert_eq!(world.put(&changed, &[("If-Match", "W/\"99\"")]).status, 412);
        assert_eq!(figures(CallKind::Write).is_some(), asked == 20, "{asked}");
    }
    for kind in CallKind::ALL {
        let figures = figures(kind).expect("enough");
        assert_eq!(figures.available, 10_000, "a refusal is no failure");
        assert!(figures.half_ms.is_some_and(|half| figures.most_ms.is_none_or(|most| half <= most)), "{figures:?}");
    }
}
