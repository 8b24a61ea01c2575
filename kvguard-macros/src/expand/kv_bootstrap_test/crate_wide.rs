//! The cases that a whole crate leaves out: `[[package.metadata.kvguard.skip]]` in its manifest.

use std::path::PathBuf;

use kvguard::source::Node;
use proc_macro2::Span;
use syn::{Error, Ident, LitStr};

use crate::args::{Skip, known_case};
use crate::runtime_path;
use crate::surroundings::Surroundings;

/// What the manifest leaves out, with errors at a place of the attribute; and the manifest, if it leaves anything out.
pub(super) fn skips(
    around: &Surroundings,
    place: Span,
) -> Result<(Vec<Skip>, Option<PathBuf>), Error> {
    let Some(directory) = around.path("CARGO_MANIFEST_DIR") else {
        return Ok((Vec::new(), None));
    };
    let manifest = runtime_path::manifest(&directory);
    let stated = manifest.as_ref().and_then(|manifest| {
        manifest
            .get("package")?
            .get("metadata")?
            .get("kvguard")?
            .get("skip")
    });
    let Some(stated) = stated else {
        return Ok((Vec::new(), None));
    };
    let wrong = |what: &str| {
        Error::new(
            place,
            format!("`[[package.metadata.kvguard.skip]]` of this package's manifest: {what}"),
        )
    };
    let Some(items) = stated.as_sequence() else {
        return Err(wrong("it is no list of tables"));
    };
    let mut skips = Vec::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Node::as_str);
        let case = text("case").ok_or_else(|| wrong("name the `case`"))?;
        known_case(case).map_err(|error| wrong(&error))?;
        let reason = text("reason").filter(|reason| !reason.trim().is_empty());
        let reason =
            reason.ok_or_else(|| wrong(&format!("say the `reason` why `{case}` is left out")))?;
        skips.push(Skip {
            case: Ident::new(case, place),
            reason: LitStr::new(reason, place),
            until: text("until").map(|until| LitStr::new(until, place)),
        });
    }
    Ok((skips, Some(directory.join(runtime_path::MANIFEST))))
}
