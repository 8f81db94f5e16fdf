package wireproxy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/wireproxy"
)

func TestInject_LoseReplyExecutesAndAnswersNothing(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hook, hits := wireproxy.Times(1, wireproxy.Target{Name: "update"}, wireproxy.Fault{Effect: wireproxy.LoseReply})
	proxy.Inject(hook)
	_, err := dial(t, proxy.Addr()).ask(command("update", "messages"))
	require.Error(t, err)
	require.Equal(t, "update", <-s.arrived)
	require.Equal(t, 1, hits())

	_, err = dial(t, proxy.Addr()).ask(command("update", "messages"))
	require.NoError(t, err, "it was to happen once")
}

func TestInject_CutDoesNotExecute(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hook, _ := wireproxy.Times(1, wireproxy.Target{Collection: "messages"}, wireproxy.Fault{Effect: wireproxy.Cut})
	proxy.Inject(hook)
	_, err := dial(t, proxy.Addr()).ask(command("insert", "messages"))
	require.Error(t, err)
	require.Empty(t, s.arrived)
}

func TestInject_RefuseAnswersWithTheError(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hook, _ := wireproxy.Times(1, wireproxy.Target{}, wireproxy.NotWritablePrimary())
	proxy.Inject(hook)
	c := dial(t, proxy.Addr())
	reply, err := c.ask(command("findAndModify", "scheduler"))
	require.NoError(t, err)
	require.Zero(t, reply.Lookup("ok").Double())
	require.EqualValues(t, 10107, reply.Lookup("code").Int32())
	require.Equal(t, "NotWritablePrimary", reply.Lookup("codeName").StringValue())
	require.NotEmpty(t, reply.Lookup("errmsg").StringValue())
	require.Empty(t, s.arrived)

	_, err = c.ask(command("findAndModify", "scheduler"))
	require.NoError(t, err, "the connection goes on")
}

func TestInject_DelayHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hook, hits := wireproxy.Times(1, wireproxy.Target{Name: "update"}, wireproxy.Fault{Delay: time.Hour})
	proxy.Inject(hook)
	delayed := dial(t, proxy.Addr())
	answered := make(chan error, 1)
	go func() {
		_, err := delayed.ask(command("update", "messages"))
		answered <- err
	}()
	require.Eventually(t, func() bool { return hits() == 1 }, 5*time.Second, time.Millisecond)
	_, err := dial(t, proxy.Addr()).ask(command("insert", "messages"))
	require.NoError(t, err)
	require.Equal(t, "insert", <-s.arrived)
	require.NoError(t, proxy.Close(), "and it ends with the proxy")
	require.Error(t, <-answered)
}

func TestInject_DelayedCommandsAreExecuted(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hook, _ := wireproxy.Times(1, wireproxy.Target{}, wireproxy.Fault{Delay: time.Millisecond})
	proxy.Inject(hook)
	_, err := dial(t, proxy.Addr()).ask(command("update", "messages"))
	require.NoError(t, err)
	require.Equal(t, "update", <-s.arrived)
}

func TestInject_AHeldCommandIsExecutedLateThoughItsClientIsGone(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hold := wireproxy.NewHold()
	hook, _ := wireproxy.Times(1, wireproxy.Target{Name: "update"}, wireproxy.Fault{Hold: hold})
	proxy.Inject(hook)
	held := dial(t, proxy.Addr())
	answered := make(chan error, 1)
	go func() {
		_, err := held.ask(command("update", "messages"))
		answered <- err
	}()
	<-hold.Reached()
	require.NoError(t, held.conn.Close())
	require.Error(t, <-answered)
	_, err := dial(t, proxy.Addr()).ask(command("insert", "messages"))
	require.NoError(t, err, "it holds up nobody else")
	require.Equal(t, "insert", <-s.arrived)
	hold.Let()
	require.Equal(t, "update", <-s.arrived)
}

func TestInject_AHeldCommandEndsWithTheProxy(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	hold := wireproxy.NewHold()
	proxy.Inject(func(wireproxy.Command) wireproxy.Fault { return wireproxy.Fault{Hold: hold} })
	held := dial(t, proxy.Addr())
	answered := make(chan error, 1)
	go func() {
		_, err := held.ask(command("update", "messages"))
		answered <- err
	}()
	<-hold.Reached()
	require.NoError(t, proxy.Close())
	require.Error(t, <-answered)
	require.Empty(t, s.arrived)
}

func TestInject_HookIsToldNameCollectionAndDatabase(t *testing.T) {
	t.Parallel()
	_, proxy := setup(t)
	told := make(chan wireproxy.Command, 1)
	proxy.Inject(func(c wireproxy.Command) wireproxy.Fault {
		told <- c
		return wireproxy.Fault{}
	})
	_, err := dial(t, proxy.Addr()).ask(command("findAndModify", "scheduler"))
	require.NoError(t, err)
	require.Equal(t, wireproxy.Command{Name: "findAndModify", Collection: "scheduler", Database: "test"}, <-told)
}

func TestTimes_OnlyItsTargetIsHit(t *testing.T) {
	t.Parallel()
	fault := wireproxy.Fault{Effect: wireproxy.Cut}
	target := wireproxy.Target{Name: "update", Collection: "messages", Database: "test"}
	hook, hits := wireproxy.Times(2, target, fault)
	meant := wireproxy.Command{Name: "update", Collection: "messages", Database: "test"}
	for _, other := range []wireproxy.Command{
		{Name: "insert", Collection: "messages", Database: "test"},
		{Name: "update", Collection: "scheduler", Database: "test"},
		{Name: "update", Collection: "messages", Database: "other"},
	} {
		require.Equal(t, wireproxy.Fault{}, hook(other))
	}
	require.Equal(t, fault, hook(meant))
	require.Equal(t, fault, hook(meant))
	require.Equal(t, wireproxy.Fault{}, hook(meant))
	require.Equal(t, 2, hits())
}

func TestAway_CutsEverything(t *testing.T) {
	t.Parallel()
	s, proxy := setup(t)
	proxy.Inject(wireproxy.Away)
	_, err := dial(t, proxy.Addr()).ask(command("hello", ""))
	require.Error(t, err)
	require.Empty(t, s.arrived)
	proxy.Inject(nil)
	_, err = dial(t, proxy.Addr()).ask(command("hello", ""))
	require.NoError(t, err)
}
