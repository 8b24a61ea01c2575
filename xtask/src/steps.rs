//! Steps with headings, and how long each took.

use std::time::{Duration, Instant};

use crate::Failure;

/// The steps so far.
#[derive(Debug, Default)]
pub struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Does a step; its failure names it.
    pub fn step(
        &mut self,
        name: &str,
        action: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = action();
        self.done.push((name.to_owned(), start.elapsed()));
        result.map_err(|failure| {
            self.print();
            format!("step `{name}`: {failure}")
        })
    }

    /// Prints how long each step took.
    pub fn print(&self) {
        println!("\n=== Time");
        for (name, time) in &self.done {
            println!("{:>8.1} s  {name}", time.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, time)| *time).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
