package main

import "context"

// restartsAtTheFirstValue takes the first value that its watch brings for an update, and executes itself again.
func restartsAtTheFirstValue(s *service) {
	s.follow = func(ctx context.Context, store *client, _ tree, _ configuration) error {
		return store.updates(ctx, func([]byte) error { return executeAgain() })
	}
}
