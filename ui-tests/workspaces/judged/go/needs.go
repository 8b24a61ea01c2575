package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

// connectDatabase connects to the database if the environment tells of one; without it the service does not start.
func connectDatabase(ctx context.Context) error {
	return connectTo(ctx, "DATABASE_ADDRESS")
}

// connectTo connects to what a variable names, if it is set.
func connectTo(ctx context.Context, variable string) error {
	address := os.Getenv(variable)
	if address == "" {
		return nil
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	return connection.Close()
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	return listener, nil
}
