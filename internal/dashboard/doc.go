// Package dashboard is the page that operators look at. assets/ has its sources: small
// ES modules and styles that are named after what they show. `make page` bundles them
// into dist/, which is kept beside them and embedded in the binary; so nothing has to be
// built when the service is, nothing is loaded from anywhere else, and all of it is a
// quarter as large. The page knows nothing that the API does not tell it: it asks as any
// other client does.
//
// A browser asks for / (or /messages, /audit…: every path in Paths is the same
// document, and the router in it shows what the path names). The document names its
// assets by /assets/<version>/…, where the version is a hash of them all; what a
// version holds never changes, so a browser keeps it for good and the next release
// is another address. Asked by an old address – another replica is newer already –
// the assets of this binary are given, and not to be kept.
//
// In the browser app.js finds out who is signed in and mounts a view; a view draws
// its frame, asks the API for what it shows, and follows the events (live.js). A key
// is held for the tab's session and sent as a header. Nothing that a user wrote is
// ever parsed as markup: elements are made by dom.js, and the policy sent with every
// file (policy.go) forbids inline scripts and styles, other origins, and – where the
// browser knows Trusted Types – every sink of markup.
//
// The tag no_ui leaves the files out of the binary; Files then returns nil.
package dashboard
