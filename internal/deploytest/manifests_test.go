package deploytest_test

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// The fields of Kubernetes that the manifests use, and no others: decoding is strict, so
// a field that is misspelt or in the wrong place is found. The API's own types would bring
// in more modules than the service has.
type (
	metadata struct {
		Name        string            `yaml:"name"`
		Labels      map[string]string `yaml:"labels"`
		Annotations map[string]string `yaml:"annotations"`
	}
	Header struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
	}
	selector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	deployment struct {
		Header `yaml:",inline"`

		Spec struct {
			Replicas int `yaml:"replicas"`
			Strategy struct {
				RollingUpdate struct {
					MaxSurge       int `yaml:"maxSurge"`
					MaxUnavailable int `yaml:"maxUnavailable"`
				} `yaml:"rollingUpdate"`
			} `yaml:"strategy"`
			Template struct {
				Metadata metadata `yaml:"metadata"`
				Spec     podSpec  `yaml:"spec"`
			} `yaml:"template"`
		} `yaml:"spec"`
	}
	podSpec struct {
		TerminationGracePeriodSeconds int                `yaml:"terminationGracePeriodSeconds"`
		AutomountServiceAccountToken  *bool              `yaml:"automountServiceAccountToken"`
		EnableServiceLinks            *bool              `yaml:"enableServiceLinks"`
		SecurityContext               securityContext    `yaml:"securityContext"`
		TopologySpreadConstraints     []spreadConstraint `yaml:"topologySpreadConstraints"`
		Containers                    []container        `yaml:"containers"`
		Volumes                       []volume           `yaml:"volumes"`
	}
	securityContext struct {
		RunAsNonRoot             bool  `yaml:"runAsNonRoot"`
		RunAsUser                int   `yaml:"runAsUser"`
		RunAsGroup               int   `yaml:"runAsGroup"`
		FSGroup                  int   `yaml:"fsGroup"`
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct {
			Drop []string `yaml:"drop"`
		} `yaml:"capabilities"`
		SeccompProfile struct {
			Type string `yaml:"type"`
		} `yaml:"seccompProfile"`
	}
	spreadConstraint struct {
		TopologyKey       string   `yaml:"topologyKey"`
		MaxSkew           int      `yaml:"maxSkew"`
		WhenUnsatisfiable string   `yaml:"whenUnsatisfiable"`
		LabelSelector     selector `yaml:"labelSelector"`
	}
	container struct {
		Name           string          `yaml:"name"`
		Image          string          `yaml:"image"`
		Ports          []port          `yaml:"ports"`
		EnvFrom        []envFrom       `yaml:"envFrom"`
		Env            []variable      `yaml:"env"`
		LivenessProbe  probe           `yaml:"livenessProbe"`
		ReadinessProbe probe           `yaml:"readinessProbe"`
		Lifecycle      lifecycle       `yaml:"lifecycle"`
		Resources      resources       `yaml:"resources"`
		Security       securityContext `yaml:"securityContext"`
		VolumeMounts   []volumeMount   `yaml:"volumeMounts"`
	}
	port struct {
		Name          string `yaml:"name"`
		ContainerPort int    `yaml:"containerPort"`
	}
	envFrom struct {
		ConfigMapRef struct {
			Name string `yaml:"name"`
		} `yaml:"configMapRef"`
	}
	variable struct {
		Name      string `yaml:"name"`
		Value     string `yaml:"value"`
		ValueFrom struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	probe struct {
		HTTPGet struct {
			Path string `yaml:"path"`
			Port string `yaml:"port"`
		} `yaml:"httpGet"`
		PeriodSeconds    int `yaml:"periodSeconds"`
		TimeoutSeconds   int `yaml:"timeoutSeconds"`
		FailureThreshold int `yaml:"failureThreshold"`
	}
	lifecycle struct {
		PreStop struct {
			Sleep struct {
				Seconds int `yaml:"seconds"`
			} `yaml:"sleep"`
		} `yaml:"preStop"`
	}
	resources struct {
		Requests map[string]string `yaml:"requests"`
		Limits   map[string]string `yaml:"limits"`
	}
	volumeMount struct {
		Name      string `yaml:"name"`
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	}
	volume struct {
		Name   string `yaml:"name"`
		Secret struct {
			SecretName  string `yaml:"secretName"`
			DefaultMode int    `yaml:"defaultMode"`
		} `yaml:"secret"`
	}
	kustomization struct {
		APIVersion         string   `yaml:"apiVersion"`
		Kind               string   `yaml:"kind"`
		Namespace          string   `yaml:"namespace"`
		Resources          []string `yaml:"resources"`
		ConfigMapGenerator []struct {
			Name string   `yaml:"name"`
			Envs []string `yaml:"envs"`
		} `yaml:"configMapGenerator"`
		Images []struct {
			Name    string `yaml:"name"`
			NewName string `yaml:"newName"`
			NewTag  string `yaml:"newTag"`
		} `yaml:"images"`
		Labels []struct {
			Pairs            map[string]string `yaml:"pairs"`
			IncludeSelectors bool              `yaml:"includeSelectors"`
			IncludeTemplates bool              `yaml:"includeTemplates"`
		} `yaml:"labels"`
	}
	service struct {
		Header `yaml:",inline"`

		Spec struct {
			Ports []struct {
				Name       string `yaml:"name"`
				Port       int    `yaml:"port"`
				TargetPort string `yaml:"targetPort"`
			} `yaml:"ports"`
		} `yaml:"spec"`
	}
	disruptionBudget struct {
		Header `yaml:",inline"`

		Spec struct {
			MaxUnavailable int `yaml:"maxUnavailable"`
		} `yaml:"spec"`
	}
	networkPolicy struct {
		Header `yaml:",inline"`

		Spec struct {
			PodSelector selector `yaml:"podSelector"`
			PolicyTypes []string `yaml:"policyTypes"`
			Ingress     []struct {
				Ports []struct {
					Port string `yaml:"port"`
				} `yaml:"ports"`
				From []struct {
					PodSelector       *selector `yaml:"podSelector"`
					NamespaceSelector *selector `yaml:"namespaceSelector"`
				} `yaml:"from"`
			} `yaml:"ingress"`
		} `yaml:"spec"`
	}
	podMonitor struct {
		Header `yaml:",inline"`

		Spec struct {
			JobLabel  string   `yaml:"jobLabel"`
			Selector  selector `yaml:"selector"`
			Endpoints []struct {
				Port        string `yaml:"port"`
				Interval    string `yaml:"interval"`
				Relabelings []struct {
					SourceLabels []string `yaml:"sourceLabels"`
					TargetLabel  string   `yaml:"targetLabel"`
				} `yaml:"relabelings"`
			} `yaml:"podMetricsEndpoints"`
		} `yaml:"spec"`
	}
)

// readManifest decodes a file of deploy/kubernetes; a field that the value does not name
// fails the test, as does one that is there twice.
func readManifest[T any](t *testing.T, name string) T {
	t.Helper()
	var read T
	decoder := yaml.NewDecoder(strings.NewReader(readFile(t, "deploy/kubernetes/"+name)), yaml.Strict())
	require.NoError(t, decoder.Decode(&read), name)
	return read
}
