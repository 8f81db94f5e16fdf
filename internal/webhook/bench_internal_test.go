package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPayload is the body of a call.
func BenchmarkPayload(b *testing.B) {
	for _, text := range []struct{ name, content string }{
		{"plain", "Your order is on its way and will be with you on Tuesday before noon."},
		{"turkish", "Siparişiniz yola çıktı, salı günü öğleden önce sizde olacak. İyi günler!"},
		{"escapes", "He said \"hello\"\nand left <a&b>; \\o/ \u2028 \x00\x01"},
	} {
		b.Run("content="+text.name, func(b *testing.B) {
			request := Request{To: "+905551111111", Content: text.content}
			b.ReportAllocs()
			for b.Loop() {
				payload(request)
			}
		})
	}
}

// BenchmarkSend is a whole call, with a webhook in the same process; calls overlap,
// as they do at full speed.
func BenchmarkSend(b *testing.B) {
	const inFlight = 64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"message":"Accepted","messageId":"67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"}`)
	}))
	b.Cleanup(server.Close)
	client, err := New(Options{
		URL: server.URL, Timeout: 30 * time.Second, MaxConns: inFlight, UserAgent: "bench",
		Now: time.Now, //nolint:forbidigo // it is real time that is measured
	})
	require.NoError(b, err)
	b.Cleanup(client.Close)
	b.SetParallelism(inFlight / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(next *testing.PB) {
		for next.Next() {
			reply := client.Send(b.Context(), Request{ID: "01890a5d-ac96-774b-bcce-b302099a8057", To: "+905551111111", Content: "Merhaba"})
			if reply.Verdict != Accepted {
				b.Errorf("%+v", reply)
			}
		}
	})
}
