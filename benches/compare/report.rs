//! Rounds turned into medians of paired ratios.

use crate::scenarios::Scenario;
use esker_benches::measure::{Sample, Spent};
use esker_benches::stats::Spread;
use esker_benches::usage;

/// One broker's run in one round.
pub struct Round {
    pub sample: Sample,
    pub spent: Spent,
    /// Syncs a second that the disk did by itself just before, for group commit.
    pub syncs: Option<f64>,
}

/// All counted rounds, by broker, in the order of the rounds.
#[derive(Default)]
pub struct Rounds(Vec<(String, Vec<Round>)>);

impl Rounds {
    pub fn add(&mut self, name: &str, round: Round) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, rounds)) => rounds.push(round),
            None => self.0.push((name.into(), vec![round])),
        }
    }

    fn of(&self, name: &str) -> &[Round] {
        self.0.iter().find(|(known, _)| known == name).map_or(&[], |(_, rounds)| rounds)
    }
}

impl Round {
    fn figures(&self) -> Vec<(&'static str, f64)> {
        let mut figures = self.sample.figures(Some(&self.spent));
        if let Some(syncs) = self.syncs {
            let acks = self.sample.requests as f64 / self.sample.elapsed.as_secs_f64().max(1e-9);
            figures.push(("disk syncs/s", syncs));
            figures.push(("acks per disk sync", acks / syncs));
        }
        figures.push(("stolen %", self.spent.stolen * 100.0));
        figures
    }
}

/// Prints what the reader must know of the machine.
pub fn machine() -> std::io::Result<()> {
    let load = usage::machine_load()?;
    let cores = std::thread::available_parallelism()?;
    println!("{cores} cores, load {load:.2}{}", if load > 0.3 { ": NOT QUIET, figures are rough" } else { "" });
    Ok(())
}

/// Prints each figure as median [min-max] and, for all but the skeleton, the paired ratio to the skeleton's.
pub fn print(scenario: Scenario, rounds: &Rounds) {
    let skeleton = rounds.of("skeleton");
    println!(
        "\n## {scenario:?}: median [min-max] of {} rounds; ratio to the skeleton in the same round",
        skeleton.len()
    );
    let mut ordered: Vec<_> = rounds.0.iter().collect();
    // The order of the first round was random.
    ordered.sort_by_key(|(name, _)| (name != "skeleton", name.clone()));
    for (name, runs) in ordered {
        println!("\n{name}");
        let figures: Vec<_> = runs.iter().map(Round::figures).collect();
        let base: Vec<_> = skeleton.iter().map(Round::figures).collect();
        let Some(first) = figures.first() else { continue };
        for (at, (figure, _)) in first.iter().enumerate() {
            let column = |table: &[Vec<(&str, f64)>]| table.iter().map(|row| row[at].1).collect::<Vec<f64>>();
            let (values, bases) = (column(&figures), column(&base));
            let ratios: Vec<f64> = values.iter().zip(&bases).map(|(value, base)| value / base).collect();
            let comparable = name != "skeleton" && ratios.iter().all(|ratio| ratio.is_finite());
            let ratio = if comparable { format!("x{:.2}", Spread::of(&ratios)) } else { String::new() };
            println!("  {figure:<24}{:>36}   {ratio}", format!("{:.3}", Spread::of(&values)));
        }
    }
}
