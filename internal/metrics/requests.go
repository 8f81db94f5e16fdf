package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts the requests of the API.
type Requests struct {
	requests *prometheus.CounterVec
	times    *prometheus.HistogramVec
}

func newRequests(c *catalogue) *Requests {
	return &Requests{
		requests: c.counters("ams_http_requests_total", "Requests of the API that were answered, by route – none where there is no such path –, "+
			"method and status.", "route", "method", "code"),
		times: c.histograms("ams_http_request_duration_seconds", "How long requests of the API took.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30}, "route", "method"),
	}
}

// Answered counts a request. The route is a template and never a path, and the method
// one that HTTP knows: what a client makes up must not become a label.
func (r *Requests) Answered(route, method string, status int, took time.Duration) {
	r.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	r.times.WithLabelValues(route, method).Observe(took.Seconds())
}
