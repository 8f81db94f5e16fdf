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
		{"a space", " ", "is blank"},
		{"spaces, tabs and line breaks", " \t\r\n\u00a0\u2003", "is blank"},
		{"a letter between spaces", " a ", ""},
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
			err := sms.Rules{}.CheckContent(tt.content)
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
	accepted, err := sms.Rules{}.Inspect("0532 987 65 43", content)
	require.Empty(t, accepted)
	require.Equal(t, models.KindInvalid, models.KindOf(err))
	require.ErrorContains(t, err, "to must start with +")
	require.ErrorContains(t, err, "content has 210 characters")
	require.NotContains(t, err.Error(), "987")
	require.NotContains(t, err.Error(), "secret")
}

func TestInspect_ReturnsTheNumberNormalised(t *testing.T) {
	t.Parallel()
	accepted, err := sms.Rules{}.Inspect("+90 555 111 11 11", "Test mesajı")
	require.NoError(t, err)
	require.Equal(t, "+905551111111", accepted.To)
}

func TestInspect_CountsWhatItWillCost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content  string
		encoding models.Encoding
		segments int
	}{
		"plain":        {"Test", models.EncodingGSM7, 1},
		"Turkish":      {"Test mesajı", models.EncodingUCS2, 1},
		"longer":       {strings.Repeat("€", 160), models.EncodingGSM7, 3},
		"longer still": {strings.Repeat("ş", 160), models.EncodingUCS2, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted, err := sms.Rules{}.Inspect("+905551111111", tt.content)
			require.NoError(t, err)
			require.Equal(t, models.Inspected{To: "+905551111111", NumSegments: tt.segments, Encoding: tt.encoding}, accepted)
		})
	}
}

func TestCheckContent_TheLimitIsASetting(t *testing.T) {
	t.Parallel()
	rules := sms.Rules{MaxContent: 1600}
	require.NoError(t, rules.CheckContent(strings.Repeat("ş", 1600)))
	require.ErrorContains(t, rules.CheckContent(strings.Repeat("ş", 1601)), "has 1601 characters; at most 1600 are allowed")
	_, err := sms.Rules{MaxContent: 3}.Inspect("+905551111111", "abcd")
	require.ErrorContains(t, err, "content has 4 characters; at most 3 are allowed")
}
