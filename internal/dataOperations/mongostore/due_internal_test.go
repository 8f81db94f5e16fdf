package mongostore

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// queue returns n candidates of a priority, in order, every third a retry.
func queue(priority models.Priority, n int) []candidate {
	made := make([]candidate, 0, n)
	for i := range n {
		made = append(made, candidate{
			id:       models.ID{Text: fmt.Sprintf("%d-%02d", priority, i)},
			priority: priority, due: time.UnixMilli(int64(i)), drawn: i%3 == 2,
		})
	}
	return made
}

func TestCrowding_AReplicaAloneKeepsToTheHead(t *testing.T) {
	t.Parallel()
	var c crowding
	for range 100 {
		c.learn(5, 5)
		c.learn(0, 0)
	}
	require.Equal(t, 1, c.lookAhead())
}

func TestCrowding_LostMessagesMakeItLookFurther(t *testing.T) {
	t.Parallel()
	var c crowding
	last := c.lookAhead()
	for range 3 {
		c.learn(5, 3)
		require.Greater(t, c.lookAhead(), last)
		last = c.lookAhead()
	}
	for range 20 {
		c.learn(5, 0)
	}
	require.Equal(t, maxLookAhead, c.lookAhead(), "there is an end to it")
	for range maxLookAhead*calmAfter + 1 {
		c.learn(5, 5)
	}
	require.Equal(t, 1, c.lookAhead(), "and it calms down")
}

func TestSpread_ShufflesEachPriorityForItself(t *testing.T) {
	t.Parallel()
	high, low := queue(models.PriorityHigh, 40), queue(models.PriorityLow, 40)
	found := append(slices.Clone(high), low...)
	spread(found)
	require.ElementsMatch(t, high, found[:40])
	require.ElementsMatch(t, low, found[40:])
	require.NotEqual(t, high, found[:40], "one in 40! shuffles leaves the order")
}

func TestChosen_KeepsOrderLimitAndAllowance(t *testing.T) {
	t.Parallel()
	found := queue(models.PriorityNormal, 9) // the third, sixth and ninth are retries
	for _, test := range []struct {
		allowed, limit int
		want           []int
	}{
		{allowed: 9, limit: 4, want: []int{0, 1, 2, 3}},
		{allowed: 1, limit: 4, want: []int{0, 2, 5, 8}},
		{allowed: 0, limit: 9, want: []int{2, 5, 8}},
		{allowed: 9, limit: 0, want: nil},
	} {
		var want []candidate
		for _, i := range test.want {
			want = append(want, found[i])
		}
		require.Equal(t, want, chosen(found, test.allowed, test.limit), "%+v", test)
	}
	reversed := slices.Clone(found)
	slices.Reverse(reversed)
	require.Equal(t, found, chosen(reversed, 9, 9), "what was shuffled is put in order again")
}
