//! `$export`: much of the directory, in files (D47, Bulk Data 2.0).
//!
//! A request makes a job: *which* resources, as the caller's searches find them at one moment. The files
//! are written when they are downloaded, from what the caller sees *then*: what became hidden is
//! absent, and no old text is kept anywhere (ADR 0091). Preparations and downloads have two turns of
//! their own: no search waits for them.

mod asked;
mod download;
mod jobs;
mod membership;
mod stored;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use ror_fhir::{DateTime, Instant, Node, node};
use ror_identity::Marks;
use ror_index::Tally;
use uuid::Uuid;

use crate::answer::Answer;
use crate::blocking;
use crate::bundle;
use crate::call::Call;
use crate::compression::Packer;
use crate::outcome::{self, Fault, Issue};
use crate::request;
use crate::search;
use crate::trace::Disclosed;

use asked::Asked;
use download::{Writing, Written};
use jobs::{JobState, NotBegun, Progress};
use membership::{Membership, NotPrepared};
use stored::{Heading, Prepared};

pub(crate) use download::Download;
pub use jobs::Exports;

/// Names of the three addresses, below the base.
pub(crate) const KICK_OFF: &str = "$export";
pub(crate) const POLL: &str = "$export-poll-status";
pub(crate) const GET_FILE: &str = "$export-get-file";
/// Parameter that names a job.
const JOB: &str = "_jobId";
/// How far a preparation is (Bulk Data 2.0).
const X_PROGRESS: HeaderName = HeaderName::from_static("x-progress");
/// When to ask again, in seconds: about a job, and for another one.
const ASK_AGAIN: &str = "2";
const ASK_FOR_ANOTHER: &str = "10";

/// Begins an export: 202, and where to ask about it.
///
/// # Errors
/// 401 without token, 400 for parameters that cannot be read, 429 while another export of this client is
/// in preparation, 503.
pub(crate) async fn kick_off(mut call: Call, form: Option<Body>) -> Result<Answer, Fault> {
    let exports = exports(&call)?;
    if let Some(form) = form {
        search::form(&mut call, form).await?;
    }
    call.check_declared()?;
    let asked = Asked::read(&call, &call.pairs)?;
    let pairs = call.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let heading = Heading {
        id: call.state.random_id(),
        client: call.grant.client().to_owned(),
        audience: call.grant.audience().index(),
        request: bundle::link(&call.base, KICK_OFF, pairs, None),
        asked: call.now,
    };
    let id = heading.id;
    let begun = {
        let (exports, heading, now) = (Arc::clone(&exports), heading.clone(), call.now);
        blocking::run(move || exports.begin(heading, now)).await?
    };
    let progress = begun.map_err(not_begun)?;
    let text = if asked.warnings.is_empty() { Vec::new() } else { outcome::remarks(&asked.warnings, &[]).to_bytes() };
    let mut answer = Answer::new(StatusCode::ACCEPTED, text);
    let place = HeaderValue::from_str(&format!("{}/{POLL}?{JOB}={id}", call.base)).expect("a checked host, a number");
    answer.headers.insert(header::CONTENT_LOCATION, place);
    // Who takes how much away is always known, whatever it holds.
    answer.disclosed = Some(Box::new(Disclosed { criteria: asked.criteria.clone(), ..Disclosed::default() }));
    start(call, exports, asked, heading, progress);
    Ok(answer)
}

/// Tells how far an export is: 202 while it is prepared, then its files.
///
/// # Errors
/// 401, 404 for an export of another client or of none, 400, 500 when it failed.
pub(crate) fn poll(call: Call) -> Result<Answer, Fault> {
    let exports = exports(&call)?;
    let id = job(&call)?;
    let (heading, state) = exports.find(id, &call.grant, call.now).ok_or_else(Fault::no_such_export)?;
    match state {
        JobState::Ready(prepared) => Ok(manifest(&call, &heading, &prepared)),
        JobState::Preparing(progress) => Ok(not_yet(&progress)),
        JobState::Failed => Err(failed()),
        JobState::Interrupted => {
            let asked = again(&call, &heading)?;
            let resumed = exports.resume(id);
            let answer = not_yet(resumed.as_deref().unwrap_or(&Progress::default()));
            if let Some(progress) = resumed {
                start(call, exports, asked, Heading::clone(&heading), progress);
            }
            Ok(answer)
        }
    }
}

/// Ends an export: its files are there no more.
///
/// # Errors
/// As [`poll`].
pub(crate) async fn cancel(call: Call) -> Result<Answer, Fault> {
    let exports = exports(&call)?;
    let id = job(&call)?;
    exports.find(id, &call.grant, call.now).ok_or_else(Fault::no_such_export)?;
    blocking::run(move || exports.cancel(id)).await?;
    Ok(Answer::new(StatusCode::ACCEPTED, Vec::new()))
}

/// A file of an export, as its caller sees today what it names.
///
/// # Errors
/// As [`poll`]; 404 too while the export is prepared.
pub(crate) async fn file(call: Call, job: String, name: String) -> Result<Answer, Fault> {
    let exports = exports(&call)?;
    request::only(&call.pairs, &["_format", "_pretty"])?;
    let found = Uuid::try_parse(&job).ok().and_then(|id| exports.find(id, &call.grant, call.now));
    let Some((heading, JobState::Ready(prepared))) = found else { return Err(Fault::no_such_export()) };
    let Some(listed) = prepared.files.iter().find(|file| file.name == name).cloned() else {
        return Err(Fault::no_such_export());
    };
    let members = blocking::run(move || exports.members(heading.id, &listed)).await?.map_err(unavailable)?;
    let (output, encoding) = (prepared.output, call.encoding);
    let Call { state, grant, base, .. } = call;
    let packer = Packer::new(encoding).map_err(unavailable)?;
    let progress = Written::Nothing;
    let writing = Writing { state, grant, base, output, members, packer, progress, line: None };
    let (writing, first) = Box::new(writing).next().await.map_err(unavailable)?;
    let mut answer = Answer::ok(Vec::new());
    if let Some(encoding) = encoding {
        answer.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    answer.media = Some(output.content_type());
    if let Some(first) = first {
        answer.disclosed = first.disclosed;
        answer.count = first.count;
        answer.download = Some(Download::new(first.bytes, writing));
    }
    Ok(answer)
}

/// Where exports are kept; the public has none (D47).
fn exports(call: &Call) -> Result<Arc<Exports>, Fault> {
    if !call.has_token {
        return Err(Fault::no_token());
    }
    call.state.inner.settings.exports.clone().ok_or_else(|| {
        Fault::transient("exports-unavailable", "Les exports ne sont pas servis ici : aucun dossier ne les garde.")
    })
}

/// The job that the parameters name.
fn job(call: &Call) -> Result<Uuid, Fault> {
    request::only(&call.pairs, &["_format", JOB, "_pretty"])?;
    let Some(written) = request::value(&call.pairs, JOB) else {
        let issue = Issue::error("required", "missing-parameter", "_jobId est attendu.").at(JOB);
        return Err(Fault::new(StatusCode::BAD_REQUEST, issue));
    };
    Uuid::try_parse(written).map_err(|_| Fault::no_such_export())
}

fn not_begun(reason: NotBegun) -> Fault {
    let later = |detail, text| {
        Fault::new(StatusCode::TOO_MANY_REQUESTS, Issue::error("throttled", detail, text))
            .with(header::RETRY_AFTER, HeaderValue::from_static(ASK_FOR_ANOTHER))
    };
    match reason {
        NotBegun::Busy => {
            later("export-in-preparation", "Un export de ce client est en préparation : attendez-le, ou annulez-le.")
        }
        NotBegun::Full => {
            later("too-many-exports", "Trop d'exports de ce client sont gardés : supprimez-en un (DELETE) d'abord.")
        }
        NotBegun::Disk(error) => unavailable(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn unavailable(error: std::io::Error) -> Fault {
    tracing::error!(%error, "the folder of exports fails");
    Fault::transient("exports-unavailable", "Les exports ne peuvent pas être lus ou écrits : réessayez.")
}

fn failed() -> Fault {
    let text = "La préparation de cet export a échoué : supprimez-le (DELETE) et demandez-en un autre.";
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, Issue::error("exception", "export-failed", text))
}

fn not_yet(progress: &Progress) -> Answer {
    let mut answer = Answer::new(StatusCode::ACCEPTED, Vec::new());
    if let Ok(text) = HeaderValue::from_str(&progress.text()) {
        answer.headers.insert(X_PROGRESS, text);
    }
    answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(ASK_AGAIN));
    answer
}

/// What an interrupted export asked, read anew.
fn again(call: &Call, heading: &Heading) -> Result<Asked, Fault> {
    let (_, query) = heading.request.split_once('?').unwrap_or((&heading.request, ""));
    Asked::read(call, &request::pairs(query)?)
}

/// Prepares an export in its turn. Whatever happens, its job does not stay in preparation.
fn start(call: Call, exports: Arc<Exports>, asked: Asked, heading: Heading, progress: Arc<Progress>) {
    let turns = Arc::clone(&call.state.inner.exporting);
    tokio::spawn(async move {
        let ending = Ending { exports: Arc::clone(&exports), id: heading.id };
        let turn = turns.acquire_owned().await;
        let prepared = move || {
            let _held = (turn, ending);
            prepare(&call, &exports, &asked, &heading, &progress)
        };
        match blocking::run(prepared).await {
            Ok(Ok(()) | Err(NotPrepared::Cancelled)) | Err(_) => {}
            Ok(Err(error)) => tracing::error!(%error, "an export could not be prepared"),
        }
    });
}

/// Says that a preparation ended, be it by a panic.
struct Ending {
    exports: Arc<Exports>,
    id: Uuid,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.exports.ended(self.id);
    }
}

fn prepare(
    call: &Call,
    exports: &Exports,
    asked: &Asked,
    heading: &Heading,
    progress: &Progress,
) -> Result<(), NotPrepared> {
    if progress.is_cancelled() {
        return Err(NotPrepared::Cancelled);
    }
    progress.works();
    let transaction: Instant = call.state.now();
    let directory = &call.state.inner.services.directory;
    // A write that is dated before this moment, and not visible yet, would be in no export.
    directory.catch_up().map_err(std::io::Error::other)?;
    let snapshot = directory.snapshot();
    let tally = Tally::default();
    let view = snapshot.view(&call.grant).noted_in(&tally);
    let mut names = exports.names(heading.id)?;
    Membership { call, asked, view, names: &mut names, progress }.write()?;
    let (output, files) = (asked.output, names.files());
    let prepared = Prepared { transaction, output, tells_level_3: tally.holds_level_3(), files };
    Ok(exports.prepared(heading, names, prepared)?)
}

/// The files of an export (Bulk Data 2.0, complete status). Not FHIR: no resource.
fn manifest(call: &Call, heading: &Heading, prepared: &Prepared) -> Answer {
    let output = |file: &stored::Listed| {
        let url = format!("{}/{GET_FILE}/{}/{}", call.base, heading.id, file.name);
        node!({"type": (file.rtype.name()), "url": url, "count": (file.count)})
    };
    let output: Vec<Node> = prepared.files.iter().map(output).collect();
    let none: Vec<Node> = Vec::new();
    let mut answer = Answer::node(&node!({
        "transactionTime": (DateTime::format_instant(prepared.transaction)),
        "request": (heading.request.as_str()),
        "requiresAccessToken": true,
        "output": output,
        "error": (none.clone()),
        "deleted": none
    }));
    answer.media = Some(HeaderValue::from_static("application/json;charset=utf-8"));
    if let Some(date) = crate::answer::http_date(heading.asked + jobs::LIFE_MS) {
        answer.headers.insert(header::EXPIRES, date);
    }
    // Numbers that level 3 changes are of level 3 (D63).
    answer.disclosed =
        prepared.tells_level_3.then(|| Box::new(Disclosed { marks: Marks::LEVEL_3, ..Disclosed::default() }));
    answer
}
