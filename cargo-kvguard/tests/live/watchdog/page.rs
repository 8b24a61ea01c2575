//! `report.html` in a real browser.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command as Process;
use std::sync::mpsc::{Receiver, channel};

use super::stage::{LINE, Stage};
use crate::support::{Backend, Stand, assert_no_secret};

/// What a browser did with a page.
struct Visit {
    /// What it logged to its console.
    console: Vec<String>,
    /// What it asked for, by HTTP, whatever the host.
    requests: Vec<String>,
    /// The page as it was in the end.
    page: String,
}

/// Opens a page in headless Chromium. Every name leads to a server of the test, which has that page and nothing else.
fn visit(html: &str) -> Visit {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = serve(listener, html.to_owned());
    let profile = tempfile::tempdir().unwrap();
    let output = Process::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--disable-background-networking", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--host-resolver-rules=MAP * 127.0.0.1:{port}"))
        .args(["--virtual-time-budget=2000", "--dump-dom", "http://page.test/report.html"])
        .output()
        .unwrap_or_else(|error| {
            panic!("chromium: {error}; install Debian's package of that name, or run `cargo xtask test`, which does")
        });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let console = errors.lines().filter(|line| line.contains("CONSOLE"));
    Visit {
        console: console.map(str::to_owned).collect(),
        requests: requests.try_iter().collect(),
        page: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}

/// Answers every request, and tells its path.
fn serve(listener: TcpListener, html: String) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (sender, html) = (sender.clone(), html.clone());
            std::thread::spawn(move || answer(stream, &html, &|path| drop(sender.send(path))));
        }
    });
    receiver
}

fn answer(mut stream: TcpStream, html: &str, tell: &dyn Fn(String)) {
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).unwrap_or(0);
    let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
    // What is no HTTP is the browser's own, which asks its maker for things by TLS.
    let Some(path) = request
        .strip_prefix("GET ")
        .and_then(|rest| rest.split(' ').next())
    else {
        return;
    };
    // By this the browser sets its own clock, whatever the page.
    if !path.starts_with("/time/1/current?") {
        tell(path.to_owned());
    }
    let found = path == "/report.html";
    let (status, body) = if found {
        ("200 OK", html)
    } else {
        ("404 Not Found", "")
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

#[test]
fn the_page_needs_no_network_and_the_browser_finds_no_error() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.stand.delete("config/billing.yaml");
    stage.watchdog().run().assert_code(1);
    stage.stand.seed();
    stage.stand.put("config/gateway.json", "{\"listen_addr\": \":1\", \"upstream\": {\"address\": \"a\"}, \"<script>alert(1)</script>\": \"canary\"}");
    stage.log("meter", &format!("{LINE}\nKV store not initialized\n"));
    let run = stage.watchdog().run();
    run.assert_code(1);
    let html = std::fs::read_to_string(stage.runs()[1].join("report.html")).unwrap();
    let visit = visit(&html);
    assert_eq!(visit.console, [""; 0]);
    assert_eq!(visit.requests, ["/report.html"]);
    for text in [
        "KV712",
        "is new",
        "&lt;script&gt;alert(1)",
        "config/dashboard.json",
    ] {
        assert!(visit.page.contains(text), "{text}");
    }
    assert!(!visit.page.contains("<script"), "no script");
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

#[test]
fn this_browser_would_show_an_error_and_a_request() {
    let bad = "<!doctype html><title>x</title><img src=\"http://elsewhere.test/x.png\"><script>console.error('wrong')</script>";
    let visit = visit(bad);
    assert!(
        visit.console.iter().any(|line| line.contains("wrong")),
        "{:?}",
        visit.console
    );
    assert!(
        visit.requests.iter().any(|path| path == "/x.png"),
        "{:?}",
        visit.requests
    );
}
