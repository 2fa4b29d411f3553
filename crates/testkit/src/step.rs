//! What happens to a directory, one step after the other.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ror_fhir::Node;
use ror_search::ResourceType;

use crate::corpus::{self, capacity, extension, put, reference, sensitive_flag};
use crate::world::Slot;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// A client sends a whole resource: creation, then updates.
    Put {
        /// Which.
        slot: Slot,
        /// Its content.
        resource: Node,
    },
    /// A client changes something of what was last sent; nothing when nothing was.
    Edit {
        /// Which.
        slot: Slot,
        /// What.
        edit: Edit,
    },
    /// A client sends again what it last sent.
    Again(Slot),
    /// A file is taken in, by the ids of its slots; each resource with its age in seconds.
    Import(Vec<(Slot, Node, i64)>),
    /// Seconds go by.
    Wait(i64),
    /// The directory is closed and opened again on the same ledger.
    Restart,
    /// From here on the other of two processes is asked.
    Other,
}

/// A change of one resource.
#[derive(Clone, Debug)]
pub enum Edit {
    /// An offer becomes sensitive, or ordinary again.
    Sensitive(bool),
    /// An offer moves to other places and another structure.
    Move(Vec<Slot>, Slot),
    /// All levels of the resource become this one.
    Level(&'static str),
    /// Something that the public never sees, and some profiles do: beds of a place, an act of an
    /// offer, a contact of a structure; else an unknown extension.
    Hidden(u8),
    /// Something that everyone sees, if they see the resource at all.
    Name(&'static str),
    /// A structure hangs under another one.
    Part(Slot),
    /// An offer loses or gets what exposing it takes (D34).
    Exposed(bool),
    /// Opening hours of an offer or of a role: those that are over show nobody but the owner.
    Hours(Node),
}

/// Steps that build a corpus and work on it; `len` tells how many follow the first ones.
pub fn steps(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    (vec(put_any(), 6..14), vec(step(), len)).prop_map(|(mut first, then)| {
        first.extend(then);
        first
    })
}

/// Any step.
pub fn step() -> BoxedStrategy<Step> {
    let import = vec((any_slot_and_resource(), 0..200_000_i64), 1..6);
    prop_oneof![
        6 => put_any(),
        8 => edit_any(),
        1 => any_slot().prop_map(Step::Again),
        3 => import.prop_map(|items| Step::Import(once(items))),
        2 => (1..90_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => Just(Step::Other),
    ]
    .boxed()
}

/// A whole resource, sent.
pub fn put_any() -> impl Strategy<Value = Step> {
    any_slot_and_resource().prop_map(|(slot, resource)| Step::Put { slot, resource })
}

/// A change of whatever is there.
pub fn edit_any() -> impl Strategy<Value = Step> {
    let edit = prop_oneof![
        any::<bool>().prop_map(Edit::Sensitive),
        (vec(corpus::slot(ResourceType::Location), 0..3), corpus::slot(ResourceType::Organization))
            .prop_map(|(places, provider)| Edit::Move(places, provider)),
        select(vec!["1", "2", "3"]).prop_map(Edit::Level),
        (0..9_u8).prop_map(Edit::Hidden),
        select(corpus::NAMES.to_vec()).prop_map(Edit::Name),
        corpus::slot(ResourceType::Organization).prop_map(Edit::Part),
        corpus::hours().prop_map(Edit::Hours),
        any::<bool>().prop_map(Edit::Exposed),
    ];
    (any_slot(), edit).prop_map(|(slot, edit)| Step::Edit { slot, edit })
}

/// Any slot, offers and places first.
pub fn any_slot() -> impl Strategy<Value = Slot> {
    use ResourceType::{HealthcareService, Location, Organization, Practitioner, PractitionerRole, Questionnaire};
    let types = vec![
        HealthcareService,
        HealthcareService,
        HealthcareService,
        Location,
        Location,
        Location,
        Organization,
        Organization,
        Organization,
        Practitioner,
        PractitionerRole,
        Questionnaire,
    ];
    select(types).prop_flat_map(corpus::slot)
}

fn any_slot_and_resource() -> impl Strategy<Value = (Slot, Node)> {
    any_slot().prop_flat_map(|slot| (Just(slot), corpus::resource(slot)))
}

/// Each slot once: twice the same in one file is tested by itself.
fn once(items: Vec<((Slot, Node), i64)>) -> Vec<(Slot, Node, i64)> {
    let mut kept: Vec<(Slot, Node, i64)> = Vec::new();
    for ((slot, resource), age) in items {
        if kept.iter().all(|(known, ..)| *known != slot) {
            kept.push((slot, resource, age));
        }
    }
    kept
}

impl Edit {
    /// Makes the change, when it means something for that resource.
    pub fn make(&self, resource: &mut Node) {
        let is = |rtype: ResourceType| resource.str("resourceType") == Some(rtype.name());
        let (is_offer, is_place, is_structure) =
            (is(ResourceType::HealthcareService), is(ResourceType::Location), is(ResourceType::Organization));
        match self {
            Self::Sensitive(sensitive) if is_offer => {
                let flag = sensitive_flag(Some(*sensitive)).expect("said");
                set_extension(resource, vec![flag]);
            }
            Self::Move(places, provider) if is_offer => {
                put(resource, "location", Node::Array(places.iter().copied().map(reference).collect()));
                put(resource, "providedBy", reference(*provider));
            }
            Self::Exposed(exposed) if is_offer => {
                let activity = corpus::concept(corpus::SPECIALTY, corpus::SPECIALTIES[0]);
                put(resource, "specialty", Node::Array(if *exposed { vec![activity] } else { vec![] }));
            }
            Self::Level(level) => raise(resource, level),
            Self::Hidden(number) if is_place => {
                set_extension(resource, vec![capacity(["02", "01", "06"][usize::from(number % 3)], *number)]);
            }
            Self::Hidden(number) if is_offer && number % 2 == 1 => {
                let act = corpus::concept(corpus::system("act"), &format!("000{number}"));
                put(resource, "characteristic", Node::Array(vec![act]));
            }
            Self::Hidden(number) if is_structure && number % 2 == 1 => {
                let contact = corpus::contact_of_level(["2", "3"][usize::from(number / 2 % 2)], *number);
                put(resource, "contact", Node::Array(vec![contact]));
            }
            Self::Hidden(number) => {
                let unknown = ror_fhir::node!({"url": "https://example.org/x", "valueInteger": number});
                set_extension(resource, vec![unknown]);
            }
            Self::Hours(hours) if is_offer || is(ResourceType::PractitionerRole) => {
                put(resource, "availableTime", hours.clone());
            }
            Self::Name(name) if is_offer || is_place || is_structure => put(resource, "name", (*name).into()),
            Self::Part(parent) if is_structure => put(resource, "partOf", reference(*parent)),
            Self::Part(parent) if is_place => put(resource, "managingOrganization", reference(*parent)),
            _ => {}
        }
    }
}

/// Replaces the extensions of the same address.
fn set_extension(resource: &mut Node, new: Vec<Node>) {
    let mut all: Vec<Node> = resource.items("extension").cloned().collect();
    all.retain(|known| new.iter().all(|extension| extension.str("url") != known.str("url")));
    all.extend(new);
    put(resource, "extension", Node::Array(all));
}

fn raise(node: &mut Node, level: &str) {
    let is_level = node.str("url").is_some_and(|url| url.ends_with("confidentiality-level"));
    if is_level {
        let name = node.str("url").and_then(|url| url.strip_prefix(corpus::ROR)).unwrap_or_default().to_owned();
        *node = extension(&name, "valueCodeableConcept", corpus::concept(corpus::system("level"), level));
        return;
    }
    match node {
        Node::Array(items) => items.iter_mut().for_each(|item| raise(item, level)),
        Node::Object(object) => object.iter_mut().for_each(|(_, value)| raise(value, level)),
        _ => {}
    }
}
