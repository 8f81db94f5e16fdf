package handlers

import "context"

// The middleware learns who calls and under which request id; the context
// carries both to where they are needed.
type (
	requestIDKey struct{}
	actorKey     struct{}
)

// Anonymous is the actor of a request where no keys are configured.
const Anonymous = "anonymous"

// WithRequestID returns a context that carries the id of the request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request, empty outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithActor returns a context that carries the name of the key that was used.
func WithActor(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, actorKey{}, name)
}

// Actor returns the name of the key that was used, or Anonymous.
func Actor(ctx context.Context) string {
	if name, ok := ctx.Value(actorKey{}).(string); ok {
		return name
	}
	return Anonymous
}
