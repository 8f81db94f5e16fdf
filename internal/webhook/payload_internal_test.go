package webhook

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A body that differs now and then is told from a steady one by making many.
func TestPayload_IsTheSameBytesHoweverOftenItIsMade(t *testing.T) {
	t.Parallel()
	want := []byte(`{"to":"+905551111111","content":"\"şu\" <&>"}`)
	for range 200 {
		require.Equal(t, want, payload(Request{ID: "any", To: "+905551111111", Content: `"şu" <&>`}))
	}
}
