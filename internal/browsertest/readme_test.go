package browsertest_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Beyond this a picture makes the README slow to read.
const largestPicture = 200 << 10

// The README's pictures are made here, with -update: what they show is there.
func TestReadme_HasItsPictures(t *testing.T) {
	t.Parallel()
	if *update {
		scene := newScene(t)
		overview := open(t, scene.service, "/")
		overview.see(".tile", "in the last hour")
		overview.until(`() => document.querySelector('.chart canvas') !== null`)
		overview.settle()
		overview.appear(look{"", 1280, 720, "light"})
		save(t, overview, "../../docs/images/overview.png")
		message := open(t, scene.service, "/messages/"+scene.failed)
		message.see(".timeline-item", "Failed for good")
		message.settle()
		message.appear(look{"", 1280, 720, "dark"})
		save(t, message, "../../docs/images/message.png")
	}
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, path := range []string{"docs/images/overview.png", "docs/images/message.png"} {
		require.True(t, bytes.Contains(readme, []byte("("+path+")")), "%s is not in the README", path)
		picture, err := os.ReadFile("../../" + path) //nolint:gosec // one of two
		require.NoError(t, err)
		require.Less(t, len(picture), largestPicture, path)
		size, err := png.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, 1280, size.Width)
	}
}
