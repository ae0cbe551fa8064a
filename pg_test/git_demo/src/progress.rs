//! Says on stderr how far a long run is: on a terminal one line that changes, elsewhere a line
//! now and then.

use std::io::{IsTerminal, Write as _, stderr};
use std::time::{Duration, Instant};

/// When to speak next, and how.
pub struct Progress {
    terminal: bool,
    interval: Duration,
    spoken: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Speaks for the first time when an interval has passed.
    pub fn new() -> Self {
        let terminal = stderr().is_terminal();
        let interval = Duration::from_millis(if terminal { 300 } else { 5000 });
        Self { terminal, interval, spoken: Instant::now() }
    }

    /// Whether it is time to speak.
    pub fn is_due(&self) -> bool {
        self.spoken.elapsed() >= self.interval
    }

    /// Speaks.
    pub fn say(&mut self, line: &str) {
        self.spoken = Instant::now();
        if self.terminal {
            eprint!("\r\x1b[K{line}");
            let _ = stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }

    /// Clears the line for what comes next.
    pub fn clear(&mut self) {
        if self.terminal {
            eprint!("\r\x1b[K");
            let _ = stderr().flush();
        }
    }
}
