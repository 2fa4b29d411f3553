//! Search by GET and POST (FHIR R4 §3.1.1).

use std::sync::Arc;

use axum::body::Body;
use ror_confidentiality::Policy;
use ror_identity::Marks;
use ror_index::{Anchor, Page, Snapshot};
use ror_search::{Filter, Query, Registry, ResourceType, Summary, Test};

use crate::answer::Answer;
use crate::blocking;
use crate::bundle::{self, Bundle, Mode};
use crate::call::Call;
use crate::cursor::{Binding, Cursor, CursorError};
use crate::negotiation;
use crate::outcome::{self, Fault};
use crate::prune::{self, Shape};
use crate::request;
use crate::trace::{self, Disclosed};
use crate::work::Work;

/// Up to this many resources of a type, a short search takes well under a millisecond: it runs
/// where it is, since handing it to another thread costs more.
const INLINE_MAX: u64 = 20_000;
/// Characters of the parameters of a search that may run where it is: a thousand circles or
/// four hundred chains take a second, however small the directory.
const PARAMETERS_INLINE_MAX: usize = 1_000;
/// Matches on a page, beyond which what it brings along may be much.
const INCLUDING_INLINE_MAX: usize = 200;
/// Identifiers looked up without handing over.
const LOOKUP_MAX: usize = 100;
/// Above this many resources on a page, packing is left to a thread of its own.
const PACKED_INLINE_MAX: usize = 50;

/// A search, ready to run on any thread.
struct Search {
    call: Call,
    query: Query,
    binding: Binding,
    cursor: Option<Cursor>,
    /// The present moment.
    snapshot: Arc<Snapshot>,
    /// The moment whose order is kept (D6), when it is another.
    past: Option<Arc<Snapshot>>,
}

/// The parameters of a search by POST: those of the address, then those of the form.
///
/// # Errors
/// 415 when the body is announced as something else, 413, 400.
pub(crate) async fn form(call: &mut Call, content: Body) -> Result<(), Fault> {
    let time = call.state.inner.settings.limits.body_time;
    let text = request::body(content, request::BODY_BYTES_MAX, time).await?;
    if !text.is_empty() {
        if !negotiation::is_form(&call.headers) || negotiation::is_packed(&call.headers) {
            return Err(Fault::media_type("application/x-www-form-urlencoded"));
        }
        let text = String::from_utf8(text).map_err(|_| {
            Fault::invalid("undecodable-parameters", "Formulaire illisible : le texte n'est pas en UTF-8.")
        })?;
        call.pairs.extend(request::pairs(&text)?);
    }
    Ok(())
}

/// Answers a search on a type.
///
/// # Errors
/// 400 for parameters that cannot be read, 503 when the query is too costly.
pub(crate) fn search(call: Call, rtype: ResourceType) -> Result<Work, Fault> {
    let search = Search::prepare(call, rtype)?;
    if search.is_light() {
        return search.run().map(Work::done);
    }
    let limit = search.call.state.inner.settings.limits.query_time;
    let turns = Arc::clone(&search.call.state.inner.heavy);
    Ok(Work::waits(async move { blocking::run_within(limit, &turns, move || search.run()).await? }))
}

impl Search {
    fn prepare(call: Call, rtype: ResourceType) -> Result<Self, Fault> {
        let mut query = call.query(rtype, &call.pairs)?;
        prune::check(&query.result)?;
        if query.result.summary == Summary::Count {
            query.result.count = 0;
        }
        // What was understood goes into links: a page size above the maximum is shown as it is (D5).
        for (name, value) in &mut query.parameters {
            if name == "_count" && query.result.summary != Summary::Count {
                *value = query.result.count.to_string();
            }
        }
        let binding = Binding::new(rtype.name(), &query.parameters, &call.grant);
        let cursor = match &query.result.page {
            Some(page) => Some(call.state.inner.sealer.open(page, &binding, call.now).map_err(refused_cursor)?),
            None => None,
        };
        let directory = &call.state.inner.services.directory;
        let snapshot = directory.snapshot();
        let past = cursor.as_ref().and_then(|cursor| directory.kept(cursor.seq));
        let past = past.filter(|past| past.seq() != snapshot.seq());
        Ok(Self { call, query, binding, cursor, snapshot, past })
    }

    /// Whether it is quicker to run here than to hand over.
    fn is_light(&self) -> bool {
        if self.query.result.explain {
            return false;
        }
        let page = self.query.result.count;
        let packs_much = self.call.encoding.is_some() && page > PACKED_INLINE_MAX;
        let brings_much = !self.query.includes.is_empty() && page > INCLUDING_INLINE_MAX;
        if packs_much || brings_much || !is_short(&self.query.parameters) {
            return false;
        }
        self.snapshot.view(&self.call.grant).count(self.query.rtype) <= INLINE_MAX
            || is_bounded(&self.query, self.call.state.inner.services.registry)
    }

    fn run(&self) -> Result<Answer, Fault> {
        let view = self.snapshot.view(&self.call.grant);
        let anchor: Option<&Anchor> = self.cursor.as_ref().map(|cursor| &cursor.anchor);
        let page = view.search(&self.query, anchor, self.past.as_deref())?;
        let mut answer = Answer::ok(self.write(&page));
        answer.disclosed = self.disclosed(&page);
        answer.pack(self.call.encoding);
        Ok(answer.with_count(page.matches.len() + page.included.len()))
    }

    fn disclosed(&self, page: &Page) -> Option<Box<Disclosed>> {
        let mut disclosed = Disclosed::default();
        page.matches.iter().chain(&page.included).for_each(|hit| disclosed.note(hit));
        if page.tells_level_3 {
            disclosed.marks = disclosed.marks.and(Marks::LEVEL_3);
        }
        let mut some = disclosed.some()?;
        let registry = self.call.state.inner.services.registry;
        some.criteria = trace::masked(registry, Some(self.query.rtype), &self.call.pairs);
        Some(some)
    }

    fn write(&self, page: &Page) -> Vec<u8> {
        let state = &self.call.state;
        let shape = Shape::of(&self.query.result);
        let entries = page.matches.len() + page.included.len();
        let links = self.links(page);
        let mut bundle = Bundle::start(&self.call.base, state.random_id(), page.total, &links, state.room(entries));
        for hit in &page.matches {
            bundle.push(hit, Mode::Match, shape);
        }
        for hit in &page.included {
            bundle.push(hit, Mode::Include, shape);
        }
        if self.query.result.explain {
            bundle.push_outcome(&self.explanation());
        }
        let unread = self.unread();
        if !self.query.warnings.is_empty() || !unread.is_empty() {
            bundle.push_outcome(&outcome::remarks(&self.query.warnings, &unread));
        }
        let text = bundle.finish();
        state.remember(text.len(), entries);
        text
    }

    /// What this caller can never read of what is asked about: by the table and the profile, never by data (D2).
    fn unread(&self) -> Vec<(&str, String)> {
        let registry = self.call.state.inner.services.registry;
        let (policy, audience) = (Policy::embedded(), self.call.grant.audience());
        let mut unread: Vec<(&str, String)> = Vec::new();
        for (written, parameter) in &self.query.asked {
            let parameter = registry.get(*parameter);
            let Some(element) = parameter.element() else { continue };
            let name = format!("{}.{}", parameter.rtype, parameter.name);
            let is_read = policy.readers(parameter.rtype.name(), element).contains(audience);
            if !is_read && unread.iter().all(|(_, known)| *known != name) {
                unread.push((written, name));
            }
        }
        unread
    }

    /// How the search was read and answered; how long each step took, in the sandbox only: a time may tell of
    /// what a view does not show.
    fn explanation(&self) -> ror_fhir::Node {
        let view = self.snapshot.view(&self.call.grant).aside();
        let start = std::time::Instant::now();
        let clock = || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let clock: Option<&dyn Fn() -> u64> = self.call.state.inner.settings.sandbox.then_some(&clock);
        outcome::explanation(&self.query, &view.explain(self.query.rtype, &self.query.filter, clock))
    }

    /// `self`, `first`, `next`, `previous` (D5); only `self` when the total alone is asked.
    fn links(&self, page: &Page) -> Vec<(&'static str, String)> {
        let shown = self.query.result.page.as_deref();
        let mut links = vec![("self", self.link(shown))];
        if self.query.result.count == 0 {
            return links;
        }
        links.push(("first", self.link(None)));
        let order = self.past.as_ref().unwrap_or(&self.snapshot);
        if page.next.is_some() || page.previous.is_some() {
            self.call.state.inner.services.directory.keep(order);
        }
        for (relation, anchor) in [("next", &page.next), ("previous", &page.previous)] {
            if let Some(anchor) = anchor {
                let cursor = Cursor { anchor: anchor.clone(), seq: order.seq(), issued: self.call.now };
                let sealed = self.call.state.inner.sealer.seal(&cursor, &self.binding, self.call.state.random());
                links.push((relation, self.link(Some(&sealed))));
            }
        }
        links
    }

    fn link(&self, page: Option<&str>) -> String {
        let parameters = self.query.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        bundle::link(&self.call.base, self.query.rtype.name(), parameters, page)
    }
}

pub(crate) fn refused_cursor(error: CursorError) -> Fault {
    match error {
        CursorError::Invalid => Fault::invalid_at(
            "invalid-page",
            "_page",
            "Lien de page non reconnu : il ne vaut que tel quel, pour la même requête et le même client.",
        ),
        CursorError::Expired => {
            let text = "Lien de page expiré (24 h) : reprenez à la première page.";
            let issue = outcome::Issue::error("expired", "expired-page", text).at("_page");
            Fault::new(axum::http::StatusCode::BAD_REQUEST, issue)
        }
    }
}

/// Whether a search asks little: what is long may be costly, and waits its turn (D61).
fn is_short(parameters: &[(String, String)]) -> bool {
    let length: usize = parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
    length <= PARAMETERS_INLINE_MAX
}

/// Whether the work follows the answer rather than the directory: everything in the order
/// of ids, or resources by their identifiers.
fn is_bounded(query: &Query, registry: &Registry) -> bool {
    let is_lookup = |filter: &Filter| {
        let Filter::Test(Test::Terms(any)) = filter else { return false };
        any.len() <= LOOKUP_MAX
            && any.iter().all(|term| matches!(&*registry.get(term.parameter()).name, "_id" | "identifier"))
    };
    match &query.filter {
        Filter::All(all) => (all.is_empty() && query.result.sort.is_empty()) || all.iter().any(is_lookup),
        other => is_lookup(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d61_a_long_search_never_runs_where_requests_are_answered() {
        let pairs = |count, value: &str| vec![("location.near".to_owned(), value.to_owned()); count];
        assert!(is_short(&pairs(3, "45.76|4.84|10|km")));
        assert!(!is_short(&pairs(1, &["46.5|2.5|500|km"; 1_000].join(","))));
        assert!(!is_short(&pairs(400, "46.5|2.5")));
    }
}
