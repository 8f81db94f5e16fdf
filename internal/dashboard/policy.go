package dashboard

import "net/http"

// policy is the Content-Security-Policy of the page: scripts, styles and calls of
// this origin, none of them inline, and no sink that parses a string as markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const (
	// forGood is for what an address can never mean anything else by.
	forGood = "public, max-age=31536000, immutable"
	// askAgain lets a browser keep an answer, and ask whether it still holds.
	askAgain = "no-cache"
)

func setPolicy(header http.Header, caching string) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", caching)
	header.Set("X-Content-Type-Options", "nosniff")
}
