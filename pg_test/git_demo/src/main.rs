//! The history of a git repository as a replicated tree: every author a replica, every file and
//! directory a node, delivered to a server author by author and held against `git ls-tree`.

use std::process::ExitCode;
use std::time::Instant;

use git_demo::args::{self, Replay, Task, USAGE};
use git_demo::compare::{self, VisibleNode};
use git_demo::convert::Conversion;
use git_demo::deliver::Server;
use git_demo::progress::Progress;
use git_demo::repository::Repository;
use git_demo::{Failure, Result, dry_run, fixture};
use treecrdt::OpKind;

const DRAWN_LINES: usize = 20;
const SHOWN_DIFFERENCES: usize = 10;

fn main() -> ExitCode {
    // A path that is not UTF-8 becomes one that is not found.
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let task = match args::parse(args) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("git_demo: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match task {
        Task::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Task::MakeFixture { dir, commits, seed } => fixture::make(&dir, commits, seed)
            .map(|()| println!("{}: {commits} commits on main", dir.display())),
        Task::Replay(replay) => run(&replay),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("git_demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(replay: &Replay) -> Result<()> {
    let repository = Repository::open(&replay.path)?;
    let expected = repository.files()?;
    let doc = replay.doc.clone().unwrap_or_else(|| repository.name());
    // Before the history is read, which may take a while: a wrong address should show at once.
    let server = if replay.dry_run { None } else { Some(Server::connect(&doc)?) };
    let conversion = convert(&repository, replay)?;
    let log = &conversion.log;
    println!("repository      {} at {}", repository.name(), repository.head());
    println!("commits         {}", conversion.commits);
    println!("authors         {}", log.authors().len());
    let kinds =
        OpKind::ALL.map(|kind| (kind, log.ops().iter().filter(|o| o.kind() == kind).count()));
    let kinds = kinds.iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<String> = kinds.map(|(kind, count)| format!("{count} {kind}")).collect();
    println!("ops             {}: {}", log.len(), kinds.join(", "));
    let Some(mut server) = server else {
        return report(&dry_run::replay(&conversion)?, &conversion, &expected);
    };
    server.create_forest()?;
    let started = Instant::now();
    server.deliver(&conversion, replay.batch)?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = server.counts()?;
    println!("late ops        {}", counts.late);
    println!("re-evaluated    {}", counts.reevaluated);
    println!("delivered in    {seconds:.1} s, {:.0} ops/s", log.len() as f64 / seconds);
    if counts.ops != log.len() as i64 {
        return Err(Failure(format!(
            "the forest counts {} ops where {} were delivered",
            counts.ops,
            log.len()
        )));
    }
    let visible = server.visible()?;
    report(&visible, &conversion, &expected)?;
    match server.verify()? {
        (0, _) => println!("treecrdt.verify finds nothing to complain of"),
        (count, first) => {
            let first = first.join("\n  ");
            return Err(Failure(format!("treecrdt.verify gives {count} rows:\n  {first}")));
        }
    }
    Ok(())
}

fn convert(repository: &Repository, replay: &Replay) -> Result<Conversion> {
    let mut conversion = Conversion::new(replay.known_state);
    let total = repository.commit_count()?;
    let mut history = repository.history(replay.breaks)?;
    let mut progress = Progress::new();
    while let Some(commit) = history.next_commit()? {
        conversion.commit(&commit)?;
        if progress.is_due() {
            let (commits, ops) = (conversion.commits, conversion.log.len());
            progress.say(&format!("{commits} of {total} commits read, {ops} ops"));
        }
    }
    progress.clear();
    Ok(conversion)
}

fn report(visible: &[VisibleNode], conversion: &Conversion, expected: &[Vec<u8>]) -> Result<()> {
    let files = conversion.file_ids();
    let differences = compare::differences(visible, &files, expected);
    if !differences.is_empty() {
        let count = differences.len();
        let first =
            differences.into_iter().take(SHOWN_DIFFERENCES).collect::<Vec<_>>().join("\n  ");
        return Err(Failure(format!("the tree is not git's, {count} differences:\n  {first}")));
    }
    print!("\n{}\n", compare::draw(visible, &files, DRAWN_LINES));
    println!("the visible tree is that of git ls-tree: {} files", expected.len());
    Ok(())
}
