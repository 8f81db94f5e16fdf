package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

func TestExplain_SaysOfWhatKindAnErrorIs(t *testing.T) {
	t.Parallel()
	damaged := &models.Error{Kind: models.KindCorrupt, Detail: "damaged"}
	for name, test := range map[string]struct {
		err  error
		kind models.ErrorKind
	}{
		"a network that breaks":         {mongo.CommandError{Labels: []string{"NetworkError"}}, models.KindUnavailable},
		"a server that does not answer": {context.DeadlineExceeded, models.KindUnavailable},
		"a connection that ends":        {io.ErrUnexpectedEOF, models.KindUnavailable},
		"a client that is closed":       {mongo.ErrClientDisconnected, models.KindUnavailable},
		"a secondary":                   {mongodb.ErrNotPrimary, models.KindUnavailable},
		"an election":                   {mongo.CommandError{Code: 10107}, models.KindUnavailable},
		"a stepdown in mid-write": {
			mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 189}}, models.KindUnavailable,
		},
		"too few servers": {
			mongo.BulkWriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64}}, models.KindUnavailable,
		},
		"a disk that is full":     {mongo.CommandError{Code: 14031}, models.KindUnavailable},
		"an error worth a retry":  {mongo.CommandError{Code: 1, Labels: []string{"RetryableWriteError"}}, models.KindUnavailable},
		"a caller that gave up":   {context.Canceled, 0},
		"a query that is refused": {mongo.CommandError{Code: 2}, 0},
		"a document that is refused": {
			mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: 14}}}}, 0,
		},
		"our own mistake": {mongo.ErrNilDocument, 0},
		"damage":          {damaged, models.KindCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := explain("do it", fmt.Errorf("wrapped: %w", test.err))
			require.Equal(t, test.kind, models.KindOf(err), "%v", err)
			require.ErrorContains(t, err, "do it")
			require.ErrorContains(t, err, test.err.Error(), "the cause is kept")
		})
	}
	require.NoError(t, explain("do it", nil))
	require.Zero(t, models.KindOf(explain("do it", errors.Join(context.Canceled, io.EOF))))
}
