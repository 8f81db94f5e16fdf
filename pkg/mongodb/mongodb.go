// Package mongodb connects to MongoDB, pings it and closes the connection. It
// knows nothing of what is stored there.
//
// Every connection made here writes with the write concern {w: majority, j: true}
// and reads from the primary with read concern majority, whatever the URI says:
// a write that was acknowledged survives the loss of any minority of the servers,
// and a read never shows one that might still be rolled back.
//
// Connect tells two kinds of failure apart. A URI that cannot be used is an
// [ErrURI], and will be one tomorrow. Everything else – no answer, no primary, a
// name that does not resolve, a refused login – may pass, so a service may wait
// and try again. No error names the password.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// DefaultTimeout bounds one operation where Options name no timeout.
const DefaultTimeout = 10 * time.Second

// ErrURI is the kind of error of a URI that cannot be used as it is.
var ErrURI = errors.New("the MongoDB URI cannot be used")

// Options say where MongoDB is.
type Options struct {
	URI      string // mongodb:// or mongodb+srv://
	Database string
	// Timeout bounds each operation whose context has no deadline, from choosing
	// a server to the last byte of its answer; 0 means DefaultTimeout.
	Timeout time.Duration
	AppName string // shown in the server's log and currentOp; may be empty
}

// Client is a connection pool, and the database it is for.
type Client struct {
	client   *mongo.Client
	database *mongo.Database
	server   Server
	hosts    string
	timeout  time.Duration
}

// Connect connects and waits until a server that can be written to has answered,
// at most Timeout. Nothing is left behind when it fails.
func Connect(ctx context.Context, o Options) (*Client, error) {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	settings, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(settings)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURI, secretsOf(o.URI).hide(err))
	}
	c := &Client{
		client:   client,
		database: client.Database(o.Database),
		hosts:    strings.Join(settings.Hosts, ","),
		timeout:  o.Timeout,
	}
	if c.server, err = c.probe(ctx); err != nil {
		err = secretsOf(o.URI).hide(err)
		// Only connections that never worked are closed; there is nothing to wait for.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = client.Disconnect(closing)
		return nil, err
	}
	return c, nil
}

// clientOptions turns the options into the driver's.
func clientOptions(o Options) (*options.ClientOptions, error) {
	if o.Database == "" {
		return nil, fmt.Errorf("%w: the database has no name", ErrURI)
	}
	journal := true
	settings := options.Client().ApplyURI(o.URI)
	if err := settings.Validate(); err != nil {
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			// An SRV record is looked up while the URI is read; the network may be away.
			return nil, fmt.Errorf("MongoDB's host name %s does not resolve: %s", dns.Name, dns.Err)
		}
		return nil, fmt.Errorf("%w: %w", ErrURI, secretsOf(o.URI).hide(err))
	}
	settings.
		SetTimeout(o.Timeout).
		SetServerSelectionTimeout(o.Timeout).
		SetConnectTimeout(o.Timeout).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary())
	if o.AppName != "" {
		settings.SetAppName(o.AppName)
	}
	return settings, nil
}

// Database returns the database named in the options.
func (c *Client) Database() *mongo.Database { return c.database }

// Server returns what the server said of itself when Connect reached it.
func (c *Client) Server() Server { return c.server }

// Ping reports whether there is a server that can be written to, within Timeout
// and the context.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.probe(ctx)
	return err
}

// Close ends all connections. Those in use are waited for until ctx is done.
func (c *Client) Close(ctx context.Context) error {
	if err := c.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("MongoDB: disconnect: %w", err)
	}
	return nil
}

// probe asks the server who it is, and refuses one that cannot be written to.
func (c *Client) probe(ctx context.Context) (Server, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	server, err := Hello(ctx, c.database)
	if err != nil {
		return Server{}, fmt.Errorf("MongoDB at %s cannot be used: %w", c.hosts, err)
	}
	return server, nil
}
