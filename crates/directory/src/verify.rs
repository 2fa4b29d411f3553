//! Does the read model say what the ledger says?

use std::collections::HashMap;

use ror_ledger::{Ledger, LedgerError, Op, VersionRow};
use ror_search::NoGeography;

use crate::apply::{State, Tables};
use crate::graph::Key;
use crate::replay::Replay;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Resources compared.
    pub resources: usize,
    /// Each difference, in French.
    pub faults: Vec<String>,
}

/// Differences told at most.
const FAULTS_MAX: usize = 1_000;

/// Builds the read model again from the ledger, and compares: each resource held is the last
/// version written, each version was one for the audiences that its row names (D28).
///
/// # Errors
/// [`LedgerError`] when the ledger cannot be read, or a row is no resource.
pub fn verify(ledger: &dyn Ledger) -> Result<Verification, LedgerError> {
    // What places lie in is no part of what the ledger says.
    let tables = Tables::embedded(&NoGeography);
    let mut replay = Replay::new(State::empty(tables), i64::MIN, tables);
    replay.compare_audiences();
    let mut last: HashMap<Key, (u64, Vec<u8>)> = HashMap::new();
    replay.run_each(ledger, &mut |key: &Key, row: &VersionRow| {
        if row.op == Op::Withdraw {
            last.remove(key);
        } else {
            last.insert(key.clone(), (row.seq, row.body.clone()));
        }
    })?;
    let mut faults = replay.take_faults();
    let (state, _) = replay.finish();
    for ((rtype, id), (seq, body)) in &last {
        let held = state.snapshot.former(*rtype, id);
        if held.is_none_or(|held| held.body() != body.as_slice()) {
            faults.push(format!("{rtype}/{id} n'est pas la version écrite en ligne {seq}"));
        }
    }
    if state.snapshot.size() != last.len() {
        faults.push(format!("{} ressources tenues, {} attendues", state.snapshot.size(), last.len()));
    }
    faults.truncate(FAULTS_MAX);
    Ok(Verification { resources: last.len(), faults })
}
