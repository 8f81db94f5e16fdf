package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/docs"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

const (
	apiPath = "/api/v1"
	// maxBody is the largest body of any request, in bytes.
	maxBody = 64 << 10
)

// access says who may call a route.
type access int

const (
	anybody    access = iota
	browsers          // anybody; the answer is a page, or part of one
	keyHolders        // anybody, too, where no keys are configured
)

// pace says whether a route counts towards the rate limit of its client.
type pace bool

const (
	limited   pace = true
	unlimited pace = false
)

// route is one row of the route table.
type route struct {
	method  string
	path    string
	access  access
	pace    pace
	handler gin.HandlerFunc
}

// chain returns what the route's requests pass after the engine's own middleware;
// the guards stand before what only key holders may call.
func (r route) chain(limit gin.HandlerFunc, guards ...gin.HandlerFunc) []gin.HandlerFunc {
	var chain []gin.HandlerFunc
	if r.pace == limited {
		// Before the keys: guessing them is limited, too.
		chain = append(chain, limit)
	}
	switch r.access {
	case keyHolders:
		chain = append(chain, guards...)
	case browsers:
		chain = append(chain, middleware.PageHeaders)
	case anybody:
	}
	return append(chain, r.handler)
}

// routerDeps is what the router is made of. All fields are required, but
// TrustedProxies – without any, forwarding headers are ignored – and Origins.
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
	Messages       *handlers.Messages
	Scheduler      *handlers.Scheduler
	Probes         *handlers.Probes
}

func (d routerDeps) check() error {
	for name, missing := range map[string]bool{
		"Log": d.Log == nil, "Now": d.Now == nil, "NewRequestID": d.NewRequestID == nil,
		"RequestTimeout": d.RequestTimeout <= 0, "Keys": d.Keys == nil, "Limiter": d.Limiter == nil,
		"Messages": d.Messages == nil, "Scheduler": d.Scheduler == nil, "Probes": d.Probes == nil,
	} {
		if missing {
			return fmt.Errorf("router: %s is required", name)
		}
	}
	return nil
}

// routes is the whole surface of the service.
func routes(d routerDeps, problems *handlers.Problems) ([]route, error) {
	swagger := *docs.SwaggerInfo // ReadDoc writes to what it reads
	pages, err := handlers.NewDocumentation([]byte(swagger.ReadDoc()), docs.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{post, apiPath + "/messages", keyHolders, limited, handlers.Handle(problems, handlers.JSONBody, d.Messages.Accept, handlers.Created)},
		{get, apiPath + "/messages/sent", keyHolders, limited, handlers.Handle(problems, handlers.PageQuery, d.Messages.Sent, handlers.OK)},
		{get, apiPath + "/messages/:id", keyHolders, limited, handlers.Handle(problems, handlers.PathID, d.Messages.Message, handlers.OK)},

		{get, apiPath + "/scheduler", keyHolders, limited, handlers.Handle(problems, handlers.NoRequest, d.Scheduler.State, handlers.OK)},
		{post, apiPath + "/scheduler/start", keyHolders, limited, handlers.Handle(problems, handlers.OptionalJSONBody, d.Scheduler.Start, handlers.OK)},
		{post, apiPath + "/scheduler/stop", keyHolders, limited, handlers.Handle(problems, handlers.OptionalJSONBody, d.Scheduler.Stop, handlers.OK)},
		{get, apiPath + "/scheduler/logs", keyHolders, limited, handlers.Handle(problems, handlers.PageQuery, d.Scheduler.Logs, handlers.OK)},

		{get, "/livez", anybody, unlimited, handlers.Handle(problems, handlers.NoRequest, d.Probes.Live, handlers.OK)},
		{get, "/readyz", anybody, unlimited, handlers.Handle(problems, handlers.VerboseQuery, d.Probes.Ready, handlers.Health)},
		{get, "/healthz", anybody, unlimited, handlers.Handle(problems, handlers.VerboseQuery, d.Probes.Ready, handlers.Health)},

		{get, "/", browsers, limited, pages.Redirect},
		{get, "/swagger", browsers, limited, pages.Redirect},
		{get, "/swagger/", browsers, limited, pages.Redirect},
		{get, "/swagger/:file", browsers, limited, pages.UI(problems)},
		{get, "/openapi.json", browsers, limited, pages.OpenAPI},
	}, nil
}

// newRouter returns the handler of the whole service.
//
//	@title			auto-message-sender
//	@version		1.0
//	@description	Takes messages and sends them to a webhook at a set pace: none lost, none silently sent twice.
//	@description
//	@description				Errors are problems (RFC 9457). Times are RFC 3339, in UTC, with milliseconds. Every answer carries
//	@description				X-Request-ID. Where API keys are configured, every path of this API needs one; the probes do not.
//	@license.name				MIT
//	@BasePath					/api/v1
//
//	@tag.name					messages
//	@tag.description			Messages and where they stand
//	@tag.name					scheduler
//	@tag.description			Whether and how fast messages are sent
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
	engine, err := newEngine(deps, problems)
	if err != nil {
		return nil, err
	}
	limit := deps.Limiter.Limit(problems)
	crossOrigin, err := middleware.CrossOrigin(deps.Origins, problems)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	guards := []gin.HandlerFunc{crossOrigin, middleware.Authenticate(deps.Keys, problems)}
	if deps.LocalOnly {
		guards = append([]gin.HandlerFunc{middleware.LocalHost(problems)}, guards...)
	}
	for _, route := range table {
		engine.Handle(route.method, route.path, route.chain(limit, guards...)...)
		if route.method == http.MethodGet {
			// RFC 9110, 9.1: who answers GET answers HEAD. The server drops the body.
			engine.Handle(http.MethodHead, route.path, route.chain(limit, guards...)...)
		}
	}
	engine.NoRoute(limit, refuse(problems, http.StatusNotFound, "there is nothing at this path; /openapi.json lists what there is"))
	engine.NoMethod(limit, refuse(problems, http.StatusMethodNotAllowed, "this path does not take this method; see Allow"))
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
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, "/livez", live)
		engine.Handle(method, "/readyz", ready)
		engine.Handle(method, "/healthz", ready)
	}
	waiting := func(c *gin.Context) {
		problems.Answer(c, &models.Error{Kind: models.KindUnavailable, Detail: "the service waits for its store; /readyz tells more"})
	}
	engine.NoRoute(waiting)
	engine.NoMethod(waiting)
	return engine, nil
}

// newEngine returns an engine with what every request passes, in this order.
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
		middleware.Recovery(problems, deps.Log),
		middleware.SecurityHeaders,
		middleware.CORS(deps.Origins),
		middleware.Deadline(deps.RequestTimeout),
		middleware.BodyLimit(maxBody, problems),
	)
	return engine, nil
}

func refuse(problems *handlers.Problems, status int, detail string) gin.HandlerFunc {
	return func(c *gin.Context) { problems.Answer(c, handlers.Refuse(status, detail)) }
}
