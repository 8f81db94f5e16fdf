package dispatch

import (
	"sync"

	"auto-message-sender/internal/models"
)

// flight is the claims that this replica holds: from the claim until its
// outcome is durable. A killed replica can have sent at most these twice.
type flight struct {
	limit int

	mu     sync.Mutex
	claims map[claimKey]struct{}
}

// claimKey names one claim of one message.
type claimKey struct {
	id      models.ID
	claimID string
}

func keyOf(claim models.Claim) claimKey { return claimKey{claim.ID, claim.ClaimID} }

func newFlight(limit int) *flight {
	return &flight{limit: limit, claims: make(map[claimKey]struct{})}
}

// free returns how many more claims may be made.
func (f *flight) free() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limit - len(f.claims)
}

func (f *flight) take(claimed []models.Claimed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, message := range claimed {
		f.claims[keyOf(message.Claim)] = struct{}{}
	}
}

func (f *flight) land(keys []claimKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		delete(f.claims, key)
	}
}

// holds reports whether the claim is in flight here.
func (f *flight) holds(claim models.Claim) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, held := f.claims[keyOf(claim)]
	return held
}

// size returns the number of claims in flight here.
func (f *flight) size() int { return f.limit - f.free() }
