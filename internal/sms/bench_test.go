package sms_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sms"
)

// BenchmarkInspect is what every accepted or adopted message passes.
func BenchmarkInspect(b *testing.B) {
	for _, text := range []struct{ name, content string }{
		{"plain", "Your order is on its way and will be with you on Tuesday before noon."},
		{"turkish", "Siparişiniz yola çıktı, salı günü öğleden önce sizde olacak. İyi günler!"},
		{"emoji", "Your order is on its way 🚚📦 and will be with you on Tuesday 🎉"},
	} {
		b.Run("content="+text.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := sms.Rules{}.Inspect("+90 (555) 123-45-67", text.content)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkSegment is what a preview asks for; counting alone is part of
// BenchmarkInspect.
func BenchmarkSegment(b *testing.B) {
	for _, text := range []struct{ name, content string }{
		{"gsm7-1", strings.Repeat("Hello you ", 16)},
		{"gsm7-11", strings.Repeat("Hello you€", 160)},
		{"ucs2-1", strings.Repeat("Şifre 🙂 ", 7)},
		{"ucs2-27", strings.Repeat("Şifre 🙂 ab", 160)},
	} {
		b.Run("content="+text.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = sms.Segment(text.content)
			}
		})
	}
}

// BenchmarkCount is what every message costs to be counted.
func BenchmarkCount(b *testing.B) {
	content := strings.Repeat("Siparişiniz yola çıktı. ", 6)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = sms.Count(content)
	}
}
