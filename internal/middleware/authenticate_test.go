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
)

const (
	opsKey = "ops-key-0123456789abcdef"
	appKey = "app-key-0123456789abcdef"
)

func ring() *middleware.Keyring {
	keys := new(middleware.Keyring)
	keys.Add("ops", opsKey)
	keys.Add("app", appKey)
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

func TestKeyring_KeepsNoKey(t *testing.T) {
	t.Parallel()
	// %#v follows the ring into everything that it holds.
	require.NotContains(t, fmt.Sprintf("%#v", ring()), "0123456789")
}
