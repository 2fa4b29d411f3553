//! The single writer: takes what waits, one transaction, one flush, then the next moment.

mod day;
mod importing;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use ror_confidentiality::AudienceMask;
use ror_fhir::{Instant, Node};
use ror_ledger::{Expect, Head, Ledger, LedgerError, NewAudit, NewVersion, Op};
use ror_profiles::rules::dates::to_the_second;

use crate::apply::{Author, Row, State, Tables};
use crate::calendar::last_night;
use crate::canonical;
use crate::declassify;
use crate::directory::{Environment, Shared};
use crate::follow;
use crate::graph::Key;
use crate::identifier;
use crate::import::{Chunk, Imported};
use crate::replay::Replay;
use crate::rights::{may_make, may_write};
use crate::rules::{self, Rules};
use crate::write::{Request, WriteError, Written};

/// Most writes of one transaction.
const GROUP_MAX: usize = 256;
/// How often rows of other processes are looked for when nothing else happens (D65: 2 s).
const TAIL_EVERY: Duration = Duration::from_millis(200);

/// Where the outcome of one write goes.
type Reply = SyncSender<Result<Written, WriteError>>;
/// A write and who waits for it.
type Waiting = (Box<Request>, Reply);

/// The identifiers that the rows of one transaction bear, by space.
type Claimed = HashSet<(String, String)>;

/// Work for the writer.
pub(crate) enum Job {
    Write(Box<Request>, Reply),
    Import(Chunk, SyncSender<Result<Vec<Imported>, LedgerError>>),
    /// Answers once all rows of the ledger are visible.
    CatchUp(SyncSender<Result<(), LedgerError>>),
}

pub(crate) struct Writer {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) environment: Environment,
    pub(crate) tables: Tables,
    pub(crate) rules: Rules,
    pub(crate) state: State,
    /// Time of the last transaction: each is later than the one before, so that the rows of
    /// one transaction are known by their time.
    pub(crate) last_at: Instant,
    /// What the day brings is not tried before this: it failed a moment ago.
    pub(crate) not_before: Instant,
    /// The places that the calendar could not empty, with the version they had.
    pub(crate) overdue: BTreeMap<Key, u32>,
}

/// A row ready to be appended.
struct Staged {
    version: NewVersion,
    key: Key,
    resource: Node,
}

impl Writer {
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(TAIL_EVERY) {
                Ok(job) => {
                    self.take(job, jobs);
                    self.try_again();
                }
                Err(RecvTimeoutError::Timeout) => self.look_around(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Write(request, reply) => group.push((request, reply)),
                other => {
                    self.write_group(std::mem::take(&mut group));
                    self.answer(other);
                }
            }
            if group.len() < GROUP_MAX {
                next = jobs.try_recv().ok();
            }
        }
        self.write_group(group);
    }

    fn answer(&mut self, job: Job) {
        match job {
            Job::Import(chunk, reply) => {
                let outcome = self.import(&chunk);
                self.note_room(outcome.as_ref().err());
                // A caller that is gone needs no answer; the rows are in the ledger.
                reply.send(outcome).ok();
            }
            Job::CatchUp(reply) => {
                reply.send(self.catch_up()).ok();
            }
            Job::Write(request, reply) => self.write_group(vec![(request, reply)]),
        }
    }

    /// Writes that touch one resource twice are parted: each must see the one before.
    fn write_group(&mut self, mut waiting: Vec<Waiting>) {
        while !waiting.is_empty() {
            let mut keys = HashSet::new();
            let (group, rest) = waiting.into_iter().partition(|(request, _)| keys.insert(request.key.clone()));
            self.write_distinct(group);
            waiting = rest;
        }
    }

    fn write_distinct(&mut self, mut group: Vec<Waiting>) {
        while !group.is_empty() {
            let at = match self.moment() {
                Ok(at) => at,
                Err(error) => return refuse_all(group, &as_write_error(&error)),
            };
            let (mut staged, mut accepted, mut later) = (Vec::new(), Vec::new(), Vec::new());
            let mut is_alone = false;
            let mut claimed = HashSet::new();
            for (request, reply) in group {
                // What follows from it hangs on the state of others: it is written alone.
                let hangs = follow::hangs_on_others(&self.state, &request.key, &request.resource);
                if is_alone || (!staged.is_empty() && hangs) {
                    later.push((request, reply));
                    continue;
                }
                match self.stage(&request, at, &mut claimed) {
                    Ok(rows) if rows.is_empty() => {
                        reply.send(Ok(self.written(&request, false, &[]))).ok();
                    }
                    Ok(rows) => {
                        is_alone = hangs;
                        staged.extend(rows);
                        accepted.push((request, reply));
                    }
                    Err(error) => {
                        reply.send(Err(error)).ok();
                    }
                }
            }
            if let Some(rest) = self.commit_writes(staged, accepted, at) {
                later.extend(rest);
            }
            group = later;
        }
    }

    /// Commits writes and answers them; gives back those to be judged again.
    fn commit_writes(&mut self, staged: Vec<Staged>, mut accepted: Vec<Waiting>, at: Instant) -> Option<Vec<Waiting>> {
        if staged.is_empty() {
            return None;
        }
        let is_asked = |key: &Key| accepted.iter().any(|(request, _)| request.key == *key);
        let followers: Vec<Key> = staged.iter().map(|row| row.key.clone()).filter(|key| !is_asked(key)).collect();
        match self.commit(staged, Author::Client, at) {
            Ok(()) => {
                for (request, reply) in accepted {
                    reply.send(Ok(self.written(&request, true, &followers))).ok();
                }
                None
            }
            // Someone else wrote: look again at what the writes meet now.
            Err(LedgerError::HeadMoved(_)) => Some(accepted),
            Err(LedgerError::Duplicate { index, system, value, .. }) => {
                // Rows stand in the order of the writes, but for those that follow a lone one.
                let (_, reply) = accepted.remove(index.min(accepted.len() - 1));
                reply.send(Err(WriteError::Duplicate { system, value })).ok();
                Some(accepted)
            }
            Err(error) => {
                refuse_all(accepted, &as_write_error(&error));
                None
            }
        }
    }

    /// Judges one write against the present state; gives its row and those that follow from it,
    /// none when it changes nothing (D38).
    fn stage(&self, request: &Request, at: Instant, claimed: &mut Claimed) -> Result<Vec<Staged>, WriteError> {
        let former = self.state.snapshot.former(request.key.0, &request.key.1);
        if request.is_new && former.is_some() {
            // The id drawn is taken: one chance in 2^74. The caller asks again.
            return Err(WriteError::Unavailable);
        }
        let is_seen = former.is_some_and(|former| former.visible().contains(request.audience));
        // Whoever may write it handles it as its owner, also what is shown to nobody else (D41).
        let is_owned = former.is_some() && may_write(&request.rights, &self.state.graph, &request.key);
        if !request.is_new && !is_owned {
            return Err(if is_seen { WriteError::Forbidden } else { WriteError::NotFound });
        }
        if let (Some(expected), Some(former)) = (request.if_match, former) {
            let current = former.stamps()[request.audience.index()].version;
            if current != expected {
                return Err(WriteError::Conflict { current });
            }
        }
        let former = former.map(|former| Node::parse(former.body()).expect("the index holds canonical text"));
        let mut resource = request.resource.clone();
        canonical::date_creation(&mut resource, former.as_ref(), at);
        identifier::carry(request.key.0, &mut resource, former.as_ref());
        let mut resulting = self.state.graph.clone();
        resulting.put(&request.key, Some(&resource));
        // Rights come before rules: who may not write learns nothing of what a write would find.
        if !may_make(&request.rights, &self.state.graph, &resulting, &request.key)
            || !self.may_lower(request, former.as_ref(), &resource)
        {
            return Err(WriteError::Forbidden);
        }
        self.judge(request, former.as_ref())?;
        if former.as_ref() == Some(&resource) {
            return Ok(Vec::new());
        }
        let followers = if self.rules.are_in_force() {
            follow::following(&self.state, &request.key, &resource, former.as_ref(), at)
        } else {
            Vec::new()
        };
        let op = if request.is_new { Op::Create } else { Op::Update };
        let mut version = self.version(&request.key, op, &resource, at, at, &request.actor);
        // An identifier that an import brought twice stays where it is: both may still be mended.
        let is_kept = former.is_some_and(|former| identifier::unique(request.key.0, &former) == version.uniques);
        let error = |error: LedgerError| as_write_error(&error);
        if self.is_claimed(&version, claimed).map_err(error)? && is_kept {
            version.uniques.clear();
        }
        let own = Staged { version, key: request.key.clone(), resource };
        let rows = followers.into_iter().map(|(key, resource)| self.follower(key, resource, at, &request.actor));
        std::iter::once(Ok(own)).chain(rows).collect::<Result<_, _>>().map_err(error)
    }

    /// The row of a change that the directory makes by itself. It bears the identifiers it had
    /// and claims none: one that an import repeated, wherever it is held now, is nobody's fault
    /// here.
    fn follower(&self, key: Key, resource: Node, at: Instant, actor: &str) -> Result<Staged, LedgerError> {
        let mut version = self.version(&key, Op::Update, &resource, at, at, actor);
        let mut kept = Vec::new();
        for (space, value) in std::mem::take(&mut version.uniques) {
            if self.ledger.holder(&version.rtype, &space, &value)?.as_deref() == Some(&*key.1) {
                kept.push((space, value));
            }
        }
        version.uniques = kept;
        Ok(Staged { version, key, resource })
    }

    /// Refuses what breaks rules, with everything found in the resource and in its change.
    fn judge(&self, request: &Request, former: Option<&Node>) -> Result<(), WriteError> {
        let mut findings = request.findings.clone();
        if let Some(former) = former {
            self.rules.add_changes(former, &request.resource, &mut findings);
        }
        if rules::has_errors(&findings) { Err(WriteError::Invalid(findings)) } else { Ok(()) }
    }

    /// Whether the caller may make less secret what a write does, if it does (D49).
    fn may_lower(&self, request: &Request, former: Option<&Node>, next: &Node) -> bool {
        let Some(former) = former.filter(|_| !request.rights.declassify) else { return true };
        !declassify::lowers(former, next, request.audience, self.state.secrets.get(&request.key))
    }

    fn version(&self, key: &Key, op: Op, resource: &Node, at: Instant, updated: Instant, actor: &str) -> NewVersion {
        NewVersion {
            rtype: key.0.name().to_owned(),
            id: key.1.to_string(),
            op,
            expect: if op == Op::Create { Expect::Absent } else { Expect::Any },
            at,
            // Instants have a precision of one second (D14): less would tell an order that no
            // date shows.
            updated: to_the_second(updated),
            actor: actor.to_owned(),
            audience_mask: 0,
            policy_ver: self.tables.policy.version(),
            body: resource.to_bytes(),
            uniques: identifier::unique(key.0, resource),
            source: None,
        }
    }

    /// Appends the rows and makes them visible: both, or neither.
    fn commit(&mut self, staged: Vec<Staged>, author: Author, at: Instant) -> Result<(), LedgerError> {
        let (mut versions, mut rows) = (Vec::with_capacity(staged.len()), Vec::with_capacity(staged.len()));
        for row in staged {
            rows.push(Row { key: row.key, resource: Some(row.resource), updated: row.version.updated });
            versions.push(row.version);
        }
        let mut next = self.state.clone();
        let masks: Vec<AudienceMask> = next.apply(rows, author, at, self.tables);
        for (version, mask) in versions.iter_mut().zip(masks) {
            version.audience_mask = mask.0;
        }
        let audit: Vec<NewAudit> = versions.iter().map(|version| audit_of(version, at)).collect();
        let appended = self.ledger.append(self.state.snapshot.seq(), &versions, &audit);
        self.note_room(appended.as_ref().err());
        let Head { seq, .. } = appended?;
        next.snapshot.advance(seq);
        self.last_at = at;
        self.state = next;
        self.publish();
        Ok(())
    }

    /// Makes rows of other processes visible, and leaves out the hours that the night ended.
    fn catch_up(&mut self) -> Result<(), LedgerError> {
        let now = (self.environment.now)();
        let night = self.state.calendar.night().max(last_night(now));
        let is_behind = self.ledger.head()?.seq > self.state.snapshot.seq();
        if is_behind {
            let mut replay = Replay::new(self.state.clone(), self.last_at, self.tables);
            replay.run(&*self.ledger)?;
            (self.state, self.last_at) = replay.finish();
        }
        if self.state.turn_to(night, self.tables) || is_behind {
            self.publish();
        }
        Ok(())
    }

    pub(crate) fn publish(&self) {
        self.shared.snapshot.store(Arc::new(self.state.snapshot.clone()));
    }

    fn next_at(&self) -> Instant {
        (self.environment.now)().max(self.last_at + 1)
    }

    /// The answer to a write, with the rows that followed from it.
    fn written(&self, request: &Request, changed: bool, followers: &[Key]) -> Written {
        let former = self.state.snapshot.former(request.key.0, &request.key.1);
        let stamp = former.map(|former| former.stamps()[request.audience.index()]).unwrap_or_default();
        let told = follow::told(&self.state, request.key.0, followers, request.audience);
        Written {
            rtype: request.key.0,
            id: request.key.1.to_string(),
            created: request.is_new,
            changed,
            version: stamp.version,
            updated: stamp.updated,
            findings: request.findings.iter().cloned().chain(told).collect(),
        }
    }

    /// Remembers whether the last write found room, for those who ask before they begin.
    fn note_room(&self, error: Option<&LedgerError>) {
        let is_full = matches!(error, Some(LedgerError::Full));
        if is_full || error.is_none() {
            self.shared.is_full.store(is_full, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn audit_of(version: &NewVersion, at: Instant) -> NewAudit {
    NewAudit {
        at,
        actor: version.actor.clone(),
        action: match version.op {
            Op::Create => "create",
            Op::Update => "update",
            Op::Withdraw => "withdraw",
        }
        .to_owned(),
        target: format!("{}/{}", version.rtype, version.id),
        outcome: "done".to_owned(),
    }
}

fn as_write_error(error: &LedgerError) -> WriteError {
    tracing::error!(%error, "the ledger refused a write");
    match error {
        LedgerError::Full => WriteError::Full,
        _ => WriteError::Unavailable,
    }
}

fn refuse_all(group: Vec<Waiting>, error: &WriteError) {
    for (_, reply) in group {
        reply.send(Err(error.clone())).ok();
    }
}
