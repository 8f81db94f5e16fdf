package browsertest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// scene is a service in the middle of an ordinary day.
type scene struct {
	*service

	failed string // the id of a message with three attempts
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := serve(t, settings{
		"API_KEYS": people, "API_AUTH": "off", "MAX_RETRY_COUNT": "3", "MAX_CONTENT_LENGTH": "600",
		"SCHEDULER_INTERVAL": "2m", "MESSAGES_PER_INTERVAL": "0", "DEFAULT_VALIDITY": "6h",
	})
	s.key = operatorKey
	var lines strings.Builder
	say := func(to int, content, more string) {
		_, _ = fmt.Fprintf(&lines, `{"to":"+90555111%04d","content":%s%s}`+"\n", to, quoted(content), more)
	}
	for i := range 40 {
		say(i, fmt.Sprintf("Your order %d is on its way.", 4700+i), fmt.Sprintf(`,"reference":"order-%d"`, 4700+i))
	}
	for i := range 2 {
		say(404, fmt.Sprintf("Your order %d is on its way.", 4740+i), fmt.Sprintf(`,"reference":"order-%d"`, 4740+i))
	}
	s.batch(lines.String())
	scene := &scene{service: s, failed: s.accept("+905551110503", "Your order 4742 is on its way.", `"reference":"order-4742"`)}
	s.call("POST", "/scheduler/start", `{"reason":"morning"}`)
	s.waitCount(40, "sent")
	s.waitCount(3, "failed")
	s.call("POST", "/scheduler/stop", `{"reason":"lunch"}`)
	s.call("PUT", "/scheduler/pace", `{"interval":"2m","messages_per_interval":2,"reason":"as the provider wishes"}`)
	s.call("POST", "/messages/cancel", `{"reference":"order-0"}`)
	for i := range 6 {
		s.accept(fmt.Sprintf("+9055511101%02d", i), []string{"Randevunuz yarın 14:30'da. İptal için bize yazın.", "Good morning! Your table is ready at eight."}[i%2], `"reference":"clinic-`+fmt.Sprint(i)+`"`)
	}
	s.accept("+905551110200", "Happy birthday! 😀", `"send_at":"`+inAnHour()+`"`, `"priority":"low"`)
	s.call("POST", "/scheduler/start", `{"reason":"afternoon"}`)
	s.hour()
	return scene
}

// hour puts an hour of traffic into the store, the same each time.
func (s *service) hour() {
	s.t.Helper()
	random := rand.New(rand.NewPCG(4, 7))                      //nolint:gosec // a picture
	minute := time.Now().Truncate(time.Minute).Add(-time.Hour) //nolint:forbidigo // real processes
	for i := range 60 {
		at := minute.Add(time.Duration(i) * time.Minute).UnixMilli()
		sent, failed := 18+random.IntN(14)+i/3, max(0, random.IntN(9)-6)
		s.exec(`WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?2 + ?3)
			INSERT INTO messages (id, status, priority, drawn, attempt_count, retry_count, created_at, updated_at, sent_at, failed_at, "to", content, reference, num_segments, encoding, error, error_code)
			SELECT ?1 || '-' || i, iif(i > ?2, 'failed', 'sent'), 1, 1, 1, i > ?2, ?1 - 5000, ?1, iif(i > ?2, NULL, ?1), iif(i > ?2, ?1, NULL),
				'+9055512' || (10000 + i), 'Your order is on its way.', 'order-' || ?1 || i, 1, 'GSM-7',
				iif(i > ?2, 'webhook answered 400 Bad Request: no such subscriber', NULL), iif(i > ?2, 'http_400', NULL) FROM number`, at, sent, failed)
		s.exec(`UPDATE counts SET sent = sent + ?, failed = failed + ?`, sent, failed)
		s.exec(`INSERT INTO minutes (minute, sent, failed) VALUES (?, ?, ?) ON CONFLICT (minute) DO UPDATE SET sent = sent + excluded.sent, failed = failed + excluded.failed`,
			at, sent, failed)
	}
}
