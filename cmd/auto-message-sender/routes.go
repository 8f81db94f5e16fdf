package main

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"auto-message-sender/docs"
	"auto-message-sender/internal/dashboard"
	"auto-message-sender/internal/handlers"
)

const apiPath = "/api/v1"

// access says who may call a route.
type access int

const (
	anybody   access = iota
	browsers         // anybody; the answer is a page, or part of one
	readers          // a key of any role; where no keys are configured anybody, as for the next two
	senders          // a key of a sender or an operator
	operators        // a key of an operator
	reporters        // the provider, by keys or signatures of its own; they count by themselves
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
	limits  limits
	handler gin.HandlerFunc
}

// routes is the whole surface of the service.
func routes(d routerDeps, problems *handlers.Problems) ([]route, error) {
	swagger := *docs.SwaggerInfo // ReadDoc writes to what it reads
	pages, err := handlers.NewDocumentation([]byte(swagger.ReadDoc()), docs.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	page, err := pageRoutes(dashboard.Files(), pages.Redirect, problems)
	if err != nil {
		return nil, err
	}
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return append([]route{
		{post, apiPath + "/messages", senders, limited, usual, handlers.Handle(problems, handlers.AcceptBody, d.Messages.Accept, handlers.Accepted)},
		{get, apiPath + "/messages", readers, limited, usual, handlers.Handle(problems, handlers.ListQuery, d.Messages.List, handlers.Listed)},
		{post, apiPath + "/messages/batch", senders, limited, large, handlers.Handle(problems, handlers.BatchBody, d.Messages.Batch, handlers.OK)},
		{post, apiPath + "/messages/preview", senders, limited, usual, handlers.Handle(problems, handlers.JSONBody, d.Preview.Show, handlers.OK)},
		{post, apiPath + "/messages/cancel", operators, limited, long, handlers.Handle(problems, handlers.BulkBody, d.Operations.CancelAll, handlers.OK)},
		{post, apiPath + "/messages/retry", operators, limited, long, handlers.Handle(problems, handlers.RetryBody, d.Operations.RetryAll, handlers.OK)},
		{get, apiPath + "/messages/sent", readers, limited, usual, handlers.Handle(problems, handlers.PageQuery, d.Messages.Sent, handlers.OK)},
		{get, apiPath + "/messages/:id", readers, limited, usual, handlers.Handle(problems, handlers.PathID, d.Messages.Message, handlers.OK)},
		{del, apiPath + "/messages/:id", operators, limited, usual, handlers.Handle(problems, handlers.ChangedID, d.Operations.Erase, handlers.OK)},
		{post, apiPath + "/messages/:id/cancel", senders, limited, usual, handlers.Handle(problems, handlers.ChangedID, d.Messages.Cancel, handlers.OK)},
		{post, apiPath + "/messages/:id/retry", senders, limited, usual, handlers.Handle(problems, handlers.ChangedID, d.Messages.Retry, handlers.OK)},

		{get, apiPath + "/stats", readers, limited, usual, handlers.Handle(problems, handlers.NoRequest, d.Statistics.Stats, handlers.OK)},
		{get, apiPath + "/events", readers, limited, endless, d.Events.Stream(problems)},
		{post, apiPath + "/delivery-reports", reporters, unlimited, usual, handlers.Handle(problems, handlers.ReportBody, d.Reports.Report, handlers.OK)},

		{get, apiPath + "/scheduler", readers, limited, usual, handlers.Handle(problems, handlers.NoRequest, d.Scheduler.State, handlers.OK)},
		{post, apiPath + "/scheduler/start", operators, limited, usual, handlers.Handle(problems, handlers.OptionalJSONBody, d.Scheduler.Start, handlers.OK)},
		{post, apiPath + "/scheduler/stop", operators, limited, usual, handlers.Handle(problems, handlers.OptionalJSONBody, d.Scheduler.Stop, handlers.OK)},
		{put, apiPath + "/scheduler/pace", operators, limited, usual, handlers.Handle(problems, handlers.JSONBody, d.Scheduler.SetPace, handlers.OK)},
		{get, apiPath + "/scheduler/logs", readers, limited, usual, handlers.Handle(problems, handlers.PageQuery, d.Scheduler.Logs, handlers.OK)},

		{get, apiPath + "/me", readers, limited, usual, handlers.Handle(problems, handlers.NoRequest, d.Identity.Me, handlers.OK)},
		{get, apiPath + "/settings", readers, limited, usual, handlers.Handle(problems, handlers.NoRequest, d.Configuration.Show, handlers.OK)},
		{get, apiPath + "/replicas", readers, limited, usual, handlers.Handle(problems, handlers.NoRequest, d.Fleet.List, handlers.OK)},

		{get, "/livez", anybody, unlimited, usual, handlers.Handle(problems, handlers.NoRequest, d.Probes.Live, handlers.OK)},
		{get, "/readyz", anybody, unlimited, usual, handlers.Handle(problems, handlers.VerboseQuery, d.Probes.Ready, handlers.Health)},
		{get, "/healthz", anybody, unlimited, usual, handlers.Handle(problems, handlers.VerboseQuery, d.Probes.Ready, handlers.Health)},

		{get, "/swagger", browsers, limited, usual, pages.Redirect},
		{get, "/swagger/", browsers, limited, usual, pages.Redirect},
		{get, "/swagger/:file", browsers, limited, usual, pages.UI(problems)},
		{get, "/openapi.json", browsers, limited, usual, pages.OpenAPI},
	}, page...), nil
}
