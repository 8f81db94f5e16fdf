package handlers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

const (
	// checkLimit bounds the checks of one answer: a probe that waits longer has
	// been given up by whoever asked.
	checkLimit = 2 * time.Second
	// checkLifetime is how long an answer is given again. Anybody may ask, as
	// often as they like; the store is not to feel it.
	checkLifetime = 500 * time.Millisecond
)

// Part is something the service is made of, as the probes see it.
type Part struct {
	Name string
	// Required parts make the service unready; others are only reported.
	Required bool
	// Check returns what is wrong, in the words of a *models.Error where there
	// are words for the public.
	Check func(ctx context.Context) error
}

// ProbesOptions is what Probes is made of. All fields are required.
type ProbesOptions struct {
	Parts []Part
	Now   func() time.Time
	Log   logrus.FieldLogger
}

// Probes are the endpoints that tell machines how the service is.
type Probes struct {
	parts []Part
	now   func() time.Time
	log   logrus.FieldLogger

	mu        sync.Mutex // held during a check: those who ask meanwhile wait for it
	checked   []PartHealth
	checkedAt time.Time
}

// NewProbes returns the endpoints, or says what is missing.
func NewProbes(options ProbesOptions) (*Probes, error) {
	if options.Now == nil || options.Log == nil {
		return nil, errors.New("handlers: Probes needs Now and Log")
	}
	for _, part := range options.Parts {
		if part.Name == "" || part.Check == nil {
			return nil, errors.New("handlers: every part of Probes needs Name and Check")
		}
	}
	return &Probes{parts: options.Parts, now: options.Now, log: options.Log}, nil
}

// The states of a part, and of the whole.
const (
	healthOK          = "ok"
	healthDegraded    = "degraded"
	healthUnavailable = "unavailable"
)

// Liveness tells that the process runs.
type Liveness struct {
	Status string `json:"status" enums:"ok" example:"ok"`
} //	@name	Liveness

// Live answers as long as the process does.
//
//	@Summary		Is the process alive
//	@Description	Answers 200 as long as the process can answer, whatever else is wrong. For container health checks.
//	@ID				livez
//	@Tags			probes
//	@Produce		json
//	@Success		200	{object}	Liveness
//	@Router			/livez [get]
func (p *Probes) Live(context.Context, Nothing) (Liveness, error) {
	return Liveness{Status: healthOK}, nil
}

// Readiness tells whether the service can do its work.
type Readiness struct {
	// degraded: a part is away that the service can do without.
	Status string       `json:"status" enums:"ok,degraded,unavailable" example:"ok"`
	Parts  []PartHealth `json:"parts"`
} //	@name	Readiness

// Healthy reports whether the service should get requests.
func (r Readiness) Healthy() bool { return r.Status != healthUnavailable }

// PartHealth is how one part is.
type PartHealth struct {
	Name   string `json:"name" example:"store"`
	Status string `json:"status" enums:"ok,unavailable" example:"ok"`
	// Whether the service is unready without it.
	Required bool `json:"required" example:"true"`
	// What is wrong.
	Detail string `json:"detail,omitempty" example:"the store cannot be reached"`
	// With ?verbose: how long the check took.
	DurationMS *int64 `json:"duration_ms,omitempty" example:"3"`
	// With ?verbose: when it was made.
	CheckedAt string `json:"checked_at,omitempty" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
} //	@name	PartHealth

// ReadyRequest asks how the parts are.
type ReadyRequest struct{ Verbose bool }

// VerboseQuery decodes ?verbose.
func VerboseQuery(c *gin.Context) (ReadyRequest, error) {
	_, verbose := c.GetQuery("verbose")
	return ReadyRequest{Verbose: verbose}, nil
}

// Ready tells whether the service can do its work, and which part keeps it from it.
//
//	@Summary		Can the service do its work
//	@Description	503 while a part is away that the service needs, such as the store. A part that it can do without, such as
//	@Description	Redis, or a webhook that fails or has asked for a pause, is reported and leaves the answer at 200. An answer may be half a second old. /healthz is the same.
//	@Tags			probes
//	@Produce		json
//	@Param			verbose	query		string	false	"Tell when each part was checked, and how long that took"	allowEmptyValue(true)
//	@Success		200		{object}	Readiness
//	@Failure		503		{object}	Readiness	"A part that the service needs is away"
//	@Router			/readyz [get]
//	@Router			/healthz [get]
func (p *Probes) Ready(ctx context.Context, request ReadyRequest) (Readiness, error) {
	readiness := Readiness{Status: healthOK, Parts: []PartHealth{}}
	for _, part := range p.health(ctx) {
		switch {
		case part.Status == healthOK:
		case part.Required:
			readiness.Status = healthUnavailable
		case readiness.Status == healthOK:
			readiness.Status = healthDegraded
		}
		if !request.Verbose {
			part.DurationMS, part.CheckedAt = nil, ""
		}
		readiness.Parts = append(readiness.Parts, part)
	}
	return readiness, nil
}

// health returns how the parts are, or were a moment ago.
func (p *Probes) health(ctx context.Context) []PartHealth {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.checked != nil && p.now().Sub(p.checkedAt) < checkLifetime {
		return p.checked
	}
	// Others wait for this answer: it must not end because one of them left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer cancel()
	found := make([]PartHealth, len(p.parts))
	causes := make([]error, len(p.parts))
	var checks sync.WaitGroup
	for i, part := range p.parts {
		checks.Go(func() { found[i], causes[i] = p.check(ctx, part) })
	}
	checks.Wait()
	p.logChanges(found, causes)
	p.checked, p.checkedAt = found, p.now()
	return found
}

// check returns how a part is now, and the whole of what is wrong with it.
func (p *Probes) check(ctx context.Context, part Part) (PartHealth, error) {
	begun := p.now()
	err := part.Check(ctx)
	took := p.now().Sub(begun).Milliseconds()
	health := PartHealth{
		Name: part.Name, Status: healthOK, Required: part.Required,
		DurationMS: &took, CheckedAt: timestamp(begun),
	}
	if err == nil {
		return health, nil
	}
	health.Status, health.Detail = healthUnavailable, "it does not answer"
	if known, ok := errors.AsType[*models.Error](err); ok {
		health.Detail = known.Detail
	}
	return health, err
}

// logChanges says once when a part goes away, with the cause that the answer
// keeps back, and once when it is there again.
func (p *Probes) logChanges(found []PartHealth, causes []error) {
	for i, part := range found {
		before := healthOK
		if p.checked != nil {
			before = p.checked[i].Status
		}
		if part.Status == before {
			continue
		}
		entry := p.log.WithFields(logrus.Fields{"part": part.Name, "required": part.Required})
		if part.Status == healthOK {
			entry.Info("part is there again")
		} else {
			entry.WithError(causes[i]).Warn("part is away")
		}
	}
}
