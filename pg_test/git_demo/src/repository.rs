//! Runs git: what is at HEAD, how it came about.
//!
//! Only plain `git` commands, everything NUL-terminated, and nothing of the user's configuration
//! that would change what they print.

use std::ffi::OsStr;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use super::records::{Commit, LOG_FORMAT, Records};
use super::{Failure, Result};

/// A repository, and the commit its HEAD pointed at when it was opened.
pub struct Repository {
    path: PathBuf,
    head: String,
}

impl Repository {
    /// Opens the repository at, or around, this path.
    ///
    /// # Errors
    /// It is none, git refuses it, or it has no commit yet.
    pub fn open(path: &Path) -> Result<Self> {
        let at = |error: Failure| Failure(format!("{}: {error}", path.display()));
        output(git(path).args(["rev-parse", "--git-dir"])).map_err(at)?;
        let head = output(git(path).args(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]))
            .map_err(|_| at(Failure::new("the repository has no commit yet")))?;
        Ok(Self { path: path.into(), head: String::from_utf8_lossy(&head).trim().into() })
    }

    /// The hash of the commit at HEAD.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// A name for it: the last component of its path.
    pub fn name(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        path.file_name().unwrap_or(OsStr::new("repository")).to_string_lossy().into_owned()
    }

    /// The first-parent history, oldest first. `breaks` also finds the renames among files that
    /// were there before and after, such as swaps; git then reads every changed file.
    pub fn history(&self, breaks: bool) -> Result<History> {
        let mut command = git(&self.path);
        command
            .args(["-c", "log.showRoot=true", "-c", "log.showSignature=false", "log"])
            .args(["--first-parent", "--diff-merges=first-parent", "--reverse", "--raw", "-z"])
            .args(["-M", "-l1000", "-O/dev/null", "--no-abbrev", "--no-relative", "--no-color"])
            .args(["--no-notes", "--ignore-submodules=none", "--encoding=UTF-8"])
            .args(breaks.then_some("-B"))
            .arg(format!("--format={LOG_FORMAT}"))
            .args([&self.head, "--"]);
        History::start(command)
    }

    /// How many commits the first-parent history has.
    pub fn commit_count(&self) -> Result<u64> {
        let count =
            output(git(&self.path).args(["rev-list", "--first-parent", "--count", &self.head]))?;
        let count = String::from_utf8_lossy(&count).trim().parse();
        count.map_err(|_| Failure::new("git rev-list --count gave no number"))
    }

    /// The paths of all files at HEAD.
    pub fn files(&self) -> Result<Vec<Vec<u8>>> {
        let listed = output(git(&self.path).args([
            "ls-tree",
            "-r",
            "--full-tree",
            "--name-only",
            "-z",
            &self.head,
        ]))?;
        Ok(listed.split(|&b| b == 0).filter(|p| !p.is_empty()).map(<[u8]>::to_vec).collect())
    }
}

/// The commits that a running `git log` prints.
pub struct History {
    child: Child,
    records: Records<BufReader<ChildStdout>>,
    complaints: Option<JoinHandle<String>>,
}

impl History {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        // Read beside the output: git blocks once a pipe that nobody reads is full.
        let complaints = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let records = Records::new(BufReader::with_capacity(1 << 16, stdout));
        Ok(Self { child, records, complaints: Some(complaints) })
    }

    /// The next commit; `None` after the last.
    ///
    /// # Errors
    /// git failed, or printed something else.
    pub fn next_commit(&mut self) -> Result<Option<Commit>> {
        let next = self.records.next_commit();
        if let Ok(Some(_)) = next {
            return next;
        }
        let status = self.child.wait()?;
        let complaints = self.complaints.take().and_then(|reader| reader.join().ok());
        if status.success() {
            return next;
        }
        Err(Failure(format!("git log failed: {}", complaints.unwrap_or_default().trim())))
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A git command in this directory, and in no other repository that the environment names.
pub fn git(path: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(path).env("LC_ALL", "C").stdin(Stdio::null());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(variable);
    }
    command
}

/// Runs it and gives its output, or its complaint as an error.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().map_err(|e| Failure(format!("git can't be run: {e}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure(if complaint.is_empty() { output.status.to_string() } else { complaint }))
}
