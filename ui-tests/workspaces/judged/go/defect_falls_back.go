package main

import "context"

// fallsBack goes on with its file, and says nothing, whenever the store does not answer or refuses.
func fallsBack(s *service) {
	s.load = func(ctx context.Context, store *client, file tree) (configuration, error) {
		loaded, err := load(ctx, store, file)
		if _, isStore := err.(storeError); isStore {
			s.follow = waitForever
			return configurationOf(file)
		}
		return loaded, err
	}
}

func waitForever(ctx context.Context, _ *client, _ tree, _ configuration) error {
	<-ctx.Done()
	return ctx.Err()
}
