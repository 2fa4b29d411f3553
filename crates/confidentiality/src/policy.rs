//! The policy: rules and elements, as data.

/// Who sees what: the rules in force and the elements they govern.
#[derive(Debug)]
pub struct Policy {
    version: u32,
}

impl Policy {
    /// The policy built into this program.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: Policy = Policy { version: 1 };
        &EMBEDDED
    }

    /// Its number, stored with every version so that a change of policy projects again.
    pub const fn version(&self) -> u32 {
        self.version
    }
}
