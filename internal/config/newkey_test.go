package config_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
	"auto-message-sender/internal/models"
)

func TestNewAPIKey_IsTakenByAPIKeysAndNoneIsLikeAnother(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, role := range models.Roles() {
		key, err := config.NewAPIKey(rand.Reader, "app-1", role)
		require.NoError(t, err)
		require.Regexp(t, `^ams_[0-9a-f]{64}$`, key.Key.Reveal())
		require.NotContains(t, seen, key.Key.Reveal())
		seen[key.Key.Reveal()] = true
		require.Equal(t, "app-1:"+string(role)+":"+key.Key.Reveal(), key.Entry())
		require.Equal(t, config.APIKeys{key}, load(t, with("API_KEYS", key.Entry()), "").APIKeys)
		require.Len(t, load(t, with("DELIVERY_REPORT_KEYS", key.Key.Reveal()), "").DeliveryReportKeys, 1)
	}
}

// As keys new >> file makes it.
func TestLoad_AFileMayHaveAKeyOnEachLine(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("API_KEYS", "ops:operator:0123456789abcdef\r\n\napp:sender:fedcba9876543210\n"), "")
	require.Len(t, cfg.APIKeys, 2)
	require.Equal(t, "fedcba9876543210", cfg.APIKeys[1].Key.Reveal())
}

func TestNewAPIKey_RefusesWhatAPIKeysWould(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "needs a name", "a b": "needs a name", "a:b": "needs a name", "a,b": "needs a name", strings.Repeat("a", 65): "needs a name"} {
		_, err := config.NewAPIKey(rand.Reader, name, models.RoleSender)
		require.ErrorContains(t, err, want)
	}
	_, err := config.NewAPIKey(rand.Reader, "app", "admin")
	require.ErrorContains(t, err, "the roles are reader, sender and operator")
}

// A key that is not random through and through must not be given out.
func TestNewKey_FailsWithoutRandomness(t *testing.T) {
	t.Parallel()
	dry := errors.New("dry")
	_, err := config.NewKey(iotest.ErrReader(dry))
	require.ErrorIs(t, err, dry)
	_, err = config.NewKey(strings.NewReader("only 31 bytes, one is missing.."))
	require.Error(t, err)
}
