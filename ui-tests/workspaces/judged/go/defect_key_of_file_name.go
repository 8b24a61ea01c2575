package main

import "path/filepath"

// keyOfFileName makes its key of its configuration file's name, which is needle.json where it is deployed.
func keyOfFileName(s *service) {
	s.key = func(given arguments) string { return "config/" + filepath.Base(given.config) }
}
