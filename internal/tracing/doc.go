// Package tracing follows requests and messages, and exports what it saw by OTLP over
// HTTP. It is configured by the standard variables of OpenTelemetry alone, and off
// unless they ask for it; then nothing of it is made, and nothing is asked on the way
// of a message.
//
//	request ─▶ store operation           requests.go, store.go
//	message ─▶ claim, send, record       messages.go: one trace for each attempt
//	settings.go, export.go, encode.go    where spans go, and in what form
//
// The webhook is told of the trace (traceparent, W3C Trace Context), and a traceparent
// that a request brings is honoured. A message is accepted in one trace and sent in
// another, or several: its id, ams.message.id, is what they have in common.
//
// Spans wait in memory, 2,048 of them, until a goroutine beside the service exports
// them. When the collector is away, a batch is lost after four tries, and a line a minute
// says how many spans that were; when it is slow, spans that find no room are dropped
// uncounted. Nothing waits for it. What has not been exported when the process is killed
// is lost as well: a trace is no record of what was sent, the store is.
//
// No span holds a recipient, a content or a key.
package tracing
