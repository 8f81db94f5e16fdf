package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestParsePlace_NamesAStoreWithoutItsCredentials(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(map[string]string{
		"WEBHOOK_URL": "http://127.0.0.1:9", "DATA_DIR": "/data", "MONGODB_URI": "mongodb://u:pw@a:1,b:2/admin?replicaSet=rs0", "MONGODB_DATABASE": "ams",
	}, "")
	require.NoError(t, err)
	for text, want := range map[string]place{
		"sqlite":      {name: "sqlite:/data", dir: "/data"},
		"sqlite:./x":  {name: "sqlite:./x", dir: "./x"},
		"sqlite:/a:b": {name: "sqlite:/a:b", dir: "/a:b"},
		// The path is that of logins here, as for the service.
		"mongodb":                       {name: "mongodb://a:1,b:2/ams", uri: "mongodb://u:pw@a:1,b:2/admin?replicaSet=rs0", database: "ams"},
		"mongodb://u:p%40w@h/d?tls=1":   {name: "mongodb://h/d", uri: "mongodb://u:p%40w@h/d?tls=1", database: "d"}, //nolint:gosec // nobody's
		"mongodb://a:1,b:2":             {name: "mongodb://a:1,b:2/ams", uri: "mongodb://a:1,b:2", database: "ams"},
		"mongodb://h?tls=true":          {name: "mongodb://h/ams", uri: "mongodb://h?tls=true", database: "ams"},
		"mongodb+srv://u:pw@cluster.x/": {name: "mongodb+srv://cluster.x/ams", uri: "mongodb+srv://u:pw@cluster.x/", database: "ams"}, //nolint:gosec // nobody's
	} {
		found, err := parsePlace(text, cfg)
		require.NoError(t, err, text)
		require.Equal(t, &want, found, text)
		require.NotContains(t, found.name, "pw")
	}
	for text, says := range map[string]string{
		"sqlite:":             "names no directory",
		"mongo://h/d":         "must be sqlite",
		"/data":               "must be sqlite",
		"mongodb://h/admin":   "MongoDB's own",
		"mongodb://h/local?x": "MongoDB's own",
	} {
		_, err := parsePlace(text, cfg)
		require.ErrorContains(t, err, says, text)
	}
}

func TestMigrate_SpeaksOfNoSettingButTheStores(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"MONGODB_URI": "http://nowhere", "SERVER_PORT": "no"})
	require.Equal(t, exitConfiguration, term.run(t, "migrate", "--from", "sqlite", "--to", "mongodb"))
	require.Contains(t, term.stderr.String(), "MONGODB_URI")
	require.NotContains(t, term.stderr.String(), "WEBHOOK_URL")
	require.NotContains(t, term.stderr.String(), "SERVER_PORT")
	require.NotContains(t, term.stderr.String(), "--data-dir")
}
