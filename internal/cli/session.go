package cli

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/pflag"

	"auto-message-sender/internal/client"
	"auto-message-sender/internal/models"
)

// defaultServer is where `auto-message-sender serve` listens without settings.
const defaultServer = "http://127.0.0.1:8080"

// session is how a command speaks to the server and to the person.
type session struct {
	Process

	server string
	apiKey string
	wait   time.Duration
	json   bool

	waitsUntil time.Time // what the person was told of; calls of waiting come one at a time
}

// How long commands wait for a server: those that run for minutes anyway, longer.
const (
	shortWait = time.Minute
	longWait  = 5 * time.Minute
)

// flags adds the flags that every command has which speaks to a server.
func (s *session) flags(set *pflag.FlagSet, wait time.Duration) {
	set.StringVar(&s.server, "server", "", "address of the server (default AMS_SERVER, or "+defaultServer+")")
	set.StringVar(&s.apiKey, "api-key", "", "API key; better AMS_API_KEY, or AMS_API_KEY_FILE: others on this machine can read a flag")
	s.wait = wait
	set.Var((*span)(&s.wait), "wait", "how long to wait for a server that asks for it (429, 503) or has gone")
	set.BoolVar(&s.json, "json", false, "the API's JSON as it is, for scripts")
}

// client returns a client as the flags and the environment say. Close it.
func (s *session) client() (*client.Client, error) { return s.patientClient(s.wait) }

func (s *session) patientClient(patience time.Duration) (*client.Client, error) {
	server := first(s.server, s.Environ["AMS_SERVER"], defaultServer)
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Options{Server: server, APIKey: key, Patience: patience, Waiting: s.waiting})
	if err != nil {
		return nil, usage("%w (--server, AMS_SERVER)", err)
	}
	if entryOfKeys(key) {
		s.tell("hint: the API key looks like an entry of the server's API_KEYS, name:role:key; the key itself is what stands behind the second colon")
	}
	if key != "" && unencrypted(c.Server()) {
		s.tell("warning: the API key travels to %s unencrypted; https:// would hide it", c.Server())
	}
	return c, nil
}

// key returns the API key, empty if there is none.
func (s *session) key() (string, error) {
	if s.apiKey != "" {
		s.tell("warning: --api-key can be read by others on this machine (ps); AMS_API_KEY cannot")
		return s.apiKey, nil
	}
	key, path := s.Environ["AMS_API_KEY"], s.Environ["AMS_API_KEY_FILE"]
	if path == "" {
		return strings.TrimSpace(key), nil
	}
	if key != "" {
		return "", usage("AMS_API_KEY and AMS_API_KEY_FILE are both set; unset one of them")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the person's own choice
	if err != nil {
		return "", usage("AMS_API_KEY_FILE: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// entryOfKeys reports whether more was copied than the key. It may be one: keys may have colons.
func entryOfKeys(key string) bool {
	parts := strings.SplitN(key, ":", 3)
	return len(parts) == 3 && slices.Contains(models.Roles(), models.Role(parts[1]))
}

// unencrypted reports whether others can listen on the way to the server.
func unencrypted(server string) bool {
	address, err := url.Parse(server)
	if err != nil || address.Scheme != "http" {
		return false
	}
	host := address.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return !ip.IsLoopback()
	}
	return host != "localhost"
}

// waiting tells a person why nothing happens: once for several calls that wait for
// the same, and not of short waits.
func (s *session) waiting(delay time.Duration, why error) {
	until := s.Now().Add(delay)
	if delay < 2*time.Second || until.Sub(s.waitsUntil) < 2*time.Second {
		return
	}
	s.waitsUntil = until
	s.tell("waiting %s: %v", delay.Round(time.Second), why)
}

// tell writes a line for the person, who need not be there.
func (s *session) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Stderr, format+"\n", args...)
}

// print writes a line of the answer.
func (s *session) print(format string, args ...any) error {
	if _, err := fmt.Fprintf(s.Stdout, format+"\n", args...); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// printJSON writes what the API answered, on one line.
func (s *session) printJSON(raw []byte) error {
	if _, err := s.Stdout.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// time shows a time to a person, in the zone that they are in; nothing for none.
func (s *session) time(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(s.Zone).Format("2006-01-02 15:04:05")
}

// onTerminal reports whether a person can be asked.
func (s *session) onTerminal() bool { return s.Terminal(s.Stdin) && s.Terminal(s.Stderr) }

// first returns the first of the texts that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// visible keeps what a message says from doing things to a terminal, and on one line.
func visible(content string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, content)
}

// short is visible, cut to a width in columns of a terminal.
func short(content string, width int) string { return text.Snip(visible(content), width, "…") }
