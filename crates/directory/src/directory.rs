//! The directory, open.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use ror_confidentiality::Grant;
use ror_fhir::{Instant, Node};
use ror_index::Snapshot;
use ror_ledger::{Ledger, LedgerError};
use ror_profiles::{Finding, Handling};
use ror_search::{Geography, ResourceType};
use ror_terminology::Terminology;

use crate::apply::{State, Tables};
use crate::canonical;
use crate::identifier;
use crate::replay::Replay;
use crate::rights::may_write_some;
use crate::rules::Rules;
use crate::write::{Change, Request, WriteError, Written};
use crate::writer::{Job, Writer};

/// Writes waiting at most; more wait at the door.
const WAITING_MAX: usize = 1024;
/// How long the order of a first page is kept after the last page read (D6).
const ORDER_KEPT_MS: i64 = 5 * 60 * 1000;
/// Most moments kept for paging; the oldest goes first.
const MOMENTS_MAX: usize = 64;

/// Fills a buffer with random bytes.
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock, the chance and the map, handed in so that tests repeat.
#[derive(Clone)]
pub struct Environment {
    /// The time now, in milliseconds since 1970.
    pub now: Arc<dyn Fn() -> Instant + Send + Sync>,
    /// Fills with random bytes fit for identifiers that must not be guessed.
    pub random: Arc<Random>,
    /// What communes lie in, by which places are found.
    pub geography: &'static dyn Geography,
}

/// Why the directory cannot be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The ledger cannot be read or written.
    #[error("the ledger")]
    Ledger(#[from] LedgerError),
    /// The writer is gone: a fault of the program, already logged.
    #[error("the writer has stopped")]
    Stopped,
}

/// The directory of one ledger.
pub struct Directory {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) environment: Environment,
    pub(crate) jobs: SyncSender<Job>,
    pub(crate) rules: Rules,
    shared: Arc<Shared>,
    moments: Mutex<VecDeque<Moment>>,
    writer: JoinHandle<()>,
}

/// What the writer shows to everyone else.
pub(crate) struct Shared {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) is_full: AtomicBool,
    pub(crate) is_overdue: AtomicBool,
}

struct Moment {
    snapshot: Arc<Snapshot>,
    until: Instant,
}

impl Directory {
    /// Replays the ledger, then starts the writer, which also follows rows of other processes.
    ///
    /// # Errors
    /// [`DirectoryError::Ledger`] when the ledger cannot be read, or holds a row that is none.
    pub fn open(ledger: Arc<dyn Ledger>, environment: Environment) -> Result<Arc<Self>, DirectoryError> {
        Self::open_under(ledger, environment, Rules::Guide(Terminology::embedded()))
    }

    /// The same without any rule on what is written: for corpora that hold what no rule takes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_without_rules(ledger: Arc<dyn Ledger>, environment: Environment) -> Result<Arc<Self>, DirectoryError> {
        Self::open_under(ledger, environment, Rules::None)
    }

    fn open_under(
        ledger: Arc<dyn Ledger>,
        environment: Environment,
        rules: Rules,
    ) -> Result<Arc<Self>, DirectoryError> {
        let tables = Tables::embedded(environment.geography);
        let mut replay = Replay::new(State::empty(tables), Instant::MIN, tables);
        replay.run(&*ledger)?;
        let (state, last_at) = replay.finish();
        let shared = Arc::new(Shared {
            snapshot: ArcSwap::from_pointee(state.snapshot.clone()),
            is_full: AtomicBool::new(false),
            is_overdue: AtomicBool::new(false),
        });
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let mut writer = Writer {
            ledger: Arc::clone(&ledger),
            shared: Arc::clone(&shared),
            environment: environment.clone(),
            tables,
            rules,
            state,
            last_at,
            not_before: Instant::MIN,
            overdue: BTreeMap::new(),
        };
        // Before anyone reads: nights may have passed since the last row.
        writer.look_around();
        let run = move || writer.run(&waiting);
        let writer = std::thread::Builder::new().name("writer".to_owned()).spawn(run);
        let writer = writer.map_err(|_| DirectoryError::Stopped)?;
        Ok(Arc::new(Self { ledger, environment, jobs, rules, shared, moments: Mutex::default(), writer }))
    }

    /// The present moment: one atomic load.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// Whether the last write found room on the disk.
    pub fn is_writable(&self) -> bool {
        !self.shared.is_full.load(Ordering::Relaxed)
    }

    /// Whether the ledger is still followed. Once the writer has stopped by a fault of the
    /// program, what is shown grows old and every write is refused: only a restart helps.
    pub fn is_following(&self) -> bool {
        !self.writer.is_finished()
    }

    /// Whether places whose last open offer has closed could not be emptied (D37): it is tried
    /// again each minute, and writes go on meanwhile. The log names the places.
    pub fn is_overdue(&self) -> bool {
        self.shared.is_overdue.load(Ordering::Relaxed)
    }

    /// Keeps the order of a moment for five minutes, for the pages that follow (D6).
    pub fn keep(&self, snapshot: &Arc<Snapshot>) {
        let until = (self.environment.now)() + ORDER_KEPT_MS;
        let mut moments = self.moments.lock();
        moments.retain(|moment| moment.until + ORDER_KEPT_MS > until);
        if let Some(moment) = moments.iter_mut().find(|moment| moment.snapshot.seq() == snapshot.seq()) {
            // A night may have passed since: what it left out is left out of the pages too.
            *moment = Moment { snapshot: Arc::clone(snapshot), until };
            return;
        }
        if moments.len() >= MOMENTS_MAX {
            moments.pop_front();
        }
        moments.push_back(Moment { snapshot: Arc::clone(snapshot), until });
    }

    /// The moment of `seq`, when it is still kept; keeps it longer.
    pub fn kept(&self, seq: u64) -> Option<Arc<Snapshot>> {
        let now = (self.environment.now)();
        let mut moments = self.moments.lock();
        let moment = moments.iter_mut().find(|moment| moment.snapshot.seq() == seq && moment.until > now)?;
        moment.until = now + ORDER_KEPT_MS;
        Some(Arc::clone(&moment.snapshot))
    }

    /// Makes one change; answers once it is durable and visible. Blocks meanwhile. What is
    /// found in the resource is told once the caller is known to have the right to write it.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was written.
    pub fn write(&self, grant: &Grant, change: Change, handling: Handling) -> Result<Written, WriteError> {
        if let Change::Create { resource } = &change
            && !may_write_some(grant, canonical::resource_type(resource)?)
        {
            return Err(WriteError::Forbidden);
        }
        let mut request = Request::prepare(grant, change, || self.new_id())?;
        self.complete(&mut request)?;
        let view = self.snapshot();
        let now = (self.environment.now)();
        request.findings = self.rules.findings(&request.resource, handling, now, &view.view(grant));
        ror_profiles::make_lists(&mut request.resource);
        request.resource = canonical::canonical(std::mem::replace(&mut request.resource, Node::Null));
        let (reply, outcome) = sync_channel(1);
        self.jobs.send(Job::Write(Box::new(request), reply)).map_err(|_| WriteError::Unavailable)?;
        outcome.recv().map_err(|_| WriteError::Unavailable)?
    }

    /// What a write of `resource` would find, as far as the caller sees; `former` is what they
    /// see of its present version, when there is one. Nothing is written, and the guide always
    /// judges.
    pub fn validate(&self, grant: &Grant, resource: &Node, former: Option<&Node>, handling: Handling) -> Vec<Finding> {
        let (snapshot, guide) = (self.snapshot(), Rules::Guide(Terminology::embedded()));
        let mut judged = resource.clone();
        // What a creation draws, or an update carries over, is not missing (D44).
        if let Some(rtype) = ResourceType::parse(resource.str("resourceType").unwrap_or_default()) {
            if former.is_some() {
                identifier::carry(rtype, &mut judged, former);
            } else if let Some((kind, region)) = identifier::wanted(rtype, resource) {
                kind.add(&mut judged, &format!("{region}/00000000"));
            }
        }
        let mut findings = guide.findings(&judged, handling, (self.environment.now)(), &snapshot.view(grant));
        if let Some(former) = former {
            ror_profiles::make_lists(&mut judged);
            guide.add_changes(&canonical::canonical(former.clone()), &canonical::canonical(judged), &mut findings);
        }
        findings
    }

    /// Gives a resource sent without functional identifier the one it has, or a new one (D44).
    fn complete(&self, request: &mut Request) -> Result<(), WriteError> {
        let rtype = request.key.0;
        if request.is_new {
            let wanted = identifier::wanted(rtype, &request.resource).filter(|_| self.rules.are_in_force());
            let Some((kind, region)) = wanted else { return Ok(()) };
            let drawn = identifier::draw(&*self.ledger, &*self.environment.random, rtype, kind, region);
            let value = drawn.map_err(|_| WriteError::Unavailable)?;
            kind.add(&mut request.resource, &value);
            return Ok(());
        }
        let snapshot = self.snapshot();
        let former = snapshot.former(rtype, &request.key.1);
        let former = former.filter(|former| former.visible().contains(request.audience));
        let former = former.map(|former| Node::parse(former.body()).expect("the index holds canonical text"));
        identifier::carry(rtype, &mut request.resource, former.as_ref());
        Ok(())
    }

    /// Waits until every row now in the ledger is visible.
    ///
    /// # Errors
    /// [`DirectoryError`] when the ledger cannot be read.
    pub fn catch_up(&self) -> Result<(), DirectoryError> {
        let (reply, outcome) = sync_channel(1);
        self.jobs.send(Job::CatchUp(reply)).map_err(|_| DirectoryError::Stopped)?;
        Ok(outcome.recv().map_err(|_| DirectoryError::Stopped)??)
    }

    /// A fresh logical id: UUID version 7 (D44).
    pub(crate) fn new_id(&self) -> String {
        let mut random = [0; 10];
        (self.environment.random)(&mut random);
        let millis = u64::try_from((self.environment.now)()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }
}
