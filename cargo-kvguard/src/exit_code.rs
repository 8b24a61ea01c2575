//! What the command's exit tells. These are stable.

/// Nothing was found at `deny`.
pub const CLEAN: u8 = 0;

/// Something was found at `deny`; content that does not parse is such a finding.
pub const FINDINGS: u8 = 1;

/// Something could not be checked: no policy, a bad one, a file that is missing or unreadable, nothing to
/// check, wrong arguments. Findings are printed all the same.
pub const COULD_NOT_CHECK: u8 = 2;
