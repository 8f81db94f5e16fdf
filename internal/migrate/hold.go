package migrate

import (
	"context"
	"fmt"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Both stores hold the same messages after a migration. Were both served, each message
// would go out twice; so in both only a person starts the scheduler.

// entries returns the ids of the two entries of the audit trail that a migration makes.
func entries(migrationID string) (inTarget, inSource string) {
	return migrationID + "-to", migrationID + "-from"
}

// isOwn reports whether an entry is one of these.
func isOwn(id, migrationID string) bool {
	inTarget, inSource := entries(migrationID)
	return migrationID != "" && (id == inTarget || id == inSource)
}

// holdTarget stops the target's scheduler.
func (o Options) holdTarget(ctx context.Context, migration dataoperations.Migration) error {
	id, _ := entries(migration.ID)
	err := o.To.Hold(ctx, models.Hold(id, models.ActorMigrate, "moved from "+migration.Source, migration.BegunAt))
	if err != nil {
		return fmt.Errorf("stop the target's scheduler: %w", err)
	}
	return nil
}

// holdSource stops the source's, which is stopped, once more: so that nothing but a
// person starts it.
func (o Options) holdSource(ctx context.Context, migration dataoperations.Migration) error {
	_, id := entries(migration.ID)
	err := o.From.Hold(ctx, models.Hold(id, models.ActorMigrate, "moved to "+o.ToName, o.Now()))
	if err != nil {
		return fmt.Errorf("the migration is complete, but SCHEDULER_AUTOSTART=always would still start the source's scheduler: %w", err)
	}
	return nil
}
