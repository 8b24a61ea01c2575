//! `--from-compose` on a real container engine, and `--from-kubectl` with a program in the place of `kubectl` that answers as it does.

mod cluster;
mod engine;
mod fleet;
mod project;
mod signals;
