package config

import (
	"time"

	"auto-message-sender/internal/models"
)

// Setting is one row of the table of settings: what a person needs to know to
// set it, and the rule that its value must keep.
type Setting struct {
	Name string
	// Default is the value where none is given; empty where there is none, or
	// where it depends on other settings: see DefaultNote.
	Default     string
	DefaultNote string // the default in words, where Default cannot say it
	Meaning     string // one or two sentences
	Example     string // a value that is right
	// Secret values are never shown, and may be given as NAME_FILE instead: the
	// path of a file that holds the value.
	Secret bool

	rule rule
}

// Allowed says in words which values are right, such as "a whole number from 1
// to 65535".
func (s Setting) Allowed() string { return s.rule.wants }

// FileName returns the variable that names a file with the value, empty for a
// setting that cannot be given so.
func (s Setting) FileName() string {
	if !s.Secret {
		return ""
	}
	return s.Name + "_FILE"
}

// Describe returns the table of settings, in the order a person meets them.
func Describe() []Setting {
	var table []Setting
	for _, group := range [][]Setting{
		serverSettings(), messageSettings(), webhookSettings(), paceSettings(),
		storeSettings(), redisSettings(), processSettings(),
	} {
		table = append(table, group...)
	}
	return table
}

func serverSettings() []Setting {
	return []Setting{
		{
			Name: "ENVIRONMENT", Default: EnvironmentDevelopment, Example: EnvironmentProduction,
			Meaning: "What the service runs for. Decides the default of LOG_FORMAT.",
			rule:    oneOf(EnvironmentDevelopment, EnvironmentProduction),
		},
		{
			Name: "SERVER_HOST", Default: "127.0.0.1", Example: "127.0.0.1",
			Meaning: "Address the API listens on; 0.0.0.0 (set by the container image) for all. " +
				"On any address but loopback, API_KEYS or API_AUTH=off must be set.",
			rule: hostName(),
		},
		{
			Name: "SERVER_PORT", Default: "8080", Example: "8080",
			Meaning: "TCP port of the API.",
			rule:    number(1, 65535),
		},
		{
			Name: "API_KEYS", Example: "ops:operator:<key>,app:sender:<key>", Secret: true,
			Meaning: "Keys that open the API: name:role:key, separated by commas or on lines of their own. A reader may look, a sender also send, an " +
				"operator everything. A key has at least 16 characters; `auto-message-sender keys new` makes one.",
			rule: apiKeys(),
		},
		{
			Name: "API_AUTH", DefaultNote: "on when API_KEYS is set, else off", Example: AuthOff,
			Meaning: "Whether the API asks for a key. off lets in everybody who reaches the port.",
			rule:    oneOf(AuthOn, AuthOff),
		},
		{
			Name: "RATE_LIMIT", Default: "100/1m", Example: "100/1m",
			Meaning: "Requests that one API key may make, or without a known key one client address, and in what time.",
			rule:    rate(),
		},
		{
			Name: "TRUSTED_PROXIES", Example: "10.0.0.0/8,192.168.1.5",
			Meaning: "Addresses or CIDR ranges of proxies in front, separated by commas, whose " +
				"X-Forwarded-For tells the client's address. Empty: the header is ignored.",
			rule: addressRanges(),
		},
		{
			Name: "CORS_ALLOWED_ORIGINS", Example: "https://app.example.com,http://localhost:3000",
			Meaning: "Origins of web pages, separated by commas, that may call the API from a browser. Empty: none but its own.",
			rule:    webOrigins(),
		},
	}
}

func messageSettings() []Setting {
	return []Setting{
		{
			Name: "MAX_CONTENT_LENGTH", Default: "160", Example: "320",
			Meaning: "Longest content of a message, in characters; what is longer is refused.",
			rule:    number(1, 1600),
		},
		{
			Name: "DEFAULT_REGION", Example: "TR",
			Meaning: "Country whose national numbers are understood, such as 0555 123 45 67 in TR. Empty: a number needs its + and country code.",
			rule:    region(),
		},
		{
			Name: "PHONE_VALIDATION", Default: PhonePossible, Example: PhoneStrict,
			Meaning: "Which numbers pass: possible ones have a right length, strict ones are also in a range that their country has handed out.",
			rule:    oneOf(PhonePossible, PhoneStrict),
		},
		{
			Name: "DEFAULT_VALIDITY", Example: "6h",
			Meaning: "How long a message that does not say may wait to be sent, from when it is due; then it expires. Empty, or 0: for ever.",
			rule:    validity(),
		},
		{
			Name: "RETENTION", Example: "90d",
			Meaning: "Age at which messages that are sent, failed, canceled or expired are removed, as RETENTION_ACTION says. Empty: never. " +
				"One that is deleted is erased first where it is younger than a day, for as long as its Idempotency-Key is known.",
			rule: duration(time.Hour, 36_500*models.Day),
		},
		{
			Name: "RETENTION_ACTION", Default: RetentionDelete, Example: RetentionErase,
			Meaning: "What RETENTION does to a message: delete it, or erase recipient and content and keep the rest.",
			rule:    oneOf(RetentionDelete, RetentionErase),
		},
		{
			Name: "DELIVERY_REPORT_KEYS", Example: "<key>,<another key>", Secret: true,
			Meaning: "Keys, separated by commas, that open POST /api/v1/delivery-reports and nothing else. A key has at least 16 characters. " +
				"Empty, and no DELIVERY_REPORT_SECRETS: an API key of a sender or operator opens it.",
			rule: keys(),
		},
		{
			Name: "DELIVERY_REPORT_SECRETS", Example: "whsec_<output of openssl rand -base64 32>", Secret: true,
			Meaning: "Secrets, separated by commas, that delivery reports are signed with by the Standard Webhooks specification; " +
				"a report signed with one of them needs no key.",
			rule: signingSecrets(maxReportSecrets),
		},
	}
}

func webhookSettings() []Setting {
	return []Setting{
		{
			Name: "WEBHOOK_URL", Example: "https://sms.example.com/send",
			Meaning: "Address that messages are POSTed to. Required to serve.",
			rule:    webhookURL(),
		},
		{
			Name: "WEBHOOK_AUTH_KEY", Example: "<the provider's key>", Secret: true,
			Meaning: "Key sent to the webhook with every call. Empty: no header.",
			rule:    headerValue(),
		},
		{
			Name: "WEBHOOK_AUTH_HEADER", Default: "x-ins-auth-key", Example: "x-ins-auth-key",
			Meaning: "Name of the header that carries WEBHOOK_AUTH_KEY.",
			rule:    headerName(),
		},
		{
			Name: "WEBHOOK_SIGNING_SECRETS", Example: "whsec_<output of openssl rand -base64 32>", Secret: true,
			Meaning: "Secrets that every call is signed with, by the Standard Webhooks specification: " +
				"whsec_ and the base64 of 24 to 64 bytes; two, separated by a comma, while one replaces the other. Empty: calls are not signed.",
			rule: signingSecrets(maxSigningSecrets),
		},
		{
			Name: "WEBHOOK_PROXY", Example: "http://proxy.example.com:3128",
			Meaning: "Proxy that the webhook is called through: http, https or socks5. Empty: none; HTTP_PROXY and the like are ignored.",
			rule:    proxyURL(),
		},
		{
			Name: "WEBHOOK_TIMEOUT", Default: "30s", Example: "30s",
			Meaning: "Time limit of one attempt. The lease of a claim, and the grace of a shutdown, are 5s longer.",
			rule:    duration(10*time.Millisecond, 10*time.Minute),
		},
		{
			Name: "MAX_RETRY_COUNT", Default: "3", Example: "3",
			Meaning: "Attempts that a message gets, the first included.",
			rule:    number(1, 100),
		},
		{
			Name: "UNKNOWN_OUTCOME", Default: OutcomeResend, Example: OutcomeHold,
			Meaning: "What becomes of a message when nobody knows whether an attempt arrived: resend it " +
				"(at least once), or hold it as failed for a person to decide (at most once).",
			rule: oneOf(OutcomeResend, OutcomeHold),
		},
	}
}

func paceSettings() []Setting {
	return []Setting{
		{
			Name: "SCHEDULER_INTERVAL", Default: "2m", Example: "2m",
			Meaning: "How often a window opens. A changed value holds for all replicas once one is started with it.",
			rule:    milliseconds(100*time.Millisecond, 30*24*time.Hour),
		},
		{
			Name: "MESSAGES_PER_INTERVAL", Default: "2", Example: "2",
			Meaning: "First attempts that a window allows, over all replicas together; changed likewise. 0: no cap.",
			rule:    number(0, 1_000_000),
		},
		{
			Name: "SCHEDULER_AUTOSTART", Default: AutostartResume, Example: AutostartAlways,
			Meaning: "What a start of the service does: resume leaves the scheduler as it was, always starts it, " +
				"never stops it, for all replicas, until a person starts it.",
			rule: oneOf(AutostartResume, AutostartAlways, AutostartNever),
		},
		{
			Name: "MAX_IN_FLIGHT", Default: "64", Example: "64",
			Meaning: "Attempts that one replica makes at the same time.",
			rule:    number(1, 10_000),
		},
	}
}

func storeSettings() []Setting {
	return []Setting{
		{
			Name: "DATA_DIR", Default: "./data", Example: "/var/lib/auto-message-sender",
			Meaning: "Directory of the embedded store, which serves when MONGODB_URI is empty.",
			rule:    path(),
		},
		{
			Name: "MONGODB_URI", Example: "mongodb://localhost:27017", Secret: true,
			Meaning: "Connection string of MongoDB. Empty: the embedded store serves.",
			rule:    mongoURI(),
		},
		{
			Name: "MONGODB_DATABASE", Default: "auto_message_sender", Example: "auto_message_sender",
			Meaning: "Name of the database.",
			rule:    mongoDatabase(),
		},
		{
			Name: "MONGODB_TIMEOUT", Default: "10s", Example: "10s",
			Meaning: "Time limit of one operation on MongoDB.",
			rule:    duration(10*time.Millisecond, 5*time.Minute),
		},
	}
}

func redisSettings() []Setting {
	const shortest, longest = time.Millisecond, time.Minute
	return []Setting{
		{
			Name: "REDIS_HOST", Example: "localhost",
			Meaning: "Host of Redis. Empty: receipts and rate limits are kept in process.",
			rule:    hostName(),
		},
		{
			Name: "REDIS_PORT", Default: "6379", Example: "6379",
			Meaning: "TCP port of Redis.",
			rule:    number(1, 65535),
		},
		{
			Name: "REDIS_PASSWORD", Example: "<password>", Secret: true,
			Meaning: "Password of Redis. Empty: none.",
			rule:    oneLine(),
		},
		{
			Name: "REDIS_DATABASE", Default: "0", Example: "0",
			Meaning: "Number of the Redis database.",
			rule:    number(0, 1023),
		},
		{
			Name: "REDIS_DIAL_TIMEOUT", Default: "5s", Example: "5s",
			Meaning: "Time limit of connecting to Redis.",
			rule:    duration(shortest, longest),
		},
		{
			Name: "REDIS_READ_TIMEOUT", Default: "3s", Example: "3s",
			Meaning: "Time limit of waiting for an answer of Redis.",
			rule:    duration(shortest, longest),
		},
		{
			Name: "REDIS_WRITE_TIMEOUT", Default: "3s", Example: "3s",
			Meaning: "Time limit of sending a command to Redis.",
			rule:    duration(shortest, longest),
		},
		{
			Name: "REDIS_POOL_SIZE", Default: "10", Example: "10",
			Meaning: "Largest number of connections to Redis.",
			rule:    number(1, 10_000),
		},
		{
			Name: "REDIS_MIN_IDLE_CONNS", Default: "2", Example: "2",
			Meaning: "Connections to Redis that are kept ready; at most REDIS_POOL_SIZE.",
			rule:    number(0, 10_000),
		},
	}
}

func processSettings() []Setting {
	return []Setting{
		{
			Name: "LOG_LEVEL", Default: "info", Example: "info",
			Meaning: "The least severe level that is logged.",
			rule:    oneOf("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"),
		},
		{
			Name: "LOG_FORMAT", DefaultNote: "json when ENVIRONMENT=production, else text", Example: LogFormatJSON,
			Meaning: "How log lines look: text for people, json for machines.",
			rule:    oneOf(LogFormatText, LogFormatJSON),
		},
		{
			Name: "METRICS_ADDR", Example: "127.0.0.1:9464",
			Meaning: "Where Prometheus finds /metrics: host:port for a listener of its own, which asks for no key; main for the API's own listener, " +
				"where it takes a reader's key like the API. Empty: nothing is counted.",
			rule: metricsAddress(),
		},
		{
			Name: "REPLICA_ID", DefaultNote: "host name and a random suffix", Example: "sender-1",
			Meaning: "Name of this process among its replicas; no two may share one.",
			rule:    replicaID(),
		},
	}
}
