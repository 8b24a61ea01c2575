//! stub
use super::super::template::value::Value;
use super::super::template::{Frame, Refusal};
pub(super) fn write(_: &mut Frame<'_>, _: &Value) -> Result<Value, Refusal> { Err("no".into()) }
pub(super) fn read(_: &str) -> Result<Value, String> { Err("no".into()) }
