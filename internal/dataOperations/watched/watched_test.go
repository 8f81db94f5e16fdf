package watched_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/watched"
	"auto-message-sender/internal/models"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mark is put into the context by whoever watches.
type mark struct{}

// marked answers whatever a test says, and remembers whether it was given the mark.
type marked struct {
	dataoperations.Store

	answer []bool
	err    error
	seen   bool
}

func (m *marked) AcceptNew(ctx context.Context, _ []models.Message) ([]bool, error) {
	m.seen = ctx.Value(mark{}) != nil
	return m.answer, m.err
}

func (m *marked) Cancel(context.Context, []models.ID) ([]bool, error) { return m.answer, m.err }

func (m *marked) Deliver(context.Context, models.DeliveryReport) (bool, error) {
	return len(m.answer) > 0, m.err
}

func (m *marked) Accept(context.Context, ...models.Message) error { return m.err }

func (m *marked) Erase(context.Context, models.ID) (models.Message, error) {
	return models.Message{}, m.err
}

type ended struct {
	operation string
	changed   int
	err       error
}

func watching(store dataoperations.Store) (*watched.Store, *[]ended) {
	var all []ended
	return watched.New(store, func(ctx context.Context, operation string) (context.Context, func(int, error)) {
		return context.WithValue(ctx, mark{}, true), func(changed int, err error) {
			all = append(all, ended{operation, changed, err})
		}
	}), &all
}

func TestStore_TellsWhatChangedAndPassesOnWhatWasAnswered(t *testing.T) {
	t.Parallel()
	below := &marked{answer: []bool{true, false, true}}
	store, told := watching(below)
	answer, err := store.AcceptNew(t.Context(), make([]models.Message, 3))
	require.NoError(t, err)
	require.Equal(t, below.answer, answer)
	require.True(t, below.seen, "the operation has the context of whoever watches")
	require.NoError(t, store.Accept(t.Context(), make([]models.Message, 5)...))
	_, err = store.Cancel(t.Context(), nil)
	require.NoError(t, err)
	stored, err := store.Deliver(t.Context(), models.DeliveryReport{})
	require.NoError(t, err)
	require.True(t, stored)
	_, err = store.Erase(t.Context(), models.ID{})
	require.NoError(t, err)

	below.err = models.Unavailable("away", nil)
	require.ErrorIs(t, store.Accept(t.Context(), models.Message{}), below.err)
	require.Equal(t, []ended{
		{"accept_new", 2, nil},
		{"accept", 5, nil},
		{"cancel", 2, nil},
		{"deliver", 1, nil},
		{"erase", 1, nil},
		{"accept", 0, below.err}, // nothing is known to have changed
	}, *told)
}

func TestStore_NeedsNobodyToTell(t *testing.T) {
	t.Parallel()
	store := watched.New(&marked{answer: []bool{true}}, func(ctx context.Context, _ string) (context.Context, func(int, error)) { return ctx, nil })
	answer, err := store.Cancel(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []bool{true}, answer)
}

// What a request can ask for is watched, and nothing that the pipeline does: a method
// that is added to the store must be put into one of the two lists.
func TestStore_EveryMethodIsWatchedOrThePipelinesOwn(t *testing.T) {
	t.Parallel()
	pipeline := strings.Fields("adopt claim record give_back redraw promote expire claims rescue scheduler configure " +
		"prune forget_reservations now ping close beat leave")
	requests := strings.Fields("accept accept_new message sent counts reserve list ahead oldest_waiting activity " +
		"cancel retry erase deliver start stop set_pace audit scheduler_logs replicas")
	var all []string
	for method := range reflect.TypeFor[dataoperations.Store]().Methods() {
		all = append(all, snake(method.Name))
	}
	require.ElementsMatch(t, all, append(pipeline, requests...))

	for _, name := range requests {
		began := ""
		nothing := struct{ dataoperations.Store }{} // whatever is asked of it is a nil dereference
		store := watched.New(nothing, func(ctx context.Context, operation string) (context.Context, func(int, error)) {
			began = operation
			return ctx, nil
		})
		require.Panics(t, func() { call(t, store, name) })
		require.Equal(t, name, began)
	}
}

// call calls the method of that name with nothing.
func call(t *testing.T, store *watched.Store, name string) {
	t.Helper()
	value := reflect.ValueOf(store)
	for i := range value.NumMethod() {
		if snake(value.Type().Method(i).Name) != name {
			continue
		}
		method := value.Method(i)
		arguments := []reflect.Value{reflect.ValueOf(t.Context())}
		for in := 1; in < method.Type().NumIn(); in++ {
			arguments = append(arguments, reflect.Zero(method.Type().In(in)))
		}
		if method.Type().IsVariadic() {
			method.CallSlice(arguments)
		} else {
			method.Call(arguments)
		}
		return
	}
}

func snake(name string) string {
	var words strings.Builder
	for i, letter := range name {
		if unicode.IsUpper(letter) && i > 0 {
			words.WriteByte('_')
		}
		words.WriteRune(unicode.ToLower(letter))
	}
	return words.String()
}
