package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// leaseMargin is what a claim's lease and the shutdown's grace have over the
// time limit of one attempt: enough to record what came of it.
const leaseMargin = 5 * time.Second

// Words that settings take. What they mean stands in the table of settings.
const (
	EnvironmentDevelopment = "development"
	EnvironmentProduction  = "production"

	AuthOn  = "on"
	AuthOff = "off"

	OutcomeResend = "resend"
	OutcomeHold   = "hold"

	AutostartResume = "resume"
	AutostartAlways = "always"
	AutostartNever  = "never"

	PhonePossible = "possible"
	PhoneStrict   = "strict"

	RetentionDelete = "delete"
	RetentionErase  = "erase"

	MetricsMain = "main"

	LogFormatText = "text"
	LogFormatJSON = "json"
)

// Config is every setting, checked. It can be printed and logged: its secrets
// and the credentials in its addresses show as "***".
type Config struct {
	// Environment is EnvironmentDevelopment or EnvironmentProduction.
	Environment string `env:"ENVIRONMENT"`

	// ServerHost is the address or host name that the API listens on.
	ServerHost string `env:"SERVER_HOST"`
	// ServerPort is its TCP port.
	ServerPort int `env:"SERVER_PORT"`
	// TrustedProxies are the addresses and CIDR ranges whose X-Forwarded-For is
	// believed. Empty: nobody's.
	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	// CORSAllowedOrigins are the origins of other web pages that may call the API.
	CORSAllowedOrigins []string `env:"CORS_ALLOWED_ORIGINS"`
	// RateLimit is what one key, or one client address without a known key, may ask
	// of the API.
	RateLimit Rate `env:"RATE_LIMIT"`
	// APIKeys are the keys that open the API.
	APIKeys APIKeys `env:"API_KEYS"`
	// APIAuth is AuthOn or AuthOff, see AuthRequired.
	APIAuth string `env:"API_AUTH"`
	// DeliveryReportKeys are the keys that open POST /delivery-reports, and nothing else.
	DeliveryReportKeys Keys `env:"DELIVERY_REPORT_KEYS"`
	// DeliveryReportSecrets are the secrets that signed delivery reports are checked with.
	DeliveryReportSecrets SigningSecrets `env:"DELIVERY_REPORT_SECRETS"`

	// MaxContentLength is the longest content, in characters.
	MaxContentLength int `env:"MAX_CONTENT_LENGTH"`
	// DefaultRegion is the country, ISO 3166-1 alpha-2, whose national numbers are
	// understood; empty: none.
	DefaultRegion string `env:"DEFAULT_REGION"`
	// PhoneValidation is PhonePossible or PhoneStrict, see StrictNumbers.
	PhoneValidation string `env:"PHONE_VALIDATION"`
	// DefaultValidity is that of messages which name none, in whole seconds; 0: for ever.
	DefaultValidity time.Duration `env:"DEFAULT_VALIDITY"`
	// Retention is the age at which final messages are deleted or erased; 0: never.
	Retention time.Duration `env:"RETENTION"`
	// RetentionAction is RetentionDelete or RetentionErase, see ErasesOld.
	RetentionAction string `env:"RETENTION_ACTION"`

	// WebhookURL is where messages are POSTed to.
	WebhookURL Endpoint `env:"WEBHOOK_URL"`
	// WebhookTimeout bounds one attempt, from DNS to the last byte of the answer.
	WebhookTimeout time.Duration `env:"WEBHOOK_TIMEOUT"`
	// WebhookAuthKey is sent with every call; empty: the header is left out.
	WebhookAuthKey Secret `env:"WEBHOOK_AUTH_KEY"`
	// WebhookAuthHeader is the name of the header that carries it.
	WebhookAuthHeader string `env:"WEBHOOK_AUTH_HEADER"`
	// WebhookSigningSecrets sign every call; none: calls are not signed.
	WebhookSigningSecrets SigningSecrets `env:"WEBHOOK_SIGNING_SECRETS"`
	// WebhookProxy is the proxy to call through, see ProxyURL; empty: none.
	WebhookProxy Endpoint `env:"WEBHOOK_PROXY"`

	// SchedulerInterval is how often a window opens.
	SchedulerInterval time.Duration `env:"SCHEDULER_INTERVAL"`
	// MessagesPerInterval is how many first attempts a window allows; 0: no cap.
	MessagesPerInterval int `env:"MESSAGES_PER_INTERVAL"`
	// SchedulerAutostart is AutostartResume, AutostartAlways or AutostartNever.
	SchedulerAutostart string `env:"SCHEDULER_AUTOSTART"`
	// MaxInFlight is how many attempts this replica makes at once.
	MaxInFlight int `env:"MAX_IN_FLIGHT"`
	// MaxRetryCount is how many attempts a message gets, the first included.
	MaxRetryCount int `env:"MAX_RETRY_COUNT"`
	// UnknownOutcome is OutcomeResend or OutcomeHold, see HoldsUnknown.
	UnknownOutcome string `env:"UNKNOWN_OUTCOME"`

	// DataDir is the directory of the embedded store.
	DataDir string `env:"DATA_DIR"`
	// MongoDBURI is the connection string; empty: the embedded store serves.
	MongoDBURI Secret `env:"MONGODB_URI"`
	// MongoDBDatabase is the database's name.
	MongoDBDatabase string `env:"MONGODB_DATABASE"`
	// MongoDBTimeout bounds one operation.
	MongoDBTimeout time.Duration `env:"MONGODB_TIMEOUT"`

	// RedisHost is the host name or address; empty: the in-process cache serves.
	RedisHost string `env:"REDIS_HOST"`
	// RedisPort is its TCP port.
	RedisPort int `env:"REDIS_PORT"`
	// RedisPassword may be empty.
	RedisPassword Secret `env:"REDIS_PASSWORD"`
	// RedisDatabase is the number of the database.
	RedisDatabase int `env:"REDIS_DATABASE"`
	// RedisDialTimeout bounds connecting.
	RedisDialTimeout time.Duration `env:"REDIS_DIAL_TIMEOUT"`
	// RedisReadTimeout bounds waiting for an answer.
	RedisReadTimeout time.Duration `env:"REDIS_READ_TIMEOUT"`
	// RedisWriteTimeout bounds sending a command.
	RedisWriteTimeout time.Duration `env:"REDIS_WRITE_TIMEOUT"`
	// RedisPoolSize is the largest number of connections.
	RedisPoolSize int `env:"REDIS_POOL_SIZE"`
	// RedisMinIdleConns is how many of them are kept ready.
	RedisMinIdleConns int `env:"REDIS_MIN_IDLE_CONNS"`

	// LogLevel is a level's name as logrus knows it.
	LogLevel string `env:"LOG_LEVEL"`
	// LogFormat is LogFormatText or LogFormatJSON.
	LogFormat string `env:"LOG_FORMAT"`
	// MetricsAddr is MetricsMain, or host:port of a listener of its own; empty: no metrics.
	MetricsAddr string `env:"METRICS_ADDR"`
	// ReplicaID names this process among its equals; empty: the caller makes one
	// up from the host's name.
	ReplicaID string `env:"REPLICA_ID"`

	effective []Value
}

// Lease is how long a claim holds: one attempt, and time to record it.
func (c Config) Lease() time.Duration { return c.WebhookTimeout + leaseMargin }

// Grace is how long a shutdown waits for attempts under way: as long as a lease.
func (c Config) Grace() time.Duration { return c.Lease() }

// ProxyURL returns the proxy that the webhook is called through, nil for none.
func (c Config) ProxyURL() *url.URL {
	if c.WebhookProxy == "" {
		return nil
	}
	proxy, err := url.Parse(c.WebhookProxy.Reveal())
	if err != nil {
		return nil // cannot be: the setting's rule has parsed it
	}
	return proxy
}

// ServerAddress returns host and port as net.Listen takes them.
func (c Config) ServerAddress() string {
	return net.JoinHostPort(c.ServerHost, strconv.Itoa(c.ServerPort))
}

// UsesMongoDB reports whether MongoDB is the store, and not the embedded one.
func (c Config) UsesMongoDB() bool { return c.MongoDBURI != "" }

// UsesRedis reports whether Redis keeps the receipts and rate limits.
func (c Config) UsesRedis() bool { return c.RedisHost != "" }

// AuthRequired reports whether a call of the API needs one of the APIKeys.
func (c Config) AuthRequired() bool { return c.APIAuth == AuthOn }

// HoldsUnknown reports whether a message whose attempt has an unknown outcome is
// held for a person, and not sent again.
func (c Config) HoldsUnknown() bool { return c.UnknownOutcome == OutcomeHold }

// StrictNumbers reports whether a number must be in a range that its country has
// handed out, and not only of a right length.
func (c Config) StrictNumbers() bool { return c.PhoneValidation == PhoneStrict }

// ErasesOld reports whether a message older than Retention loses its recipient and
// content, and is not deleted as a whole.
func (c Config) ErasesOld() bool { return c.RetentionAction == RetentionErase }

// OnlyLoopback reports whether the API can be reached from this machine alone.
func (c Config) OnlyLoopback() bool { return isLoopback(c.ServerHost) }

// isLoopback takes a name other than localhost for an outside one, because what
// it resolves to is decided elsewhere.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
