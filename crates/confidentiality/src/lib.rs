//! Who may see what, decided before anything is stored in an index.
//!
//! *A request by audience A behaves, byte for byte, as if the server held only
//! `project(resource, facts, A)`.*
//!
//! * [`Audience`], [`AudienceMask`]: the six access profiles and the owner.
//! * [`Facts`]: what a projection may read from related resources.
//! * [`Policy`]: the table of rules and elements, as versioned data; whatever it does not
//!   name is withheld (D18).
//! * [`project()`]: one resource seen by all audiences at once, as byte ranges to leave out.
//! * [`Grant`]: who asks; nothing can be read without one.
//!
//! Pure: no file, no clock, no chance. It does not know how resources are stored, searched
//! or written.

mod audience;
mod facts;
mod grant;
mod policy;
mod project;

pub use audience::{AUDIENCES, Audience, AudienceMask};
pub use facts::{Facts, Field, OfferFacts, OrganizationKind, OwnFacts, is_medico_social_category};
pub use grant::{Grant, Rights, WriteScope};
pub use policy::{Policy, PolicyError};
pub use project::{Group, Projection, Sight, project, project_hours};
