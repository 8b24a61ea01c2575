//! Mutants of whole workloads and objects: removed, switched off, cut off from the network.

use super::{File, Mutant, indent};

/// The keys of compose that keep a service from running, or from its networks.
const OF_COMPOSE: &[(&str, &str)] = &[
    ("workload scaled to nothing", "    scale: 0"),
    ("workload without a network", "    network_mode: none"),
    ("workload in a network of its own", "    networks: [apart]"),
    ("workload of a profile", "    profiles: [debug]"),
];

/// The settings of systemd that do the same.
const OF_SYSTEMD: &[(&str, &str)] = &[
    ("workload without a network", "PrivateNetwork=yes"),
    ("unit that systemd refuses", "ExecStart=/usr/bin/true"),
];

pub fn mutants(file: &File<'_>) -> Vec<Mutant> {
    if file.is_unit() {
        return units(file);
    }
    if !file.is_yaml() {
        return Vec::new();
    }
    let mut mutants = projects(file);
    mutants.extend(documents(file));
    mutants
}

fn units(file: &File<'_>) -> Vec<Mutant> {
    let mut mutants = vec![file.removed()];
    for (at, line) in file.lines.iter().enumerate() {
        if line.trim() == "[Service]" {
            let after = at + 1..at + 1;
            let settings = OF_SYSTEMD.iter();
            mutants.extend(
                settings
                    .map(|(kind, line)| file.mutant(kind, after.clone(), &[(*line).to_owned()])),
            );
        }
        if line.starts_with("ExecStart=") {
            mutants.push(file.mutant("unit without a program", at..at + 1, &[]));
        }
    }
    mutants
}

/// The services of a compose project.
fn projects(file: &File<'_>) -> Vec<Mutant> {
    let Some(start) = file.lines.iter().position(|line| *line == "services:") else {
        return Vec::new();
    };
    let is_end = |line: &&str| !line.trim().is_empty() && indent(line) == 0;
    let end = file.lines[start + 1..].iter().position(is_end);
    let end = end.map_or(file.lines.len(), |end| start + 1 + end);
    let starts: Vec<usize> = (start + 1..end)
        .filter(|at| indent(file.lines[*at]) == 2 && !file.lines[*at].trim().is_empty())
        .collect();
    let ends = starts.iter().skip(1).copied().chain([end]);
    let mut mutants = Vec::new();
    for (from, to) in starts.iter().copied().zip(ends) {
        mutants.push(file.mutant("workload removed", from..to, &[]));
        let name = file.lines[from].replace(':', "-gone:");
        mutants.push(file.mutant("workload renamed", from..from + 1, &[name]));
        mutants.extend(
            OF_COMPOSE
                .iter()
                .map(|(kind, line)| file.mutant(kind, from + 1..from + 1, &[(*line).to_owned()])),
        );
    }
    mutants
}

/// The objects of Kubernetes manifests and of charts' templates.
fn documents(file: &File<'_>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let breaks = file.lines.iter().enumerate();
    let breaks = breaks.filter(|(_, line)| line.trim() == "---");
    let starts = [0].into_iter().chain(breaks.map(|(at, _)| at + 1));
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).map(|start| start - 1);
    for (from, to) in starts.iter().copied().zip(ends.chain([file.lines.len()])) {
        mutants.extend(document(file, from, to));
    }
    mutants
}

fn document(file: &File<'_>, from: usize, to: usize) -> Vec<Mutant> {
    let lines = &file.lines[from..to];
    let value = |key: &str| lines.iter().find_map(|line| line.strip_prefix(key));
    let (Some(kind), Some(_)) = (value("kind: "), value("apiVersion: ")) else {
        return Vec::new();
    };
    let is_workload = ["Deployment", "StatefulSet", "DaemonSet"].contains(&kind);
    let mut mutants = Vec::new();
    if is_balanced(lines) {
        let what = if is_workload {
            "workload removed"
        } else {
            "object removed"
        };
        mutants.push(file.mutant(what, from..to, &[]));
    }
    let line = |wanted: &str| {
        let at = lines.iter().position(|line| *line == wanted);
        at.map(|at| from + at + 1)
    };
    if let (true, Some(after)) = (is_workload && kind != "DaemonSet", line("spec:")) {
        let replicas = ["  replicas: 0".to_owned()];
        mutants.push(file.mutant("workload scaled to nothing", after..after, &replicas));
    }
    if let (true, Some(after)) = (file.is_chart_template(), line("metadata:")) {
        let hook = ["  annotations:", "    helm.sh/hook: test"].map(str::to_owned);
        mutants.push(file.mutant("object of a test hook", after..after, &hook));
    }
    mutants
}

/// Whether each block of a chart's template that begins in these lines ends in them.
fn is_balanced(lines: &[&str]) -> bool {
    let count = |words: &[&str]| {
        let lines = lines.iter().flat_map(|line| line.split("{{").skip(1));
        lines
            .filter(|action| {
                let action = action.trim_start_matches('-').trim_start();
                words.iter().any(|word| {
                    action
                        .strip_prefix(word)
                        .is_some_and(|rest| rest.starts_with([' ', '}', '-']))
                })
            })
            .count()
    };
    count(&["if", "range", "with", "define", "block"]) == count(&["end"])
}
