package main

import (
	"fmt"
	"io/fs"
	"net/http"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/dashboard"
	"auto-message-sender/internal/handlers"
)

// pageRoutes are the rows of the page for operators. What it shows is behind keys, and
// counted; its files are neither, and serving them asks the store nothing. Without
// files – the tag no_ui – / leads to the documentation instead.
func pageRoutes(files fs.FS, otherwise gin.HandlerFunc, problems *handlers.Problems) ([]route, error) {
	if files == nil {
		return []route{{http.MethodGet, "/", browsers, limited, usual, otherwise}}, nil
	}
	page, err := dashboard.New(files)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	var rows []route
	for _, path := range dashboard.Paths() {
		rows = append(rows, route{http.MethodGet, path, browsers, unlimited, usual, func(c *gin.Context) { page.Document(c.Writer, c.Request) }})
	}
	return append(rows, route{http.MethodGet, dashboard.AssetsPath + "*file", browsers, unlimited, usual, func(c *gin.Context) {
		if !page.Asset(c.Writer, c.Request) {
			problems.Answer(c, handlers.Refuse(http.StatusNotFound, "the page has no such file"))
		}
	}}), nil
}

// servePageMeanwhile serves the page while the store is waited for: it says so, and asks
// again until the API is there.
func servePageMeanwhile(engine *gin.Engine, problems *handlers.Problems) error {
	files := dashboard.Files()
	if files == nil {
		return nil
	}
	rows, err := pageRoutes(files, nil, problems)
	if err != nil {
		return err
	}
	for _, row := range rows {
		engine.Handle(http.MethodGet, row.path, row.handler)
		engine.Handle(http.MethodHead, row.path, row.handler)
	}
	return nil
}
