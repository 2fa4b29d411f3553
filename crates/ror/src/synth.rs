//! `ror synth`: a synthetic territory as files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_directory::Directory;
use ror_fhir::{DateTime, Instant, Node};
use ror_registers::synth;

use crate::cli::{Scale, Synth};
use crate::environment::now;
use crate::{import, report, templates};

/// Name of the file of entry templates.
const TEMPLATES_FILE: &str = "Questionnaire.ndjson";
/// Resources loaded at once of a territory that is not held whole.
const BATCH: usize = 20_000;

pub(crate) fn run(arguments: &Synth) -> anyhow::Result<ExitCode> {
    let moment = match &arguments.date {
        None => now(),
        Some(text) => match DateTime::parse(text) {
            Ok(date) => date.start,
            Err(_) => bail!("--date : AAAA-MM-JJ attendu, lu : {text}"),
        },
    };
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("création de {}", arguments.out.display()))?;
    let mut files: HashMap<String, BufWriter<File>> = HashMap::new();
    let mut fault = None;
    let written = synth::stream_ndjson(scale(arguments.scale), arguments.seed, moment, &mut |name, bytes| {
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
        written.resources,
        templates.len(),
        written.register_only,
        written.defects,
        arguments.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Loads a territory: whole when it fits in memory, else a batch after those it refers to.
pub(crate) fn take_in(directory: &Directory, size: Scale, seed: u64, moment: Instant) -> anyhow::Result<()> {
    if matches!(size, Scale::Xs) {
        import::take_in(directory, &mut import::load_of(synth::generate(scale(size), seed, moment).harvest))?;
        return Ok(());
    }
    let mut batch = Vec::with_capacity(BATCH);
    let mut taken = Ok(());
    synth::visit_whole(scale(size), seed, moment, &mut |resource, updated| {
        // After a fault the rest of the visit is for nothing, and cannot be cut short.
        if taken.is_ok() {
            batch.push((resource, updated));
            if batch.len() == BATCH {
                taken = take_batch(directory, &mut batch);
            }
        }
    });
    taken.and_then(|()| take_batch(directory, &mut batch))
}

fn take_batch(directory: &Directory, batch: &mut Vec<(Node, Instant)>) -> anyhow::Result<()> {
    import::take_in(directory, &mut import::load_invented(std::mem::take(batch))).map(|_| ())
}

/// The name of a scale on the command line, and what it is there.
fn scale(scale: Scale) -> synth::Scale {
    match scale {
        Scale::Xs => synth::Scale::Xs,
        Scale::S => synth::Scale::S,
        Scale::M => synth::Scale::M,
    }
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
