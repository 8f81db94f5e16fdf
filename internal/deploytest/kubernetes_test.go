package deploytest_test

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestKubernetes_EveryManifestIsReadAndApplied(t *testing.T) {
	t.Parallel()
	name := "auto-message-sender"
	kinds := map[string]Header{
		"namespace.yaml":           readManifest[Header](t, "namespace.yaml"),
		"deployment.yaml":          readManifest[deployment](t, "deployment.yaml").Header,
		"service.yaml":             readManifest[service](t, "service.yaml").Header,
		"poddisruptionbudget.yaml": readManifest[disruptionBudget](t, "poddisruptionbudget.yaml").Header,
		"networkpolicy.yaml":       readManifest[networkPolicy](t, "networkpolicy.yaml").Header,
		// Only where the operator has made its kind known.
		"podmonitor.yaml": readManifest[podMonitor](t, "podmonitor.yaml").Header,
	}
	all := readManifest[kustomization](t, "kustomization.yaml")

	files, err := fs.Glob(root(), "deploy/kubernetes/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(kinds)+1)
	for _, file := range files {
		file = path.Base(file)
		if file == "kustomization.yaml" {
			continue
		}
		require.Equal(t, name, kinds[file].Metadata.Name, file)
		require.Equal(t, strings.TrimSuffix(file, ".yaml"), strings.ToLower(kinds[file].Kind), file)
		if file != "podmonitor.yaml" {
			require.Contains(t, all.Resources, file)
		}
	}
	require.Equal(t, name, all.Namespace)
	require.Equal(t, map[string]string{"app.kubernetes.io/name": name}, all.Labels[0].Pairs)
	require.True(t, all.Labels[0].IncludeSelectors)
	require.Equal(t, readPod(t).Containers[0].Image, all.Images[0].Name)
}

func readPod(t *testing.T) podSpec {
	t.Helper()
	pod := readManifest[deployment](t, "deployment.yaml").Spec.Template.Spec
	require.Len(t, pod.Containers, 1)
	return pod
}

// podVariables returns what the container gets, as its file of settings and its manifest say.
func podVariables(t *testing.T) map[string]string {
	t.Helper()
	variables := make(map[string]string)
	for line := range strings.Lines(readFile(t, "deploy/kubernetes/settings.env")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			name, value, assigned := strings.Cut(line, "=")
			require.True(t, assigned, line)
			variables[name] = value
		}
	}
	for _, variable := range readPod(t).Containers[0].Env {
		variables[variable.Name] = variable.Value
	}
	return variables
}

// podSettings are the settings of a pod whose secrets are there.
func podSettings(t *testing.T) config.Config {
	t.Helper()
	variables := podVariables(t)
	for name, value := range map[string]string{
		"API_KEYS": "ops:operator:0123456789abcdef0123456789abcdef", "WEBHOOK_AUTH_KEY": "0123456789abcdef",
		"MONGODB_URI": "mongodb://mongo.example.com/?replicaSet=rs0", "REDIS_PASSWORD": "0123456789abcdef",
	} {
		require.Contains(t, variables, name+"_FILE")
		delete(variables, name+"_FILE")
		variables[name] = value
	}
	variables["REPLICA_ID"] = "auto-message-sender-5d9c7b6f4-x2x4z"
	delete(variables, "GOMEMLIMIT")
	return loadSettings(t, variables)
}

func TestKubernetes_PodsShareOneStoreAndHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	settings := podSettings(t)
	require.True(t, settings.UsesMongoDB(), "an embedded store each would not be one queue")
	require.True(t, settings.UsesRedis())
	require.True(t, settings.AuthRequired())
	require.Equal(t, 3, readManifest[deployment](t, "deployment.yaml").Spec.Replicas)
	require.Equal(t, 1, readManifest[disruptionBudget](t, "poddisruptionbudget.yaml").Spec.MaxUnavailable)

	named := false
	for _, variable := range readPod(t).Containers[0].Env {
		named = named || variable.Name == "REPLICA_ID" && variable.ValueFrom.FieldRef.FieldPath == "metadata.name"
	}
	require.True(t, named)
}

func TestKubernetes_SecretsAreFilesThatAreMounted(t *testing.T) {
	t.Parallel()
	pod := readPod(t)
	mounted := pod.Containers[0].VolumeMounts[0]
	require.True(t, mounted.ReadOnly)
	require.Equal(t, pod.Volumes[0].Name, mounted.Name)
	require.Equal(t, 0o440, pod.Volumes[0].Secret.DefaultMode)
	// Created by hand, as the comment at the top says.
	create := readFile(t, "deploy/kubernetes/kustomization.yaml")
	require.Contains(t, create, "create secret generic "+pod.Volumes[0].Secret.SecretName+" ")

	variables := podVariables(t)
	for _, setting := range config.Describe() {
		if !setting.Secret {
			continue
		}
		require.NotContains(t, variables, setting.Name, "a secret in the open")
		if file := variables[setting.FileName()]; file != "" {
			require.Equal(t, mounted.MountPath, path.Dir(file))
			require.Contains(t, create, "--from-file="+path.Base(file))
		}
	}
}

func TestKubernetes_LeavesTimeToDrain(t *testing.T) {
	t.Parallel()
	pod := readPod(t)
	limit := time.Duration(pod.TerminationGracePeriodSeconds-pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
	require.GreaterOrEqual(t, limit, podSettings(t).Grace()+10*time.Second)
}

func TestKubernetes_PodsMayDoNothingThatTheyNeedNot(t *testing.T) {
	t.Parallel()
	pod := readPod(t)
	require.NotNil(t, pod.AutomountServiceAccountToken)
	require.False(t, *pod.AutomountServiceAccountToken)
	// Kubernetes would set REDIS_PORT=tcp://… for a service called redis.
	require.NotNil(t, pod.EnableServiceLinks)
	require.False(t, *pod.EnableServiceLinks)

	require.True(t, pod.SecurityContext.RunAsNonRoot)
	its := pod.SecurityContext
	user := []string{fmt.Sprintf("%d:%d", its.RunAsUser, its.RunAsGroup)}
	require.Equal(t, named("USER", lastStage(dockerfile(t))), user, "another than the image's")
	require.Equal(t, "RuntimeDefault", pod.SecurityContext.SeccompProfile.Type)
	its = pod.Containers[0].Security
	require.NotNil(t, its.AllowPrivilegeEscalation)
	require.False(t, *its.AllowPrivilegeEscalation)
	require.True(t, its.ReadOnlyRootFilesystem)
	require.Equal(t, []string{"ALL"}, its.Capabilities.Drop)
	require.NotEmpty(t, pod.Containers[0].Resources.Limits["memory"])
	require.NotContains(t, pod.Containers[0].Resources.Limits, "cpu", "a throttled replica lets its leases run out")
	require.Equal(t, "restricted", readManifest[Header](t, "namespace.yaml").Metadata.Labels["pod-security.kubernetes.io/enforce"])
	for _, spread := range pod.TopologySpreadConstraints {
		require.Equal(t, map[string]string{"app.kubernetes.io/name": "auto-message-sender"}, spread.LabelSelector.MatchLabels)
	}
}

func TestKubernetes_PortsAreThoseThatTheServiceListensOn(t *testing.T) {
	t.Parallel()
	container, settings := readPod(t).Containers[0], podSettings(t)
	ports := make(map[string]int)
	for _, port := range container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	require.Equal(t, map[string]int{"http": settings.ServerPort, "metrics": 9464}, ports)
	require.Equal(t, "0.0.0.0:9464", podVariables(t)["METRICS_ADDR"])
	require.Equal(t, "9464", readManifest[deployment](t, "deployment.yaml").Spec.Template.Metadata.Annotations["prometheus.io/port"])

	require.Equal(t, "/livez", container.LivenessProbe.HTTPGet.Path)
	require.Equal(t, "/readyz", container.ReadinessProbe.HTTPGet.Path)
	used := []string{
		container.LivenessProbe.HTTPGet.Port, container.ReadinessProbe.HTTPGet.Port,
		readManifest[service](t, "service.yaml").Spec.Ports[0].TargetPort,
		readManifest[podMonitor](t, "podmonitor.yaml").Spec.Endpoints[0].Port,
	}
	for _, rule := range readManifest[networkPolicy](t, "networkpolicy.yaml").Spec.Ingress {
		require.NotEmpty(t, rule.From, "from everywhere")
		used = append(used, rule.Ports[0].Port)
	}
	for _, name := range used {
		require.Contains(t, ports, name)
	}
	require.Equal(t, "app.kubernetes.io/name", readManifest[podMonitor](t, "podmonitor.yaml").Spec.JobLabel)
}
