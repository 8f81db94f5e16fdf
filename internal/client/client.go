package client

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// basePath is where the API lives below the server's address.
const basePath = "/api/v1"

// AnswerLimit is how long one answer may take: more than the server allows its
// handlers, and itself to write what they answer, so that no answer is given up that
// still comes.
const AnswerLimit = 75 * time.Second

// Options is what a Client is made of.
type Options struct {
	Server string // such as http://127.0.0.1:8080; a path before /api/v1 is kept
	APIKey string // empty: none
	// Patience is how long one call may wait, all in all, for a server that asks for
	// it or has gone; 0: not at all.
	Patience time.Duration
	// Waiting, if set, is told of every wait before it begins, and why.
	Waiting func(delay time.Duration, why error)
}

// Client calls the API. It may be used from any number of goroutines.
type Client struct {
	base     *url.URL
	key      string
	patience time.Duration
	waiting  func(delay time.Duration, why error)
	http     *http.Client
	reached  atomic.Bool // the server has answered once
}

// New returns a Client. Its connections are kept open until Close.
func New(options Options) (*Client, error) {
	server := options.Server
	if server != "" && !strings.Contains(server, "://") {
		if !onLoopback(server) {
			return nil, errors.New("the server's address has no scheme: put http:// or https:// in front")
		}
		server = "http://" + server // nobody listens in between
	}
	base, err := url.Parse(server)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the server's address must look like http://127.0.0.1:8080")
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), basePath)
	base.RawPath = ""
	if strings.ContainsFunc(options.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the API key has a space, or a character that is not ASCII; was more copied than the key?")
	}
	waiting := options.Waiting
	if waiting == nil {
		waiting = func(time.Duration, error) {}
	}
	return &Client{
		base: base, key: options.APIKey, patience: options.Patience, waiting: waiting,
		http: &http.Client{
			Timeout:   AnswerLimit,
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, ForceAttemptHTTP2: true},
			// The API redirects nowhere; whoever does would be given the key.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// onLoopback reports whether an address without a scheme is one of this machine's own.
func onLoopback(address string) bool {
	named, err := url.Parse("http://" + address)
	if err != nil {
		return false
	}
	if named.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(named.Hostname())
	return err == nil && ip.IsLoopback()
}

// Server returns the address that is asked, without /api/v1.
func (c *Client) Server() string { return c.base.String() }

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// url returns the address of a path, which begins with a slash and is escaped.
func (c *Client) url(path string, query url.Values) string {
	address := c.base.String() + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}
