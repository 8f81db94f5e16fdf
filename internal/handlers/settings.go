package handlers

import (
	"context"
	"errors"
	"time"
)

// SettingsOptions is what Configuration is made of. Version, Store, StartedAt, Replica
// and Values are required.
type SettingsOptions struct {
	Version   string
	Commit    string
	GoVersion string
	StartedAt time.Time
	Replica   string // the id of this process
	Store     string // "sqlite" or "mongodb"
	Redis     bool
	Values    []Setting // fit to be shown: without secrets
}

// Configuration tells how this process runs. None of it changes while it does.
type Configuration struct{ settings Settings }

// NewConfiguration returns the endpoint, or says what is missing.
func NewConfiguration(o SettingsOptions) (*Configuration, error) {
	if o.Version == "" || o.Store == "" || o.StartedAt.IsZero() || o.Replica == "" || len(o.Values) == 0 {
		return nil, errors.New("handlers: Configuration needs Version, Store, StartedAt, Replica and Values")
	}
	return &Configuration{Settings{
		Version: o.Version, Commit: o.Commit, GoVersion: o.GoVersion, StartedAt: timestamp(o.StartedAt),
		Replica: o.Replica, Store: o.Store, Redis: o.Redis, Settings: o.Values,
	}}, nil
}

// Settings is how a process runs.
type Settings struct {
	Version   string `json:"version" example:"1.4.0"`
	Commit    string `json:"commit" example:"3f1c2a9"`
	GoVersion string `json:"go_version" example:"go1.26.0"`
	// When this process began.
	StartedAt string `json:"started_at" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	// The process that answered: others may have other settings.
	Replica string `json:"replica" example:"sender-1"`
	Store   string `json:"store" enums:"sqlite,mongodb" example:"mongodb"`
	// Whether Redis is configured.
	Redis bool `json:"redis" example:"true"`
	// All of them, in the order of the manual.
	Settings []Setting `json:"settings"`
} //	@name	Settings

// Setting is one setting as it takes effect.
type Setting struct {
	Name string `json:"name" example:"WEBHOOK_URL"`
	// Secrets, and user, password and query of an address, are ***; the path of WEBHOOK_URL is left out. Empty where there is none.
	Value string `json:"value" example:"https://sms.example.com/…"`
	// Where it depends on other settings, in words; empty where there is none.
	Default     string `json:"default" example:""`
	Source      string `json:"source" enums:"environment,file,.env,default" example:"environment"`
	Description string `json:"description" example:"Address that messages are POSTed to. Required to serve."`
} //	@name	Setting

// Show tells how this process runs.
//
//	@Summary		Read the settings
//	@Description	What runs, and every setting as it takes effect, secrets masked: what auto-message-sender config check shows, but for the path of the webhook.
//	@ID				getSettings
//	@Tags			service
//	@Produce		json,application/problem+json
//	@Success		200	{object}	Settings
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/settings [get]
func (c *Configuration) Show(context.Context, Nothing) (Settings, error) { return c.settings, nil }
