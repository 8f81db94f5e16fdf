package handlers

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	swaggerui "github.com/swaggo/files/v2"
	ginswagger "github.com/swaggo/gin-swagger"
	"golang.org/x/net/webdav"

	"auto-message-sender/internal/models"
)

// Documentation serves the documents that describe this API, and Swagger UI to
// read and try them.
type Documentation struct {
	swagger []byte
	openAPI []byte
}

// NewDocumentation takes the Swagger 2.0 and the OpenAPI 3.0 document, as JSON.
func NewDocumentation(swagger, openAPI []byte) (*Documentation, error) {
	if len(swagger) == 0 || len(openAPI) == 0 {
		return nil, errors.New("handlers: Documentation needs both documents")
	}
	return &Documentation{swagger: swagger, openAPI: openAPI}, nil
}

// Redirect leads to Swagger UI.
func (d *Documentation) Redirect(c *gin.Context) {
	c.Redirect(http.StatusFound, "/swagger/index.html")
}

// OpenAPI serves the OpenAPI 3.0 document.
func (d *Documentation) OpenAPI(c *gin.Context) {
	c.Data(http.StatusOK, "application/json", d.openAPI)
}

// UI serves Swagger UI by the names in the path, and the Swagger 2.0 document as
// doc.json. gin-swagger makes the page and what starts it; the files beside it are
// read out of the binary when they are asked for (its own package of files copies
// 9 MB to the heap at start). Only files that the page names are served.
func (d *Documentation) UI(problems *Problems) gin.HandlerFunc {
	page := ginswagger.WrapHandler(new(webdav.Handler), // no file is left to it
		ginswagger.URL("/openapi.json"),
		func(config *ginswagger.Config) { config.Title = "auto-message-sender API" },
	)
	return func(c *gin.Context) {
		name := c.Param("file")
		switch name {
		case "doc.json": // gin-swagger's would write to a global while it reads
			c.Data(http.StatusOK, "application/json", d.swagger)
			return
		case "index.html", "index.css", "swagger-initializer.js":
			// It goes by these, and takes what it finds in a query for a name as well.
			c.Request.RequestURI = "/swagger/" + name
			c.Request.Method = http.MethodGet // of HEAD too: the server drops the body
			page(c)
			return
		}
		if err := serveUIFile(c, name); err != nil {
			problems.Answer(c, err)
		}
	}
}

// serveUIFile copies a file piece by piece: the largest is 1.4 MB.
func serveUIFile(c *gin.Context, name string) error {
	notFound := &models.Error{Kind: models.KindNotFound, Detail: "there is no such page"}
	contentType := uiContentType(name)
	if contentType == "" {
		return notFound
	}
	file, err := swaggerui.FS.Open(name)
	if err != nil {
		return notFound
	}
	defer func() { _ = file.Close() }()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return errors.New("an embedded file cannot seek")
	}
	c.Header("Content-Type", contentType)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, content)
	return nil
}

// uiContentType returns the type of a file that index.html asks for, empty for
// any other: the source maps, nine tenths of the whole, are for its authors.
func uiContentType(name string) string {
	switch name {
	case "swagger-ui.css":
		return "text/css; charset=utf-8"
	case "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js":
		return "text/javascript; charset=utf-8"
	case "favicon-16x16.png", "favicon-32x32.png":
		return "image/png"
	}
	return ""
}
