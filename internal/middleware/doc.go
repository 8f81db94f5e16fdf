// Package middleware is what every request passes on its way to a handler, and
// its answer on the way back. The order, from the outside in, is the router's:
//
//	RequestID        a name for the request, in the answer and in every line logged
//	AccessLog        one line when it is answered
//	Recovery         a panic becomes a 500 and a line, not a broken connection
//	SecurityHeaders  what browsers may do with the answer
//	CORS             which web pages of other origins may read it
//	Deadline         an answer before the server gives the connection up
//	BodyLimit        no request is read beyond its cap
//	RateLimiter      so many requests per key, or address without one, and minute
//	CrossOrigin      no changes on behalf of other web pages
//	Authenticate     a key, where keys are configured
//	Require          a key with the role that the route asks for
//
// Delivery reports pass Reports in place of the RateLimiter and the last two: a
// provider has a key of its own, or signs them.
//
// What stops a request here is answered in the words of handlers.Problems, like
// any other error. None of it logs a query, a body or a header, and so no phone
// number, no content and no key.
package middleware
