//! Edits of a tree of files such as repositories see over the years, the awkward ones above all:
//! swaps, rings, directories that become files, names of any bytes.
//!
//! A snapshot is always one git can hold: no file is where another's directory is.

use std::collections::BTreeMap;

/// A file: its mode and the number of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// As git writes it.
    pub mode: &'static str,
    /// See [`Edits::contents`].
    pub content: usize,
}

/// The files by path.
pub type Snapshot = BTreeMap<Vec<u8>, File>;

/// splitmix64: the same numbers everywhere.
pub struct Random(pub u64);

impl Random {
    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    /// True so many times out of a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Makes edits, and keeps what they need beside the files.
pub struct Edits {
    /// Where chance comes from.
    pub random: Random,
    /// All contents there ever were.
    pub contents: Vec<Vec<u8>>,
    gone: Vec<Vec<u8>>,
}

const WORDS: [&str; 24] = [
    "core", "util", "server", "client", "docs", "test", "model", "view", "parser", "index",
    "cache", "net", "io", "api", "build", "data", "main", "lib", "types", "error", "page", "list",
    "tree", "queue",
];
const ODD: [&[u8]; 14] = [
    b"with space",
    b"new\nline",
    b"tab\there",
    b"quo\"te'",
    b"back\\slash",
    b"\xff\xfe raw",
    b"\n",
    b"-dash",
    b"%s$1",
    b":100644 a",
    b"commit 1",
    b"*?[glob]",
    b"\x01\x7f",
    "sn\u{f6}w \u{96ea} \u{1f333}".as_bytes(),
];

impl Edits {
    /// The beginning.
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), contents: Vec::new(), gone: Vec::new() }
    }

    /// Edits once, somehow.
    pub fn edit(&mut self, files: &mut Snapshot) {
        let chance = match files.len() {
            ..=30 => self.random.below(28),
            1200.. => 60 + self.random.below(40),
            _ => self.random.below(100),
        };
        match chance {
            ..22 => self.add(files, false),
            22..28 => self.add(files, true),
            28..36 => self.modify(files),
            36..46 => self.rename(files),
            46..54 => self.move_file(files),
            54..59 => self.move_dir(files),
            59 => self.move_dir_into_itself(files),
            60..70 => self.delete_file(files),
            70..72 => self.delete_dir(files),
            72..77 => self.bring_back(files),
            77..80 => self.file_becomes_dir(files),
            80..83 => self.dir_becomes_file(files),
            83..87 => self.rotate_files(files),
            87..89 => self.swap_dirs(files),
            89..91 => self.merge_dirs(files),
            91..95 => self.change_type(files),
            95..98 => self.copy(files),
            _ => self.empty_dir(files),
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let mut name = match self.random.below(100) {
            ..8 => self.random.pick(&ODD).to_vec(),
            8 => b"long-".repeat(40 + self.random.below(10)),
            _ => self.random.pick(&WORDS).as_bytes().to_vec(),
        };
        if self.random.percent(60) {
            name.extend(self.random.below(50).to_string().bytes());
        }
        name
    }

    fn content(&mut self) -> usize {
        let lines = 12 + self.random.below(30);
        let text: Vec<String> = (0..lines)
            .map(|_| format!("{:016x} some text", self.random.below(usize::MAX)))
            .collect();
        self.contents.push(text.join("\n").into_bytes());
        self.contents.len() - 1
    }

    fn file(&mut self, files: &Snapshot) -> Option<Vec<u8>> {
        if files.is_empty() {
            return None;
        }
        files.keys().nth(self.random.below(files.len())).cloned()
    }

    /// A directory that exists; the deeper, the more files it has.
    fn dir(&mut self, files: &Snapshot) -> Option<Vec<u8>> {
        let file = self.file(files)?;
        let slashes: Vec<usize> = (0..file.len()).filter(|&at| file[at] == b'/').collect();
        (!slashes.is_empty()).then(|| file[..*self.random.pick(&slashes)].to_vec())
    }

    fn add(&mut self, files: &mut Snapshot, new_dir: bool) {
        let mut path = self.dir(files).unwrap_or_default();
        if self.random.percent(15) {
            path.clear();
        }
        for _ in 0..if new_dir { 1 + self.random.below(3) } else { 0 } {
            path = join(&path, &self.name());
        }
        for _ in 0..1 + self.random.below(if new_dir { 6 } else { 2 }) {
            let path = join(&path, &self.name());
            let mode = if self.random.percent(5) { "100755" } else { "100644" };
            let file = File { mode, content: self.content() };
            put(files, path, file);
        }
    }

    fn modify(&mut self, files: &mut Snapshot) {
        let Some(path) = self.file(files) else { return };
        let file = files[&path];
        let content = self.touch_up(file);
        files.insert(path, File { content, ..file });
    }

    fn touch_up(&mut self, file: File) -> usize {
        if !file.mode.starts_with("100") {
            return file.content;
        }
        let mut text = self.contents[file.content].clone();
        text.extend(format!("\nchanged {}", self.random.below(1000)).bytes());
        self.contents.push(text);
        self.contents.len() - 1
    }

    fn relocate(&mut self, files: &mut Snapshot, from: &[u8], to: Vec<u8>) {
        let Some(mut file) = files.remove(from) else { return };
        if self.random.percent(20) {
            file.content = self.touch_up(file);
        }
        if !put(files, to, file) {
            files.insert(from.to_vec(), file);
        }
    }

    fn rename(&mut self, files: &mut Snapshot) {
        let Some(from) = self.file(files) else { return };
        let to = join(parent(&from), &self.name());
        self.relocate(files, &from, to);
    }

    fn move_file(&mut self, files: &mut Snapshot) {
        let (Some(from), Some(dir)) = (self.file(files), self.dir(files)) else { return };
        let to = join(&dir, base(&from));
        self.relocate(files, &from, to);
    }

    fn move_dir(&mut self, files: &mut Snapshot) {
        let (Some(from), Some(into)) = (self.dir(files), self.dir(files)) else { return };
        let target = if self.random.percent(50) { parent(&from).to_vec() } else { into };
        let to = join(&target, &self.name());
        if !below(&to, &from) && is_free(files, &to) {
            self.move_all(files, &from, &to);
        }
    }

    fn move_dir_into_itself(&mut self, files: &mut Snapshot) {
        let Some(from) = self.dir(files) else { return };
        let to = join(&from, &self.name());
        if is_free(files, &to) {
            self.move_all(files, &from, &to);
        }
    }

    fn merge_dirs(&mut self, files: &mut Snapshot) {
        let (Some(from), Some(to)) = (self.dir(files), self.dir(files)) else { return };
        if !below(&to, &from) && !below(&from, &to) {
            self.move_all(files, &from, &to);
        }
    }

    fn move_all(&mut self, files: &mut Snapshot, from: &[u8], to: &[u8]) {
        for (path, file) in take(files, from) {
            let target = join(to, &path[from.len() + 1..]);
            if !put(files, target, file) {
                put(files, path, file);
            }
        }
    }

    fn swap_dirs(&mut self, files: &mut Snapshot) {
        let (Some(a), Some(b)) = (self.dir(files), self.dir(files)) else { return };
        if below(&a, &b) || below(&b, &a) {
            return;
        }
        let (of_a, of_b) = (take(files, &a), take(files, &b));
        for (path, file) in of_a {
            put(files, join(&b, &path[a.len() + 1..]), file);
        }
        for (path, file) in of_b {
            put(files, join(&a, &path[b.len() + 1..]), file);
        }
    }

    /// Two or three files trade places.
    fn rotate_files(&mut self, files: &mut Snapshot) {
        let mut paths: Vec<Vec<u8>> = Vec::new();
        for _ in 0..2 + self.random.below(2) {
            paths.extend(self.file(files).filter(|path| !paths.contains(path)));
        }
        let moved: Vec<File> = paths.iter().map(|path| files[path]).collect();
        for (at, path) in paths.iter().enumerate() {
            files.insert(path.clone(), moved[(at + 1) % moved.len()]);
        }
    }

    fn delete_file(&mut self, files: &mut Snapshot) {
        let Some(path) = self.file(files) else { return };
        files.remove(&path);
        self.gone.push(path);
    }

    fn delete_dir(&mut self, files: &mut Snapshot) {
        let Some(dir) = self.dir(files) else { return };
        self.gone.extend(take(files, &dir).into_iter().map(|(path, _)| path));
    }

    /// All files of a directory go, some to elsewhere.
    fn empty_dir(&mut self, files: &mut Snapshot) {
        let (Some(dir), Some(other)) = (self.dir(files), self.dir(files)) else { return };
        for (path, file) in take(files, &dir) {
            if !below(&other, &dir) && self.random.percent(60) {
                put(files, join(&other, base(&path)), file);
            }
        }
    }

    fn bring_back(&mut self, files: &mut Snapshot) {
        if !self.gone.is_empty() {
            let at = self.random.below(self.gone.len());
            let path = self.gone.swap_remove(at);
            let file = File { mode: "100644", content: self.content() };
            put(files, path, file);
        }
    }

    fn file_becomes_dir(&mut self, files: &mut Snapshot) {
        let Some(path) = self.file(files) else { return };
        let Some(file) = files.remove(&path) else { return };
        let inside = join(&path, &self.name());
        if self.random.percent(50) {
            put(files, inside, file);
        } else {
            let content = self.content();
            put(files, inside, File { mode: "100644", content });
            let elsewhere = join(parent(&path), &self.name());
            put(files, elsewhere, file);
        }
    }

    fn dir_becomes_file(&mut self, files: &mut Snapshot) {
        let Some(dir) = self.dir(files) else { return };
        let inside = take(files, &dir);
        let content = self.content();
        let file = match self.random.percent(50) {
            true => inside[0].1,
            false => File { mode: "100644", content },
        };
        put(files, dir, file);
    }

    fn change_type(&mut self, files: &mut Snapshot) {
        let Some(path) = self.file(files) else { return };
        let content = self.content();
        let mode = *self.random.pick(&["100644", "100755", "120000", "160000"]);
        files.insert(path, File { mode, content });
    }

    fn copy(&mut self, files: &mut Snapshot) {
        let Some(path) = self.file(files) else { return };
        let to = join(parent(&path), &self.name());
        let file = files[&path];
        put(files, to, file);
    }
}

/// Whether a file can be put there.
pub fn is_free(files: &Snapshot, path: &[u8]) -> bool {
    let slashes = (0..path.len()).filter(|&at| path[at] == b'/');
    !files.contains_key(path)
        && slashes.into_iter().all(|at| !files.contains_key(&path[..at]))
        && inside(files, path).next().is_none()
}

/// Puts a file there if it can be.
pub fn put(files: &mut Snapshot, path: Vec<u8>, file: File) -> bool {
    let free = is_free(files, &path);
    if free {
        files.insert(path, file);
    }
    free
}

fn inside<'a>(files: &'a Snapshot, dir: &[u8]) -> impl Iterator<Item = &'a Vec<u8>> {
    let from = [dir, b"/"].concat();
    files.range(from.clone()..).map(|(path, _)| path).take_while(move |p| p.starts_with(&from))
}

fn take(files: &mut Snapshot, dir: &[u8]) -> Vec<(Vec<u8>, File)> {
    let paths: Vec<Vec<u8>> = inside(files, dir).cloned().collect();
    paths.into_iter().filter_map(|path| files.remove_entry(&path)).collect()
}

fn below(path: &[u8], dir: &[u8]) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, name].join(&b'/') }
}

fn parent(path: &[u8]) -> &[u8] {
    super::tree::split(path).0
}

fn base(path: &[u8]) -> &[u8] {
    super::tree::split(path).1
}
