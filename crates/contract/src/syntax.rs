//! What the values of variables have to look like.

mod address;
mod names;
#[cfg(test)]
mod tests;

pub use address::{Address, MAX_SERVERS, Servers, backend, is_address, nats_servers, servers};
pub use names::{
    is_bucket, is_inbox_prefix, is_server_name, is_socket, is_spiffe_id, is_trust_domain,
    socket_path, trust_domain,
};
