package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// asset is one file as it is served.
type asset struct {
	contentType string
	plain       []byte
	tag         string // of the content, in hex
	// packed is compressed when a browser first asks: a service that nobody looks at
	// spends neither time at its start nor memory on it.
	packed func() []byte
}

func newAsset(name string, content []byte) (asset, error) {
	contentType := contentTypeOf(name)
	if contentType == "" {
		return asset{}, fmt.Errorf("dashboard: %s is of no type that is served", name)
	}
	sum := sha256.Sum256(content)
	return asset{
		contentType: contentType, plain: content, tag: hex.EncodeToString(sum[:8]),
		packed: sync.OnceValue(func() []byte { return compress(content) }),
	}, nil
}

// contentTypeOf returns the type that a file's name stands for, empty for none that
// is served: a browser takes what it is told, and nothing else (nosniff).
func contentTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return ""
}

func compress(content []byte) []byte {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = writer.Write(content)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		panic(err) // the level is a constant, and a buffer takes everything
	}
	return packed.Bytes()
}

// serve answers GET and HEAD, with 304 to whoever has it already.
func (a asset) serve(w http.ResponseWriter, r *http.Request, caching string) {
	header := w.Header()
	setPolicy(header, caching)
	header.Set("Content-Type", a.contentType)
	header.Set("Vary", "Accept-Encoding")
	content, tag := a.plain, a.tag
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		content, tag = a.packed(), a.tag+"-gzip"
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(content))) // ServeContent leaves it out of what is encoded
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3), as far as gzip goes.
func takesGzip(headers []string) bool {
	for _, header := range headers {
		for coding := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			_, value, weighed := strings.Cut(weight, "=")
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return !weighed || (err == nil && q > 0)
		}
	}
	return false
}
