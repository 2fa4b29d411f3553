//! A directory in a folder of its own, and those who ask it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rand::RngCore as _;
use ror_confidentiality::Grant;
use ror_directory::{Directory, Environment, ImportItem, Replaces};
use ror_identity::{ClientRights, Identity, NewClient, Settings, Shown, clients};
use ror_ledger::{Ledger, SqliteLedger};
use ror_registers::synth::{Scale, visit_whole};
use ror_search::NoGeography;

use crate::{data, machine};

/// Resources taken in at once of a territory that is not held.
const BATCH: usize = 20_000;

/// A loaded directory.
pub struct World {
    /// Its ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The directory.
    pub directory: Arc<Directory>,
    /// Who may call.
    pub identity: Arc<Identity>,
    /// Clock and chance.
    pub environment: Environment,
}

impl World {
    /// Opens the directory of `folder`, making it when there is none.
    ///
    /// # Errors
    /// When the ledger cannot be opened.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&folder.join("ledger.sqlite"))?);
        let environment = environment();
        let directory = Directory::open(Arc::clone(&ledger), environment.clone())?;
        // In the sandbox every profile may use a secret, and callers of this machine are not limited (D61).
        let random = Arc::clone(&environment.random);
        let identity = Identity::open(
            Arc::clone(&ledger),
            Settings::new(true),
            Box::new(move |bytes| random(bytes)),
            machine::now(),
        )?;
        Ok(Self { ledger, directory, identity: Arc::new(identity), environment })
    }

    /// Takes in everything, from the source `sae` or `synth`; gives the number of resources.
    ///
    /// # Errors
    /// When the ledger refuses, or an item is not taken.
    pub fn import(&self, source: &str, items: Vec<ImportItem>) -> anyhow::Result<usize> {
        let summary = self.directory.import(source, items, &mut |_| {})?;
        ensure!(summary.rejected == 0, "{} items were rejected", summary.rejected);
        Ok(summary.created)
    }

    /// Takes in an invented territory without ever holding it; gives the number of resources.
    ///
    /// # Errors
    /// When the ledger refuses, or a resource is not taken.
    pub fn import_synth(&self, scale: Scale) -> anyhow::Result<usize> {
        let (mut batch, mut taken) = (Vec::with_capacity(BATCH), Ok(0));
        visit_whole(scale, 1, data::SYNTH_NOW, &mut |resource, updated| {
            batch.push(ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone });
            if batch.len() == BATCH {
                taken = self.import_more(&taken, std::mem::take(&mut batch));
            }
        });
        self.import_more(&taken, batch)
    }

    /// Takes in a batch after `taken` resources, unless a batch before it failed.
    fn import_more(&self, taken: &anyhow::Result<usize>, batch: Vec<ImportItem>) -> anyhow::Result<usize> {
        match taken {
            Ok(before) => Ok(before + self.import("synth", batch)?),
            Err(fault) => bail!("{fault:#}"),
        }
    }

    /// What the public may see.
    ///
    /// # Errors
    /// When there is no such grant.
    pub fn public(&self) -> anyhow::Result<Grant> {
        Ok(self.identity.authenticate(None, machine::now())?)
    }

    /// What profile 1 may see: registers a client and asks with its token.
    ///
    /// # Errors
    /// When the client is refused.
    pub fn profile_1(&self) -> anyhow::Result<Grant> {
        let new = NewClient { name: "bench".to_owned(), profile: 1, rights: ClientRights::default() };
        let made = clients::add(&*self.ledger, new, machine::now(), &mut |bytes| (self.environment.random)(bytes))?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &made.client_id),
            ("client_secret", made.client_secret.as_ref().context("secret")?.expose()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let token = self.identity.token(&form, None, Shown::Nothing, machine::now()).context("token")?;
        Ok(self.identity.authenticate(Some(&format!("Bearer {}", token.access_token)), machine::now())?)
    }

    /// The services behind the API.
    pub fn services(&self) -> ror_api::Services {
        ror_api::Services {
            directory: Arc::clone(&self.directory),
            identity: Arc::clone(&self.identity),
            registry: ror_search::Registry::embedded(),
            terminology: ror_terminology::Terminology::embedded(),
            geography: Arc::new(NoGeography),
            environment: self.environment.clone(),
        }
    }
}

/// The clock and the chance of `ror serve`.
#[expect(clippy::disallowed_methods, reason = "measured as the program does it")]
fn environment() -> Environment {
    Environment {
        now: Arc::new(machine::now),
        random: Arc::new(|bytes| rand::rng().fill_bytes(bytes)),
        geography: &ror_search::NoGeography,
    }
}
