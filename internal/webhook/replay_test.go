package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The far side reads a second request on a connection that is kept, and hangs up
// without a word. Whether it has taken that message nobody knows, so the client must
// not ask again by itself: a request with an Idempotency-Key is one that net/http
// would repeat on a new connection, if it could.
func TestReuse_ARequestThatWasReadIsNotReplayed(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			v := newVillain(t, scheme, func(c *caller) {
				if c.next() {
					c.say(ok)
					c.next()
				}
			})
			client := v.client(t, calmLimit)
			answered(200).require(t, send(t, client))
			lost().require(t, send(t, client))
			require.EqualValues(t, 2, v.requests.Load())
			require.EqualValues(t, 1, v.connections.Load())
		})
	}
}
