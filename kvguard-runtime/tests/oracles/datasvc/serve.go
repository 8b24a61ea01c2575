package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

type slot struct {
	value    []byte
	held     bool
	revision uint64
}

type store struct {
	mutex    sync.Mutex
	changed  *sync.Cond
	slots    map[string]slot
	revision uint64
	roles    map[string]string
}

func serve(config *tls.Config, writer, reader string) {
	s := &store{
		slots: map[string]slot{},
		roles: map[string]string{writer: "writer", reader: "reader"},
	}
	s.changed = sync.NewCond(&s.mutex)
	// As the reference has it; what gRPC for Go takes is 4 MiB, too, unless it is told otherwise.
	longest := grpc.MaxSendMsgSize(4 << 20)
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)), longest)
	server.RegisterService(s.description(), s)
	healthpb.RegisterHealthServer(server, health.NewServer())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go func() { must(server.Serve(listener)) }()
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Stop()
}

// description has every method of the interface; each is answered by its name.
func (s *store) description() *grpc.ServiceDesc {
	description := &grpc.ServiceDesc{
		ServiceName: string(service.FullName()),
		HandlerType: (*any)(nil),
	}
	methods := service.Methods()
	for i := range methods.Len() {
		method := methods.Get(i)
		name := string(method.Name())
		if method.IsStreamingServer() {
			description.Streams = append(description.Streams, grpc.StreamDesc{
				StreamName:    name,
				ServerStreams: true,
				Handler: func(_ any, stream grpc.ServerStream) error {
					asked := newMessage(method.Input())
					if err := stream.RecvMsg(asked.Message); err != nil {
						return err
					}
					if err := s.authorise(stream.Context(), name); err != nil {
						return err
					}
					return s.watch(stream, asked.get("key").String(), newMessage(method.Output()))
				},
			})
			continue
		}
		description.Methods = append(description.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				asked := newMessage(method.Input())
				if err := decode(asked.Message); err != nil {
					return nil, err
				}
				if err := s.authorise(ctx, name); err != nil {
					return nil, err
				}
				answer := newMessage(method.Output())
				s.mutex.Lock()
				defer s.mutex.Unlock()
				defer s.changed.Broadcast()
				if err := s.answer(name, asked, answer); err != nil {
					return nil, err
				}
				return answer.Message, nil
			},
		})
	}
	return description
}

func identity(ctx context.Context) string {
	client, _ := peer.FromContext(ctx)
	return identityOf(client.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0])
}

func identityOf(certificate *x509.Certificate) string {
	for _, uri := range certificate.URIs {
		if uri.Scheme == "spiffe" {
			return uri.String()
		}
	}
	return certificate.Subject.String()
}

func (s *store) authorise(ctx context.Context, method string) error {
	role := s.roles[identity(ctx)]
	reads := strings.Contains(" Get BatchGet Watch Info ", " "+method+" ")
	if role == "writer" || role == "reader" && reads {
		return nil
	}
	return status.Error(codes.PermissionDenied, "role missing")
}

func (s *store) set(key string, value []byte, held bool) uint64 {
	s.revision++
	s.slots[key] = slot{value, held, s.revision}
	return s.revision
}

func (s *store) answer(method string, asked, answer message) error {
	switch method {
	case "Get":
		key := asked.get("key").String()
		held := s.slots[key]
		if held.held {
			answer.set("found", true).set("value", held.value).set("revision", held.revision)
		}
	case "BatchGet":
		results := answer.Mutable(answer.field("results")).List()
		keys := asked.get("keys").List()
		for i := range keys.Len() {
			key := keys.Get(i).String()
			held := s.slots[key]
			result := results.AppendMutable().Message()
			fields := result.Descriptor().Fields()
			result.Set(fields.ByName("key"), keys.Get(i))
			if held.held {
				setAll(result, map[string]any{"value": held.value, "found": true, "revision": held.revision})
			}
		}
	case "Put":
		s.set(asked.get("key").String(), asked.get("value").Bytes(), true)
	case "PutIfAbsent":
		key := asked.get("key").String()
		if s.slots[key].held {
			return status.Error(codes.AlreadyExists, "key exists")
		}
		s.set(key, asked.get("value").Bytes(), true)
	case "Update":
		key := asked.get("key").String()
		if s.slots[key].revision != asked.get("revision").Uint() {
			return status.Error(codes.Aborted, "cas mismatch")
		}
		answer.set("revision", s.set(key, asked.get("value").Bytes(), true))
	case "Delete":
		key := asked.get("key").String()
		if s.slots[key].held {
			s.set(key, nil, false)
		}
	case "Info":
		answer.set("bucket", "kvguard-test").set("object_bucket", "kvguard-test-objects")
	default:
		return status.Error(codes.Unimplemented, method)
	}
	return nil
}

func (s *store) watch(stream grpc.ServerStream, key string, answer message) error {
	ctx := stream.Context()
	stop := context.AfterFunc(ctx, func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.changed.Broadcast()
	})
	defer stop()
	var sent uint64
	for {
		s.mutex.Lock()
		for s.slots[key].revision == sent && ctx.Err() == nil {
			s.changed.Wait()
		}
		held := s.slots[key]
		s.mutex.Unlock()
		if ctx.Err() != nil {
			return nil
		}
		sent = held.revision
		value := held.value
		if !held.held {
			value = nil
		}
		if err := stream.SendMsg(answer.set("value", append([]byte{}, value...)).Message); err != nil {
			return err
		}
	}
}
