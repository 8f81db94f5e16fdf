package handlers_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestMe_TellsNameAndRoleOfTheKey(t *testing.T) {
	t.Parallel()
	sender := func(context.Context) models.Role { return models.RoleSender }
	identity, err := handlers.NewIdentity(sender, true)
	require.NoError(t, err)
	me, err := identity.Me(handlers.WithActor(t.Context(), "shop"), handlers.Nothing{})
	require.NoError(t, err)
	require.Equal(t, handlers.Me{Name: "shop", Role: "sender", Authenticated: true}, me)
}

func TestMe_WithoutKeysEverybodyIsAnOperatorWithoutAName(t *testing.T) {
	t.Parallel()
	identity, err := handlers.NewIdentity(func(context.Context) models.Role { return models.RoleOperator }, false)
	require.NoError(t, err)
	me, err := identity.Me(handlers.WithActor(t.Context(), handlers.Anonymous), handlers.Nothing{})
	require.NoError(t, err)
	require.Equal(t, handlers.Me{Role: "operator"}, me)
}

func TestReplicas_WhatWasNotSeenFor35SecondsIsGone(t *testing.T) {
	t.Parallel()
	at := func(ago time.Duration, id string) models.Replica {
		return models.Replica{
			ID: id, Version: "1.2.3", StartedAt: due().Add(-time.Hour), SeenAt: due().Add(-ago), InFlight: 3, MaxInFlight: 64, Webhook: closed(),
		}
	}
	s := &store{replicas: func() ([]models.Replica, error) {
		return []models.Replica{at(0, "a"), at(35*time.Second, "b"), at(35*time.Second+time.Millisecond, "c"), at(-time.Second, "d")}, nil
	}}
	fleet, err := handlers.NewFleet(s, due, "b")
	require.NoError(t, err)
	list, err := fleet.List(t.Context(), handlers.Nothing{})
	require.NoError(t, err)
	states := map[string]string{}
	for _, replica := range list.Replicas {
		states[replica.ID] = replica.State
		require.Equal(t, replica.ID == "b", replica.Self)
	}
	require.Equal(t, map[string]string{"a": "live", "b": "live", "c": "gone", "d": "live"}, states, "a store's clock may be put back")
	require.Equal(t, handlers.Replica{
		ID: "c", Version: "1.2.3", StartedAt: "2026-01-02T11:04:05.678Z", SeenAt: "2026-01-02T12:03:30.677Z", State: "gone",
		InFlight: 3, MaxInFlight: 64, Webhook: handlers.Webhook{State: "closed"},
	}, list.Replicas[2])

	s.replicas = func() ([]models.Replica, error) { return nil, models.Unavailable("the store is away", nil) }
	_, err = fleet.List(t.Context(), handlers.Nothing{})
	require.Equal(t, models.KindUnavailable, models.KindOf(err))
}

func TestService_EndpointsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := handlers.NewIdentity(nil, true)
	require.Error(t, err)
	_, err = handlers.NewFleet(&store{}, nil, "a")
	require.Error(t, err)
	_, err = handlers.NewConfiguration(handlers.SettingsOptions{Version: "1.2.3"})
	require.Error(t, err)
}
