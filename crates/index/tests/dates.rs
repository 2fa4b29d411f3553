//! Dates differ by audience (D28): what is noted of a reading hangs on the reader's alone.

use ror_confidentiality::{Audience, AudienceMask, Grant, Rights, Sight};
use ror_fhir::node;
use ror_index::{Document, DocumentGroup, Snapshot, Stamp, Tally};
use ror_search::{Handling, NoGeography, Registry, ResourceType, extract};
use ror_terminology::Terminology;

/// 1 January 2026.
const MOVED: i64 = 1_767_225_600_000;

/// A place that all see, in which only profile 2 has seen something move.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::empty(Registry::embedded());
    let resource = node!({"resourceType": "Location", "name": "Réanimation"});
    let extracted = extract(ResourceType::Location, "a", &resource, Registry::embedded(), &NoGeography);
    let mut stamps = [Stamp { version: 1, updated: 0 }; 7];
    stamps[Audience::ALL_BUT_LEVEL_3.index()] = Stamp { version: 2, updated: MOVED };
    snapshot.put(Document {
        rtype: ResourceType::Location,
        id: "a".into(),
        body: resource.to_bytes().into(),
        sight: Sight::default(),
        groups: vec![DocumentGroup { audiences: AudienceMask::ALL, cuts: Box::default(), extracted }],
        stamps,
    });
    snapshot
}

#[test]
fn d63_dates_of_another_audience_mark_no_reading() {
    let snapshot = snapshot();
    let pairs = [("_lastUpdated".to_owned(), "ge2025-12-01".to_owned())];
    let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
    let query =
        ror_search::parse(ResourceType::Location, &pairs, Handling::Strict, registry, terminology, &NoGeography)
            .expect("a search");
    for audience in Audience::all() {
        #[expect(clippy::disallowed_methods, reason = "a test asks under every audience")]
        let grant = Grant::mint(audience, "essai".into(), Rights::default());
        let tally = Tally::default();
        let found = snapshot.view(&grant).noted_in(&tally).total(query.rtype, &query.filter);
        assert_eq!(found, u64::from(audience == Audience::ALL_BUT_LEVEL_3), "{audience}");
        assert!(!tally.holds_level_3(), "{audience}: nothing here is of level 3");
    }
}
