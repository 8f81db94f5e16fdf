// Package deploytest tests the files around the code: Dockerfile, .dockerignore,
// compose.yaml, env.prod, the workflow and the Makefile; what is in deploy/ – alerts,
// dashboard, systemd unit, Kubernetes manifests –; and docs/operations.md. It has no
// code of its own, only tests.
//
// These files fail late, on somebody else's machine, and no compiler reads them.
// There is not always a Docker engine where the tests run either, so the tests
// parse the files and hold what can be held by reading: the Go version is
// go.mod's everywhere, what is copied exists and is not ignored, secrets are
// ignored, every variable is one that package config knows and every value one
// that it takes, services wait for services that exist, a stop has time to
// drain, and every command that the documents name is there.
//
// Alerts and queries are read by Prometheus' own promtool, which also shows that each
// alert fires when it should and not else; the unit by systemd-analyze, where there is
// one. What the operations page names – settings, metrics, paths of the API, lines of the
// log, its own headings – has to be there; its commands are tried in package main.
//
// What only an engine can show, that the image builds and a message goes
// through, is scripts/smoke-compose.sh, which the workflow runs.
package deploytest
