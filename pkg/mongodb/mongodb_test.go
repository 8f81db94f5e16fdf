package mongodb_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.uber.org/goleak"

	"auto-message-sender/pkg/mongodb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is a password that must be seen nowhere.
const secret = "s3cr3t"

// connect connects to a server for the length of a test.
func connect(t *testing.T, o mongodb.Options) *mongodb.Client {
	t.Helper()
	o.Database = "test"
	client, err := mongodb.Connect(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close(afterTest(t))) })
	return client
}

func TestConnect_TellsWhatKindOfServerItFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hello bson.M
		want  mongodb.Server
		retry bool
	}{
		"standalone": {nil, mongodb.Server{Topology: mongodb.Standalone}, false},
		"replica set": {
			bson.M{"setName": "rs0"}, mongodb.Server{Topology: mongodb.ReplicaSet, ReplicaSet: "rs0"}, true,
		},
		"sharded cluster": {bson.M{"msg": "isdbgrid"}, mongodb.Server{Topology: mongodb.Sharded}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &server{hello: test.hello})
			server := connect(t, mongodb.Options{URI: s.uri("", "")}).Server()
			require.Equal(t, test.retry, server.RetriesWrites())
			require.Equal(t, int64(1755798743223), server.LocalTime.UnixMilli())
			server.LocalTime = time.Time{}
			require.Equal(t, test.want, server)
		})
	}
}

func TestConnect_WritesAndReadsSurviveAFailoverWhateverTheURISays(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	client := connect(t, mongodb.Options{
		URI:     s.uri("", "&w=1&journal=false&readConcernLevel=local&readPreference=nearest"),
		AppName: "the-service",
	})
	messages := client.Database().Collection("messages")
	_, err := messages.InsertOne(t.Context(), bson.M{"_id": 1})
	require.NoError(t, err)
	_, err = messages.Find(t.Context(), bson.M{})
	require.NoError(t, err)

	insert := s.sent(t, "insert")
	require.Equal(t, "majority", insert.Lookup("writeConcern", "w").StringValue())
	require.True(t, insert.Lookup("writeConcern", "j").Boolean())
	find := s.sent(t, "find")
	require.Equal(t, "majority", find.Lookup("readConcern", "level").StringValue())
	if mode, err := find.LookupErr("$readPreference", "mode"); err == nil {
		// To a single server the driver always says so; it means that one.
		require.Contains(t, []string{"primary", "primaryPreferred"}, mode.StringValue())
	}
	require.Equal(t, "test", find.Lookup("$db").StringValue())
	require.Equal(t, "the-service", s.sent(t, "client").Lookup("client", "application", "name").StringValue())
}

func TestConnect_RefusesAServerThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{hello: bson.M{"isWritablePrimary": false, "secondary": true, "setName": "rs0"}})
	_, err := mongodb.Connect(t.Context(), mongodb.Options{URI: s.uri("", ""), Database: "test"})
	require.ErrorIs(t, err, mongodb.ErrNotPrimary)
	require.NotErrorIs(t, err, mongodb.ErrURI)
}

func TestConnect_SaysWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, err = mongodb.Connect(t.Context(), mongodb.Options{
		URI: "mongodb://user:" + secret + "@" + address, Database: "test", Timeout: 100 * time.Millisecond,
	})
	require.ErrorContains(t, err, address)
	require.NotErrorIs(t, err, mongodb.ErrURI, "it may answer later")
	require.NotContains(t, err.Error(), secret)
}

func TestConnect_WaitsNoLongerThanItsTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{silent: true})
	done := make(chan error, 1)
	go func() {
		_, err := mongodb.Connect(t.Context(), mongodb.Options{
			URI: s.uri("", ""), Database: "test", Timeout: 100 * time.Millisecond,
		})
		done <- err
	}()
	select {
	case err := <-done:
		require.Error(t, err)
	case <-time.After(5 * time.Second):
		require.Fail(t, "it waits for ever")
	}
}

func TestConnect_RefusedLoginDoesNotShowThePassword(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	_, err := mongodb.Connect(t.Context(), mongodb.Options{
		URI: s.uri("user:"+secret+"@", ""), Database: "test", Timeout: 300 * time.Millisecond,
	})
	require.Error(t, err)
	require.NotErrorIs(t, err, mongodb.ErrURI, "the account may be made later")
	require.NotContains(t, err.Error(), secret)
}

func TestConnect_BadURIIsAnErrorOfItsOwnAndShowsNoPassword(t *testing.T) {
	t.Parallel()
	for name, uri := range map[string]string{
		"empty":                      "",
		"another scheme":             "postgres://user:" + secret + "@localhost",
		"no host":                    "mongodb://",
		"bad port":                   "mongodb://user:" + secret + "@localhost:port",
		"slash in the password":      "mongodb://user:" + secret + "/x" + secret + "@localhost",
		"at sign in the password":    "mongodb://user:" + secret + "@" + secret + "@localhost",
		"colon in the password":      "mongodb://user:" + secret + ":" + secret + "@localhost",
		"percent in the password":    "mongodb://user:" + secret + "%zz@localhost",
		"unknown option":             "mongodb://user:" + secret + "@localhost/?maxPoolSize=" + "many",
		"password among the options": "mongodb://localhost/?authMechanism=NONE&authMechanismProperties=AWS_SESSION_TOKEN:" + secret,
		"password of a key":          "mongodb://localhost/?tls=true&tlsCertificateKeyFile=/nowhere&tlsCertificateKeyFilePassword=" + secret,
		"several hosts, direct":      "mongodb://user:" + secret + "@a,b/?directConnection=true",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mongodb.Connect(t.Context(), mongodb.Options{URI: uri, Database: "test"})
			require.ErrorIs(t, err, mongodb.ErrURI)
			require.NotContains(t, err.Error(), secret)
			for cause := err; cause != nil; {
				require.NotContains(t, cause.Error(), secret)
				unwrapped, ok := cause.(interface{ Unwrap() []error })
				if !ok {
					break
				}
				cause = unwrapped.Unwrap()[1]
			}
		})
	}
}

func TestConnect_NeedsADatabase(t *testing.T) {
	t.Parallel()
	_, err := mongodb.Connect(t.Context(), mongodb.Options{URI: "mongodb://localhost"})
	require.ErrorIs(t, err, mongodb.ErrURI)
}

func TestPing_FollowsTheServer(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	client := connect(t, mongodb.Options{URI: s.uri("", ""), Timeout: 200 * time.Millisecond})
	require.NoError(t, client.Ping(t.Context()))
	require.NoError(t, s.listener.Close())
	s.mu.Lock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	require.Error(t, client.Ping(t.Context()))
}

func TestPing_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := serve(t, &server{})
	client := connect(t, mongodb.Options{URI: s.uri("", "")})
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, client.Ping(canceled))
}
