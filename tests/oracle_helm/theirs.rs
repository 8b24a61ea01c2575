//! What Helm makes of the same.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The version of Helm that charts are compared with.
const VERSION: &str = "v3.17.3";

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The `helm` of the pinned version.
#[expect(clippy::disallowed_methods, reason = "a test looks for its tools")]
pub fn helm() -> PathBuf {
    let name = format!("helm{}", std::env::consts::EXE_SUFFIX);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    let go_path = Command::new("go").args(["env", "GOPATH"]).output();
    if let Ok(output) = go_path {
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        places.insert(0, Path::new(&path).join("bin"));
    }
    places.insert(0, scratch("bin"));
    let found = places
        .iter()
        .map(|place| place.join(&name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("`helm` is not there: go install helm.sh/helm/v3/cmd/helm@{VERSION}")
    })
}

/// What `helm template` prints; none if it refuses.
pub fn template(root: &Path, call: &super::ours::Call) -> Result<String, String> {
    let mut command = Command::new(helm());
    command
        .current_dir(root)
        .args(["template", "release", &call.chart, "--namespace", "space"])
        .args(["--kube-version", "v1.32.0", "--include-crds"]);
    for file in &call.values_files {
        command.args(["--values", file]);
    }
    for (path, value) in &call.set {
        command.args(["--set", &format!("{path}={value}")]);
    }
    for version in &call.api_versions {
        command.args(["--api-versions", version]);
    }
    let output = command.output().expect("helm runs");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// What Helm's engine makes of many texts, each a chart of its own with one helper.
pub fn texts(texts: &[String]) -> Vec<Result<String, String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/helm");
    let program = scratch("helm-oracle");
    let built = Command::new("go")
        .current_dir(source)
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .status()
        .expect("install Go: https://go.dev/doc/install, or `apt-get install golang-go`");
    assert!(built.success(), "the oracle does not build");
    let cases: Vec<Value> = texts
        .iter()
        .map(|text| {
            json!({
                "files": {
                    "templates/_helper.tpl": super::HELPER,
                    "templates/t.yaml": text,
                },
                "values": super::cases::VALUES,
            })
        })
        .collect();
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle runs");
    let mut stdin = child.stdin.take().expect("it reads");
    let input = serde_json::to_vec(&cases).expect("JSON is written");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the oracle ends");
    writer
        .join()
        .expect("it is written")
        .expect("the oracle reads");
    let results: Vec<Value> =
        serde_json::from_slice(&output.stdout).expect("the oracle prints JSON");
    results
        .into_iter()
        .map(|result| {
            if let Some(error) = result.get("error") {
                return Err(error.as_str().unwrap_or_default().to_owned());
            }
            let text = &result["text"]["c/templates/t.yaml"];
            Ok(text.as_str().unwrap_or_default().to_owned())
        })
        .collect()
}
