package main

import "context"

// restartsForAChange executes itself again when its key is changed to another configuration: the mended twin of those that restart
// at the first value.
func restartsForAChange(s *service) {
	s.follow = func(ctx context.Context, store *client, file tree, inUse configuration) error {
		return store.updates(ctx, func(value []byte) error {
			update, err := laidOver(store.key, file, value)
			switch {
			case err != nil:
				log("WARN update not applied: %v", err)
			case update != inUse:
				log("INFO update of %s detected, restarting", store.key)
				return executeAgain()
			}
			return nil
		})
	}
}
