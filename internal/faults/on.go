//go:build faults && linux

package faults

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// order is one point, which of its hits counts, and the signal to send then.
type order struct {
	point  string
	at     int64
	signal syscall.Signal
	hits   atomic.Int64
}

// orders are read once: the environment does not change.
//
//nolint:gochecknoglobals // a build for tests; the points are reached from everywhere
var orders = sync.OnceValue(func() []*order {
	var given []*order
	for name, signal := range map[string]syscall.Signal{
		"AMS_CRASH_AT": syscall.SIGKILL, "AMS_FREEZE_AT": syscall.SIGSTOP,
	} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		point, nth, counted := strings.Cut(text, ":")
		at := int64(1)
		if counted {
			var err error
			if at, err = strconv.ParseInt(nth, 10, 64); err != nil {
				panic(fmt.Sprintf("%s: %v", name, err))
			}
		}
		given = append(given, &order{point: point, at: at, signal: signal})
	}
	return given
})

// Reached says that the point has been reached; where the environment orders so,
// the process is killed or frozen here, all of its threads.
func Reached(point string) {
	for _, o := range orders() {
		if o.point != point || o.hits.Add(1) != o.at {
			continue
		}
		obey(o.signal)
	}
}

// obey sends the signal to this very thread, which meets it on its way out of the
// call and takes the whole process with it. A signal to the process goes to some
// thread that may have to wait for a processor, while this one runs on past the
// point.
func obey(signal syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(syscall.Gettid()), uintptr(signal))
	if errno != 0 {
		panic(fmt.Sprintf("faults: %v", errno))
	}
}

// Clock returns now, wrong by AMS_CLOCK_SKEW, in whole seconds.
func Clock(now func() time.Time) func() time.Time {
	text := os.Getenv("AMS_CLOCK_SKEW")
	if text == "" {
		return now
	}
	skew, err := time.ParseDuration(text)
	if err != nil {
		panic(fmt.Sprintf("AMS_CLOCK_SKEW: %v", err))
	}
	return func() time.Time { return setWrong(now(), int64(skew/time.Second)) }
}

// setWrong returns a time whose date is wrong by so many seconds, and whose
// monotonic part is not: as on a machine whose clock was set wrong, where timers
// and deadlines go on as ever. Add would move both. The layout is that of
// time.Time since Go 1.9: one bit that says that there is a monotonic part, 33
// bits of seconds, 30 of nanoseconds.
func setWrong(t time.Time, seconds int64) time.Time {
	const hasMonotonic, nanosecondBits = 1 << 63, 30
	layout := (*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)) //nolint:gosec // see above; in builds for tests only
	if layout.wall&hasMonotonic == 0 {
		return t.Add(time.Duration(seconds) * time.Second)
	}
	layout.wall += uint64(seconds) << nanosecondBits //nolint:gosec // a negative number wraps, as it should
	return t
}
