package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ask makes one of each call and prints what each gave.
func ask(address string, config *tls.Config) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	must(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	checked, err := healthpb.NewHealthClient(connection).Check(ctx, &healthpb.HealthCheckRequest{})
	fmt.Println("Health", checked.GetStatus(), status.Code(err))

	call := func(name string, fill func(message)) {
		method := service.Methods().ByName(protoreflect.Name(name))
		asked, answer := newMessage(method.Input()), newMessage(method.Output())
		fill(asked)
		err := connection.Invoke(ctx, path(name), asked.Message, answer.Message)
		fmt.Printf("%s %s%s\n", name, status.Code(err), told(answer.Message))
	}
	entry := func(value string) func(message) {
		return func(m message) { m.set("key", "key").set("value", []byte(value)) }
	}
	key := func(m message) { m.set("key", "key") }

	call("Info", func(message) {})
	call("Get", key)
	call("Put", entry("one"))
	call("Get", key)
	call("PutIfAbsent", entry("two"))
	call("Update", func(m message) { entry("three")(m); m.set("revision", uint64(7)) })
	call("Update", func(m message) { entry("three")(m); m.set("revision", uint64(1)) })
	call("PutMany", func(m message) {
		entries := m.Mutable(m.field("entries")).List()
		setAll(entries.AppendMutable().Message(), map[string]any{"key": "other", "value": []byte("four")})
	})
	call("BatchGet", func(m message) {
		keys := m.Mutable(m.field("keys")).List()
		for _, key := range []string{"other", "absent", "key"} {
			keys.Append(protoreflect.ValueOfString(key))
		}
	})

	method := service.Methods().ByName("Watch")
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path("Watch"))
	must(err)
	must(stream.SendMsg(newMessage(method.Input()).set("key", "key").Message))
	must(stream.CloseSend())
	next := func() {
		answer := newMessage(method.Output())
		err := stream.RecvMsg(answer.Message)
		fmt.Printf("Watch %s%s\n", status.Code(err), told(answer.Message))
	}
	next()
	call("Put", entry("five"))
	next()
	call("Delete", key)
	next()
	call("Get", key)
}

func path(method string) string {
	return fmt.Sprintf("/%s/%s", service.FullName(), method)
}

// told has the fields that are set, in the order of their numbers.
func told(m protoreflect.Message) string {
	text := ""
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !m.Has(field) {
			continue
		}
		value := m.Get(field)
		switch {
		case field.IsList():
			for j := range value.List().Len() {
				text += fmt.Sprintf(" [%s ]", told(value.List().Get(j).Message()))
			}
		case field.Kind() == protoreflect.BytesKind:
			text += fmt.Sprintf(" %s=%s", field.Name(), value.Bytes())
		default:
			text += fmt.Sprintf(" %s=%v", field.Name(), value.Interface())
		}
	}
	return text
}

func setAll(m protoreflect.Message, values map[string]any) {
	for name, value := range values {
		m.Set(m.Descriptor().Fields().ByName(protoreflect.Name(name)), protoreflect.ValueOf(value))
	}
}
