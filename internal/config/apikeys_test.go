package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

// Where the parts are mixed up, what stands in the place of a name or a role may be the key.
func TestLoad_NamesAnUnknownRoleButNeverAKey(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-0123456789abcdef"
	for text, says := range map[string]string{
		"ops:admin:" + secret:             `entry 1 (ops) has the unknown role "admin"; the roles are`,
		secret + ":ops:reader":            "entry 1 has an unknown role",
		"ops:" + secret + ":reader":       "entry 1 has an unknown role",
		secret + ":admin:" + secret + "x": "entry 1 has an unknown role",
	} {
		_, _, err := config.Load(with("API_KEYS", text), "")
		require.ErrorContains(t, err, says, text)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
