package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestSettings_TheWebhooksPathIsShownToNobodyWhoAsksTheAPI(t *testing.T) {
	t.Parallel()
	for given, shown := range map[string]string{ //nolint:gosec // made up
		"https://hooks.example.com/services/T0/xyz":        "https://hooks.example.com/…",
		"https://user:pass@hooks.example.com/a?token=123":  "https://***@hooks.example.com/…",
		"http://127.0.0.1:9090":                            "http://127.0.0.1:9090",
		"http://127.0.0.1:9090/":                           "http://127.0.0.1:9090/",
		"https://hooks.example.com?token=this-is-a-secret": "https://hooks.example.com?***",
	} {
		cfg, _, err := config.Load(map[string]string{"WEBHOOK_URL": given}, "")
		require.NoError(t, err)
		s := &service{cfg: cfg}
		for _, setting := range s.settings() {
			if setting.Name == "WEBHOOK_URL" {
				require.Equal(t, shown, setting.Value)
			}
		}
	}
}
