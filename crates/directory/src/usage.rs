//! Which resources use a code: asked before a list changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use ror_fhir::Node;
use ror_ledger::{Ledger, LedgerError, Op};

/// Rows read at once.
const READ_AT_ONCE: usize = 4096;

/// Resources in force that hold a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Offers (HealthcareService).
    pub offers: usize,
    /// Resources of the other types.
    pub others: usize,
}

/// System and code.
type Code = (String, String);

/// For each of `codes` that is used: how many resources hold it in their last version.
///
/// Counts for operators: no resource is named, and who may see which does not matter here.
///
/// # Errors
/// [`LedgerError`] when the ledger cannot be read.
pub fn usage(ledger: &dyn Ledger, codes: &BTreeSet<Code>) -> Result<HashMap<Code, Usage>, LedgerError> {
    // The last version of a resource says what it uses; a row may be any version of it.
    let mut used: HashMap<(String, String), HashSet<&Code>> = HashMap::new();
    let (mut after, mut more) = (0, true);
    while more {
        let mut read = 0;
        ledger.tail_each(after, READ_AT_ONCE, &mut |row| {
            read += 1;
            after = row.seq;
            let mut found = HashSet::new();
            if row.op != Op::Withdraw
                && let Ok(body) = Node::parse(&row.body)
            {
                collect(&body, codes, &mut found);
            }
            used.insert((row.rtype, row.id), found);
            ControlFlow::Continue(())
        })?;
        more = read == READ_AT_ONCE;
    }
    let mut out: HashMap<Code, Usage> = HashMap::new();
    for ((rtype, _), found) in used {
        for code in found {
            let usage = out.entry(code.clone()).or_default();
            if rtype == "HealthcareService" {
                usage.offers += 1;
            } else {
                usage.others += 1;
            }
        }
    }
    Ok(out)
}

/// Every coding of the tree that is one of `codes`.
fn collect<'c>(node: &Node, codes: &'c BTreeSet<Code>, found: &mut HashSet<&'c Code>) {
    if let (Some(system), Some(code)) = (node.str("system"), node.str("code")) {
        found.extend(codes.get(&(system.to_owned(), code.to_owned())));
    }
    match node {
        Node::Array(items) => items.iter().for_each(|item| collect(item, codes, found)),
        Node::Object(members) => members.iter().for_each(|(_, value)| collect(value, codes, found)),
        _ => {}
    }
}
