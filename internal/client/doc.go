// Package client speaks to the HTTP API of a running server, for the command line
// and for tests: one typed method for each call, and every answer both as it came
// and decoded.
//
// A call that the server asks to make again later – 429, or 503 – is made again
// after the Retry-After of the answer, as long as the waiting of that call stays
// within Options.Patience. Where repeating could do a thing twice, only a 429 is,
// which says that nothing was done. A server that has answered before and is gone is
// waited for likewise; one that never answered is an UnreachableError at once: the
// address is the likelier fault.
//
// An error of the API is an *Error, with the words of its problem body (RFC 9457).
package client
