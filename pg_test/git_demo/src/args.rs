//! The command line.

use std::path::PathBuf;

use super::oplog::KnownState;
use super::{Failure, Result};

/// What `--help` prints.
pub const USAGE: &str = "\
usage: git_demo PATH [--doc NAME] [--batch N] [--known-state full|touched] [--breaks] [--dry-run]
       git_demo --make-fixture DIR N [--seed S]

Turns the first-parent history of the git repository at PATH into operations, delivers them to
PostgreSQL author by author, and compares the tree that comes of it with git's.

  --doc NAME       the document to write (default: the name of the repository's folder)
  --batch N        operations a statement (default 500)
  --known-state    what a delete records as seen: `full`, all before it (the default), or `touched`,
                   the part that matters, which stays small where a repository has many authors
  --breaks         let git look for renames among files that were there before, too, such as swaps
  --dry-run        no server: replay the operations in memory, by definition, and compare that
  --make-fixture   make a repository of N awkward commits in the new folder DIR
  --seed S         another one (default 1)

The server is found by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. Its database is for this
alone: a forest called git in it is dropped.";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Print the usage.
    Help,
    /// Replay a repository.
    Replay(Replay),
    /// Make a repository.
    MakeFixture {
        /// Where.
        dir: PathBuf,
        /// Commits of its first-parent history.
        commits: u32,
        /// Which of all such repositories.
        seed: u64,
    },
}

/// How to replay a repository.
#[derive(Debug, PartialEq, Eq)]
pub struct Replay {
    /// Where it is.
    pub path: PathBuf,
    /// The document, if not named after the repository.
    pub doc: Option<String>,
    /// Operations a statement.
    pub batch: usize,
    /// What a delete records.
    pub known_state: KnownState,
    /// Whether git looks for swapped files.
    pub breaks: bool,
    /// In memory instead of on a server.
    pub dry_run: bool,
}

/// Reads the arguments, the program's name aside.
///
/// # Errors
/// They are none of those in [`USAGE`].
pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Task> {
    let mut positional = Vec::new();
    let (mut fixture, mut seed) = (None, None);
    let mut replay = Replay {
        path: PathBuf::new(),
        doc: None,
        batch: 500,
        known_state: KnownState::Full,
        breaks: false,
        dry_run: false,
    };
    let mut used = Vec::new();
    while let Some(arg) = args.next() {
        let mut value =
            || args.next().ok_or_else(|| Failure(format!("{arg} needs a value after it")));
        match arg.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--doc" => replay.doc = Some(value()?),
            "--batch" => replay.batch = number(&arg, &value()?)?,
            "--known-state" => {
                replay.known_state = match value()?.as_str() {
                    "full" => KnownState::Full,
                    "touched" => KnownState::Touched,
                    _ => return Err(Failure::new("--known-state is full or touched")),
                }
            }
            "--breaks" => replay.breaks = true,
            "--dry-run" => replay.dry_run = true,
            "--make-fixture" => fixture = Some((value()?, number(&arg, &value()?)?)),
            "--seed" => seed = Some(number(&arg, &value()?)?),
            option if option.starts_with('-') => {
                return Err(Failure(format!("{option} is no option of this program")));
            }
            _ => positional.push(arg.clone()),
        }
        used.push(arg);
    }
    let stray = |allowed: &[&str]| match used.iter().find(|arg| !allowed.contains(&arg.as_str())) {
        Some(arg) => Err(Failure(format!("{arg} does not belong here"))),
        None => Ok(()),
    };
    if let Some((dir, commits)) = fixture {
        stray(&["--make-fixture", "--seed"])?;
        return Ok(Task::MakeFixture { dir: dir.into(), commits, seed: seed.unwrap_or(1) });
    }
    match (positional.as_slice(), seed) {
        ([path], None) => replay.path = path.into(),
        ([], _) => return Err(Failure::new("which repository?")),
        ([_], Some(_)) => return Err(Failure::new("--seed goes with --make-fixture")),
        _ => return Err(Failure::new("one repository at a time")),
    }
    if replay.batch == 0 {
        return Err(Failure::new("--batch must be at least 1"));
    }
    Ok(Task::Replay(replay))
}

fn number<N: std::str::FromStr>(option: &str, text: &str) -> Result<N> {
    text.parse().map_err(|_| Failure(format!("{option} needs a number, not \"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_path_is_enough() {
        let Task::Replay(replay) = parsed("/repo").unwrap() else { panic!("no replay") };
        assert_eq!((replay.path, replay.batch), ("/repo".into(), 500));
    }

    #[test]
    fn a_fixture_has_a_place_a_size_and_a_seed() {
        let task = parsed("--make-fixture /x 30 --seed 7").unwrap();
        assert_eq!(task, Task::MakeFixture { dir: "/x".into(), commits: 30, seed: 7 });
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "",
            "a b",
            "--frob",
            "a --doc",
            "a --batch x",
            "a --batch 0",
            "a --seed 1",
            "a --known-state some",
            "--make-fixture d",
            "--make-fixture d 3 --dry-run",
            "--make-fixture d 3 e",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
