//! stub
use super::{Failure, Workloads};
use crate::inputs::Inputs;
use crate::registry::Spanned;
use std::collections::BTreeMap;
/// o
pub struct Options<'a> {
    /// f
    pub files: &'a [Spanned<String>],
    /// f
    pub interpolation_files: &'a [Spanned<String>],
    /// f
    pub variables: &'a BTreeMap<String, String>,
    /// f
    pub profiles: Option<&'a [String]>,
}
/// r
pub fn read(_: &mut Inputs, _o: &Options<'_>) -> (Workloads, Vec<Failure>) {
    (Workloads::default(), vec![])
}
