//! Drawing a tree: what it costs is in proportion to what is printed.

use pgrx::Uuid;

use super::nodes::Visible;
use crate::error::Error;
use crate::memory;

/// So many levels are drawn as rails. Of deeper nodes the outer rails are cut, which a mark and the
/// depth tell: with all of them, a chain would take the square of its length.
const RAILS: usize = 32;
/// So many characters of a label are shown; what is cut is marked.
const LABEL: usize = 200;
/// A text may have less than 1 GB.
const MOST: usize = 1_000_000_000;

/// The drawing of nodes in document order below a root with this label.
///
/// # Errors
/// [`Error::TooLarge`] if it does not fit a value.
pub fn draw(root: String, visible: &[Visible]) -> Result<String, Error> {
    let mut drawing = root;
    let follows = follows(visible);
    let mut rails: Vec<bool> = Vec::new();
    for (node, follows) in visible.iter().zip(follows) {
        memory::check();
        rails.truncate(node.depth as usize - 1);
        drawing.push('\n');
        let cut = rails.len().saturating_sub(RAILS);
        if cut > 0 {
            drawing.push_str(&format!("…{} ", node.depth));
        }
        for &rail in &rails[cut..] {
            drawing.push_str(if rail { "│  " } else { "   " });
        }
        drawing.push_str(if follows { "├─ " } else { "└─ " });
        drawing.push_str(&label(node.payload.as_deref(), node.node));
        rails.push(follows);
        if drawing.len() > MOST {
            return Err(Error::TooLarge { what: "the drawing" });
        }
    }
    Ok(drawing)
}

/// Whether a later sibling follows, read from the end: at each depth, the last seen so far.
fn follows(visible: &[Visible]) -> Vec<bool> {
    let mut follows = vec![false; visible.len()];
    let mut open: Vec<bool> = Vec::new();
    for (at, node) in visible.iter().enumerate().rev() {
        let depth = node.depth as usize;
        follows[at] = open.len() >= depth && open[depth - 1];
        open.resize(depth, false);
        open[depth - 1] = true;
    }
    follows
}

/// A payload that is UTF-8, on one line; else the uuid.
pub fn label(payload: Option<&[u8]>, node: Uuid) -> String {
    match payload.map(std::str::from_utf8) {
        Some(Ok(text)) if !text.is_empty() => {
            let (shown, mark) = match text.char_indices().nth(LABEL) {
                Some((at, _)) => (&text[..at], "…"),
                None => (text, ""),
            };
            let mut label = String::with_capacity(shown.len());
            for c in shown.chars() {
                if c.is_control() { label.extend(c.escape_default()) } else { label.push(c) }
            }
            label + mark
        }
        _ => node.to_string(),
    }
}
