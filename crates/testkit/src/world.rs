//! A directory on a ledger of its own, with an imposed clock and chance.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_directory::{Change, Directory, Environment, ImportItem, Replaces, WriteError};
use ror_fhir::{Instant, Node};
use ror_ledger::SqliteLedger;
use ror_profiles::Handling;
use ror_search::ResourceType;

use crate::oracle::Key;
use crate::step::Step;

/// When worlds begin: 1 January 2026, 8 h in Paris.
const START: Instant = 1_767_250_800_000;

/// A place for one resource, known before its logical id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Its type.
    pub rtype: ResourceType,
    /// Its number.
    pub number: u8,
}

impl Slot {
    /// Name of the slot, which is also the logical id of a resource that comes by import.
    pub fn name(self) -> String {
        let letter = match self.rtype {
            ResourceType::HealthcareService => 'h',
            ResourceType::Location => 'l',
            ResourceType::Organization => 'o',
            ResourceType::Practitioner => 'p',
            ResourceType::PractitionerRole => 'r',
            ResourceType::Questionnaire => 'q',
            ResourceType::Task => 't',
            ResourceType::Measure => 'm',
            ResourceType::MeasureReport => 'v',
        };
        format!("{letter}{}", self.number)
    }
}

/// A folder that goes when dropped. A flush costs nothing in memory; a disk makes these tests ten times slower.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// A grant for tests.
pub fn grant(audience: Audience, write: bool) -> Grant {
    let (declassify, write) = (write, if write { WriteScope::National } else { WriteScope::None });
    #[expect(clippy::disallowed_methods, reason = "a test asks under every audience")]
    Grant::mint(audience, "testkit".into(), Rights { templates: declassify, declassify, write, ..Rights::default() })
}

/// A directory, its ledger and its clock.
pub struct World {
    folder: tempfile::TempDir,
    clock: Arc<AtomicI64>,
    /// What the next random bytes are made from: equal steps of two worlds draw equal ids.
    seed: Arc<AtomicU64>,
    asked: Option<Arc<Directory>>,
    other: Option<Arc<Directory>>,
    ids: BTreeMap<Slot, String>,
    sent: BTreeMap<Slot, Node>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty directory.
    ///
    /// # Panics
    /// When no ledger can be opened.
    pub fn new() -> Self {
        let mut world = Self {
            folder: folder(),
            clock: Arc::new(AtomicI64::new(START)),
            seed: Arc::new(AtomicU64::new(1)),
            asked: None,
            other: None,
            ids: BTreeMap::new(),
            sent: BTreeMap::new(),
        };
        world.asked = Some(world.open());
        world
    }

    fn open(&self) -> Arc<Directory> {
        let ledger = self.ledger();
        let (clock, seed) = (Arc::clone(&self.clock), Arc::clone(&self.seed));
        let random = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                let next = seed.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
            }
        };
        let environment = Environment {
            now: Arc::new(move || clock.load(Ordering::Relaxed)),
            random: Arc::new(random),
            geography: &crate::FewCommunes,
        };
        #[expect(clippy::disallowed_methods, reason = "what may go wrong in a corpus is what no rule takes")]
        Directory::open_without_rules(Arc::new(ledger), environment).expect("a directory")
    }

    /// The ledger, read by itself.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn ledger(&self) -> SqliteLedger {
        SqliteLedger::open(&self.folder.path().join("ledger.sqlite")).expect("a ledger")
    }

    /// The directory, knowing all that was written.
    ///
    /// # Panics
    /// When the ledger cannot be read.
    pub fn directory(&self) -> &Directory {
        let directory = self.asked.as_deref().expect("open");
        directory.catch_up().expect("the ledger is readable");
        directory
    }

    /// The same, to be served.
    ///
    /// # Panics
    /// As [`directory`](Self::directory).
    pub fn shared(&self) -> Arc<Directory> {
        self.directory();
        Arc::clone(self.asked.as_ref().expect("open"))
    }

    /// The imposed clock.
    pub fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.clock)
    }

    /// Takes resources in as they are, by their own ids.
    ///
    /// # Panics
    /// When one has no id, or is not taken.
    pub fn load(&self, resources: Vec<Node>) {
        let updated = self.clock.load(Ordering::Relaxed);
        let items = resources.into_iter().map(|resource| ImportItem {
            key: None,
            replaces: Replaces::Anyone,
            resource,
            updated,
            mint: None,
        });
        let summary = self.shared().import("testkit", items.collect(), &mut |_| {}).expect("the ledger takes it");
        assert_eq!((summary.rejected, summary.problems), (0, vec![]));
    }

    /// The moment.
    pub fn now(&self) -> Instant {
        self.clock.load(Ordering::Relaxed)
    }

    /// Sets the chance for what follows, and the moment where it is not past already: two worlds
    /// that are to be compared do so before each step that both take. A clock never goes back,
    /// or a night that nobody looked at would pass in one of the two only.
    pub fn impose(&self, second: i64, seed: u64) {
        self.clock.fetch_max(START + second * 1000, Ordering::Relaxed);
        self.seed.store(seed.wrapping_mul(1_000_003) + 1, Ordering::Relaxed);
    }

    /// The logical id of a slot: its name when nothing was created there.
    pub fn id(&self, slot: Slot) -> String {
        self.ids.get(&slot).cloned().unwrap_or_else(|| slot.name())
    }

    /// Logical ids by the name of their slot, where they differ.
    pub fn ids(&self) -> BTreeMap<String, String> {
        self.ids.iter().map(|(slot, id)| (slot.name(), id.clone())).collect()
    }

    /// What a step would send, slot by slot; nothing for steps that send nothing.
    pub fn would_send(&self, step: &Step) -> Vec<(Slot, Node)> {
        match step {
            Step::Put { slot, resource } => vec![(*slot, resource.clone())],
            Step::Edit { slot, edit } => {
                let Some(mut resource) = self.sent.get(slot).cloned() else { return vec![] };
                edit.make(&mut resource);
                vec![(*slot, resource)]
            }
            Step::Again(slot) => self.sent.get(slot).map(|resource| (*slot, resource.clone())).into_iter().collect(),
            Step::Import(items) => items.iter().map(|(slot, resource, _)| (*slot, resource.clone())).collect(),
            Step::Wait(_) | Step::Restart | Step::Other => vec![],
        }
    }

    /// The same with ids, as it would be held: to know beforehand what it would show.
    pub fn preview(&self, step: &Step) -> Vec<(Key, Node)> {
        let held = |(slot, resource): (Slot, Node)| {
            let is_import = matches!(step, Step::Import(_));
            let is_new = !self.sent.contains_key(&slot);
            // Nothing refers yet to an id that is still to be drawn.
            let id = if is_new && !is_import { format!("new-{}", slot.name()) } else { self.id(slot) };
            let mut resource = self.resolve(&resource);
            crate::corpus::put(&mut resource, "text", Node::Null);
            ((slot.rtype, id), resource)
        };
        self.would_send(step).into_iter().map(held).collect()
    }

    /// Takes steps, one after the other.
    pub fn run_all(&mut self, steps: &[Step]) {
        for step in steps {
            self.run(step);
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    /// When the directory refuses what it must take, or does not hold what was sent.
    pub fn run(&mut self, step: &Step) {
        match step {
            Step::Wait(seconds) => {
                self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
            }
            Step::Restart => {
                self.asked = None;
                self.asked = Some(self.open());
            }
            Step::Other => {
                let other = self.other.take().unwrap_or_else(|| self.open());
                self.other = self.asked.replace(other);
            }
            Step::Import(items) => self.import(items),
            Step::Put { .. } | Step::Edit { .. } | Step::Again(_) => {
                for (slot, resource) in self.would_send(step) {
                    self.send(slot, &resource);
                }
            }
        }
        for (slot, resource) in self.would_send(step) {
            self.sent.insert(slot, resource);
        }
    }

    fn send(&mut self, slot: Slot, resource: &Node) {
        let resource = self.resolve(resource);
        let is_known = self.sent.contains_key(&slot);
        let change = if is_known {
            Change::Update { rtype: slot.rtype, id: self.id(slot), resource: resource.clone(), if_match: None }
        } else {
            Change::Create { resource: resource.clone() }
        };
        // Also what is hidden from this profile is its to write, since it may write everywhere (D41).
        let author = grant(Audience::ALL_DATA, true);
        let written = self.asked.as_ref().expect("open").write(&author, change, Handling::Lenient);
        match written {
            Ok(written) => {
                assert_eq!(written.created, !is_known);
                if !is_known {
                    self.ids.insert(slot, written.id);
                }
                self.check_held(slot, &resource);
            }
            Err(error @ WriteError::Duplicate { .. }) => panic!("{slot:?}: {error}"),
            Err(error) => panic!("{slot:?} {resource:?}: {error}"),
        }
    }

    fn import(&mut self, items: &[(Slot, Node, i64)]) {
        let now = self.clock.load(Ordering::Relaxed);
        let proposed = items.iter().map(|(slot, resource, age)| {
            let mut resource = self.resolve(resource);
            crate::corpus::put(&mut resource, "id", self.id(*slot).into());
            ImportItem { key: None, replaces: Replaces::Anyone, resource, updated: now - age * 1000, mint: None }
        });
        let directory = Arc::clone(self.asked.as_ref().expect("open"));
        let summary = directory.import("testkit", proposed.collect(), &mut |_| {}).expect("the ledger takes it");
        assert_eq!((summary.rejected, summary.problems), (0, vec![]));
        for (slot, resource, _) in items {
            let resource = self.resolve(resource);
            self.check_held(*slot, &resource);
        }
    }

    /// What was acknowledged is visible at once, whole, to the owner.
    fn check_held(&self, slot: Slot, sent: &Node) {
        let snapshot = self.asked.as_ref().expect("open").snapshot();
        let grant = grant(Audience::OWNER, false);
        let held = snapshot.view(&grant).read(slot.rtype, &self.id(slot)).expect("the owner sees everything");
        assert_eq!(bare(held.to_node()), bare(sent.clone()), "{slot:?}");
    }

    /// Names of slots become ids.
    fn resolve(&self, node: &Node) -> Node {
        match node {
            Node::Array(items) => Node::Array(items.iter().map(|item| self.resolve(item)).collect()),
            Node::Object(object) => {
                let members = object.iter().map(|(key, value)| {
                    let value = match value.as_str() {
                        Some(text) if key == "reference" => self.resolve_reference(text).into(),
                        _ => self.resolve(value),
                    };
                    (key.to_owned(), value)
                });
                Node::Object(members.collect())
            }
            other => other.clone(),
        }
    }

    fn resolve_reference(&self, text: &str) -> String {
        let found = self.ids.iter().find(|(slot, _)| format!("{}/{}", slot.rtype, slot.name()) == text);
        found.map_or_else(|| text.to_owned(), |(slot, id)| format!("{}/{id}", slot.rtype))
    }
}

/// A resource less what the server gives or never keeps.
fn bare(mut resource: Node) -> Node {
    for key in ["id", "text"] {
        crate::corpus::put(&mut resource, key, Node::Null);
    }
    if let Some(Node::Object(mut meta)) = resource.get("meta").cloned() {
        meta.remove("versionId");
        meta.remove("lastUpdated");
        let meta = if meta.is_empty() { Node::Null } else { Node::Object(meta) };
        crate::corpus::put(&mut resource, "meta", meta);
    }
    sorted(resource)
}

fn sorted(node: Node) -> Node {
    match node {
        Node::Object(object) => {
            let members: BTreeMap<String, Node> =
                object.iter().map(|(key, value)| (key.to_owned(), sorted(value.clone()))).collect();
            Node::Object(members.into_iter().collect())
        }
        other => other,
    }
}
