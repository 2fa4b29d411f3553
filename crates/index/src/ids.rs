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

/// The numbers of all documents: found by id, and those that are there walked in the order of ids (D7).
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

    /// Gives a number to an id that has none: that of a document, or of one only referred to.
    pub(crate) fn insert(&mut self, rtype: ResourceType, id: &str, number: u32) {
        self.types[rtype as usize].numbers.insert_mut(Arc::from(id), number);
    }

    /// Puts a document that is there in its place among the others.
    pub(crate) fn order(&mut self, rtype: ResourceType, id: &Arc<str>, number: u32) {
        self.types[rtype as usize].in_order.insert(Arc::clone(id), number);
    }

    /// The id itself, shared with the map of numbers.
    pub(crate) fn key(&self, rtype: ResourceType, id: &str) -> Arc<str> {
        self.of(rtype).numbers.get_key_value(id).map_or_else(|| Arc::from(id), |(key, _)| Arc::clone(key))
    }

    /// Takes a document out of its place; its number stays.
    pub(crate) fn remove(&mut self, rtype: ResourceType, id: &str) {
        self.types[rtype as usize].in_order.remove(id);
    }

    /// How many documents are there, of all types.
    pub(crate) fn size(&self) -> usize {
        self.types.iter().map(|of_type| of_type.in_order.len()).sum()
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
            let number = u32::try_from(at).expect("few");
            ids.insert(rtype, id, number);
            ids.order(rtype, &Arc::from(id), number);
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
