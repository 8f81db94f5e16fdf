package sms_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
)

func TestCheckContent_CountsCharactersNotBytes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, want string }{
		{"one character", "a", ""},
		{"a space", " ", ""},
		{"81 Turkish letters are 162 bytes", strings.Repeat("ş", 81), ""},
		{"160 emoji are 640 bytes", strings.Repeat("🙂", 160), ""},
		{"160 letters", strings.Repeat("a", 160), ""},
		{"161 letters", strings.Repeat("a", 161), "has 161 characters; at most 160"},
		{"161 Turkish letters", strings.Repeat("ş", 161), "has 161 characters"},
		{"nothing", "", "is required"},
		{"not UTF-8", "caf\xe9", "not valid UTF-8"},
		{"NUL", "a\x00b", "NUL"},
		{"line break and tab", "a\r\n\tb", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := sms.CheckContent(tt.content)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestInspect_NamesEveryFieldAndRepeatsNeither(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("secret ", 30)
	normalised, err := sms.Inspect("0532 987 65 43", content)
	require.Empty(t, normalised)
	require.Equal(t, models.KindInvalid, models.KindOf(err))
	require.ErrorContains(t, err, "to must start with +")
	require.ErrorContains(t, err, "content has 210 characters")
	require.NotContains(t, err.Error(), "987")
	require.NotContains(t, err.Error(), "secret")
}

func TestInspect_ReturnsTheNumberNormalised(t *testing.T) {
	t.Parallel()
	normalised, err := sms.Inspect("+90 555 111 11 11", "Test mesajı")
	require.NoError(t, err)
	require.Equal(t, "+905551111111", normalised)
}
