//! Counting the steps of a validation, in tests only: that hostile input costs no more than
//! linear time is compared by steps, not by a clock.

#[cfg(test)]
thread_local! {
    static DONE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts steps: items looked at, comparisons made. Nothing outside tests.
#[cfg(test)]
pub(crate) fn work(steps: usize) {
    DONE.with(|done| done.set(done.get() + steps as u64));
}

/// Counts steps: items looked at, comparisons made. Nothing outside tests.
#[cfg(not(test))]
#[inline]
pub(crate) fn work(_: usize) {}

#[cfg(test)]
mod tests {
    use ror_fhir::{Node, node};
    use ror_terminology::Terminology;

    use super::DONE;
    use crate::rules::guide;
    use crate::{Context, Handling, validate};

    /// Steps that a typical offer may take.
    const STEPS_TYPICAL: u64 = 520;

    /// Steps of the validation of a resource.
    fn steps(resource: &Node) -> u64 {
        DONE.with(|done| done.set(0));
        let context = Context { terminology: Terminology::embedded(), now: 1_790_000_000_000 };
        let findings = validate(resource, Handling::Strict, &context);
        assert!(findings.len() <= 2 * crate::FINDINGS_MAX + 2);
        DONE.with(std::cell::Cell::get)
    }

    /// A resource of that type with one member made of `count` copies of an item.
    fn many(rtype: &str, key: &str, item: &Node, count: usize) -> Node {
        let mut resource = node!({"resourceType": rtype});
        resource.as_object_mut().expect("an object").insert(key, vec![item.clone(); count]);
        resource
    }

    fn repeated(item: &Node, count: usize) -> Vec<Node> {
        vec![item.clone(); count]
    }

    /// A hostile shape: its name, and what makes one of a given size.
    type Shape = (&'static str, fn(usize) -> Node);

    fn shapes() -> Vec<Shape> {
        vec![
            ("nulls", |n| many("Organization", "alias", &Node::Null, n)),
            ("nulls beside a big companion", |n| {
                let mut resource = many("Organization", "alias", &Node::Null, n);
                resource.as_object_mut().expect("an object").insert("_alias", repeated(&Node::Null, n));
                resource
            }),
            ("codings of one concept", |n| {
                let coding = repeated(&node!({"system": "x", "code": "y"}), n);
                many("HealthcareService", "type", &node!({"coding": coding}), 1)
            }),
            ("concepts to slice", |n| {
                let coding = node!({"system": "https://mos.esante.gouv.fr/NOS/TRE_R210-ActeSpecifique/FHIR/TRE-R210-ActeSpecifique", "code": "0001"});
                many("HealthcareService", "characteristic", &node!({"coding": [coding]}), n)
            }),
            ("identifiers to slice", |n| {
                many("Organization", "identifier", &node!({"type": {"coding": [{"code": "1"}]}}), n)
            }),
            ("unknown extensions", |n| many("Location", "extension", &node!({"url": "urn:x", "valueString": "x"}), n)),
            ("contacts", |n| {
                let telecom = node!({"url": guide!("ror-healthcareservice-contact-telecom"), "extension": [{"url": "telecomAddress", "valueString": "x"}]});
                many(
                    "HealthcareService",
                    "extension",
                    &node!({"url": guide!("ror-healthcareservice-contact"), "extension": [telecom]}),
                    n,
                )
            }),
            ("telecoms of one contact", |n| {
                let telecom = node!({"url": guide!("ror-healthcareservice-contact-telecom"), "extension": [{"url": "telecomAddress", "valueString": "x"}]});
                let parts = repeated(&telecom, n);
                many(
                    "HealthcareService",
                    "extension",
                    &node!({"url": guide!("ror-healthcareservice-contact"), "extension": parts}),
                    1,
                )
            }),
            ("prices all alike", |n| {
                let kind = node!({"url": "priceType", "valueCodeableConcept": {"coding": [{"code": "02"}]}});
                many(
                    "Organization",
                    "extension",
                    &node!({"url": guide!("ror-organization-price"), "extension": [kind]}),
                    n,
                )
            }),
            ("parts of one price", |n| {
                let parts = repeated(&node!({"url": "deliveryIncluded"}), n);
                many(
                    "Organization",
                    "extension",
                    &node!({"url": guide!("ror-organization-price"), "extension": parts}),
                    1,
                )
            }),
            ("capacity records all alike", |n| {
                let part =
                    |url: &str, code: &str| node!({"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}});
                let parts =
                    [part("capacityType", "01"), part("capacityStatus", "02"), part("temporalityCapacity", "01")];
                many(
                    "Location",
                    "extension",
                    &node!({"url": guide!("ror-location-supported-capacity"), "extension": (parts.to_vec())}),
                    n,
                )
            }),
            ("slots", |n| many("HealthcareService", "availableTime", &node!({"daysOfWeek": ["lundi"]}), n)),
            ("questions with one link", |n| {
                many("Questionnaire", "item", &node!({"linkId": "1", "type": "string"}), n)
            }),
            ("a long text", |n| node!({"resourceType": "Location", "name": ("0 ".repeat(n))})),
            ("lists in lists", |n| {
                let deep = (0..n).fold(node!([]), |inner, _| node!([inner]));
                node!({"resourceType": "Location", "alias": deep})
            }),
        ]
    }

    #[test]
    fn hostile_shapes_cost_no_more_than_their_size() {
        for (name, make) in shapes() {
            let size = if name == "lists in lists" { 40 } else { 300 };
            let (small, big) = (steps(&make(size)), steps(&make(4 * size)));
            assert!(small > 0, "{name}: nothing was counted");
            assert!(big <= 4 * small + 200, "{name}: {small} steps, {big} for four times the size");
        }
    }

    /// What the offer of the bench costs: more than this is slower, by a count that no other load
    /// disturbs. Raise it only with a reason.
    #[test]
    fn a_typical_offer_costs_what_it_did() {
        let offer = Node::parse(include_str!("../../../benches/offers/typical.json").as_bytes()).expect("JSON");
        let spent = steps(&offer);
        assert!((1..=STEPS_TYPICAL).contains(&spent), "{spent} steps, {STEPS_TYPICAL} at most");
    }

    #[test]
    fn the_count_sees_a_quadratic_cost() {
        let quadratic = |n: usize| {
            DONE.with(|done| done.set(0));
            (0..n).for_each(|_| super::work(n));
            DONE.with(std::cell::Cell::get)
        };
        assert!(quadratic(400) > 4 * quadratic(100) + 200);
    }
}
