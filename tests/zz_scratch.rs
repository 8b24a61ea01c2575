//! scratch
#![cfg(feature = "helm")]
#![allow(clippy::all, clippy::pedantic, dead_code, clippy::expect_used)]
#[path = "oracle_helm/ours.rs"]
mod ours;
#[test]
fn scratch() {
    let Ok(root) = std::env::var("FLEET") else { return };
    let call = ours::Call { chart: "helm/serviceradar".to_owned(), ..ours::Call::default() };
    for _ in 0..3 {
    let start = std::time::Instant::now();
    let (inputs, rendered) = ours::rendered(std::path::Path::new(&root), &call);
    println!("took {:?}", start.elapsed());
    let _ = inputs;
    let _ = rendered;
    }
    let (inputs, rendered) = ours::rendered(std::path::Path::new(&root), &call);
    for problem in rendered.malformed.iter().chain(&rendered.unsupported) {
        let at = inputs.sources().location(problem.span);
        println!("{}:{}:{}: {} {:?}", at.file, at.line, at.column, problem.message, problem.related.as_ref().map(|(s,m)| (inputs.sources().location(*s), m)));
    }
    for p in &rendered.invalid { println!("INVALID {:?} {} {:?}", inputs.sources().location(p.span), p.message, p.related.as_ref().map(|(s,m)| (inputs.sources().location(*s), m))); }
    println!("{} documents", rendered.documents.len());
    for d in &rendered.documents { if d.get("kind").and_then(|k| k.as_str()) == Some("ConfigMap") { if d.get("data").is_some_and(|n| n.is_null()) { let m = d.as_mapping().unwrap(); println!("null data at {:?}", inputs.sources().location(m.entry("data").unwrap().key.span)); } } }
    if let Ok(theirs) = std::env::var("THEIRS") {
        let theirs = ours::documents(&std::fs::read_to_string(theirs).expect("there"));
        let mine = ours::sorted(&rendered.documents);
        println!("theirs {} mine {}", theirs.len(), mine.len());
        for (a, b) in theirs.iter().zip(&mine) {
            if a != b { 
              let (x,y): (Vec<&str>,Vec<&str>) = (a.lines().collect(), b.lines().collect());
              for (p,q) in x.iter().zip(&y) { if p!=q { println!("DIFFER\n- {}\n+ {}", &p[..p.len().min(300)], &q[..q.len().min(300)]); break; } } }
        }
    }
}
