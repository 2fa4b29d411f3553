//! What counts beside filters must say: each is the total of the search with that value added.

use std::collections::BTreeMap;

use ror_confidentiality::Audience;
use ror_index::View;

use crate::ask::{Ask, AskTest, Expr, Token};
use crate::oracle::Oracle;

impl Ask {
    /// The same search, of what also has this code.
    #[must_use]
    pub fn narrowed(&self, path: &[&'static str], name: &'static str, token: &Token) -> Self {
        let mut narrowed = self.clone();
        narrowed.criteria.push(Expr::is(path, name, AskTest::Tokens(vec![token.clone()])));
        narrowed
    }
}

impl Oracle {
    /// The codes of a parameter that are among the matches, each with how many it would leave.
    pub fn facet(
        &self,
        ask: &Ask,
        audience: Audience,
        ids: &BTreeMap<String, String>,
        path: &[&'static str],
        name: &'static str,
    ) -> BTreeMap<Token, usize> {
        let counted = self.codes(ask.rtype, audience, path, name).into_iter().map(|token| {
            let count = self.answer(&ask.narrowed(path, name, &token), audience, ids).ids.len();
            (token, count)
        });
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

/// Whether announced counts are those of brute force, and the totals that the directory itself gives.
///
/// # Errors
/// The first that is not.
pub fn facet_agrees(
    (view, audience): (&View<'_>, Audience),
    oracle: &Oracle,
    ask: &Ask,
    ids: &BTreeMap<String, String>,
    (path, name): (&[&'static str], &'static str),
    announced: &BTreeMap<Token, usize>,
) -> Result<(), String> {
    let expected = oracle.facet(ask, audience, ids, path, name);
    if *announced != expected {
        return Err(format!("{:?} by {name}: {announced:?}, expected {expected:?}", ask.pairs(ids)));
    }
    for (token, count) in announced {
        let query = Ask { count: 0, ..ask.narrowed(path, name, token) }.query(ids);
        let total = view.search(&query, None, None).map_err(|error| format!("{error:?}"))?.total;
        if total as usize != *count {
            return Err(format!("{:?} with {token:?}: {count} announced, {total} found", ask.pairs(ids)));
        }
    }
    Ok(())
}
