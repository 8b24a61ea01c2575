//! What the commands about a running fleet have in common.
//!
//! The data flows one way: [`arguments`] say which deployment and which store; [`target`] reads the files and says which keys there should
//! be; [`place`] says where the store is and as whom it is called, or [`discovery`] finds both in what runs; a command looks and notes what it sees in [`session::Session`];
//! [`run`] has the rules judge it, and prints the report.

pub mod arguments;
pub mod discovery;
pub mod failure;
pub mod look;
pub mod place;
pub mod present;
pub mod program;
pub mod progress;
pub mod question;
mod read;
pub mod run;
pub mod running;
pub mod session;
pub mod stop;
pub mod stores;
pub mod target;
