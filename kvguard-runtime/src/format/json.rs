//! JSON.

use serde_json::error::Category;

use super::strict::Strict;
use super::{FormatFault, Mapping, Position, Tree};

pub(super) fn read(bytes: &[u8]) -> Result<Tree, FormatFault> {
    match serde_json::from_slice::<Strict>(bytes) {
        Ok(Strict(tree)) => Ok(tree),
        Err(error) => {
            let position = (error.line() > 0).then(|| Position {
                line: error.line(),
                column: error.column(),
            });
            Err(match error.classify() {
                // All else that JSON can say is in a tree.
                Category::Data => FormatFault::DuplicateKey(position),
                Category::Io | Category::Syntax | Category::Eof => FormatFault::Syntax(position),
            })
        }
    }
}

pub(super) fn write(mapping: &Mapping) -> Result<Vec<u8>, FormatFault> {
    let mut bytes = serde_json::to_vec_pretty(mapping).map_err(|_| FormatFault::Unwritable)?;
    bytes.push(b'\n');
    Ok(bytes)
}
