package handlers

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	swaggerui "github.com/swaggo/files/v2"

	"auto-message-sender/internal/models"
)

// initializer starts Swagger UI on our documents instead of the sample that it
// brings. The address bar is ours alone: documents of others are not shown.
const initializer = `window.onload = function () {
  window.ui = SwaggerUIBundle({
    urls: [
      { name: "OpenAPI 3.0", url: "/openapi.json" },
      { name: "Swagger 2.0", url: "doc.json" },
    ],
    dom_id: "#swagger-ui",
    deepLinking: true,
    queryConfigEnabled: false,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
  });
};
`

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

// UI serves the files of Swagger UI by the name in the path, and the Swagger 2.0
// document as doc.json. The files are read out of the binary when they are asked
// for; only those that the page names are served.
func (d *Documentation) UI(problems *Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		name := c.Param("file")
		switch name {
		case "doc.json":
			c.Data(http.StatusOK, "application/json", d.swagger)
			return
		case "swagger-initializer.js":
			c.Data(http.StatusOK, "text/javascript; charset=utf-8", []byte(initializer))
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
	case "index.html":
		return "text/html; charset=utf-8"
	case "swagger-ui.css", "index.css":
		return "text/css; charset=utf-8"
	case "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js":
		return "text/javascript; charset=utf-8"
	case "favicon-16x16.png", "favicon-32x32.png":
		return "image/png"
	}
	return ""
}
