//! Charts that would be rendered for ever, into more than any machine holds, or that are none.

use std::fmt::Write;

use crate::support::Fleet;

const TEMPLATE: &str = "chart/templates/a.yaml";

/// The clean fleet with a chart as another deployment.
fn fleet(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    let policy = String::from_utf8(fleet.read("kvguard.toml")).unwrap();
    let deployment = r#"
[[deployment]]
name = "chart"
kind = "helm"
files = ["chart"]
values_files = ["given.yaml"]
trust_domain = "acme.dev"
access_table = { file = "store.json", pointer = "/rbac/roles" }
"#;
    fleet.write("kvguard.toml", policy + deployment);
    fleet.write("given.yaml", "given: true\n");
    fleet.write(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    );
    fleet.write("chart/values.yaml", "a: 1\n");
    let template = "apiVersion: v1\nkind: Other\nmetadata: {name: other}\n";
    fleet.write(TEMPLATE, template);
    fleet
}

/// What is written in a file of the chart is refused, and in every command bounded.
fn refused(file: &str, text: impl AsRef<[u8]>, expected: &str) {
    let fleet = fleet(expected);
    fleet.write(file, text);
    fleet.check().assert_refused(expected);
    fleet.run(&["list", "identities"]).assert_whole();
    fleet.run(&["render", "chart"]).assert_whole();
}

#[test]
fn templates_that_come_to_no_end_are_refused() {
    for text in [
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ define \"a\" }}{{ template \"b\" . }}{{ end }}{{ define \"b\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ define \"a\" }}{{ tpl \"{{ include \\\"a\\\" . }}\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t) }}",
        "{{ range until 1000000000 }}x{{ end }}",
        "{{ range untilStep 0 2000000000 1 }}x{{ end }}",
        "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}",
        "{{ range until 1000000 }}{{ regexMatch \"(a*)*b\" (repeat 1000 \"a\") }}{{ end }}",
    ] {
        refused(TEMPLATE, text, TEMPLATE);
    }
}

#[test]
fn templates_that_print_too_much_are_refused() {
    for text in [
        "{{ repeat 10000000000 \"abc\" }}",
        "{{ indent 1000000000 \"a\" }}",
        "{{ $x := \"abcdefgh\" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}{{ $x }}",
        "{{ printf \"%999999999d\" 1 }}",
        "{{ seq 1 1000000000 }}",
        "{{ regexFind \"((a{1,100}){1,100}){1,100}\" \"a\" }}",
        "{{ $x := dict }}{{ $_ := set $x \"x\" $x }}{{ toYaml $x }}",
        "{{ range until 1000 }}{{ repeat 1000000 \"abcdefgh\" }}{{ end }}",
    ] {
        refused(TEMPLATE, text, TEMPLATE);
    }
}

#[test]
fn what_a_template_prints_is_read_within_the_limits_of_any_file() {
    let laughs = "a0: &a0 [lol, lol, lol]\n{{ range $i := untilStep 1 40 1 }}a{{ $i }}: &a{{ $i }} [{{ range until 9 }}*a{{ sub $i 1 }}, {{ end }}]\n{{ end }}";
    refused(TEMPLATE, laughs, TEMPLATE);
    refused(TEMPLATE, "a: {{ repeat 100000 \"[\" }}", TEMPLATE);
    refused(
        TEMPLATE,
        "a: 1\n{{ range until 5000000 }}- a\n{{ end }}",
        TEMPLATE,
    );
    refused(TEMPLATE, "{{ \"a: \\u0000\" }}", TEMPLATE);
}

#[test]
fn deep_templates_are_refused() {
    for text in [
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!(
            "{}x{}",
            "{{ if true }}".repeat(100_000),
            "{{ end }}".repeat(100_000)
        ),
        format!("{{{{ {} }}}}", "not ".repeat(100_000)),
        format!("{{{{ .{} }}}}", "a.".repeat(100_000)),
        "{{ if true }}".repeat(100_000),
    ] {
        refused(TEMPLATE, text, TEMPLATE);
    }
}

#[test]
fn a_huge_template_is_read() {
    let fleet = fleet("a huge template");
    let mut text = String::from("kind: Other\ntext: |\n");
    for line in 0..200_000 {
        let _ = writeln!(
            text,
            "  line {line}: {{{{ .Values.a }}}} and some more text{{{{/* */}}}}"
        );
    }
    assert!(text.len() > 10_000_000);
    fleet.write(TEMPLATE, text);
    fleet.check().assert_whole();
}

#[test]
fn what_is_no_chart_is_refused() {
    let without = fleet("no Chart.yaml");
    without.remove("chart/Chart.yaml");
    without
        .check()
        .assert_refused("a chart's directory holds a `Chart.yaml`");
    refused("chart/Chart.yaml", "", "chart/Chart.yaml");
    refused("chart/Chart.yaml", "- a\n", "chart/Chart.yaml");
    refused("chart/Chart.yaml", "name: [", "chart/Chart.yaml");
    refused(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: chart\nversion: x\n",
        "chart/Chart.yaml",
    );
    refused(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\ntype: library\n",
        "library charts are not installable",
    );
    let nothing = fleet("no template");
    nothing.remove(TEMPLATE);
    nothing.check().assert_refused("has no workload");
}

#[test]
fn values_that_are_no_mapping_are_refused() {
    for text in [
        "- a\n",
        "text\n",
        "1\n",
        "a: [\n",
        "a: 1\na: 2\n",
        "a:\n\tb: 1\n",
    ] {
        refused("chart/values.yaml", text, "chart/values.yaml");
        refused("given.yaml", text, "given.yaml");
    }
    let missing = fleet("no values file");
    missing.remove("given.yaml");
    missing
        .check()
        .assert_refused("`given.yaml` does not exist");
    // A subchart's values that are none.
    let fleet = fleet("values of a subchart");
    fleet.write(
        "chart/charts/sub/Chart.yaml",
        "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    );
    fleet.write("chart/charts/sub/templates/b.yaml", "kind: Other\n");
    fleet.write("given.yaml", "sub: text\n");
    fleet.check().assert_refused("sub");
}

#[test]
fn links_out_of_the_root_and_in_a_loop_are_refused() {
    let out = fleet("a link out of the root");
    std::os::unix::fs::symlink("/etc", out.path("chart/templates/out")).unwrap();
    out.check().assert_refused("chart/templates/out");
    let round = fleet("a link in a loop");
    std::os::unix::fs::symlink("..", round.path("chart/templates/round")).unwrap();
    round.check().assert_refused("chart/templates/round");
    let deep = fleet("charts in charts");
    let mut directory = String::from("chart");
    for _ in 0..200 {
        directory += "/charts/sub";
        deep.write(
            &format!("{directory}/Chart.yaml"),
            "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        );
    }
    deep.check().assert_whole();
}
