// Renders a batch of templates with Helm's engine: one process for thousands of cases.
//
// Standard input is a JSON list of {"files": {"templates/a.yaml": "…"}, "values": {…}}; standard output is a
// JSON list of {"text": {"…": "…"}} or {"error": "…"}, in the same order.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

type input struct {
	Files  map[string]string `json:"files"`
	Values string            `json:"values"`
}

type output struct {
	Text  map[string]string `json:"text,omitempty"`
	Error string            `json:"error,omitempty"`
}

func render(in input) (out output) {
	defer func() {
		if r := recover(); r != nil {
			out = output{Error: fmt.Sprint(r)}
		}
	}()
	c := &chart.Chart{Metadata: &chart.Metadata{Name: "c", Version: "1.2.3", AppVersion: "4.5.6", APIVersion: "v2"}}
	for name, text := range in.Files {
		file := &chart.File{Name: name, Data: []byte(text)}
		if strings.HasPrefix(name, "templates/") {
			c.Templates = append(c.Templates, file)
		} else {
			c.Files = append(c.Files, file)
		}
	}
	values := map[string]interface{}{}
	if err := yaml.Unmarshal([]byte(in.Values), &values); err != nil {
		return output{Error: err.Error()}
	}
	c.Values = values
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = chartutil.KubeVersion{Version: "v1.32.0", Major: "1", Minor: "32"}
	options := chartutil.ReleaseOptions{Name: "release", Namespace: "space", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, nil, options, caps)
	if err != nil {
		return output{Error: err.Error()}
	}
	text, err := engine.Render(c, all)
	if err != nil {
		return output{Error: err.Error()}
	}
	return output{Text: text}
}

func main() {
	var cases []input
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results := make([]output, len(cases))
	for i, c := range cases {
		results[i] = render(c)
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
