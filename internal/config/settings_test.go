package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func settings(t *testing.T) []config.Setting {
	t.Helper()
	table := config.Describe()
	require.NotEmpty(t, table)
	return table
}

func TestDescribe_HasEveryFieldOnceAndNothingElse(t *testing.T) {
	t.Parallel()
	var fields, rows []string
	for field := range reflect.TypeFor[config.Config]().Fields() {
		if field.IsExported() {
			fields = append(fields, field.Tag.Get("env"))
		}
	}
	for _, setting := range settings(t) {
		rows = append(rows, setting.Name)
	}
	require.ElementsMatch(t, fields, rows)
}

func TestDescribe_EveryRowIsComplete(t *testing.T) {
	t.Parallel()
	for _, setting := range settings(t) {
		require.Truef(t, strings.HasSuffix(setting.Meaning, "."), "%s: the meaning is sentences", setting.Name)
		require.NotEmptyf(t, setting.Allowed(), "%s: allows something", setting.Name)
		require.NotEmptyf(t, setting.Example, "%s: has an example", setting.Name)
		require.Falsef(t, setting.Default != "" && setting.DefaultNote != "", "%s: has one default", setting.Name)
		require.Falsef(t, setting.Secret && setting.Default != "", "%s: a secret has no default", setting.Name)
	}
}

// The example in an error message must not lead to the next error.
func TestDescribe_EveryExampleIsRight(t *testing.T) {
	t.Parallel()
	for _, setting := range settings(t) {
		example := setting.Example
		if setting.Name == "API_KEYS" {
			example = strings.Replace(example, "<key>", "0123456789abcdef", 1)
			example = strings.Replace(example, "<key>", "fedcba9876543210", 1)
		}
		if setting.Name == "DELIVERY_REPORT_KEYS" {
			example = strings.Replace(example, "<key>", "0123456789abcdef", 1)
			example = strings.Replace(example, "<another key>", "fedcba9876543210", 1)
		}
		example = strings.Replace(example, "whsec_<output of openssl rand -base64 32>", signingSecret(32), 1)
		_, _, err := config.Load(with(setting.Name, example), "")
		require.NoErrorf(t, err, "%s", setting.Name)
	}
}

// A copied placeholder must not become a key that everybody knows.
func TestDescribe_PlaceholderOfAKeyIsNoKey(t *testing.T) {
	t.Parallel()
	for _, problem := range problems(t, with("SERVER_HOST", "0.0.0.0"), "") {
		require.Equal(t, "API_KEYS", problem.Name)
		require.NotEmpty(t, problems(t, with("API_KEYS", problem.Example), ""))
	}
	for _, setting := range settings(t) {
		if strings.HasSuffix(setting.Name, "_KEYS") {
			require.NotEmpty(t, problems(t, with(setting.Name, setting.Example), ""))
		}
	}
}

// template returns env.prod, and what its lines set and show commented out.
func template(t *testing.T) (content string, set, shown map[string]string) {
	t.Helper()
	raw, err := os.ReadFile("../../env.prod")
	require.NoError(t, err)
	set, shown = map[string]string{}, map[string]string{}
	line := regexp.MustCompile(`^(#?)([A-Z][A-Z0-9_]*)=(.*)$`)
	for text := range strings.Lines(string(raw)) {
		if match := line.FindStringSubmatch(strings.TrimSuffix(text, "\n")); match != nil {
			into := set
			if match[1] == "#" {
				into = shown
			}
			require.NotContains(t, set, match[2])
			require.NotContains(t, shown, match[2])
			into[match[2]] = match[3]
		}
	}
	return string(raw), set, shown
}

func TestTemplate_NamesEverySettingAndNoOther(t *testing.T) {
	t.Parallel()
	_, set, shown := template(t)
	var inTemplate, inTable []string
	for name := range set {
		inTemplate = append(inTemplate, name)
	}
	for name := range shown {
		inTemplate = append(inTemplate, name)
	}
	for _, setting := range settings(t) {
		inTable = append(inTable, setting.Name)
	}
	require.ElementsMatch(t, inTable, inTemplate)
}

func TestTemplate_ShowsTheDefaults(t *testing.T) {
	t.Parallel()
	_, set, shown := template(t)
	for _, setting := range settings(t) {
		if value, commented := shown[setting.Name]; commented && setting.DefaultNote == "" {
			require.Equalf(t, setting.Default, value, "%s", setting.Name)
		}
		if value := set[setting.Name]; value != "" && setting.Name != "ENVIRONMENT" {
			require.Equalf(t, setting.Default, value, "%s", setting.Name)
		}
	}
}

// docker run --env-file takes everything after the = for the value, and knows
// neither quotes nor export; .env knows both, and comments after a value.
func TestTemplate_ReadsTheSameAsDotenvAndAsEnvFile(t *testing.T) {
	t.Parallel()
	content, asEnvFile, _ := template(t)
	asDotenv, err := godotenv.Unmarshal(content)
	require.NoError(t, err)
	require.Equal(t, asDotenv, asEnvFile)
	for text := range strings.Lines(content) {
		text = strings.TrimSuffix(text, "\n")
		require.Regexp(t, `^(#.*|[A-Z0-9_]+=[^\s"'#$]*)?$`, text)
	}
}

// The image sets these; an empty or loopback value in the file would win over it.
func TestTemplate_LeavesToTheImageWhatIsTheImages(t *testing.T) {
	t.Parallel()
	_, set, _ := template(t)
	require.NotContains(t, set, "SERVER_HOST")
	require.NotContains(t, set, "DATA_DIR")
}

func TestTemplate_FilledInServesOnLoopbackAsDotenv(t *testing.T) {
	t.Parallel()
	content, _, _ := template(t)
	found := problems(t, nil, write(t, content))
	require.Len(t, found, 1, "only the webhook is asked for")
	require.Equal(t, "WEBHOOK_URL", found[0].Name)

	cfg := load(t, minimal(), write(t, content))
	require.True(t, cfg.OnlyLoopback())
	require.False(t, cfg.UsesMongoDB())
	require.False(t, cfg.UsesRedis())
	require.Equal(t, "json", cfg.LogFormat)
}

func TestTemplate_FilledInServesOnAllAddressesInTheImage(t *testing.T) {
	t.Parallel()
	_, environ, _ := template(t)
	environ["SERVER_HOST"] = "0.0.0.0" // as the image has it
	environ["DATA_DIR"] = "/data"
	names := []string{}
	for _, problem := range problems(t, environ, "") {
		names = append(names, problem.Name)
	}
	require.Equal(t, []string{"API_KEYS", "WEBHOOK_URL"}, names)

	environ["WEBHOOK_URL"] = "https://sms.example.com/send"
	environ["API_KEYS"] = "ops:operator:0123456789abcdef"
	require.Equal(t, "0.0.0.0:8080", load(t, environ, "").ServerAddress())
	environ["API_KEYS"], environ["API_AUTH"] = "", "off"
	require.False(t, load(t, environ, "").AuthRequired())
}
