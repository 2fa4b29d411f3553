//! A profile as a StructureDefinition.

use ror_fhir::Node;

use super::{Identity, differential, head, with_differential};
use crate::tables::{BaseElement, Element, How, Profile, Tables};

pub(super) fn definition(tables: &Tables, profile: &Profile) -> Node {
    let identity = Identity {
        id: profile.id,
        url: profile.url,
        name: profile.name,
        kind: "resource",
        constrained: profile.resource_type,
        parent: profile.parent,
    };
    with_differential(head(tables, &identity, profile.version, Vec::new()), &elements(tables, profile))
}

/// The rows that say something, each slice after the element that it is of.
fn elements(tables: &Tables, profile: &Profile) -> Vec<Node> {
    let mut out = vec![differential::element(profile.resource_type).into()];
    let mut opened: Vec<&str> = Vec::new();
    let ids: Vec<String> =
        profile.elements.iter().map(|row| format!("{}.{}", profile.resource_type, row.path)).collect();
    for (id, row) in ids.iter().zip(&profile.elements) {
        if is_told_twice(profile, row) {
            continue;
        }
        for missing in slices_above(id).filter(|above| !ids.iter().any(|id| id == above)) {
            // What is asked inside a slice that has no row of its own.
            if !out.iter().any(|one: &Node| one.str("id") == Some(missing)) {
                let whole = differential::sliced(missing).unwrap_or(missing);
                if !opened.contains(&whole) {
                    opened.push(whole);
                    let mut anchor = differential::element(whole);
                    anchor.insert("slicing", differential::slicing(&[How::Url("")], false));
                    out.push(anchor.into());
                }
                out.push(differential::element(missing).into());
            }
        }
        if let Some(whole) = differential::sliced(id).filter(|whole| !opened.contains(whole)) {
            // The guide has no row for it: slices need one.
            opened.push(whole);
            let mut anchor = differential::element(whole);
            anchor.insert("slicing", slicing(profile, whole, row));
            out.push(anchor.into());
        }
        let mut element = differential::element(id);
        let bare = element.len();
        if has_slices(profile, row) {
            opened.push(id);
            let first = profile.elements.iter().find(|slice| slice_of(slice, row.path)).unwrap_or(row);
            element.insert("slicing", slicing(profile, id, first));
        }
        fill(tables, profile, row, &mut element);
        if element.len() > bare || row.how != How::Whole {
            out.push(element.into());
        }
    }
    out
}

/// The slices that an element is inside of, the outermost first.
fn slices_above(id: &str) -> impl Iterator<Item = &str> {
    let ends = id.match_indices('.').map(|(dot, _)| &id[..dot]);
    ends.filter(|above| differential::sliced(above).is_some())
}

/// A slice that another one of the same extension follows, or a part of it: two slices of one
/// address are one (trap 4 of the model), and the guide's own is the later.
fn is_told_twice(profile: &Profile, row: &Element) -> bool {
    let is_repeated = |slice: &Element| {
        let group = differential::sliced(slice.path);
        let at = profile.elements.iter().position(|one| std::ptr::eq(one, slice)).unwrap_or_default();
        let mut later = profile.elements[at + 1..].iter();
        matches!(slice.how, How::Url(_))
            && later.any(|one| one.how == slice.how && differential::sliced(one.path) == group)
    };
    let is_within = |slice: &&Element| {
        row.path.strip_prefix(slice.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    profile.elements.iter().filter(is_within).any(is_repeated)
}

fn slice_of(slice: &Element, path: &str) -> bool {
    slice.how != How::Whole && differential::sliced(slice.path) == Some(path)
}

fn has_slices(profile: &Profile, row: &Element) -> bool {
    profile.elements.iter().any(|slice| slice_of(slice, row.path))
}

/// The slicing of the element `id`, whose first slice is `first`.
fn slicing(profile: &Profile, id: &str, first: &Element) -> Node {
    let path = id.split_once('.').map_or("", |(_, path)| path);
    let hows: Vec<How> = profile.elements.iter().filter(|row| slice_of(row, path)).map(|row| row.how).collect();
    differential::slicing(&hows, first.types == ["Coding"])
}

/// What the row asks beyond FHIR R4: bounds inherited from a parent are told too, because the
/// package of French core profiles is in no registry.
fn fill(tables: &Tables, profile: &Profile, row: &Element, element: &mut ror_fhir::Object) {
    let base = base_element(tables, profile.resource_type, row.path);
    let is_slice = row.how != How::Whole;
    let base_min = base.filter(|_| !is_slice).map_or(0, |base| base.min);
    if !row.inherited.contains(&"min") || row.min != base_min {
        element.insert("min", row.min);
    }
    if !row.inherited.contains(&"max") || base.is_some_and(|base| base.max != row.max) {
        element.insert("max", differential::bound(row.max));
    }
    if let Some(address) = row.extension {
        let defined = tables.extension(address).map_or(address, |extension| extension.url);
        element.insert("type", differential::extension_type(defined));
    } else if states_types(row, base) {
        element.insert("type", differential::types(&row.types, &row.targets));
    }
    if let Some(pattern) = &row.pattern {
        let named = row.types.first().copied().filter(|name| *name != "*");
        let type_name = named.or_else(|| base?.types.first().copied()).unwrap_or("string");
        element.insert(&differential::pattern_key(type_name), pattern.clone());
    }
    if row.must_support {
        element.insert("mustSupport", true);
    }
    if let Some(value_set) = row.value_set {
        element.insert("binding", differential::binding(value_set, row.strength));
    }
}

/// Whether the types of a row are not simply those of the base.
fn states_types(row: &Element, base: Option<&BaseElement>) -> bool {
    if row.types.is_empty() || row.types.contains(&"*") || row.types == ["BackboneElement"] {
        return false;
    }
    base.is_none_or(|base| base.types != row.types || !row.targets.is_empty() && base.targets != row.targets)
}

/// The element of FHIR R4 that a row is about; `None` inside a value of several possible types.
fn base_element<'t>(tables: &'t Tables, resource_type: &str, path: &str) -> Option<&'t BaseElement> {
    let mut owner = resource_type.to_owned();
    let mut found = None;
    for segment in path.split('.') {
        let name = segment.split_once(':').map_or(segment, |(name, _)| name);
        let element = tables.elements(&owner)?.iter().find(|element| element.name == name)?;
        owner = match element.types.as_slice() {
            [one] => (*one).to_owned(),
            _ => String::new(),
        };
        found = Some(element);
    }
    found
}
