package webhook

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

func secretOf(char byte) []byte { return bytes.Repeat([]byte{char}, 32) }

func headerOf(fields []headerField) http.Header {
	header := http.Header{}
	for _, field := range fields {
		header.Set(field.name, field.value)
	}
	return header
}

// The vector is that of the specification's reference libraries.
func TestSign_AgreesWithThePublishedVector(t *testing.T) {
	t.Parallel()
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	fields := signer{[][]byte{secret}}.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	require.Equal(t, []headerField{
		{"Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
		{"Webhook-Timestamp", "1614265330"},
		{"Webhook-Signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}, fields)
}

func TestSign_WithTwoSecretsEitherOfThemVerifies(t *testing.T) {
	t.Parallel()
	body := []byte(`{"to":"+905551111111","content":"şifre"}`)
	fields := signer{[][]byte{secretOf('a'), secretOf('b')}}.sign("m-1", time.Now(), body) //nolint:forbidigo // the library's clock
	for char, want := range map[byte]bool{'a': true, 'b': true, 'c': false} {
		receiver, err := standardwebhooks.NewWebhookRaw(secretOf(char))
		require.NoError(t, err)
		require.Equal(t, want, receiver.Verify(body, headerOf(fields)) == nil, string(char))
		require.Error(t, receiver.Verify(append(body, ' '), headerOf(fields)))
	}
}

func TestSign_OnlyTheTimeDiffersFromAttemptToAttempt(t *testing.T) {
	t.Parallel()
	sign := func(at int64) http.Header {
		return headerOf(signer{[][]byte{secretOf('a')}}.sign("m-1", time.Unix(at, 999_999_999), []byte("x")))
	}
	require.Equal(t, sign(100).Get("Webhook-Id"), sign(200).Get("Webhook-Id"))
	require.Equal(t, "200", sign(200).Get("Webhook-Timestamp"))
	require.NotEqual(t, sign(100).Get("Webhook-Signature"), sign(200).Get("Webhook-Signature"))
}

func TestSign_AnIDWithAFullStopCannotBeReadAsAShorterOne(t *testing.T) {
	t.Parallel()
	s := signer{[][]byte{secretOf('a')}}
	long := headerOf(s.sign("a.1", time.Unix(2, 0), []byte("x")))
	short := headerOf(s.sign("a", time.Unix(1, 0), []byte("2.x")))
	require.NotEqual(t, short.Get("Webhook-Signature"), long.Get("Webhook-Signature"))
	require.NotContains(t, long.Get("Webhook-Id"), ".")
	require.NotEqual(t, long.Get("Webhook-Id"), headerOf(s.sign("a.2", time.Unix(2, 0), nil)).Get("Webhook-Id"))
}

func TestSign_WithoutSecretsThereIsNoSignature(t *testing.T) {
	t.Parallel()
	require.Empty(t, signer{}.sign("m-1", time.Unix(1, 0), []byte("x")))
}

func TestSign_IDsOfAnyKindMakeOneHeaderLine(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a\r\nX-Forged: 1", "şu.bu", strings.Repeat("x.", 500), " "} {
		fields := signer{[][]byte{secretOf('a')}}.sign(IdempotencyKey(id), time.Unix(1, 0), nil)
		require.Regexp(t, `^[!-~]{1,255}$`, fields[0].value)
	}
}
