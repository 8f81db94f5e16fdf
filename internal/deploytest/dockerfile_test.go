package deploytest_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDockerfile_BuildsWithTheGoVersionOfTheModule(t *testing.T) {
	t.Parallel()

	froms := named("FROM", dockerfile(t))

	// An image of an older Go cannot build the module; a newer one builds
	// something else than what was tested.
	require.Contains(t, froms, "golang:"+goVersion(t)+" AS build")
}

func TestDockerfile_CopiesOnlyWhatExistsAndIsNotIgnored(t *testing.T) {
	t.Parallel()
	ignored := parseIgnoreFile(readFile(t, ".dockerignore"))

	sources := contextSources(dockerfile(t))

	require.NotEmpty(t, sources)
	for _, source := range sources {
		_, err := fs.Stat(root(), source)
		require.NoError(t, err, "COPY %s", source)
		require.False(t, ignored.matches(source), "COPY %s: .dockerignore keeps it out", source)
	}
}

// contextSources returns what COPY takes from the build context; what it takes
// from another stage is made there.
func contextSources(instructions []instruction) []string {
	var sources []string
	for _, args := range named("COPY", instructions) {
		words := strings.Fields(args)
		if strings.HasPrefix(words[0], "--from=") {
			continue
		}
		sources = append(sources, words[:len(words)-1]...)
	}
	return sources
}

func TestDockerfile_CopiesEveryPackageOfTheService(t *testing.T) {
	t.Parallel()
	copied := contextSources(dockerfile(t))
	local := regexp.MustCompile(`"auto-message-sender/([a-z]+)`)

	sources, err := fs.Glob(root(), "cmd/auto-message-sender/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, sources)

	for _, source := range sources {
		for _, found := range local.FindAllStringSubmatch(readFile(t, source), -1) {
			require.Contains(t, copied, found[1], "%s imports it", source)
		}
	}
}

func TestDockerfile_LeavesAnImageOfOneStaticBinaryWithoutRoot(t *testing.T) {
	t.Parallel()
	all := dockerfile(t)
	image := lastStage(all)

	require.Equal(t, []string{"scratch"}, named("FROM", image))
	require.Contains(t, strings.Join(named("RUN", all), "\n"), "CGO_ENABLED=0 go build")
	require.Contains(t, strings.Join(named("RUN", all), "\n"), "-tags nomsgpack")

	// A numeric user other than 0, so that runAsNonRoot can be checked.
	users := named("USER", image)
	require.Len(t, users, 1)
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, users[0])

	// Copied with the user as owner; a volume takes the owner of what it covers.
	require.Contains(t, named("COPY", image), "--from=build --chown="+users[0]+" /state/ /")
	require.Equal(t, []string{environment(image)["DATA_DIR"]}, named("VOLUME", image))
	require.Contains(t, strings.Join(named("RUN", all), "\n"), "/state"+environment(image)["DATA_DIR"])
}

func TestDockerfile_RunsTheCommandsOfTheBinary(t *testing.T) {
	t.Parallel()
	image := lastStage(dockerfile(t))

	require.Equal(t, []string{`["/auto-message-sender"]`}, named("ENTRYPOINT", image))
	require.Equal(t, []string{`["serve"]`}, named("CMD", image))
	require.Equal(t, []string{"SIGTERM"}, named("STOPSIGNAL", image))
	require.Equal(t, []string{"8080"}, named("EXPOSE", image))

	// Without a shell in the image only the form in brackets runs.
	checks := named("HEALTHCHECK", image)
	require.Len(t, checks, 1)
	require.True(t, strings.HasSuffix(checks[0], `CMD ["/auto-message-sender", "healthcheck"]`), checks[0])
}
