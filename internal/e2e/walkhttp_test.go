package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// httpWalk is the walk by HTTP: the three roles act at replica A, and at B where
// that is said, and both are listened to.
type httpWalk struct {
	*ground

	t                                  *testing.T
	nobody, reader, sender, operator   caller
	heardAtA, heardAtB                 *listener
	first, later, brief, faltered, due string // ids of messages
	once                               string
}

func walkHTTP(t *testing.T, g *ground) {
	t.Helper()
	person := func(key string) caller { return caller{t: t, server: g.a, key: key, walked: g.walked} }
	w := &httpWalk{
		ground: g, t: t, nobody: person(""), reader: person(readerKey), sender: person(senderKey), operator: person(g.operatorKey),
	}
	w.whoMay()
	w.service()
	w.listen()
	w.accept()
	w.acceptOnce()
	w.batch()
	w.rehearse()
	w.find()
	w.callOff()
	w.expire()
	w.start()
	w.pace()
	w.failAndRetry()
	w.deliver()
	w.erase()
	w.look()
	w.events()
}

const (
	get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	api                 = "/api/v1"
)

// whoMay tries what each role may not.
func (w *httpWalk) whoMay() {
	message := `{"to":"+905551110001","content":"x"}`
	w.nobody.must(http.StatusUnauthorized, get, api+"/messages", "")
	caller{t: w.t, server: w.a, key: readerKey + "0"}.must(http.StatusUnauthorized, get, api+"/messages", "")
	for _, change := range [][3]string{
		{post, "/messages", message},
		{post, "/messages/batch", "[" + message + "]"},
		{post, "/messages/preview", message},
		{post, "/messages/none/cancel", ""},
		{post, "/messages/none/retry", ""},
	} {
		w.reader.must(http.StatusForbidden, change[0], api+change[1], change[2])
	}
	for _, change := range [][3]string{
		{post, "/messages/cancel", `{"all":true}`},
		{post, "/messages/retry", `{"all":true}`},
		{del, "/messages/none", ""},
		{post, "/scheduler/start", ""},
		{post, "/scheduler/stop", ""},
		{put, "/scheduler/pace", `{"interval":"1h","messages_per_interval":1}`},
	} {
		w.sender.must(http.StatusForbidden, change[0], api+change[1], change[2])
	}
	for _, probe := range []string{"/livez", "/readyz", "/healthz"} {
		w.nobody.must(http.StatusOK, get, probe, "")
	}
	require.Empty(w.t, w.reader.list("created_after="+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)), "nothing was accepted") //nolint:forbidigo // real processes
}

// listen begins to listen at both replicas. What the other does is heard of from
// about a second after that on.
func (w *httpWalk) listen() {
	w.heardAtA, w.heardAtB = w.reader.listen("", ""), w.reader.at(w.b).listen("", "")
	require.Eventually(w.t, func() bool {
		w.operator.must(http.StatusOK, put, api+"/scheduler/pace", `{"interval":"1h","messages_per_interval":1,"reason":"to be heard"}`)
		return w.heardAtA.count("scheduler.pace") > 0 && w.heardAtB.count("scheduler.pace") > 0
	}, patience, 200*time.Millisecond)
}

// accept previews a message, and puts in one of each kind.
func (w *httpWalk) accept() {
	preview := w.sender.must(http.StatusOK, post, api+"/messages/preview", `{"to":"0555 111 00 01","content":"`+strings.Repeat("ş", 71)+`"}`)
	require.Equal(w.t, "+905551110001", preview["to"])
	require.EqualValues(w.t, 2, preview["num_segments"])
	require.Equal(w.t, "UCS-2", preview["encoding"])
	require.Len(w.t, preview["segments"], 2)
	refused := w.sender.must(http.StatusBadRequest, post, api+"/messages", `{"to":"+12","content":"","priority":"urgent","send_at":"tomorrow","validity_period":0}`)
	require.Len(w.t, refused["errors"], 5, "%v", refused)

	answer := w.sender.do(post, api+"/messages", `{"to":"0555 111 00 01","content":"Hello","priority":"high","reference":"order-1"}`)
	require.Equal(w.t, http.StatusCreated, answer.status, "%s", answer.text)
	w.first = textOf(w.t, answer.object, "id")
	require.Equal(w.t, api+"/messages/"+w.first, answer.header.Get("Location"))
	require.Equal(w.t, "GSM-7", answer.object["encoding"])
	stored := w.reader.at(w.b).message(w.first)
	require.Equal(w.t, "+905551110001", stored["to"])
	require.Equal(w.t, "1", stored["position"])
	require.Contains(w.t, stored["note"], "stopped")

	inAnHour := time.Now().Add(time.Hour).UTC().Format(time.RFC3339) //nolint:forbidigo // real processes
	w.later = w.sender.put(`{"to":"+905551110002","content":"Later","send_at":"` + inAnHour + `","validity_period":60}`)
	scheduled := w.reader.message(w.later)
	require.Equal(w.t, "scheduled", scheduled["status"])
	require.NotEmpty(w.t, scheduled["expires_at"])
	w.brief = w.sender.put(`{"to":"+905551110003","content":"In a second or never","validity_period":1}`)
	soon := time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano) //nolint:forbidigo // real processes
	w.due = w.sender.put(`{"to":"+905551110004","content":"Soon","send_at":"` + soon + `"}`)
}

// acceptOnce sends the same request to both replicas at once.
func (w *httpWalk) acceptOnce() {
	const body = `{"to":"+905551110005","content":"Once","reference":"once"}`
	answers := make([]reply, 6)
	var clients sync.WaitGroup
	sender := w.sender
	sender.walked = nil // not for several at once
	for i := range answers {
		clients.Go(func() {
			server := []*process{w.a, w.b}[i%2]
			answers[i] = sender.at(server).do(post, api+"/messages", body, "Idempotency-Key", "key-1")
		})
	}
	clients.Wait()
	replayed := 0
	for _, answer := range answers {
		require.Equal(w.t, http.StatusCreated, answer.status, "%s", answer.text)
		require.Equal(w.t, string(answers[0].text), string(answer.text))
		if answer.header.Get("Idempotent-Replayed") == "true" {
			replayed++
		}
	}
	require.Equal(w.t, len(answers)-1, replayed)
	w.once = textOf(w.t, answers[0].object, "id")
	require.Equal(w.t, []string{w.once}, w.reader.list("reference=once"))
	other := strings.Replace(body, "Once", "Twice", 1)
	w.sender.at(w.b).must(http.StatusUnprocessableEntity, post, api+"/messages", other, "Idempotency-Key", "key-1")
}

// batch sends lines twice, and an array.
func (w *httpWalk) batch() {
	var lines strings.Builder
	for i := range 5 {
		fmt.Fprintf(&lines, `{"to":"+90555111001%d","content":"Line %d","reference":"batch"}`+"\n", i, i)
	}
	lines.WriteString(`{"to":"+12","content":"too short"}` + "\n")
	ndjson := []string{"Content-Type", "application/x-ndjson", "Idempotency-Key", "batch-1"}
	answer := w.sender.must(http.StatusOK, post, api+"/messages/batch", lines.String(), ndjson...)
	require.EqualValues(w.t, 5, answer["accepted"], "%v", answer)
	require.EqualValues(w.t, 1, answer["refused"])
	require.Len(w.t, answer["results"], 6)
	again := w.sender.at(w.b).must(http.StatusOK, post, api+"/messages/batch", lines.String(), ndjson...)
	require.EqualValues(w.t, 0, again["accepted"], "%v", again)
	require.EqualValues(w.t, 5, again["duplicates"])

	array := `[{"to":"+905551110020","content":"falter","idempotency_key":"own"},{"to":"+905551110020","content":"falter","idempotency_key":"own"}]`
	answer = w.sender.must(http.StatusOK, post, api+"/messages/batch", array)
	require.EqualValues(w.t, 1, answer["accepted"], "%v", answer)
	require.EqualValues(w.t, 1, answer["duplicates"])
	found := w.reader.list("to=%2B905551110020")
	require.Len(w.t, found, 1)
	w.faltered = found[0]
	w.sender.must(http.StatusBadRequest, post, api+"/messages/batch", `{"to":"+905551110020"`)
}
