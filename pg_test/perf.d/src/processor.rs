//! How long a backend has had a processor, from /proc: the server runs on this machine. What it waited for the disk is
//! not in it.

/// The seconds that a process has run for so far. `None` where the kernel does not count them.
pub fn seconds(pid: i32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}
