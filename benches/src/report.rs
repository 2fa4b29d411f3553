//! Tables on standard output.

use std::io::Write as _;

/// Writes a line.
pub fn say(line: &str) {
    // A closed output leaves nobody to tell.
    writeln!(std::io::stdout().lock(), "{line}").ok();
}

/// Columns of text, each as wide as its widest cell; the first to the left, the others to the right.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Writes the table in Markdown, so that it can be kept as it is printed.
    pub fn print(&self) {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.rows.first().map_or(0, Vec::len)).map(width).collect();
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!(" {cell:<width$} |") } else { format!(" {cell:>width$} |") }
            });
            say(&format!("|{}", cells.collect::<String>()));
            if at == 0 {
                let rules = widths.iter().enumerate().map(|(column, &width)| {
                    if column == 0 {
                        format!("{}|", "-".repeat(width + 2))
                    } else {
                        format!("{}:|", "-".repeat(width + 1))
                    }
                });
                say(&format!("|{}", rules.collect::<String>()));
            }
        }
        say("");
    }
}

/// The middle of some measures.
///
/// # Panics
/// When there is none.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The value that `percent` of the measures do not exceed (nearest rank).
///
/// # Panics
/// When there is none.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.saturating_sub(1).min(sorted.len() - 1)]
}

/// A count with spaces between thousands.
pub fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A target and what was reached.
pub fn target(what: &str, reached: f64, wanted: f64, last: f64) -> String {
    let word = if reached >= wanted { "reached" } else { "NOT reached" };
    format!("target {what}: {reached:.2}, wanted {wanted} now and {last} at last: {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measures_that_were_taken() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        let taken = [median(&values), percentile(&values, 99.0), percentile(&values, 0.0)].map(count);
        assert_eq!(taken, ["3", "5", "1"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(["7", "999", "1 000", "1 234 567"], [7.0, 999.4, 1000.0, 1_234_567.0].map(count)[..]);
    }
}
