//! Where a right of a person holds.

use serde::{Deserialize, Serialize};

/// Most codes in one scope.
const CODES_MAX: usize = 500;
/// Longest code, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// What sort of place or thing a scope is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeKind {
    /// The whole country.
    Nation,
    /// Regions, by INSEE code.
    Region,
    /// Departments, by INSEE code.
    Departement,
    /// Communes, by INSEE code.
    Commune,
    /// Legal entities, by FINESS.
    Ej,
    /// Establishments, by FINESS or idNat_Struct.
    Eg,
    /// Offers, by number (D44).
    Offer,
    /// The person's own practice.
    Own,
}

/// Where a right holds: things of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// What sort of things.
    pub kind: ScopeKind,
    /// Which ones; empty for the nation and for oneself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// What is known of where a thing lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// By these: of an establishment its legal entity, department and region, and so on. Empty when
    /// nothing is known to hold it.
    By(Vec<(ScopeKind, String)>),
    /// Several things bear that number: which of them is meant would be chance.
    Ambiguous,
}

/// What holds a thing, told by whoever knows the directory.
pub type Holders<'a> = dyn Fn(ScopeKind, &str) -> Held + 'a;

impl ScopeKind {
    /// The word of the command line and of records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nation => "nation",
            Self::Region => "region",
            Self::Departement => "departement",
            Self::Commune => "commune",
            Self::Ej => "ej",
            Self::Eg => "eg",
            Self::Offer => "offer",
            Self::Own => "own",
        }
    }

    const fn has_codes(self) -> bool {
        !matches!(self, Self::Nation | Self::Own)
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        use ScopeKind::{Commune, Departement, Eg, Ej, Nation, Offer, Own, Region};
        [Nation, Region, Departement, Commune, Ej, Eg, Offer, Own].into_iter().find(|kind| kind.word() == word)
    }
}

impl Scope {
    /// The whole country.
    pub const fn nation() -> Self {
        Self { kind: ScopeKind::Nation, codes: Vec::new() }
    }

    /// The person's own practice.
    pub const fn own() -> Self {
        Self { kind: ScopeKind::Own, codes: Vec::new() }
    }

    /// Things of one kind.
    pub fn of(kind: ScopeKind, codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { kind, codes: codes.into_iter().map(Into::into).collect() }
    }

    /// Whether it names something, in the form that its kind wants.
    pub fn is_well_formed(&self) -> bool {
        let is_code = |code: &String| {
            !code.is_empty()
                && code.len() <= CODE_BYTES_MAX
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/._".contains(&byte))
        };
        if !self.kind.has_codes() {
            return self.codes.is_empty();
        }
        !self.codes.is_empty() && self.codes.len() <= CODES_MAX && self.codes.iter().all(is_code)
    }

    /// The first of its codes that several things bear.
    pub fn ambiguous(&self, holders: &Holders<'_>) -> Option<&str> {
        self.codes.iter().find(|code| holders(self.kind, code) == Held::Ambiguous).map(String::as_str)
    }

    /// Whether all of it lies within `wider`. What nothing is known to hold lies in the nation only.
    pub fn is_within(&self, wider: &Self, holders: &Holders<'_>) -> bool {
        if wider.kind == ScopeKind::Nation {
            return self.kind != ScopeKind::Own;
        }
        let is_held = |code: &String| {
            let holds = |kind: ScopeKind, code: &str| kind == wider.kind && wider.codes.iter().any(|held| held == code);
            let around = || match holders(self.kind, code) {
                Held::By(list) => list.iter().any(|(kind, code)| holds(*kind, code)),
                Held::Ambiguous => false,
            };
            holds(self.kind, code) || around()
        };
        !self.codes.is_empty() && wider.kind.has_codes() && self.codes.iter().all(is_held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holders(kind: ScopeKind, code: &str) -> Held {
        Held::By(match (kind, code) {
            (ScopeKind::Eg, "010000024") => {
                vec![(ScopeKind::Ej, "010000008".to_owned()), (ScopeKind::Region, "84".to_owned())]
            }
            (ScopeKind::Ej, "010000008") => vec![(ScopeKind::Region, "84".to_owned())],
            _ => Vec::new(),
        })
    }

    #[test]
    fn a_scope_lies_within_what_holds_all_of_it() {
        let eg = Scope::of(ScopeKind::Eg, ["010000024"]);
        let two = Scope::of(ScopeKind::Eg, ["010000024", "690000001"]);
        let region = Scope::of(ScopeKind::Region, ["84"]);
        let ej = Scope::of(ScopeKind::Ej, ["010000008"]);
        for (inner, wider, expected) in [
            (&eg, &eg, true),
            (&eg, &ej, true),
            (&eg, &region, true),
            (&eg, &Scope::nation(), true),
            (&two, &region, false),
            (&two, &Scope::nation(), true),
            (&region, &eg, false),
            (&Scope::nation(), &region, false),
            (&Scope::own(), &Scope::nation(), false),
            (&eg, &Scope::own(), false),
            (&Scope::own(), &Scope::own(), false),
        ] {
            assert_eq!(inner.is_within(wider, &holders), expected, "{inner:?} in {wider:?}");
        }
    }

    #[test]
    fn a_scope_names_what_its_kind_wants() {
        assert!(Scope::nation().is_well_formed() && Scope::of(ScopeKind::Offer, ["84/00000012"]).is_well_formed());
        for wrong in [
            Scope::of(ScopeKind::Eg, [""; 0]),
            Scope::of(ScopeKind::Eg, [""]),
            Scope::of(ScopeKind::Eg, ["<b>"]),
            Scope::of(ScopeKind::Nation, ["84"]),
            Scope::of(ScopeKind::Eg, vec!["1"; CODES_MAX + 1]),
        ] {
            assert!(!wrong.is_well_formed(), "{:?}", wrong.kind);
        }
        for kind in ["nation", "region", "departement", "commune", "ej", "eg", "offer", "own"] {
            let read: ScopeKind = serde_json::from_value(kind.into()).expect("the word of records");
            assert_eq!(ScopeKind::of_word(kind), Some(read));
        }
    }
}
