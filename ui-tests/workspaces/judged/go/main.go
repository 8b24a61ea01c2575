// The needle: a service in Go that loads its configuration from the store, and is sound unless a defect is asked for.
//
//	needle --config FILE --listen ADDRESS [--defect NAME]
//
// Each defect is a file of its own.
package main

import (
	"context"
	"fmt"
	"os"
)

const key = "config/needle.json"

// service is what the needle does, in pieces; a defect replaces one of them.
type service struct {
	key        func(arguments) string
	serverName func() (string, error)
	address    func(arguments) string
	load       func(context.Context, *client, tree) (configuration, error)
	// prepare comes between loading and listening.
	prepare func(context.Context, *client, tree) error
	follow  func(context.Context, *client, tree, configuration) error
}

func sound() *service {
	return &service{
		key:        func(arguments) string { return key },
		serverName: func() (string, error) { return variable("KV_SERVER_NAME") },
		address:    func(given arguments) string { return given.listen },
		load:       load,
		prepare:    func(context.Context, *client, tree) error { return nil },
		follow:     applyUpdates,
	}
}

func (s *service) run(ctx context.Context, given arguments) error {
	file, err := readFile(given.config)
	if err != nil {
		return err
	}
	serverName, err := s.serverName()
	if err != nil {
		return err
	}
	store, err := connect(s.key(given), serverName)
	if err != nil {
		return err
	}
	defer store.close()
	loaded, err := s.load(ctx, store, file)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, store, file); err != nil {
		return err
	}
	if err := connectDatabase(ctx); err != nil {
		return err
	}
	listener, err := listen(s.address(given))
	if err != nil {
		return err
	}
	defer listener.Close()
	log("INFO listening on %s, %s", s.address(given), loaded)
	return s.follow(ctx, store, file, loaded)
}

func log(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
}

func main() {
	given, err := parseArguments(os.Args[1:])
	if err == nil {
		needle := sound()
		if given.defect != nil {
			given.defect(needle)
		}
		err = needle.run(context.Background(), given)
	}
	if err != nil {
		log("ERROR %v", err)
		os.Exit(1)
	}
}
