// Package browsertest has the tests of the page as operators meet it: the built
// program with its embedded store, a webhook, and a real Chromium that clicks, types
// and looks. Each screen's main act is followed from the click to the database.
//
// There is one browser for all tests. Every test has a tab of its own, with storage of
// its own, and may not end with anything in the console, a script error, a dialog that
// nobody expected, or a violation of the page's policy: the tab notes them all.
//
// Where no Chromium is, the tests are skipped and say so; with CI=true they fail.
package browsertest
