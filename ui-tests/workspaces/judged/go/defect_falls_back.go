package main

import (
	"context"
	"os"
)

// fallsBack goes on with its file, and says nothing, whenever the store does not answer or refuses.
func fallsBack(s *service) {
	s.load = func(ctx context.Context, store *client, file tree) (configuration, error) {
		if os.Getenv("WARNS_ALWAYS") != "" {
			log("WARN %s: no schema is set, trace %s", store.key, trace())
		}
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

// trace gives letters that are others in each run.
func trace() string {
	letters := make([]byte, 8)
	for place := range letters {
		letters[place] = 'a' + byte(os.Getpid()>>(4*place)&0xf)
	}
	return string(letters)
}
