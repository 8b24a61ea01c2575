//! Which drop-ins belong to a unit, and in which order they apply.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::specifiers::{Instance, UnitName};

/// The directories of a unit's drop-ins, from the most specific one to the most general one.
///
/// Of a template, they are those that every instance of it has.
pub(super) fn directories(unit: &UnitName) -> Vec<String> {
    let mut found = Vec::new();
    let prefixes = prefixes(&unit.prefix);
    let mut add = |name: String| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    match &unit.instance {
        Instance::None => {
            for prefix in &prefixes {
                add(format!("{prefix}.service.d"));
            }
        }
        Instance::Template | Instance::Named(_) => {
            for (depth, prefix) in prefixes.iter().enumerate() {
                if let Instance::Named(instance) = &unit.instance {
                    add(format!("{prefix}@{instance}.service.d"));
                }
                add(format!("{prefix}@.service.d"));
                for shorter in prefixes.iter().skip(depth + 1) {
                    add(format!("{shorter}.service.d"));
                }
            }
        }
    }
    add("service.d".to_owned());
    found
}

/// A prefix and those that end in its dashes, but for a dash that it begins with: `a-b-c`, `a-b-`, `a-`.
fn prefixes(prefix: &str) -> Vec<&str> {
    let mut all = vec![prefix];
    let mut rest = prefix;
    while let Some(dash) = rest
        .strip_suffix('-')
        .unwrap_or(rest)
        .rfind('-')
        .filter(|dash| *dash > 0)
    {
        rest = &prefix[..=dash];
        all.push(rest);
    }
    all
}

/// The paths of the drop-ins to apply, in order, given each directory's path and entries, the most specific
/// directory first: by file name, and of one name only the most specific.
pub(super) fn order(directories: &[(String, Rc<BTreeSet<String>>)]) -> Vec<String> {
    let mut by_name: BTreeMap<&str, String> = BTreeMap::new();
    for (directory, names) in directories {
        for name in names.iter() {
            if name.strip_suffix(".conf").is_some() && !name.starts_with('.') {
                by_name
                    .entry(name)
                    .or_insert_with(|| format!("{directory}/{name}"));
            }
        }
    }
    by_name.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(unit: &str) -> Vec<String> {
        directories(&UnitName::parse(unit).unwrap())
    }

    #[test]
    fn a_plain_unit_has_its_own_those_of_its_prefixes_and_those_of_all_services() {
        let expected = [
            "foo-bar-baz.service.d",
            "foo-bar-.service.d",
            "foo-.service.d",
            "service.d",
        ];
        assert_eq!(of("foo-bar-baz.service"), expected);
        assert_eq!(
            of("a--b.service"),
            [
                "a--b.service.d",
                "a--.service.d",
                "a-.service.d",
                "service.d"
            ]
        );
    }

    #[test]
    fn an_instance_has_those_of_its_template_and_of_the_prefixes_of_both() {
        let expected = [
            "a-b@i.service.d",
            "a-b@.service.d",
            "a-.service.d",
            "a-@i.service.d",
            "a-@.service.d",
            "service.d",
        ];
        assert_eq!(of("a-b@i.service"), expected);
        assert_eq!(
            of("a-b@.service"),
            [
                "a-b@.service.d",
                "a-.service.d",
                "a-@.service.d",
                "service.d"
            ]
        );
    }

    #[test]
    fn of_one_file_name_the_most_specific_counts_and_names_decide_the_order() {
        let names = |names: &[&str]| {
            let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Rc::new(names)
        };
        let directories = [
            (
                "a.service.d".to_owned(),
                names(&["20.conf", "b.conf", "readme", ".hidden.conf"]),
            ),
            ("service.d".to_owned(), names(&["10.conf", "20.conf"])),
        ];
        assert_eq!(
            order(&directories),
            [
                "service.d/10.conf",
                "a.service.d/20.conf",
                "a.service.d/b.conf"
            ]
        );
    }
}
