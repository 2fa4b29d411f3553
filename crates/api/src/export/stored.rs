//! The file of a job: which resources each of its files names, then the job itself.
//!
//! ```text
//! HealthcareService/0190…          one line for each resource, file after file
//! Location/0190…
//! {"id":"…","client":"…",…}        the job, with where each file begins and how many it names
//! 00000000000000012345             where the line of the job begins
//! ```
//!
//! No text of a resource is ever in it (ADR 0091): what is hidden after the job was prepared cannot
//! leave through it. The line of the job comes last, so that the names are written as they are found.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use ror_fhir::Instant;
use ror_search::ResourceType;
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::Output;

/// How files of jobs end, and those being written.
const ENDING: &str = "export";
const UNFINISHED: &str = "tmp";
/// Digits and line feed of the last line.
const LAST_BYTES: u64 = 21;

/// Who asked for what, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) id: Uuid,
    pub(super) client: String,
    /// Number of the audience.
    pub(super) audience: usize,
    /// The address that asked, with all its parameters.
    pub(super) request: String,
    pub(super) asked: Instant,
}

/// A job whose files are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    /// All that was visible then is in the files, or not of the question.
    pub(super) transaction: Instant,
    pub(super) output: Output,
    /// Whether the numbers of resources tell of level 3 (D63).
    pub(super) tells_level_3: bool,
    pub(super) files: Vec<Listed>,
}

/// One file that may be downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// The type asked for; a slice holds what is linked to it too.
    pub(super) rtype: ResourceType,
    /// How many resources it names.
    pub(super) count: u64,
    /// Where the first of their names stands.
    start: u64,
}

/// The names of the resources of a job, being written.
pub(super) struct Names {
    out: BufWriter<File>,
    path: PathBuf,
    at: u64,
    files: Vec<Listed>,
}

impl Names {
    /// Starts the file of a job, beside its final name.
    pub(super) fn create(folder: &Path, id: Uuid) -> io::Result<Self> {
        let path = folder.join(id.to_string()).with_extension(UNFINISHED);
        let out = BufWriter::new(File::create(&path)?);
        Ok(Self { out, path, at: 0, files: Vec::new() })
    }

    /// What follows is of another file.
    pub(super) fn begin(&mut self, name: String, rtype: ResourceType) {
        self.files.push(Listed { name, rtype, count: 0, start: self.at });
    }

    pub(super) fn push(&mut self, rtype: ResourceType, id: &str) -> io::Result<()> {
        writeln!(self.out, "{rtype}/{id}")?;
        self.at += (rtype.name().len() + id.len() + 2) as u64;
        if let Some(file) = self.files.last_mut() {
            file.count += 1;
        }
        Ok(())
    }

    /// Takes the files that were begun.
    pub(super) fn files(&mut self) -> Vec<Listed> {
        std::mem::take(&mut self.files)
    }

    /// Ends the file and flushes it to the disk; [`Unfinished::keep`] gives it its name.
    pub(super) fn end(mut self, heading: &Heading, prepared: Option<&Prepared>) -> io::Result<Unfinished> {
        writeln!(self.out, "{}", line(heading, prepared))?;
        writeln!(self.out, "{:020}", self.at)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Unfinished { path: self.path })
    }
}

/// A whole file that has not its name yet.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Puts it in the place of the former file of the job: durable once the folder is flushed.
    pub(super) fn keep(self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension(ENDING))
    }
}

/// Removes what is kept of a job.
pub(super) fn remove(folder: &Path, id: Uuid) {
    let path = folder.join(id.to_string());
    for ending in [ENDING, UNFINISHED] {
        if let Err(error) = fs::remove_file(path.with_extension(ending))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file of an export could not be removed");
        }
    }
}

/// The jobs of a folder. What was being written when the program stopped, and what cannot be read, is removed.
pub(super) fn read_all(folder: &Path) -> io::Result<Vec<(Heading, Option<Prepared>)>> {
    let mut jobs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.file_stem().and_then(|stem| Uuid::try_parse(stem.to_str()?).ok()).is_some();
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.filter(|_| is_ours) {
            Some(ENDING) => match read(&path) {
                Ok(job) => jobs.push(job),
                Err(error) => {
                    tracing::warn!(%error, "an export that cannot be read was removed");
                    fs::remove_file(&path)?;
                }
            },
            Some(UNFINISHED) => fs::remove_file(&path)?,
            _ => {}
        }
    }
    Ok(jobs)
}

fn read(path: &Path) -> io::Result<(Heading, Option<Prepared>)> {
    let mut file = File::open(path)?;
    let end = file.metadata()?.len().checked_sub(LAST_BYTES).ok_or_else(damaged)?;
    file.seek(SeekFrom::Start(end))?;
    let mut last = String::new();
    file.read_to_string(&mut last)?;
    let start: u64 = last.trim_end().parse().map_err(|_| damaged())?;
    let length = end.checked_sub(start).ok_or_else(damaged)?;
    file.seek(SeekFrom::Start(start))?;
    let mut line = String::new();
    file.take(length).read_to_string(&mut line)?;
    parse(&line).ok_or_else(damaged)
}

/// The names of one file, one after the other.
pub(super) struct Members {
    lines: BufReader<File>,
    line: String,
    left: u64,
}

impl Members {
    pub(super) fn open(folder: &Path, id: Uuid, listed: &Listed) -> io::Result<Self> {
        let mut file = File::open(folder.join(id.to_string()).with_extension(ENDING))?;
        file.seek(SeekFrom::Start(listed.start))?;
        Ok(Self { lines: BufReader::new(file), line: String::new(), left: listed.count })
    }

    /// The next one; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<(ResourceType, &str)>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.line.clear();
        self.lines.read_line(&mut self.line)?;
        let (rtype, id) = self.line.trim_end().split_once('/').ok_or_else(damaged)?;
        Ok(Some((ResourceType::parse(rtype).ok_or_else(damaged)?, id)))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a damaged file of an export")
}

fn line(heading: &Heading, prepared: Option<&Prepared>) -> Value {
    let file =
        |file: &Listed| json!({"name": file.name, "type": file.rtype.name(), "count": file.count, "start": file.start});
    let files = |prepared: &Prepared| prepared.files.iter().map(file).collect::<Vec<_>>();
    json!({
        "id": heading.id.to_string(),
        "client": heading.client,
        "audience": heading.audience,
        "request": heading.request,
        "asked": heading.asked,
        "prepared": prepared.map(|prepared| json!({
            "transaction": prepared.transaction,
            "output": prepared.output.name(),
            "tellsLevel3": prepared.tells_level_3,
            "files": files(prepared)
        }))
    })
}

fn parse(line: &str) -> Option<(Heading, Option<Prepared>)> {
    let job: Value = serde_json::from_str(line).ok()?;
    let heading = Heading {
        id: Uuid::try_parse(job["id"].as_str()?).ok()?,
        client: job["client"].as_str()?.to_owned(),
        audience: usize::try_from(job["audience"].as_u64()?).ok()?,
        request: job["request"].as_str()?.to_owned(),
        asked: job["asked"].as_i64()?,
    };
    if job["prepared"].is_null() {
        return Some((heading, None));
    }
    let prepared = &job["prepared"];
    let file = |file: &Value| {
        Some(Listed {
            name: file["name"].as_str()?.to_owned(),
            rtype: ResourceType::parse(file["type"].as_str()?)?,
            count: file["count"].as_u64()?,
            start: file["start"].as_u64()?,
        })
    };
    let prepared = Prepared {
        transaction: prepared["transaction"].as_i64()?,
        output: Output::parse(prepared["output"].as_str()?)?,
        tells_level_3: prepared["tellsLevel3"].as_bool()?,
        files: prepared["files"].as_array()?.iter().map(file).collect::<Option<_>>()?,
    };
    Some((heading, Some(prepared)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(id: Uuid) -> Heading {
        Heading { id, client: "é".into(), audience: 2, request: "http://h/fhir/$export?_type=x".into(), asked: 7 }
    }

    /// Writes a job with two files, of two names and of one.
    fn written(folder: &Path, id: Uuid) -> Prepared {
        let mut names = Names::create(folder, id).expect("a file");
        names.begin("a.json".into(), ResourceType::Location);
        names.push(ResourceType::Location, "1").expect("room");
        names.push(ResourceType::Organization, "22").expect("room");
        names.begin("b.json".into(), ResourceType::Location);
        names.push(ResourceType::Location, "333").expect("room");
        let files = names.files();
        let prepared = Prepared { transaction: 9, output: Output::Ndjson, tells_level_3: true, files };
        names.end(&heading(id), Some(&prepared)).and_then(Unfinished::keep).expect("kept");
        prepared
    }

    #[test]
    fn a_job_reads_back_with_the_names_of_each_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let id = Uuid::from_u128(1);
        let prepared = written(folder.path(), id);
        assert_eq!(read_all(folder.path()).expect("readable"), [(heading(id), Some(prepared.clone()))]);
        let names = |listed: &Listed| {
            let mut members = Members::open(folder.path(), id, listed).expect("a file");
            let mut names = Vec::new();
            while let Some((rtype, id)) = members.next().expect("readable") {
                names.push(format!("{rtype}/{id}"));
            }
            names
        };
        assert_eq!(names(&prepared.files[0]), ["Location/1", "Organization/22"]);
        assert_eq!(names(&prepared.files[1]), ["Location/333"]);
        remove(folder.path(), id);
        assert!(read_all(folder.path()).expect("readable").is_empty());
    }

    #[test]
    fn what_was_being_written_and_what_is_damaged_leave_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let [whole, cut, begun] = [1, 2, 3].map(Uuid::from_u128);
        for id in [whole, cut] {
            written(folder.path(), id);
        }
        let path = folder.path().join(cut.to_string()).with_extension(ENDING);
        let text = fs::read(&path).expect("a file");
        fs::write(&path, &text[..text.len() - 30]).expect("cut");
        Names::create(folder.path(), begun).expect("a file");
        fs::write(folder.path().join("note.export"), "not ours").expect("written");
        let read = read_all(folder.path()).expect("readable");
        assert_eq!(read.iter().map(|(heading, _)| heading.id).collect::<Vec<_>>(), [whole]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "the job and what is not ours");
    }
}
