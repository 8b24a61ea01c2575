//! Compares rendered charts with what `helm` renders.
#![cfg(feature = "helm")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "oracle_helm/ours.rs"]
mod ours;

#[test]
fn scratch() {
    let Ok(root) = std::env::var("FLEET") else { return };
    let call = ours::Call { chart: "helm/serviceradar".to_owned(), ..ours::Call::default() };
    let start = std::time::Instant::now();
    let (inputs, rendered) = ours::rendered(std::path::Path::new(&root), &call);
    println!("took {:?}", start.elapsed());
    for problem in rendered.malformed.iter().chain(&rendered.unsupported) {
        let at = inputs.sources().location(problem.span);
        println!("{}:{}:{}: {} {:?}", at.file, at.line, at.column, problem.message, problem.related.as_ref().map(|(s,m)| (inputs.sources().location(*s), m)));
    }
    println!("{} documents", rendered.documents.len());
    if let Ok(theirs) = std::env::var("THEIRS") {
        let theirs = ours::documents(&std::fs::read_to_string(theirs).expect("there"));
        let mine = ours::sorted(&rendered.documents);
        println!("theirs {} mine {}", theirs.len(), mine.len());
        for (a, b) in theirs.iter().zip(&mine) {
            if a != b { println!("DIFFER\n--- theirs\n{a}\n--- ours\n{b}"); break; }
        }
    }
}
