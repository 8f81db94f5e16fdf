package config

import "strings"

// Source is where a value came from.
type Source string

// The four sources.
const (
	FromDefault     Source = "default"
	FromDotenv      Source = ".env"
	FromEnvironment Source = "environment"
	FromFile        Source = "file"
)

// value is the text of a setting before it is parsed.
type value struct {
	text   string
	source Source
}

// values holds the text of every setting, by name.
type values map[string]value

// layers are the places that a value may come from, the strongest first.
type layers struct {
	environ map[string]string
	dotenv  map[string]string
}

// resolve takes every setting from the strongest layer that gives it, and checks
// it against its rule.
func (l layers) resolve(table []Setting, found *problems) values {
	resolved := make(values, len(table))
	for _, setting := range table {
		chosen := l.lookup(setting.Name, setting)
		if setting.Secret {
			chosen = l.orFile(setting, chosen, found)
		}
		resolved[setting.Name] = chosen
	}
	resolved.derive()
	for _, setting := range table {
		if text := resolved[setting.Name].text; text != "" {
			setting.check(text, found)
		}
	}
	return resolved
}

// lookup returns a variable of one setting. Set but empty means unset where
// there is a default, so that a template with empty lines can be handed to
// `docker run --env-file`; where there is none, an empty variable in the
// environment switches off what .env gives.
func (l layers) lookup(name string, setting Setting) value {
	if raw, set := l.environ[name]; set {
		text := setting.normalise(raw)
		if text != "" || setting.Default == "" {
			return value{text: text, source: FromEnvironment}
		}
	}
	if text := setting.normalise(l.dotenv[name]); text != "" {
		return value{text: text, source: FromDotenv}
	}
	return value{text: setting.Default, source: FromDefault}
}

// orFile returns the content of the file that NAME_FILE names, where it is
// given, else the value chosen without it.
func (l layers) orFile(setting Setting, chosen value, found *problems) value {
	path := l.lookup(setting.FileName(), Setting{}).text
	if path == "" {
		return chosen
	}
	if chosen.text != "" {
		found.add(setting.Name, "is given twice: unset it, or unset "+setting.FileName(), "")
		return chosen
	}
	content, err := readFile(path)
	if err != nil {
		found.add(setting.FileName(), "the file that it names cannot be read: "+reason(err), "/run/secrets/"+strings.ToLower(setting.Name))
		return value{source: FromFile}
	}
	text := setting.normalise(string(content))
	if text == "" {
		found.add(setting.FileName(), "the file that it names is empty", "/run/secrets/"+strings.ToLower(setting.Name))
	}
	return value{text: text, source: FromFile}
}

// normalise takes off what belongs to the file that a value came from, and not
// to the value. A secret may begin or end with a space.
func (s Setting) normalise(text string) string {
	if s.Secret {
		return strings.TrimRight(text, "\r\n")
	}
	text = strings.TrimSpace(text)
	if s.rule.tidy != nil {
		text = s.rule.tidy(text)
	}
	return text
}

// derive fills in the defaults that depend on other settings: the DefaultNotes
// of the table.
func (v values) derive() {
	v.otherwise("LOG_FORMAT", LogFormatText)
	if v["ENVIRONMENT"].text == EnvironmentProduction && v["LOG_FORMAT"].source == FromDefault {
		v["LOG_FORMAT"] = value{text: LogFormatJSON, source: FromDefault}
	}
	if v["API_KEYS"].text == "" {
		v.otherwise("API_AUTH", AuthOff)
	}
	v.otherwise("API_AUTH", AuthOn)
}

// otherwise gives a setting a default unless it has a value.
func (v values) otherwise(name, text string) {
	if v[name].text == "" {
		v[name] = value{text: text, source: FromDefault}
	}
}
