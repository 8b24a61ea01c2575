//! Small files that would expand to, or be nested into, more than any machine holds.

use std::fmt::Write;

use crate::support::Fleet;

const DEEP: usize = 100_000;

fn bomb(name: &str, file: &str, text: impl AsRef<[u8]>, expected: &str) {
    let fleet = crate::fleet_with(name, file);
    fleet.write(file, text);
    fleet.check().assert_refused(expected);
    // Every command reads alike; what differs is what each shows.
    fleet.run(&["list", "identities"]).assert_whole();
}

fn nested(open: &str, close: &str) -> String {
    open.repeat(DEEP) + &close.repeat(DEEP)
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[", ""), ("{\"a\":[", "")] {
        for file in [
            "registry.json",
            "store.json",
            "templates/api.json",
            "secrets.json",
        ] {
            bomb("deep JSON", file, nested(open, close), file);
        }
    }
    for (open, close) in [
        ("[", "]"),
        ("{a: ", "}"),
        ("[", ""),
        ("- ", ""),
        ("? ", ""),
        ("[? [", ""),
    ] {
        for file in [
            "registries/registry.yaml",
            "compose.yaml",
            "templates/worker.yaml",
            "store.yaml",
        ] {
            bomb("deep YAML", file, nested(open, close), file);
        }
    }
    for text in [
        format!("a = {}", nested("[", "]")),
        format!("a = {}", nested("{a=", "}")),
        format!("[{}a]", "a.".repeat(DEEP)),
        format!("{}a = 1", "a.".repeat(DEEP)),
        nested("[", "]"),
    ] {
        for file in [
            "kvguard.toml",
            "registries/registry.toml",
            "templates/agent.toml",
        ] {
            bomb("deep TOML", file, &text, file);
        }
    }
    let before = "package r\n\nvar d = map[string]D{\"a\": {KVKey: ";
    for value in [
        nested("(", ")"),
        nested("{", "}"),
        nested("[]string{", "}"),
        "\"a\" + ".repeat(DEEP),
        nested("f(", ")"),
        "-".repeat(DEEP),
        "func() { ".repeat(DEEP),
        "T{".repeat(DEEP),
        "a.".repeat(DEEP),
        "[".repeat(DEEP),
    ] {
        bomb(
            "deep Go",
            "registries/registry.go",
            format!("{before}{value}}}}}\n"),
            "registry.go",
        );
    }
}

#[test]
fn deep_yaml_blocks_are_refused() {
    // One more blank in each line: the text grows with the square.
    let mut text = String::new();
    for depth in 0..2_000 {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
    }
    for file in [
        "registries/registry.yaml",
        "compose.yaml",
        "templates/worker.yaml",
    ] {
        bomb("deep blocks", file, &text, file);
    }
}

fn billion_laughs(last: &str) -> String {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..30 {
        let alias = format!("*a{}", level - 1);
        let aliases = vec![alias; 9].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    text + last
}

#[test]
fn aliases_are_expanded_up_to_a_limit() {
    let laughs = billion_laughs("services: *a29\n");
    for file in [
        "registries/registry.yaml",
        "compose.yaml",
        "included.yaml",
        "base.yaml",
        "templates/worker.yaml",
        "store.yaml",
    ] {
        bomb("billion laughs", file, &laughs, file);
        bomb("alias of itself", file, "services: &a\n  b: *a\n", file);
        bomb("alias of itself", file, "services: &a [*a, *a]\n", file);
    }
    let mut merges = String::from("x0: &x0 {a: 1, b: 2}\n");
    for level in 1..40 {
        let last = level - 1;
        let _ = writeln!(
            merges,
            "x{level}: &x{level}\n  <<: [*x{last}, *x{last}, *x{last}]\n  k{level}: {{ <<: *x{last} }}"
        );
    }
    for file in [
        "compose.yaml",
        "registries/registry.yaml",
        "templates/worker.yaml",
    ] {
        bomb(
            "merge keys",
            file,
            format!("{merges}services:\n  api: *x39\n"),
            file,
        );
    }
    bomb(
        "merge of itself",
        "compose.yaml",
        "services:\n  api: &a\n    <<: *a\n",
        "compose.yaml",
    );
}

#[test]
fn compose_files_that_name_each_other_are_refused() {
    bomb(
        "include of itself",
        "compose.yaml",
        "include: [compose.yaml]\n",
        "compose.yaml",
    );
    bomb(
        "include of each other",
        "included.yaml",
        "include: [compose.yaml]\nservices: {worker: {image: a}}\n",
        ".yaml",
    );
    bomb(
        "extends itself",
        "compose.yaml",
        "services:\n  api:\n    extends: api\n",
        "compose.yaml",
    );
    bomb(
        "extends each other",
        "compose.yaml",
        "services:\n  api:\n    extends: b\n  b:\n    extends: api\n",
        "compose.yaml",
    );
    bomb(
        "extends itself by its file",
        "compose.yaml",
        "services:\n  api:\n    extends: {file: compose.yaml, service: api}\n",
        "compose.yaml",
    );
    bomb(
        "env_file is itself",
        "compose.yaml",
        "services:\n  api:\n    env_file: compose.yaml\n",
        "compose.yaml",
    );
    let mut chain = String::from("services:\n  s0: {image: a}\n");
    for number in 1..20_000 {
        let _ = writeln!(chain, "  s{number}: {{extends: s{}}}", number - 1);
    }
    bomb(
        "long chain of extends",
        "compose.yaml",
        chain,
        "compose.yaml",
    );

    let fleet = Fleet::new("chain of includes");
    for number in 0..2_000 {
        fleet.write(
            &format!("i/{number}.yaml"),
            format!("include: [{0}.yaml, {0}.yaml]\n", number + 1),
        );
    }
    fleet.write("included.yaml", "include: [i/0.yaml]\n");
    fleet.check().assert_refused(".yaml");

    let fleet = Fleet::new("doubling includes");
    for number in 0..40 {
        let next = number + 1;
        fleet.write(&format!("i/{number}.yaml"), format!("include:\n  - {{path: {next}.yaml}}\n  - {{path: ./{next}.yaml}}\nservices: {{s{number}: {{image: a}}}}\n"));
    }
    fleet.write("i/40.yaml", "services: {last: {image: a}}\n");
    fleet.write("included.yaml", "include: [i/0.yaml]\n");
    fleet.check().assert_whole();
}

#[test]
fn interpolation_is_bounded() {
    let compose =
        |value: &str| format!("services:\n  api:\n    environment:\n      A: \"{value}\"\n");
    for value in [
        "${A:-".repeat(10_000) + &"}".repeat(10_000),
        "${A:-".repeat(10_000),
        "${A:+".repeat(10_000) + &"}".repeat(10_000),
        "${".repeat(10_000),
        "$".repeat(9_999),
    ] {
        bomb(
            "nested interpolation",
            "compose.yaml",
            compose(&value),
            "compose.yaml",
        );
    }
    let mut doubling = String::from("V0=0123456789\n");
    for number in 1..200 {
        let last = number - 1;
        let _ = writeln!(doubling, "V{number}=${{V{last}}}${{V{last}}}");
    }
    for file in ["compose.env", "service.env"] {
        bomb("doubling variables", file, &doubling, file);
        bomb(
            "variables of each other",
            file,
            "A=${B}\nB=${A}\nC=${C}${C}\n",
            "",
        );
    }
    let mut many = String::from("services:\n  api:\n    environment:\n");
    for number in 0..20_000 {
        let _ = writeln!(many, "      V{number}: ${{BIG}}");
    }
    let fleet = Fleet::new("a big variable, often");
    fleet.write("compose.env", format!("BIG={}\n", "x".repeat(1 << 20)));
    fleet.write("compose.yaml", many);
    fleet.check().assert_refused("compose.yaml");
}

#[test]
fn units_of_any_size_are_read_or_refused() {
    let unit = "[Service]\nEnvironment=CONFIG_SOURCE=kv\n";
    let file = "units/agent.service";
    bomb(
        "a long line",
        file,
        format!("{unit}Environment=A={}\n", "x".repeat(2 << 20)),
        "agent.service",
    );
    bomb(
        "a long line of words",
        file,
        format!("{unit}Environment={}\n", "A=1 ".repeat(1 << 19)),
        "agent.service",
    );
    let mut many = unit.to_owned();
    for number in 0..100_000 {
        let _ = writeln!(many, "Environment=A{number}=x");
    }
    bomb("many variables", file, many, "agent.service");
    bomb(
        "continuation without end",
        file,
        format!("{unit}Environment=A=1 \\\n") + &"B=1 \\\n".repeat(100_000),
        "agent.service",
    );
    bomb(
        "comments in a continuation",
        file,
        format!("{unit}Environment=A=1 \\\n") + &"# x\n; y\n".repeat(100_000),
        "agent.service",
    );
    bomb(
        "many specifiers",
        file,
        format!("{unit}Environment=A={}\n", "%n%N%p%i%%".repeat(50_000)),
        "agent.service",
    );
    bomb(
        "unknown specifiers",
        file,
        format!("{unit}Environment=A={}\n", "%".repeat(99_999)),
        "agent.service",
    );
    bomb(
        "many environment files",
        file,
        unit.to_owned() + &"EnvironmentFile=/etc/acme/agent.env\n".repeat(50_000),
        "agent.service",
    );
    bomb(
        "many escapes",
        file,
        format!("{unit}Environment={}\n", "\\x41\\".repeat(100_000)),
        "agent.service",
    );
    bomb(
        "many quotes",
        file,
        format!("{unit}Environment={}\n", "\"'".repeat(100_001)),
        "agent.service",
    );
    bomb(
        "many sections",
        file,
        "[Service]\n[Unit]\n".repeat(100_000) + "[x",
        "agent.service",
    );
    bomb(
        "resets",
        file,
        unit.to_owned() + &"Environment=\nEnvironment=A=1\n".repeat(50_000),
        "agent.service",
    );
    bomb(
        "a long environment file",
        "etc/agent.env",
        format!("A={}\n", "x".repeat(8 << 20)),
        "agent.service",
    );
    bomb(
        "an environment file of quotes",
        "etc/agent.env",
        "A='\n".repeat(200_001),
        "agent.env",
    );
}

#[test]
fn one_long_line_is_shown_shortened() {
    let mut services = String::from("{\"services\": [");
    for number in 0..2_000 {
        let _ = write!(
            services,
            "{{\"name\": \"s{number}\", \"kv_key\": \"k{number}.json\"}}, "
        );
    }
    bomb(
        "a registry of one line",
        "registry.json",
        services + "{}]}",
        "registry.json:1",
    );
    let mut grants = String::from("{\"rbac\": {\"roles\": [");
    for number in 0..2_000 {
        let _ = write!(
            grants,
            "{{\"identity\": \"CN=n{number}\", \"role\": \"admin\"}}, "
        );
    }
    bomb(
        "a table of one line",
        "store.json",
        grants + "{}]}}",
        "store.json:1",
    );
    let template = format!(
        "{{\"database\": {{\"password\": \"x\"}}, \"a\": [{}1]}}",
        "1, ".repeat(100_000)
    );
    bomb(
        "a template of one line",
        "templates/api.json",
        template,
        "api.json:1",
    );
}

#[test]
fn a_file_of_many_small_values_does_not_exhaust_the_memory() {
    let size = 31 << 20;
    bomb(
        "many numbers",
        "store.json",
        format!("[{}1]", "1,".repeat(size / 2)),
        "store.json",
    );
    bomb(
        "many lists",
        "store.json",
        format!("[{}[]]", "[],".repeat(size / 3)),
        "store.json",
    );
    bomb(
        "many numbers",
        "store.yaml",
        format!("[{}1]", "1,".repeat(size / 8)),
        "store.yaml",
    );
    bomb(
        "many numbers",
        "templates/agent.toml",
        format!("a = [{}1]", "1,".repeat(size / 8)),
        "agent.toml",
    );
    bomb(
        "many constants",
        "registries/registry.go",
        format!("package r\nconst (\n{})\n", "a = b\n".repeat(size / 24)),
        "registry.go",
    );
    bomb(
        "many lines",
        "identities.txt",
        "register\n".repeat(size / 36),
        "identities.txt",
    );
    bomb(
        "many errors",
        "registries/registry.toml",
        "=\n".repeat(size / 32),
        "registry.toml",
    );
    bomb(
        "many errors",
        "etc/agent.env",
        "=\n".repeat(size / 32),
        "agent.env",
    );
    bomb(
        "many errors",
        "units/agent.service",
        "x\n".repeat(size / 32),
        "agent.service",
    );
}

#[test]
fn many_mistakes_are_told_in_bounded_time() {
    let mut keys = String::from("[registry]\nfile = \"registry.json\"\n");
    for number in 0..3_000 {
        let _ = writeln!(keys, "[depl{number}]");
    }
    bomb("many unknown keys", "kvguard.toml", keys, "kvguard.toml:");
    let line = "register".repeat(500);
    let fleet = Fleet::new("a list that matches everywhere");
    fleet.replace(
        "kvguard.toml",
        "register {workload} *",
        "*register*{workload}*x*y",
    );
    fleet.write("identities.txt", format!("{line}\n").repeat(500));
    fleet.check().assert_refused("identities.txt");
}
