package docs

import _ "embed"

// OpenAPI is this API's description in OpenAPI 3.0, as JSON. Swagger 2.0, which
// docs.go has, cannot describe the probes: they are outside of its base path.
//
//go:embed openapi.json
var OpenAPI []byte
