//! Page after page while others write (D6).

use ror_confidentiality::Grant;

use crate::ask::Ask;
use crate::world::World;

/// Walks every page of `ask`, lets `write` happen between two of them, and gives the ids met, in their
/// order. With `kept`, the order is that of the first page; else paging goes on by sort key.
///
/// # Panics
/// When a page is refused, or pages never end.
pub fn walk(world: &mut World, by: &Grant, ask: &Ask, kept: bool, mut write: impl FnMut(&mut World)) -> Vec<String> {
    let query = ask.query(&world.ids());
    let first = world.directory().snapshot();
    let (mut met, mut anchor) = (Vec::new(), None);
    for _ in 0..10_000 {
        let snapshot = world.directory().snapshot();
        let page = snapshot.view(by).search(&query, anchor.as_ref(), kept.then_some(&*first)).expect("few enough");
        met.extend(page.matches.iter().map(|hit| hit.id().to_owned()));
        anchor = page.next;
        if anchor.is_none() {
            return met;
        }
        write(world);
    }
    panic!("pages that never end")
}
