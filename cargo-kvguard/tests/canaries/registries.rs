//! Secrets beside mistakes in registries.

use crate::places;

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_registry() {
    places(&[
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": \"@\" \"x\": 1}]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": ?@}]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": \"@",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\"}], \"a\": \"\\x@\"}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": {\"api\": \"@\"}}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [\"@\"]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"format\": \"@\"}]}",
            "registry.json:1",
        ),
        ("registry.json", "{\"services\": []} @", "registry.json:1"),
        (
            "registry.json",
            "// @\n{\"services\": []}",
            "registry.json:1",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api: # @\n    notes: \"@\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n    notes: '@' '@'\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n    notes: !@ '@'\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api: |\n    @\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n\t@: 1\n",
            "registry.yaml",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = '@\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = ?@\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = \"\\q@\" # @\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = '@' '@'\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.go",
            "package r\n\n// @\nvar d = map[string]D{\"api\": {KVKey: \"k\", Notes: \"@\", Name: \"@",
            "registry.go:4",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: f(\"@\"), Notes: `@`}} // @\n",
            "registry.go:3",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: \"\\q@\"}}\n",
            "registry.go:3",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: '@'}} /* @\n",
            "registry.go",
        ),
    ]);
}
