//! D80: opening hours that are over are shown to the owner alone.

mod common;

use common::{mask, seers};
use ror_confidentiality::{Facts, OwnFacts, Policy, project_hours};
use ror_fhir::{Node, node};

/// What is over says so in the test; what a slot says is not for a projection to read.
fn is_over(slot: &Node) -> bool {
    slot.str("availableEndTime") == Some("over")
}

fn projected(hours: &Node) -> ror_confidentiality::Projection {
    let flag = format!("{}ror-healthcareservice-sensitive-unit", common::ROR);
    let offer = node!({"resourceType": "HealthcareService", "name": "Unité",
        "extension": [{"url": flag, "valueBoolean": false}], "availableTime": hours,
        "notAvailable": [{"description": "closing", "during": {"end": "over"}}]});
    let facts = Facts { own: OwnFacts::HealthcareService { exposed: true }, targets: &common::everyone_sees };
    project_hours(&offer, &facts, &is_over, Policy::embedded())
}

fn slot(day: &str, end: &str) -> Node {
    node!({"daysOfWeek": [day], "availableEndTime": end})
}

#[test]
fn d80_a_slot_that_is_over_is_the_owners_alone() {
    let projection = projected(&node!([(slot("mon", "over")), (slot("tue", "18:00:00")), (slot("wed", "over"))]));
    let everyone = projection.visible();
    assert_eq!(seers(&projection, "\"mon\""), mask(&[6]));
    assert_eq!(seers(&projection, "\"wed\""), mask(&[6]));
    assert_eq!(seers(&projection, "\"tue\""), everyone);
    assert_eq!(seers(&projection, "closing"), everyone, "a closing is no slot");
}

#[test]
fn d80_no_empty_list_is_left_of_hours_that_are_all_over() {
    let projection = projected(&node!([(slot("mon", "over"))]));
    assert_eq!(seers(&projection, "availableTime"), mask(&[6]));
    assert_eq!(seers(&projected(&node!([])), "availableTime"), projection.visible(), "as it was written");
}
