package main

import (
	"context"
	"fmt"
)

// load lays the store's value over the file. A key that holds nothing is seeded from the file.
func load(ctx context.Context, store *client, file tree) (configuration, error) {
	value, isHeld, err := store.get(ctx)
	if err != nil {
		return configuration{}, err
	}
	if !isHeld {
		isCreated, err := store.create(ctx, seed(file))
		if err != nil {
			return configuration{}, err
		}
		if isCreated {
			return configurationOf(file)
		}
		// Another was quicker.
		if value, _, err = store.get(ctx); err != nil {
			return configuration{}, err
		}
	}
	return laidOver(store.key, file, value)
}

// malformedError is a value of the store that is no configuration.
type malformedError struct {
	key   string
	fault error
}

func (e malformedError) Error() string {
	return fmt.Sprintf("%s holds no configuration: %v", e.key, e.fault)
}

func laidOver(key string, file tree, value []byte) (configuration, error) {
	over, err := parse(value)
	if err != nil {
		return configuration{}, malformedError{key, err}
	}
	made, err := configurationOf(merged(file, over))
	if err != nil {
		return configuration{}, malformedError{key, err}
	}
	return made, nil
}
