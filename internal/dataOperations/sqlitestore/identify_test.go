package sqlitestore_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

const pageSize = 4096

// crashed returns the files of a store with n messages that was killed: what lies
// in its directory while it is open.
func crashed(t *testing.T, n int) map[string]string {
	t.Helper()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, n, clock.Now())...))
	sqlitestore.WaitForBackground(store)
	files := contents(t, dir.dir)
	require.Len(t, files, 3)
	return files
}

// closed returns the files of a store with n messages that was closed in order.
func closed(t *testing.T, n int) map[string]string {
	t.Helper()
	dir := put(t, crashed(t, n))
	store, err := open(t.Context(), dir.dir, realTime)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	return contents(t, dir.dir)
}

// put puts files into a directory of their own.
func put(t *testing.T, files map[string]string) directory {
	t.Helper()
	dir := directory{t.TempDir()}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir.dir, name), []byte(content), 0o600))
	}
	return dir
}

// schemaPages returns the numbers of the pages that hold the schema.
func schemaPages(t *testing.T, dir directory) (pages []int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir.dir, sqlitestore.FileName)+"?immutable=1")
	require.NoError(t, err)
	rows, err := db.QueryContext(t.Context(), `SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' ORDER BY pageno`)
	require.NoError(t, err)
	for rows.Next() {
		var page int64
		require.NoError(t, rows.Scan(&page))
		pages = append(pages, page)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.NoError(t, db.Close())
	return pages
}

// overwrite puts n bytes of rubbish into the file.
func overwrite(t *testing.T, dir directory, offset int64, n int) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir.dir, sqlitestore.FileName), os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(bytes.Repeat([]byte{0xA5}, n), offset)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestOpen_RefusesADamagedHeaderOrSchemaAndLeavesEveryFileAsItWas(t *testing.T) {
	t.Parallel()
	type place struct {
		offset int64
		n      int
	}
	damages := map[string]place{
		"the header": {0, 100}, "all but the magic": {16, 84}, "the whole first page": {0, pageSize},
	}
	states := map[string]map[string]string{"in order": closed(t, 10), "with a WAL": crashed(t, 10)}
	pages := schemaPages(t, put(t, states["in order"]))
	require.Greater(t, len(pages), 1, "the first page would be all")
	for _, page := range pages[1:] {
		damages[fmt.Sprintf("schema page %d", page)] = place{(page - 1) * pageSize, 200}
		damages[fmt.Sprintf("the end of schema page %d", page)] = place{page*pageSize - 1000, 1000}
	}
	for name, damaged := range damages {
		for state, files := range states {
			t.Run(name+" of a store "+state, func(t *testing.T) {
				t.Parallel()
				dir := put(t, files)
				overwrite(t, dir, damaged.offset, damaged.n)
				before := contents(t, dir.dir)
				_, err := open(t.Context(), dir.dir, realTime)
				require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
				require.Equal(t, before, contents(t, dir.dir))
			})
		}
	}
}

// What a power failure in mid-checkpoint may leave: the page is torn in the file,
// and whole in the WAL.
func TestOpen_AFirstPageTornInACheckpointIsTakenFromTheWAL(t *testing.T) {
	t.Parallel()
	// More pages than at first, so that the first page, which counts them, is in the WAL.
	dir := put(t, crashed(t, 500))
	overwrite(t, dir, 512, pageSize-512)
	requireCounts(t, openIn(t, dir, storetest.NewClock()), models.Counts{models.StatusPending: 500})
}
