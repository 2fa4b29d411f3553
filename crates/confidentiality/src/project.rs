//! One resource, seen by every audience at once.

mod groups;
mod levels;
mod marks;
mod scope;
mod walk;

use std::ops::Range;
use std::sync::Arc;

use ror_fhir::{Node, Path};

use crate::{Audience, AudienceMask, Facts, Policy};

/// What each audience may see of one resource.
///
/// The text is held once; an audience's projection is that text less some byte ranges.
#[derive(Clone, Debug)]
pub struct Projection {
    body: Arc<[u8]>,
    visible: AudienceMask,
    sight: Sight,
    groups: Vec<Group>,
}

/// Whose reading of a resource is kept (D63): those whose projection holds what is named here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// A contact or a telecom of level 2 that names a person.
    pub named_contact: AudienceMask,
    /// Something of level 3.
    pub level_3: AudienceMask,
}

/// The audiences that see the same projection of a resource.
#[derive(Clone, Debug)]
pub struct Group {
    /// These audiences; never empty.
    pub audiences: AudienceMask,
    /// The byte ranges of [`Projection::body`] to leave out: ascending, apart from each
    /// other. What remains is the canonical text of `resource`.
    pub cuts: Box<[Range<u32>]>,
    /// The resource as these audiences see it, from which search terms are taken.
    pub resource: Node,
}

impl Projection {
    /// Who sees the resource at all; for the others it does not exist.
    pub const fn visible(&self) -> AudienceMask {
        self.visible
    }

    /// Who sees of it what has its reading kept.
    pub const fn sight(&self) -> Sight {
        self.sight
    }

    /// The canonical text of the whole resource: for storage, never for answering.
    pub const fn body(&self) -> &Arc<[u8]> {
        &self.body
    }

    /// The distinct projections; each audience of [`visible`](Self::visible) is in one of them.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Who sees an element of the resource: all that `path`, a FHIRPath expression of the subset,
    /// selects in it, and nothing less of that (D30). The resource itself: who sees it at all.
    ///
    /// A path that selects nothing, or that cannot be read, may be about anything of the resource,
    /// its telecoms of level 3 included: profile 1 and the owner.
    pub fn readers(&self, path: &str) -> AudienceMask {
        let hidden = self.visible & (Audience::ALL_DATA.mask() | Audience::OWNER.mask());
        let Some(whole) = self.group(Audience::OWNER).map(|group| &group.resource) else { return hidden };
        let Ok(path) = Path::compile(path) else { return hidden };
        if whole.str("resourceType") != Some(path.rtype()) {
            return hidden;
        }
        match path.select(whole)[..] {
            [] => hidden,
            [only] if std::ptr::eq(only, whole) => self.visible,
            ref selected => {
                let same = self.groups.iter().filter(|group| path.select(&group.resource) == *selected);
                same.fold(hidden, |mask, group| mask | group.audiences)
            }
        }
    }

    /// The projection for `audience`; `None` when the resource does not exist for it.
    pub fn group(&self, audience: Audience) -> Option<&Group> {
        self.groups.iter().find(|group| group.audiences.contains(audience))
    }
}

/// Decides, element by element, which audiences see what of `resource`.
///
/// What the policy does not name goes to profile 1 and the owner only (D18); the narrative
/// (`text`) and `contained` go to nobody.
pub fn project(resource: &Node, facts: &Facts<'_>, policy: &Policy) -> Projection {
    project_hours(resource, facts, &|_| false, policy)
}

/// The same, less the opening hours that are over: what `is_over` says so of, among the items of
/// `availableTime`, goes to the owner only (RG_EXP_018, D80). Whoever stores projections knows
/// the time, and what a slot says of it.
pub fn project_hours(
    resource: &Node,
    facts: &Facts<'_>,
    is_over: &dyn Fn(&Node) -> bool,
    policy: &Policy,
) -> Projection {
    let (body, marks, sight) = walk::walk(resource, facts, is_over, policy);
    let visible = marks.root();
    let groups = groups::of(resource, &marks);
    Projection { body: body.into(), visible, sight, groups }
}
