//! The tables: what the guide and FHIR R4 say of each element.

mod read;

use std::collections::HashMap;
use std::sync::OnceLock;

use ror_fhir::Node;

pub use read::TableError;

/// All tables together.
#[derive(Debug)]
pub struct Tables {
    pub(crate) guide: Guide,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) extension_by_url: HashMap<&'static str, usize>,
    pub(crate) sets: Vec<Set>,
    pub(crate) base: HashMap<&'static str, Vec<BaseElement>>,
    pub(crate) codes: HashMap<&'static str, Vec<&'static str>>,
}

/// The guide that the profiles were read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    /// Name of its package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Day it was built.
    pub date: &'static str,
    /// Its status, a code of FHIR's publication-status.
    pub status: &'static str,
    /// What its canonical addresses begin with.
    pub address: &'static str,
}

/// A profile: the constraints of the guide on one resource type.
#[derive(Debug)]
pub struct Profile {
    /// Logical id, as in `ror-healthcareservice`.
    pub id: &'static str,
    /// Computer name.
    pub name: &'static str,
    /// Canonical address.
    pub url: &'static str,
    /// The resource type it constrains.
    pub resource_type: &'static str,
    /// Canonical address of what it derives from.
    pub parent: &'static str,
    /// Version of the guide it was read from.
    pub version: &'static str,
    /// Its rows, in the order of the guide.
    pub elements: Vec<Element>,
}

/// One row of a profile: an element, or a slice of it.
#[derive(Clone, Debug)]
pub struct Element {
    /// Path below the resource, with each slice beside its segment: `identifier:finess.type`.
    pub path: &'static str,
    /// Fewest items.
    pub min: u32,
    /// Most items; `None` = no limit.
    pub max: Option<u32>,
    /// Which bounds (`min`, `max`) come from the parent and are not restated.
    pub inherited: Vec<&'static str>,
    /// Types allowed; `*` = those of the base.
    pub types: Vec<&'static str>,
    /// Resource types a reference may lead to; empty = those of the base.
    pub targets: Vec<&'static str>,
    /// Canonical address of the extension it is.
    pub extension: Option<&'static str>,
    /// Canonical address of the value set it is bound to.
    pub value_set: Option<&'static str>,
    /// How strictly it is bound.
    pub strength: Option<Strength>,
    /// What its value must hold at least.
    pub pattern: Option<Node>,
    /// For a slice: how its items are told.
    pub how: How,
    /// Whether the guide asks systems to make something of it (FHIR R4 mustSupport).
    pub must_support: bool,
}

/// How the items of a slice are told from the others.
///
/// Declared discriminators are followed where they mean something. Where they cannot work (a
/// `url` on a tag, a `coding.system` that no slice fixes), the items are told by the systems of
/// the value set that the slice is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Not a slice.
    Whole,
    /// By the address of the extension.
    Url(&'static str),
    /// By a code of `type.coding`, whatever its system (D34 tolerates a missing one).
    TypeCode(&'static str),
    /// By the system of the coding: one of those of the value set.
    System,
    /// By that, and by the code of the extension `ror-act-type`.
    Act(&'static str),
    /// By the id of the element.
    Id(&'static str),
    /// By the pattern of that part.
    Pattern(&'static str),
    /// By the type of the value.
    Type(&'static str),
    /// By nothing that the guide states: the row cannot be checked.
    Never,
}

/// How strictly an element is bound to a value set (FHIR R4 BindingStrength).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Only codes of the list.
    Required,
    /// Codes of the list where one fits.
    Extensible,
}

/// An extension of the guide, or a standard one that its profiles name.
#[derive(Debug)]
pub struct Extension {
    /// Logical id.
    pub id: &'static str,
    /// Computer name.
    pub name: &'static str,
    /// Canonical address of its definition.
    pub url: &'static str,
    /// The address that instances carry: another one for the launch context.
    pub instance_url: &'static str,
    /// Whether it holds parts instead of a value.
    pub is_complex: bool,
    /// Types of its value.
    pub types: Vec<&'static str>,
    /// Resource types that its value may lead to.
    pub targets: Vec<&'static str>,
    /// Value set of its value.
    pub value_set: Option<&'static str>,
    /// How strictly.
    pub strength: Option<Strength>,
    /// Elements it may stand on, as declared; empty = not stated.
    pub contexts: Vec<&'static str>,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A part of a complex extension.
#[derive(Debug)]
pub struct Part {
    /// Its url: a name, or the address of the extension it is.
    pub url: &'static str,
    /// Fewest.
    pub min: u32,
    /// Most; `None` = no limit.
    pub max: Option<u32>,
    /// Types of its value; empty when it is an extension of its own.
    pub types: Vec<&'static str>,
    /// Value set of its value.
    pub value_set: Option<&'static str>,
    /// How strictly.
    pub strength: Option<Strength>,
}

/// A value set that the guide itself publishes: systems, each with the codes taken (none: all).
#[derive(Debug)]
pub struct Set {
    /// Canonical address.
    pub url: &'static str,
    /// Computer name.
    pub name: &'static str,
    /// System, codes.
    pub includes: Vec<(&'static str, Vec<&'static str>)>,
}

/// An element of a FHIR R4 type.
#[derive(Debug)]
pub struct BaseElement {
    /// Its name; `value[x]` for a choice of types.
    pub name: &'static str,
    /// Fewest items.
    pub min: u32,
    /// Most items; `None` = no limit, and a list in JSON.
    pub max: Option<u32>,
    /// Types; a backbone is named by its path.
    pub types: Vec<&'static str>,
    /// Name of its required list of codes, when it is a small one.
    pub codes: Option<&'static str>,
    /// Resource types a reference may lead to.
    pub targets: Vec<&'static str>,
}

impl Tables {
    /// The tables inside the program, read on first use.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Tables> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            let tables = [
                include_str!("../data/base.tsv"),
                include_str!("../data/profiles.tsv"),
                include_str!("../data/extensions.tsv"),
            ];
            Self::read(tables).expect("a test reads the embedded tables")
        })
    }

    /// The guide that all of it comes from.
    pub fn guide(&self) -> Guide {
        self.guide
    }

    /// The profiles, in the order of the guide.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of a resource type.
    pub fn profile(&self, resource_type: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.resource_type == resource_type)
    }

    /// The extensions: those of the guide, then the standard ones its profiles name.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The extension that instances name by that address.
    pub fn extension(&self, url: &str) -> Option<&Extension> {
        self.extension_by_url.get(url).map(|at| &self.extensions[*at])
    }

    /// A value set that the guide itself publishes.
    pub fn set(&self, url: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.url == url)
    }

    /// The elements of a FHIR R4 type or backbone.
    pub fn elements(&self, type_name: &str) -> Option<&[BaseElement]> {
        self.base.get(type_name).map(Vec::as_slice)
    }

    /// The codes of a small list of FHIR R4 itself.
    pub fn codes(&self, name: &str) -> Option<&[&'static str]> {
        self.codes.get(name).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_the_guide() {
        let tables = Tables::embedded();
        assert_eq!(tables.profiles().len(), 9);
        let own = tables.extensions().iter().filter(|one| one.url.starts_with("https://interop.esante.gouv.fr/"));
        assert_eq!(own.count(), 48);
        assert!(tables.profiles().iter().all(|profile| profile.version == "0.7.0" && !profile.elements.is_empty()));
    }

    #[test]
    fn every_type_named_is_described() {
        let tables = Tables::embedded();
        let rows = tables.profiles().iter().flat_map(|profile| &profile.elements).flat_map(|row| &row.types);
        let values = tables
            .extensions()
            .iter()
            .flat_map(|one| one.types.iter().chain(one.parts.iter().flat_map(|part| &part.types)));
        let base = tables.base.values().flatten().flat_map(|element| &element.types);
        for name in rows.chain(values).chain(base) {
            let is_primitive = name.starts_with(|first: char| first.is_ascii_lowercase());
            let is_known = is_primitive || tables.elements(name).is_some();
            assert!(is_known || ["*", "Resource", "BackboneElement"].contains(name), "{name}");
        }
    }

    #[test]
    fn every_slice_says_how_its_items_are_told() {
        for profile in Tables::embedded().profiles() {
            for row in &profile.elements {
                let last = row.path.rsplit('.').next().unwrap_or_default();
                assert_eq!(last.contains(':'), row.how != How::Whole, "{} {}", profile.id, row.path);
            }
        }
    }

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        let read = |profiles| Tables::read(["", profiles, ""]).err().map(|error| error.line);
        assert_eq!(read("e\tname\t1\t1\t\tstring\t\t\t\t\t\t\t"), Some(1), "a row before its profile");
        assert_eq!(read("# x\nprofile\ta"), Some(2));
        assert_eq!(read("profile\ta\tb\tc\td\te\tf\ne\tname\tx\t1\t\tstring\t\t\t\t\t\t\t"), Some(2));
        assert_eq!(read("unknown\t"), Some(1));
    }
}
