// An oracle for the store behind a data service and its double: the same interface by gRPC's and SPIFFE's own libraries for Go.
//
//	oracle serve CERT KEY CA WRITER READER   a data service; prints its address, ends with its standard input
//	oracle ask ADDRESS CERT KEY CA           one of each call; prints what each gave
//	oracle ask-spiffe ADDRESS SOCKET SERVER  the same, with an identity from the Workload API
//	oracle identity CERT                     as whom a certificate is known
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"os"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

//go:embed kv.proto
var source string

var service = compile()

func compile() protoreflect.ServiceDescriptor {
	files := map[string]string{"kv.proto": source}
	compiler := protocompile.Compiler{
		Resolver: &protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(files)},
	}
	compiled, err := compiler.Compile(context.Background(), "kv.proto")
	must(err)
	return compiled[0].Services().ByName("KVService")
}

// message is one of the interface's messages, its fields by their names.
type message struct{ *dynamicpb.Message }

func newMessage(descriptor protoreflect.MessageDescriptor) message {
	return message{dynamicpb.NewMessage(descriptor)}
}

func (m message) field(name string) protoreflect.FieldDescriptor {
	field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if field == nil {
		panic("no field " + name)
	}
	return field
}

func (m message) get(name string) protoreflect.Value { return m.Get(m.field(name)) }

func (m message) set(name string, value any) message {
	m.Set(m.field(name), protoreflect.ValueOf(value))
	return m
}

func main() {
	switch arguments := os.Args[1:]; arguments[0] {
	case "serve":
		serve(mtls(arguments[1], arguments[2], arguments[3]), arguments[4], arguments[5])
	case "ask":
		ask(arguments[1], mtls(arguments[2], arguments[3], arguments[4]))
	case "ask-spiffe":
		background := context.Background()
		ctx, cancel := context.WithTimeout(background, 30*time.Second)
		defer cancel()
		source, err := workloadapi.NewX509Source(
			ctx, workloadapi.WithClientOptions(workloadapi.WithAddr(arguments[2])))
		must(err)
		defer source.Close()
		server := spiffeid.RequireFromString(arguments[3])
		ask(arguments[1], tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(server)))
	case "identity":
		fmt.Println(identityOf(certificate(arguments[1])))
	default:
		panic("unknown command " + arguments[0])
	}
}

func mtls(certificate, key, authorities string) *tls.Config {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	must(err)
	trusted, err := os.ReadFile(authorities)
	must(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(trusted) {
		panic("no authority")
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}
}

func certificate(path string) *x509.Certificate {
	content, err := os.ReadFile(path)
	must(err)
	block, _ := pem.Decode(content)
	parsed, err := x509.ParseCertificate(block.Bytes)
	must(err)
	return parsed
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
