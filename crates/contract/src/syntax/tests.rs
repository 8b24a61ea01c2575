use proptest::prelude::*;

use super::{
    Address, MAX_SERVERS, is_address, is_server_name, is_socket, is_spiffe_id, nats_servers,
    servers,
};

#[test]
fn addresses_are_those_of_a_data_service_or_of_nats() {
    for text in [
        "store:50057",
        "10.0.0.1:1",
        "[::1]:65535",
        "a_b.example:80",
        "nats://nats",
        "nats://nats:4222/",
        "tls://user:pass%40word@nats.example:4222",
        "nats://token@[::1]:4222",
        "nats://a:4222,nats://b:4222",
        "nats://user:pass@a:4222/, tls://b",
    ] {
        assert!(is_address(text), "{text}");
    }
    for text in [
        "",
        ":",
        "store",
        "store:",
        "store:0",
        "store:+80",
        "store:65536",
        ":50057",
        "::1:50057",
        "[store]:50057",
        "300.1.1.1:80",
        "a..b:80",
        "http://store:50057",
        "NATS://nats:4222",
        "sto re:50057",
        "user@store:50057",
        "store:50057/path",
        "nats://",
        "nats://nats:0",
        "nats://nats:4222/path",
        "nats://a:4222,",
        "nats://a:4222,nats://b:0",
        "nats://a:4222,store:50057",
        "store:50057,nats://b:4222",
        "nats://user:pass/word@nats:4222",
        "nats://user:100%@nats:4222",
        "tls:// nats",
    ] {
        assert!(!is_address(text), "{text}");
    }
}

#[test]
fn the_servers_of_a_list_are_those_that_a_client_takes() {
    let of = |text| nats_servers(text).collect::<Vec<_>>();
    let list = "nats://user:a,b@one:4222, tls://two";
    assert_eq!(of(list), ["nats://user:a,b@one:4222", "tls://two"]);
    assert_eq!(of("nats://one"), ["nats://one"]);
}

#[test]
fn names_of_servers_identities_and_sockets_have_their_own_forms() {
    assert!(is_server_name("store.example.") && is_server_name("::1"));
    assert!(!is_server_name("-a") && !is_server_name("a.0x1f") && !is_server_name(""));
    assert!(is_spiffe_id("spiffe://a-b_c.d/ns/demo/sa/trapd"));
    for text in [
        "spiffe://",
        "spiffe://A/b",
        "spiffe://a/",
        "spiffe://a//b",
        "spiffe://a/../b",
    ] {
        assert!(!is_spiffe_id(text), "{text}");
    }
    assert!(is_socket("unix:///run/a.sock") && is_socket("run/a.sock"));
    assert!(!is_socket("unix:") && !is_socket("tcp://10.0.0.1:80"));
}

fn called(text: &str) -> Vec<String> {
    let addresses = servers(text).addresses;
    addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn each_server_of_a_list_is_read_without_its_login() {
    for (text, expected) in [
        ("store:50057", &["store:50057"][..]),
        ("store.acme.dev.:50057", &["store.acme.dev:50057"]),
        ("[fd00::1]:50057", &["[fd00::1]:50057"]),
        (
            "nats://who:what@one:4223, tls://two",
            &["one:4223", "two:4222"],
        ),
        ("nats://one/,two:4223", &["one:4222", "two:4223"]),
        ("nats://a:b@one,nats://c:d@two", &["one:4222", "two:4222"]),
        ("unix:/run/store.sock", &[]),
        ("dns:///store:50057", &[]),
        ("ws://who:what@one:4223", &[]),
        ("store", &[]),
        ("", &[]),
    ] {
        assert_eq!(called(text), expected, "{text}");
    }
}

#[test]
fn what_is_left_out_of_a_list_is_told() {
    for text in [
        "store:50057",
        "nats://a,b:c@one:4223",
        "nats://one:4223,",
        "nats://one, tls://two, ",
    ] {
        assert!(!servers(text).leaves_out, "{text}");
    }
    for text in [
        "",
        ",",
        "nats://",
        "store",
        "dns:///store:50057",
        "nats://one:4223,:x",
        "ws://one:4223,nats://two",
    ] {
        assert!(servers(text).leaves_out, "{text}");
    }
    assert!(!servers(&vec!["nats://one:4222"; 100].join(",")).leaves_out);
}

#[test]
fn no_more_servers_are_read_than_some() {
    let list = |count: usize| vec!["nats://one:4222"; count].join(",");
    assert!(!servers(&list(MAX_SERVERS)).is_cut_off);
    let read = servers(&list(100_000));
    assert!(read.is_cut_off);
    assert_eq!(read.addresses.len(), MAX_SERVERS);
}

proptest! {
    #[test]
    fn no_part_of_a_login_is_taken_for_a_server(
        scheme in "(nats://|tls://|)",
        login in "[canry,:0-9. ]{1,20}",
        more in "(,nats://two|)",
    ) {
        let text = format!("{scheme}{login}@one:4223{more}");
        let read = servers(&text).addresses;
        let hosts: Vec<&str> = read.iter().map(|address| address.host.as_str()).collect();
        let expected: &[&str] = if more.is_empty() { &["one"] } else { &["one", "two"] };
        prop_assert_eq!(hosts, expected);
    }

    #[test]
    fn an_address_is_read_again_from_how_it_is_shown(text in "[a-z:.\\[\\]0-9 ]{0,20}") {
        if let Some(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
        }
    }
}
