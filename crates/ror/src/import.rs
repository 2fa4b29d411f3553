//! `ror import`: reads the files of a register, takes in what they propose, tells what was wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use ror_directory::{Directory, ImportItem, ImportKey, ImportProblem, ImportSummary, MintedKind, Replaces};
use ror_fhir::{Instant, Node};
use ror_ledger::Op;
use ror_registers::sae::InputFile;
use ror_registers::{Finding, Harvest, Mint, Severity, cog, fhir_file, finess, sae, synth};

use crate::cli::{Import, Register};
use crate::environment::{environment, now};
use crate::geography::Communes;
use crate::report::{self, Progress, Shortfall};
use crate::{data, lists, package, population, sources, templates};

/// Name of the source of invented territories.
const INVENTED: &str = "synth";

/// What was read from files, ready to be taken in.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) source: &'static str,
    pub(crate) items: Vec<ImportItem>,
    /// File and line of each item.
    origins: Vec<(String, u64)>,
    findings: Vec<Finding>,
    /// What the resources taken in lack of the guide.
    shortfalls: Vec<Shortfall>,
    figures: Vec<(String, String)>,
    synthetic: bool,
}

pub(crate) fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    check_words(arguments)?;
    if data::exists(&arguments.data) {
        lists::put_in_force(&*data::open(&arguments.data)?)?;
    }
    if arguments.register == Register::Package {
        return package::run(arguments);
    }
    let files = read_files(&arguments.files)?;
    if arguments.dry_run {
        return dry_run(arguments, &files);
    }
    if arguments.register == Register::Cog {
        return import_cog(&files, arguments);
    }
    let mut load = read(arguments, &files, communes(&arguments.data)?.cog());
    drop(files);
    if load.items.is_empty() {
        report::findings(&load.findings, &[], arguments.report.as_deref())?;
        bail!("rien à charger dans ces fichiers");
    }
    let ledger = data::open_or_create(&arguments.data)?;
    // Templates describe nobody: they make a directory neither real nor invented.
    if load.source != templates::SOURCE {
        data::note_synthetic(&*ledger, load.synthetic)?;
        sources::note(&*ledger, &load, now())?;
    }
    load.figures.extend(population::figures(&load.items, now()));
    let environment = environment(&*ledger)?;
    let directory = Directory::open(ledger, environment).context("ouverture du répertoire")?;
    let summary = take_in(&directory, &mut load)?;
    figures(&load.figures);
    report::findings(&load.findings, &load.shortfalls, arguments.report.as_deref())?;
    tell(&summary);
    let taken = summary.created + summary.updated + summary.unchanged;
    Ok(exit(taken, &load.findings))
}

/// Refuses files where none are read, and an address where none is used.
fn check_words(arguments: &Import) -> anyhow::Result<()> {
    match &arguments.base {
        Some(base) if arguments.register == Register::Modeles => {
            if !arguments.files.is_empty() {
                bail!("les modèles de saisie sont dans le programme : aucun fichier à nommer (sinon : import fhir)");
            }
            templates::check_base(base)
        }
        Some(_) => bail!("--base ne sert qu'aux modèles de saisie"),
        None => Ok(()),
    }
}

/// Reads and reports; not even the data directory is made.
fn dry_run(arguments: &Import, files: &[InputFile]) -> anyhow::Result<ExitCode> {
    let communes = communes(&arguments.data)?;
    let (count, load) = if arguments.register == Register::Cog {
        let (cog, findings) = cog::read(&pairs(files));
        (cog.map_or(0, |cog| cog.communes().len()), Load { findings, ..Load::default() })
    } else {
        let mut load = read(arguments, files, communes.cog());
        load.figures.extend(population::figures(&load.items, now()));
        figures(&load.figures);
        let items = std::mem::take(&mut load.items);
        let count = items.len();
        let ledger = if data::exists(&arguments.data) { Some(data::open(&arguments.data)?) } else { None };
        let is_held = |rtype: &str, id: &str| {
            let held = ledger.as_ref().and_then(|ledger| ledger.current(rtype, id).ok().flatten());
            held.is_some_and(|held| held.op != Op::Withdraw)
        };
        load.note(&ror_directory::preview(items, now(), &is_held));
        (count, load)
    };
    report::findings(&load.findings, &load.shortfalls, arguments.report.as_deref())?;
    report::complain(&format!("à blanc : {count} lues, rien n'est écrit"));
    Ok(exit(count, &load.findings))
}

/// The geographic code in force for a data directory, which need not exist yet.
fn communes(folder: &Path) -> anyhow::Result<Communes> {
    if data::exists(folder) { Communes::read(&*data::open(folder)?) } else { Ok(Communes::embedded()) }
}

/// Takes the items in; what becomes of single items is added to the findings.
pub(crate) fn take_in(directory: &Directory, load: &mut Load) -> anyhow::Result<ImportSummary> {
    let items = std::mem::take(&mut load.items);
    let progress = Progress::start(items.len());
    let summary = directory.import(load.source, items, &mut |told| progress.tell(told.done));
    progress.finish();
    let summary = summary.context("chargement interrompu : ce qui a été annoncé est enregistré")?;
    load.note(&summary.problems);
    Ok(summary)
}

impl Load {
    /// Adds what became of single items.
    fn note(&mut self, problems: &[(usize, ImportProblem)]) {
        for (position, problem) in problems {
            let (file, line) = &self.origins[*position];
            self.findings.extend(found(problem, file, *line));
            if let ImportProblem::Shortfalls(list) = problem {
                let told = list.iter().map(|found| Shortfall { file: file.clone(), line: *line, found: found.clone() });
                self.shortfalls.extend(told);
            }
        }
    }
}

/// The items of a harvest.
pub(crate) fn load_of(harvest: Harvest) -> Load {
    let mut load =
        Load { source: harvest.source, findings: harvest.findings, figures: harvest.report, ..Load::default() };
    load.synthetic = harvest.source == INVENTED;
    for proposed in harvest.proposed {
        let is_structure = proposed.key.starts_with("ej/") || proposed.key.starts_with("eg/");
        // FINESS and SAE speak of the same structures: one resource for both.
        let shared = is_structure && matches!(harvest.source, "finess" | "sae");
        let source = if shared { "finess" } else { harvest.source };
        let is_nameless = is_structure && proposed.resource.get("name").is_none();
        load.origins.push((proposed.file, proposed.line));
        load.items.push(ImportItem {
            key: Some(ImportKey { source: source.to_owned(), key: proposed.key }),
            replaces: replaces(harvest.source, is_nameless),
            resource: proposed.resource,
            updated: proposed.updated,
            mint: proposed.mint.map(|mint| match mint {
                Mint::Offre { region } => (MintedKind::Offre, region),
                Mint::Lieu { region } => (MintedKind::Lieu, region),
                Mint::OrganisationInterne { region } => (MintedKind::OrganisationInterne, region),
            }),
        });
    }
    load
}

/// Invented resources that carry their ids, with their update dates.
pub(crate) fn load_invented(resources: Vec<(Node, Instant)>) -> Load {
    let mut load = Load { source: INVENTED, synthetic: true, ..Load::default() };
    for (at, (resource, updated)) in resources.into_iter().enumerate() {
        load.origins.push((INVENTED.to_owned(), at as u64 + 1));
        let replaces = replaces(INVENTED, false);
        load.items.push(ImportItem { key: None, resource, updated, mint: None, replaces });
    }
    load
}

/// FINESS is the authority on structures; statistics only fill what it has not said. A
/// structure known by its number alone replaces nothing.
fn replaces(source: &str, is_nameless: bool) -> Replaces {
    match source {
        _ if is_nameless => Replaces::Nobody,
        "finess" => Replaces::Sources(&["finess", "sae"]),
        "sae" => Replaces::Sources(&["sae"]),
        _ => Replaces::Sources(&[INVENTED]),
    }
}

fn read(arguments: &Import, files: &[InputFile], cog: &cog::Cog) -> Load {
    match arguments.register {
        Register::Sae => load_of(sae::read(files, cog)),
        Register::Finess => load_of(finess::read(&pairs(files), cog)),
        Register::Fhir => load_fhir(files),
        Register::Cog | Register::Package => Load::default(),
        Register::Modeles => load_templates(arguments.base.as_deref().unwrap_or_default()),
    }
}

/// The entry templates of the program. One that somebody has changed since is left to them.
pub(crate) fn load_templates(base: &str) -> Load {
    let mut load = Load { source: templates::SOURCE, ..Load::default() };
    let updated = now();
    for (at, resource) in templates::resources(base, updated).into_iter().enumerate() {
        load.origins.push((templates::SOURCE.to_owned(), at as u64 + 1));
        let replaces = Replaces::Sources(&[templates::SOURCE]);
        load.items.push(ImportItem { key: None, resource, updated, mint: None, replaces });
    }
    load
}

fn load_fhir(files: &[InputFile]) -> Load {
    let is_about_them = |file: &&InputFile| {
        ![synth::MARKER_FILE, synth::TRUTH_FILE, synth::REGISTER_FILE].contains(&file.name.as_str())
    };
    let synthetic = files.iter().any(|file| file.name == synth::MARKER_FILE);
    let resources: Vec<_> = files.iter().filter(is_about_them).cloned().collect();
    let (items, findings) = fhir_file::read(&pairs(&resources), now());
    let mut load = Load { source: "fhir", findings, synthetic, ..Load::default() };
    for item in items {
        load.origins.push((item.file, item.line));
        let (resource, updated) = (item.resource, item.updated);
        load.items.push(ImportItem { key: None, resource, updated, mint: None, replaces: Replaces::Anyone });
    }
    load
}

fn import_cog(files: &[InputFile], arguments: &Import) -> anyhow::Result<ExitCode> {
    let (cog, findings) = cog::read(&pairs(files));
    report::findings(&findings, &[], arguments.report.as_deref())?;
    let Some(cog) = cog else { bail!("aucune commune dans ces fichiers : le code en place est gardé") };
    let count = cog.communes().len();
    if arguments.dry_run {
        report::complain(&format!("à blanc : {count} communes lues, rien n'est écrit"));
    } else {
        let ledger = data::open_or_create(&arguments.data)?;
        Communes::store(&*ledger, &cog)?;
        sources::note_one(&*ledger, sources::COG, None, now())?;
        report::complain(&format!(
            "{count} communes, {} départements, {} régions chargés",
            cog.departements().len(),
            cog.regions().len()
        ));
    }
    Ok(exit(count, &findings))
}

/// The files named, and those of the folders named, in the order of their names.
fn read_files(paths: &[PathBuf]) -> anyhow::Result<Vec<InputFile>> {
    let mut files = Vec::new();
    for path in paths {
        for path in listed(path)? {
            files.push(read_file(&path)?);
        }
    }
    Ok(files)
}

/// A file, or the files of a folder in the order of their names.
pub(crate) fn listed(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let listed = std::fs::read_dir(path).with_context(|| format!("lecture de {}", path.display()))?;
    let mut inside: Vec<_> =
        listed.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    inside.sort_unstable();
    Ok(inside)
}

pub(crate) fn read_file(path: &Path) -> anyhow::Result<InputFile> {
    let bytes = std::fs::read(path).with_context(|| format!("lecture de {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(InputFile { name, bytes })
}

fn pairs(files: &[InputFile]) -> Vec<(&str, &[u8])> {
    files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect()
}

fn found(problem: &ImportProblem, file: &str, line: u64) -> Vec<Finding> {
    let finding = |severity, rule, message: String| Finding::new(severity, file, rule, message).at(line);
    match problem {
        ImportProblem::Rejected(reason) => vec![finding(Severity::Error, "ressource-rejetee", reason.clone())],
        ImportProblem::DuplicateIdentifier => {
            let message = "L'identifiant est déjà celui d'une autre ressource ; les deux sont gardées.";
            vec![finding(Severity::Warning, "identifiant-en-double", message.to_owned())]
        }
        ImportProblem::HeldByAnother => {
            let message = "Modifiée depuis par un autre auteur : laissée telle quelle.";
            vec![finding(Severity::Information, "tenue-par-autrui", message.to_owned())]
        }
        ImportProblem::UnknownKey(key) => {
            let message = format!("Renvoi à « {key} », qui n'est pas dans ces fichiers : laissé de côté.");
            vec![finding(Severity::Warning, "renvoi-inconnu", message)]
        }
        // Told apart: the resource is loaded all the same (D34).
        ImportProblem::Shortfalls(_) => Vec::new(),
    }
}

fn figures(figures: &[(String, String)]) {
    let width = figures.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
    for (label, value) in figures {
        report::say(&format!("{label:<width$}  {value}"));
    }
}

fn tell(summary: &ImportSummary) {
    report::say(&format!(
        "{} créées, {} modifiées, {} inchangées, {} rejetées",
        summary.created, summary.updated, summary.unchanged, summary.rejected
    ));
}

/// 0 loaded, 1 loaded with rejects, 2 nothing loaded.
fn exit(taken: usize, findings: &[Finding]) -> ExitCode {
    let has_rejects = findings.iter().any(|finding| finding.severity == Severity::Error);
    ExitCode::from(match (taken, has_rejects) {
        (0, _) => 2,
        (_, true) => 1,
        (_, false) => 0,
    })
}
