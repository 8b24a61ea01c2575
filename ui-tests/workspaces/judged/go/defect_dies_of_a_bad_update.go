package main

import "context"

// diesOfABadUpdate ends where its key is changed to what is no configuration.
func diesOfABadUpdate(s *service) {
	s.follow = func(ctx context.Context, store *client, file tree, inUse configuration) error {
		return store.updates(ctx, func(value []byte) error {
			update, err := laidOver(store.key, file, value)
			if err == nil && update != inUse {
				inUse = update
				log("INFO update of %s applied, %s", store.key, inUse)
			}
			return err
		})
	}
}
