//! Grants: proof of who is asking, which cannot be made up.

use crate::Audience;

/// Who asks, with what right. Only the `identity` crate makes one.
///
/// Whatever reads or writes takes a grant; so a path that would serve data without one
/// does not compile. A grant cannot be copied to outlive its request, nor read from a
/// token, a file or a header:
///
/// ```compile_fail,E0599
/// fn keep(grant: &ror_confidentiality::Grant) -> ror_confidentiality::Grant {
///     ror_confidentiality::Grant::clone(grant)
/// }
/// ```
///
/// ```compile_fail,E0451
/// use ror_confidentiality::{Audience, Grant, Rights};
/// let grant = Grant {
///     audience: Audience::OWNER,
///     client: String::new(),
///     actor: String::new(),
///     rights: Rights::default(),
/// };
/// ```
///
/// ```compile_fail,E0277
/// fn read<'a, T: serde::Deserialize<'a>>() {}
/// read::<ror_confidentiality::Grant>();
/// ```
#[derive(Debug)]
pub struct Grant {
    audience: Audience,
    client: String,
    actor: String,
    rights: Rights,
}

/// What a client may change, and whether it may read who did what; none by default (D81).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one (D81), not a state")]
pub struct Rights {
    /// Content resources: offers, places, structures, professionals.
    pub write: WriteScope,
    /// Lowering a level from 3 or removing a sensitive flag (D49).
    pub declassify: bool,
    /// Questionnaire.
    pub templates: bool,
    /// Every move of an anomaly (D46).
    pub quality: bool,
    /// The traces of calls (D63).
    pub audit: bool,
    /// Establishments, by FINESS or idNat_Struct, whose capacity it may send (D45).
    pub provider: Vec<String>,
}

/// Where a client may write content resources (D81).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteScope {
    /// Nowhere.
    #[default]
    None,
    /// Everywhere.
    National,
    /// Under these establishments (EJ or EG), by FINESS or idNat_Struct.
    Establishments(Vec<String>),
}

impl Grant {
    /// Makes the grant of a machine, which acts under its own client id. For `identity` alone.
    #[doc(hidden)]
    pub fn mint(audience: Audience, actor: String, rights: Rights) -> Self {
        Self { audience, client: actor.clone(), actor, rights }
    }

    /// Makes the grant of `actor` using the software `client`. For `identity` alone.
    #[doc(hidden)]
    pub fn mint_through(audience: Audience, client: String, actor: String, rights: Rights) -> Self {
        Self { audience, client, actor, rights }
    }

    /// The one audience under which everything is read.
    pub const fn audience(&self) -> Audience {
        self.audience
    }

    /// The client id of the calling software: page cursors are bound to it (D5).
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The label written in traces.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// What it may change.
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Whether it may write content resources somewhere; where is judged on the objects.
    pub fn may_write(&self) -> bool {
        match &self.rights.write {
            WriteScope::None => false,
            WriteScope::National => true,
            WriteScope::Establishments(establishments) => !establishments.is_empty(),
        }
    }

    /// Whether it may write any content resource.
    pub fn may_write_nationally(&self) -> bool {
        self.rights.write == WriteScope::National
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a grant is made here to be examined, never to read")]

    use super::*;

    #[test]
    fn a_grant_may_write_only_what_its_rights_say() {
        for (write, anywhere, nationally) in [
            (WriteScope::None, false, false),
            (WriteScope::Establishments(Vec::new()), false, false),
            (WriteScope::Establishments(vec!["010000024".into()]), true, false),
            (WriteScope::National, true, true),
        ] {
            let rights = Rights { write, ..Rights::default() };
            let grant = Grant::mint(Audience::ALL_DATA, "samu-01".into(), rights);
            assert_eq!((grant.may_write(), grant.may_write_nationally()), (anywhere, nationally));
            assert_eq!((grant.client(), grant.actor()), ("samu-01", "samu-01"));
        }
        assert_eq!(Rights::default().write, WriteScope::None);
    }
}
