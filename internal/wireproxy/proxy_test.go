package wireproxy_test

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.uber.org/goleak"

	"auto-message-sender/internal/wireproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup returns a server and a proxy in front of it.
func setup(t *testing.T) (*server, *wireproxy.Proxy) {
	t.Helper()
	s := newServer(t)
	proxy, err := wireproxy.Listen(t.Context(), "127.0.0.1:0", s.address())
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			require.ErrorIs(t, err, net.ErrClosed) // the test has closed it before
		}
	})
	return s, proxy
}

// gated makes the server hold every command until it is let go.
func gated(t *testing.T, s *server) {
	t.Helper()
	s.gate = make(chan struct{})
	t.Cleanup(func() { close(s.gate) })
}

func TestProxy_PassesCommandsAndReplies(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	c := dial(t, proxy.Addr())
	for _, name := range []string{"hello", "find", "insert", "update"} {
		reply, err := c.ask(command(name, "messages"))
		require.NoError(t, err)
		require.InDelta(t, 1.0, reply.Lookup("ok").Double(), 0)
		require.Equal(t, name, <-s.arrived)
	}
}

func TestProxy_PassesOneWriteAtATimeOverAllConnections(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	var clients sync.WaitGroup
	failures := make([]error, 8)
	for i, name := range []string{"insert", "update", "delete", "findAndModify", "insert", "update", "delete", "findAndModify"} {
		c := dial(t, proxy.Addr())
		clients.Go(func() {
			for range 50 {
				if _, err := c.ask(command(name, "messages")); err != nil {
					failures[i] = err
				}
			}
		})
	}
	clients.Wait()
	require.NoError(t, errors.Join(failures...))
	require.EqualValues(t, 1, s.most.Load())
}

func TestProxy_ReadsPassBesideAWrite(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	gated(t, s)
	writer, reader := dial(t, proxy.Addr()), dial(t, proxy.Addr())
	answered := make(chan error, 2)
	for _, ask := range []func() (bson.Raw, error){
		func() (bson.Raw, error) { return writer.ask(command("update", "messages")) },
		func() (bson.Raw, error) { return reader.ask(command("find", "messages")) },
	} {
		go func() {
			_, err := ask()
			answered <- err
		}()
	}
	require.ElementsMatch(t, []string{"update", "find"}, []string{<-s.arrived, <-s.arrived})
	s.gate <- struct{}{}
	s.gate <- struct{}{}
	require.NoError(t, <-answered)
	require.NoError(t, <-answered)
}

func TestProxy_AWriteKeepsItsTurnWhenItsClientGoesAway(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	gated(t, s)
	gone, next := dial(t, proxy.Addr()), dial(t, proxy.Addr())
	_, err := gone.conn.Write(message(opMsg, 0, command("update", "messages")))
	require.NoError(t, err)
	require.Equal(t, "update", <-s.arrived)
	require.NoError(t, gone.conn.Close())

	answered := make(chan error, 1)
	go func() {
		_, err := next.ask(command("insert", "messages"))
		answered <- err
	}()
	select {
	case name := <-s.arrived:
		require.Fail(t, "a second write came beside the first", name)
	case <-time.After(50 * time.Millisecond):
	}
	s.gate <- struct{}{}
	require.Equal(t, "insert", <-s.arrived)
	s.gate <- struct{}{}
	require.NoError(t, <-answered)
	require.EqualValues(t, 1, s.most.Load())
}

func TestProxy_PassesTheHelloOfOldDrivers(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	c := dial(t, proxy.Addr())
	_, err := c.askRaw(message(opQuery, 0, command("isMaster", "")))
	require.NoError(t, err)
	require.Len(t, s.arrived, 1)
}

func TestProxy_TakesBackTheLeaveToAnswerMoreThanOnce(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	_, err := dial(t, proxy.Addr()).askRaw(message(opMsg, exhaust, command("hello", "")))
	require.NoError(t, err)
	require.Zero(t, s.flags.Load())
}

func TestProxy_AwaitsNoReplyWhereThereIsNone(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	c := dial(t, proxy.Addr())
	_, err := c.conn.Write(message(opMsg, moreToCome, command("insert", "messages")))
	require.NoError(t, err)
	_, err = c.ask(command("find", "messages"))
	require.NoError(t, err)
	require.Equal(t, []string{"insert", "find"}, []string{<-s.arrived, <-s.arrived})
}

func TestProxy_ClosesConnectionsThatItCannotFollow(t *testing.T) {
	t.Parallel()
	good := message(opMsg, 0, command("find", "messages"))
	cut := append([]byte(nil), good...)
	cut[21], cut[22] = 0xff, 0xff // the document says that it is longer than its message
	for name, request := range map[string][]byte{
		"compressed":            message(opCompressed, 0, command("update", "messages")),
		"unknown code":          message(4711, 0, command("find", "messages")),
		"shorter than a header": {10, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"a gigabyte":            {0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"a document cut off":    cut,
		"no document":           {21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, proxy := setup(t)
			_, err := dial(t, proxy.Addr()).askRaw(request)
			require.Error(t, err)
			require.Empty(t, s.arrived, "it was passed on")
		})
	}
}

func TestProxy_ClosesTheClientWhenTheServerIsAway(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	require.NoError(t, s.listener.Close())
	_, err := dial(t, proxy.Addr()).ask(command("hello", ""))
	require.Error(t, err)
}

func TestClose_EndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	gated(t, s)
	c := dial(t, proxy.Addr())
	answered := make(chan error, 1)
	go func() {
		_, err := c.ask(command("update", "messages"))
		answered <- err
	}()
	require.Equal(t, "update", <-s.arrived)
	require.NoError(t, proxy.Close())
	require.Error(t, <-answered)
	_, err := (&net.Dialer{}).DialContext(withoutCancel(t), "tcp", proxy.Addr())
	require.Error(t, err, "nobody listens any more")
}
