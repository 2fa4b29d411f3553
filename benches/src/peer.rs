//! The same resources and the same questions in PostgreSQL: exact terms in one array per resource with an
//! inverted index, texts in a table with an index for starts and one for parts, references both ways,
//! positions in a tree. What a careful team would do with it, no more and no less.
//!
//! A question becomes one prepared statement that gives the exact total, the page, and what comes along.

use std::collections::HashMap;
use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use ror_fhir::DateTime;
use ror_index::View;
use ror_search::{ParamId, Registry, ResourceType, Term, extract};
use ror_terminology::fold;

use crate::postgres::{Connection, Postgres, Row};
use crate::queries::{self, Question};

/// The types held, by their number in the tables.
const TYPES: [ResourceType; 5] = [
    ResourceType::Organization,
    ResourceType::Location,
    ResourceType::HealthcareService,
    ResourceType::Practitioner,
    ResourceType::PractitionerRole,
];

/// The sphere of D11.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// On the sphere of D11, which the extension lets one choose.
const BEFORE: &str = "
CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE EXTENSION pg_trgm;
CREATE OR REPLACE FUNCTION earth() RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS 'SELECT 6371008.8::float8';
CREATE TABLE doc (id int, rtype smallint, rid text, terms bigint[], updated bigint, latitude float8, longitude float8);
CREATE TABLE str (doc int, param int, value text);
CREATE TABLE ref (src int, param int, dst int);";

const AFTER: &str = "
CREATE TABLE place AS SELECT id, ll_to_earth(latitude, longitude)::cube AS pos FROM doc WHERE latitude IS NOT NULL;
ALTER TABLE doc ADD PRIMARY KEY (id);
ALTER TABLE place ADD PRIMARY KEY (id);
ALTER TABLE doc ALTER terms SET STATISTICS 3000;
CREATE INDEX ON doc USING gin (terms);
CREATE INDEX ON doc (rid);
CREATE INDEX ON doc (rtype, updated);
CREATE INDEX ON str (param, value text_pattern_ops) INCLUDE (doc);
CREATE INDEX ON str (doc, param) INCLUDE (value);
CREATE INDEX ON str USING gin (value gin_trgm_ops);
CREATE INDEX ON ref (param, dst) INCLUDE (src);
CREATE INDEX ON ref (src, param) INCLUDE (dst);
CREATE INDEX ON place USING gist (pos);
VACUUM (FREEZE, ANALYZE);";

/// Bytes of lines sent at once.
const LINES_BYTES: usize = 8 << 20;

/// PostgreSQL with everything that one audience sees.
#[derive(Debug)]
pub struct Peer {
    connection: Connection,
    /// Statements prepared, by their text.
    prepared: HashMap<String, String>,
    /// Stops the server when dropped, after the connection.
    _server: Postgres,
}

/// A question as a statement and its values.
#[derive(Debug, PartialEq)]
pub struct Statement {
    sql: String,
    values: Vec<String>,
}

impl Peer {
    /// Starts a server and fills it.
    ///
    /// # Errors
    /// When PostgreSQL is missing, or refuses something.
    pub fn load(view: &View<'_>) -> anyhow::Result<Self> {
        let mut server = Postgres::start()?;
        let mut connection = server.connect()?;
        run_each(&mut connection, BEFORE)?;
        let mut tables = Tables::default();
        for (number, rtype) in TYPES.iter().enumerate() {
            for hit in queries::all(view, *rtype)? {
                tables.add(number, *rtype, hit.id(), hit.updated(), &hit.to_node());
                tables.send(&mut connection, LINES_BYTES)?;
            }
        }
        tables.resolve();
        tables.send(&mut connection, 0)?;
        run_each(&mut connection, AFTER)?;
        Ok(Self { connection, prepared: HashMap::new(), _server: server })
    }

    /// Bytes of the tables and their indexes.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn bytes(&mut self) -> anyhow::Result<f64> {
        let rows = self.connection.run("SELECT pg_database_size('postgres')")?;
        Ok(first(&rows, 0)?.parse()?)
    }

    /// Prepares what a question needs, once.
    ///
    /// # Errors
    /// When the statement is refused.
    pub fn prepare(&mut self, statement: &Statement) -> anyhow::Result<()> {
        if !self.prepared.contains_key(&statement.sql) {
            let name = format!("s{}", self.prepared.len());
            self.connection.prepare(&name, &statement.sql)?;
            self.prepared.insert(statement.sql.clone(), name);
        }
        Ok(())
    }

    /// Asks, and gives the total: one exchange, ids and no bodies.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn ask(&mut self, statement: &Statement) -> anyhow::Result<u64> {
        let name = self.prepared.get(&statement.sql).context("prepared before it is asked")?;
        let rows = self.connection.ask(name, &statement.values)?;
        Ok(first(&rows, 0)?.parse()?)
    }
}

fn first(rows: &[Row], column: usize) -> anyhow::Result<&str> {
    rows.first().and_then(|row| row.get(column)?.as_deref()).context("an answer has a row")
}

fn run_each(connection: &mut Connection, script: &str) -> anyhow::Result<()> {
    script.split(';').map(str::trim).filter(|sql| !sql.is_empty()).try_for_each(|sql| connection.run(sql).map(|_| ()))
}

/// Lines on their way to the tables.
#[derive(Default)]
struct Tables {
    doc: String,
    str: String,
    edges: String,
    ids: HashMap<(ResourceType, Box<str>), usize>,
    /// Source, parameter and target, until all targets are numbered.
    references: Vec<(usize, ParamId, ResourceType, Box<str>)>,
}

impl Tables {
    fn add(&mut self, number: usize, rtype: ResourceType, id: &str, updated: i64, resource: &ror_fhir::Node) {
        let registry = Registry::embedded();
        let read = extract(rtype, id, resource, registry, &ror_search::NoGeography);
        let doc = self.ids.len() + 1;
        self.ids.insert((rtype, id.into()), doc);
        let squares = registry.known(ResourceType::Location, "near");
        let mut terms = String::new();
        for term in &read.terms {
            let parameter = parameter_of(term);
            if let Some(text) = Term::folded_text(term.as_bytes()) {
                // Writing to a string cannot fail.
                writeln!(self.str, "{doc}\t{parameter}\t{}", escaped(text)).ok();
            } else if !term.is_ordered() && parameter != squares {
                let comma = if terms.is_empty() { "" } else { "," };
                write!(terms, "{comma}{}", key(term)).ok();
            }
        }
        let degrees = |value: Option<f64>| value.map_or("\\N".to_owned(), |value| value.to_string());
        let (latitude, longitude) = read.position.unzip();
        let (latitude, longitude) = (degrees(latitude), degrees(longitude));
        writeln!(self.doc, "{doc}\t{number}\t{id}\t{{{terms}}}\t{updated}\t{latitude}\t{longitude}").ok();
        let references = read.references.into_iter();
        self.references.extend(references.map(|one| (doc, one.parameter, one.rtype, one.id)));
    }

    /// Writes the references whose target is held.
    fn resolve(&mut self) {
        for (source, parameter, rtype, id) in std::mem::take(&mut self.references) {
            if let Some(target) = self.ids.get(&(rtype, id)) {
                writeln!(self.edges, "{source}\t{parameter}\t{target}").ok();
            }
        }
    }

    /// Sends the tables that have more than `least` bytes waiting.
    fn send(&mut self, connection: &mut Connection, least: usize) -> anyhow::Result<()> {
        for (table, lines) in [("doc", &mut self.doc), ("str", &mut self.str), ("ref", &mut self.edges)] {
            if lines.len() > least {
                connection.copy(table, lines)?;
                lines.clear();
            }
        }
        Ok(())
    }
}

fn parameter_of(term: &Term) -> ParamId {
    let bytes = term.as_bytes();
    ParamId::from_be_bytes([bytes[0], bytes[1]])
}

/// 64 bits of a term (FNV-1a): as good as the term itself among millions, and the cheapest to compare.
fn key(term: &Term) -> i64 {
    let fold = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    term.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, fold).cast_signed()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

/// Writes a question of the mix as a statement.
///
/// # Errors
/// When it asks for something that this file does not know: the mix and it must go together.
pub fn statement(question: &Question) -> anyhow::Result<Statement> {
    let (rtype, pairs) = question;
    let mut out = Writer { values: Vec::new(), includes: Vec::new(), count: "20".to_owned(), rank: None };
    let mut conditions = vec![format!("d.rtype = {}", number_of(*rtype)?)];
    for (name, value) in pairs {
        conditions.extend(out.criterion("d", *rtype, name, value)?);
    }
    let rank = out.rank.clone().unwrap_or_else(|| "0".to_owned());
    let mut sql = format!(
        "WITH hit AS MATERIALIZED (SELECT d.id, {rank} AS rank FROM doc d WHERE {}), \
         page AS MATERIALIZED (SELECT id FROM hit ORDER BY rank, id LIMIT {})",
        conditions.join(" AND "),
        out.count
    );
    let mut brought = Vec::new();
    for (at, include) in out.includes.iter().enumerate() {
        let from = if include.iterates { brought.join(" UNION ") } else { "SELECT id FROM page".to_owned() };
        let (known, found) = if include.reverse { ("dst", "src") } else { ("src", "dst") };
        let parameter = include.parameter;
        write!(
            sql,
            ", inc{at} AS (SELECT r.{found} AS id FROM ({from}) known JOIN ref r ON r.{known} = known.id AND r.param = {parameter})"
        )?;
        brought.push(format!("SELECT id FROM inc{at}"));
    }
    let along = if brought.is_empty() { "SELECT 0 AS id WHERE false".to_owned() } else { brought.join(" UNION ") };
    write!(
        sql,
        " SELECT (SELECT count(*) FROM hit), (SELECT array_agg(id) FROM page), (SELECT array_agg(id) FROM ({along}) along)"
    )?;
    Ok(Statement { sql, values: out.values })
}

fn number_of(rtype: ResourceType) -> anyhow::Result<usize> {
    TYPES.iter().position(|known| *known == rtype).with_context(|| format!("{rtype} is not held"))
}

fn parameter_named(rtype: ResourceType, name: &str) -> anyhow::Result<ParamId> {
    let found = Registry::embedded().all_of(rtype).find(|parameter| *parameter.name == *name);
    Ok(found.with_context(|| format!("{rtype} has no parameter {name}"))?.id)
}

struct Include {
    parameter: ParamId,
    reverse: bool,
    iterates: bool,
}

struct Writer {
    values: Vec<String>,
    includes: Vec<Include>,
    count: String,
    /// What hits are ordered by, before their id.
    rank: Option<String>,
}

impl Writer {
    fn value(&mut self, value: impl Into<String>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The condition of a parameter on the row `doc`; none for what shapes the answer.
    fn criterion(&mut self, doc: &str, rtype: ResourceType, name: &str, value: &str) -> anyhow::Result<Option<String>> {
        if let Some(mode) = name.strip_prefix("_include").or_else(|| name.strip_prefix("_revinclude")) {
            let (rtype, parameter) = value.split_once(':').context("Type:parameter")?;
            let rtype = ResourceType::parse(rtype).context("a type")?;
            let parameter = parameter_named(rtype, parameter)?;
            let (reverse, iterates) = (name.starts_with("_rev"), mode == ":iterate");
            self.includes.push(Include { parameter, reverse, iterates });
            return Ok(None);
        }
        if name == "_count" {
            value.clone_into(&mut self.count);
            return Ok(None);
        }
        if let Some((reference, rest)) = name.split_once('.') {
            return self.chain(doc, rtype, reference, rest, value).map(Some);
        }
        let (plain, modifier) = name.split_once(':').unwrap_or((name, ""));
        let parameter = parameter_named(rtype, plain)?;
        Ok(Some(match (plain, modifier) {
            ("near", "") => {
                let (point, metres) = self.point(value)?;
                let metres = format!("{}::float8", self.value(metres.to_string()));
                format!(
                    "{doc}.id IN (SELECT p.id FROM place p WHERE cube_enlarge({point}, {metres}, 3) @> p.pos \
                     AND cube_distance(p.pos, {point}) <= {metres})"
                )
            }
            ("_id", "") => {
                let ids = self.value(format!("{{{value}}}"));
                format!("{doc}.rid = ANY({ids}::text[])")
            }
            ("_lastUpdated", "") => {
                let since = value.strip_prefix("ge").context("ge and a date")?;
                let since = DateTime::parse(since).ok().context("a date")?.start;
                let since = self.value(since.to_string());
                format!("{doc}.updated >= {since}::bigint")
            }
            ("identifier", "") => self.terms(doc, &[Term::code(parameter, value)]),
            (_, "missing") if value == "false" => self.terms(doc, &[Term::present(parameter)]),
            ("name" | "address-city" | "address-postalcode", "" | "contains") => {
                let before = if modifier == "contains" { "%" } else { "" };
                let like = self.value(format!("{before}{}%", fold(value).replace(['%', '_', '\\'], "")));
                format!("{doc}.id IN (SELECT s.doc FROM str s WHERE s.param = {parameter} AND s.value LIKE {like})")
            }
            (_, "") => {
                let codes = value.split(',').map(|one| one.split_once('|').context("system|code"));
                let codes = codes.collect::<anyhow::Result<Vec<_>>>()?.into_iter();
                let terms: Vec<_> = codes.map(|(system, code)| Term::system_code(parameter, system, code)).collect();
                self.terms(doc, &terms)
            }
            _ => bail!("{name} is not written as SQL"),
        }))
    }

    fn terms(&mut self, doc: &str, any: &[Term]) -> String {
        let keys: Vec<String> = any.iter().map(|term| key(term).to_string()).collect();
        let operator = if keys.len() == 1 { "@>" } else { "&&" };
        let keys = self.value(format!("{{{}}}", keys.join(",")));
        format!("{doc}.terms {operator} {keys}::bigint[]")
    }

    /// The centre of a circle `latitude|longitude|km|km` in space, and its limit as a straight line: nothing
    /// is left to compute for each place but a distance.
    fn point(&mut self, value: &str) -> anyhow::Result<(String, f64)> {
        let parts: Vec<&str> = value.split('|').collect();
        let [latitude, longitude, km, "km"] = parts[..] else { bail!("{value} is no circle in kilometres") };
        let (latitude, longitude) = (latitude.parse::<f64>()?.to_radians(), longitude.parse::<f64>()?.to_radians());
        let (x, y) = (latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin());
        let [x, y, z] = [x, y, latitude.sin()].map(|unit| unit * EARTH_RADIUS_M);
        let half_angle = km.parse::<f64>()? * 1000.0 / EARTH_RADIUS_M / 2.0;
        let point = self.value(format!("({x},{y},{z})"));
        Ok((format!("{point}::cube"), 2.0 * EARTH_RADIUS_M * half_angle.sin()))
    }

    fn chain(
        &mut self,
        doc: &str,
        rtype: ResourceType,
        reference: &str,
        rest: &str,
        value: &str,
    ) -> anyhow::Result<String> {
        let parameter = parameter_named(rtype, reference)?;
        let target = match reference {
            "location" => ResourceType::Location,
            "organization" => ResourceType::Organization,
            _ => bail!("{reference} is not followed in SQL"),
        };
        if rest == "near" {
            let (point, _) = self.point(value)?;
            self.rank = Some(format!(
                "(SELECT min(cube_distance(p.pos, {point})) FROM ref r JOIN place p ON p.id = r.dst \
                 WHERE r.src = {doc}.id AND r.param = {parameter})"
            ));
        }
        let condition = self.criterion("t", target, rest, value)?.context("a chain ends in a criterion")?;
        // What asks for the id alone can do without the row.
        let (join, condition) = if condition.starts_with("t.id IN ") {
            ("", condition.replacen("t.id", "r.dst", 1))
        } else {
            ("JOIN doc t ON t.id = r.dst ", condition)
        };
        Ok(format!("{doc}.id IN (SELECT r.src FROM ref r {join}WHERE r.param = {parameter} AND {condition})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_becomes_one_statement() {
        let pairs =
            [("location.near", "46.2|5.2|10|km"), ("specialty", "s|1,s|2"), ("_include", "HealthcareService:location")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let statement = statement(&(ResourceType::HealthcareService, pairs.into())).expect("a statement");
        assert!(
            statement.sql.contains("d.rtype = 2") && statement.sql.contains("d.terms && $4::bigint[]"),
            "{statement:?}"
        );
        assert!(statement.sql.contains("inc0 AS"), "{statement:?}");
        assert_eq!(statement.values.len(), 4);
        assert!(statement.values[2].starts_with("9999.99"), "a little under 10 km: {statement:?}");
    }

    #[test]
    fn what_is_not_of_the_mix_is_refused() {
        let ask = |name: &str, value: &str| {
            statement(&(ResourceType::HealthcareService, vec![(name.to_owned(), value.to_owned())]))
        };
        assert!(ask("practitioner.identifier", "1").is_err());
        assert!(ask("specialty:not", "s|1").is_err());
        assert!(ask("location.near", "46.2|5.2|10|m").is_err());
    }
}
