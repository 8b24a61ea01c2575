package main

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
)

const retryAfter = time.Second

// updates gives each value of the key, the one that it holds at the beginning included. It begins again after an outage.
func (c *client) updates(ctx context.Context, each func(value []byte) error) error {
	for {
		err := c.watch(ctx, each)
		if _, isStore := err.(storeError); !isStore {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		log("WARN %v", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}

func (c *client) watch(ctx context.Context, each func(value []byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	description := &grpc.StreamDesc{ServerStreams: true}
	stream, err := c.connection.NewStream(ctx, description, "/proto.KVService/Watch")
	if err != nil {
		return storeError{c.key, c.address, err}
	}
	asked := fields{bytes: map[protowire.Number][]byte{1: []byte(c.key)}}
	if err := stream.SendMsg(&asked); err != nil {
		return storeError{c.key, c.address, err}
	}
	if err := stream.CloseSend(); err != nil {
		return storeError{c.key, c.address, err}
	}
	for {
		var answer fields
		if err := stream.RecvMsg(&answer); err != nil {
			return storeError{c.key, c.address, err}
		}
		if len(answer.bytes[1]) == 0 {
			log("WARN %s was deleted, nothing changes", c.key)
			continue
		}
		if err := each(answer.bytes[1]); err != nil {
			return err
		}
	}
}

// applyUpdates applies each update that is a configuration, and goes on without those that are none.
func applyUpdates(ctx context.Context, store *client, file tree, inUse configuration) error {
	return store.updates(ctx, func(value []byte) error {
		update, err := laidOver(store.key, file, value)
		switch {
		case err != nil:
			log("WARN update not applied: %v", err)
		case update != inUse:
			inUse = update
			log("INFO update of %s applied, %s", store.key, inUse)
		}
		return nil
	})
}
