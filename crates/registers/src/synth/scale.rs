//! How large a territory is, and how it differs from the one that the tables describe.

/// How large a territory (`volumes.md` §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// One department, Ain: about 3 400 offers, 1 400 EG, 14 000 practitioners in the register.
    Xs,
    /// One small region, Centre-Val de Loire: about 11 500 offers, 5 000 EG, 45 000 practitioners in the
    /// register.
    S,
    /// One large region, Auvergne-Rhône-Alpes: about 41 000 offers, 16 000 EG, 45 000 places and 175 000
    /// practitioners. All of these have a sheet, most of them without role, so that a directory that holds
    /// everyone can be measured: about 350 000 resources.
    M,
}

/// What one scale has of its own.
#[derive(Debug)]
pub(super) struct Shape {
    /// Departments, by INSEE code.
    pub(super) departements: &'static [&'static str],
    /// Professionals in practice per inhabitant, against those of Ain.
    pub(super) city: f64,
    /// Salaried professionals of the register per inhabitant, against those of Ain.
    pub(super) salaried: f64,
    /// Practices spread over communes by population to this power (1.05, `volumes.md` §1): more, and the
    /// largest cities have more than their share.
    pub(super) concentration: f64,
    /// Most professionals of several professions under one roof.
    pub(super) roof: i64,
    /// Offers with a second place, against those of Ain.
    pub(super) second_places: f64,
    /// Share of the offers of hospitals that name their two heads, and of other structures that name two
    /// nurses.
    pub(super) named: (f64, f64),
    /// Whether those whom the register alone knows have a sheet all the same.
    pub(super) sheets: bool,
    /// Whether what few directories hold is there too, so that every search parameter finds something: places
    /// without offer, their status, numbers of roles, limits and assignments of several kinds.
    pub(super) rare: bool,
}

const XS: Shape = Shape {
    departements: &["01"],
    city: 1.0,
    salaried: 1.0,
    concentration: 1.05,
    roof: 4,
    second_places: 1.0,
    named: (0.1, 0.0),
    sheets: false,
    rare: false,
};
/// The region with the fewest professionals per inhabitant.
const S: Shape = Shape {
    departements: &["18", "28", "36", "37", "41", "45"],
    city: 0.84,
    salaried: 0.85,
    concentration: 1.05,
    roof: 4,
    second_places: 1.0,
    named: (0.1, 0.0),
    sheets: false,
    rare: true,
};
pub(super) const M: Shape = Shape {
    departements: &["01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"],
    city: 1.015,
    salaried: 0.865,
    concentration: 1.25,
    roof: 9,
    second_places: 1.2,
    // More than life has: what an answer brings along is what is measured.
    named: (1.0, 1.0),
    sheets: true,
    rare: true,
};

impl Scale {
    /// The name of the scale on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xs => "xs",
            Self::S => "s",
            Self::M => "m",
        }
    }

    pub(super) const fn shape(self) -> &'static Shape {
        match self {
            Self::Xs => &XS,
            Self::S => &S,
            Self::M => &M,
        }
    }
}

/// The department that the tables of names and seats were written for.
pub(super) const HOME: &str = "01";

/// Health territory (TRE R88) of a department of the regions generated.
pub(super) fn health_territory(departement: &str) -> Option<&'static str> {
    Some(match departement {
        "01" => "835",
        "03" => "836",
        "07" | "26" => "837",
        "15" => "832",
        "38" => "839",
        "42" => "840",
        "43" => "833",
        "63" => "834",
        "69" => "841",
        "73" => "842",
        "74" => "838",
        "18" => "241",
        "28" => "242",
        "36" => "243",
        "37" => "244",
        "41" => "245",
        "45" => "246",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cog::Cog;

    #[test]
    fn a_scale_is_one_whole_region_or_one_department() {
        let cog = Cog::embedded();
        for scale in [Scale::S, Scale::M] {
            let departements = scale.shape().departements;
            let region = &cog.departement(departements[0]).expect("a department").region;
            let whole: Vec<_> = cog.departements().iter().filter(|one| one.region == *region).collect();
            assert_eq!(whole.iter().map(|one| &*one.code).collect::<Vec<_>>(), departements);
            assert!(departements.iter().all(|departement| health_territory(departement).is_some()));
        }
        assert_eq!(Scale::Xs.shape().departements, [HOME]);
    }
}
