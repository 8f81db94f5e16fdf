package metrics

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sirupsen/logrus"
)

// maxScrapes bounds how many are answered at once; the next gets a 503.
const maxScrapes = 4

// Build says what runs.
type Build struct{ Version, Commit, GoVersion string }

// Options is what Metrics are made of. All fields are required.
type Options struct {
	Build Build
	Now   func() time.Time
	Log   logrus.FieldLogger
}

// Metrics is all that can be scraped of this process.
type Metrics struct {
	Pipeline *Pipeline
	Changes  *Changes
	Requests *Requests

	catalogue *catalogue
	look      *look
	page      http.Handler
}

// New returns metrics that are all zero.
func New(options Options) (*Metrics, error) {
	if options.Now == nil || options.Log == nil {
		return nil, errors.New("metrics: Now and Log are required")
	}
	c := &catalogue{registry: prometheus.NewRegistry()}
	c.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	moved := newMessages(c)
	m := &Metrics{
		Pipeline: newPipeline(c, moved), Changes: newChanges(c, moved), Requests: newRequests(c),
		look: newLook(c, options), catalogue: c,
	}
	c.registry.MustRegister(m.look)
	m.page = promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{
		ErrorLog: scrapeLog{options.Log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes,
	})
	return m, nil
}

// ServeHTTP answers a scrape. A metric that cannot be found is left out, and logged.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.page.ServeHTTP(w, r) }

// Catalogue lists what is counted here, by name; what the Go runtime and the process
// tell of themselves comes on top.
func (m *Metrics) Catalogue() []Entry {
	return slices.SortedFunc(slices.Values(m.catalogue.entries), func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
}

// scrapeLog takes what promhttp has to say.
type scrapeLog struct{ log logrus.FieldLogger }

// Println is part of promhttp.Logger.
func (l scrapeLog) Println(words ...any) { l.log.WithField("part", "metrics").Warn(words...) }
