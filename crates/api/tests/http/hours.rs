//! D80: dated hours that are over are in no answer, from five past midnight in Paris on.

use crate::common::{World, establishment, offer, place};
use ror_fhir::{Node, node};

const PERIOD: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-effective-opening-closing-date";

/// 2 January 2026, 00:05 in Paris, from the beginning of the world.
const NIGHT_MS: i64 = (16 * 60 + 5) * 60_000;

fn slot(end: &str) -> Node {
    node!({"extension": [{"url": PERIOD, "valuePeriod": {"start": "2025-12-01", "end": end}}], "allDay": true})
}

#[test]
fn d80_what_is_over_is_not_read_found_nor_paged_and_no_version_tells() {
    let world = World::new();
    let organization = world.store(&establishment("Hôpital", "010000024"));
    let place = world.store(&place("Lieu", "84/1", 46.2, "84"));
    let mut ids = Vec::new();
    for name in ["Vaccination A", "Vaccination B", "Vaccination C"] {
        let mut dated = offer(name, false, &organization, &place);
        let hours = node!([(slot("2025-12-31")), (slot("2026-01-01")), (slot("2026-02-01"))]);
        dated.as_object_mut().unwrap().insert("availableTime", hours);
        ids.push(world.store(&dated));
    }
    let read = format!("/fhir/HealthcareService/{}", ids[0]);
    let first_page = world.get("/fhir/HealthcareService?_count=1&_sort=name").json();
    let next = first_page.items("link").find(|link| link.str("relation") == Some("next")).unwrap().str("url").unwrap();
    let next = format!("/fhir{}", next.split_once("/fhir").unwrap().1);
    let before = world.get(&read);
    assert!(!before.json().to_text().contains("2025-12-31"), "it was over when it was written");
    assert!(before.json().to_text().contains("\"end\":\"2026-01-01\""));
    world.wait(NIGHT_MS);
    let is_left_out = || {
        !world.get(&read).json().to_text().contains("\"end\":\"2026-01-01\"") || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            false
        }
    };
    assert!((0..500).any(|_| is_left_out()), "no write is needed");
    let after = world.get(&read);
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(after.header("last-modified"), before.header("last-modified"));
    let all = "/fhir/HealthcareService?_include=HealthcareService:location";
    for path in [all, &next, "/fhir/HealthcareService?_elements=availableTime", "/fhir/HealthcareService?_summary=data"]
    {
        let page = world.get(path);
        assert_eq!((page.status, page.json().get("total").and_then(Node::as_i64)), (200, Some(3)), "{path}");
        let text = page.json().to_text();
        assert!(text.contains("\"end\":\"2026-02-01\"") && !text.contains("\"end\":\"2026-01-01\""), "{path}");
    }
    let stored = world.ledger.current("HealthcareService", &ids[0]).unwrap().unwrap();
    assert!(String::from_utf8(stored.body).unwrap().contains("2025-12-31"), "what is stored stays");
}
