package standardwebhooks_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	library "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/standardwebhooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	id   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	at   = 1614265330
	body = `{"test": 2432232314}`
	// The vector is that of the specification's reference libraries.
	vector = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func secret(tb testing.TB) []byte {
	tb.Helper()
	decoded, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(tb, err)
	return decoded
}

func signed(id, timestamp, signature string) http.Header {
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature}}
}

func TestSign_AgreesWithThePublishedVector(t *testing.T) {
	t.Parallel()
	require.Equal(t, vector, standardwebhooks.Sign(secret(t), id, strconv.Itoa(at), []byte(body)))
}

func TestVerify_TakesWhatIsSignedNowAndNothingElse(t *testing.T) {
	t.Parallel()
	timestamp := strconv.Itoa(at)
	wrong := standardwebhooks.Sign([]byte("another"), id, timestamp, []byte(body))
	tests := []struct {
		name   string
		header http.Header
		body   string
		off    time.Duration
		want   error
	}{
		{"the vector", signed(id, timestamp, vector), body, 0, nil},
		{"five minutes later", signed(id, timestamp, vector), body, 5 * time.Minute, nil},
		{"five minutes earlier", signed(id, timestamp, vector), body, -5 * time.Minute, nil},
		{"a little more than that later", signed(id, timestamp, vector), body, 5*time.Minute + 1, standardwebhooks.ErrTimestamp},
		{"a little more than that earlier", signed(id, timestamp, vector), body, -5*time.Minute - 1, standardwebhooks.ErrTimestamp},
		{"signed with another secret, too", signed(id, timestamp, wrong+" "+vector), body, 0, nil},
		{"signed with another secret, too, after it", signed(id, timestamp, vector+" "+wrong), body, 0, nil},
		{"signed by another scheme, too", signed(id, timestamp, "v1a,AAAA v2,BBBB "+vector), body, 0, nil},
		{"signed with another secret only", signed(id, timestamp, wrong), body, 0, standardwebhooks.ErrSignature},
		{"of another scheme only", signed(id, timestamp, "v1a"+vector[2:]), body, 0, standardwebhooks.ErrSignature},
		{"without its version", signed(id, timestamp, vector[3:]), body, 0, standardwebhooks.ErrSignature},
		{"the same code in other letters", signed(id, timestamp, strings.Replace(vector, "OE=", "OF=", 1)), body, 0, standardwebhooks.ErrSignature},
		{"a part of it", signed(id, timestamp, vector[:20]), body, 0, standardwebhooks.ErrSignature},
		{"an empty one", signed(id, timestamp, "v1,"), body, 0, standardwebhooks.ErrSignature},
		{"another body", signed(id, timestamp, vector), body + " ", 0, standardwebhooks.ErrSignature},
		{"no body", signed(id, timestamp, vector), "", 0, standardwebhooks.ErrSignature},
		{"another id", signed(id+"x", timestamp, vector), body, 0, standardwebhooks.ErrSignature},
		{"another time", signed(id, strconv.Itoa(at+1), vector), body, 0, standardwebhooks.ErrSignature},
		{"a time with a zero in front", signed(id, "0"+timestamp, vector), body, 0, standardwebhooks.ErrSignature},
		{"a time with a sign", signed(id, "+"+timestamp, vector), body, 0, standardwebhooks.ErrTimestamp},
		{"a time in milliseconds", signed(id, timestamp+"000", vector), body, 0, standardwebhooks.ErrTimestamp},
		{"a time past all times", signed(id, "9223372036854775808", vector), body, 0, standardwebhooks.ErrTimestamp},
		{"a time that would run over", signed(id, "9223372036854775807", vector), body, 0, standardwebhooks.ErrTimestamp},
		{"no time", signed(id, "", vector), body, 0, standardwebhooks.ErrUnsigned},
		{"words for a time", signed(id, "now", vector), body, 0, standardwebhooks.ErrTimestamp},
		{"no id", signed("", timestamp, vector), body, 0, standardwebhooks.ErrUnsigned},
		{"no signature", signed(id, timestamp, ""), body, 0, standardwebhooks.ErrUnsigned},
		{"nothing at all", http.Header{}, body, 0, standardwebhooks.ErrUnsigned},
		{"two ids", http.Header{"Webhook-Id": {id, id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {vector}}, body, 0, standardwebhooks.ErrUnsigned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			other := bytes.Repeat([]byte("x"), 24)
			for _, secrets := range [][][]byte{{other, secret(t)}, {secret(t), other}} {
				err := standardwebhooks.Verify(secrets, tt.header, []byte(tt.body), time.Unix(at, 0).Add(tt.off))
				require.ErrorIs(t, err, tt.want)
			}
			require.Error(t, standardwebhooks.Verify(nil, tt.header, []byte(tt.body), time.Unix(at, 0)), "without secrets nothing is right")
		})
	}
}

// What was signed as id "a" over "2.x" must not pass as id "a.1", at the time 2, over "x".
func TestVerify_AnIDCannotTakeInTheTime(t *testing.T) {
	t.Parallel()
	timestamp := strconv.Itoa(at)
	signature := standardwebhooks.Sign(secret(t), "a", "1", []byte(timestamp+".x"))
	err := standardwebhooks.Verify([][]byte{secret(t)}, signed("a.1", timestamp, signature), []byte("x"), time.Unix(at, 0))
	require.ErrorIs(t, err, standardwebhooks.ErrID)
}

func TestSigned_IsWhateverClaimsToBe(t *testing.T) {
	t.Parallel()
	require.False(t, standardwebhooks.Signed(http.Header{"Authorization": {"x"}}))
	require.True(t, standardwebhooks.Signed(signed("", "", "v1,x")))
	require.True(t, standardwebhooks.Signed(http.Header{"Webhook-Id": {"x"}}))
}

// FuzzVerify holds that what passes, passes the specification's own library as
// well, and that what that one signs passes here. They differ in what is said of
// it: ours takes no id with a full stop, no time with a sign, and no field twice.
func FuzzVerify(f *testing.F) {
	timestamp := strconv.Itoa(at)
	f.Add(id, timestamp, vector, []byte(body))
	f.Add("a.1", timestamp, vector+" v1,", []byte{})
	f.Add("", "", "", []byte(body))
	f.Add("x", "-"+timestamp, "v1,AAAA v1a,BBBB,CC", []byte("\x00"))
	f.Add(id, timestamp, " "+vector+"\t", []byte(body))
	f.Add(id, timestamp, strings.Replace(vector, "OE=", "OH=", 1), []byte(body))
	key := secret(f)
	theirs, err := library.NewWebhookRaw(key)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, body []byte) {
		header := signed(id, timestamp, signature)
		if standardwebhooks.Verify([][]byte{key}, header, body, time.Unix(at, 0)) == nil {
			header.Set("Webhook-Signature", strings.Join(strings.Fields(signature), " "))
			require.NoError(t, theirs.VerifyIgnoringTimestamp(body, header))
		}
		if id == "" || strings.Contains(id, ".") {
			return
		}
		right, err := theirs.Sign(id, time.Unix(at, 0), body)
		require.NoError(t, err)
		header = signed(id, strconv.Itoa(at), right)
		require.NoError(t, standardwebhooks.Verify([][]byte{key}, header, body, time.Unix(at, 0)))
		require.ErrorIs(t, standardwebhooks.Verify([][]byte{key}, header, append(body, 'x'), time.Unix(at, 0)), standardwebhooks.ErrSignature)
	})
}
