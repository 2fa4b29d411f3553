//! A file of an export, written while it leaves: today's text of what the export names.
//!
//! A piece at a time is made, on a thread that may block, in its turn; the next one once the reader has
//! taken it. So a file of any length takes the memory of one piece, a reader that is slow holds no
//! thread and no turn, and what became hidden since the last piece is not in the next. The reading of
//! a piece is kept before the piece leaves (D63); what cannot be finished breaks the connection off,
//! so that nobody takes a part for the whole.

use std::fmt;
use std::future::Future;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use ror_confidentiality::Grant;
use ror_identity::TraceLine;
use ror_index::Hit;

use super::asked::Output;
use super::stored::Members;
use crate::blocking;
use crate::compression::Packer;
use crate::limits::Permit;
use crate::state::ApiState;
use crate::trace::{self, Disclosed};

/// Text of resources in a piece, before packing: what a download holds in memory, with what packs it.
const PIECE_BYTES: usize = 256 * 1_024;
/// Names looked up for a piece, be they all hidden by now.
const LOOKED_UP_MAX: usize = 10_000;

/// A file being written.
pub(super) struct Writing {
    pub(super) state: ApiState,
    pub(super) grant: Grant,
    /// Address of the base, for the `fullUrl` of entries.
    pub(super) base: String,
    pub(super) output: Output,
    pub(super) members: Members,
    pub(super) packer: Packer,
    pub(super) progress: Written,
    /// What the line of a later piece says besides what the piece holds.
    pub(super) line: Option<TraceLine>,
}

/// How far a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Nothing,
    /// So many resources.
    Some(u64),
    All,
}

/// What leaves at once.
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    pub(super) disclosed: Option<Box<Disclosed>>,
    pub(super) count: usize,
}

impl Writing {
    /// Makes the next piece, when its turn comes.
    pub(super) async fn next(mut self: Box<Self>) -> io::Result<(Box<Self>, Option<Piece>)> {
        let turns = Arc::clone(&self.state.inner.exporting);
        let _turn = turns.acquire_owned().await.map_err(io::Error::other)?;
        let made = blocking::run(move || {
            let piece = self.piece()?;
            Ok((self, piece))
        });
        made.await.map_err(|_| io::Error::other("the program is stopping"))?
    }

    fn piece(&mut self) -> io::Result<Option<Piece>> {
        let mut count = match self.progress {
            Written::All => return Ok(None),
            Written::Some(count) => count,
            Written::Nothing => {
                self.start()?;
                0
            }
        };
        let before = count;
        let snapshot = self.state.inner.services.directory.snapshot();
        let view = snapshot.view(&self.grant);
        let mut disclosed = Disclosed::default();
        let mut text = Vec::with_capacity(PIECE_BYTES / 4);
        let (mut written, mut looked_up) = (0, 0);
        self.progress = Written::All;
        while let Some((rtype, id)) = self.members.next()? {
            if let Some(hit) = view.read(rtype, id) {
                disclosed.note(&hit);
                entry(self.output, &self.base, count == 0, &hit, &mut text);
                self.packer.write_all(&text)?;
                written += text.len();
                text.clear();
                count += 1;
            }
            looked_up += 1;
            if written >= PIECE_BYTES || looked_up >= LOOKED_UP_MAX {
                self.progress = Written::Some(count);
                break;
            }
        }
        if self.progress == Written::All {
            self.end(count)?;
        }
        let bytes = Bytes::from(self.packer.take());
        Ok(Some(Piece { bytes, disclosed: disclosed.some(), count: (count - before) as usize }))
    }

    fn start(&mut self) -> io::Result<()> {
        if self.output == Output::Ndjson {
            return Ok(());
        }
        let id = self.state.random_id();
        write!(self.packer, "{{\"resourceType\":\"Bundle\",\"id\":\"{id}\",\"type\":\"collection\"")
    }

    fn end(&mut self, count: u64) -> io::Result<()> {
        if self.output != Output::Ndjson {
            // FHIR knows no empty array: the first entry opens it.
            self.packer.write_all(if count > 0 { b"]}" } else { b"}" })?;
        }
        self.packer.finish()
    }

    /// Keeps the line of a piece after the first, whose line leaves with the answer.
    fn keep(&self, piece: &Piece) -> io::Result<()> {
        let (Some(disclosed), Some(line)) = (&piece.disclosed, &self.line) else { return Ok(()) };
        let mut line = line.clone();
        line.at = self.state.now();
        line.resources.clone_from(&disclosed.resources);
        line.marks = disclosed.marks;
        line.count = piece.count as u64;
        trace::keep_waiting(&self.state, line)
    }
}

fn entry(output: Output, base: &str, is_first: bool, hit: &Hit<'_>, text: &mut Vec<u8>) {
    if output == Output::Ndjson {
        hit.write_to(text);
        text.push(b'\n');
        return;
    }
    let opening: &[u8] = if is_first { b",\"entry\":[{\"fullUrl\":\"" } else { b",{\"fullUrl\":\"" };
    text.extend_from_slice(opening);
    for part in [base, "/", hit.rtype().name(), "/", hit.id(), "\",\"resource\":"] {
        text.extend_from_slice(part.as_bytes());
    }
    hit.write_to(text);
    text.push(b'}');
}

type Making = Pin<Box<dyn Future<Output = io::Result<(Box<Writing>, Option<Piece>)>> + Send>>;

/// The body of an answer: a file that is written while it leaves.
pub(crate) struct Download {
    step: Step,
    /// Its place among the requests of its caller in progress, until it has left.
    permit: Option<Permit>,
}

enum Step {
    /// Made, and to be sent before the rest.
    First(Bytes, Box<Writing>),
    Making(Making),
    Over,
}

impl Download {
    pub(super) fn new(first: Bytes, rest: Box<Writing>) -> Self {
        Self { step: Step::First(first, rest), permit: None }
    }

    /// Counts as a request in progress until it ends.
    pub(crate) fn hold(&mut self, permit: Option<Permit>) {
        self.permit = permit;
    }

    /// What the lines of its pieces say besides what they hold.
    pub(crate) fn traced_as(&mut self, line: TraceLine) {
        if let Step::First(_, writing) = &mut self.step {
            writing.line = Some(line);
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").finish_non_exhaustive()
    }
}

async fn made(writing: Box<Writing>) -> io::Result<(Box<Writing>, Option<Piece>)> {
    let (writing, piece) = writing.next().await?;
    let Some(piece) = piece else { return Ok((writing, None)) };
    if piece.disclosed.is_none() {
        return Ok((writing, Some(piece)));
    }
    let kept = blocking::run(move || writing.keep(&piece).map(|()| (writing, Some(piece))));
    kept.await.map_err(|_| io::Error::other("the program is stopping"))?
}

impl Body for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        loop {
            if let Step::First(..) = &self.step
                && let Step::First(bytes, writing) = std::mem::replace(&mut self.step, Step::Over)
            {
                self.step = Step::Making(Box::pin(made(writing)));
                if !bytes.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
            }
            let Step::Making(making) = &mut self.step else {
                self.permit = None;
                return Poll::Ready(None);
            };
            let ended = ready!(making.as_mut().poll(context));
            self.step = Step::Over;
            match ended {
                Err(error) => {
                    tracing::warn!(%error, "a file of an export was broken off");
                    return Poll::Ready(Some(Err(error)));
                }
                Ok((_, None)) => {}
                Ok((writing, Some(piece))) => {
                    self.step = Step::Making(Box::pin(made(writing)));
                    if !piece.bytes.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(piece.bytes))));
                    }
                }
            }
        }
    }
}
