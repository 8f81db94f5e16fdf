package chaos_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/e2e/program"
)

// fleet is the processes of a run, each in a slot that it is started again in.
type fleet struct {
	t        *testing.T
	binary   string
	settings map[string]string
	client   *http.Client

	mu      sync.Mutex
	slots   []*slot
	deaths  []chaos.Death
	crashed []string // what processes printed that ended on their own
}

// slot holds one process at a time.
type slot struct {
	process  *program.Process
	replica  string // unlike that of any other process, also of this slot
	started  int
	expected bool // its end was ordered
}

// newFleet starts n processes with these settings.
func newFleet(t *testing.T, binary string, n int, settings map[string]string) *fleet {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	f := &fleet{
		t: t, binary: binary, settings: settings,
		client: &http.Client{Transport: transport, Timeout: 15 * time.Second},
	}
	t.Cleanup(transport.CloseIdleConnections)
	for range n {
		f.slots = append(f.slots, &slot{})
	}
	for i := range n {
		f.start(i, nil)
	}
	return f
}

// start runs a new process in the slot, with these variables beside the fleet's.
// It does not wait until the process is ready.
func (f *fleet) start(i int, more map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.slots[i]
	s.started++
	s.replica = fmt.Sprintf("r%d-%d", i, s.started)
	s.expected = false
	environment := map[string]string{
		"SERVER_PORT": strconv.Itoa(program.FreePort(f.t)), "RATE_LIMIT": "1000000/1s",
		"REPLICA_ID": s.replica, "LOG_LEVEL": "warn",
	}
	maps.Copy(environment, f.settings)
	maps.Copy(environment, more)
	process := program.Start(f.t, f.binary, environment)
	s.process = process
	go func() {
		<-process.Ended()
		f.mu.Lock()
		defer f.mu.Unlock()
		if s.process == process && !s.expected {
			f.crashed = append(f.crashed, process.Stderr.String())
		}
	}()
}

// kill ends the slot's process as kill -9 does, whatever it is doing.
func (f *fleet) kill(i int) {
	process, replica := f.expect(i)
	process.Kill()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaths = append(f.deaths, chaos.Death{Replica: replica, At: moment()})
}

// died takes note of a process that ended or froze by an order it was started with.
func (f *fleet) died(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaths = append(f.deaths, chaos.Death{Replica: f.slots[i].replica, At: moment()})
}

// expect says that the end of the slot's process is no accident.
func (f *fleet) expect(i int) (*program.Process, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots[i].expected = true
	return f.slots[i].process, f.slots[i].replica
}

// freeze stops the slot's process for so long.
func (f *fleet) freeze(ctx context.Context, i int, d time.Duration) {
	process := f.at(i)
	require.NoError(f.t, process.Signal(syscall.SIGSTOP))
	pause(ctx, d)
	require.NoError(f.t, process.Signal(syscall.SIGCONT))
}

func (f *fleet) at(i int) *program.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.slots[i].process
}

// revive starts again what could not start because another program took its port.
func (f *fleet) revive() {
	f.mu.Lock()
	var again []int
	for i, s := range f.slots {
		select {
		case <-s.process.Ended():
			if strings.Contains(s.process.Stderr.String(), "address already in use") {
				s.expected = true
				again = append(again, i)
			}
		default:
		}
	}
	f.mu.Unlock()
	for _, i := range again {
		f.start(i, nil)
	}
}

// ready waits until the slot's process answers that it is.
func (f *fleet) ready(i int) {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		f.revive()
		status, _, err := f.call(f.at(i), http.MethodGet, "/readyz", "")
		return err == nil && status == http.StatusOK
	}, patience, 10*time.Millisecond, "process %d is never ready", i)
}

// settle waits until nothing waits any more; where that never comes, it shows what
// the processes have to say.
func (f *fleet) settle(idle func(*fleet) bool, patience time.Duration) {
	f.t.Helper()
	for began := moment(); !idle(f); pause(f.t.Context(), 200*time.Millisecond) {
		if moment().Sub(began) < patience {
			continue
		}
		for i := range f.slots {
			_, answer, err := f.call(f.at(i), http.MethodGet, "/api/v1/scheduler", "")
			f.t.Logf("process %d: %v %v\n%s", i, answer, err, tail(f.at(i).Stderr.String()))
		}
		require.FailNow(f.t, "something waits for ever")
	}
}

// terminate ends every process in order, and holds that each exits 0.
func (f *fleet) terminate() {
	f.t.Helper()
	for i := range f.slots {
		process, _ := f.expect(i)
		require.NoError(f.t, process.Signal(syscall.SIGTERM))
	}
	for i := range f.slots {
		code, err := f.at(i).Exit(patience)
		require.NoError(f.t, err)
		require.Zero(f.t, code, "%s", tail(f.at(i).Stderr.String()))
	}
}

// unharmed holds that no process ended but by order.
func (f *fleet) unharmed() {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, text := range f.crashed {
		if !strings.Contains(text, "address already in use") {
			require.Fail(f.t, "a process ended on its own", tail(text))
		}
	}
}

// any returns some process.
func (f *fleet) any(dice *rand.Rand) *program.Process { return f.at(dice.IntN(len(f.slots))) }

// errNotSent says that a request never left.
var errNotSent = errors.New("no connection")

// call makes one request of JSON; see send.
func (f *fleet) call(p *program.Process, method, path, body string) (int, map[string]any, error) {
	return f.send(p, request{method: method, path: path, body: body})
}

// request is one request of the API.
type request struct {
	method, path, body string
	kind               string // of the body; empty: JSON
	key                string // Idempotency-Key, empty: none
}

// send makes one request. An error that is errNotSent tells that nothing of it has
// arrived.
func (f *fleet) send(p *program.Process, wanted request) (int, map[string]any, error) {
	call, err := http.NewRequestWithContext(f.t.Context(), wanted.method, p.URL(wanted.path), strings.NewReader(wanted.body))
	if err != nil {
		return 0, nil, fmt.Errorf("make a request: %w", err)
	}
	if wanted.body != "" {
		call.Header.Set("Content-Type", cmp.Or(wanted.kind, "application/json"))
	}
	if wanted.key != "" {
		call.Header.Set("Idempotency-Key", wanted.key)
	}
	response, err := f.client.Do(call)
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "dial" {
		return 0, nil, errNotSent
	}
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	var answer map[string]any
	_ = json.Unmarshal(content, &answer)
	return response.StatusCode, answer, nil
}

// tail returns the end of what a process printed.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
