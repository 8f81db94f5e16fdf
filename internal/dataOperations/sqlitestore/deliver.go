package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	// findInTail and findFiled find the sent message with a provider's id, where one was
	// given twice, the newest; the first of those that are not filed.
	findInTail = `SELECT seq FROM messages INDEXED BY messages_sent
		WHERE status = 'sent' AND sent_at >= ? AND message_id = ? ORDER BY sent_at DESC LIMIT 1`
	findFiled = `SELECT max(l.seq) FROM lookup AS l CROSS JOIN messages AS m ON m.seq = l.seq
		WHERE l.bucket IN ` + buckets + ` AND l.hash = ? AND m.message_id = ? AND m.status = 'sent'`
	findDelivered  = `SELECT delivery_status FROM messages WHERE seq = ? AND message_id = ? AND status = 'sent'`
	deliverMessage = `UPDATE messages SET delivery_status = ?, delivered_at = ?, delivery_error = ?, updated_at = ? WHERE seq = ?`
)

// Deliver stores the provider's report on a sent message, once.
func (s *Store) Deliver(ctx context.Context, report models.DeliveryReport) (bool, error) {
	var stored bool
	unknown := models.NotFound("no sent message has the provider's id " + report.MessageID)
	seq, err := s.bySentID(ctx, report.MessageID)
	if err != nil {
		return false, err
	}
	if seq == 0 {
		return false, unknown
	}
	err = s.write(ctx, "store a delivery report", func(ctx context.Context, tx *transaction) error {
		found, reported := false, false
		err := tx.query(ctx, findDelivered, func(values row) error {
			found, reported = true, values[0] != nil
			return nil
		}, seq, report.MessageID)
		if err != nil {
			return fmt.Errorf("find its message: %w", err)
		}
		if !found {
			return unknown
		}
		if stored = !reported; reported {
			return nil
		}
		at := report.At
		if at.IsZero() {
			at = s.Now()
		}
		_, err = tx.exec(ctx, deliverMessage, string(report.Status), millis(at), textOrNull(report.ErrorCode), millis(s.Now()), seq)
		return err
	})
	if err != nil {
		return false, err
	}
	return stored, nil
}

// bySentID returns the sent message with the provider's id, 0 when there is none. The
// place is read first: what is filed meanwhile is found in either.
func (s *Store) bySentID(ctx context.Context, messageID string) (seq int64, err error) {
	const doing = "find a message by the provider's id"
	var filed place
	if err := s.read(ctx, doing, readFiledSent, into(&filed)); err != nil {
		return 0, err
	}
	each := func(values row) error {
		seq = asInt(values[0])
		return nil
	}
	if err := s.read(ctx, doing, findInTail, each, filed.at, messageID); err != nil || seq != 0 {
		return seq, err
	}
	return seq, s.read(ctx, doing, findFiled, each, byMessageID.hash(messageID), messageID)
}
