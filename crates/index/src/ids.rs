//! From logical ids to document numbers, type by type.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;
use ror_search::ResourceType;
use rpds::HashTrieMapSync;

/// A map from something to its number, hashed fast.
pub(crate) type Numbered<K> = HashTrieMapSync<K, u32, foldhash::quality::RandomState>;

/// An empty map.
pub(crate) fn numbered<K: std::hash::Hash + Eq>() -> Numbered<K> {
    Numbered::new_with_hasher_and_ptr_kind(foldhash::quality::RandomState::default())
}

/// The numbers of all documents: found by id, and walked in the order of ids (D7).
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    /// By [`ResourceType`], in its order.
    types: [OfType; ResourceType::ALL.len()],
}

#[derive(Clone, Debug)]
struct OfType {
    numbers: Numbered<Arc<str>>,
    /// A B-tree: a page walks hundreds of neighbours.
    in_order: OrdMap<Arc<str>, u32>,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self { types: std::array::from_fn(|_| OfType { numbers: numbered(), in_order: OrdMap::new() }) }
    }

    pub(crate) fn get(&self, rtype: ResourceType, id: &str) -> Option<u32> {
        self.of(rtype).numbers.get(id).copied()
    }

    pub(crate) fn insert(&mut self, rtype: ResourceType, id: &Arc<str>, number: u32) {
        let of_type = &mut self.types[rtype as usize];
        of_type.numbers.insert_mut(Arc::clone(id), number);
        of_type.in_order.insert(Arc::clone(id), number);
    }

    pub(crate) fn remove(&mut self, rtype: ResourceType, id: &str) {
        let of_type = &mut self.types[rtype as usize];
        of_type.numbers.remove_mut(id);
        of_type.in_order.remove(id);
    }

    /// How many, of all types.
    pub(crate) fn size(&self) -> usize {
        self.types.iter().map(|of_type| of_type.numbers.size()).sum()
    }

    /// Ids and numbers after `id`, ascending; all of them when there is none.
    pub(crate) fn after(&self, rtype: ResourceType, id: Option<&str>) -> impl Iterator<Item = (&str, u32)> {
        let range = (id.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        self.of(rtype).in_order.range::<_, str>(range).map(entry)
    }

    /// Ids and numbers before `id`, descending.
    pub(crate) fn before(&self, rtype: ResourceType, id: &str) -> impl Iterator<Item = (&str, u32)> {
        let range = (Bound::Unbounded, Bound::Excluded(id));
        self.of(rtype).in_order.range::<_, str>(range).rev().map(entry)
    }

    const fn of(&self, rtype: ResourceType) -> &OfType {
        &self.types[rtype as usize]
    }
}

fn entry<'a>((id, number): (&'a Arc<str>, &u32)) -> (&'a str, u32) {
    (id, *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_and_walked_within_their_type_only() {
        let mut ids = Ids::new();
        for (at, (rtype, id)) in [
            (ResourceType::Location, "b"),
            (ResourceType::Location, "a"),
            (ResourceType::Organization, "a"),
            (ResourceType::Location, "c"),
        ]
        .into_iter()
        .enumerate()
        {
            ids.insert(rtype, &Arc::from(id), u32::try_from(at).expect("few"));
        }
        assert_eq!(ids.get(ResourceType::Location, "a"), Some(1));
        assert_eq!(ids.get(ResourceType::Practitioner, "a"), None);
        let after = |id| ids.after(ResourceType::Location, id).map(|(_, number)| number).collect::<Vec<_>>();
        assert_eq!(after(None), [1, 0, 3]);
        assert_eq!(after(Some("a")), [0, 3]);
        assert_eq!(after(Some("aa")), [0, 3]);
        assert_eq!(ids.before(ResourceType::Location, "c").map(|(id, _)| id).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(ids.size(), 4);
        ids.remove(ResourceType::Location, "b");
        assert_eq!(ids.after(ResourceType::Location, None).map(|(_, number)| number).collect::<Vec<_>>(), [1, 3]);
    }
}
