//! The profiles that people act under: what each reads, where it holds, whom it may entitle.

use ror_confidentiality::Audience;

use super::scope::ScopeKind::{self, Commune, Departement, Eg, Ej, Nation, Offer, Own, Region};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A profile: the eleven official ones (JDV_J286), then those of ours (D32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonProfile {
    /// National administrator.
    AdminNat,
    /// Business administrator: templates, rules, no accounts.
    AdminMetier,
    /// Administrator of one region.
    AdminReg,
    /// Quality manager.
    RespQa,
    /// Whoever answers for a structure.
    RespOffreStruct,
    /// Whoever describes some offers.
    PorteurOffre,
    /// Whoever answers for the beds of an establishment.
    RespDispoPlace,
    /// Whoever types the beds of some units.
    RefDispoPlace,
    /// Self-employed health professional.
    Psl,
    /// Referent of a multi-professional practice.
    RefMsp,
    /// Support.
    Support,
    /// Facilitator of a territory (CPTS, URPS); ours.
    AnimTerritoire,
    /// Regulator of emergency calls; ours, reads only.
    Regulateur,
    /// Member of a crisis cell; ours, reads only.
    CelluleCrise,
    /// Any professional with an RPPS number; ours, reads only, given by signing in.
    Consultant,
}

use PersonProfile::{
    AdminMetier, AdminNat, AdminReg, AnimTerritoire, CelluleCrise, Consultant, PorteurOffre, Psl, RefDispoPlace,
    RefMsp, Regulateur, RespDispoPlace, RespOffreStruct, RespQa, Support,
};

/// How long a session under a profile lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Since the sign-in, in milliseconds.
    pub absolute_ms: i64,
    /// Without a request, in milliseconds.
    pub idle_ms: i64,
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    profile: PersonProfile,
    code: &'static str,
    label: &'static str,
    /// Access profile of everything it reads (D32).
    base: u8,
    /// Where it may hold.
    scopes: &'static [ScopeKind],
    /// Which profiles it may give, within its own scope.
    gives: &'static [PersonProfile],
    limits: SessionLimits,
}

const fn hours(absolute: i64, idle_minutes: i64) -> SessionLimits {
    SessionLimits { absolute_ms: absolute * HOUR_MS, idle_ms: idle_minutes * MINUTE_MS }
}

/// Rights of `domain.md` §3.1, audiences of D32. What no source says is closed, but for the four
/// profiles that nobody could otherwise receive: a region gives them (REF_MSP and ours).
const TABLE: [Row; 15] = [
    Row {
        profile: AdminNat,
        code: "ADMIN_NAT",
        label: "Administrateur national",
        base: 1,
        scopes: &[Nation],
        gives: &[AdminReg, AdminMetier, RespQa, Support],
        limits: hours(8, 30),
    },
    Row {
        profile: AdminMetier,
        code: "ADMIN_METIER",
        label: "Administrateur métier",
        base: 1,
        scopes: &[Nation],
        gives: &[],
        limits: hours(8, 30),
    },
    Row {
        profile: AdminReg,
        code: "ADMIN_REG",
        label: "Administrateur régional",
        base: 1,
        scopes: &[Region],
        gives: &[RespOffreStruct, RespQa, RefMsp, AnimTerritoire, Regulateur, CelluleCrise],
        limits: hours(8, 30),
    },
    Row {
        profile: RespQa,
        code: "RESP_QA",
        label: "Responsable qualité",
        base: 2,
        scopes: &[Nation, Region, Departement, Ej, Eg],
        gives: &[],
        limits: hours(8, 60),
    },
    Row {
        profile: RespOffreStruct,
        code: "RESP_OFFRE_STRUCT",
        label: "Responsable de structure",
        base: 2,
        scopes: &[Ej, Eg],
        gives: &[PorteurOffre, RespDispoPlace, RefDispoPlace],
        limits: hours(8, 60),
    },
    Row {
        profile: PorteurOffre,
        code: "PORTEUR_OFFRE",
        label: "Porteur d’offre",
        base: 2,
        scopes: &[Offer],
        gives: &[],
        limits: hours(8, 60),
    },
    Row {
        profile: RespDispoPlace,
        code: "RESP_DISPO_PLACE",
        label: "Responsable disponibilité en lit/place",
        base: 0,
        scopes: &[Eg],
        gives: &[RefDispoPlace],
        limits: hours(8, 120),
    },
    Row {
        profile: RefDispoPlace,
        code: "REF_DISPO_PLACE",
        label: "Référent saisie disponibilité en lit/place",
        base: 0,
        scopes: &[Offer],
        gives: &[],
        limits: hours(8, 120),
    },
    Row {
        profile: Psl,
        code: "PSL",
        label: "Professionnel de santé libéral",
        base: 2,
        scopes: &[Own],
        gives: &[],
        limits: hours(8, 60),
    },
    Row {
        profile: RefMsp,
        code: "REF_MSP",
        label: "Référent maison de santé pluriprofessionnelle",
        base: 2,
        scopes: &[Eg],
        gives: &[],
        limits: hours(8, 60),
    },
    Row {
        profile: Support,
        code: "SUPPORT",
        label: "Support",
        base: 2,
        scopes: &[Nation, Region],
        gives: &[],
        limits: hours(8, 30),
    },
    Row {
        profile: AnimTerritoire,
        code: "ANIM_TERRITOIRE",
        label: "Animateur de territoire (CPTS, URPS)",
        base: 2,
        scopes: &[Commune, Departement, Region],
        gives: &[],
        limits: hours(8, 60),
    },
    Row {
        profile: Regulateur,
        code: "REGULATEUR",
        label: "Régulateur (SAMU, SAS)",
        base: 1,
        scopes: &[Nation, Region, Departement],
        gives: &[],
        limits: hours(12, 120),
    },
    Row {
        profile: CelluleCrise,
        code: "CELLULE_CRISE",
        label: "Membre d’une cellule de crise",
        base: 1,
        scopes: &[Nation, Region, Departement],
        gives: &[],
        limits: hours(12, 120),
    },
    Row {
        profile: Consultant,
        code: "CONSULTANT",
        label: "Professionnel consultant",
        base: 2,
        scopes: &[Nation],
        gives: &[],
        limits: hours(8, 60),
    },
];

/// How long a session of somebody without any right lasts.
pub(crate) const WITHOUT_RIGHT: SessionLimits = hours(8, 60);

impl PersonProfile {
    /// All of them: the eleven official ones first.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|row| row.profile)
    }

    /// The profile of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.code == code).map(|row| row.profile)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.profile == self).expect("a line for each profile")
    }

    /// Its code: that of JDV_J286, or one of ours.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// Its name, for people.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The one audience of everything that it reads (D32).
    pub fn base(self) -> Audience {
        Audience::profile(self.row().base).expect("an access profile from 0 to 5")
    }

    /// Whether it reads data of level 3, for which a recent sign-in is asked (D32).
    pub fn reads_level_3(self) -> bool {
        self.base() == Audience::ALL_DATA
    }

    /// Where it may hold.
    pub fn scopes(self) -> &'static [ScopeKind] {
        self.row().scopes
    }

    /// The profiles it may give, within its own scope.
    pub fn gives(self) -> &'static [Self] {
        self.row().gives
    }

    /// Whether whoever holds it may let somebody act in their place.
    pub fn is_delegable(self) -> bool {
        self == Psl
    }

    /// How long its sessions last.
    pub fn limits(self) -> SessionLimits {
        self.row().limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d32_each_profile_reads_as_one_access_profile() {
        let base = |code: &str| PersonProfile::of_code(code).map(|profile| profile.base().index());
        for code in ["ADMIN_NAT", "ADMIN_METIER", "ADMIN_REG", "REGULATEUR", "CELLULE_CRISE"] {
            assert_eq!(base(code), Some(1), "{code}");
        }
        for code in ["PSL", "REF_MSP", "PORTEUR_OFFRE", "RESP_OFFRE_STRUCT", "RESP_QA", "SUPPORT"] {
            assert_eq!(base(code), Some(2), "{code}");
        }
        assert_eq!((base("CONSULTANT"), base("ANIM_TERRITOIRE")), (Some(2), Some(2)));
        assert_eq!((base("RESP_DISPO_PLACE"), base("REF_DISPO_PLACE")), (Some(0), Some(0)));
        assert_eq!(base("PUBLIC"), None);
    }

    #[test]
    fn every_profile_has_one_line_and_a_code_of_its_own() {
        for profile in PersonProfile::all() {
            assert_eq!(PersonProfile::of_code(profile.code()), Some(profile));
            assert!(!profile.scopes().is_empty() && profile.limits().idle_ms <= profile.limits().absolute_ms);
        }
        assert_eq!(PersonProfile::all().len(), 15);
    }

    #[test]
    fn d32_sessions_that_read_level_3_last_twelve_hours_at_most() {
        for profile in PersonProfile::all().filter(|profile| profile.reads_level_3()) {
            assert!(profile.limits().absolute_ms <= 12 * HOUR_MS, "{profile:?}");
        }
    }
}
