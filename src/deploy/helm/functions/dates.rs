//! stub
use super::super::objects::Method;
use super::Function;
pub(super) const FUNCTIONS: &[Function] = &[];
#[derive(Debug, PartialEq)]
pub(crate) struct Moment;
impl Moment {
    pub(crate) fn method(_: &str) -> Option<Method> { None }
    pub(crate) fn printed(&self) -> String { String::new() }
    pub(crate) fn json(&self) -> String { String::new() }
}
