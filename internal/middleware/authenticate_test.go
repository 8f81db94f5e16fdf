package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

const (
	opsKey = "ops-key-0123456789abcdef"
	appKey = "app-key-0123456789abcdef"
	eyeKey = "eye-key-0123456789abcdef"
)

func ring() *middleware.Keyring {
	keys := new(middleware.Keyring)
	keys.Add("ops", models.RoleOperator, opsKey)
	keys.Add("app", models.RoleSender, appKey)
	keys.Add("eye", models.RoleReader, eyeKey)
	return keys
}

func TestAuthenticate_AsksForAKeyOfTheRing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		authorization string
		apiKey        string
		want          string // the actor; empty: refused
	}{
		{"bearer", "Bearer " + opsKey, "", "ops"},
		{"another key", "Bearer " + appKey, "", "app"},
		{"any case of the scheme", "bEaReR " + opsKey, "", "ops"},
		{"more spaces", "Bearer   " + opsKey + " ", "", "ops"},
		{"X-API-Key", "", opsKey, "ops"},
		{"Authorization counts before X-API-Key", "Bearer " + appKey, opsKey, "app"},
		{"nothing", "", "", ""},
		{"an unknown key", "Bearer wrong", "", ""},
		{"an unknown X-API-Key", "", "wrong", ""},
		{"a wrong Authorization beside a right X-API-Key", "Bearer wrong", opsKey, ""},
		{"another scheme", "Basic " + opsKey, "", ""},
		{"no scheme", opsKey, "", ""},
		{"a bearer of nothing", "Bearer ", "", ""},
		{"a part of the key", "Bearer " + opsKey[:len(opsKey)-1], "", ""},
		{"more than the key", "Bearer " + opsKey + "x", "", ""},
		{"the name", "Bearer ops", "", ""},
		{"two keys", "Bearer " + opsKey + "," + appKey, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			c.serve(func(c *gin.Context) {
				c.String(http.StatusOK, handlers.Actor(c.Request.Context()))
			}, middleware.Authenticate(ring(), c.problems))
			answer := c.ask(http.MethodGet, "/thing", header("Authorization", tt.authorization), header("X-API-Key", tt.apiKey))
			if tt.want != "" {
				require.Equal(t, http.StatusOK, answer.Code)
				require.Equal(t, tt.want, answer.Body.String())
				return
			}
			require.Equal(t, http.StatusUnauthorized, answer.Code)
			require.True(t, strings.HasPrefix(answer.Header().Get("WWW-Authenticate"), "Bearer "))
			problem := problemOf(t, answer)
			require.NotContains(t, problem.Detail, "0123456789")
		})
	}
}

func TestAuthenticate_IsOffWithoutKeys(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(func(c *gin.Context) {
		c.String(http.StatusOK, handlers.Actor(c.Request.Context()))
	}, middleware.Authenticate(new(middleware.Keyring), c.problems))
	answer := c.ask(http.MethodGet, "/thing", header("X-API-Key", "whatever"))
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "anonymous", answer.Body.String())
}

func TestRequire_ARoleMayWhatItIncludes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		key  string
		role models.Role
		want int
	}{
		{eyeKey, models.RoleReader, 200},
		{eyeKey, models.RoleSender, 403},
		{eyeKey, models.RoleOperator, 403},
		{appKey, models.RoleReader, 200},
		{appKey, models.RoleSender, 200},
		{appKey, models.RoleOperator, 403},
		{opsKey, models.RoleReader, 200},
		{opsKey, models.RoleSender, 200},
		{opsKey, models.RoleOperator, 200},
		{"unknown", models.RoleReader, 401},
		{"", models.RoleReader, 401},
		{opsKey, "", 403},
		{opsKey, "admin", 403}, // nobody has what is no role
	}
	for _, tt := range tests {
		c := setup(t)
		c.serve(func(c *gin.Context) { c.String(http.StatusOK, string(middleware.Role(c.Request.Context()))) },
			middleware.Authenticate(ring(), c.problems), middleware.Require(tt.role, c.problems))
		answer := c.ask(http.MethodPost, "/thing", header("X-API-Key", tt.key))
		require.Equal(t, tt.want, answer.Code, "%s, %s", tt.key, tt.role)
	}
}

func TestRequire_SaysWhichRoleAndWhichKey(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(ok, middleware.Authenticate(ring(), c.problems), middleware.Require(models.RoleOperator, c.problems))
	answer := c.ask(http.MethodPost, "/thing", header("X-API-Key", appKey))
	require.Equal(t, http.StatusForbidden, answer.Code)
	require.Equal(t, `this needs an API key with the role operator; the key "app" has the role sender`, problemOf(t, answer).Detail)
	require.Equal(t, `Bearer realm="auto-message-sender", error="insufficient_scope", scope="operator"`, answer.Header().Get("WWW-Authenticate"))
}

// Without keys nobody is asked for one; without Authenticate, a slip in the route
// table, nobody passes.
func TestRequire_IsOffWithoutKeysAndShutWithoutAuthenticate(t *testing.T) {
	t.Parallel()
	open, shut := setup(t), setup(t)
	open.serve(ok, middleware.Authenticate(new(middleware.Keyring), open.problems), middleware.Require(models.RoleOperator, open.problems))
	require.Equal(t, http.StatusOK, open.ask(http.MethodPost, "/thing").Code)
	shut.serve(ok, middleware.Require(models.RoleReader, shut.problems))
	require.Equal(t, http.StatusForbidden, shut.ask(http.MethodPost, "/thing", header("X-API-Key", opsKey)).Code)
}

func TestKeyring_KeepsNoKey(t *testing.T) {
	t.Parallel()
	// %#v follows the ring into everything that it holds.
	require.NotContains(t, fmt.Sprintf("%#v", ring()), "0123456789")
}
