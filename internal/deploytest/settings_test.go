package deploytest_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

// known returns the name of every variable that the service reads.
func known() map[string]bool {
	names := make(map[string]bool)
	for _, setting := range config.Describe() {
		names[setting.Name] = true
		if setting.FileName() != "" {
			names[setting.FileName()] = true
		}
	}
	return names
}

// loadSettings returns the settings of a container: the image's variables, and
// over them those that it is started with.
func loadSettings(t *testing.T, given map[string]string) config.Config {
	t.Helper()
	variables := environment(lastStage(dockerfile(t)))
	maps.Copy(variables, given)
	settings, warnings, err := config.Load(variables, "")
	require.NoError(t, err)
	require.Empty(t, warnings)
	return settings
}

// envProd returns the variables of env.prod, as docker run --env-file reads it:
// what is after the first "=" is the value, quotes and all.
func envProd(t *testing.T) map[string]string {
	t.Helper()
	variables := make(map[string]string)
	for line := range strings.Lines(readFile(t, "env.prod")) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, assigned := strings.Cut(line, "=")
		require.True(t, assigned, "docker would take %s from its own environment", name)
		variables[name] = value
	}
	require.NotEmpty(t, variables)
	return variables
}

func TestEveryVariable_IsASettingOfTheService(t *testing.T) {
	t.Parallel()

	for file, variables := range map[string]map[string]string{
		"Dockerfile":   environment(lastStage(dockerfile(t))),
		"compose.yaml": readCompose(t).Services["app"].Environment,
		"env.prod":     envProd(t),
		"the unit":     ours(unitEnvironment(t)),
		"the pod":      ours(podVariables(t)),
	} {
		require.NotEmpty(t, variables, file)
		for name := range variables {
			require.Contains(t, known(), name, "%s sets it", file)
		}
	}
}

// ours leaves out what Go itself reads.
func ours(variables map[string]string) map[string]string {
	variables = maps.Clone(variables)
	delete(variables, "GOMEMLIMIT")
	return variables
}

func TestCompose_IsAConfigurationThatStarts(t *testing.T) {
	t.Parallel()

	settings := loadSettings(t, readCompose(t).Services["app"].Environment)

	require.True(t, settings.UsesMongoDB())
	require.True(t, settings.UsesRedis())
	require.Equal(t, "0.0.0.0:8080", settings.ServerAddress())
}

func TestImage_RefusesToStartOpenToEverybody(t *testing.T) {
	t.Parallel()
	variables := environment(lastStage(dockerfile(t)))
	variables["WEBHOOK_URL"] = "https://sms.example.com/send"

	_, _, err := config.Load(variables, "")

	require.ErrorContains(t, err, "API_KEYS")
}

func TestEnvProd_WorksInAContainerOnceItsBlanksAreFilled(t *testing.T) {
	t.Parallel()
	variables := envProd(t)
	for name, value := range variables {
		require.NotRegexp(t, `^\s*(export|#)|\s`, name, "docker takes the name as it stands")
		require.NotRegexp(t, `^["']|["']$|^\s|\s$`, value, "%s: docker takes the value as it stands", name)
		require.NotContains(t, value, "localhost", "%s: inside a container that is the container", name)
	}
	// The image says these two, and --env-file would win over it.
	require.NotContains(t, variables, "SERVER_HOST")
	require.NotContains(t, variables, "DATA_DIR")

	variables["WEBHOOK_URL"] = "https://sms.example.com/send"
	variables["API_KEYS"] = "ops:operator:0123456789abcdef0123456789abcdef"
	settings := loadSettings(t, variables)

	require.False(t, settings.UsesMongoDB())
	require.False(t, settings.UsesRedis())
	require.True(t, settings.AuthRequired())
}
