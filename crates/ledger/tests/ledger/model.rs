//! Random batches do the same to the ledger and to a model of it held in maps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use ror_ledger::{Expect, Ledger, LedgerError, NewVersion, Op, Seq, SqliteLedger, VersionRow};

use crate::{Place, assert_clean, create, pair, trace};

type Key = (String, String);

#[derive(Default, Clone)]
struct Model {
    rows: Vec<VersionRow>,
    /// Newest row and identifiers of each resource.
    current: BTreeMap<Key, (VersionRow, BTreeSet<Key>)>,
    /// (type, identifier) → id.
    uniq: HashMap<(String, Key), String>,
    source: BTreeMap<Key, Key>,
}

/// A refusal without what cannot be compared.
#[derive(Debug, PartialEq)]
enum Refusal {
    Moved(Seq),
    Conflict(usize, Option<u32>),
    Duplicate(usize, Key, Key),
    Taken(usize, Key, Key),
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::HeadMoved(head) => Self::Moved(head.seq),
            LedgerError::Conflict { index, current } => Self::Conflict(index, current),
            LedgerError::Duplicate { index, system, value, rtype, id } => {
                Self::Duplicate(index, (system, value), (rtype, id))
            }
            LedgerError::SourceTaken { index, source_name, key, rtype, id } => {
                Self::Taken(index, (source_name, key), (rtype, id))
            }
            other => panic!("the engine failed: {other:?}"),
        }
    }
}

impl Model {
    fn append(&mut self, base: Seq, batch: &[NewVersion]) -> Result<Seq, Refusal> {
        if base != self.rows.len() as Seq {
            return Err(Refusal::Moved(self.rows.len() as Seq));
        }
        let mut next = self.clone();
        for (index, new) in batch.iter().enumerate() {
            next.apply(index, new)?;
        }
        *self = next;
        Ok(self.rows.len() as Seq)
    }

    fn apply(&mut self, index: usize, new: &NewVersion) -> Result<(), Refusal> {
        let key = (new.rtype.clone(), new.id.clone());
        let stands = self.current.get(&key).map(|(row, _)| row.ver);
        let fits = match (new.op, new.expect, stands) {
            (Op::Create, Expect::Absent | Expect::Any, None) | (Op::Update | Op::Withdraw, Expect::Any, Some(_)) => {
                true
            }
            (Op::Update | Op::Withdraw, Expect::Version(expected), Some(ver)) => expected == ver,
            _ => false,
        };
        if !fits {
            return Err(Refusal::Conflict(index, stands));
        }
        if new.op != Op::Withdraw {
            self.uniq.retain(|(rtype, _), id| (rtype.as_str(), id.as_str()) != (new.rtype.as_str(), new.id.as_str()));
            let claimed: BTreeSet<_> = new.uniques.iter().cloned().collect();
            for identifier in claimed {
                if let Some(id) = self.uniq.get(&(new.rtype.clone(), identifier.clone())) {
                    return Err(Refusal::Duplicate(index, identifier, (new.rtype.clone(), id.clone())));
                }
                self.uniq.insert((new.rtype.clone(), identifier), new.id.clone());
            }
        }
        let held = self.uniq.iter().filter(|((rtype, _), id)| (rtype, *id) == (&new.rtype, &new.id));
        let held = held.map(|((_, identifier), _)| identifier.clone()).collect();
        let row = committed(new, self.rows.len() as Seq + 1, stands.unwrap_or(0) + 1);
        self.rows.push(row.clone());
        self.current.insert(key.clone(), (row, held));
        self.give_key(index, new, key)
    }

    fn give_key(&mut self, index: usize, new: &NewVersion, resource: Key) -> Result<(), Refusal> {
        let Some(key) = new.source.clone() else { return Ok(()) };
        if let Some(holder) = self.source.get(&key).filter(|holder| **holder != resource)
            && self.current[holder].0.op != Op::Withdraw
        {
            return Err(Refusal::Taken(index, key, holder.clone()));
        }
        self.source.insert(key, resource);
        Ok(())
    }
}

fn committed(new: &NewVersion, seq: Seq, ver: u32) -> VersionRow {
    VersionRow {
        seq,
        rtype: new.rtype.clone(),
        id: new.id.clone(),
        ver,
        op: new.op,
        at: new.at,
        updated: new.updated,
        actor: new.actor.clone(),
        audience_mask: new.audience_mask,
        policy_ver: new.policy_ver,
        body: new.body.clone(),
    }
}

fn any_row() -> impl Strategy<Value = NewVersion> {
    let op = prop_oneof![3 => Just(Op::Create), 6 => Just(Op::Update), 2 => Just(Op::Withdraw)];
    let expect = prop_oneof![
        6 => Just(Expect::Any),
        1 => Just(Expect::Absent),
        3 => (1..4_u32).prop_map(Expect::Version),
    ];
    let uniques = prop::collection::vec((0..2_u8, 0..5_u8), 0..3);
    let source = prop::option::weighted(0.3, (0..2_u8, 0..3_u8));
    (0..2_u8, 0..5_u8, op, expect, uniques, source, any::<(i64, u8)>(), prop::collection::vec(any::<u8>(), 0..60))
        .prop_map(|(rtype, id, op, expect, uniques, source, (at, audience_mask), body)| NewVersion {
            rtype: format!("T{rtype}"),
            op,
            expect,
            at,
            updated: at.wrapping_add(1),
            audience_mask,
            body,
            uniques: uniques.iter().map(|(s, v)| pair(&s.to_string(), &v.to_string())).collect(),
            source: source.map(|(s, k)| pair(&s.to_string(), &k.to_string())),
            ..create(&id.to_string())
        })
}

/// Mostly sensible: an operation that cannot apply becomes one that can, unless the row is wild.
fn fitted(mut new: NewVersion, model: &Model, earlier: &[NewVersion]) -> NewVersion {
    let key = (new.rtype.clone(), new.id.clone());
    let exists = model.current.contains_key(&key) || earlier.iter().any(|e| (&e.rtype, &e.id) == (&key.0, &key.1));
    match (exists, new.op) {
        (false, _) => (new.op, new.expect) = (Op::Create, Expect::Absent),
        (true, Op::Create) => (new.op, new.expect) = (Op::Update, Expect::Any),
        _ => {}
    }
    new
}

fn assert_same(ledger: &SqliteLedger, model: &Model, batches: usize) {
    assert_eq!(ledger.tail(0, usize::MAX).expect("tail"), model.rows);
    for ((rtype, id), (row, _)) in &model.current {
        assert_eq!(ledger.current(rtype, id).expect("current").as_ref(), Some(row));
        let history: Vec<_> = model.rows.iter().filter(|r| (&r.rtype, &r.id) == (rtype, id)).cloned().collect();
        assert_eq!(ledger.history(rtype, id).expect("history"), history);
    }
    for ((rtype, (system, value)), id) in &model.uniq {
        assert_eq!(ledger.holder(rtype, system, value).expect("holder").as_ref(), Some(id));
    }
    for source in ["0", "1"] {
        let keys = model.source.iter().filter(|((name, _), _)| name == source);
        let keys: HashMap<_, _> = keys.map(|((_, key), resource)| (key.clone(), resource.clone())).collect();
        assert_eq!(ledger.source(source).expect("keys"), keys);
    }
    assert_eq!(ledger.audit_tail(0, usize::MAX).expect("traces").len(), batches);
    // The check rebuilds current, identifiers and keys from the rows and compares.
    assert_clean(ledger);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_what_the_model_does(
        batches in prop::collection::vec(
            (prop::collection::vec((any_row(), prop::bool::weighted(0.1)), 0..5), prop::bool::weighted(0.95)),
            1..20,
        )
    ) {
        let place = Place::new();
        let mut ledger = place.open();
        let mut model = Model::default();
        let mut accepted = 0;
        for (number, (rows, on_head)) in batches.into_iter().enumerate() {
            let mut batch = Vec::new();
            for (row, wild) in rows {
                let row = if wild { row } else { fitted(row, &model, &batch) };
                batch.push(row);
            }
            let base = model.rows.len() as Seq + Seq::from(!on_head);
            let done = ledger.append(base, &batch, &[trace("batch")]).map(|head| head.seq).map_err(Refusal::from);
            accepted += usize::from(done.is_ok());
            prop_assert_eq!(done, model.append(base, &batch));
            if number % 7 == 6 {
                drop(ledger);
                ledger = place.open();
            }
        }
        assert_same(&ledger, &model, accepted);
    }
}
