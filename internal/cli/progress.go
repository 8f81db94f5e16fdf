package cli

// Progress shows on a terminal how far something has come, and nothing elsewhere.
type Progress struct{ shown bar }

// NewProgress returns one that nobody sees before the first Set.
func (p Process) NewProgress(words string) Progress {
	s := &session{Process: p}
	return Progress{s.newBar(-1, words)}
}

// Set shows how far it is, in words.
func (p Progress) Set(done int64, words string) { p.shown.set(done, words) }

// Clear makes room for a line of text; the next Set draws it again.
func (p Progress) Clear() { p.shown.clear() }

// End takes it away.
func (p Progress) End() { p.shown.end() }
