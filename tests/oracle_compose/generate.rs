//! Projects made from a seed: interpolation expressions, environment files, merges.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Project;

/// The same numbers for the same seed, everywhere (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

const NAMES: [&str; 6] = ["A", "B", "C_1", "EMPTY", "UNSET", "_x"];
const WORDS: [&str; 12] = [
    "", "a", "b c", "1", "x=y", "-", ":", "{", "}", "/p/q", "#h", "é",
];

/// A text with expressions. `${NAME:?}` always names what is set: it is the one that we read otherwise.
fn template(numbers: &mut Numbers, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..=numbers.below(3) {
        match numbers.below(12) {
            0..4 => text += numbers.of(&WORDS),
            4 => text += "$$",
            5 => write!(text, "${}", numbers.of(&NAMES)).unwrap(),
            6 => write!(text, "${{{}}}", numbers.of(&NAMES)).unwrap(),
            7 => text += "${A:?required}",
            8 if numbers.one_in(12) => {
                text += numbers.of(&["${", "${}", "${1}", "${A!}", "$ ", "${A :-b}"]);
            }
            _ => {
                let operator = numbers.of(&[":-", "-", ":+", "+"]);
                let inner = if depth == 0 {
                    numbers.of(&WORDS).to_owned()
                } else {
                    template(numbers, depth - 1)
                };
                write!(text, "${{{}{operator}{inner}}}", numbers.of(&NAMES)).unwrap();
            }
        }
    }
    text
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A plain scalar of any type, or a template.
fn scalar(numbers: &mut Numbers) -> String {
    match numbers.below(4) {
        0 => numbers
            .of(&[
                "0",
                "-0",
                "0.0",
                "10",
                "007",
                "0o7",
                "0xff",
                "1e5",
                "1.5e-7",
                "1_0",
                "true",
                "off",
                "~",
                "1e400",
                "1.",
                ".1",
                "+1",
                "1:2",
                "0b1",
                "0B1",
                "0O7",
                "0XFF",
                "9223372036854775808",
                "-9223372036854775808",
                "-9223372036854775809",
                "123456.789",
                "1234567890.5",
                "100000000000000000000",
                "1e20",
                "0.0001",
                "0.00001",
                "08",
                "0_7",
                "1__0",
                "_1",
                "yes",
                "null",
                "TRUE",
                "tRue",
                "1e+5",
                "12e",
            ])
            .to_owned(),
        1 => format!("'{}'", template(numbers, 1).replace('\'', "''")),
        _ => quoted(&template(numbers, 2)),
    }
}

fn environment_file(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for _ in 0..numbers.below(8) {
        text += numbers.of(&["", "", "", "  ", "export ", "\t"]);
        text += numbers.of(&["A", "B", "C_1", "E.x", "F-1", "G"]);
        text += numbers.of(&["=", "=", "=", " = ", ": ", "= "]);
        match numbers.below(6) {
            0 => write!(text, "'{}'", template(numbers, 1)).unwrap(),
            1 => {
                text.push('"');
                for _ in 0..numbers.below(4) {
                    text += numbers.of(&[
                        "\\n", "\\\"", "\\$A", "\\\\", "\\x", "\\0101", "\\07", "a\nb", "'", "\\t ",
                    ]);
                    text += &template(numbers, 1);
                }
                text.push('"');
            }
            2 => {
                text += numbers.of(&[
                    "",
                    "v # c",
                    "v#c",
                    "# c",
                    "a b  ",
                    "'a' b",
                    "\"a\" # c",
                    "\\$A",
                    "a\\nb",
                ]);
            }
            _ => text += &template(numbers, 2),
        }
        text += numbers.of(&[
            "\n",
            "\n",
            "\n",
            " \n",
            "\n\n",
            "\r\n",
            "\n# comment\n",
            "\nG\n",
        ]);
    }
    if numbers.one_in(25) {
        text += numbers.of(&["A B=1\n", "A!=1\n", "A='\n", "A=${1}\n"]);
    }
    text
}

fn service(numbers: &mut Numbers, name: &str, earlier: &[&str], first: bool) -> String {
    let mut text = format!("  {name}:\n");
    if first {
        text += "    image: example\n";
    } else {
        text += "    hostname: other\n";
    }
    match numbers.below(3) {
        0 => {}
        1 => {
            text += "    environment:\n";
            for _ in 0..=numbers.below(4) {
                let item = match numbers.below(4) {
                    0 => numbers.of(&NAMES).to_owned(),
                    _ => format!("{}={}", numbers.of(&NAMES), template(numbers, 2)),
                };
                writeln!(text, "      - {}", quoted(&item)).unwrap();
            }
        }
        _ => {
            text += "    environment:\n";
            let used = 1 + numbers.below(NAMES.len());
            for name in NAMES.iter().take(used) {
                writeln!(text, "      {name}: {}", scalar(numbers)).unwrap();
            }
        }
    }
    match numbers.below(5) {
        0 => text += "    env_file: a.env\n",
        1 => text += "    env_file: [b.env, a.env]\n",
        2 => {
            text += "    env_file:\n      - path: ./b.env\n      - {path: absent.env, required: false}\n";
        }
        _ => {}
    }
    if numbers.one_in(2) {
        text += "    volumes:\n";
        for _ in 0..=numbers.below(3) {
            let source = numbers.of(&[
                "./x",
                "../x",
                "/host",
                "data",
                "./a/../b",
                "${A:-./c}",
                "${B}",
            ]);
            let target = numbers.of(&["/t", "/t/", "/u/./v", "/w", "/$A"]);
            match numbers.below(3) {
                0 => writeln!(
                    text,
                    "      - {{type: bind, source: \"{source}\", target: {target}}}"
                )
                .unwrap(),
                1 => writeln!(text, "      - \"{source}:{target}:ro\"").unwrap(),
                _ => writeln!(text, "      - \"{source}:{target}\"").unwrap(),
            }
        }
    }
    if first && !earlier.is_empty() && numbers.one_in(3) {
        writeln!(text, "    extends: {}", numbers.of(earlier)).unwrap();
    }
    if numbers.one_in(6) {
        writeln!(
            text,
            "    profiles: [{}]",
            numbers.of(&["on", "off", "\"on\", \"off\""])
        )
        .unwrap();
    }
    text
}

fn file(numbers: &mut Numbers, first: bool) -> String {
    let mut text = "services:\n".to_owned();
    let names = ["one", "two", "three"];
    for (index, name) in names.iter().enumerate() {
        if first || numbers.one_in(2) {
            text += &service(numbers, name, &names[..index], first);
        }
    }
    if text.ends_with("services:\n") {
        text += "  one: {hostname: other}\n";
    }
    if first {
        text += "volumes: {data: {}}\n";
    }
    text
}

/// Writes a project below a directory.
pub fn project(directory: &Path, seed: u64) -> Project {
    let mut numbers = Numbers(seed);
    let name = format!("generated-{seed}");
    let root = directory.join(&name);
    std::fs::create_dir_all(&root).unwrap();
    let write = |file: &str, text: &str| std::fs::write(root.join(file), text).unwrap();
    write("a.env", &environment_file(&mut numbers));
    write("b.env", &environment_file(&mut numbers));
    write(".env", &environment_file(&mut numbers));
    write("compose.yaml", &file(&mut numbers, true));
    let mut files = vec!["compose.yaml".to_owned()];
    for index in 0..numbers.below(3) {
        let file_name = format!("override-{index}.yaml");
        write(&file_name, &file(&mut numbers, false));
        files.push(file_name);
    }
    let mut variables = BTreeMap::from([
        ("A".to_owned(), "va".to_owned()),
        ("EMPTY".to_owned(), String::new()),
    ]);
    if numbers.one_in(2) {
        variables.insert("B".to_owned(), "./vb".to_owned());
    }
    let env_files = if numbers.one_in(2) {
        vec![".env".to_owned()]
    } else {
        Vec::new()
    };
    let profiles = numbers.one_in(2).then(|| vec!["on".to_owned()]);
    Project {
        name,
        root,
        files,
        env_files,
        variables,
        profiles,
    }
}
