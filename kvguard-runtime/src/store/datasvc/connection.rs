//! One connection: its bytes, and why the server ended it.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::connect::Known;

/// How many bytes were sent on one connection. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct SentBytes(Arc<AtomicU64>);

impl SentBytes {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn add(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.0.fetch_add(bytes, Ordering::SeqCst);
    }
}

/// A connection that takes note of why the server ended it, and sends nothing once the server has ended it.
pub(super) struct Connection {
    tls: TlsStream<TcpStream>,
    known: Arc<Known>,
    sent: SentBytes,
}

impl Connection {
    pub(super) fn new(tls: TlsStream<TcpStream>, known: Arc<Known>) -> Self {
        Self {
            tls,
            known,
            sent: SentBytes::default(),
        }
    }

    /// How many bytes were sent on it so far, which can still be asked when the connection is gone.
    pub(super) fn sent(&self) -> SentBytes {
        self.sent.clone()
    }

    /// Writes, unless the server has already ended the connection.
    fn write(
        &mut self,
        write: impl FnOnce(Pin<&mut TlsStream<TcpStream>>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = match self.check_peer() {
            Ok(()) => write(Pin::new(&mut self.tls)),
            Err(error) => Poll::Ready(Err(error)),
        };
        if let Poll::Ready(Ok(bytes)) = &written {
            self.sent.add(*bytes);
        }
        self.note_write(&written);
        written
    }

    fn check_peer(&self) -> io::Result<()> {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(self.tls.get_ref().0).peek(&mut byte) {
            Ok(0) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    /// Where a write fails, what the server said last may wait to be read.
    fn note_write<T>(&mut self, written: &Poll<io::Result<T>>) {
        if let Poll::Ready(Err(_)) = written {
            let (tcp, tls) = self.tls.get_mut();
            let read = tls.read_tls(&mut &*SockRef::from(&*tcp));
            if read.is_ok()
                && let Err(error) = tls.process_new_packets()
            {
                self.known.note(&Err::<(), _>(io::Error::other(error)));
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tls).poll_read(context, buffer);
        if let Poll::Ready(read) = &read {
            self.known.note(read);
            if buffer.filled().len() > before {
                self.known.taken();
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(|tls| tls.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.tls).poll_flush(context);
        self.note_write(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(|tls| tls.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }
}
