package mongodb_test

import (
	"context"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// server is just enough of a MongoDB to be connected to: it says of itself what it
// is told to say, and keeps the commands that it is sent.
type server struct {
	listener net.Listener
	hello    bson.M // beside what every hello says
	silent   bool   // answers nothing at all

	mu       sync.Mutex
	commands []bson.Raw
	conns    []net.Conn
}

// serve starts a server that lives as long as the test.
func serve(t *testing.T, s *server) *server {
	t.Helper()
	var err error
	s.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			serving.Go(func() {
				s.answerAll(conn)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.mu.Lock()
		for _, conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		serving.Wait()
	})
	return s
}

// uri returns the connection string, with user and options as given.
func (s *server) uri(user, options string) string {
	return "mongodb://" + user + s.listener.Addr().String() + "/?directConnection=true" + options
}

// answerAll answers the commands of one connection.
func (s *server) answerAll(conn net.Conn) {
	for {
		head := make([]byte, 16)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		body := make([]byte, binary.LittleEndian.Uint32(head)-16)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		code := binary.LittleEndian.Uint32(head[12:])
		// An OP_MSG has flags and the kind of its section before the document; an
		// OP_QUERY has flags, a name and two numbers.
		document := bson.Raw(body[5:])
		if code == 2004 {
			document = bson.Raw(body[4+slices.Index(body[4:], 0)+9:])
		}
		if s.silent {
			continue
		}
		if _, err := conn.Write(reply(code, head[4:8], s.answer(document))); err != nil {
			return
		}
	}
}

// answer returns the answer to a command, and keeps the command.
func (s *server) answer(command bson.Raw) bson.M {
	elements, err := command.Elements()
	if err != nil || len(elements) == 0 {
		return bson.M{"ok": 0, "errmsg": "no command"}
	}
	s.mu.Lock()
	s.commands = append(s.commands, slices.Clone(command))
	s.mu.Unlock()
	switch elements[0].Key() {
	case "hello", "isMaster", "ismaster":
		answer := bson.M{
			"ok": 1, "isWritablePrimary": true, "minWireVersion": 0, "maxWireVersion": 21, "maxBsonObjectSize": 16 << 20,
			"maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000, "logicalSessionTimeoutMinutes": 30,
			"localTime": time.UnixMilli(1755798743223),
		}
		maps.Copy(answer, s.hello)
		return answer
	case "saslStart":
		return bson.M{"ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."}
	case "find":
		return bson.M{"ok": 1, "cursor": bson.M{"id": int64(0), "ns": "test.messages", "firstBatch": bson.A{}}}
	default:
		return bson.M{"ok": 1, "n": 1}
	}
}

// sent returns the first command of a name.
func (s *server) sent(t *testing.T, name string) bson.Raw {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, command := range s.commands {
		if _, err := command.LookupErr(name); err == nil {
			return command
		}
	}
	require.Fail(t, "no such command was sent", name)
	return nil
}

// reply is a document as the reply to a request.
func reply(code uint32, requestID []byte, answer bson.M) []byte {
	document, err := bson.Marshal(answer)
	if err != nil {
		panic(err)
	}
	made := make([]byte, 8, 64+len(document))
	made = append(made, requestID...)
	if code == 2004 {
		made = binary.LittleEndian.AppendUint32(made, 1) // OP_REPLY
		made = append(made, make([]byte, 16)...)
		made = binary.LittleEndian.AppendUint32(made, 1)
	} else {
		made = binary.LittleEndian.AppendUint32(made, 2013)
		made = append(made, make([]byte, 5)...)
	}
	made = append(made, document...)
	binary.LittleEndian.PutUint32(made, uint32(len(made))) //nolint:gosec // short
	return made
}

// afterTest is the context for what is done when the test is over.
func afterTest(t *testing.T) context.Context {
	t.Helper()
	return context.WithoutCancel(t.Context())
}
