//! The rows of one batch, inside the one writing transaction.

use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};

use super::read;
use crate::chain::{Entry, Link, audit_link, pack_pairs, unpack_pairs, version_link};
use crate::{Expect, Head, LedgerError, NewAudit, NewVersion, Op, Seq};

/// Appends `batch`, whose packed bodies are `frames`, to a ledger that must stand at `base`.
pub(super) fn versions(
    tx: &Transaction,
    base: Seq,
    batch: &[NewVersion],
    frames: &[Vec<u8>],
) -> Result<Head, LedgerError> {
    let head = read::head(tx)?;
    if head.seq != base {
        return Err(LedgerError::HeadMoved(head));
    }
    let mut appender = Appender::new(tx, head)?;
    for (index, (new, frame)) in batch.iter().zip(frames).enumerate() {
        appender.append(index, new, frame)?;
    }
    let head = appender.head;
    tx.prepare_cached("UPDATE head SET seq = ?1, chain = ?2")?.execute(params![head.seq, head.chain])?;
    Ok(head)
}

/// Appends traces.
pub(super) fn audit(tx: &Transaction, entries: &[NewAudit]) -> Result<(), LedgerError> {
    if entries.is_empty() {
        return Ok(());
    }
    let (mut seq, mut link): (Seq, Link) = tx
        .prepare_cached("SELECT audit_seq, audit_chain FROM head")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut insert = tx.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for entry in entries {
        seq += 1;
        link = audit_link(&link, seq, entry);
        insert.execute(params![seq, entry.at, entry.actor, entry.action, entry.target, entry.outcome, link])?;
    }
    tx.prepare_cached("UPDATE head SET audit_seq = ?1, audit_chain = ?2")?.execute(params![seq, link])?;
    Ok(())
}

/// What stands for a resource before a row applies.
struct Standing {
    seq: Seq,
    ver: u32,
}

/// Statements and head of one batch.
struct Appender<'t> {
    head: Head,
    standing: CachedStatement<'t>,
    identifiers: CachedStatement<'t>,
    insert_version: CachedStatement<'t>,
    put_current: CachedStatement<'t>,
    free: CachedStatement<'t>,
    claim: CachedStatement<'t>,
    holder: CachedStatement<'t>,
    key_holder: CachedStatement<'t>,
    put_key: CachedStatement<'t>,
}

impl<'t> Appender<'t> {
    fn new(tx: &'t Transaction, head: Head) -> Result<Self, LedgerError> {
        Ok(Self {
            head,
            standing: tx.prepare_cached("SELECT seq, ver FROM current WHERE rtype = ?1 AND id = ?2")?,
            identifiers: tx.prepare_cached("SELECT identifiers FROM version WHERE seq = ?1")?,
            insert_version: tx.prepare_cached(
                "INSERT INTO version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?,
            put_current: tx.prepare_cached(
                "INSERT INTO current VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (rtype, id)
                 DO UPDATE SET seq = excluded.seq, ver = excluded.ver, deleted = excluded.deleted",
            )?,
            free: tx.prepare_cached("DELETE FROM uniq WHERE rtype = ?1 AND system = ?2 AND value = ?3")?,
            claim: tx.prepare_cached("INSERT INTO uniq VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?,
            holder: tx.prepare_cached("SELECT id FROM uniq WHERE rtype = ?1 AND system = ?2 AND value = ?3")?,
            key_holder: tx.prepare_cached(
                "SELECT rtype, id, deleted FROM source JOIN current USING (rtype, id) WHERE source = ?1 AND key = ?2",
            )?,
            put_key: tx.prepare_cached(
                "INSERT INTO source VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (source, key)
                 DO UPDATE SET rtype = excluded.rtype, id = excluded.id, seq = excluded.seq",
            )?,
        })
    }

    fn append(&mut self, index: usize, new: &NewVersion, frame: &[u8]) -> Result<(), LedgerError> {
        let standing = self.standing(new)?;
        let ver = next_version(new, standing.as_ref().map(|s| s.ver))
            .map_err(|current| LedgerError::Conflict { index, current })?;
        let former = self.identifiers(standing.as_ref())?;
        let identifiers = if new.op == Op::Withdraw { former.clone() } else { pack_identifiers(new) };
        self.insert(new, ver, &identifiers, frame)?;
        self.claim_identifiers(index, new, &former, &identifiers)?;
        self.claim_key(index, new)
    }

    fn standing(&mut self, new: &NewVersion) -> Result<Option<Standing>, LedgerError> {
        let row = self
            .standing
            .query_row(params![new.rtype, new.id], |row| Ok(Standing { seq: row.get(0)?, ver: row.get(1)? }));
        Ok(row.optional()?)
    }

    /// The identifiers held so far, packed.
    fn identifiers(&mut self, standing: Option<&Standing>) -> Result<Vec<u8>, LedgerError> {
        match standing {
            Some(standing) => Ok(self.identifiers.query_row([standing.seq], |row| row.get(0))?),
            None => Ok(Vec::new()),
        }
    }

    fn insert(&mut self, new: &NewVersion, ver: u32, identifiers: &[u8], frame: &[u8]) -> Result<(), LedgerError> {
        let source = pack_pairs(new.source.iter().map(|(source, key)| (source.as_str(), key.as_str())));
        let seq = self.head.seq + 1;
        let chain = version_link(
            &self.head.chain,
            &Entry {
                seq,
                rtype: &new.rtype,
                id: &new.id,
                ver,
                op: new.op,
                at: new.at,
                updated: new.updated,
                actor: &new.actor,
                audience_mask: new.audience_mask,
                policy_ver: new.policy_ver,
                identifiers,
                source: &source,
                body: &new.body,
            },
        );
        self.insert_version.execute(params![
            seq,
            new.rtype,
            new.id,
            ver,
            new.op as u8,
            new.at,
            new.updated,
            new.actor,
            new.audience_mask,
            new.policy_ver,
            identifiers,
            source,
            frame,
            chain
        ])?;
        self.put_current.execute(params![new.rtype, new.id, seq, ver, new.op == Op::Withdraw])?;
        (self.head.seq, self.head.chain) = (seq, chain);
        Ok(())
    }

    /// Moves `uniq` from the former set to the new one, touching only what differs.
    fn claim_identifiers(
        &mut self,
        index: usize,
        new: &NewVersion,
        former: &[u8],
        identifiers: &[u8],
    ) -> Result<(), LedgerError> {
        if former == identifiers {
            return Ok(());
        }
        let (former, identifiers) = (pairs(former)?, pairs(identifiers)?);
        for (system, value) in former.iter().filter(|pair| !identifiers.contains(pair)) {
            self.free.execute(params![new.rtype, system, value])?;
        }
        for (system, value) in identifiers.iter().filter(|pair| !former.contains(pair)) {
            if self.claim.execute(params![new.rtype, system, value, new.id])? == 0 {
                let id = self.holder.query_row(params![new.rtype, system, value], |row| row.get(0))?;
                let (system, value, rtype) = ((*system).to_owned(), (*value).to_owned(), new.rtype.clone());
                return Err(LedgerError::Duplicate { index, system, value, rtype, id });
            }
        }
        Ok(())
    }

    fn claim_key(&mut self, index: usize, new: &NewVersion) -> Result<(), LedgerError> {
        let Some((source, key)) = &new.source else { return Ok(()) };
        let holder: Option<(String, String, bool)> = self
            .key_holder
            .query_row(params![source, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        match holder {
            Some((rtype, id, false)) if (&rtype, &id) != (&new.rtype, &new.id) => {
                let (source_name, key) = (source.clone(), key.clone());
                Err(LedgerError::SourceTaken { index, source_name, key, rtype, id })
            }
            _ => {
                self.put_key.execute(params![source, key, new.rtype, new.id, self.head.seq])?;
                Ok(())
            }
        }
    }
}

/// The number the row gets, or the version that stands in its way.
fn next_version(new: &NewVersion, current: Option<u32>) -> Result<u32, Option<u32>> {
    let expected = match new.expect {
        Expect::Absent => current.is_none(),
        Expect::Version(ver) => current == Some(ver),
        Expect::Any => true,
    };
    // A creation over something, or a change of nothing, would break the numbering.
    if !expected || (new.op == Op::Create) != current.is_none() {
        return Err(current);
    }
    Ok(current.unwrap_or(0) + 1)
}

/// Sorted and without repeats: the same set always gives the same bytes.
fn pack_identifiers(new: &NewVersion) -> Vec<u8> {
    let mut set: Vec<_> = new.uniques.iter().map(|(system, value)| (system.as_str(), value.as_str())).collect();
    set.sort_unstable();
    set.dedup();
    pack_pairs(set)
}

fn pairs(packed: &[u8]) -> Result<Vec<(&str, &str)>, LedgerError> {
    unpack_pairs(packed).ok_or_else(|| LedgerError::Corrupt("identifiers of a version cannot be read".to_owned()))
}
