package sqlitestore_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

func TestCheck_DamageIsFoundAndNothingIsSentFromIt(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 1000, clock.Now())...))
	result, err := store.Claim(t.Context(), request(10))
	require.NoError(t, err)
	require.NoError(t, store.Close())
	damage(t, dir)

	var told bytes.Buffer
	log := logrus.New()
	log.SetOutput(&told)
	store, err = sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: dir.dir, Now: clock.Now, NewID: uuid.NewString, Log: log})
	require.NoError(t, err, "the start does not wait for the check")
	sqlitestore.WaitForBackground(store)

	require.Equal(t, models.KindCorrupt, models.KindOf(store.Ping(t.Context())))
	_, err = store.Claim(t.Context(), request(10))
	require.Equal(t, models.KindCorrupt, models.KindOf(err))
	err = store.Accept(t.Context(), messages(5000, 1, clock.Now())...)
	require.Equal(t, models.KindCorrupt, models.KindOf(err))
	_, _, err = store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.Equal(t, models.KindCorrupt, models.KindOf(err))
	// The first messages are found by pages that are whole.
	applied, err := store.Record(t.Context(), outcomes(result.Claimed[:1], clock.Now()))
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied)
	require.NoError(t, store.Close())
	require.Contains(t, told.String(), "damaged")
	require.NotContains(t, told.String(), "+90555")
}

// damage overwrites a page that nothing reads but the check: the last of the index
// of ids.
func damage(t *testing.T, dir directory) {
	t.Helper()
	path := filepath.Join(dir.dir, sqlitestore.FileName)
	var page int64
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT pageno FROM dbstat
		WHERE name = 'sqlite_autoindex_messages_1' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1`).Scan(&page))
	require.NoError(t, db.Close())

	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // a file of this test.
	require.NoError(t, err)
	_, err = file.WriteAt(bytes.Repeat([]byte{0xA5}, 200), (page-1)*4096)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestPing_AFileThatWasRemovedOrReplacedIsUnavailable(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	require.NoError(t, store.Ping(t.Context()))
	require.NoError(t, os.Remove(filepath.Join(dir.dir, sqlitestore.FileName)))
	require.Equal(t, models.KindUnavailable, models.KindOf(store.Ping(t.Context())))
	require.NoError(t, os.WriteFile(filepath.Join(dir.dir, sqlitestore.FileName), []byte("x"), 0o600))
	require.ErrorContains(t, store.Ping(t.Context()), "replaced")
}

func TestPing_AfterAFailedWriteItWrites(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	_, err := sqlitestore.Setting(t.Context(), store, "max_page_count = 1")
	require.NoError(t, err)
	require.Error(t, store.Accept(t.Context(), messages(1, 1000, store.Now())...))
	commits, err := sqlitestore.CountCommits(t.Context(), store)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, store.Ping(t.Context()))
	}
	require.NoError(t, store.Close())
	require.Equal(t, 1, *commits, "the first shows that there is space again, the others need not")
}

func TestOpen_IsFast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fastest := time.Hour // the machine may do other things meanwhile, but not each time
	for range 4 {
		began := realTime()
		store, err := open(t.Context(), dir, realTime)
		fastest = min(fastest, realTime().Sub(began))
		require.NoError(t, err)
		require.NoError(t, store.Close())
	}
	require.Less(t, fastest, 300*time.Millisecond)
}
