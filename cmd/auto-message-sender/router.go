package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

// routerDeps is what the router is made of. All fields are required, but
// TrustedProxies – without any, forwarding headers are ignored –, Origins, and the
// last three.
type routerDeps struct {
	Log            logrus.FieldLogger
	Now            func() time.Time
	NewRequestID   func() string
	RequestTimeout time.Duration // less than the server's write timeout
	TrustedProxies []string      // addresses or CIDR ranges
	Origins        []string      // of other web pages that may call the API
	LocalOnly      bool          // answer only requests for this machine's own names
	Keys           *middleware.Keyring
	Limiter        *middleware.RateLimiter
	Reporters      []gin.HandlerFunc // middleware.Reports
	Messages       *handlers.Messages
	Operations     *handlers.Operations
	Preview        *handlers.Preview
	Statistics     *handlers.Statistics
	Reports        *handlers.DeliveryReports
	Events         *handlers.EventStream
	Scheduler      *handlers.Scheduler
	Identity       *handlers.Identity
	Configuration  *handlers.Configuration
	Fleet          *handlers.Fleet
	Probes         *handlers.Probes

	Follow  middleware.Follow  // follows requests; nil: nobody does
	Measure middleware.Measure // counts requests; nil: nobody counts
	Metrics http.Handler       // /metrics; nil: not here
}

func (d routerDeps) check() error {
	for name, missing := range map[string]bool{
		"Log": d.Log == nil, "Now": d.Now == nil, "NewRequestID": d.NewRequestID == nil,
		"RequestTimeout": d.RequestTimeout <= 0, "Keys": d.Keys == nil, "Limiter": d.Limiter == nil, "Reporters": len(d.Reporters) == 0,
		"Messages": d.Messages == nil, "Operations": d.Operations == nil, "Preview": d.Preview == nil, "Statistics": d.Statistics == nil,
		"Reports": d.Reports == nil, "Events": d.Events == nil, "Scheduler": d.Scheduler == nil, "Probes": d.Probes == nil,
		"Identity": d.Identity == nil, "Configuration": d.Configuration == nil, "Fleet": d.Fleet == nil,
	} {
		if missing {
			return fmt.Errorf("router: %s is required", name)
		}
	}
	return nil
}

// newRouter returns the handler of the whole service.
//
//	@title			auto-message-sender
//	@version		1.0
//	@description	Takes messages and sends them to a webhook at a set pace: none lost, none silently sent twice.
//	@description
//	@description				Errors are problems (RFC 9457). Times are RFC 3339, in UTC, with milliseconds. Every answer carries
//	@description				X-Request-ID. Where API keys are configured, every path of this API needs one; the probes do not. A key has a role:
//	@description				a reader may GET; a sender may accept messages and cancel or retry single ones, too; an operator may do everything.
//	@license.name				MIT
//	@BasePath					/api/v1
//
//	@tag.name					messages
//	@tag.description			Messages and where they stand
//	@tag.name					stats
//	@tag.description			How sending goes
//	@tag.name					events
//	@tag.description			What happens, as it does
//	@tag.name					delivery-reports
//	@tag.description			What the provider says became of messages
//	@tag.name					scheduler
//	@tag.description			Whether and how fast messages are sent
//	@tag.name					service
//	@tag.description			Who calls, what runs, and how it is configured
//	@tag.name					probes
//	@tag.description			How the service is, for machines; at the root, without a key and without a rate limit
//
//	@securityDefinitions.apikey	ApiKeyAuth
//	@in							header
//	@name						X-API-Key
//	@description				An API key.
//	@securityDefinitions.apikey	BearerAuth
//	@in							header
//	@name						Authorization
//	@description				An API key, written as: Bearer <key>
func newRouter(deps routerDeps) (*gin.Engine, error) {
	if err := deps.check(); err != nil {
		return nil, err
	}
	problems := handlers.NewProblems(deps.Log)
	table, err := routes(deps, problems)
	if err != nil {
		return nil, err
	}
	if deps.Metrics != nil {
		table = append(table, route{http.MethodGet, metricsPath, readers, limited, usual, gin.WrapH(deps.Metrics)})
	}
	engine, err := newEngine(deps, problems)
	if err != nil {
		return nil, err
	}
	steps, err := newSteps(deps, problems)
	if err != nil {
		return nil, err
	}
	for _, route := range table {
		engine.Handle(route.method, route.path, steps.chain(route)...)
		if route.method == http.MethodGet && route.limits != endless {
			// RFC 9110, 9.1: who answers GET answers HEAD. The server drops the body.
			engine.Handle(http.MethodHead, route.path, steps.chain(route)...)
		}
	}
	engine.NoRoute(steps.chain(route{
		pace: limited, handler: refuse(problems, http.StatusNotFound, "there is nothing at this path; /openapi.json lists what there is"),
	})...)
	engine.NoMethod(steps.chain(route{
		pace: limited, handler: refuse(problems, http.StatusMethodNotAllowed, "this path does not take this method; see Allow"),
	})...)
	return engine, nil
}

// newWaitingRouter returns the handler that serves until the store is there: it
// answers probes, and everything else with a 503. It needs Log, Now,
// NewRequestID, RequestTimeout and Probes.
func newWaitingRouter(deps routerDeps) (*gin.Engine, error) {
	if deps.Log == nil || deps.Now == nil || deps.NewRequestID == nil || deps.RequestTimeout <= 0 || deps.Probes == nil {
		return nil, errors.New("router: Log, Now, NewRequestID, RequestTimeout and Probes are required")
	}
	problems := handlers.NewProblems(deps.Log)
	engine, err := newEngine(deps, problems)
	if err != nil {
		return nil, err
	}
	live := handlers.Handle(problems, handlers.NoRequest, deps.Probes.Live, handlers.OK)
	ready := handlers.Handle(problems, handlers.VerboseQuery, deps.Probes.Ready, handlers.Health)
	// A batch is refused like all else, with a 503 after which its client comes again,
	// and not for its size.
	engine.Use(middleware.Deadline(deps.RequestTimeout), middleware.BodyLimit(maxBatchBody, problems))
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, "/livez", live)
		engine.Handle(method, "/readyz", ready)
		engine.Handle(method, "/healthz", ready)
	}
	if err := servePageMeanwhile(engine, problems); err != nil {
		return nil, err
	}
	waiting := func(c *gin.Context) {
		problems.Answer(c, &models.Error{Kind: models.KindUnavailable, Detail: "the service waits for its store; /readyz tells more"})
	}
	engine.NoRoute(waiting)
	engine.NoMethod(waiting)
	return engine, nil
}

// newEngine returns an engine with what every request passes first, in this order.
func newEngine(deps routerDeps, problems *handlers.Problems) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode) // or Gin prints to stdout
	engine := gin.New()
	if err := engine.SetTrustedProxies(deps.TrustedProxies); err != nil {
		return nil, fmt.Errorf("router: trusted proxies: %w", err)
	}
	engine.HandleMethodNotAllowed = true
	// A path is right or wrong; guessing would answer POST with a redirect.
	engine.RedirectTrailingSlash = false
	// Ids inserted by hand may have a slash, which a path escapes.
	engine.UseRawPath = true
	engine.Use(
		middleware.RequestID(deps.NewRequestID),
		middleware.AccessLog(deps.Log, deps.Now),
		middleware.Answered(deps.Measure, deps.Now),
		middleware.Trace(deps.Follow),
		middleware.Recovery(problems, deps.Log),
		middleware.SecurityHeaders,
		middleware.CORS(deps.Origins, problems),
	)
	return engine, nil
}

func refuse(problems *handlers.Problems, status int, detail string) gin.HandlerFunc {
	return func(c *gin.Context) { problems.Answer(c, handlers.Refuse(status, detail)) }
}
