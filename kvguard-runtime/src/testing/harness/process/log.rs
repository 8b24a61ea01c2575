//! What a process writes to its standard output and its standard error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

/// How many bytes of the beginning of a log are kept, and how many of its end at least.
const KEPT_BYTES: usize = 512 << 10;

/// A line that is longer is taken in pieces.
const MAX_LINE_BYTES: usize = 64 << 10;

/// One of the two outputs of a process.
#[derive(Debug, Clone, Copy)]
pub(super) enum Output {
    Standard,
    Error,
}

/// What a process has written so far.
#[derive(Clone)]
pub(in crate::testing::harness) struct Log {
    written: Arc<Mutex<Written>>,
    grown: Arc<watch::Sender<()>>,
}

/// Lines of both outputs in the order in which they became whole, so that no line of one is in the middle of another.
#[derive(Default)]
struct Written {
    first: Vec<u8>,
    last: Vec<u8>,
    left_out: usize,
    /// What each output has begun and not ended with a line break.
    begun: [Vec<u8>; 2],
}

impl Written {
    fn add(&mut self, output: Output, bytes: &[u8]) {
        let begun = &mut self.begun[output as usize];
        begun.extend_from_slice(bytes);
        let end = begun.iter().rposition(|byte| *byte == b'\n');
        if let Some(end) = end {
            let rest = begun.split_off(end + 1);
            let lines = std::mem::replace(begun, rest);
            self.keep(&lines);
        }
        if self.begun[output as usize].len() > MAX_LINE_BYTES {
            self.end(output);
        }
    }

    /// Makes a line of what an output has begun.
    fn end(&mut self, output: Output) {
        let mut line = std::mem::take(&mut self.begun[output as usize]);
        if !line.is_empty() {
            line.push(b'\n');
            self.keep(&line);
        }
    }

    fn keep(&mut self, lines: &[u8]) {
        if self.last.is_empty() && self.first.len() + lines.len() <= KEPT_BYTES {
            self.first.extend_from_slice(lines);
            return;
        }
        self.last.extend_from_slice(lines);
        if self.last.len() > 2 * KEPT_BYTES {
            let surplus = self.last.len() - KEPT_BYTES;
            let after = self.last[surplus..].iter().position(|byte| *byte == b'\n');
            let surplus = after.map_or(surplus, |end| surplus + end + 1);
            self.last.drain(..surplus);
            self.left_out += surplus;
        }
    }

    fn whole(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.first).into_owned();
        if self.left_out > 0 {
            text.push_str(&format!("… {} bytes are left out\n", self.left_out));
        }
        text.push_str(&String::from_utf8_lossy(&self.last));
        text
    }
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            written: Arc::default(),
            grown: Arc::new(watch::Sender::new(())),
        }
    }

    /// All of it, with what is no whole line yet at the end.
    pub(in crate::testing::harness) fn text(&self) -> String {
        let written = self.written();
        let mut text = written.whole();
        for begun in written.begun.iter().filter(|begun| !begun.is_empty()) {
            text.push_str(&String::from_utf8_lossy(begun));
            text.push('\n');
        }
        text
    }

    /// Its whole lines.
    pub(in crate::testing::harness) fn lines(&self) -> String {
        self.written().whole()
    }

    /// Reports each change.
    pub(in crate::testing::harness) fn subscribe(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// Reads an output until its end.
    pub(super) async fn read(self, output: Output, mut from: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 8192];
        while let Ok(count) = from.read(&mut buffer).await {
            if count == 0 {
                break;
            }
            self.written().add(output, &buffer[..count]);
            self.grown.send_replace(());
        }
        self.written().end(output);
        self.grown.send_replace(());
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES, MAX_LINE_BYTES, Output, Written};

    #[test]
    fn a_line_of_one_output_is_not_broken_by_the_other() {
        let mut written = Written::default();
        written.add(Output::Error, b"WARN the store ");
        written.add(Output::Standard, b"listening\nready");
        assert_eq!(written.whole(), "listening\n");
        written.add(Output::Error, b"is gone\n");
        written.end(Output::Standard);
        written.end(Output::Error);
        assert_eq!(
            written.whole(),
            "listening\nWARN the store is gone\nready\n"
        );
    }

    #[test]
    fn a_long_log_keeps_its_beginning_and_its_end_in_whole_lines() {
        let mut written = Written::default();
        written.add(Output::Standard, b"listening\n");
        for line in 0..400_000 {
            written.add(Output::Standard, format!("line {line}\n").as_bytes());
        }
        written.add(Output::Error, b"WARN the store is gone\n");
        let text = written.whole();
        assert!(text.starts_with("listening\nline 0\n"));
        assert!(text.ends_with("line 399999\nWARN the store is gone\n"));
        assert!(text.len() < 4 * KEPT_BYTES, "{}", text.len());
        let (_, rest) = text.split_once("bytes are left out\n").unwrap();
        assert!(rest.starts_with("line "), "{}", &rest[..20]);
    }

    #[test]
    fn a_line_without_an_end_is_bounded() {
        let mut written = Written::default();
        for _ in 0..100 {
            written.add(Output::Error, &[b'x'; 8192]);
        }
        assert!(written.begun[1].len() <= MAX_LINE_BYTES + 8192);
    }
}
