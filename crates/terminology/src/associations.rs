//! The association tables of the NOS: A14 (families of activities), X09 (department to
//! region), X10 (aggregates of categories of establishment).

use std::collections::BTreeMap;

/// A family of medico-social activities (J51).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    /// Canonical address of its system (R265).
    pub system: &'static str,
    /// Its code there. A14 dates from 2024: some are no longer in J51.
    pub code: &'static str,
}

/// Where a category of establishment (R66) stands among the aggregates of FINESS (X10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// Codes of the aggregates above it, nearest first: levels 3, 2 and 1.
    pub parents: [&'static str; 3],
    /// The field it belongs to.
    pub domain: Domain,
}

/// The field of a category of establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// `SAN`: health.
    Sanitaire,
    /// `SOC`: social and medico-social.
    Social,
    /// `ENS`: teaching.
    Enseignement,
    /// `ADM`: administration.
    Administration,
}

impl Domain {
    /// The code of X10.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sanitaire => "SAN",
            Self::Social => "SOC",
            Self::Enseignement => "ENS",
            Self::Administration => "ADM",
        }
    }

    pub(crate) fn read(code: &str) -> Option<Self> {
        [Self::Sanitaire, Self::Social, Self::Enseignement, Self::Administration]
            .into_iter()
            .find(|domain| domain.code() == code)
    }
}

/// The three tables, each in the directions that are asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Associations {
    pub(crate) families: BTreeMap<&'static str, Vec<Family>>,
    pub(crate) activities: BTreeMap<&'static str, Vec<&'static str>>,
    pub(crate) regions: BTreeMap<&'static str, &'static str>,
    pub(crate) categories: BTreeMap<&'static str, Category>,
}

impl crate::Terminology {
    /// Families of an operational activity (code of R211), in the order of A14.
    pub fn families_of(&self, activity_code: &str) -> &[Family] {
        self.associations.families.get(activity_code).map_or(&[], Vec::as_slice)
    }

    /// Operational activities (codes of R211) of a family (code of R265).
    pub fn activities_of_family(&self, family_code: &str) -> &[&'static str] {
        self.associations.activities.get(family_code).map_or(&[], Vec::as_slice)
    }

    /// Aggregates and field of a category of establishment (code of R66). X10 dates from
    /// 2024 and lacks the thirteen newest categories.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.associations.categories.get(code)
    }

    /// Categories of establishment (codes of R66) under an aggregate of any level, by code.
    pub fn categories_below<'a>(&'a self, aggregate: &'a str) -> impl Iterator<Item = &'static str> + 'a {
        let under = move |category: &Category| category.parents.contains(&aggregate);
        self.associations.categories.iter().filter(move |(_, category)| under(category)).map(|(code, _)| *code)
    }

    /// Region (code of R30) of a department (code of G09); for most overseas territories
    /// that have no region, X09 repeats the code of the territory.
    pub fn region_of_department(&self, code: &str) -> Option<&'static str> {
        self.associations.regions.get(code).copied()
    }
}
