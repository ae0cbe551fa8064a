//! How much memory a backend takes at most, from /proc: the server runs on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::unit::Unit;

/// Watches a backend while it works.
pub struct Watch {
    pid: i32,
    stop: Arc<AtomicBool>,
    sampler: JoinHandle<u64>,
}

/// What a backend took at most.
#[derive(Debug, Clone, Copy)]
pub struct Peak {
    /// Memory of its own, in bytes, above what it had before: sampled every few milliseconds.
    pub own: u64,
    /// VmHWM in bytes: its own and what it touched of the shared buffers. `None` if it could not be
    /// reset before, which takes root.
    pub resident: Option<u64>,
}

/// So much memory of its own that a backend took, as lines note it.
pub fn note(own: u64) -> String {
    format!("backend {}", Unit::Bytes.show(own as f64))
}

impl Watch {
    /// Begins.
    pub fn start(pid: i32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let reset = std::fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok();
        let before = status(pid, "RssAnon:").unwrap_or(0);
        let sampler = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let mut peak = before;
                while !stop.load(Ordering::Relaxed) {
                    peak = peak.max(status(pid, "RssAnon:").unwrap_or(0));
                    std::thread::sleep(Duration::from_millis(4));
                }
                peak - before
            }
        });
        Self { pid: if reset { pid } else { -pid }, stop, sampler }
    }

    /// Ends.
    pub fn stop(self) -> Peak {
        self.stop.store(true, Ordering::Relaxed);
        let own = self.sampler.join().unwrap_or(0);
        let resident = if self.pid > 0 { status(self.pid, "VmHWM:") } else { None };
        Peak { own, resident }
    }
}

/// A field of /proc/PID/status, in bytes.
fn status(pid: i32, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
