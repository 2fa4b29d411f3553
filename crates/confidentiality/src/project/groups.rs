//! From marks to projections: who sees alike, what to cut, what is left.

use std::ops::Range;

use ror_fhir::{Node, Object};

use super::Group;
use super::marks::Marks;
use crate::{Audience, AudienceMask};

/// The distinct projections of `resource`, in the order of their first audience.
pub(super) fn of(resource: &Node, marks: &Marks) -> Vec<Group> {
    alike(marks)
        .into_iter()
        .filter_map(|audiences| {
            let reader = audiences.iter().next()?;
            Some(Group { audiences, cuts: cuts(marks, reader), resource: prune(resource, marks, 0, reader) })
        })
        .collect()
}

/// Splits the audiences of the resource until those left together see every part alike.
fn alike(marks: &Marks) -> Vec<AudienceMask> {
    let mut groups = vec![marks.root()];
    let mut seen = 0_u128;
    for part in marks.all() {
        let mask = part.mask;
        if seen & (1 << mask.0) != 0 {
            continue;
        }
        seen |= 1 << mask.0;
        for at in 0..groups.len() {
            let (inside, outside) = (groups[at] & mask, groups[at] - mask);
            if !inside.is_empty() && !outside.is_empty() {
                groups[at] = inside;
                groups.push(outside);
            }
        }
    }
    groups.retain(|group| !group.is_empty());
    groups.sort_by_key(|group| group.0.trailing_zeros());
    groups
}

fn cuts(marks: &Marks, reader: Audience) -> Box<[Range<u32>]> {
    let mut cuts = Vec::new();
    cut_parts(marks, 0, reader, &mut cuts);
    cuts.into_boxed_slice()
}

/// Cuts the hidden parts of a visible one, each with one comma: the one before it when a
/// part is kept before it, else the one after it.
fn cut_parts(marks: &Marks, at: usize, reader: Audience, cuts: &mut Vec<Range<u32>>) {
    let (mut kept, mut last_end, mut first_start) = (false, 0, None);
    for (here, part) in marks.parts(at) {
        let shown = part.mask.contains(reader);
        let leading = *first_start.get_or_insert(part.start);
        match (shown, kept) {
            (true, false) if leading < part.start => push(cuts, leading..part.start),
            (false, true) => push(cuts, last_end..part.end),
            _ => {}
        }
        if shown {
            kept = true;
            cut_parts(marks, here, reader, cuts);
        }
        last_end = part.end;
    }
}

/// Adds a range, joining it to the one that ends where it starts.
fn push(cuts: &mut Vec<Range<u32>>, range: Range<u32>) {
    match cuts.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => cuts.push(range),
    }
}

fn prune(node: &Node, marks: &Marks, at: usize, reader: Audience) -> Node {
    if marks.all()[at].size == 1 {
        return node.clone();
    }
    let parts = marks.parts(at);
    match node {
        Node::Object(object) => {
            let mut kept = Object::new();
            for ((key, value), (here, part)) in object.iter().zip(parts) {
                if part.mask.contains(reader) {
                    kept.insert(key, prune(value, marks, here, reader));
                }
            }
            Node::Object(kept)
        }
        Node::Array(items) => Node::Array(
            items
                .iter()
                .zip(parts)
                .filter(|(_, (_, part))| part.mask.contains(reader))
                .map(|(item, (here, _))| prune(item, marks, here, reader))
                .collect(),
        ),
        _ => node.clone(),
    }
}
