//! From a question to the set of documents that meet it.

use croaring::Bitmap;
use ror_confidentiality::Audience;
use ror_fhir::Instant;
use ror_search::{Comparison, Filter, Near, ParamId, Relation, ResourceType, zone_of_departement};

use crate::document::Doc;
use crate::eyes::Eyes;
use crate::plan::{Kind, Planner, Scope, Step, everything};
use crate::snapshot::{Snapshot, Targets};

/// One step of an answer, for those who ask how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The parameters it reads, as written in requests.
    pub parameters: Vec<String>,
    /// How many meet it, all else aside.
    pub alone: u64,
    /// How many meet it and the steps before.
    pub left: u64,
    /// Whether candidates are looked at one by one rather than all that meet it found first.
    pub one_by_one: bool,
    /// How long it took, in microseconds, where a clock was handed in.
    pub took_us: Option<u64>,
}

/// Evaluates questions on one snapshot with one pair of eyes.
pub(crate) struct Evaluator<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) eyes: Eyes,
}

impl<'a> Evaluator<'a> {
    /// For one audience, by its own dates.
    pub(crate) const fn of(snapshot: &'a Snapshot, audience: Audience) -> Self {
        Self { snapshot, eyes: Eyes::of(audience) }
    }

    /// The documents of `rtype` that meet `filter`.
    pub(crate) fn find(&self, rtype: ResourceType, filter: &Filter) -> Bitmap {
        let plan = self.plan(Scope::Resources(rtype), filter);
        self.set(&plan)
    }

    pub(crate) fn plan<'f>(&self, scope: Scope, filter: &'f Filter) -> Step<'f> {
        Planner { evaluator: self, snapshot: self.snapshot, audience: self.eyes.audience() }.plan(scope, filter)
    }

    /// Every document of `rtype`.
    pub(crate) fn everything(&self, rtype: ResourceType) -> Bitmap {
        self.all_rows(Scope::Resources(rtype))
    }

    fn all_rows(&self, scope: Scope) -> Bitmap {
        let posting = self.snapshot.terms_of(scope).posting(&everything(scope));
        posting.map(|posting| posting.bitmap(&self.eyes)).unwrap_or_default()
    }

    /// All rows that pass.
    pub(crate) fn set(&self, step: &Step<'_>) -> Bitmap {
        match &step.kind {
            Kind::All(all) => self.all(step.scope, all),
            Kind::Any(any) => {
                let mut out = Bitmap::new();
                for step in any {
                    out.or_inplace(&self.set(step));
                }
                out
            }
            Kind::Not(inner) => self.all_rows(step.scope).andnot(self.known(inner)),
            Kind::Terms(numbers) => {
                let mut out = Bitmap::new();
                let terms = self.snapshot.terms_of(step.scope);
                for posting in numbers.iter().filter_map(|number| terms.of(*number)) {
                    posting.union_into(&self.eyes, &mut out);
                }
                out
            }
            Kind::Ordered(parameter, any) => self.snapshot.values_of(step.scope).rows(*parameter, any, &self.eyes),
            Kind::Updated(any) => self.updated(step.scope, any),
            Kind::Near(parameter, near) => self.near(*parameter, near),
            Kind::OpenAt(_) => self.filter(&self.all_rows(step.scope), step),
            Kind::Related(relation, inner) => self.related(step, *relation, inner),
        }
    }

    /// All rows that pass, found once.
    fn known<'s>(&self, step: &'s Step<'_>) -> &'s Bitmap {
        step.set.get_or_init(|| self.set(step))
    }

    fn all(&self, scope: Scope, all: &[Step<'_>]) -> Bitmap {
        let Some((first, rest)) = all.split_first() else { return self.all_rows(scope) };
        let mut found = if let Kind::Not(_) = first.kind { self.all_rows(scope) } else { self.set(first) };
        let first = matches!(first.kind, Kind::Not(_)).then_some(first);
        for step in first.into_iter().chain(rest) {
            let candidates = found.cardinality();
            if candidates == 0 {
                break;
            }
            let is_quicker_one_by_one = step.set.get().is_none() && candidates.saturating_mul(step.probe) < step.cost;
            if is_quicker_one_by_one {
                found = self.filter(&found, step);
            } else if let Kind::Not(inner) = &step.kind {
                found.andnot_inplace(self.known(inner));
            } else {
                found.and_inplace(self.known(step));
            }
        }
        found
    }

    /// The steps of a plan in the order they are taken.
    pub(crate) fn explain(&self, plan: &Step<'_>, clock_us: Option<&dyn Fn() -> u64>) -> Vec<Explained> {
        let single = std::slice::from_ref(plan);
        let steps = if let Kind::All(all) = &plan.kind { all } else { single };
        let mut left: Option<Bitmap> = None;
        let mut explained = Vec::with_capacity(steps.len());
        for step in steps {
            let start = clock_us.map(|clock| clock());
            let found = self.known(step);
            let took_us = clock_us.zip(start).map(|(clock, start)| clock().saturating_sub(start));
            let candidates = left.as_ref().map(Bitmap::cardinality);
            let one_by_one = candidates.is_some_and(|count| count.saturating_mul(step.probe) < step.cost);
            let now = left.map_or_else(|| found.clone(), |left| left.and(found));
            let parameters = step.filter.map(|filter| filter.parameters(self.snapshot.registry)).unwrap_or_default();
            let (alone, remaining) = (found.cardinality(), now.cardinality());
            explained.push(Explained { parameters, alone, left: remaining, one_by_one, took_us });
            left = Some(now);
        }
        explained
    }

    fn filter(&self, among: &Bitmap, step: &Step<'_>) -> Bitmap {
        let kept: Vec<u32> = among.iter().filter(|row| self.passes(step, *row)).collect();
        Bitmap::of(&kept)
    }

    /// Whether one row, which these eyes see, passes.
    pub(crate) fn passes(&self, step: &Step<'_>, row: u32) -> bool {
        if let Some(known) = step.set.get() {
            return known.contains(row);
        }
        match &step.kind {
            Kind::All(all) => all.iter().all(|step| self.passes(step, row)),
            Kind::Any(any) => any.iter().any(|step| self.passes(step, row)),
            Kind::Not(inner) => !self.passes(inner, row),
            Kind::Terms(numbers) => self.holds(step.scope, numbers, row),
            Kind::Ordered(parameter, any) => self.measures(step.scope, *parameter, any, row),
            Kind::Updated(any) => self.doc(row).is_some_and(|doc| {
                let updated = crate::document::updated(doc, self.eyes.reader());
                any.iter().any(|test| test.matches(updated))
            }),
            Kind::Near(_, near) => {
                let position = self.doc(row).and_then(|doc| doc.position(&self.eyes));
                position.is_some_and(|(latitude, longitude)| near.distance_km(latitude, longitude).is_some())
            }
            Kind::OpenAt(at) => self.doc(row).is_some_and(|doc| self.is_open_at(doc, *at)),
            Kind::Related(relation, inner) => self.has_related(*relation, inner, row),
        }
    }

    fn holds(&self, scope: Scope, numbers: &[u32], row: u32) -> bool {
        let terms = self.snapshot.terms_of(scope);
        if numbers.len() <= FEW_TERMS {
            let postings = numbers.iter().filter_map(|number| terms.of(*number));
            return postings.into_iter().any(|posting| posting.holds(row, &self.eyes));
        }
        match scope {
            Scope::Resources(_) => self.doc(row).is_some_and(|doc| {
                doc.terms.iter().any(|(number, mask)| numbers.binary_search(number).is_ok() && self.eyes.see(*mask))
            }),
            Scope::Records(_) => self.snapshot.records.get(row).is_some_and(|record| {
                self.eyes.see(record.audiences) && record.terms.iter().any(|term| numbers.binary_search(term).is_ok())
            }),
        }
    }

    fn measures(&self, scope: Scope, parameter: ParamId, any: &[Comparison], row: u32) -> bool {
        let meets = |value: &ror_search::Ordered| {
            value.parameter == parameter && any.iter().any(|test| test.axis == value.axis && test.matches(value.span))
        };
        match scope {
            Scope::Resources(_) => self.doc(row).is_some_and(|doc| doc.values(parameter, &self.eyes).any(meets)),
            Scope::Records(_) => {
                let record = self.snapshot.records.get(row).filter(|record| self.eyes.see(record.audiences));
                record.is_some_and(|record| record.values.iter().any(meets))
            }
        }
    }

    fn updated(&self, scope: Scope, any: &[Comparison]) -> Bitmap {
        let Scope::Resources(rtype) = scope else { return Bitmap::new() };
        let dates = &self.snapshot.updates[rtype as usize];
        let mine =
            |(row, mask): (u32, ror_confidentiality::AudienceMask)| mask.contains(self.eyes.reader()).then_some(row);
        let rows: Vec<u32> = any.iter().flat_map(|test| dates.meeting(test).filter_map(mine)).collect();
        let mut found = Bitmap::of(&rows);
        found.and_inplace(&self.everything(rtype));
        found
    }

    fn near(&self, parameter: ParamId, near: &Near) -> Bitmap {
        let mut around = Bitmap::new();
        for cell in near.cells(parameter) {
            if let Some(posting) = self.snapshot.terms.posting(&cell) {
                posting.union_into(&self.eyes, &mut around);
            }
        }
        let is_in = |row: &u32| {
            let position = self.doc(*row).and_then(|doc| doc.position(&self.eyes));
            position.is_some_and(|(latitude, longitude)| near.distance_km(latitude, longitude).is_some())
        };
        let kept: Vec<u32> = around.iter().filter(is_in).collect();
        Bitmap::of(&kept)
    }

    /// D14: hours are local to the places of the offer; that of Paris, where they do not say.
    fn is_open_at(&self, doc: &Doc, at: Instant) -> bool {
        let Some((hours, _)) = doc.hours.iter().find(|(_, mask)| self.eyes.see(*mask)) else { return false };
        let location = self.snapshot.registry.known(ResourceType::HealthcareService, "location");
        let places = self.targets(doc, location, ResourceType::Location);
        let departement = |place: u32| {
            let place = self.doc(place)?;
            let found = place.departements.iter().find(|(_, mask)| self.eyes.see(*mask));
            found.map(|(departement, _)| &**departement)
        };
        let mut zones: Vec<&str> = places.into_iter().filter_map(departement).map(zone_of_departement).collect();
        if zones.is_empty() {
            zones.push(zone_of_departement(""));
        }
        zones.into_iter().any(|zone| hours.is_open_at(at, zone))
    }

    pub(crate) fn doc(&self, row: u32) -> Option<&'a Doc> {
        self.snapshot.docs.get(row as usize)?.as_ref()
    }

    /// A document that these eyes see at all.
    pub(crate) fn seen(&self, row: u32) -> Option<&'a Doc> {
        self.doc(row).filter(|doc| self.eyes.see(doc.visible))
    }

    /// Where references of a document lead.
    pub(crate) fn targets(&self, doc: &Doc, reference: ParamId, rtype: ResourceType) -> Targets {
        self.snapshot.targets(doc, reference, rtype, &self.eyes)
    }

    fn related(&self, step: &Step<'_>, relation: Relation, inner: &Step<'_>) -> Bitmap {
        let found = self.known(inner);
        let mut out = Bitmap::new();
        match relation {
            Relation::Target { reference, .. } => self.referring(found, reference, &mut out),
            Relation::Line { reference, parent, .. } => {
                let mut line = found.clone();
                let mut new = found.clone();
                while !new.is_empty() {
                    let mut below = Bitmap::new();
                    self.referring(&new, parent, &mut below);
                    below.andnot_inplace(&line);
                    line.or_inplace(&below);
                    new = below;
                }
                self.referring(&line, reference, &mut out);
            }
            Relation::Source { reference, rtype } => {
                let Scope::Resources(searched) = step.scope else { return out };
                let targets = |source: u32| {
                    let doc = self.doc(source).filter(|doc| doc.rtype == rtype);
                    doc.into_iter().flat_map(move |doc| self.targets(doc, reference, searched))
                };
                let rows: Vec<u32> = found.iter().flat_map(targets).filter(|row| self.seen(*row).is_some()).collect();
                out.add_many(&rows);
            }
            Relation::Record(_) => {
                let rows: Vec<u32> =
                    found.iter().filter_map(|row| Some(self.snapshot.records.get(row)?.owner)).collect();
                out.add_many(&rows);
            }
        }
        out
    }

    /// Adds those whose reference leads to one of `targets`.
    fn referring(&self, targets: &Bitmap, reference: ParamId, out: &mut Bitmap) {
        for target in targets.iter() {
            self.snapshot.sources_into(target, reference, &self.eyes, out);
        }
    }

    fn has_related(&self, relation: Relation, inner: &Step<'_>, row: u32) -> bool {
        let passes = |row: u32| self.seen(row).is_some() && self.passes(inner, row);
        match relation {
            Relation::Target { reference, rtype } => {
                self.doc(row).is_some_and(|doc| self.targets(doc, reference, rtype).into_iter().any(passes))
            }
            Relation::Line { reference, rtype, parent } => {
                let mut line = self.doc(row).map(|doc| self.targets(doc, reference, rtype)).unwrap_or_default();
                let mut at = 0;
                while let Some(next) = line.get(at).copied() {
                    if passes(next) {
                        return true;
                    }
                    let above = self.seen(next).map(|doc| self.targets(doc, parent, rtype)).unwrap_or_default();
                    let above: Targets = above.into_iter().filter(|above| !line.contains(above)).collect();
                    line.extend(above);
                    at += 1;
                }
                false
            }
            Relation::Source { reference, .. } => {
                let mut sources = Bitmap::new();
                self.snapshot.sources_into(row, reference, &self.eyes, &mut sources);
                sources.iter().any(passes)
            }
            Relation::Record(family) => self.doc(row).is_some_and(|doc| {
                doc.records.iter().any(|row| {
                    let record = self.snapshot.records.get(*row).filter(|record| record.family == family);
                    record.is_some_and(|record| self.eyes.see(record.audiences)) && self.passes(inner, *row)
                })
            }),
        }
    }
}

/// Up to so many terms are looked for in their postings; more, among those of the row.
const FEW_TERMS: usize = 8;
