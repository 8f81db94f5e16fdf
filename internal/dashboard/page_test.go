package dashboard_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dashboard"
)

// setup returns a page of a few small files.
func setup(t *testing.T) *dashboard.Page {
	t.Helper()
	page, err := dashboard.New(files())
	require.NoError(t, err)
	return page
}

func files() fstest.MapFS {
	return fstest.MapFS{
		"index.html":     {Data: []byte(`<script type="module" src="{{assets}}/app.js"></script>`)},
		"app.js":         {Data: []byte(strings.Repeat("say('hello');\n", 200))},
		"page.css":       {Data: []byte("body{margin:0}")},
		"deep/icon.svg":  {Data: []byte("<svg/>")},
		"licences.txt":   {Data: []byte("MIT")},
		"sources.sha256": {Data: []byte("0")},
	}
}

// versionOf returns where the document says that its assets are, such as /assets/0123456789ab.
func versionOf(t *testing.T, page *dashboard.Page) string {
	t.Helper()
	found := regexp.MustCompile(`/assets/[0-9a-f]{12}`).FindString(ask(page.Document, http.MethodGet, "/").Body.String())
	require.NotEmpty(t, found)
	return found
}

// ask returns the answer to a request with headers, each written as "Name: value".
func ask(handler http.HandlerFunc, method, path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(context.Background(), method, path, nil)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	handler(answer, request)
	return answer
}

// asset asks for a file that there has to be.
func asset(t *testing.T, page *dashboard.Page, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var found bool
	answer := ask(func(w http.ResponseWriter, r *http.Request) { found = page.Asset(w, r) }, method, path, headers...)
	require.True(t, found, path)
	return answer
}

func TestNew_RefusesWhatIsNoPage(t *testing.T) {
	t.Parallel()
	_, err := dashboard.New(nil)
	require.Error(t, err)
	_, err = dashboard.New(fstest.MapFS{"app.js": {}})
	require.ErrorContains(t, err, "index.html")
}

func TestPage_ServesEveryFileWithItsType(t *testing.T) {
	t.Parallel()
	page := setup(t)
	base := versionOf(t, page)
	for name, want := range map[string]string{
		"app.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8",
		"deep/icon.svg": "image/svg+xml", "licences.txt": "text/plain; charset=utf-8",
	} {
		answer := asset(t, page, http.MethodGet, base+"/"+name)
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, want, answer.Header().Get("Content-Type"), name)
		require.Equal(t, files()[name].Data, answer.Body.Bytes(), name)
		require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"), name)
	}
	document := ask(page.Document, http.MethodGet, "/messages/7")
	require.Equal(t, "text/html; charset=utf-8", document.Header().Get("Content-Type"))
	require.Equal(t, `<script type="module" src="`+base+`/app.js"></script>`, document.Body.String())
}

func TestPage_GivesNothingElse(t *testing.T) {
	t.Parallel()
	page := setup(t)
	base := versionOf(t, page)
	for _, path := range []string{
		"/assets", "/assets/", base, base + "/", base + "/nothing.js", base + "/sources.sha256", base + "/index.html",
		base + "/../app.js", base + "//app.js", base + "/deep/../app.js", base + "/deep", "/assets/app.js", base + "/app.js/",
	} {
		var found bool
		answer := ask(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = path // as a client may send it, and no parser would leave it
			found = page.Asset(w, r)
		}, http.MethodGet, "/")
		require.False(t, found, path)
		require.Zero(t, answer.Body.Len(), path)
		require.Empty(t, answer.Header(), path)
	}
}

func TestPage_IsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	page := setup(t)
	path := versionOf(t, page) + "/app.js"
	want := files()["app.js"].Data
	for accepts, compressed := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "deflate,gzip": true,
		"gzip;q=0": false, "gzip; q=0.0": false, "br": false, "identity": false, "gzipped": false, "gzip;q=x": false,
	} {
		answer := asset(t, page, http.MethodGet, path, "Accept-Encoding: "+accepts)
		require.Equal(t, "Accept-Encoding", answer.Header().Get("Vary"), accepts)
		if !compressed {
			require.Empty(t, answer.Header().Get("Content-Encoding"), accepts)
			require.Equal(t, want, answer.Body.Bytes(), accepts)
			continue
		}
		require.Equal(t, "gzip", answer.Header().Get("Content-Encoding"), accepts)
		require.Equal(t, strconv.Itoa(answer.Body.Len()), answer.Header().Get("Content-Length"), accepts)
		require.Less(t, answer.Body.Len(), len(want)/4, accepts)
		reader, err := gzip.NewReader(bytes.NewReader(answer.Body.Bytes()))
		require.NoError(t, err)
		got, err := io.ReadAll(reader)
		require.NoError(t, err)
		require.Equal(t, want, got, accepts)
	}
}

func TestPage_IsNotSentTwiceToWhoHasIt(t *testing.T) {
	t.Parallel()
	page := setup(t)
	for _, accepts := range []string{"", "gzip"} {
		first := ask(page.Document, http.MethodGet, "/", "Accept-Encoding: "+accepts)
		tag := first.Header().Get("ETag")
		require.NotEmpty(t, tag)
		again := ask(page.Document, http.MethodGet, "/", "Accept-Encoding: "+accepts, "If-None-Match: "+tag)
		require.Equal(t, http.StatusNotModified, again.Code)
		require.Zero(t, again.Body.Len())
		require.Equal(t, http.StatusOK, ask(page.Document, http.MethodGet, "/", "Accept-Encoding: "+accepts, `If-None-Match: "other"`).Code)
	}
	plain, packed := ask(page.Document, http.MethodGet, "/"), ask(page.Document, http.MethodGet, "/", "Accept-Encoding: gzip")
	require.NotEqual(t, plain.Header().Get("ETag"), packed.Header().Get("ETag"), "they are different bytes")
}

func TestPage_AnswersHEADWithoutABody(t *testing.T) {
	t.Parallel()
	page := setup(t)
	whole := asset(t, page, http.MethodGet, versionOf(t, page)+"/app.js", "Accept-Encoding: gzip")
	head := asset(t, page, http.MethodHead, versionOf(t, page)+"/app.js", "Accept-Encoding: gzip")
	require.Zero(t, head.Body.Len())
	require.Equal(t, whole.Header(), head.Header())
}

// What an address was once answered with is kept for good, so it has to change with the content.
func TestPage_KeepsForGoodOnlyWhatItsAddressNames(t *testing.T) {
	t.Parallel()
	page := setup(t)
	base := versionOf(t, page)
	require.Contains(t, asset(t, page, http.MethodGet, base+"/app.js").Header().Get("Cache-Control"), "immutable")
	require.Equal(t, "no-cache", asset(t, page, http.MethodGet, "/assets/000000000000/app.js").Header().Get("Cache-Control"))
	require.Equal(t, "no-cache", ask(page.Document, http.MethodGet, "/").Header().Get("Cache-Control"))

	for name, file := range files() {
		if name == "sources.sha256" {
			continue
		}
		changed := files()
		data := bytes.Clone(file.Data)
		data[len(data)-1]++ // not even the length tells
		changed[name] = &fstest.MapFile{Data: data}
		other, err := dashboard.New(changed)
		require.NoError(t, err)
		require.NotEqual(t, base, versionOf(t, other), name)
	}
}

func TestPage_AllowsNothingInlineAndNobodyElse(t *testing.T) {
	t.Parallel()
	page := setup(t)
	for _, answer := range []*httptest.ResponseRecorder{
		ask(page.Document, http.MethodGet, "/"), asset(t, page, http.MethodGet, versionOf(t, page)+"/app.js"),
	} {
		policy := answer.Header().Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "script-src 'self';", "style-src 'self';", "img-src 'self' data:;", "connect-src 'self';", "form-action 'none'",
			"base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		} {
			require.Contains(t, policy, want)
		}
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, policy, "*")
	}
}
