package models_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestRole_EachIncludesTheOnesBeforeIt(t *testing.T) {
	t.Parallel()
	for i, role := range models.Roles() {
		require.True(t, role.Known())
		for j, other := range models.Roles() {
			require.Equal(t, i >= j, role.Includes(other), "%s, %s", role, other)
		}
	}
}

func TestRole_WhatIsNoneMayNothing(t *testing.T) {
	t.Parallel()
	for _, none := range []models.Role{"", "admin", "Operator", "operator "} {
		require.False(t, none.Known())
		for _, role := range models.Roles() {
			require.False(t, none.Includes(role))
			require.False(t, role.Includes(none))
		}
		require.False(t, none.Includes(none))
	}
}
