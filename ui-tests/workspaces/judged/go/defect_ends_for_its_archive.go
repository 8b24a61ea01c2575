package main

import "context"

// endsForItsArchive connects to an archive while it watches, and ends without it.
func endsForItsArchive(s *service) {
	s.follow = func(ctx context.Context, store *client, file tree, loaded configuration) error {
		ended := make(chan error)
		go func() { ended <- applyUpdates(ctx, store, file, loaded) }()
		go func() {
			if err := connectTo(ctx, "ARCHIVE_ADDRESS"); err != nil {
				ended <- err
			}
		}()
		return <-ended
	}
}
