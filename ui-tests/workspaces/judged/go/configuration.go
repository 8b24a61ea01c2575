package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// tree is a JSON object.
type tree map[string]any

type configuration struct {
	label           string
	intervalSeconds float64
	databaseUser    string
}

// String has what the service logs of its configuration.
func (c configuration) String() string {
	return fmt.Sprintf("label %s, every %g s", c.label, c.intervalSeconds)
}

// configurationOf makes a configuration of a tree. Its errors name fields, never values.
func configurationOf(from tree) (configuration, error) {
	label, isText := from["label"].(string)
	if !isText {
		return configuration{}, errors.New("the field label is no text")
	}
	if label == "" {
		return configuration{}, errors.New("the field label is empty")
	}
	interval, isNumber := from["interval_seconds"].(float64)
	if !isNumber {
		return configuration{}, errors.New("the field interval_seconds is no number")
	}
	database, _ := from["database"].(map[string]any)
	user, isText := database["user"].(string)
	if !isText {
		return configuration{}, errors.New("the field database.user is no text")
	}
	return configuration{label, interval, user}, nil
}

func parse(text []byte) (tree, error) {
	var parsed tree
	if err := json.Unmarshal(text, &parsed); err != nil || parsed == nil {
		return nil, errors.New("it is no JSON object")
	}
	return parsed, nil
}

func readFile(path string) (tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// seed is a file without its secret.
func seed(file tree) []byte {
	copied := merged(file, nil)
	if database, isObject := copied["database"].(map[string]any); isObject {
		delete(database, "password")
	}
	text, _ := json.Marshal(copied) // what was JSON can be written as JSON
	return text
}

// merged is a tree with another laid over it; neither is changed.
func merged(base, over tree) tree {
	result := tree{}
	for name, value := range base {
		if object, isObject := value.(map[string]any); isObject {
			value = map[string]any(merged(object, nil))
		}
		result[name] = value
	}
	for name, value := range over {
		object, isObject := value.(map[string]any)
		below, wasObject := result[name].(map[string]any)
		if isObject && wasObject {
			value = map[string]any(merged(below, object))
		}
		result[name] = value
	}
	return result
}
