//! What holds for the resource at hand, and so who passes each rule.

use ror_fhir::Node;
use smallvec::{SmallVec, smallvec};

use super::levels::is_public_report;
use crate::policy::{Conditions, Rule, RuleId};
use crate::{Audience, AudienceMask, Facts, Field, OfferFacts, OrganizationKind, OwnFacts, Policy};

/// Every rule judged for one resource.
pub(super) struct Scope<'a> {
    policy: &'a Policy,
    targets: &'a dyn Fn(&str) -> AudienceMask,
    /// The cases in which a rule may hold: one, or one per role of a professional.
    cases: SmallVec<[Case; 2]>,
    /// Each rule without level nor capacity record, which is how most elements need it.
    plain: SmallVec<[AudienceMask; 32]>,
    /// Who sees the resource at all.
    pub(super) base: AudienceMask,
    /// Who sees what no rule names (D18).
    pub(super) other: AudienceMask,
    /// Who is left when the offer, or the one it hangs below, is not exposed (RG_EXP_002, D34).
    pub(super) exposed: AudienceMask,
    lieu_de_vie: bool,
}

/// What holds in one case.
#[derive(Clone, Copy)]
struct Case {
    holding: Conditions,
    /// A sensitive offer is in play: every level is 3 (RG_EXP_039, D24).
    sensitive: bool,
}

/// What is in play for one element, besides the facts.
#[derive(Clone, Copy, Default)]
pub(super) struct Play {
    /// The strictest level met so far, 1 to 3; 0: none was needed.
    pub(super) level: u8,
    /// What holds of the capacity record.
    pub(super) record: Conditions,
}

impl<'a> Scope<'a> {
    pub(super) fn new(resource: &Node, facts: &'a Facts<'a>, policy: &'a Policy) -> Self {
        let mut scope = Self {
            policy,
            targets: facts.targets,
            cases: SmallVec::new(),
            plain: SmallVec::new(),
            base: AudienceMask::NONE,
            other: AudienceMask::NONE,
            exposed: if is_exposed(&facts.own) { AudienceMask::ALL } else { Audience::OWNER.mask() },
            lieu_de_vie: false,
        };
        let known = cases_of(resource, &facts.own);
        let is_known = known.is_some();
        (scope.cases, scope.lieu_de_vie) =
            known.unwrap_or_else(|| (smallvec![Case::of_offer(OfferFacts::UNRESOLVED)], false));
        scope.plain = policy.rules().iter().map(|rule| scope.judge(rule, Play::default())).collect();
        scope.other = scope.plain[policy.other.index()];
        scope.base = if is_known { scope.base_rule(resource, &facts.own) } else { scope.other };
        if let OwnFacts::Task { readers } = &facts.own {
            scope.base &= *readers | scope.other;
        }
        scope
    }

    fn base_rule(&self, resource: &Node, own: &OwnFacts) -> AudienceMask {
        let Some(rtype) = resource.str("resourceType").and_then(|rtype| self.policy.schema().resource(rtype)) else {
            return self.other;
        };
        let internal = matches!(own, OwnFacts::Organization { kind: OrganizationKind::OrganisationInterne, .. });
        match rtype.rule_organisation_interne {
            Some(rule) if internal => self.plain[rule.index()],
            _ => self.plain[rtype.rule.index()],
        }
    }

    /// Who passes `rule`, with what is in play.
    pub(super) fn rule(&self, rule: RuleId, play: Play) -> AudienceMask {
        if play.level == 0 && play.record == Conditions::default() {
            return self.plain[rule.index()];
        }
        self.judge(self.policy.rule(rule), play)
    }

    /// Whether a rule says of which level what it governs is: not that of what no rule names, which
    /// is undecided (D18), nor that of persons, who are personal data at any level (D30).
    pub(super) fn tells_level(&self, rule: RuleId) -> bool {
        rule != self.policy.other && rule != self.policy.person
    }

    /// Who sees a person that reports an anomaly or deals with it (D30).
    pub(super) fn person(&self) -> AudienceMask {
        self.plain[self.policy.person.index()]
    }

    /// Who sees an element that gives away where a *lieu de vie* is (D26).
    pub(super) fn home(&self) -> AudienceMask {
        if self.lieu_de_vie { self.plain[self.policy.home.index()] } else { AudienceMask::ALL }
    }

    /// Who sees the resource `target`, `"Type/id"`; profile 1 and the owner keep any reference.
    pub(super) fn target(&self, target: &str) -> AudienceMask {
        ((self.targets)(target) & AudienceMask::ALL) | self.other
    }

    fn judge(&self, rule: &Rule, play: Play) -> AudienceMask {
        self.cases.iter().fold(AudienceMask::NONE, |mask, case| mask | rule.audiences(case.holding(play)))
    }
}

impl Case {
    fn of_offer(offer: OfferFacts) -> Self {
        let holding = Conditions::default()
            .and_if(!offer.sensitive, Conditions::NS)
            .and_if(offer.field == Field::MedicoSocial, Conditions::MS)
            .and_if(offer.field == Field::Ville, Conditions::VILLE);
        Self { holding, sensitive: offer.sensitive }
    }

    /// D21: some data need one ordinary offer at the place, some need them all to be.
    fn of_place(offers: &[OfferFacts]) -> Self {
        let all_ordinary = !offers.is_empty() && offers.iter().all(|offer| !offer.sensitive);
        let all_ms = !offers.is_empty() && offers.iter().all(|offer| offer.field == Field::MedicoSocial);
        let holding = Conditions::default()
            .and_if(offers.iter().any(|offer| !offer.sensitive), Conditions::NS_ANY)
            .and_if(all_ordinary, Conditions::NS_ALL)
            .and_if(all_ms, Conditions::MS_ALL);
        Self { holding, sensitive: !all_ordinary }
    }

    fn holding(self, play: Play) -> Conditions {
        let level = if self.sensitive && play.level > 0 { 3 } else { play.level };
        self.holding
            .and(play.record)
            .and_if(level == 1, Conditions::LEVEL_1)
            .and_if(level == 1 || level == 2, Conditions::LEVEL_2)
    }
}

const fn is_exposed(own: &OwnFacts) -> bool {
    match own {
        OwnFacts::HealthcareService { exposed } | OwnFacts::PractitionerRole { exposed, .. } => *exposed,
        _ => true,
    }
}

/// The cases of this resource, and whether it is a *lieu de vie*; `None` when the facts are not
/// those of its type, or when its type has no policy.
fn cases_of(resource: &Node, own: &OwnFacts) -> Option<(SmallVec<[Case; 2]>, bool)> {
    let one = |case: Case| -> SmallVec<[Case; 2]> { smallvec![case] };
    match (resource.str("resourceType")?, own) {
        ("Organization", OwnFacts::Organization { kind, all_offers_sensitive, lieu_de_vie, medico_social }) => {
            let holding = Conditions::default()
                .and_if(!all_offers_sensitive, Conditions::OI_NOT_ALL_SENSITIVE)
                .and_if(*medico_social, Conditions::MS);
            // A hidden unit's contacts are those of a sensitive unit: not for profile 4 either (D20).
            let sensitive = *kind == OrganizationKind::OrganisationInterne && *all_offers_sensitive;
            Some((one(Case { holding, sensitive }), *lieu_de_vie))
        }
        ("HealthcareService", OwnFacts::HealthcareService { .. }) => {
            Some((one(Case::of_offer(OfferFacts::read(resource))), false))
        }
        ("Location", OwnFacts::Location { offers, lieu_de_vie }) => Some((one(Case::of_place(offers)), *lieu_de_vie)),
        ("PractitionerRole", OwnFacts::PractitionerRole { offer, .. }) => {
            Some((one(Case::of_offer(offer.unwrap_or(OfferFacts::UNRESOLVED))), false))
        }
        ("Practitioner", OwnFacts::Practitioner { roles }) if !roles.is_empty() => {
            Some((roles.iter().copied().map(Case::of_offer).collect(), false))
        }
        ("Practitioner", OwnFacts::Practitioner { .. }) => Some((one(Case::of_offer(OfferFacts::UNRESOLVED)), false)),
        ("Questionnaire", OwnFacts::Questionnaire)
        | ("Task", OwnFacts::Task { .. })
        | ("Measure", OwnFacts::Measure) => {
            Some((one(Case { holding: Conditions::default(), sensitive: false }), false))
        }
        ("MeasureReport", OwnFacts::MeasureReport) => {
            let holding = Conditions::default().and_if(is_public_report(resource), Conditions::PUBLIC);
            Some((one(Case { holding, sensitive: false }), false))
        }
        _ => None,
    }
}
