package main

import "context"

// endsForItsArchive connects to an archive while it watches, and ends without it.
func endsForItsArchive(s *service) {
	s.follow = func(ctx context.Context, store *client, file tree, loaded configuration) error {
		ctx, cancel := context.WithCancel(ctx)
		watch := make(chan error, 1)
		go func() { watch <- applyUpdates(ctx, store, file, loaded) }()
		archive := make(chan error, 1)
		go func() {
			if err := connectTo(ctx, "ARCHIVE_ADDRESS"); err != nil {
				archive <- err
			}
		}()
		var err error
		select {
		case err = <-watch:
			cancel()
		case err = <-archive:
			// The watch ends before its connection does, so that it does not warn of that.
			cancel()
			<-watch
		}
		return err
	}
}
