//! Anchors, and the bounds on what their aliases expand to.

use std::collections::HashMap;

use crate::source::{MAX_ALIAS_NODES, MAX_FILE_BYTES, Node};

/// How much memory a node and what is below it take, and how deep it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) bytes: u64,
    pub(super) levels: usize,
}

impl Size {
    /// Counts a node below this one in.
    pub(super) fn add(&mut self, below: Size) {
        self.nodes = self.nodes.saturating_add(below.nodes);
        self.bytes = self.bytes.saturating_add(below.bytes);
        self.levels = self.levels.max(below.levels);
    }
}

/// What an anchor stands for.
#[derive(Debug)]
pub(super) enum Anchored {
    /// This node.
    Node(Box<Node>, Size),
    /// More than the bounds let be copied.
    TooLarge,
}

/// The anchors of a file, whose numbers are unique in it.
#[derive(Debug)]
pub(super) struct Anchors {
    known: HashMap<usize, Anchored>,
    nodes_left: usize,
    bytes_left: u64,
    /// Whether the bounds are passed, so that one problem is noted and not one for each alias.
    pub(super) exhausted: bool,
}

impl Default for Anchors {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            nodes_left: MAX_ALIAS_NODES,
            bytes_left: MAX_FILE_BYTES,
            exhausted: false,
        }
    }
}

impl Anchors {
    /// What an anchor stands for, if it is complete.
    pub(super) fn get(&self, number: usize) -> Option<&Anchored> {
        self.known.get(&number)
    }

    /// Keeps a copy of an anchor's node. The copy counts as an expansion: anchors can be nested.
    pub(super) fn keep(&mut self, number: usize, node: &Node, size: Size) {
        let anchored = if self.spend(size) {
            Anchored::Node(Box::new(node.clone()), size)
        } else {
            Anchored::TooLarge
        };
        self.known.insert(number, anchored);
    }

    /// Forgets the anchors of a document: its aliases cannot be used in another.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Whether a copy of this size is within the bounds; if so, it counts.
    pub(super) fn spend(&mut self, size: Size) -> bool {
        let nodes = self.nodes_left.checked_sub(size.nodes);
        let bytes = self.bytes_left.checked_sub(size.bytes);
        match (nodes, bytes) {
            (Some(nodes), Some(bytes)) => {
                self.nodes_left = nodes;
                self.bytes_left = bytes;
                true
            }
            _ => false,
        }
    }
}
