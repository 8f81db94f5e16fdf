package middleware

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/standardwebhooks"
)

// ReportsActor is the actor of a delivery report that came by its own key or
// signature.
const ReportsActor = "delivery-reports"

// ReportsOptions says who may report deliveries. Keys and Secrets may both be
// empty: then it is as with any other change, see Reports.
type ReportsOptions struct {
	Keys    []string // open POST /delivery-reports, and nothing else; only their hashes are kept
	Secrets [][]byte // that reports are signed with, by package standardwebhooks
	APIKeys *Keyring
	Limiter *RateLimiter
	Now     func() time.Time
}

// Reports returns what POST /delivery-reports passes in place of
// RateLimiter.Limit, Authenticate and Require, after CrossOrigin and LocalHost:
//
//   - With Keys or Secrets, a request needs one of the keys, in Authorization:
//     Bearer or X-API-Key, or a signature with one of the secrets over its body as it
//     was sent. It is not counted: a provider reports as fast as messages go out. What
//     is refused is counted, by address.
//   - Without either, it needs an API key of a sender or an operator, and is counted
//     as their requests are. Without any keys at all everybody may, as everywhere.
//
// The body may be as long as BodyLimit lets it be, and is there for the handler
// to be read again.
func Reports(options ReportsOptions, problems *handlers.Problems) ([]gin.HandlerFunc, error) {
	if options.APIKeys == nil || options.Limiter == nil || options.Now == nil {
		return nil, errors.New("middleware: delivery reports need APIKeys, Limiter and Now")
	}
	if len(options.Keys) == 0 && len(options.Secrets) == 0 {
		return []gin.HandlerFunc{
			options.Limiter.Limit(problems), Authenticate(options.APIKeys, problems), Require(models.RoleSender, problems),
		}, nil
	}
	guard := &reportGuard{secrets: options.Secrets, limiter: options.Limiter, problems: problems, now: options.Now}
	for _, key := range options.Keys {
		guard.keys.Add(ReportsActor, "", key)
	}
	return []gin.HandlerFunc{guard.check}, nil
}

// reportGuard knows the keys and secrets that are for delivery reports alone.
type reportGuard struct {
	keys     Keyring
	secrets  [][]byte
	limiter  *RateLimiter
	problems *handlers.Problems
	now      func() time.Time
}

func (g *reportGuard) check(c *gin.Context) {
	if !g.limiter.mayGuess(c, g.problems) {
		return
	}
	fault, err := g.fault(c)
	switch {
	case err != nil:
		g.problems.Answer(c, err)
	case fault != "":
		g.limiter.guessed(c.Request.Context(), clientKey(c.ClientIP()))
		refuseKey(c, g.problems, "", fault)
	default:
		admit(c, bearer{name: ReportsActor})
	}
}

// fault returns what is wrong with the proof that a report comes from the provider,
// nothing where it does. An error is about the body, which could not be read.
func (g *reportGuard) fault(c *gin.Context) (string, error) {
	key, shown := shownKey(c.Request.Header)
	if _, known := g.keys.find(key); shown && known {
		return "", nil
	}
	switch {
	case len(g.secrets) > 0 && standardwebhooks.Signed(c.Request.Header):
		body, err := rawBody(c)
		if err != nil {
			return "", err
		}
		return g.signatureFault(c.Request.Header, body), nil
	case shown:
		return "the key is not one of DELIVERY_REPORT_KEYS", nil
	}
	return "a delivery report needs " + strings.Join(g.ways(), ", or "), nil
}

func (g *reportGuard) signatureFault(header http.Header, body []byte) string {
	if err := standardwebhooks.Verify(g.secrets, header, body, g.now()); err != nil {
		return "the delivery report is not signed rightly: " + err.Error()
	}
	return ""
}

// ways says how a report is let in.
func (g *reportGuard) ways() []string {
	var ways []string
	if !g.keys.Empty() {
		ways = append(ways, "a key of its own, as Authorization: Bearer <key> or X-API-Key: <key>")
	}
	if len(g.secrets) > 0 {
		ways = append(ways, "a signature by the Standard Webhooks specification: webhook-id, webhook-timestamp, webhook-signature")
	}
	return ways
}

// rawBody reads the body as it was sent, and leaves it to be read again.
func rawBody(c *gin.Context) ([]byte, error) {
	body, err := io.ReadAll(c.Request.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, handlers.TooLarge(tooLarge.Limit) //nolint:wrapcheck // it is the answer
	}
	if err != nil {
		return nil, handlers.Refuse(http.StatusBadRequest, "the body ended before its time") //nolint:wrapcheck // likewise
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}
