//! `ror synth`: a synthetic territory as files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_fhir::{DateTime, Instant};
use ror_registers::synth;

use crate::cli::{Scale, Synth};
use crate::environment::now;
use crate::{report, templates};

/// Name of the file of entry templates.
const TEMPLATES_FILE: &str = "Questionnaire.ndjson";

pub(crate) fn run(arguments: &Synth) -> anyhow::Result<ExitCode> {
    let moment = match &arguments.date {
        None => now(),
        Some(text) => match DateTime::parse(text) {
            Ok(date) => date.start,
            Err(_) => bail!("--date : AAAA-MM-JJ attendu, lu : {text}"),
        },
    };
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("création de {}", arguments.out.display()))?;
    let territory = generate(arguments.scale, arguments.seed, moment);
    let mut files: HashMap<String, BufWriter<File>> = HashMap::new();
    let mut fault = None;
    synth::write_ndjson(&territory, &mut |name, bytes| {
        if fault.is_none() {
            fault = append(&mut files, arguments, name, bytes).err();
        }
    });
    let templates = templates::resources(templates::FICTITIOUS_BASE, moment);
    for template in &templates {
        let mut line = template.to_bytes();
        line.push(b'\n');
        if fault.is_none() {
            fault = append(&mut files, arguments, TEMPLATES_FILE, &line).err();
        }
    }
    for (_, mut file) in files {
        fault = fault.or(file.flush().err());
    }
    if let Some(fault) = fault {
        return Err(fault).with_context(|| format!("écriture dans {}", arguments.out.display()));
    }
    report::say(&format!(
        "{} ressources, {} modèles de saisie, {} praticiens du registre, {} défauts plantés, dans {}",
        territory.harvest.proposed.len(),
        templates.len(),
        territory.register_only.len(),
        territory.truth.len(),
        arguments.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn generate(scale: Scale, seed: u64, moment: Instant) -> synth::Territory {
    let scale = match scale {
        Scale::Xs => synth::Scale::Xs,
    };
    synth::generate(scale, seed, moment)
}

fn append(
    files: &mut HashMap<String, BufWriter<File>>,
    arguments: &Synth,
    name: &str,
    bytes: &[u8],
) -> std::io::Result<()> {
    if !files.contains_key(name) {
        files.insert(name.to_owned(), BufWriter::new(File::create(arguments.out.join(name))?));
    }
    match files.get_mut(name) {
        Some(file) => file.write_all(bytes),
        None => Ok(()),
    }
}
