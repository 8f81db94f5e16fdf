package sms_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	oracle "github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/tpdu"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
)

// requireWhole demands what holds of every segmentation: the segments are the
// content, none has too much, and none was closed before it was full.
func requireWhole(t *testing.T, content string, got sms.Segmentation) {
	t.Helper()
	require.Equal(t, content, strings.Join(got.Segments, ""))
	require.Equal(t, utf8.RuneCountInString(content), got.Characters)
	most := map[models.Encoding]int{models.EncodingGSM7: 153, models.EncodingUCS2: 67}[got.Encoding]
	if len(got.Segments) == 1 {
		most = map[models.Encoding]int{models.EncodingGSM7: 160, models.EncodingUCS2: 70}[got.Encoding]
	}
	for i, segment := range got.Segments {
		used := unitsOf(got.Encoding, segment)
		require.LessOrEqual(t, used, most)
		if i < len(got.Segments)-1 {
			next, _ := utf8.DecodeRuneInString(got.Segments[i+1])
			require.Greater(t, used+unitsOf(got.Encoding, string(next)), most, "segment %d has room", i)
			continue
		}
		require.Equal(t, used, got.Used)
		require.Equal(t, most, got.Used+got.Left)
	}
	encoding, segments := sms.Count(content)
	require.Equal(t, got.Encoding, encoding)
	require.Len(t, got.Segments, segments)
}

func unitsOf(encoding models.Encoding, text string) int {
	if encoding == models.EncodingUCS2 {
		return len(utf16.Encode([]rune(text)))
	}
	return utf8.RuneCountInString(text) + strings.Count(strings.Map(func(char rune) rune {
		if strings.ContainsRune("\f^{}\\[~]|€", char) {
			return 'E'
		}
		return 'b'
	}, text), "E")
}

func TestSegment_AgreesWithTheVectors(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/segments.jsonl")
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(file))
	count := 0
	for lines.Scan() {
		var vector struct {
			Text     string          `json:"text"`
			Encoding models.Encoding `json:"encoding"`
			Segments int             `json:"segments"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &vector))
		got := sms.Segment(vector.Text)
		require.Equal(t, vector.Encoding, got.Encoding, "%q", vector.Text)
		require.Len(t, got.Segments, vector.Segments, "%q", vector.Text)
		requireWhole(t, vector.Text, got)
		count++
	}
	require.NoError(t, lines.Err())
	require.GreaterOrEqual(t, count, 20)
}

func TestSegment_PacksAndDoesNotDivide(t *testing.T) {
	t.Parallel()
	a, b := func(n int) string { return strings.Repeat("a", n) }, func(n int) string { return strings.Repeat("ş", n) }
	tests := []struct {
		name     string
		content  string
		encoding models.Encoding
		lengths  []int // characters of each segment
		used     int
		left     int
	}{
		{"nothing", "", models.EncodingGSM7, []int{0}, 0, 160},
		{"160 letters", a(160), models.EncodingGSM7, []int{160}, 160, 0},
		{"161 letters", a(161), models.EncodingGSM7, []int{153, 8}, 8, 145},
		{"an escape pair fits at the very end", a(158) + "€", models.EncodingGSM7, []int{159}, 160, 0},
		{"an escape pair is one septet too much", a(159) + "€", models.EncodingGSM7, []int{153, 7}, 8, 145},
		{"an escape pair that would be split", a(152) + "€" + a(20), models.EncodingGSM7, []int{152, 21}, 22, 131},
		{"306 septets in three segments, for two pairs would be split", a(152) + "€" + a(150) + "€", models.EncodingGSM7, []int{152, 151, 1}, 2, 151},
		{"a pair that ends its segment", a(151) + "[" + a(10), models.EncodingGSM7, []int{152, 10}, 10, 143},
		{"70 Turkish letters", b(70), models.EncodingUCS2, []int{70}, 70, 0},
		{"71 Turkish letters", b(71), models.EncodingUCS2, []int{67, 4}, 4, 63},
		{"one letter makes all of it UCS-2", a(70) + "ı", models.EncodingUCS2, []int{67, 4}, 4, 63},
		{"35 emoji", strings.Repeat("🙂", 35), models.EncodingUCS2, []int{35}, 70, 0},
		{"36 emoji: 33 to a segment, one unit left over", strings.Repeat("🙂", 36), models.EncodingUCS2, []int{33, 3}, 6, 61},
		{"134 units in three segments", b(66) + "🙂" + a(64) + "🙂", models.EncodingUCS2, []int{66, 65, 1}, 2, 65},
		{"a surrogate pair that ends its segment", b(65) + "🙂" + b(10), models.EncodingUCS2, []int{66, 10}, 10, 57},
		{"bytes that are no UTF-8", "a\xff\xfe", models.EncodingUCS2, []int{3}, 3, 67},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := sms.Segment(tt.content)
			var lengths []int
			for _, segment := range got.Segments {
				lengths = append(lengths, utf8.RuneCountInString(segment))
			}
			require.Equal(t, tt.lengths, lengths)
			require.Equal(t, tt.encoding, got.Encoding)
			require.Equal(t, tt.used, got.Used)
			require.Equal(t, tt.left, got.Left)
			if utf8.ValidString(tt.content) {
				requireWhole(t, tt.content, got)
			}
		})
	}
}

// The tables, written down here a second time: 3GPP TS 23.038, 6.2.1.
func TestSegment_EveryCharacterHasItsUnits(t *testing.T) {
	t.Parallel()
	const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	const extension = "\f^{}\\[~]|€"
	require.Equal(t, 127, utf8.RuneCountInString(basic), "and the escape")
	for char := rune(1); char <= utf8.MaxRune; char++ {
		if !utf8.ValidRune(char) {
			continue
		}
		got := sms.Segment(string(char))
		switch {
		case strings.ContainsRune(basic, char):
			require.Equal(t, models.EncodingGSM7, got.Encoding, "%U", char)
			require.Equal(t, 1, got.Used, "%U", char)
		case strings.ContainsRune(extension, char):
			require.Equal(t, models.EncodingGSM7, got.Encoding, "%U", char)
			require.Equal(t, 2, got.Used, "%U", char)
		default:
			require.Equal(t, models.EncodingUCS2, got.Encoding, "%U", char)
			require.Equal(t, len(utf16.Encode([]rune{char})), got.Used, "%U", char)
		}
	}
}

// FuzzSegment compares with another implementation, piece by piece. It differs
// from the rule in two things:
//   - it takes U+001B for a character of the basic table. That place is the escape:
//     on the phone it would swallow the character after it;
//   - it makes no SMS of an empty text. By the rule it is one, with nothing in it.
//
// It also counts segments in one byte, but does not stop at 255 of them.
func FuzzSegment(f *testing.F) {
	a := strings.Repeat("a", 152)
	for _, seed := range []string{
		"", "a", a, a + "€", a + "a" + "€", a + "€" + a + "€", "{}[]~|^\\€\f\r\n", "\x1b(", "ş", "🙂", strings.Repeat("ş", 66) + "🙂", "\xff\xed\xa0\x80", "`", "ç",
	} {
		f.Add(seed, uint8(1))
		f.Add(seed, uint8(40))
	}
	f.Fuzz(func(t *testing.T, piece string, times uint8) {
		content := strings.Repeat(piece, int(times))
		got := sms.Segment(content)
		if content == "" || strings.ContainsRune(content, 0x1b) || len(content) > 16<<10 {
			return
		}
		if utf8.ValidString(content) {
			requireWhole(t, content, got)
		}
		want, err := oracle.Encode([]byte(content))
		require.NoError(t, err)
		require.Len(t, got.Segments, len(want))
		for i, pdu := range want {
			alphabet, err := pdu.Alphabet()
			require.NoError(t, err)
			text, err := tpdu.DecodeUserData(pdu.UD, nil, alphabet)
			require.NoError(t, err)
			require.Equal(t, string(text), strings.ToValidUTF8(string([]rune(got.Segments[i])), ""), "segment %d", i)
			units := len(pdu.UD)
			if alphabet == tpdu.AlphaUCS2 {
				units /= 2
			}
			require.Equal(t, alphabet == tpdu.AlphaUCS2, got.Encoding == models.EncodingUCS2)
			if i == len(want)-1 {
				require.Equal(t, units, got.Used)
			}
		}
	})
}
