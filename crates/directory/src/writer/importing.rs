//! Batches of an import, through the one writer.

use std::collections::HashSet;

use ror_fhir::{Instant, Node};
use ror_ledger::{LedgerError, NewVersion, Op};

use super::{Claimed, Staged, Writer};
use crate::apply::Author;
use crate::canonical;
use crate::identifier;
use crate::import::{Chunk, ChunkItem, ImportProblem, Imported, Replaces, import_actor};

impl Writer {
    pub(super) fn import(&mut self, chunk: &Chunk) -> Result<Vec<Imported>, LedgerError> {
        loop {
            let at = self.moment()?;
            let mut outcomes = Vec::with_capacity(chunk.items.len());
            let mut staged: Vec<Staged> = Vec::new();
            let mut claimed = HashSet::new();
            for item in &chunk.items {
                let (row, mut outcome) = self.stage_item(chunk, item, at)?;
                if let Some(mut row) = row {
                    // Everything is taken from an import, a repeated identifier too (D34).
                    if self.is_claimed(&row.version, &mut claimed)? {
                        row.version.uniques.clear();
                        outcome.problem = Some(ImportProblem::DuplicateIdentifier);
                    }
                    staged.push(row);
                }
                outcomes.push(outcome);
            }
            if staged.is_empty() {
                return Ok(outcomes);
            }
            match self.commit(staged, Author::Source, at) {
                Ok(()) => return Ok(outcomes),
                Err(LedgerError::HeadMoved(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether an identifier of the row is that of another resource, held or just `claimed`.
    pub(super) fn is_claimed(&self, version: &NewVersion, claimed: &mut Claimed) -> Result<bool, LedgerError> {
        for (space, value) in &version.uniques {
            let holder = self.ledger.holder(&version.rtype, space, value)?;
            if holder.is_some_and(|holder| holder != version.id) || !claimed.insert((space.clone(), value.clone())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn stage_item(
        &self,
        chunk: &Chunk,
        item: &ChunkItem,
        at: Instant,
    ) -> Result<(Option<Staged>, Imported), LedgerError> {
        let former = self.state.snapshot.former(item.key.0, &item.key.1);
        let former = former.map(|former| Node::parse(former.body()).expect("the index holds canonical text"));
        let mut resource = item.resource.clone();
        canonical::date_creation(&mut resource, former.as_ref(), item.updated);
        identifier::carry(item.key.0, &mut resource, former.as_ref());
        if let Some((kind, region)) = &item.mint
            && kind.find(&resource).is_none()
        {
            let value = identifier::draw(&*self.ledger, &*self.environment.random, item.key.0, *kind, region)?;
            kind.add(&mut resource, &value);
        }
        let (created, changed) = (former.is_none(), former.as_ref() != Some(&resource));
        let outcome = Imported { position: item.position, created, changed, problem: None };
        if !changed {
            return Ok((None, outcome));
        }
        if !created && !self.may_replace(item)? {
            let problem = Some(ImportProblem::HeldByAnother);
            return Ok((None, Imported { changed: false, problem, ..outcome }));
        }
        let op = if created { Op::Create } else { Op::Update };
        let mut version = self.version(&item.key, op, &resource, at, item.updated, &chunk.actor);
        version.source.clone_from(&item.source);
        Ok((Some(Staged { version, key: item.key.clone(), resource }), outcome))
    }

    /// Whether whoever wrote the held version yields to this item.
    fn may_replace(&self, item: &ChunkItem) -> Result<bool, LedgerError> {
        Ok(match item.replaces {
            Replaces::Anyone => true,
            Replaces::Nobody => false,
            Replaces::Sources(sources) => {
                let held = self.ledger.current(item.key.0.name(), &item.key.1)?;
                held.is_some_and(|held| sources.iter().any(|source| held.actor == import_actor(source)))
            }
        })
    }
}
