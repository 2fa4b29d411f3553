//! The exports of all clients: in memory what they are, on the disk what they name.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ror_confidentiality::Grant;
use ror_fhir::Instant;
use uuid::Uuid;

use super::stored::{self, Heading, Listed, Members, Names, Prepared, Unfinished};

/// How long an export is kept, from its request on (D47).
pub(super) const LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Exports kept of one client: each takes room on the disk.
const KEPT_MAX: usize = 32;

/// The exports of a data directory (D47). Each is one file that names resources and holds no text of
/// any; it lives 24 hours, through a restart too.
#[derive(Debug)]
pub struct Exports {
    folder: PathBuf,
    jobs: Mutex<HashMap<Uuid, Job>>,
}

#[derive(Clone, Debug)]
struct Job {
    heading: Arc<Heading>,
    state: JobState,
}

/// How far an export is.
#[derive(Clone, Debug)]
pub(super) enum JobState {
    /// The program stopped before its files were known; whoever asks about it goes on with it.
    Interrupted,
    Preparing(Arc<Progress>),
    Failed,
    Ready(Arc<Prepared>),
}

/// What a preparation tells, and is told.
#[derive(Debug, Default)]
pub(super) struct Progress {
    is_cancelled: AtomicBool,
    is_working: AtomicBool,
    /// Resources found so far.
    found: AtomicU64,
}

/// Why an export does not begin.
#[derive(Debug)]
pub(super) enum NotBegun {
    /// Another one of this client is in preparation.
    Busy,
    /// This client has as many as are kept.
    Full,
    /// The disk takes nothing.
    Disk(io::Error),
}

impl Progress {
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn works(&self) {
        self.is_working.store(true, Ordering::Relaxed);
    }

    pub(super) fn add(&self, found: usize) {
        self.found.fetch_add(found as u64, Ordering::Relaxed);
    }

    /// For `X-Progress`: ASCII, a hundred characters at most.
    pub(super) fn text(&self) -> String {
        if self.is_working.load(Ordering::Relaxed) {
            format!("en cours, {} ressources", self.found.load(Ordering::Relaxed))
        } else {
            "en attente".to_owned()
        }
    }
}

impl Exports {
    /// Opens the exports kept in `folder`, making it when it is not there; what is over leaves.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(folder: &Path, now: Instant) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let jobs = stored::read_all(folder)?.into_iter().map(|(heading, prepared)| {
            let state = prepared.map_or(JobState::Interrupted, |prepared| JobState::Ready(Arc::new(prepared)));
            (heading.id, Job { heading: Arc::new(heading), state })
        });
        let exports = Self { folder: folder.to_owned(), jobs: Mutex::new(jobs.collect()) };
        exports.remove_expired(&mut exports.jobs(), now);
        Ok(exports)
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<Uuid, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an export: it is known, also after a restart, once this returns. Blocks for the disk.
    pub(super) fn begin(&self, heading: Heading, now: Instant) -> Result<Arc<Progress>, NotBegun> {
        let (id, heading) = (heading.id, Arc::new(heading));
        let progress = {
            let mut jobs = self.jobs();
            self.remove_expired(&mut jobs, now);
            let of_client = || jobs.values().filter(|job| job.heading.client == heading.client);
            if of_client().any(|job| matches!(job.state, JobState::Preparing(_))) {
                return Err(NotBegun::Busy);
            }
            if of_client().count() >= KEPT_MAX {
                return Err(NotBegun::Full);
            }
            let progress = Arc::new(Progress::default());
            let state = JobState::Preparing(Arc::clone(&progress));
            jobs.insert(id, Job { heading: Arc::clone(&heading), state });
            progress
        };
        let kept = Names::create(&self.folder, id)
            .and_then(|names| names.end(&heading, None))
            .and_then(|unfinished| self.keep(id, unfinished, None));
        match kept {
            Ok(()) => Ok(progress),
            Err(error) => {
                self.jobs().remove(&id);
                stored::remove(&self.folder, id);
                Err(NotBegun::Disk(error))
            }
        }
    }

    /// The export of this caller; nothing for those of others, of another audience, or that are over.
    pub(super) fn find(&self, id: Uuid, grant: &Grant, now: Instant) -> Option<(Arc<Heading>, JobState)> {
        let mut jobs = self.jobs();
        self.remove_expired(&mut jobs, now);
        let job = jobs.get(&id)?;
        let is_theirs = job.heading.client == grant.client() && job.heading.audience == grant.audience().index();
        is_theirs.then(|| (Arc::clone(&job.heading), job.state.clone()))
    }

    /// Takes up an export that a stop interrupted; `None` when somebody else just did, or while another one of
    /// this client is in preparation.
    pub(super) fn resume(&self, id: Uuid) -> Option<Arc<Progress>> {
        let mut jobs = self.jobs();
        let client = jobs.get(&id)?.heading.client.clone();
        if jobs.values().any(|job| job.heading.client == client && matches!(job.state, JobState::Preparing(_))) {
            return None;
        }
        let job = jobs.get_mut(&id).filter(|job| matches!(job.state, JobState::Interrupted))?;
        let progress = Arc::new(Progress::default());
        job.state = JobState::Preparing(Arc::clone(&progress));
        Some(progress)
    }

    /// Starts the names of the resources of an export.
    pub(super) fn names(&self, id: Uuid) -> io::Result<Names> {
        Names::create(&self.folder, id)
    }

    /// The files of an export are known: unless it was cancelled meanwhile.
    pub(super) fn prepared(&self, heading: &Heading, names: Names, prepared: Prepared) -> io::Result<()> {
        let unfinished = names.end(heading, Some(&prepared))?;
        self.keep(heading.id, unfinished, Some(JobState::Ready(Arc::new(prepared))))
    }

    /// Gives a file its name, under the lock that cancelling takes: what is cancelled never comes back.
    fn keep(&self, id: Uuid, unfinished: Unfinished, state: Option<JobState>) -> io::Result<()> {
        {
            let mut jobs = self.jobs();
            let Some(job) = jobs.get_mut(&id) else {
                stored::remove(&self.folder, id);
                return Ok(());
            };
            unfinished.keep()?;
            if let Some(state) = state {
                job.state = state;
            }
        }
        // Nobody waits for the disk with the lock.
        fs::File::open(&self.folder)?.sync_all()
    }

    /// A preparation ended: when it brought nothing, whoever asks is told so.
    pub(super) fn ended(&self, id: Uuid) {
        if let Some(job) = self.jobs().get_mut(&id)
            && matches!(job.state, JobState::Preparing(_))
        {
            job.state = JobState::Failed;
        }
    }

    /// Ends an export and removes what is kept of it.
    pub(super) fn cancel(&self, id: Uuid) {
        self.remove(&mut self.jobs(), id);
    }

    /// The resources that one file of an export names.
    pub(super) fn members(&self, id: Uuid, listed: &Listed) -> io::Result<Members> {
        Members::open(&self.folder, id, listed)
    }

    fn remove_expired(&self, jobs: &mut HashMap<Uuid, Job>, now: Instant) {
        let over = |job: &&Job| now.saturating_sub(job.heading.asked) >= LIFE_MS;
        let over: Vec<Uuid> = jobs.values().filter(over).map(|job| job.heading.id).collect();
        for id in over {
            self.remove(jobs, id);
        }
    }

    fn remove(&self, jobs: &mut HashMap<Uuid, Job>, id: Uuid) {
        if let Some(Job { state: JobState::Preparing(progress), .. }) = jobs.remove(&id) {
            progress.is_cancelled.store(true, Ordering::Relaxed);
        }
        stored::remove(&self.folder, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    fn heading(number: u128, client: &str) -> Heading {
        let request = "http://h/fhir/$export".to_owned();
        Heading { id: Uuid::from_u128(number), client: client.to_owned(), audience: 0, request, asked: 0 }
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn d47_one_in_preparation_for_a_client_and_no_more_than_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let exports = Exports::open(folder.path(), 0).expect("a folder");
        for number in 1..=KEPT_MAX as u128 {
            exports.begin(heading(number, "a"), 0).expect("begun");
            assert!(matches!(exports.begin(heading(99, "a"), 0), Err(NotBegun::Busy)), "{number}");
            exports.ended(Uuid::from_u128(number));
        }
        assert!(matches!(exports.begin(heading(99, "a"), 0), Err(NotBegun::Full)));
        exports.begin(heading(100, "b"), 0).expect("another client has its own");
        exports.cancel(Uuid::from_u128(3));
        exports.begin(heading(99, "a"), 0).expect("there is room again");
        assert_eq!(files(folder.path()), KEPT_MAX + 1);
    }

    #[test]
    fn d47_what_is_over_leaves_when_it_is_met_and_when_the_program_starts() {
        let folder = tempfile::tempdir().expect("a folder");
        let exports = Exports::open(folder.path(), 0).expect("a folder");
        let progress = exports.begin(heading(1, "a"), 0).expect("begun");
        exports.begin(Heading { asked: 20 * HOUR, ..heading(2, "b") }, 20 * HOUR).expect("begun");
        drop(Exports::open(folder.path(), 23 * HOUR).expect("a folder"));
        assert_eq!(files(folder.path()), 2);
        exports.begin(Heading { asked: 24 * HOUR, ..heading(3, "c") }, 24 * HOUR).expect("begun");
        assert_eq!((files(folder.path()), progress.is_cancelled()), (2, true), "the first is over");
        let again = Exports::open(folder.path(), 45 * HOUR).expect("a folder");
        assert_eq!(files(folder.path()), 1);
        assert!(matches!(again.jobs()[&Uuid::from_u128(3)].state, JobState::Interrupted));
        assert!(again.resume(Uuid::from_u128(3)).is_some());
        assert!(again.resume(Uuid::from_u128(3)).is_none(), "it is in preparation already");
    }

    #[test]
    fn what_was_cancelled_does_not_come_back_when_its_preparation_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let exports = Exports::open(folder.path(), 0).expect("a folder");
        let heading = heading(1, "a");
        exports.begin(heading.clone(), 0).expect("begun");
        let names = exports.names(heading.id).expect("a file");
        exports.cancel(heading.id);
        let output = super::super::asked::Output::Fhir;
        let prepared = Prepared { transaction: 0, output, tells_level_3: false, files: Vec::new() };
        exports.prepared(&heading, names, prepared).expect("nothing is kept");
        assert_eq!(files(folder.path()), 0);
    }
}
