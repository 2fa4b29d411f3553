//! Taking in what a register or a file proposes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::{Receiver, sync_channel};

use ror_fhir::{DateTime, Instant, Node, Reference, is_logical_id, node};
use ror_ledger::{LedgerError, SourceKeys};
use ror_profiles::Finding;
use ror_profiles::rules::exposure::not_exposed_without_provider;
use ror_search::ResourceType;
use ror_terminology::Terminology;

use crate::apply::Author;
use crate::canonical;
use crate::directory::{Directory, DirectoryError};
use crate::graph::Key;
use crate::identifier::MintedKind;
use crate::rules::{Rules, lost_reference, references};
use crate::writer::Job;

/// Resources of one transaction. Offers travel with their places when they are adjacent,
/// which spares projecting a place twice.
const CHUNK: usize = 512;
/// How a reference to another proposed resource is written: this, then its key.
const KEY_PREFIX: &str = "key:";

/// Where an offer names the structure without which it is not exposed (D34).
const PROVIDER: &str = "HealthcareService.providedBy";

/// From the keys of one import to type and logical id; references know the key alone.
type Ids = HashMap<String, Key>;

/// One resource proposed.
#[derive(Clone, Debug)]
pub struct ImportItem {
    /// Where it is found again; `None` when it carries its own id.
    pub key: Option<ImportKey>,
    /// The resource. References to other items may be written `key:` and their key.
    pub resource: Node,
    /// Update date that the source gives (D38).
    pub updated: Instant,
    /// Identifier to draw at creation: its kind and the INSEE code of the region.
    pub mint: Option<(MintedKind, String)>,
    /// Whose writing it may take the place of.
    pub replaces: Replaces,
}

/// The key of a resource in a register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportKey {
    /// The register. Two registers that speak of the same structures share one name here.
    pub source: String,
    /// Stable key in it, such as `eg/010000024`.
    pub key: String,
}

/// Whose writing an item may take the place of: a register never undoes what a person or a
/// better register has written since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// Whatever is held.
    Anyone,
    /// What these sources wrote last.
    Sources(&'static [&'static str]),
    /// Nothing: it only fills a gap.
    Nobody,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Position of the item in the list handed in.
    pub position: usize,
    /// It is new.
    pub created: bool,
    /// It is new or differs from what was held.
    pub changed: bool,
    /// What was wrong with it.
    pub problem: Option<ImportProblem>,
}

/// Something wrong with one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportProblem {
    /// Not taken: no type that the directory keeps, no usable id, or twice the same key.
    Rejected(String),
    /// Taken; its identifier is that of another resource (D34).
    DuplicateIdentifier,
    /// Taken; it falls short of the guide (D34).
    Shortfalls(Vec<Finding>),
    /// Left as it is: someone else has written it since.
    HeldByAnother,
    /// Taken; a reference names an item that is not among those proposed, and was left out.
    UnknownKey(String),
}

/// Told after each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// Items that are durable, or were found unchanged.
    pub done: usize,
    /// Items in all.
    pub total: usize,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Resources that are new.
    pub created: usize,
    /// Resources that changed.
    pub updated: usize,
    /// Resources found as they were.
    pub unchanged: usize,
    /// Items not taken.
    pub rejected: usize,
    /// Everything worth telling about single items, by position.
    pub problems: Vec<(usize, ImportProblem)>,
}

/// What the name of an import as author begins with in the ledger.
const IMPORT: &str = "import:";

/// How the ledger names an import as author.
pub(crate) fn import_actor(source: &str) -> String {
    format!("{IMPORT}{source}")
}

/// What kind of author the ledger names so.
pub(crate) fn author(actor: &str) -> Author {
    if actor.starts_with(IMPORT) { Author::Source } else { Author::Client }
}

/// Items of one transaction, ready for the writer.
pub(crate) struct Chunk {
    pub(crate) actor: String,
    pub(crate) items: Vec<ChunkItem>,
}

pub(crate) struct ChunkItem {
    pub(crate) position: usize,
    pub(crate) key: Key,
    pub(crate) resource: Node,
    pub(crate) updated: Instant,
    pub(crate) mint: Option<(MintedKind, String)>,
    pub(crate) source: Option<(String, String)>,
    pub(crate) replaces: Replaces,
}

impl Directory {
    /// Takes in `items` from `source`, in transactions of some hundreds. What was told to
    /// `progress` is durable: a process killed then loses none of it, and a second run
    /// completes the rest.
    ///
    /// # Errors
    /// [`DirectoryError`] when the ledger refuses; what was told before stays.
    pub fn import(
        &self,
        source: &str,
        items: Vec<ImportItem>,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<ImportSummary, DirectoryError> {
        let total = items.len();
        let mut summary = ImportSummary::default();
        let ids = self.allocate(&items)?;
        let (rules, now) = (self.rules, (self.environment.now)());
        let mut reader = ItemReader::new(rules, now, ids);
        let actor = import_actor(source);
        let mut pending = items.into_iter().enumerate().peekable();
        let mut read = 0;
        // One chunk is being written while the next one is prepared.
        let mut in_flight: Option<InFlight> = None;
        while pending.peek().is_some() {
            let mut items = Vec::with_capacity(CHUNK);
            while items.len() < CHUNK {
                let Some((position, item)) = pending.next() else { break };
                read += 1;
                items.extend(reader.read(position, item));
            }
            let next = self.send(Chunk { actor: actor.clone(), items }, read)?;
            if let Some(sent) = in_flight.replace(next) {
                summary.settle(&sent, total, progress)?;
            }
        }
        if let Some(sent) = in_flight {
            summary.settle(&sent, total, progress)?;
        }
        // Only now is all that comes there: a target may stand in the last file.
        let snapshot = self.snapshot();
        reader.lost(&|(rtype, id)| snapshot.former(*rtype, id).is_some());
        summary.rejected = reader.rejected;
        summary.problems.append(&mut reader.problems);
        summary.problems.sort_by_key(|(position, _)| *position);
        Ok(summary)
    }

    fn send(&self, chunk: Chunk, done: usize) -> Result<InFlight, DirectoryError> {
        let (reply, outcome) = sync_channel(1);
        self.jobs.send(Job::Import(chunk, reply)).map_err(|_| DirectoryError::Stopped)?;
        Ok(InFlight { outcome, done })
    }

    /// The logical id of each key: the one it has, else a fresh one.
    fn allocate(&self, items: &[ImportItem]) -> Result<Ids, DirectoryError> {
        let mut known: HashMap<&str, SourceKeys> = HashMap::new();
        let mut ids = Ids::new();
        for item in items {
            let (Some(key), Ok(rtype)) = (&item.key, canonical::resource_type(&item.resource)) else { continue };
            if !known.contains_key(&*key.source) {
                known.insert(&key.source, self.ledger.source(&key.source)?);
            }
            let held = known[&*key.source].get(&key.key).filter(|(held, _)| held == rtype.name());
            let id = held.map_or_else(|| self.new_id(), |(_, id)| id.clone());
            ids.insert(key.key.clone(), (rtype, id.into()));
        }
        Ok(ids)
    }
}

/// A chunk handed to the writer, and how many items are read once it is written.
struct InFlight {
    outcome: Receiver<Result<Vec<Imported>, LedgerError>>,
    done: usize,
}

impl ImportSummary {
    /// Waits until a chunk is durable, then tells.
    fn settle(
        &mut self,
        sent: &InFlight,
        total: usize,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<(), DirectoryError> {
        for outcome in sent.outcome.recv().map_err(|_| DirectoryError::Stopped)?? {
            self.count(outcome);
        }
        progress(ImportProgress { done: sent.done, total });
        Ok(())
    }

    fn count(&mut self, outcome: Imported) {
        match (outcome.created, outcome.changed) {
            (true, _) => self.created += 1,
            (false, true) => self.updated += 1,
            (false, false) => self.unchanged += 1,
        }
        self.problems.extend(outcome.problem.map(|problem| (outcome.position, problem)));
    }
}

/// Turns items into rows to write, and notes what is wrong with them.
struct ItemReader {
    rules: Rules,
    now: Instant,
    ids: Ids,
    /// What was read already: a second time is a fault of the source, and the first one stands.
    seen: HashSet<Key>,
    problems: Vec<(usize, ImportProblem)>,
    rejected: usize,
    awaited: Awaited,
}

/// References to what has not been read yet, each by target, item and path. Paths are few, items
/// and targets as many as the file has: paths are kept once.
#[derive(Default)]
struct Awaited {
    paths: Vec<String>,
    path_numbers: HashMap<String, usize>,
    targets: HashMap<(String, String), Vec<(usize, usize)>>,
}

impl Awaited {
    fn note(&mut self, position: usize, path: &str, rtype: &str, id: &str) {
        let number = self.path_numbers.get(path).copied().unwrap_or_else(|| {
            self.paths.push(path.to_owned());
            self.path_numbers.insert(path.to_owned(), self.paths.len() - 1);
            self.paths.len() - 1
        });
        self.targets.entry((rtype.to_owned(), id.to_owned())).or_default().push((position, number));
    }
}

impl ItemReader {
    fn new(rules: Rules, now: Instant, ids: Ids) -> Self {
        let (seen, problems) = (HashSet::new(), Vec::new());
        Self { rules, now, ids, seen, problems, rejected: 0, awaited: Awaited::default() }
    }

    /// Remembers the references of an item whose target has not been read.
    fn await_targets(&mut self, position: usize, resource: &Node) {
        let mut path = resource.str("resourceType").unwrap_or_default().to_owned();
        let (seen, awaited) = (&self.seen, &mut self.awaited);
        references(resource, &mut path, &mut |path, text| {
            let Reference::Local { rtype, id } = Reference::parse(text) else { return };
            let is_seen = ResourceType::parse(rtype).is_some_and(|rtype| seen.contains(&(rtype, id.into())));
            if !is_seen {
                awaited.note(position, path, rtype, id);
            }
        });
    }

    /// Tells each reference whose target never came and is not held either (D34): the item is
    /// taken, and nobody would learn otherwise that it leads nowhere.
    fn lost(&mut self, is_held: &dyn Fn(&Key) -> bool) {
        if !self.rules.are_in_force() {
            return;
        }
        let mut lost: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for ((rtype, id), sources) in std::mem::take(&mut self.awaited.targets) {
            let key = ResourceType::parse(&rtype).map(|rtype| (rtype, id.as_str().into()));
            if key.is_some_and(|key| self.seen.contains(&key) || is_held(&key)) {
                continue;
            }
            for (position, path) in sources {
                let finding = lost_reference(self.awaited.paths[path].clone(), &format!("{rtype}/{id}"));
                lost.entry(position).or_default().push(finding);
            }
        }
        for (position, mut findings) in lost {
            if findings.iter().any(|finding| finding.expression.starts_with(PROVIDER)) {
                findings.push(not_exposed_without_provider());
            }
            findings.sort_by(|a, b| a.expression.cmp(&b.expression));
            self.problems.push((position, ImportProblem::Shortfalls(findings)));
        }
    }

    fn read(&mut self, position: usize, item: ImportItem) -> Option<ChunkItem> {
        match self.prepare(position, item) {
            Ok(item) => Some(item),
            Err(reason) => {
                self.rejected += 1;
                self.problems.push((position, ImportProblem::Rejected(reason)));
                None
            }
        }
    }

    fn prepare(&mut self, position: usize, item: ImportItem) -> Result<ChunkItem, String> {
        let rtype = canonical::resource_type(&item.resource).map_err(|error| error.message)?;
        let key = match &item.key {
            Some(key) => self.ids.get(&key.key).cloned().ok_or("Clé inconnue.")?,
            None => (rtype, own_id(&item.resource)?),
        };
        if !self.seen.insert(key.clone()) {
            return Err("Déjà proposée plus haut sous le même identifiant : la première est gardée.".to_owned());
        }
        let mut resource = item.resource;
        let problems = &mut self.problems;
        resolve(&mut resource, &self.ids, &mut |unknown| {
            problems.push((position, ImportProblem::UnknownKey(unknown.to_owned())));
        });
        date(&mut resource, item.updated);
        let drawn = item.mint.as_ref().filter(|(kind, _)| kind.find(&resource).is_none());
        // What is drawn at creation is not missing.
        if let Some((kind, region)) = drawn {
            kind.add(&mut resource, &format!("{region}/00000000"));
        }
        let shortfalls = self.rules.take(&mut resource, self.now);
        if drawn.is_some() {
            MintedKind::take_away(&mut resource);
        }
        if !shortfalls.is_empty() {
            problems.push((position, ImportProblem::Shortfalls(shortfalls)));
        }
        let source = item.key.map(|key| (key.source, key.key));
        self.await_targets(position, &resource);
        let resource = canonical::canonical(resource);
        let (updated, mint, replaces) = (item.updated, item.mint, item.replaces);
        Ok(ChunkItem { position, key, resource, updated, mint, source, replaces })
    }
}

/// Gives the dates that the directory gives, so that nobody is told that they are missing.
fn date(resource: &mut Node, updated: Instant) {
    canonical::date_creation(resource, None, updated);
    let is_dated = resource.get("meta").is_some_and(|meta| meta.get("lastUpdated").is_some());
    let Some(object) = resource.as_object_mut().filter(|_| !is_dated) else { return };
    let date = DateTime::format_instant(updated);
    match object.get_mut("meta") {
        Some(Node::Object(meta)) => drop(meta.insert("lastUpdated", date)),
        Some(_) => {}
        None => drop(object.insert("meta", node!({"lastUpdated": date}))),
    }
}

fn own_id(resource: &Node) -> Result<Box<str>, String> {
    let id = resource.str("id").filter(|id| is_logical_id(id));
    id.map(Into::into).ok_or_else(|| "Identifiant technique (id) absent ou mal formé.".to_owned())
}

/// Turns keys into ids; a reference to a key that nobody proposed is left out.
fn resolve(node: &mut Node, ids: &Ids, unknown: &mut dyn FnMut(&str)) {
    match node {
        Node::Array(items) => items.retain_mut(|item| resolve_one(item, ids, unknown)),
        Node::Object(object) => object.retain(|_, value| resolve_one(value, ids, unknown)),
        _ => {}
    }
}

/// Whether `node` is to be kept.
fn resolve_one(node: &mut Node, ids: &Ids, unknown: &mut dyn FnMut(&str)) -> bool {
    let key = node.str("reference").and_then(|text| text.strip_prefix(KEY_PREFIX)).map(str::to_owned);
    let Some(key) = key else {
        let was_empty = is_empty(node);
        resolve(node, ids, unknown);
        return was_empty || !is_empty(node);
    };
    let Some((rtype, id)) = ids.get(&key) else {
        unknown(&key);
        return false;
    };
    if let Some(object) = node.as_object_mut() {
        object.insert("reference", format!("{rtype}/{id}"));
    }
    true
}

fn is_empty(node: &Node) -> bool {
    match node {
        Node::Array(items) => items.is_empty(),
        Node::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// What an import of `items` would find in them, without a directory to take them in. References
/// between items count as good, and those to what `is_held` by type and id.
pub fn preview(
    items: Vec<ImportItem>,
    now: Instant,
    is_held: &dyn Fn(&str, &str) -> bool,
) -> Vec<(usize, ImportProblem)> {
    let mut ids = Ids::new();
    for (position, item) in items.iter().enumerate() {
        if let (Some(key), Some(rtype)) = (&item.key, item.rtype()) {
            ids.insert(key.key.clone(), (rtype, format!("item-{position}").into()));
        }
    }
    let rules = Rules::Guide(Terminology::embedded());
    let mut reader = ItemReader::new(rules, now, ids);
    for (position, item) in items.into_iter().enumerate() {
        reader.read(position, item);
    }
    reader.lost(&|(rtype, id)| is_held(rtype.name(), id));
    reader.problems.sort_by_key(|(position, _)| *position);
    reader.problems
}

/// Types of the directory, for callers that read files.
impl ImportItem {
    /// The type of the resource, when it is one that the directory keeps.
    pub fn rtype(&self) -> Option<ResourceType> {
        canonical::resource_type(&self.resource).ok()
    }
}
