package cli

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	shown *progressbar.ProgressBar // nil: nobody is there to see it
}

// newBar returns a bar up to total bytes; -1: nobody knows how many.
func (s *session) newBar(total int64, words string) bar {
	if !s.Terminal(s.Stderr) {
		return bar{}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(s.Stderr),
		progressbar.OptionSetDescription(words),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
	}
	if total >= 0 {
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true))
	} else {
		options = append(options, progressbar.OptionSpinnerType(14), progressbar.OptionSetElapsedTime(true))
	}
	return bar{shown: progressbar.NewOptions64(total, options...)}
}

// set shows how far it is. What cannot be shown is not missed.
func (b bar) set(done int64, words string) {
	if b.shown == nil {
		return
	}
	b.shown.Describe(words)
	_ = b.shown.Set64(done)
}

// clear makes room for a line of text; the next set draws the bar again.
func (b bar) clear() {
	if b.shown != nil {
		_ = b.shown.Clear()
	}
}

// end takes the bar away.
func (b bar) end() {
	if b.shown != nil {
		_ = b.shown.Finish()
	}
}
