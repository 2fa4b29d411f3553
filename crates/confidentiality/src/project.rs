//! One resource, seen by every audience at once.

mod groups;
mod marks;

use std::ops::Range;
use std::sync::Arc;

use ror_fhir::Node;

use crate::{Audience, AudienceMask, Facts, Policy};
use marks::Marks;

/// What each audience may see of one resource.
///
/// The text is held once; an audience's projection is that text less some byte ranges.
#[derive(Clone, Debug)]
pub struct Projection {
    body: Arc<[u8]>,
    visible: AudienceMask,
    groups: Vec<Group>,
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

    /// The canonical text of the whole resource: for storage, never for answering.
    pub const fn body(&self) -> &Arc<[u8]> {
        &self.body
    }

    /// The distinct projections; each audience of [`visible`](Self::visible) is in one of them.
    pub fn groups(&self) -> &[Group] {
        &self.groups
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
    let (body, marks) = mark(resource, facts, policy);
    let visible = marks.root();
    let groups = groups::of(resource, &marks);
    Projection { body: body.into(), visible, groups }
}

fn mark(resource: &Node, _facts: &Facts<'_>, _policy: &Policy) -> (Vec<u8>, Marks) {
    let other = Audience::ALL_DATA.mask() | Audience::OWNER.mask();
    let mut out = Vec::with_capacity(1024);
    let mut marks = Marks::default();
    let Some(object) = resource.as_object() else {
        resource.write(&mut out);
        marks.leaf(0, out.len(), AudienceMask::NONE);
        return (out, marks);
    };
    let root = marks.open(0);
    out.push(b'{');
    for (at, (key, value)) in object.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let start = out.len();
        Node::write_str(key, &mut out);
        out.push(b':');
        value.write(&mut out);
        let mask = if matches!(key, "text" | "contained") { AudienceMask::NONE } else { other };
        marks.leaf(start, out.len(), mask);
    }
    out.push(b'}');
    marks.close(root, out.len(), other);
    (out, marks)
}
