//! Hash chain: each row carries `sha256(previous ‖ row)`, so no row can change, leave or move
//! without every later link showing it.
//!
//! The encoding of a row is injective: texts are preceded by their length, numbers have a fixed
//! width, fields have a fixed order, and the logs start with different words. Two different
//! rows therefore never give the same bytes, whatever their texts contain.
//!
//! It proves tampering only to someone who holds an earlier head: whoever can rewrite the whole
//! file can also recompute it. Keep heads elsewhere (backups, logs).

use aws_lc_rs::digest::{Context, SHA256};

use crate::{NewAudit, NewRecord, Op, Seq, Trace};

/// One link.
pub(crate) type Link = [u8; 32];

/// What the first row of a log follows.
pub(crate) const ORIGIN: Link = [0; 32];

/// All that the link of a version vouches for.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) seq: Seq,
    pub(crate) rtype: &'a str,
    pub(crate) id: &'a str,
    pub(crate) ver: u32,
    pub(crate) op: Op,
    pub(crate) at: i64,
    pub(crate) updated: i64,
    pub(crate) actor: &'a str,
    pub(crate) audience_mask: u8,
    pub(crate) policy_ver: u32,
    /// Packed pairs, see [`pack_pairs`].
    pub(crate) identifiers: &'a [u8],
    /// Packed pairs, at most one.
    pub(crate) source: &'a [u8],
    /// The text, not its frame.
    pub(crate) body: &'a [u8],
}

/// Link of a version.
pub(crate) fn version_link(previous: &Link, row: &Entry) -> Link {
    Encoder::new(previous, "version")
        .number(row.seq)
        .bytes(row.rtype.as_bytes())
        .bytes(row.id.as_bytes())
        .number(row.ver.into())
        .number(row.op as u64)
        .number(row.at as u64)
        .number(row.updated as u64)
        .bytes(row.actor.as_bytes())
        .number(row.audience_mask.into())
        .number(row.policy_ver.into())
        .bytes(row.identifiers)
        .bytes(row.source)
        .bytes(row.body)
        .link()
}

/// Link of a trace.
pub(crate) fn audit_link(previous: &Link, seq: Seq, entry: &NewAudit) -> Link {
    Encoder::new(previous, "audit")
        .number(seq)
        .number(entry.at as u64)
        .bytes(entry.actor.as_bytes())
        .bytes(entry.action.as_bytes())
        .bytes(entry.target.as_bytes())
        .bytes(entry.outcome.as_bytes())
        .link()
}

/// Link of a trace of a call.
pub(crate) fn trace_link(previous: &Link, seq: Seq, trace: &Trace) -> Link {
    let profile = trace.profile.map_or(0, |profile| u64::from(profile) + 1);
    let texts = [
        &trace.actor,
        &trace.client,
        &trace.declared,
        &trace.action,
        &trace.resources,
        &trace.criteria,
        &trace.reason,
        &trace.request_id,
        &trace.purpose,
    ];
    let start = Encoder::new(previous, "trace").number(seq).number(trace.at as u64).number(profile);
    let start = start.number(trace.count).number(trace.marks.0.into()).number(trace.outcome.into());
    texts.into_iter().fold(start.number(trace.duration_us), |link, text| link.bytes(text.as_bytes())).link()
}

/// Link of a product record.
pub(crate) fn record_link(previous: &Link, seq: Seq, entry: &NewRecord) -> Link {
    Encoder::new(previous, "record")
        .number(seq)
        .bytes(entry.kind.as_bytes())
        .bytes(entry.id.as_bytes())
        .number(entry.ver.into())
        .bytes(entry.subject.as_bytes())
        .number(entry.at as u64)
        .bytes(entry.actor.as_bytes())
        .bytes(entry.body.as_bytes())
        .link()
}

/// SHA-256 of anything, as for migrations.
pub(crate) fn sha256(bytes: &[u8]) -> Link {
    let mut hash = Context::new(&SHA256);
    hash.update(bytes);
    finish(hash)
}

/// (first, second) texts as one value that reads back to exactly these pairs.
pub(crate) fn pack_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut packed = Vec::new();
    for text in pairs.into_iter().flat_map(|(first, second)| [first, second]) {
        packed.extend_from_slice(&(text.len() as u64).to_le_bytes());
        packed.extend_from_slice(text.as_bytes());
    }
    packed
}

/// The pairs of [`pack_pairs`]; `None` when the bytes were not written by it.
pub(crate) fn unpack_pairs(mut packed: &[u8]) -> Option<Vec<(&str, &str)>> {
    let mut pairs = Vec::new();
    while !packed.is_empty() {
        let first = take_text(&mut packed)?;
        pairs.push((first, take_text(&mut packed)?));
    }
    Some(pairs)
}

fn take_text<'a>(packed: &mut &'a [u8]) -> Option<&'a str> {
    let (length, rest) = packed.split_first_chunk::<8>()?;
    let (text, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    *packed = rest;
    std::str::from_utf8(text).ok()
}

/// Feeds the fields of one row to the hash, in the order they are given.
struct Encoder(Context);

impl Encoder {
    fn new(previous: &Link, log: &str) -> Self {
        let mut hash = Context::new(&SHA256);
        hash.update(previous);
        Self(hash).bytes(log.as_bytes())
    }

    fn number(mut self, value: u64) -> Self {
        self.0.update(&value.to_le_bytes());
        self
    }

    fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update(&(value.len() as u64).to_le_bytes());
        self.0.update(value);
        self
    }

    fn link(self) -> Link {
        finish(self.0)
    }
}

fn finish(hash: Context) -> Link {
    hash.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Entry = Entry {
        seq: 7,
        rtype: "Location",
        id: "a",
        ver: 2,
        op: Op::Update,
        at: 10,
        updated: 20,
        actor: "finess",
        audience_mask: 3,
        policy_ver: 4,
        identifiers: b"i",
        source: b"s",
        body: b"{}",
    };

    #[test]
    fn every_field_moves_the_link() {
        let others = [
            Entry { seq: 8, ..ROW },
            Entry { rtype: "Locatio", ..ROW },
            Entry { rtype: "Locationa", id: "", ..ROW },
            Entry { id: "b", ..ROW },
            Entry { ver: 3, ..ROW },
            Entry { op: Op::Withdraw, ..ROW },
            Entry { at: 11, ..ROW },
            Entry { at: 20, updated: 10, ..ROW },
            Entry { actor: "sae", ..ROW },
            Entry { audience_mask: 2, ..ROW },
            Entry { policy_ver: 5, ..ROW },
            Entry { identifiers: b"j", ..ROW },
            Entry { source: b"t", ..ROW },
            Entry { identifiers: b"is", source: b"", ..ROW },
            Entry { body: b"{ }", ..ROW },
        ];
        let mut links = vec![version_link(&ORIGIN, &ROW), version_link(&[1; 32], &ROW)];
        links.extend(others.iter().map(|row| version_link(&ORIGIN, row)));
        let count = links.len();
        links.sort_unstable();
        links.dedup();
        assert_eq!(links.len(), count, "two different rows share a link");
    }

    #[test]
    fn the_link_of_a_known_row_never_changes() {
        // Computed outside of this program from the description above. Should it move, every
        // ledger in use would fail its check.
        let known = [
            0x48, 0x0e, 0x0d, 0x50, 0xc8, 0xbe, 0x6c, 0x86, 0x39, 0x6d, 0xf8, 0x2b, 0x4d, 0x1d, 0xab, 0xb6, 0xc6, 0x81,
            0x94, 0x93, 0xf5, 0x8e, 0xae, 0x58, 0xfd, 0x0e, 0x9b, 0x42, 0xa9, 0xbe, 0xd1, 0x6d,
        ];
        assert_eq!(version_link(&ORIGIN, &ROW), known);
    }

    #[test]
    fn pairs_read_back_whatever_they_contain() {
        for pairs in [vec![], vec![("", "")], vec![("a", "bc"), ("ab", "c")], vec![("é\n\0", "x|y")]] {
            let packed = pack_pairs(pairs.iter().copied());
            assert_eq!(unpack_pairs(&packed), Some(pairs));
        }
        assert_eq!(unpack_pairs(b"short"), None);
        assert_eq!(unpack_pairs(&pack_pairs([("a", "b")])[..10]), None);
    }
}
