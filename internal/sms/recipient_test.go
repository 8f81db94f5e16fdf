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
			got, err := sms.Rules{}.Normalise(raw)
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
			got, err := sms.Rules{}.Normalise(tt.raw)
			require.ErrorContains(t, err, tt.want)
			require.Empty(t, got)
			require.Contains(t, err.Error(), "+905551234567", "an example of what is right")
			if digits := strings.Trim(tt.raw, "+ "); len(digits) > 6 {
				require.NotContains(t, err.Error(), digits, "errors end up in logs")
			}
		})
	}
}

func TestNormalise_ARegionLetsNationalNumbersIn(t *testing.T) {
	t.Parallel()
	tests := []struct{ region, raw, want string }{
		{"TR", "0555 111 11 11", "+905551111111"},
		{"TR", "555 111 11 11", "+905551111111"},
		{"TR", "(0555) 111-11-11", "+905551111111"},
		{"TR", "0212 555 12 34", "+902125551234"},
		{"TR", "905551111111", "+905551111111"},
		{"TR", "00905551111111", "+905551111111"},
		{"TR", "0049 30 901820", "+4930901820"},
		{"TR", "+90 (0) 555 111 11 11", "+905551111111"},
		{"TR", "+49 30 901820", "+4930901820"},
		{"IT", "06 698 1234", "+39066981234"},
		{"US", "(415) 555-2671", "+14155552671"},
		{"US", "1 415 555 2671", "+14155552671"},
		{"US", "011 90 555 111 11 11", "+905551111111"},
		{"GB", "020 7946 0958", "+442079460958"},
	}
	for _, tt := range tests {
		t.Run(tt.region+" "+tt.raw, func(t *testing.T) {
			t.Parallel()
			got, err := sms.Rules{Region: tt.region}.Normalise(tt.raw)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			if tt.raw[0] != '+' {
				_, err = sms.Rules{}.Normalise(tt.raw)
				require.ErrorContains(t, err, "must start with +")
			}
		})
	}
}

func TestNormalise_ARegionLetsNothingElseIn(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "  ", "12", "112", "55 51", "0555 111 11 11 222 222", "0555 CALL NOW", "(+90) 555 111 11 11", "0555/1111111", "٠٥٥٥١١١١١١١", "0555 111 11 11 x3"} {
		got, err := sms.Rules{Region: "TR"}.Normalise(raw)
		require.Error(t, err, raw)
		require.Empty(t, got)
		require.Contains(t, err.Error(), "+905551234567")
	}
}

func TestNormalise_StrictRefusesWhatNobodyWasGiven(t *testing.T) {
	t.Parallel()
	for raw, valid := range map[string]bool{
		"+905551111111": true, "+14155552671": true, "+49 30 901820": true, "+44 7911 123456": true, "+80012345678": true,
		"+1 555 111 1111": false, // no such area
		"+901111111111":   false,
		"+44 1111 111111": false,
	} {
		_, err := sms.Rules{}.Normalise(raw)
		require.NoError(t, err, "%s is possible", raw)
		_, err = sms.Rules{Strict: true}.Normalise(raw)
		if valid {
			require.NoError(t, err, raw)
		} else {
			require.ErrorContains(t, err, "is in no range of numbers", raw)
		}
	}
}

// FuzzInspect holds that whatever comes in, by whatever rules, what goes out is
// E.164 and a fixed point – a number inspected twice is the number inspected once –
// beside a content of one to so many characters; and that no reason repeats either.
func FuzzInspect(f *testing.F) {
	for i, seed := range []string{
		"+905551111111", "+90 (555) 111-11-11", "+12", "", "+", "+39 06 698 1234", "+4915112345678",
		"+ 1 (415) 555-2671", "+4400207946095", "+5491123456789", "+525512345678", "+\x00", "+80012345678", "+881612345678",
		"0555 111 11 11", "0049 30 901820", "905551111111", "06 698 1234",
	} {
		f.Add(seed, "Merhaba, şifreniz 4711 🙂", uint8(i), uint8(0))
		f.Add(seed, "\xff\x00", uint8(0), uint8(i))
	}
	f.Add("+905551111111", strings.Repeat("ş", models.MaxContentLength+1), uint8(0), uint8(0))
	regions := []string{"", "TR", "US", "IT", "DE", "GB", "BR", "MX", "AR", "RU"}
	f.Fuzz(func(t *testing.T, raw, content string, region, limit uint8) {
		rules := sms.Rules{Region: regions[int(region)%len(regions)], MaxContent: int(limit), Strict: region >= 128}
		most := models.MaxContentLength
		if limit > 0 {
			most = int(limit)
		}
		length := utf8.RuneCountInString(content)
		right := utf8.ValidString(content) && length <= most && strings.TrimSpace(content) != "" && !strings.Contains(content, "\x00")
		require.Equal(t, right, rules.CheckContent(content) == nil)

		e164, err := rules.Normalise(raw)
		both, inspected := rules.Inspect(raw, content)
		require.Equal(t, err == nil && right, inspected == nil)
		if inspected != nil {
			require.Empty(t, both)
			require.Equal(t, models.KindInvalid, models.KindOf(inspected))
			if len(content) > 40 {
				require.NotContains(t, inspected.Error(), content)
			}
		} else {
			require.Equal(t, e164, both.To)
			require.Positive(t, both.NumSegments)
		}
		if err != nil {
			require.Empty(t, e164)
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, e164)
		for _, later := range []sms.Rules{rules, {}} { // the rules of the next start, too
			again, err := later.Normalise(e164)
			require.NoError(t, err)
			require.Equal(t, e164, again)
		}
	})
}
