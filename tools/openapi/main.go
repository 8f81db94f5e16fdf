// Command openapi makes the OpenAPI 3.0 document of this service out of the
// Swagger 2.0 one that swag writes:
//
//	openapi SWAGGER.json OPENAPI.json
//
// Most of it is a conversion. The rest is what Swagger 2.0 could not say: that
// the probes are outside of the base path, that errors have another content type
// than answers, and that one way to show a key is HTTP's own Bearer scheme.
//
// It has a module of its own so that the service does not depend on kin-openapi.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	// probesTag marks the operations that are outside of the base path.
	probesTag = "probes"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: openapi SWAGGER.json OPENAPI.json")
	}
	source, err := os.ReadFile(arguments[0]) //nolint:gosec // the person at the terminal names it
	if err != nil {
		return fmt.Errorf("read the Swagger document: %w", err)
	}
	converted, err := convert(source)
	if err != nil {
		return err
	}
	if err := os.WriteFile(arguments[1], converted, 0o644); err != nil { //nolint:gosec // a file of the repository, for everybody to read
		return fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return nil
}

// convert returns a valid OpenAPI 3.0 document, always in the same order.
func convert(source []byte) ([]byte, error) {
	var swagger openapi2.T
	if err := json.Unmarshal(source, &swagger); err != nil {
		return nil, fmt.Errorf("read the Swagger document: %w", err)
	}
	doc, err := openapi2conv.ToV3(&swagger)
	if err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: swagger.BasePath}}
	bearer := doc.Components.SecuritySchemes["BearerAuth"]
	if bearer == nil {
		return nil, errors.New("the document has no BearerAuth")
	}
	bearer.Value = openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer").WithDescription("An API key.")
	for _, path := range doc.Paths.Map() {
		for _, operation := range path.Operations() {
			for _, response := range operation.Responses.Map() {
				setContentType(response.Value)
			}
			if len(operation.Tags) == 1 && operation.Tags[0] == probesTag {
				path.Servers = openapi3.Servers{{URL: "/"}}
			}
		}
	}
	encoded, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	if err := validate(encoded); err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, encoded, "", "  "); err != nil {
		return nil, fmt.Errorf("indent: %w", err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// setContentType leaves an answer the one content type that it has. Swagger 2.0
// knows content types per operation only.
func setContentType(response *openapi3.Response) {
	body := response.Content[jsonType]
	if body == nil {
		return
	}
	contentType := jsonType
	if strings.HasSuffix(body.Schema.Ref, "/Problem") {
		contentType = problemType
	}
	response.Content = openapi3.Content{contentType: body}
}

// validate reads the document back as a client would.
func validate(encoded []byte) error {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(encoded)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return fmt.Errorf("the result is not valid: %w", err)
	}
	return nil
}
