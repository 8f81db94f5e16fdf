package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettings_AreShownWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	secrets := settings{ //nolint:gosec // canaries, to be looked for
		"API_KEYS": people, "WEBHOOK_AUTH_KEY": "canary-of-the-webhook",
		"WEBHOOK_SIGNING_SECRETS": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "DELIVERY_REPORT_KEYS": "canary-of-the-reports",
		"DELIVERY_REPORT_SECRETS": "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5",
	}
	s := serve(t, secrets)
	tb := openAs(t, s, operatorKey, "/settings")
	tb.see("tr", "WEBHOOK_AUTH_KEY")
	tb.see("tr", "SCHEDULER_INTERVAL")
	tb.see("dd", "embedded (SQLite)")
	_, answer, err := s.try("GET", "/api/v1/settings", "")
	require.NoError(t, err)
	document := evaluate[string](tb, `() => document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((e) => e.value).join()`)
	for _, secret := range []string{
		readerKey, senderKey, operatorKey, secrets["WEBHOOK_AUTH_KEY"], "MDEyMzQ1Njc4OTAx", secrets["DELIVERY_REPORT_KEYS"], "Y2FuYXJ5",
	} {
		require.NotContains(t, string(answer), secret)
		require.NotContains(t, document, secret)
	}

	tb.fill("input[type=search]", "scheduler_int")
	tb.gone("tr", "WEBHOOK_AUTH_KEY")
	tb.see("tr", "SCHEDULER_INTERVAL")
	tb.visit(evaluate[string](tb, `() => location.pathname + location.search`))
	tb.see("tr", "SCHEDULER_INTERVAL")
	tb.gone("tr", "WEBHOOK_AUTH_KEY")
}
