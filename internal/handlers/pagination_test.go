package handlers_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// FuzzPageQuery holds that no query crashes, and that what the store is asked
// for is what the numbers say.
func FuzzPageQuery(f *testing.F) {
	for _, seed := range []string{
		"", "page=1&per_page=10", "page=0", "page=-1", "page=9223372036854775807&per_page=9223372036854775807",
		"page=9223372036854775808", "per_page=101", "page=1&page=2", "page=%zz", "a;b", "page=%00", "page=1e3", "page=+1", "page",
		"page=922337203685477581&per_page=10", "page=92233720368547759&per_page=100", "per_page=%D9%A1%D9%A0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		asked := false
		messages := newMessages(t, &store{
			counts: func() (models.Counts, error) { return models.Counts{models.StatusSent: 42}, nil },
			sent: func(offset, limit int64) ([]models.Message, error) {
				asked = true
				require.GreaterOrEqual(t, offset, int64(0))
				require.True(t, 1 <= limit && limit <= 100)
				require.Zero(t, offset%limit)
				return nil, nil
			},
		})
		log, _ := logged()
		verbose := handlers.Handle(handlers.NewProblems(log), handlers.VerboseQuery,
			func(_ context.Context, request handlers.ReadyRequest) (handlers.ReadyRequest, error) {
				return request, nil
			}, handlers.OK)
		require.Equal(t, http.StatusOK, ask(verbose, http.MethodGet, query, "", nil).Code, "probes answer whatever they are asked")
		endpoint := handlers.Handle(handlers.NewProblems(log), handlers.PageQuery, messages.Sent, handlers.OK)
		answer := ask(endpoint, http.MethodGet, query, "", nil)
		if answer.Code != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, answer.Code)
			require.False(t, asked)
			return
		}
		var page handlers.SentMessages
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &page))
		require.NotNil(t, page.Messages)
		require.GreaterOrEqual(t, page.Page, int64(1))
		require.Equal(t, asked, page.Page-1 <= math.MaxInt64/page.PerPage)
		require.Equal(t, (int64(42)+page.PerPage-1)/page.PerPage, page.TotalPages)
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		require.LessOrEqual(t, len(values["page"]), 1)
	})
}

func TestSent_TotalIsNeverLessThanWhatIsShown(t *testing.T) {
	t.Parallel()
	messages := newMessages(t, &store{
		counts: func() (models.Counts, error) { return models.Counts{models.StatusSent: 3}, nil }, // a few seconds old
		sent: func(_, limit int64) ([]models.Message, error) {
			return make([]models.Message, limit), nil
		},
	})
	page, err := messages.Sent(t.Context(), handlers.PageRequest{Page: 2, PerPage: 5})
	require.NoError(t, err)
	require.Equal(t, handlers.Paging{Total: 10, Page: 2, PerPage: 5, TotalPages: 2}, page.Paging)
}
