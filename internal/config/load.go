package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"auto-message-sender/internal/models"
)

// Load returns the settings that environ and the .env file at dotenvPath give;
// an empty path, or a file that does not exist, is no file. Environ is not
// changed, and the process's own environment not looked at.
//
// Warnings are for a person: what was read, but is probably not meant. The error
// is an *Error with every problem; the Config beside it still has the settings
// that are right, for a command that needs few of them.
func Load(environ map[string]string, dotenvPath string) (cfg Config, warnings []string, err error) {
	var found problems
	table := Describe()
	dotenv, warnings := readDotenv(dotenvPath, &found)
	resolved := layers{environ: environ, dotenv: dotenv}.resolve(table, &found)
	cfg = bind(resolved, &found)
	cfg.effective = resolved.shown(table)
	cfg.checkTogether(resolved, &found)
	warnings = append(warnings, misspelt(environ)...)
	warnings = append(warnings, cfg.warnings()...)
	return cfg, warnings, found.err(names())
}

// names returns every variable that is read, in the order of the table.
func names() []string {
	var all []string
	for _, setting := range Describe() {
		all = append(all, setting.Name)
		if setting.Secret {
			all = append(all, setting.FileName())
		}
	}
	return all
}

// bind fills the fields of a Config from the texts that have no problem; the
// others stay empty, also because they may hold a secret in the wrong place. A
// text that kept its rule can be parsed; should one not be, that is a problem
// too, so that no value is dropped without a word.
func bind(resolved values, found *problems) Config {
	var cfg Config
	texts := make(map[string]string, len(resolved))
	for name, v := range resolved {
		if !found.about(name) {
			texts[name] = v.text
		}
	}
	err := env.ParseWithOptions(&cfg, env.Options{
		Environment: texts,
		FuncMap: map[reflect.Type]env.ParserFunc{
			reflect.TypeFor[time.Duration](): func(text string) (any, error) { return models.ParseDuration(text) },
		},
	})
	all, _ := errors.AsType[env.AggregateError](err)
	for _, one := range all.Errors {
		// The text of a ParseError quotes the value: only the field's name is used.
		name := ".env"
		if wrong, ok := errors.AsType[env.ParseError](one); ok {
			field, _ := reflect.TypeFor[Config]().FieldByName(wrong.Name)
			name = field.Tag.Get("env")
		}
		found.add(name, "cannot be read", "")
	}
	return cfg
}

// checkTogether looks at what settings demand of each other.
func (c Config) checkTogether(resolved values, found *problems) {
	c.checkWebhook(found)
	c.checkExposure(resolved, found)
	if c.RedisMinIdleConns > c.RedisPoolSize && !found.about("REDIS_MIN_IDLE_CONNS") && !found.about("REDIS_POOL_SIZE") {
		found.add("REDIS_MIN_IDLE_CONNS", fmt.Sprintf("must be at most REDIS_POOL_SIZE, which is %d", c.RedisPoolSize), "2")
	}
}

func (c Config) checkWebhook(found *problems) {
	if c.WebhookURL == "" && !found.about("WEBHOOK_URL") {
		found.add("WEBHOOK_URL", "must be set: the address that messages are POSTed to; to try the service without one, "+
			"run `auto-message-sender demo`, or `auto-message-sender sink` with WEBHOOK_URL=http://127.0.0.1:9090",
			"https://sms.example.com/send")
	}
	target, err := url.Parse(c.WebhookURL.Reveal())
	if err == nil && target.User != nil && c.WebhookAuthKey != "" && strings.EqualFold(c.WebhookAuthHeader, "Authorization") {
		found.add("WEBHOOK_AUTH_HEADER", "is Authorization, which the user in WEBHOOK_URL needs already: "+
			"take the user out of the address, or name another header", "x-ins-auth-key")
	}
}

// checkExposure refuses an API that others can reach and nobody guards, unless
// that was said in so many words.
func (c Config) checkExposure(resolved values, found *problems) {
	const example = "ops:operator:<output of openssl rand -hex 32>"
	if resolved["API_KEYS"].text != "" || found.about("API_KEYS") || found.about("API_KEYS_FILE") {
		return
	}
	saidOff := c.APIAuth == AuthOff && resolved["API_AUTH"].source != FromDefault
	switch {
	case saidOff:
	case c.APIAuth == AuthOn:
		found.add("API_KEYS", "must be set, because API_AUTH=on asks every caller for a key", example)
	case !found.about("SERVER_HOST") && !c.OnlyLoopback():
		found.add("API_KEYS", "must be set, because SERVER_HOST lets other machines reach the API; where only trusted ones can, "+
			"say API_AUTH=off instead (in a container: with the port published on 127.0.0.1 only)", example)
	}
}

// warnings tells of settings that are right, but probably not meant.
func (c Config) warnings() []string {
	var warnings []string
	if len(c.APIKeys) > 0 && c.APIAuth == AuthOff {
		warnings = append(warnings, "API_KEYS is set, but API_AUTH=off: the API asks nobody for a key")
	}
	for _, key := range c.APIKeys {
		if slices.Contains(c.DeliveryReportKeys, key.Key) {
			warnings = append(warnings, "API_KEYS has a key that is among DELIVERY_REPORT_KEYS, too: whoever may report deliveries can use the API")
		}
	}
	if c.RetentionAction == RetentionErase && c.Retention == 0 {
		warnings = append(warnings, "RETENTION_ACTION=erase does nothing without RETENTION")
	}
	for _, proxy := range c.TrustedProxies {
		if everyone, err := netip.ParsePrefix(proxy); err == nil && everyone.Bits() == 0 {
			warnings = append(warnings, "TRUSTED_PROXIES trusts every address: any client can pretend to be another")
		}
	}
	return warnings
}
