package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestLoad_ExposedAPINeedsKeysOrAnExplicitOff(t *testing.T) {
	t.Parallel()
	const keys = "ops:operator:0123456789abcdef"
	tests := map[string]struct {
		host, keys, auth string
		refused          bool
		asks             bool // for a key, where it is not refused
	}{
		"loopback":                      {host: "127.0.0.1"},
		"loopback by name":              {host: "localhost"},
		"loopback IPv6":                 {host: "::1"},
		"loopback with keys":            {host: "127.0.0.1", keys: keys, asks: true},
		"loopback with keys, off":       {host: "127.0.0.1", keys: keys, auth: "off"},
		"loopback, on without keys":     {host: "127.0.0.1", auth: "on", refused: true},
		"all":                           {host: "0.0.0.0", refused: true},
		"all IPv6":                      {host: "::", refused: true},
		"another name":                  {host: "box.internal", refused: true},
		"an address":                    {host: "192.168.1.5", refused: true},
		"all with keys":                 {host: "0.0.0.0", keys: keys, asks: true},
		"all with keys, on":             {host: "0.0.0.0", keys: keys, auth: "on", asks: true},
		"all, off":                      {host: "0.0.0.0", auth: "off"},
		"all, off in capitals":          {host: "0.0.0.0", auth: "OFF"},
		"all, on without keys":          {host: "0.0.0.0", auth: "on", refused: true},
		"all, empty as in the template": {host: "0.0.0.0", keys: "", auth: "", refused: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _, err := config.Load(with("SERVER_HOST", test.host, "API_KEYS", test.keys, "API_AUTH", test.auth), "")
			if test.refused {
				var refused *config.Error
				require.ErrorAs(t, err, &refused)
				require.Len(t, refused.Problems, 1)
				require.Equal(t, "API_KEYS", refused.Problems[0].Name)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.asks, cfg.AuthRequired())
		})
	}
}

func TestLoad_ExposureExplainsBothWays(t *testing.T) {
	t.Parallel()
	found := problems(t, with("SERVER_HOST", "0.0.0.0"), "")
	require.Contains(t, found[0].String(), "API_KEYS=ops:operator:")
	require.Contains(t, found[0].String(), "API_AUTH=off")
	require.Contains(t, found[0].String(), "published on 127.0.0.1 only")
}

func TestLoad_WrongKeysAreNotAlsoMissing(t *testing.T) {
	t.Parallel()
	found := problems(t, with("SERVER_HOST", "0.0.0.0", "API_KEYS", "ops:operator:short"), "")
	require.Len(t, found, 1)
	require.Contains(t, found[0].Fault, "entry 1")
}

func TestLoad_WarnsOfWhatIsProbablyNotMeant(t *testing.T) {
	t.Parallel()
	_, warnings, err := config.Load(with(
		"API_KEYS", "ops:operator:0123456789abcdef", "API_AUTH", "off", "TRUSTED_PROXIES", "0.0.0.0/0",
		"DELIVERY_REPORT_KEYS", "0123456789abcdef", "RETENTION_ACTION", "erase",
	), "")
	require.NoError(t, err)
	require.Len(t, warnings, 4)
	require.Contains(t, warnings[0], "asks nobody for a key")
	require.Contains(t, warnings[1], "API_KEYS has a key that is among DELIVERY_REPORT_KEYS")
	require.Contains(t, warnings[2], "RETENTION_ACTION=erase does nothing without RETENTION")
	require.Contains(t, warnings[3], "TRUSTED_PROXIES trusts every address")
}
