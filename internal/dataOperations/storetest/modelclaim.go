package storetest

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func (w *walk) take() {
	h := w.any()
	request := dataoperations.ClaimRequest{
		Owner: rapid.SampledFrom([]string{"replica-1", "replica-2"}).Draw(w.rt, "owner"), Lease: lease, Max: w.upTo(5, "free slots"),
	}
	result, err := h.Claim(w.rt.Context(), request)
	require.NoError(w.rt, err)
	for _, claimed := range result.Claimed {
		w.rt.Logf("claimed %s, attempt %d, window %d", claimed.ID, claimed.Attempt, claimed.Window)
		w.touched[claimed.ID] = true
	}
	require.NoError(w.rt, w.claim(h.now(), request, result))
	require.NoError(w.rt, w.pace.compare(result.Scheduler))
}

// anyClaims returns up to n claims ever made, of different messages: the latest more
// often, and those that a message which is being sent again has left behind.
func (w *walk) anyClaims(n int) []models.Claimed {
	var some, stale []models.Claimed
	if len(w.claims) == 0 {
		return nil
	}
	for _, claim := range w.claims {
		if one := w.find(claim.ID); one.Status == models.StatusSending && !one.stands(claim.ClaimID) {
			stale = append(stale, claim)
		}
	}
	of := map[models.ID]bool{}
	for range w.upTo(n, "claims") {
		from := w.claims
		if len(stale) > 0 && rapid.Bool().Draw(w.rt, "stale") {
			from = stale
		}
		back := rapid.IntRange(1, min(8, len(from))).Draw(w.rt, "claims ago")
		claim := from[len(from)-back]
		if !of[claim.ID] {
			some = append(some, claim)
		}
		of[claim.ID], w.touched[claim.ID] = true, true
	}
	return some
}

func (w *walk) giveBackSome() {
	h, claims := w.any(), claimsOf(w.anyClaims(3))
	require.NoError(w.rt, h.GiveBack(w.rt.Context(), claims))
	w.giveBack(h.now(), claims)
}

func (w *walk) redrawAll() {
	h := w.any()
	for _, one := range w.messages {
		if one.Status == models.StatusPending && one.drawn && one.expires(h.now()) {
			return // nobody claims it, so nobody says whether it would draw
		}
	}
	got, err := h.Redraw(w.rt.Context())
	require.NoError(w.rt, err)
	require.Equal(w.rt, w.redraw(h.now()), got, "made to draw again")
}

// rescueSome rescues claims that the store lists, oldest first, and perhaps a stale one.
func (w *walk) rescueSome() {
	h := w.any()
	limit := w.upTo(3, "at most")
	listed, err := h.Claims(w.rt.Context(), limit)
	require.NoError(w.rt, err)
	w.requireClaims(listed, limit)
	if rapid.Bool().Draw(w.rt, "and others") {
		for _, claim := range claimsOf(w.anyClaims(2)) {
			if !slices.ContainsFunc(listed, func(c models.Claim) bool { return c.ID == claim.ID }) {
				listed = append(listed, claim)
			}
		}
	}
	policy := dataoperations.RescuePolicy{MaxAttempts: w.upTo(3, "max attempts"), Hold: rapid.Bool().Draw(w.rt, "hold")}
	for _, claim := range listed {
		w.touched[claim.ID] = true
	}
	got, err := h.Rescue(w.rt.Context(), listed, policy)
	require.NoError(w.rt, err)
	require.Equal(w.rt, w.rescue(h.now(), listed, policy), got, "rescued")
}

// requireClaims demands that these are the oldest claims that stand.
func (w *walk) requireClaims(listed []models.Claim, limit int) {
	left := map[models.ID]*modelled{}
	for _, one := range w.messages {
		if one.Status == models.StatusSending {
			left[one.ID] = one
		}
	}
	require.Len(w.rt, listed, min(limit, len(left)), "claims")
	for _, got := range listed {
		one := left[got.ID]
		require.NotNil(w.rt, one, "%s is not sending", got.ID)
		expected := one.claim
		expected.Window = got.Window // not what a rescue needs
		require.Equal(w.rt, expected, got)
		for other := range maps.Values(left) {
			require.False(w.rt, other.claimed.Before(one.claimed), "%s was claimed before %s", other.ID, got.ID)
		}
		delete(left, got.ID)
	}
}
