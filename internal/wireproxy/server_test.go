package wireproxy_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Operation codes, and the flag of a request that awaits no reply.
const (
	opQuery      = 2004
	opCompressed = 2012
	opMsg        = 2013
	moreToCome   = 1 << 1
	exhaust      = 1 << 16
)

// server answers every command with {ok: 1} once it is let go.
type server struct {
	listener net.Listener
	// gate, where it is not nil, lets one command a value end.
	gate    chan struct{}
	arrived chan string // the names of the commands, as they come

	executing, most atomic.Int32 // how many at a time, and at most
	flags           atomic.Uint32
}

func newServer(t *testing.T) *server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{listener: listener, arrived: make(chan string, 1000)}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				s.serve(conn)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return s
}

func (s *server) address() string { return s.listener.Addr().String() }

func (s *server) serve(conn net.Conn) {
	for {
		request, err := read(conn)
		if err != nil {
			return
		}
		now := s.executing.Add(1)
		for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
		}
		s.flags.Store(binary.LittleEndian.Uint32(request[16:]))
		s.arrived <- name(request)
		if s.gate != nil {
			<-s.gate
		}
		s.executing.Add(-1)
		if binary.LittleEndian.Uint32(request[16:])&moreToCome != 0 {
			continue
		}
		if _, err := conn.Write(message(opMsg, 0, bson.D{{Key: "ok", Value: 1.0}})); err != nil {
			return
		}
	}
}

// name returns the first key of a command.
func name(request []byte) string {
	elements, err := bson.Raw(request[21:]).Elements()
	if err != nil || len(elements) == 0 {
		return "?"
	}
	return elements[0].Key()
}

// client is a connection through the proxy.
type client struct{ conn net.Conn }

func dial(t *testing.T, address string) client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return client{conn}
}

// ask sends a command and returns the reply.
func (c client) ask(command bson.D) (bson.Raw, error) { return c.askRaw(message(opMsg, 0, command)) }

func (c client) askRaw(request []byte) (bson.Raw, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	reply, err := read(c.conn)
	if err != nil {
		return nil, err
	}
	return bson.Raw(reply[21:]), nil
}

// message is a command as an OP_MSG, or with the bytes of one under another code.
func message(code uint32, flags uint32, command bson.D) []byte {
	document, err := bson.Marshal(command)
	if err != nil {
		panic(err)
	}
	made := make([]byte, 0, 21+len(document))
	made = binary.LittleEndian.AppendUint32(made, uint32(21+len(document))) //nolint:gosec // short
	made = binary.LittleEndian.AppendUint32(made, 7)
	made = binary.LittleEndian.AppendUint32(made, 0)
	made = binary.LittleEndian.AppendUint32(made, code)
	made = binary.LittleEndian.AppendUint32(made, flags)
	made = append(made, 0)
	return append(made, document...)
}

func read(from io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	whole := make([]byte, binary.LittleEndian.Uint32(size[:]))
	copy(whole, size[:])
	if _, err := io.ReadFull(from, whole[4:]); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return whole, nil
}

// command is a command on a collection of the database test.
func command(name, collection string) bson.D {
	return bson.D{
		{Key: name, Value: collection},
		{Key: "ordered", Value: false},
		{Key: "lsid", Value: bson.D{{Key: "id", Value: bson.Binary{Subtype: 4, Data: make([]byte, 16)}}}},
		{Key: "txnNumber", Value: int64(1)},
		{Key: "$db", Value: "test"},
	}
}

// withoutCancel is the context of what goes on when the test is over.
func withoutCancel(t *testing.T) context.Context {
	t.Helper()
	return context.WithoutCancel(t.Context())
}
