package sms_test

import (
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
				_, err := sms.Inspect("+90 (555) 123-45-67", text.content)
				require.NoError(b, err)
			}
		})
	}
}
