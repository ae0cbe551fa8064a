//! Makes a repository to try the demo on: many authors, merges, and a commit for every awkward
//! edit there is. The same size and seed give the same repository, to the byte.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{ChildStdin, Stdio};

use super::edits::{Edits, File, Snapshot, put};
use super::repository::{git, output};
use super::{Failure, Result};

/// Some with one name, some with one address; the first are the busiest.
const AUTHORS: [&str; 14] = [
    "Ada <ada@example.org>",
    "Brook <brook@example.org>",
    "Ada <ada@home.example>",
    "Grünewald Ö. <g@example.org>",
    "雪 <snow@example.org>",
    "The Bot <ada@example.org>",
    "D'Arcy \"D\" \\ <darcy@example.org>",
    "Eve <>",
    "Finn <finn@example.org>",
    "Gil <gil@example.org>",
    "Hana <hana@example.org>",
    "Ivo <ivo@example.org>",
    "Jo <jo@example.org>",
    "Kim <kim@example.org>",
];
const START: u64 = 1_500_000_000;

/// Makes a bare repository with so many commits in its first-parent history.
///
/// # Errors
/// The folder exists and is not empty, or git fails.
pub fn make(dir: &Path, commits: u32, seed: u64) -> Result<()> {
    let at = |error: std::io::Error| Failure(format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(at)?;
    if std::fs::read_dir(dir).map_err(at)?.next().is_some() {
        return Err(Failure(format!("{}: the folder is not empty", dir.display())));
    }
    output(git(dir).args(["init", "--quiet", "--bare"]))?;
    output(git(dir).args(["symbolic-ref", "HEAD", "refs/heads/main"]))?;
    let mut import = git(dir);
    let mut child = import.args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take().expect("stdin is piped");
    let written = Writer::new(stdin, seed).write(commits);
    let status = child.wait()?;
    written.map_err(|error| Failure(format!("git fast-import: {error}")))?;
    if !status.success() {
        return Err(Failure(format!("git fast-import: {status}")));
    }
    Ok(())
}

/// A branch: its newest commit and the files there.
#[derive(Clone, Default)]
struct Branch {
    tip: Option<usize>,
    files: Snapshot,
}

struct Writer {
    out: BufWriter<ChildStdin>,
    edits: Edits,
    /// Which contents git has, by their mark.
    marks: Vec<Option<usize>>,
    next_mark: usize,
    time: u64,
}

impl Writer {
    fn new(stdin: ChildStdin, seed: u64) -> Self {
        let out = BufWriter::new(stdin);
        Self { out, edits: Edits::new(seed), marks: Vec::new(), next_mark: 1, time: START }
    }

    fn write(mut self, commits: u32) -> std::io::Result<()> {
        let mut main = Branch::default();
        let mut side: Option<(Snapshot, Branch)> = None;
        let mut razed = None;
        for number in 0..commits {
            let mut files = main.files.clone();
            let mut merged = None;
            if let Some((_, branch)) = side.as_mut().filter(|_| self.edits.random.percent(60)) {
                let mut files = branch.files.clone();
                self.edit(&mut files);
                self.commit("side", branch, files, None)?;
            } else if let Some((base, branch)) = side.take_if(|_| self.edits.random.percent(40)) {
                merge(&mut files, &base, &branch.files);
                merged = branch.tip;
            } else if side.is_none() && main.tip.is_some() && self.edits.random.percent(10) {
                side = Some((main.files.clone(), main.clone()));
            }
            if merged.is_none() {
                self.edit(&mut files);
            }
            if number == commits / 2 {
                razed = Some(std::mem::take(&mut files));
            } else if let Some(before) = razed.take() {
                files = before;
            }
            self.commit("main", &mut main, files, merged)?;
        }
        self.out.flush()
    }

    fn edit(&mut self, files: &mut Snapshot) {
        if self.edits.random.percent(3) {
            return;
        }
        for _ in 0..1 + self.edits.random.below(4) {
            self.edits.edit(files);
        }
    }

    fn commit(
        &mut self,
        name: &str,
        branch: &mut Branch,
        files: Snapshot,
        merged: Option<usize>,
    ) -> std::io::Result<()> {
        let changed: Vec<(&Vec<u8>, &File)> =
            files.iter().filter(|(path, file)| branch.files.get(*path) != Some(file)).collect();
        // The object of a submodule is a commit of another repository.
        for (_, file) in changed.iter().filter(|(_, file)| file.mode != "160000") {
            self.content(file)?;
        }
        let random = &mut self.edits.random;
        let author = AUTHORS[random.below(AUTHORS.len()).min(random.below(AUTHORS.len()))];
        self.time += 600;
        let mark = self.mark();
        writeln!(self.out, "commit refs/heads/{name}\nmark :{mark}")?;
        writeln!(self.out, "author {author} {} +0000", self.time)?;
        writeln!(self.out, "committer Ada <ada@example.org> {} +0000", self.time)?;
        let message = format!("Commit {mark} on {name}");
        writeln!(self.out, "data {}\n{message}", message.len())?;
        if let Some(tip) = branch.tip {
            writeln!(self.out, "from :{tip}")?;
        }
        if let Some(merged) = merged {
            writeln!(self.out, "merge :{merged}")?;
        }
        for path in branch.files.keys().filter(|path| !files.contains_key(*path)) {
            writeln!(self.out, "D {}", quoted(path))?;
        }
        for (path, file) in changed {
            let object = match self.marks.get(file.content).copied().flatten() {
                Some(mark) if file.mode != "160000" => format!(":{mark}"),
                _ => format!("{:040x}", file.content + 1),
            };
            writeln!(self.out, "M {} {object} {}", file.mode, quoted(path))?;
        }
        writeln!(self.out)?;
        (branch.tip, branch.files) = (Some(mark), files);
        Ok(())
    }

    fn content(&mut self, file: &File) -> std::io::Result<()> {
        self.marks.resize(self.edits.contents.len(), None);
        if self.marks[file.content].is_none() {
            let mark = self.mark();
            self.marks[file.content] = Some(mark);
            let content = &self.edits.contents[file.content];
            writeln!(self.out, "blob\nmark :{mark}\ndata {}", content.len())?;
            self.out.write_all(content)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn mark(&mut self) -> usize {
        self.next_mark += 1;
        self.next_mark - 1
    }
}

/// Does to `files` what a branch did since `base`, as far as it still can be done.
fn merge(files: &mut Snapshot, base: &Snapshot, branch: &Snapshot) {
    for (path, file) in base.iter().filter(|(path, _)| !branch.contains_key(*path)) {
        if files.get(path) == Some(file) {
            files.remove(path);
        }
    }
    for (path, file) in branch.iter().filter(|(path, file)| base.get(*path) != Some(file)) {
        match files.get_mut(path) {
            Some(ours) => *ours = *file,
            None => {
                put(files, path.clone(), *file);
            }
        }
    }
}

/// A path as `git fast-import` reads any bytes.
fn quoted(path: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
    let escaped = path.iter().map(|b| match plain(b) {
        true => char::from(*b).to_string(),
        false => format!("\\{b:03o}"),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::compare::differences;
    use super::super::convert::Conversion;
    use super::super::dry_run::{op, replay};
    use super::super::oplog::KnownState;
    use super::super::repository::Repository;
    use super::*;
    use treecrdt::{MemoryStore, Op, reference};

    /// A folder that is gone afterwards.
    struct Scratch(std::path::PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let name = format!("git_demo-{}-{name}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn convert(repository: &Repository, known: KnownState, breaks: bool) -> Conversion {
        let mut conversion = Conversion::new(known);
        let mut history = repository.history(breaks).unwrap();
        while let Some(commit) = history.next_commit().unwrap() {
            conversion.commit(&commit).unwrap();
        }
        conversion
    }

    #[test]
    fn the_operations_of_an_awkward_history_give_its_files() {
        for seed in 1..=4 {
            let scratch = Scratch::new(&seed.to_string());
            make(&scratch.0, 250, seed).unwrap();
            let repository = Repository::open(&scratch.0).unwrap();
            let known = if seed % 2 == 0 { KnownState::Full } else { KnownState::Touched };
            let conversion = convert(&repository, known, seed > 2);
            assert!(conversion.log.len() > 1000, "{} ops", conversion.log.len());
            let visible = replay(&conversion).unwrap();
            let expected = repository.files().unwrap();
            let differences = differences(&visible, &conversion.file_ids(), &expected);
            assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
        }
    }

    #[test]
    fn delivered_author_by_author_it_comes_to_the_same() {
        let scratch = Scratch::new("late");
        make(&scratch.0, 300, 5).unwrap();
        let repository = Repository::open(&scratch.0).unwrap();
        let conversion = convert(&repository, KnownState::Full, true);
        let mut store = MemoryStore::default();
        for lamports in conversion.log.deliveries(20) {
            let ops: Vec<Op> = lamports.iter().map(|&lamport| op(&conversion, lamport)).collect();
            store.append(&ops);
        }
        let expected = reference::replay(store.log());
        assert!(store.state() == expected, "the tables are not those of the reference");
        assert_eq!(store.log().count(), conversion.log.len());
    }

    #[test]
    fn a_seed_gives_one_repository() {
        let heads = ["a", "b"].map(|name| {
            let scratch = Scratch::new(name);
            make(&scratch.0, 40, 9).unwrap();
            Repository::open(&scratch.0).unwrap().head().to_owned()
        });
        assert_eq!(heads[0], heads[1]);
    }

    #[test]
    fn a_folder_in_use_is_left_alone() {
        let scratch = Scratch::new("used");
        make(&scratch.0, 1, 1).unwrap();
        assert!(make(&scratch.0, 1, 1).is_err());
    }
}
