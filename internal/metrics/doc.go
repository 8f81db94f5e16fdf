// Package metrics counts what one replica does, and shows it to Prometheus.
//
// It is told and never asks: the pipeline tells a Pipeline (a dispatch.Observer), the
// API's handlers work on a Store that tells Changes, and the API's requests come by
// Requests. All of these are counters that are looked up once, when the process
// starts: counting an attempt allocates nothing and takes no lock.
//
//	pipeline.go  attempts, claims, records, windows, rescues
//	changes.go   what people and providers do to messages
//	requests.go  the API's requests
//	look.go      what is asked for at a scrape: the queue, the scheduler, replicas
//	scrape.go    the page
//
// What the store knows is asked for when somebody scrapes, at most once in five
// seconds however many do, and never for longer than two. Where the store is away the
// page says so (ams_store_up 0) and leaves out what only the store knows: a gauge that
// stands still would look like a queue that does.
//
// No label holds anything that a message, a client or a provider has said: values come
// from small closed sets, which catalogue.go lists with all that there is to scrape.
// When the process ends its counters end with it; Prometheus takes that as it comes.
package metrics
