package sms_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
)

func TestNormalise_AcceptsNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"+905551111111":         "+905551111111",
		"+90 555 111 11 11":     "+905551111111",
		"+90 (555) 111-11-11":   "+905551111111",
		"+90.555.111.11.11":     "+905551111111",
		"  +905551111111  ":     "+905551111111",
		"+90 (0) 555 111 11 11": "+905551111111",
		"+14155552671":          "+14155552671",
		"+44 20 7946 0958":      "+442079460958",
		"+49 30 901820":         "+4930901820",
		"+39 06 698 1234":       "+39066981234", // the zero belongs to Italian numbers
		"+33 6 12 34 56 78":     "+33612345678",
		"+800 1234 5678":        "+80012345678", // no country, still a plan
	}
	for raw, want := range tests {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			got, err := sms.Normalise(raw)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestNormalise_RefusesWhatCannotBeDialled(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"nothing", "", "is required"},
		{"spaces only", "   ", "is required"},
		{"no plus", "905551111111", "must start with +"},
		{"international prefix instead of plus", "00905551111111", "must start with +"},
		{"full-width plus", "＋905551111111", "must start with +"},
		{"a plus alone", "+", "too few digits"},
		{"two digits", "+12", "has too few digits"},
		{"two pluses", "++905551111111", "only digits after the +"},
		{"plus inside", "+90555+1111111", "only digits after the +"},
		{"letters", "+90555CALLNOW", "only digits after the +"},
		{"extension", "+905551111111x12", "only digits after the +"},
		{"RFC 3966 extension", "+905551111111;ext=12", "only digits after the +"},
		{"slash", "+90/5551111111", "only digits after the +"},
		{"tab", "+90\t5551111111", "only digits after the +"},
		{"newline", "+905551111111\n", "only digits after the +"},
		{"no-break space", "+90\u00a05551111111", "only digits after the +"},
		{"digits of another script", "+٩٠٥٥٥١١١١١١١", "only digits after the +"},
		{"not UTF-8", "+90\xff5551111111", "only digits after the +"},
		{"unknown country code", "+9995551111111", "unknown country code"},
		{"too short for its country", "+90555", "wrong number of digits"},
		{"too long for its country", "+9055511111112222", "wrong number of digits"},
		{"zeros before the number", "+4400207946095", "too many zeros"},
		{"local only", "+15551234", "wrong number of digits"},
		{"far too long", "+" + strings.Repeat("9", 200), "is too long"},
		{"more digits than E.164 has", "+49" + strings.Repeat("1", 14), "too many digits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sms.Normalise(tt.raw)
			require.ErrorContains(t, err, tt.want)
			require.Empty(t, got)
			require.Contains(t, err.Error(), "+905551234567", "an example of what is right")
			if digits := strings.Trim(tt.raw, "+ "); len(digits) > 6 {
				require.NotContains(t, err.Error(), digits, "errors end up in logs")
			}
		})
	}
}

// FuzzInspect holds that whatever comes in, what goes out is E.164 and a fixed
// point – a number inspected twice is the number inspected once – beside a
// content of one to so many characters; and that no reason repeats either.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		"+905551111111", "+90 (555) 111-11-11", "+12", "", "+", "+39 06 698 1234", "+4915112345678",
		"+ 1 (415) 555-2671", "+4400207946095", "+5491123456789", "+525512345678", "+\x00", "+80012345678", "+881612345678",
	} {
		f.Add(seed, "Merhaba, şifreniz 4711 🙂")
		f.Add(seed, "\xff\x00")
	}
	f.Add("+905551111111", strings.Repeat("ş", models.MaxContentLength+1))
	f.Fuzz(func(t *testing.T, raw, content string) {
		contentFault := sms.CheckContent(content)
		length := utf8.RuneCountInString(content)
		right := utf8.ValidString(content) && 1 <= length && length <= models.MaxContentLength && !strings.Contains(content, "\x00")
		require.Equal(t, right, contentFault == nil)

		e164, err := sms.Normalise(raw)
		both, inspected := sms.Inspect(raw, content)
		require.Equal(t, err == nil && right, inspected == nil)
		if inspected != nil {
			require.Empty(t, both)
			require.Equal(t, models.KindInvalid, models.KindOf(inspected))
			if len(content) > 40 {
				require.NotContains(t, inspected.Error(), content)
			}
		}
		if err != nil {
			require.Empty(t, e164)
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, e164)
		again, err := sms.Normalise(e164)
		require.NoError(t, err)
		require.Equal(t, e164, again)
	})
}
