//! Three servers that are one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::builder::{Member, Setup};
use super::{NatsOptions, NatsServer, NatsServerError, PASSWORD};
use crate::testing::DelayProxy;

/// How often they are started anew.
const TRIES: usize = 8;

/// How long they may take to become one; most do in a second.
const FORMING: Duration = Duration::from_secs(5);

/// Three [`NatsServer`]s on loopback that are one cluster: a bucket with [three replicas](crate::NewBucket::replicas) outlives
/// the loss of one.
///
/// ```no_run
/// use kvguard_runtime::NewBucket;
/// use kvguard_runtime::testing::NatsCluster;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut cluster = NatsCluster::start()?;
/// let bucket = NewBucket::new().replicas(3);
/// let store = cluster.admin("config").create_bucket(bucket).connect().await?;
/// let leader = cluster.leader("config").await?;
/// if let Some(server) = cluster.server(&leader) {
///     server.kill();
///     // Here another server takes over.
///     server.restart()?;
/// }
/// cluster.leader("config").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct NatsCluster {
    setup: Setup,
    servers: Vec<NatsServer>,
    /// Before the port that each server's routes come to, where they can be slowed down.
    proxies: Vec<DelayProxy>,
}

impl NatsCluster {
    /// A cluster without users, to which everybody may do everything.
    ///
    /// # Errors
    ///
    /// See [`NatsServerError`].
    pub fn start() -> Result<Self, NatsServerError> {
        NatsServer::builder().start_cluster()
    }

    pub(super) fn start_with(setup: &Setup) -> Result<Self, NatsServerError> {
        let mut tries = 1;
        loop {
            match Self::try_start(setup) {
                // Each server has to know the others' ports before they listen, so that another process may take one. And
                // sometimes two choose a leader that never takes in the third.
                Err(error) if error.may_pass() && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    fn try_start(setup: &Setup) -> Result<Self, NatsServerError> {
        let ports = free_ports().map_err(NatsServerError::not_started)?;
        let direct = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let proxies = if setup.has_slow_routes {
            let proxies = direct.map(|server| DelayProxy::start_now(server, Duration::ZERO));
            let proxies: Result<Vec<_>, _> = proxies.into_iter().collect();
            proxies.map_err(NatsServerError::not_started)?
        } else {
            Vec::new()
        };
        let reached = |index: usize| proxies.get(index).map(DelayProxy::address);
        let routes_from = |own: usize| -> Vec<String> {
            let all = direct.iter().enumerate();
            all.filter(|(index, _)| *index != own)
                .map(|(index, direct)| format!("nats://{}", reached(index).unwrap_or(*direct)))
                .collect()
        };
        // Another cluster, one of whose servers listens at such a port by now, is another one by its name.
        let name: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let name = format!("kvguard-{}-{}", std::process::id(), name.join("-"));
        let servers = ports.iter().enumerate().map(|(index, port)| {
            let mut setup = setup.clone();
            setup.member = Some(Member {
                cluster: name.clone(),
                name: format!("node-{index}"),
                port: *port,
                advertised: reached(index),
                routes: routes_from(index),
            });
            NatsServer::start_with(setup)
        });
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        let until = Instant::now() + FORMING;
        while !servers.iter().any(leads_all) {
            if Instant::now() > until {
                return Err(NatsServerError::no_cluster());
            }
            // They tell nobody when they are one.
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self {
            setup: setup.clone(),
            servers,
            proxies,
        })
    }

    /// The addresses of its servers for clients.
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(NatsServer::url).collect()
    }

    /// Where its servers listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(NatsServer::address).collect()
    }

    /// How to reach a bucket as one who may do everything.
    pub fn admin(&self, bucket: &str) -> NatsOptions {
        self.setup.admin(self.at_all_servers(bucket))
    }

    /// How to reach a bucket as a user.
    pub fn user(&self, bucket: &str, user: &str) -> NatsOptions {
        let options = self.at_all_servers(bucket);
        self.setup.trust(options).user(user, PASSWORD)
    }

    pub(super) fn all(&self) -> &[NatsServer] {
        &self.servers
    }

    fn at_all_servers(&self, bucket: &str) -> NatsOptions {
        let options = NatsOptions::new(bucket);
        self.urls().into_iter().fold(options, NatsOptions::server)
    }

    /// Delays all that its servers tell each other from now on by this time, where it was built with
    /// [slow routes](super::NatsServerBuilder::slow_routes).
    pub fn delay_routes(&self, delay: Duration) {
        for proxy in &self.proxies {
            proxy.delay(delay);
        }
    }

    /// Its servers, `node-0` to `node-2`, to be killed and restarted.
    pub fn servers(&mut self) -> &mut [NatsServer] {
        &mut self.servers
    }

    /// The server of a name, as the cluster tells its leaders.
    pub fn server(&mut self, name: &str) -> Option<&mut NatsServer> {
        let mut servers = self.servers.iter_mut();
        servers.find(|server| server.member_name() == Some(name))
    }
}

/// Whether a server says that it leads the two others.
fn leads_all(server: &NatsServer) -> bool {
    let told = || -> Option<serde_json::Value> {
        let address = server.process.as_ref()?.monitor()?;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(FORMING)).ok()?;
        stream.write_all(b"GET /jsz HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    };
    let replicas = told().and_then(|told| Some(told["meta_cluster"]["replicas"].as_array()?.len()));
    replicas == Some(2)
}

/// Three ports that are free just now.
fn free_ports() -> std::io::Result<[u16; 3]> {
    // All are held before the first is let go, so that no two are the same.
    let [first, second, third] = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let listeners = [first?, second?, third?];
    let [first, second, third] = listeners.map(|listener| listener.local_addr());
    Ok([first?.port(), second?.port(), third?.port()])
}
