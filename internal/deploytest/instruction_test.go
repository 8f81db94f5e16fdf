package deploytest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// instruction is one instruction of a Dockerfile, continuation lines joined.
type instruction struct {
	name string // in capitals
	args string
}

// parseDockerfile understands what our Dockerfile uses: comments, and a backslash
// at the end of a line. Here-documents and other escape characters it does not.
func parseDockerfile(text string) []instruction {
	var parsed []instruction
	var pending string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if head, continued := strings.CutSuffix(line, `\`); continued {
			pending += head + " "
			continue
		}
		name, args, _ := strings.Cut(pending+line, " ")
		parsed = append(parsed, instruction{name: strings.ToUpper(name), args: strings.TrimSpace(args)})
		pending = ""
	}
	return parsed
}

// dockerfile returns the instructions of our Dockerfile, all stages.
func dockerfile(t *testing.T) []instruction {
	t.Helper()
	parsed := parseDockerfile(readFile(t, "Dockerfile"))
	require.NotEmpty(t, parsed)
	return parsed
}

// named returns the arguments of the instructions of one name.
func named(name string, among []instruction) []string {
	var args []string
	for _, i := range among {
		if i.name == name {
			args = append(args, i.args)
		}
	}
	return args
}

// lastStage returns the instructions of the stage that becomes the image.
func lastStage(all []instruction) []instruction {
	start := 0
	for i, instruction := range all {
		if instruction.name == "FROM" {
			start = i
		}
	}
	return all[start:]
}

// environment returns the variables that ENV instructions set, NAME=value each.
func environment(among []instruction) map[string]string {
	variables := make(map[string]string)
	for _, args := range named("ENV", among) {
		for pair := range strings.FieldsSeq(args) {
			name, value, _ := strings.Cut(pair, "=")
			variables[name] = value
		}
	}
	return variables
}

func TestParseDockerfile_JoinsLinesAndSkipsComments(t *testing.T) {
	t.Parallel()

	parsed := parseDockerfile("# one\nFROM a AS b\n\nRUN x \\\n  # in between\n  && y\nenv A=1 \\\n  B=2\nFROM scratch\nUSER 1:1\n")

	require.Equal(t, []instruction{
		{"FROM", "a AS b"},
		{"RUN", "x  && y"},
		{"ENV", "A=1  B=2"},
		{"FROM", "scratch"},
		{"USER", "1:1"},
	}, parsed)
	require.Equal(t, map[string]string{"A": "1", "B": "2"}, environment(parsed))
	require.Equal(t, []instruction{{"FROM", "scratch"}, {"USER", "1:1"}}, lastStage(parsed))
}
