//! A slow network between a client and a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// A TCP proxy on a loopback port that passes on what it gets after a delay, in each direction, as a long line does: what comes
/// meanwhile does not wait longer. It can stall, and cut its connections. It is gone when it is dropped.
#[derive(Debug)]
pub struct DelayProxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    accepting: AbortHandle,
}

#[derive(Debug, Clone, Copy)]
struct State {
    delay: Duration,
    is_stalled: bool,
    /// Connections of an earlier generation are cut.
    generation: u64,
}

impl DelayProxy {
    /// A proxy for a server, with a delay in each direction.
    ///
    /// # Errors
    ///
    /// Those of listening on a loopback port.
    pub async fn start(server: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(watch::Sender::new(State {
            delay,
            is_stalled: false,
            generation: 0,
        }));
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, shared.subscribe()));
            }
        });
        Ok(Self {
            address,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delays what comes from now on by this time, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// Passes nothing on any more, and keeps the connections open: what comes waits.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.is_stalled = true);
    }

    /// Passes on what waited, and all else.
    pub fn resume(&self) {
        self.state.send_modify(|state| state.is_stalled = false);
    }

    /// Cuts all connections; new ones are taken.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn connect(client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    let generation = state.borrow().generation;
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Small packets must not wait for each other besides.
    let (Ok(()), Ok(())) = (client.set_nodelay(true), server.set_nodelay(true)) else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass(from_client, to_server, state.clone()) => {}
        () = pass(from_server, to_client, state.clone()) => {}
        _ = state.wait_for(|state| state.generation != generation) => {}
    }
}

/// Passes bytes on, each so long after it came.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: watch::Receiver<State>) {
    // More than this under way would be a longer line than any.
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(4096);
    let mut now = state.clone();
    let read = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now() + state.borrow().delay;
            let Some(bytes) = buffer.get(..length) else {
                return;
            };
            if sender.send((due, bytes.to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            sleep_until(due).await;
            if now.wait_for(|state| !state.is_stalled).await.is_err()
                || to.write_all(&bytes).await.is_err()
            {
                return;
            }
        }
    };
    // What was read before the end is still passed on.
    tokio::join!(read, write);
}
