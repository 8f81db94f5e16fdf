package config_test

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
	"auto-message-sender/internal/models"
)

func TestLoad_DefaultsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	cfg := load(t, minimal(), "")

	require.Equal(t, "development", cfg.Environment)
	require.Equal(t, "127.0.0.1:8080", cfg.ServerAddress())
	require.Equal(t, config.Rate{Requests: 100, Period: time.Minute}, cfg.RateLimit)
	require.Empty(t, cfg.TrustedProxies)
	require.Empty(t, cfg.APIKeys)
	require.False(t, cfg.AuthRequired())
	require.Empty(t, cfg.DeliveryReportKeys)
	require.Empty(t, cfg.DeliveryReportSecrets)
	require.Equal(t, models.MaxContentLength, cfg.MaxContentLength)
	require.Empty(t, cfg.DefaultRegion)
	require.False(t, cfg.StrictNumbers())
	require.Zero(t, cfg.DefaultValidity)
	require.Zero(t, cfg.Retention)
	require.False(t, cfg.ErasesOld())
	require.Equal(t, "https://sms.example.com/send", cfg.WebhookURL.Reveal())
	require.Equal(t, 30*time.Second, cfg.WebhookTimeout)
	require.Equal(t, "x-ins-auth-key", cfg.WebhookAuthHeader)
	require.Empty(t, cfg.WebhookAuthKey.Reveal())
	require.Equal(t, 2*time.Minute, cfg.SchedulerInterval)
	require.Equal(t, 2, cfg.MessagesPerInterval)
	require.Equal(t, config.AutostartResume, cfg.SchedulerAutostart)
	require.Equal(t, 64, cfg.MaxInFlight)
	require.Equal(t, 3, cfg.MaxRetryCount)
	require.False(t, cfg.HoldsUnknown())
	require.Equal(t, "./data", cfg.DataDir)
	require.False(t, cfg.UsesMongoDB())
	require.Equal(t, "auto_message_sender", cfg.MongoDBDatabase)
	require.Equal(t, 10*time.Second, cfg.MongoDBTimeout)
	require.False(t, cfg.UsesRedis())
	require.Equal(t, 6379, cfg.RedisPort)
	require.Zero(t, cfg.RedisDatabase)
	require.Equal(t, 5*time.Second, cfg.RedisDialTimeout)
	require.Equal(t, 3*time.Second, cfg.RedisReadTimeout)
	require.Equal(t, 3*time.Second, cfg.RedisWriteTimeout)
	require.Equal(t, 10, cfg.RedisPoolSize)
	require.Equal(t, 2, cfg.RedisMinIdleConns)
	require.Equal(t, "info", cfg.LogLevel)
	require.Equal(t, "text", cfg.LogFormat)
	require.Empty(t, cfg.ReplicaID)
}

func TestLoad_LeaseAndGraceAreTheTimeoutAndFiveSeconds(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("WEBHOOK_TIMEOUT", "12s"), "")
	require.Equal(t, 17*time.Second, cfg.Lease())
	require.Equal(t, 17*time.Second, cfg.Grace())
}

func TestLoad_TakesEverySettingFromTheEnvironment(t *testing.T) {
	t.Parallel()
	cfg := load(t, map[string]string{ //nolint:gosec // made up
		"ENVIRONMENT": "Production", "SERVER_HOST": "::", "SERVER_PORT": " 9000 ",
		"API_KEYS":   "ops:operator:0123456789abcdef, app:sender:fedcba:9876543210",
		"RATE_LIMIT": "5 / 10s", "TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.5",
		"WEBHOOK_URL": "http://user:pw@hooks:9090/x?y=z", "WEBHOOK_AUTH_KEY": "k", "WEBHOOK_AUTH_HEADER": "X-Key",
		"UNKNOWN_OUTCOME": "HOLD", "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_INTERVAL": "90m",
		"MONGODB_URI": "mongodb://u:p@a:1,b:2/db?replicaSet=r", "REDIS_HOST": "::1", "REDIS_PASSWORD": " p ",
		"MAX_CONTENT_LENGTH": "1600", "DEFAULT_REGION": "tr", "PHONE_VALIDATION": "Strict", "DEFAULT_VALIDITY": "1d12h",
		"RETENTION": "90d", "RETENTION_ACTION": "Erase", "DELIVERY_REPORT_KEYS": "0123456789abcdeF, fedcba9876543210",
		"DELIVERY_REPORT_SECRETS": signingSecret(32) + "," + signingSecret(33) + "," + signingSecret(34),
		"LOG_LEVEL":               "WARNING", "LOG_FORMAT": "Text", "REPLICA_ID": "sender-1",
	}, "")

	require.Equal(t, "[::]:9000", cfg.ServerAddress())
	require.False(t, cfg.OnlyLoopback())
	require.True(t, cfg.AuthRequired())
	require.Equal(t, config.APIKeys{
		{Name: "ops", Role: models.RoleOperator, Key: "0123456789abcdef"},
		{Name: "app", Role: models.RoleSender, Key: "fedcba:9876543210"},
	}, cfg.APIKeys)
	require.Equal(t, "5/10s", cfg.RateLimit.String())
	require.Equal(t, 1600, cfg.MaxContentLength)
	require.Equal(t, "TR", cfg.DefaultRegion)
	require.True(t, cfg.StrictNumbers())
	require.Equal(t, 36*time.Hour, cfg.DefaultValidity)
	require.Equal(t, 90*24*time.Hour, cfg.Retention)
	require.True(t, cfg.ErasesOld())
	require.Equal(t, []string{"0123456789abcdeF", "fedcba9876543210"}, cfg.DeliveryReportKeys.Reveal())
	require.Len(t, cfg.DeliveryReportSecrets.Reveal(), 3)
	require.Equal(t, []string{"10.0.0.0/8", "192.168.1.5"}, cfg.TrustedProxies)
	require.Equal(t, "http://user:pw@hooks:9090/x?y=z", cfg.WebhookURL.Reveal())
	require.Equal(t, "k", cfg.WebhookAuthKey.Reveal())
	require.Equal(t, "X-Key", cfg.WebhookAuthHeader)
	require.True(t, cfg.HoldsUnknown())
	require.Zero(t, cfg.MessagesPerInterval)
	require.Equal(t, 90*time.Minute, cfg.SchedulerInterval)
	require.True(t, cfg.UsesMongoDB())
	require.Equal(t, "mongodb://u:p@a:1,b:2/db?replicaSet=r", cfg.MongoDBURI.Reveal())
	require.True(t, cfg.UsesRedis())
	require.Equal(t, " p ", cfg.RedisPassword.Reveal())
	require.Equal(t, "warning", cfg.LogLevel)
	require.Equal(t, "text", cfg.LogFormat)
	require.Equal(t, "sender-1", cfg.ReplicaID)
}

func TestLoad_LogFormatFollowsTheEnvironmentUnlessGiven(t *testing.T) {
	t.Parallel()
	require.Equal(t, "json", load(t, with("ENVIRONMENT", "production"), "").LogFormat)
	require.Equal(t, "text", load(t, with("ENVIRONMENT", "production", "LOG_FORMAT", "text"), "").LogFormat)
	require.Equal(t, "json", load(t, with("LOG_FORMAT", "json"), "").LogFormat)
}

func TestLoad_StrongerSourceWins(t *testing.T) {
	t.Parallel()
	dotenv := "SERVER_PORT=1111\nREDIS_HOST=redis\nMONGODB_URI=mongodb://db\nLOG_LEVEL=debug\n"
	tests := map[string]struct {
		environ map[string]string
		dotenv  string
		name    string
		source  config.Source
		text    string
	}{
		"default":                       {nil, "", "SERVER_PORT", config.FromDefault, "8080"},
		".env over default":             {nil, dotenv, "SERVER_PORT", config.FromDotenv, "1111"},
		"environment over .env":         {map[string]string{"SERVER_PORT": "2222"}, dotenv, "SERVER_PORT", config.FromEnvironment, "2222"},
		"empty counts as unset":         {map[string]string{"SERVER_PORT": ""}, dotenv, "SERVER_PORT", config.FromDotenv, "1111"},
		"blank counts as unset":         {map[string]string{"SERVER_PORT": " "}, "", "SERVER_PORT", config.FromDefault, "8080"},
		"empty in both":                 {map[string]string{"SERVER_PORT": ""}, "SERVER_PORT=\n", "SERVER_PORT", config.FromDefault, "8080"},
		"empty switches off .env":       {map[string]string{"REDIS_HOST": ""}, dotenv, "REDIS_HOST", config.FromEnvironment, ""},
		"empty switches off .env's URI": {map[string]string{"MONGODB_URI": ""}, dotenv, "MONGODB_URI", config.FromEnvironment, ""},
		"derived default":               {nil, "ENVIRONMENT=production\n", "LOG_FORMAT", config.FromDefault, "json"},
		"derived authentication":        {map[string]string{"API_KEYS": "ops:operator:0123456789abcdef"}, "", "API_AUTH", config.FromDefault, "on"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := minimal()
			maps.Copy(environ, test.environ)
			gotSource, gotText := source(t, load(t, environ, write(t, test.dotenv)), test.name)
			require.Equal(t, test.source, gotSource)
			require.Equal(t, test.text, gotText)
		})
	}
}

func TestLoad_DoesNotChangeItsEnvironment(t *testing.T) {
	t.Parallel()
	environ := with("LOG_LEVEL", "DEBUG")
	before := maps.Clone(environ)
	load(t, environ, write(t, "SERVER_PORT=1111\n"))
	require.Equal(t, before, environ)
}

func TestLoad_DotenvThatIsMissingSetsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, 8080, load(t, minimal(), filepath.Join(t.TempDir(), ".env")).ServerPort)
}

func TestLoad_DotenvThatIsADirectoryIsAProblem(t *testing.T) {
	t.Parallel()
	found := problems(t, minimal(), t.TempDir())
	require.Len(t, found, 1)
	require.Equal(t, ".env: cannot be read: not a file", found[0].String())
}

func TestLoad_ReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	found := problems(t, map[string]string{
		"SERVER_HOST": "0.0.0.0", "SERVER_PORT": "80a", "SCHEDULER_INTERVAL": "2", "LOG_LEVEL": "loud",
		"REDIS_MIN_IDLE_CONNS": "11", "MONGODB_URI": "localhost:27017",
		"WEBHOOK_AUTH_KEY_FILE": "/does/not/exist", "RATE_LIMIT": "many",
	}, write(t, "MAX_RETRY_COUNT=0\nthis is no setting\n"))

	var names []string
	for _, problem := range found {
		names = append(names, problem.Name)
	}
	require.Equal(t, []string{
		".env", "SERVER_PORT", "API_KEYS", "RATE_LIMIT", "WEBHOOK_URL", "WEBHOOK_AUTH_KEY_FILE", "MAX_RETRY_COUNT",
		"SCHEDULER_INTERVAL", "MONGODB_URI", "REDIS_MIN_IDLE_CONNS", "LOG_LEVEL",
	}, names)
}

func TestLoad_KeepsWhatIsRightBesideItsProblems(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(map[string]string{"SERVER_PORT": "9999", "MAX_IN_FLIGHT": "no"}, "")
	var refused *config.Error
	require.ErrorAs(t, err, &refused)
	require.True(t, refused.About("MAX_IN_FLIGHT"))
	require.True(t, refused.About("WEBHOOK_URL"))
	require.False(t, refused.About("SERVER_HOST", "SERVER_PORT"))
	require.Equal(t, "127.0.0.1:9999", cfg.ServerAddress())
}

func TestLoad_MissingWebhookTellsOfDemoAndSink(t *testing.T) {
	t.Parallel()
	found := problems(t, nil, "")
	require.Len(t, found, 1)
	require.Equal(t, "WEBHOOK_URL", found[0].Name)
	require.Contains(t, found[0].Fault, "auto-message-sender demo")
	require.Contains(t, found[0].Fault, "auto-message-sender sink")
	require.Contains(t, found[0].String(), "for example WEBHOOK_URL=https://")
}
