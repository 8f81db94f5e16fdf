package moduletest_test

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sms"
)

// counted is what both sides say of a text.
type counted struct {
	Encoding   string `json:"encoding"`
	Segments   int    `json:"segments"`
	Characters int    `json:"characters"`
	Used       int    `json:"used"`
	Left       int    `json:"left"`
}

func TestSegments_AreThoseThatTheServerCounts(t *testing.T) {
	t.Parallel()
	texts := append(vectors(t), everyBorder()...)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's choice, the same each time
	alphabet := []rune("aZ09 @£\n\r\f^{}[]~|€\\`çÇğışüö\u00a0é😀🇹🇷\u200d漢")
	for range 2000 {
		var text strings.Builder
		// Most of them near the borders of one and two segments.
		plain := random.IntN(3) > 0
		for range random.IntN(340) {
			char := alphabet[random.IntN(len(alphabet))]
			if plain {
				char = alphabet[random.IntN(18)]
			}
			text.WriteRune(char)
		}
		texts = append(texts, text.String())
	}
	got := run[[]counted](t, "segments.js", `(module, texts) => texts.map((text) => module.segment(text))`, texts)
	require.Len(t, got, len(texts))
	for i, text := range texts {
		want := sms.Segment(text)
		require.Equal(t, counted{
			Encoding: string(want.Encoding), Segments: len(want.Segments),
			Characters: want.Characters, Used: want.Used, Left: want.Left,
		}, got[i], "%q", text)
	}
}

// vectors are those of the server's own test.
func vectors(t *testing.T) (texts []string) {
	t.Helper()
	file, err := os.Open("../sms/testdata/segments.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var vector struct {
			Text string `json:"text"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &vector))
		texts = append(texts, vector.Text)
	}
	require.GreaterOrEqual(t, len(texts), 20)
	return texts
}

// everyBorder are texts whose pairs stand on, before and behind the end of a segment, and
// each character of the basic plane's beginning by itself.
func everyBorder() (texts []string) {
	for length := 60; length <= 310; length++ {
		for _, pair := range []string{"€", "😀"} {
			texts = append(texts, strings.Repeat("a", length)+pair+"aaaa", strings.Repeat("ş", length)+pair)
		}
	}
	for char := rune(1); char < 0x2100; char++ {
		texts = append(texts, string(char))
	}
	return texts
}
