package handlers_test

import (
	"io"
	"runtime"
)

// heapGauge looks at the heap while a body is read through it.
type heapGauge struct {
	reader io.Reader
	every  int // bytes

	read int
	peak int64
}

func (g *heapGauge) Read(into []byte) (int, error) {
	n, err := g.reader.Read(into)
	if g.read += n; g.read >= g.every {
		g.read = 0
		g.peak = max(g.peak, heapInUse())
	}
	return n, err //nolint:wrapcheck // the reader's own word
}

// heapInUse returns what is reachable, in bytes.
func heapInUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far from the end of its range
}
