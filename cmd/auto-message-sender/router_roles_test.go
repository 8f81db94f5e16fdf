package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

func TestRouter_EachRoleMayWhatItIsFor(t *testing.T) {
	t.Parallel()
	keyOf := map[models.Role]string{
		models.RoleReader: "reader-key-0123456789abcdef", models.RoleSender: "sender-key-0123456789abcdef", models.RoleOperator: testKey,
	}
	a := startAPI(t, func(a *api) {
		a.deps.Keys.Add("looks", models.RoleReader, keyOf[models.RoleReader])
		a.deps.Keys.Add("sends", models.RoleSender, keyOf[models.RoleSender])
	})
	table, err := routes(a.deps, handlers.NewProblems(a.deps.Log))
	require.NoError(t, err)
	sender := []string{
		"POST /messages", "POST /messages/batch", "POST /messages/preview", "POST /messages/:id/cancel", "POST /messages/:id/retry", "POST /delivery-reports",
	}
	for _, route := range table {
		path, underAPI := strings.CutPrefix(route.path, apiPath)
		if !underAPI || route.limits == endless {
			continue
		}
		least := models.RoleOperator
		switch {
		case route.method == http.MethodGet:
			least = models.RoleReader
		case strings.Contains(strings.Join(sender, ","), route.method+" "+path):
			least = models.RoleSender
		}
		for role, key := range keyOf {
			answer := a.ask(route.method, strings.ReplaceAll(route.path, ":id", "1"), "", withHeader("X-API-Key", key))
			if role.Includes(least) {
				require.NotContains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, answer.Code, "%s %s by a %s", route.method, path, role)
				continue
			}
			problem := requireProblem(t, answer, http.StatusForbidden)
			require.Contains(t, problem["detail"], string(least), "%s %s by a %s", route.method, path, role)
		}
	}
}

func TestRouter_ADeliveryReportHasKeysOfItsOwn(t *testing.T) {
	t.Parallel()
	const own = "provider-key-0123456789abcdef"
	a := startAPI(t)
	reporters, err := middleware.Reports(middleware.ReportsOptions{
		Keys: []string{own}, APIKeys: a.deps.Keys, Limiter: a.deps.Limiter, Now: a.deps.Now,
	}, handlers.NewProblems(a.deps.Log))
	require.NoError(t, err)
	a.deps.Reporters = reporters
	a.engine, err = newRouter(a.deps)
	require.NoError(t, err)
	const report = `{"messageId":"provider-1","status":"delivered"}`
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/delivery-reports", report), http.StatusUnauthorized)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/delivery-reports", report, withHeader("X-API-Key", own)), http.StatusNotFound)
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/stats", "", withHeader("X-API-Key", own)), http.StatusUnauthorized)
}
