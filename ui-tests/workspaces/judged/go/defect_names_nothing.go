package main

import (
	"context"
	"errors"
)

// namesNothing ends with an error that tells neither the key nor the field where the key holds no configuration.
func namesNothing(s *service) {
	s.load = func(ctx context.Context, store *client, file tree) (configuration, error) {
		loaded, err := load(ctx, store, file)
		if _, isMalformed := err.(malformedError); isMalformed {
			err = errors.New("the configuration is not valid")
		}
		return loaded, err
	}
}
