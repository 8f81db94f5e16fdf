package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func preview(t *testing.T, to, content string) handlers.PreviewAnswer {
	t.Helper()
	endpoint, err := handlers.NewPreview(takes().Inspect)
	require.NoError(t, err)
	answer, err := endpoint.Show(t.Context(), handlers.PreviewRequest{To: to, Content: content})
	require.NoError(t, err)
	return answer
}

func TestPreview_TellsWhatAMessageWouldMake(t *testing.T) {
	t.Parallel()
	require.Equal(t, handlers.PreviewAnswer{
		To: "+905551234567", NumSegments: 1, Encoding: "GSM-7", Characters: 2, CharactersLeft: 158, Segments: []string{"hi"}, Valid: true,
		Errors: []handlers.FieldProblem{},
	}, preview(t, "+90 555 123 45 67", "hi"))

	turkish := preview(t, "", strings.Repeat("ş", 71))
	require.True(t, turkish.Valid, "no recipient was asked about")
	require.Equal(t, "UCS-2", turkish.Encoding)
	require.Equal(t, []int{2, 71, 63}, []int{turkish.NumSegments, turkish.Characters, turkish.CharactersLeft})
	require.Equal(t, strings.Repeat("ş", 71), strings.Join(turkish.Segments, ""))

	wrong := preview(t, "+12", strings.Repeat("x", 161))
	require.False(t, wrong.Valid)
	require.Len(t, wrong.Errors, 2)
	require.Empty(t, wrong.To)
	require.Equal(t, 2, wrong.NumSegments, "told all the same")
	require.Equal(t, "content", preview(t, "", "").Errors[0].Field)
	half := preview(t, "+905551234567", "")
	require.Equal(t, "+905551234567", half.To)
	require.Len(t, half.Errors, 1)
}

func TestSetPace_ChangesWhatIsValidAndSaysWho(t *testing.T) {
	t.Parallel()
	c := new(control)
	counter := &store{counts: func() (models.Counts, error) { return models.Counts{}, nil }}
	scheduler, err := handlers.NewScheduler(handlers.SchedulerOptions{Control: c, Trail: counter, Counter: counter, Webhook: closed, Replica: "r-1"})
	require.NoError(t, err)
	put := func(body string) (int, string) {
		log, _ := logged()
		answer := ask(handlers.Handle(handlers.NewProblems(log), handlers.JSONBody, scheduler.SetPace, handlers.OK), http.MethodPut, "", "application/json", strings.NewReader(body))
		return answer.Code, answer.Body.String()
	}
	code, text := put(`{"interval":"1h30m","messages_per_interval":0,"reason":"why not"}`)
	require.Equal(t, http.StatusOK, code, text)
	require.Contains(t, text, `"interval":"1h30m0s","messages_per_interval":0`)
	require.Equal(t, []models.Pace{{Interval: 90 * time.Minute}}, c.paced)
	require.Equal(t, []string{handlers.Anonymous, "why not"}, c.said)
	code, text = put(`{"interval":"1d","messages_per_interval":1}`)
	require.Equal(t, http.StatusOK, code, text)
	require.Equal(t, 24*time.Hour, c.paced[1].Interval)
	for body, says := range map[string]string{
		`{}`:                          "interval is required",
		`{"interval":"2m"}`:           "messages_per_interval is required",
		`{"messages_per_interval":2}`: "interval is required",
		`{"interval":"2m","messages_per_interval":-1}`:                                            "from 0 to 1000000",
		`{"interval":"2m","messages_per_interval":1000001}`:                                       "from 0 to 1000000",
		`{"interval":"2m","messages_per_interval":1.5}`:                                           "must be a whole number",
		`{"interval":"99ms","messages_per_interval":1}`:                                           "from 100ms to 30d",
		`{"interval":"31d","messages_per_interval":1}`:                                            "from 100ms to 30d",
		`{"interval":"150.5ms","messages_per_interval":1}`:                                        "must be whole milliseconds",
		`{"interval":"1m0.0000001s","messages_per_interval":1}`:                                   "must be whole milliseconds",
		`{"interval":"two","messages_per_interval":1}`:                                            "from 100ms to 30d",
		`{"interval":"-2m","messages_per_interval":1}`:                                            "from 100ms to 30d",
		`{"interval":120,"messages_per_interval":1}`:                                              "must be a string",
		`{"interval":null,"messages_per_interval":null}`:                                          "interval is required",
		`{"interval":"2m","messages_per_interval":1,"cap":2}`:                                     "is not known",
		`{"interval":"2m","messages_per_interval":1,"reason":"` + strings.Repeat("x", 201) + `"}`: "has 201 characters",
	} {
		code, text := put(body)
		require.Equal(t, http.StatusBadRequest, code, body)
		require.Contains(t, text, says, body)
	}
	require.Len(t, c.paced, 2)
}

// FuzzSmallBodies holds that the bodies of preview, pace, delivery reports and bulk
// calls are taken as they are meant, or refused.
func FuzzSmallBodies(f *testing.F) {
	for _, seed := range []string{
		`{"to":"+905551234567","content":"x"}`, `{"content":"\ud83d\ude42"}`, `{"interval":"2m","messages_per_interval":2}`, `{"interval":"-1ns","messages_per_interval":1e9}`,
		`{"messageId":"p-1","status":"delivered","error_code":"1","occurred_at":"2026-01-02T15:00:00Z"}`, `{"messageId":"","status":"x"}`, `{"all":true}`,
		`{"status":"failed","to":"+905551234567","failed_after":"2026-01-02T14:00:00Z","dry_run":true}`, `{"all":1}`, "null", "", "[]", "{\"content\":\"\xff\"}",
		`{"messages_per_interval":9223372036854775808}`, `{"interval":"9223372036854775807ns","messages_per_interval":0}`, `{"to":"5","all":false}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, changed := new(control), []models.Filter{}
		var delivered []models.DeliveryReport
		s := &store{
			counts: func() (models.Counts, error) { return models.Counts{}, nil },
			deliver: func(report models.DeliveryReport) (bool, error) {
				delivered = append(delivered, report)
				return true, nil
			},
			list: func(filter models.Filter, _ models.Cursor, _ int) (models.Page, error) {
				changed = append(changed, filter)
				return models.Page{}, nil
			},
			audit: func(entry models.SchedulerLog) error {
				require.NotContains(t, entry.Reason, "5551234567")
				return nil
			},
		}
		endpoint, err := handlers.NewPreview(takes().Inspect)
		require.NoError(t, err)
		scheduler, err := handlers.NewScheduler(handlers.SchedulerOptions{Control: c, Trail: s, Counter: s, Webhook: closed, Replica: "r-1"})
		require.NoError(t, err)
		log, lines := logged()
		problems := handlers.NewProblems(log)
		statuses := map[string]int{}
		for name, handler := range map[string]gin.HandlerFunc{
			"preview": handlers.Handle(problems, handlers.JSONBody, endpoint.Show, handlers.OK),
			"pace":    handlers.Handle(problems, handlers.JSONBody, scheduler.SetPace, handlers.OK),
			"report":  handlers.Handle(problems, handlers.ReportBody, newReports(t, s, nil).Report, handlers.OK),
			"bulk":    handlers.Handle(problems, handlers.RetryBody, newOperations(t, s).RetryAll, handlers.OK),
		} {
			answer := ask(handler, http.MethodPost, "", "application/json", bytes.NewReader(body))
			require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, answer.Code)
			require.True(t, json.Valid(answer.Body.Bytes()))
			statuses[name] = answer.Code
		}
		require.Empty(t, lines.AllEntries())
		require.Equal(t, statuses["pace"] == http.StatusOK, len(c.paced) == 1)
		for _, pace := range c.paced {
			require.True(t, 100*time.Millisecond <= pace.Interval && pace.Interval <= 720*time.Hour && 0 <= pace.PerWindow && pace.PerWindow <= 1_000_000)
		}
		require.Equal(t, statuses["report"] == http.StatusOK, len(delivered) == 1)
		for _, report := range delivered {
			require.NotEmpty(t, report.MessageID)
			require.Contains(t, []models.DeliveryStatus{models.DeliveryDelivered, models.DeliveryUndelivered}, report.Status)
			require.False(t, report.At.IsZero())
		}
		for _, filter := range changed {
			require.True(t, slices.Contains([]models.Status{models.StatusFailed, models.StatusExpired}, filter.Status))
		}
	})
}
