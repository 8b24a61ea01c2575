pub const ANSWER: u8 = 42;
