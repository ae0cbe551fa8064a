//! Reads what `git log --raw -z` prints, a commit at a time.
//!
//! The format, [`LOG_FORMAT`], gives each commit as `commit <id>` NUL `Name <email>` NUL, followed
//! by its raw records, `:<modes> <objects> <status>` NUL path NUL, with a second path where the
//! status is a rename. Paths and names are bytes: only NUL ends them. Changed contents and changed
//! kinds of file (`M`, `T`) leave the set of paths alone and are skipped.

use std::io::BufRead;

use super::{Failure, Result};

/// The `--format` that [`Records`] reads.
pub const LOG_FORMAT: &str = "commit %H%x00%an <%ae>%x00";

/// A commit, and how its files differ from those of its first parent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The hash, in hex.
    pub id: Vec<u8>,
    /// `Name <email>`.
    pub author: Vec<u8>,
    /// What happened to paths.
    pub changes: Vec<Change>,
}

/// What happened to a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// A file is new.
    Add(Vec<u8>),
    /// A file is gone.
    Delete(Vec<u8>),
    /// A file is elsewhere.
    Rename {
        /// Its path in the parent commit.
        from: Vec<u8>,
        /// Its path in this one.
        to: Vec<u8>,
    },
}

/// Reads commits from git's output.
pub struct Records<R> {
    input: R,
    /// The header of the next commit, read while looking for the end of the last.
    header: Option<Vec<u8>>,
}

impl<R: BufRead> Records<R> {
    /// Reads from here.
    pub fn new(input: R) -> Self {
        Self { input, header: None }
    }

    /// The next commit, if there is one.
    pub fn next_commit(&mut self) -> Result<Option<Commit>> {
        let header = match self.header.take() {
            Some(header) => header,
            None => match self.record()? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        let Some(id) = header.strip_prefix(b"commit ") else {
            return Err(unexpected("a commit", &header));
        };
        let author = self.field("an author")?;
        let mut commit = Commit { id: id.to_vec(), author, changes: Vec::new() };
        while let Some(record) = self.record()? {
            if !record.starts_with(b":") {
                self.header = Some(record);
                break;
            }
            self.change(&record, &mut commit.changes)?;
        }
        Ok(Some(commit))
    }

    fn change(&mut self, record: &[u8], changes: &mut Vec<Change>) -> Result<()> {
        let fields: Vec<&[u8]> = record[1..].split(|&b| b == b' ').collect();
        let [_, _, _, _, status] = fields[..] else {
            return Err(unexpected("a raw diff record", record));
        };
        let path = self.field("a path")?;
        match status.first() {
            Some(b'A') => changes.push(Change::Add(path)),
            Some(b'D') => changes.push(Change::Delete(path)),
            Some(b'M' | b'T') => {}
            Some(b'R') => changes.push(Change::Rename { from: path, to: self.field("a path")? }),
            Some(b'C') => changes.push(Change::Add(self.field("a path")?)),
            _ => return Err(unexpected("a status among A, C, D, M, R and T", record)),
        }
        Ok(())
    }

    /// The next field that starts a record. Line ends and empty fields separate records.
    fn record(&mut self) -> Result<Option<Vec<u8>>> {
        while let Some(field) = self.read()? {
            let start = field.iter().position(|&b| b != b'\n').unwrap_or(field.len());
            if start < field.len() {
                return Ok(Some(field[start..].to_vec()));
            }
        }
        Ok(None)
    }

    fn field(&mut self, what: &str) -> Result<Vec<u8>> {
        self.read()?.ok_or_else(|| Failure(format!("git's output ends where {what} should be")))
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>> {
        let mut field = Vec::new();
        if self.input.read_until(0, &mut field)? == 0 {
            return Ok(None);
        }
        field.pop_if(|byte| *byte == 0);
        Ok(Some(field))
    }
}

fn unexpected(what: &str, found: &[u8]) -> Failure {
    let shown = &found[..found.len().min(100)];
    Failure(format!("git's output has \"{}\" where {what} should be", shown.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<Vec<Commit>> {
        let mut records = Records::new(input);
        std::iter::from_fn(|| records.next_commit().transpose()).collect()
    }

    fn commit(id: &[u8], author: &[u8], changes: Vec<Change>) -> Commit {
        Commit { id: id.to_vec(), author: author.to_vec(), changes }
    }

    #[test]
    fn commits_without_changes_are_commits() {
        let commits = read(b"commit 1\0A <a@x>\0commit 2\0B <b@x>\0\n").unwrap();
        assert_eq!(commits, [commit(b"1", b"A <a@x>", vec![]), commit(b"2", b"B <b@x>", vec![])]);
    }

    #[test]
    fn each_status_takes_its_paths() {
        let log = b"commit 1\0A <a@x>\0\n:000000 100644 0 1 A\0a\0:1 1 1 1 D\0d\0\
            :1 1 1 1 R086\0o\0n\0:1 1 1 1 M\0m\0:1 1 1 1 T\0t\0:1 1 1 1 C100\0s\0c\0\
            commit 2\0B <b@x>\0\n:1 1 1 1 D\0a\0";
        let changes = vec![
            Change::Add(b"a".to_vec()),
            Change::Delete(b"d".to_vec()),
            Change::Rename { from: b"o".to_vec(), to: b"n".to_vec() },
            Change::Add(b"c".to_vec()),
        ];
        let second = vec![Change::Delete(b"a".to_vec())];
        let expected = [commit(b"1", b"A <a@x>", changes), commit(b"2", b"B <b@x>", second)];
        assert_eq!(read(log).unwrap(), expected);
    }

    #[test]
    fn paths_may_look_like_records() {
        let log = b"commit 1\0A <a@x>\0\n:1 1 1 1 A\0\n:commit \xff\"\0:1 1 1 1 A\0commit 7\0";
        let changes =
            vec![Change::Add(b"\n:commit \xff\"".to_vec()), Change::Add(b"commit 7".to_vec())];
        assert_eq!(read(log).unwrap(), [commit(b"1", b"A <a@x>", changes)]);
    }

    #[test]
    fn broken_output_is_an_error() {
        for log in [&b"hello\0"[..], b"commit 1\0A\0:1 1 1 1 R1\0a\0", b"commit 1\0A\0:1 1 A\0a\0"]
        {
            assert!(read(log).is_err(), "{}", log.escape_ascii());
        }
    }
}
