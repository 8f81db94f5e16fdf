package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Entry is one metric, for the documentation.
type Entry struct {
	Name   string
	Kind   string // counter, gauge, histogram
	Help   string
	Labels []string // without those that say what build it is
}

// catalogue makes metrics, and remembers what it has made.
type catalogue struct {
	registry *prometheus.Registry
	entries  []Entry
}

func (c *catalogue) list(kind, name, help string, labels []string) {
	c.entries = append(c.entries, Entry{Name: name, Kind: kind, Help: help, Labels: labels})
}

// counter and counters make one, and one for each combination of labels.
func (c *catalogue) counter(name, help string) prometheus.Counter {
	c.list("counter", name, help, nil)
	made := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	c.registry.MustRegister(made)
	return made
}

func (c *catalogue) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c.list("counter", name, help, labels)
	made := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	c.registry.MustRegister(made)
	return made
}

func (c *catalogue) histogram(name, help string, buckets []float64) prometheus.Histogram {
	c.list("histogram", name, help, nil)
	made := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	c.registry.MustRegister(made)
	return made
}

func (c *catalogue) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	c.list("histogram", name, help, labels)
	made := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	c.registry.MustRegister(made)
	return made
}

// gauge lists a gauge whose value is found at a scrape.
func (c *catalogue) gauge(name, help string, labels ...string) *prometheus.Desc {
	c.list("gauge", name, help, labels)
	return prometheus.NewDesc(name, help, labels, nil)
}
