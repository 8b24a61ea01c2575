pub use shipped::ANSWER;
