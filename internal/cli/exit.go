package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"auto-message-sender/internal/client"
)

// Exit codes, beside 0.
const (
	ExitFailed      = 1
	ExitUsage       = 2
	ExitConflict    = 3
	ExitUnreachable = 4
	ExitNotAllowed  = 5
	ExitRefused     = 6
	ExitInterrupted = 130
)

// exitCodes is the part of every help text that lists them.
const exitCodes = `Exit codes: 0 done; 1 failed; 2 wrong usage, or the server calls the request invalid;
3 not found, or in conflict with how things stand; 4 the server cannot be reached, or
cannot answer now: try again later; 5 not allowed: no key, a wrong one, or its role is
too small; 6 import: some lines were refused; 130 interrupted.`

// Error is an error with the exit code that it stands for.
type Error struct {
	Code  int
	Cause error
}

// Error returns the cause's text.
func (e *Error) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// usage returns an error about the command line.
func usage(format string, args ...any) error {
	return &Error{Code: ExitUsage, Cause: fmt.Errorf(format, args...)}
}

// interrupted hides that a context was canceled: who runs the program takes that for
// an end in order.
func interrupted(what string) error {
	return &Error{Code: ExitInterrupted, Cause: errors.New("interrupted; " + what)}
}

// explained gives an error its exit code, and says what to do about it.
func explained(err error) error {
	if _, done := errors.AsType[*Error](err); done || err == nil {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return interrupted("whether the last call took effect, list and show tell")
	}
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		return &Error{ExitUnreachable, fmt.Errorf("%w; is the service running there? --server, or AMS_SERVER, names another", err)}
	}
	switch client.StatusOf(err) {
	case 0:
		return &Error{ExitFailed, err}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return &Error{ExitUsage, err}
	case http.StatusUnauthorized:
		return &Error{ExitNotAllowed, fmt.Errorf("%w; set AMS_API_KEY, or AMS_API_KEY_FILE, to a key of the server's API_KEYS", err)}
	case http.StatusForbidden:
		return &Error{ExitNotAllowed, fmt.Errorf("%w; use a key of a role that may do this", err)}
	case http.StatusNotFound:
		return &Error{ExitConflict, fmt.Errorf("%w; auto-message-sender list shows what there is", err)}
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return &Error{ExitConflict, err}
	case http.StatusTooManyRequests:
		return &Error{ExitUnreachable, fmt.Errorf("%w; try again later, or say --wait 2m", err)}
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return &Error{ExitUnreachable, fmt.Errorf("%w; try again later", err)}
	}
	return &Error{ExitFailed, err}
}

// ExitCode returns the code that an error of a command stands for; not ok: it is not
// of this package's commands.
func ExitCode(err error) (code int, ok bool) {
	if known, found := errors.AsType[*Error](err); found {
		return known.Code, true
	}
	return 0, false
}
