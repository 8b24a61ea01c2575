pub fn overlay(_seed: u64, _root: &std::path::Path) {}
