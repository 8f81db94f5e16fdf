package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"auto-message-sender/internal/models"
)

// explain turns an error of the driver into one of the kinds of models: while
// doing is what could not be done. A caller that gave up gets its own reason back.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("mongostore: %s: %w", doing, err)
	if models.KindOf(err) != 0 || errors.Is(err, context.Canceled) || !away(err) {
		return wrapped
	}
	return unavailable("the database is not available", wrapped)
}

// unavailable is an error that may pass, conflict one that the caller must solve.
func unavailable(detail string, cause error) error {
	return &models.Error{Kind: models.KindUnavailable, Detail: detail, Cause: cause}
}

func conflict(detail string) error {
	return &models.Error{Kind: models.KindConflict, Detail: detail}
}

// away reports whether err says that the database cannot be reached or written to
// at the moment, and not that it refused what was asked.
func away(err error) bool {
	if mongo.IsTimeout(err) || mongo.IsNetworkError(err) {
		return true
	}
	if refusal := mongo.ServerError(nil); errors.As(err, &refusal) {
		// Only drivers see these labels on errors that a repetition may heal.
		if refusal.HasErrorLabel("RetryableWriteError") || refusal.HasErrorLabel("TransientTransactionError") {
			return true
		}
		return slices.ContainsFunc(refusal.ErrorCodes(), awayCode)
	}
	// No server spoke. What remains, besides our own mistakes, is the way there:
	// names, connections, handshakes, no primary in time, a client that is closed.
	return !errors.Is(err, mongo.ErrNoDocuments) &&
		!errors.As(err, &mongo.MarshalError{}) &&
		!errors.As(err, &mongo.InvalidArgumentError{})
}

// awayCode reports whether a code of the server says: not now, or not here.
// Source: MongoDB server, src/mongo/base/error_codes.yml.
func awayCode(code int) bool {
	switch code {
	case 6, // HostUnreachable
		7,     // HostNotFound
		50,    // MaxTimeMSExpired
		63,    // StaleConfig: chunks of a sharded collection are moving
		64,    // WriteConcernTimeout: too few servers confirmed in time
		89,    // NetworkTimeout
		91,    // ShutdownInProgress
		100,   // UnsatisfiableWriteConcern
		112,   // WriteConflict
		133,   // FailedToSatisfyReadPreference
		134,   // ReadConcernMajorityNotAvailableYet
		189,   // PrimarySteppedDown
		262,   // ExceededTimeLimit
		9001,  // SocketException
		10107, // NotWritablePrimary
		11600, // InterruptedAtShutdown
		11602, // InterruptedDueToReplStateChange
		13435, // NotPrimaryNoSecondaryOk
		13436, // NotPrimaryOrSecondary
		14031: // OutOfDiskSpace
		return true
	}
	return false
}
