//! Subcharts: which of them are on, under which names, and what values their parents import.

use super::Rendered;
use super::chart::Chart;
use super::functions::semver::{Constraint, Version};
use super::metadata::Dependency;
use super::template::value::{Data, Map, MapType};
use super::values::{coalesce, copied, table_at, tables, value_at, without_null};
use crate::source::Problem;

/// Whether a subchart's version is one that its parent asks for.
fn fits(wanted: &str, version: &str) -> bool {
    let constraint = Constraint::parse(wanted);
    match (constraint, Version::parse(version)) {
        (Some(constraint), Some(version)) => constraint.fits(&version),
        _ => false,
    }
}

/// Takes out the subcharts that are off, and renames those that have an alias.
pub(crate) fn enable(chart: &mut Chart, given: &Map, path: &str, rendered: &mut Rendered) {
    let Some(wanted) = chart.metadata.dependencies.clone() else {
        return;
    };
    let present = std::mem::take(&mut chart.dependencies);
    let mut kept: Vec<Chart> = present
        .iter()
        .filter(|child| {
            let asked = |dependency: &Dependency| {
                dependency.name == child.name && fits(&dependency.version, &child.metadata.version)
            };
            !wanted.iter().any(asked)
        })
        .cloned()
        .collect();
    for dependency in &wanted {
        let found = present.iter().find(|child| {
            child.name == dependency.name && fits(&dependency.version, &child.metadata.version)
        });
        match found {
            Some(child) => {
                let mut child = child.clone();
                dependency.known_as().clone_into(&mut child.name);
                kept.push(child);
            }
            None if present.iter().any(|child| child.name == dependency.name) => {}
            None => {
                let message = format!(
                    "found in Chart.yaml, but missing in charts/ directory: {}; run `helm dependency build`",
                    crate::source::shown_name(&dependency.name)
                );
                rendered
                    .unsupported
                    .push(Problem::new(dependency.span, message));
            }
        }
    }
    chart.dependencies = kept;
    let values = copied(given);
    // A mismatch is told when the values are made for the templates.
    let _ = coalesce(chart, &values, false);
    let off: Vec<String> = wanted
        .iter()
        .filter(|dependency| !is_on(dependency, &values, path))
        .map(|dependency| dependency.known_as().to_owned())
        .collect();
    chart
        .dependencies
        .retain(|child| !off.contains(&child.name));
    if let Some(dependencies) = &mut chart.metadata.dependencies {
        dependencies.retain(|dependency| !off.iter().any(|name| name == dependency.known_as()));
    }
    for child in &mut chart.dependencies {
        let path = format!("{path}{}.", child.name);
        enable(child, &values, &path, rendered);
    }
}

fn is_on(dependency: &Dependency, values: &Map, path: &str) -> bool {
    for condition in dependency
        .condition
        .trim()
        .split(',')
        .filter(|c| !c.is_empty())
    {
        if let Some(Data::Bool(on)) =
            value_at(values, &format!("{path}{condition}")).map(|v| v.data)
        {
            return on;
        }
    }
    let tags = table_at(values, "tags");
    let told = |wanted: bool| {
        dependency.tags.iter().any(|tag| {
            let value = tags.as_ref().and_then(|tags| tags.get(tag));
            matches!(value.map(|value| value.data), Some(Data::Bool(on)) if on == wanted)
        })
    };
    told(true) || !told(false)
}

/// Puts what parents import from their subcharts below the parents' own values.
pub(crate) fn import(chart: &mut Chart) {
    for child in &mut chart.dependencies {
        import(child);
    }
    let Some(wanted) = chart.metadata.dependencies.clone() else {
        return;
    };
    let values = Map::new(MapType::Any);
    if coalesce(chart, &values, true).is_err() {
        return;
    }
    let imported = Map::new(MapType::Any);
    for dependency in &wanted {
        for (from, to) in &dependency.imports {
            let path = format!("{}.{from}", dependency.known_as());
            let Some(table) = table_at(&values, &path) else {
                continue;
            };
            let mut table = copied(&table);
            if to != "." {
                for name in to.split('.').rev() {
                    let outer = Map::new(MapType::Any);
                    outer.insert(name, table.into());
                    table = outer;
                }
            }
            tables(&imported, &table, true);
        }
    }
    let values = copied(&values);
    tables(&values, &imported, true);
    let _ = without_null;
    chart.values = values;
}
