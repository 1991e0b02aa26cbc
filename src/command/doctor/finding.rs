//! What a look at one thing came to.

use serde_json::{Value, json};
use std::fmt;

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works; something else would be better, or nobody can say.
    Advice,
    /// It must be changed.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub name: String,
    /// How good it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What is wanted, and why.
    pub wanted: String,
    /// How to change it; empty where nothing need be.
    pub change: String,
}

impl Finding {
    /// Judged by whether what was found is what is wanted; `otherwise` says how bad it is if not.
    pub fn judged(name: &str, is_good: bool, otherwise: Verdict, found: impl ToString, wanted: impl ToString) -> Self {
        let verdict = if is_good { Verdict::Good } else { otherwise };
        let (found, wanted) = (found.to_string(), wanted.to_string());
        Self { name: name.to_owned(), verdict, found, wanted, change: String::new() }
    }

    /// How to change it, where it is not good.
    pub fn change(mut self, how: impl ToString) -> Self {
        if self.verdict != Verdict::Good {
            self.change = how.to_string();
        }
        self
    }

    /// It cannot be looked at.
    pub fn unknown(name: &str, why: impl ToString) -> Self {
        let found = format!("unknown: {}", why.to_string());
        Self { name: name.to_owned(), verdict: Verdict::Advice, found, wanted: String::new(), change: String::new() }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let verdict = match self.verdict {
            Verdict::Good => "good",
            Verdict::Advice => "advice",
            Verdict::Wrong => "wrong",
        };
        json!({
            "name": self.name, "verdict": verdict, "found": self.found, "wanted": self.wanted, "change": self.change,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => "ok    ",
            Verdict::Advice => "advice",
            Verdict::Wrong => "WRONG ",
        };
        write!(f, "{mark}  {}: {}", self.name, self.found)?;
        if self.verdict != Verdict::Good {
            if !self.wanted.is_empty() {
                write!(f, "\n        wanted: {}", self.wanted)?;
            }
            if !self.change.is_empty() {
                write!(f, "\n        change: {}", self.change)?;
            }
        }
        Ok(())
    }
}
