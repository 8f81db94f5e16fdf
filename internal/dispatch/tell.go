package dispatch

import "auto-message-sender/internal/models"

// Events is told what happens. It must not block.
type Events interface {
	Publish(happened ...models.Event)
	// Wanted reports whether anybody listens. Where nobody does, no event is made.
	Wanted() bool
	// Lose tells that something has happened which nobody can tell in events, because
	// the store answered with a number only: listeners are to look for themselves.
	Lose()
}

// events returns who is told.
func (o Options) events() Events {
	if o.Events == nil {
		return nobody{}
	}
	return o.Events
}

// nobody listens.
type nobody struct{}

func (nobody) Publish(...models.Event) {}
func (nobody) Wanted() bool            { return false }
func (nobody) Lose()                   {}

// tell tells that the messages have a new status, in the store's time.
func (s *Scheduler) tell(what models.EventType, status models.Status, ids []models.ID) {
	if !s.options.events().Wanted() {
		return
	}
	now := s.options.Store.Now()
	happened := make([]models.Event, len(ids))
	for i, id := range ids {
		happened[i] = models.Event{Type: what, ID: id.Text, Status: status, At: now}
	}
	s.options.events().Publish(happened...)
}

// tellChange tells of a change of the scheduler.
func (s *Scheduler) tellChange(entry models.SchedulerLog) {
	if !s.options.events().Wanted() {
		return
	}
	event := models.Event{ID: entry.ID, At: s.options.Store.Now()}
	switch entry.Action {
	case models.ActionStart:
		event.Type = models.EventStarted
	case models.ActionStop:
		event.Type = models.EventStopped
	case models.ActionPace:
		event.Type = models.EventPaceChanged
	case models.ActionCancel, models.ActionRetry, models.ActionErase:
		return // not of the scheduler
	}
	s.options.events().Publish(event)
}

// eventOf returns what an outcome, once it is durable, is told as.
func eventOf(outcome models.Outcome) models.Event {
	event := models.Event{ID: outcome.ID.Text, Status: outcome.Result.Status(), At: outcome.At}
	switch outcome.Result {
	case models.ResultSent:
		event.Type = models.EventSent
	case models.ResultRetry:
		event.Type = models.EventPostponed
	case models.ResultFailed:
		event.Type = models.EventFailed
	}
	return event
}
