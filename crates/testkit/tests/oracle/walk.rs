//! D6: page after page while others write.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ror_confidentiality::Audience;
use ror_search::ResourceType;
use ror_testkit::step::{Edit, Step, edit_any};
use ror_testkit::{Ask, World, corpus, grant, walk};

/// What an audience sees of a type.
fn seen(world: &World, audience: Audience, rtype: ResourceType) -> BTreeSet<String> {
    let snapshot = world.directory().snapshot();
    let by = grant(audience, false);
    let view = snapshot.view(&by);
    let page = view.search(&Ask { count: 1_000, ..Ask::of(rtype, vec![]) }.query(&world.ids()), None, None);
    page.expect("few enough").matches.iter().map(|hit| hit.id().to_owned()).collect()
}

#[test]
fn no_match_is_repeated_and_none_missed_but_those_that_left_the_view() {
    let mut runner = TestRunner::deterministic();
    let mut left = 0;
    for (turn, kept) in [true, false, true, false].into_iter().enumerate() {
        let mut draw = |strategy: &proptest::strategy::BoxedStrategy<Step>| {
            strategy.new_tree(&mut runner).expect("a step").current()
        };
        let import = corpus::resources(3)
            .prop_map(|all| Step::Import(all.into_iter().map(|(slot, it)| (slot, it, 0)).collect()));
        let hide = corpus::slot_of(ResourceType::HealthcareService, 3)
            .prop_map(|slot| Step::Edit { slot, edit: Edit::Sensitive(true) });
        let edit = prop_oneof![3 => edit_any(), 1 => hide].boxed();
        let import = draw(&import.boxed());
        let mut world = World::new();
        world.run(&import);
        let audience = [Audience::PUBLIC, Audience::ALL_BUT_LEVEL_3][turn / 2];
        let rtype = ResourceType::HealthcareService;
        let before = seen(&world, audience, rtype);
        let mut always = before.clone();
        let ask = Ask { count: 3, ..Ask::of(rtype, vec![]) };
        let met = walk(&mut world, &grant(audience, false), &ask, kept, |world| {
            for _ in 0..8 {
                world.run(&draw(&edit));
            }
            let now = seen(world, audience, rtype);
            always.retain(|id| now.contains(id));
        });
        let once: BTreeSet<String> = met.iter().cloned().collect();
        assert_eq!(once.len(), met.len(), "none twice: {met:?}");
        assert!(always.is_subset(&once), "none missed: {always:?}, met {met:?}");
        assert!(!kept || once.is_subset(&before), "the order kept is that of the first page");
        left += before.len() - always.len();
    }
    assert!(left > 0, "some left the view meanwhile");
}
