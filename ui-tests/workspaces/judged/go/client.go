package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// client is the data service that the environment tells of, and the key.
type client struct {
	connection *grpc.ClientConn
	address    string
	key        string
}

// storeError is an answer of the store that is none, or none at all.
type storeError struct {
	key, address string
	cause        error
}

func (e storeError) Error() string {
	answer := status.Convert(e.cause)
	if answer.Code() == codes.Unavailable {
		return fmt.Sprintf("%s at %s: %s", e.key, e.address, answer.Message())
	}
	// What the data service says besides its status could repeat a value.
	return fmt.Sprintf("%s at %s: the store answered %s", e.key, e.address, answer.Code())
}

const deadline = 5 * time.Second

func connect(key, serverName string) (*client, error) {
	address, err := variable("KV_ADDRESS")
	if err != nil {
		return nil, err
	}
	config, err := tlsConfig(serverName)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	if err != nil {
		return nil, err
	}
	return &client{connection, address, key}, nil
}

func tlsConfig(serverName string) (*tls.Config, error) {
	var paths [3]string
	for i, name := range []string{"KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"} {
		path, err := variable(name)
		if err != nil {
			return nil, err
		}
		paths[i] = path
	}
	if mode := os.Getenv("KV_SEC_MODE"); mode != "mtls" {
		return nil, fmt.Errorf("the variable KV_SEC_MODE is not mtls")
	}
	pair, err := tls.LoadX509KeyPair(paths[0], paths[1])
	if err != nil {
		return nil, err
	}
	trusted, err := os.ReadFile(paths[2])
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(trusted) {
		return nil, fmt.Errorf("%s holds no certificate", paths[2])
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		RootCAs:      authorities,
		ServerName:   serverName,
	}, nil
}

func (c *client) close() { _ = c.connection.Close() }

func (c *client) call(ctx context.Context, method string, value []byte) (fields, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	asked := fields{bytes: map[protowire.Number][]byte{1: []byte(c.key)}}
	if value != nil {
		asked.bytes[2] = value
	}
	var answer fields
	err := c.connection.Invoke(ctx, "/proto.KVService/"+method, &asked, &answer)
	return answer, err
}

// get gives what the key holds, and whether it holds anything.
func (c *client) get(ctx context.Context) ([]byte, bool, error) {
	answer, err := c.call(ctx, "Get", nil)
	if err != nil {
		return nil, false, storeError{c.key, c.address, err}
	}
	return answer.bytes[1], answer.numbers[2] == 1, nil
}

// create writes a value where there is none, and gives whether there was none.
func (c *client) create(ctx context.Context, value []byte) (bool, error) {
	_, err := c.call(ctx, "PutIfAbsent", value)
	switch status.Code(err) {
	case codes.OK:
		return true, nil
	case codes.AlreadyExists:
		return false, nil
	default:
		return false, storeError{c.key, c.address, err}
	}
}

func (c *client) put(ctx context.Context, value []byte) error {
	if _, err := c.call(ctx, "Put", value); err != nil {
		return storeError{c.key, c.address, err}
	}
	return nil
}
