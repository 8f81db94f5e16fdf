package deploytest_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// composeFile is the part of compose.yaml that the tests look at.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
}

type composeService struct {
	Build           string            `yaml:"build"`
	Image           string            `yaml:"image"`
	Command         []string          `yaml:"command"`
	Environment     map[string]string `yaml:"environment"`
	Ports           []string          `yaml:"ports"`
	Volumes         []string          `yaml:"volumes"`
	StopGracePeriod string            `yaml:"stop_grace_period"`
	DependsOn       map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	readYAML(t, "compose.yaml", &file)
	require.Contains(t, file.Services, "app")
	return file
}

func TestCompose_WaitsForServicesThatExistAndCanBecomeHealthy(t *testing.T) {
	t.Parallel()
	file := readCompose(t)

	for name, service := range file.Services {
		for other, dependency := range service.DependsOn {
			require.Contains(t, file.Services, other, "%s depends on it", name)
			if dependency.Condition == "service_healthy" {
				require.NotEmpty(t, file.Services[other].Healthcheck.Test,
					"%s waits for %s to be healthy, which has no check", name, other)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			require.Contains(t, file.Volumes, source, "%s mounts it", name)
		}
	}
}

func TestCompose_NamesOnlyServicesThatExist(t *testing.T) {
	t.Parallel()
	file := readCompose(t)
	app := file.Services["app"].Environment

	// What the service connects to, as the host part of each address.
	hosts := []string{app["REDIS_HOST"]}
	for _, address := range []string{app["MONGODB_URI"], app["WEBHOOK_URL"]} {
		_, rest, found := strings.Cut(address, "://")
		require.True(t, found, address)
		host, _, _ := strings.Cut(rest, ":")
		hosts = append(hosts, host)
	}

	for _, host := range hosts {
		require.Contains(t, file.Services, host)
	}
	// The claims' durability rests on a replica set; its name is said three times.
	mongo := file.Services["mongo"]
	require.Contains(t, app["MONGODB_URI"], "replicaSet=rs0")
	require.Contains(t, strings.Join(mongo.Command, " "), "--replSet rs0")
	require.Contains(t, strings.Join(mongo.Healthcheck.Test, " "), `_id: "rs0"`)
}

func TestCompose_PublishesOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	file := readCompose(t)

	for name, service := range file.Services {
		for _, port := range service.Ports {
			host, _, found := strings.Cut(port, ":")
			require.True(t, found, "%s publishes %s on every address", name, port)
			address, err := netip.ParseAddr(host)
			require.NoError(t, err, "%s: %s", name, port)
			require.True(t, address.IsLoopback(), "%s: %s", name, port)
		}
	}
	// Nobody is asked for a key here, so this is what keeps strangers out.
	require.Equal(t, "off", file.Services["app"].Environment["API_AUTH"])
	require.NotEmpty(t, file.Services["app"].Ports)
}

func TestCompose_LeavesTimeToDrain(t *testing.T) {
	t.Parallel()
	app := readCompose(t).Services["app"]
	settings := loadSettings(t, app.Environment)

	grace, err := time.ParseDuration(app.StopGracePeriod)
	require.NoError(t, err)

	// After the drain the rest of the shutdown needs a moment too.
	require.GreaterOrEqual(t, grace, settings.Grace()+5*time.Second)
}
