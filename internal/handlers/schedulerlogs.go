package handlers

import "context"

// SchedulerLogs is a page of the audit trail.
type SchedulerLogs struct {
	Logs []SchedulerLog `json:"logs"`
	Paging
} //	@name	SchedulerLogs

// SchedulerLog is one entry of the audit trail.
type SchedulerLog struct {
	ID     string `json:"id" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a12"`
	Action string `json:"action" enums:"start,stop,pace,cancel,retry,erase" example:"stop"`
	// Of a stop: the id of the start that it ended.
	StartID   string `json:"start_id,omitempty" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a11"`
	Timestamp string `json:"timestamp" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	CreatedAt string `json:"created_at" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	// Name of the key that was used; anonymous where no keys are configured.
	Actor string `json:"actor" example:"ops"`
	// The process that was asked.
	Replica string `json:"replica" example:"sender-1"`
	Reason  string `json:"reason" example:"maintenance of the provider"`
} //	@name	SchedulerLog

// Logs lists what people did to the scheduler, and to messages as operators.
//
//	@Summary		Read the audit trail
//	@Description	Who started and stopped the scheduler, changed its pace, canceled or retried many messages, or erased one, when and why, the last entry first.
//	@ID				listSchedulerLogs
//	@Tags			scheduler
//	@Produce		json,application/problem+json
//	@Param			page		query		int	false	"Page, from 1"												minimum(1)	default(1)
//	@Param			per_page	query		int	false	"Entries on a page, from 1; more than 100 is cut to 100"	minimum(1)	default(10)
//	@Success		200			{object}	SchedulerLogs
//	@Failure		400			{object}	Problem	"page or per_page is not a whole number from 1 on, or is given twice"
//	@Failure		401			{object}	Problem	"No key, or an unknown one"
//	@Failure		403			{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429			{object}	Problem	"Too many requests"
//	@Failure		500			{object}	Problem	"An internal error"
//	@Failure		503			{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/scheduler/logs [get]
func (s *Scheduler) Logs(ctx context.Context, request PageRequest) (SchedulerLogs, error) {
	offset, countable := request.offset()
	limit := request.PerPage
	if !countable {
		// Nothing is that far back; how many entries there are is told all the same.
		offset, limit = 0, 1
	}
	entries, total, err := s.trail.SchedulerLogs(ctx, offset, limit)
	if err != nil {
		return SchedulerLogs{}, err //nolint:wrapcheck // its kind decides the answer
	}
	if !countable {
		entries = nil
	}
	page := SchedulerLogs{Logs: make([]SchedulerLog, 0, len(entries)), Paging: request.paging(total)}
	for _, entry := range entries {
		page.Logs = append(page.Logs, SchedulerLog{
			ID:        entry.ID,
			Action:    string(entry.Action),
			StartID:   entry.StartID,
			Timestamp: timestamp(entry.Timestamp),
			CreatedAt: timestamp(entry.CreatedAt),
			Actor:     entry.Actor,
			Replica:   entry.Replica,
			Reason:    entry.Reason,
		})
	}
	return page, nil
}
