// Loads compose projects with compose-go and prints what it makes of them.
//
// Standard input is a JSON list of projects, standard output a JSON list of results in the same order.
// The host's environment plays no part.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type project struct {
	// Root is the directory that every other path is relative to.
	Root      string            `json:"root"`
	Files     []string          `json:"files"`
	EnvFiles  []string          `json:"env_files"`
	Variables map[string]string `json:"variables"`
	Profiles  []string          `json:"profiles"`
}

type mount struct {
	Target string `json:"target"`
	Type   string `json:"type"`
	Source string `json:"source"`
}

type service struct {
	Environment map[string]*string `json:"environment"`
	Mounts      []mount            `json:"mounts"`
	Profiles    []string           `json:"profiles"`
}

type result struct {
	Error    string             `json:"error,omitempty"`
	Services map[string]service `json:"services,omitempty"`
}

// raw reads `NAME=value` lines as they are, which Docker Compose registers as the format `raw`.
func raw(r io.Reader, _ string, vars map[string]string, lookup func(string) (string, bool)) error {
	scanner := bufio.NewScanner(r)
	for first := true; scanner.Scan(); first = false {
		line := scanner.Text()
		if first {
			line = strings.TrimPrefix(line, "\uFEFF")
		}
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if name == "" || strings.ContainsAny(name, " \t") {
			return fmt.Errorf("invalid variable name")
		}
		if !found {
			if value, found = lookup(name); !found {
				continue
			}
		}
		vars[name] = value
	}
	return scanner.Err()
}

func load(p project) (res result) {
	defer func() {
		if panicked := recover(); panicked != nil {
			res = result{Error: fmt.Sprint("panic: ", panicked)}
		}
	}()
	fail := func(err error) result { return result{Error: err.Error()} }
	root, err := filepath.Abs(p.Root)
	if err != nil {
		return fail(err)
	}
	var files []string
	for _, file := range p.Files {
		files = append(files, filepath.Join(root, file))
	}
	directory := filepath.Dir(files[0])
	// compose-go resolves some paths of nested includes against the current directory.
	if err := os.Chdir(directory); err != nil {
		return fail(err)
	}
	var envFiles []string
	for _, file := range p.EnvFiles {
		envFiles = append(envFiles, filepath.Join(root, file))
	}
	environment := types.Mapping{}
	for name, value := range p.Variables {
		environment[name] = value
	}
	fromFiles, err := dotenv.GetEnvFromFile(environment, envFiles)
	if err != nil {
		return fail(err)
	}
	environment.Merge(fromFiles)
	profiles := p.Profiles
	if profiles == nil {
		profiles = []string{"*"}
	}
	details := types.ConfigDetails{
		WorkingDir:  directory,
		ConfigFiles: types.ToConfigFiles(files),
		Environment: environment,
	}
	loaded, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) {
		name, explicit := environment["COMPOSE_PROJECT_NAME"]
		if !explicit {
			name = "oracle"
		}
		o.SetProjectName(name, explicit)
		o.Profiles = profiles
	})
	if err != nil {
		return fail(err)
	}
	relative := func(path string) string {
		// Paths beside the root are the project's, all others the host's.
		if strings.HasPrefix(path, filepath.Dir(root)+"/") {
			if rel, err := filepath.Rel(root, path); err == nil {
				return rel
			}
		}
		return path
	}
	services := map[string]service{}
	for name, s := range loaded.Services {
		out := service{Environment: map[string]*string{}, Profiles: s.Profiles}
		for variable, value := range s.Environment {
			out.Environment[variable] = value
		}
		for _, v := range s.Volumes {
			source := v.Source
			if v.Type == "bind" {
				source = relative(source)
			}
			out.Mounts = append(out.Mounts, mount{v.Target, v.Type, source})
		}
		object := func(base string, ref types.FileReferenceConfig, config types.FileObjectConfig) {
			target := ref.Target
			if target == "" {
				target = ref.Source
			}
			if !strings.HasPrefix(target, "/") {
				target = base + target
			}
			switch {
			case config.File != "":
				out.Mounts = append(out.Mounts, mount{target, "file", relative(config.File)})
			case config.Content != "" && config.Environment == "":
				out.Mounts = append(out.Mounts, mount{target, "inline", ""})
			default:
				out.Mounts = append(out.Mounts, mount{target, "unknown", ref.Source})
			}
		}
		for _, c := range s.Configs {
			object("/", types.FileReferenceConfig(c), types.FileObjectConfig(loaded.Configs[c.Source]))
		}
		for _, c := range s.Secrets {
			object("/run/secrets/", types.FileReferenceConfig(c), types.FileObjectConfig(loaded.Secrets[c.Source]))
		}
		services[name] = out
	}
	return result{Services: services}
}

func main() {
	logrus.SetOutput(io.Discard)
	dotenv.RegisterFormat("raw", raw)
	// `~` is left to be seen as itself.
	os.Clearenv()
	var projects []project
	if err := json.NewDecoder(os.Stdin).Decode(&projects); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	results := make([]result, 0, len(projects))
	for _, p := range projects {
		results = append(results, load(p))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
