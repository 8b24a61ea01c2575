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
    came: Arc<watch::Sender<[u64; 2]>>,
    accepting: AbortHandle,
}

#[derive(Debug, Clone, Copy)]
struct State {
    delay: Duration,
    /// By direction.
    is_stalled: [bool; 2],
    /// Connections of an earlier generation are cut.
    generation: u64,
}

// The directions.
const TO_SERVER: usize = 0;
const TO_CLIENT: usize = 1;

impl DelayProxy {
    /// A proxy for a server, with a delay in each direction.
    ///
    /// # Errors
    ///
    /// Those of listening on a loopback port.
    pub async fn start(server: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        Self::at(TcpListener::bind(("127.0.0.1", 0)).await?, server, delay)
    }

    /// The same without waiting, on the tokio runtime that it is called on.
    pub(super) fn start_now(server: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        Self::at(TcpListener::from_std(listener)?, server, delay)
    }

    fn at(listener: TcpListener, server: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(watch::Sender::new(State {
            delay,
            is_stalled: [false; 2],
            generation: 0,
        }));
        let came = Arc::new(watch::Sender::new([0; 2]));
        let shared = (Arc::clone(&state), Arc::clone(&came));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, came) = &shared;
                tokio::spawn(connect(client, server, state.subscribe(), Arc::clone(came)));
            }
        });
        Ok(Self {
            address,
            state,
            came,
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
        self.state.send_modify(|state| state.is_stalled = [true; 2]);
    }

    /// The same, of what comes from the server.
    pub fn stall_answers(&self) {
        self.state
            .send_modify(|state| state.is_stalled[TO_CLIENT] = true);
    }

    /// Passes on what waited, and all else.
    pub fn resume(&self) {
        self.state
            .send_modify(|state| state.is_stalled = [false; 2]);
    }

    /// What came so far, to wait for more with [`more_requests`](Self::more_requests) or [`more_answers`](Self::more_answers).
    pub fn seen(&self) -> Seen {
        Seen(*self.came.borrow())
    }

    /// Waits until something came from a client since then, whether or not it is passed on.
    pub async fn more_requests(&self, since: Seen) {
        self.more(TO_SERVER, since).await;
    }

    /// Waits until something came from the server since then, whether or not it is passed on.
    pub async fn more_answers(&self, since: Seen) {
        self.more(TO_CLIENT, since).await;
    }

    async fn more(&self, direction: usize, since: Seen) {
        let mut came = self.came.subscribe();
        // The sender lives as long as `self`.
        let _ = came
            .wait_for(|came| came[direction] > since.0[direction])
            .await;
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

/// What a [`DelayProxy`] got until some time.
#[derive(Debug, Clone, Copy)]
pub struct Seen([u64; 2]);

type Came = Arc<watch::Sender<[u64; 2]>>;

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    mut state: watch::Receiver<State>,
    came: Came,
) {
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
    let line = |direction| Line {
        direction,
        generation,
        state: state.clone(),
        came: Arc::clone(&came),
    };
    let (requests, answers) = (line(TO_SERVER), line(TO_CLIENT));
    tokio::select! {
        () = requests.pass(from_client, to_server) => {}
        () = answers.pass(from_server, to_client) => {}
        _ = state.wait_for(|state| state.generation != generation) => {}
    }
}

/// One direction of one connection.
struct Line {
    direction: usize,
    generation: u64,
    state: watch::Receiver<State>,
    came: Came,
}

impl Line {
    /// Passes bytes on, each so long after it came.
    async fn pass(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let Self {
            direction,
            generation,
            state,
            came,
        } = self;
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
                came.send_modify(|came| came[direction] += 1);
                if sender.send((due, bytes.to_vec())).await.is_err() {
                    return;
                }
            }
        };
        let write = async move {
            while let Some((due, bytes)) = receiver.recv().await {
                sleep_until(due).await;
                match now.wait_for(|state| !state.is_stalled[direction]).await {
                    Ok(state) if state.generation == generation => {}
                    _ => return,
                }
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        // What was read before the end is still passed on.
        tokio::join!(read, write);
    }
}
