package chaos

import "strings"

// The rules about keys.
const (
	RuleKeyTwice Rule = "one key, and two messages"
	RuleKeyEmpty Rule = "a key without its message"
)

// keys holds that every answer under a key was about one message, that no message is
// stored twice, and that each key that is reserved has its message.
func (r *reconciliation) keys() {
	known := map[string]Posted{}
	for _, posted := range r.facts.Posted {
		if posted.Key == "" {
			continue
		}
		if first, again := known[posted.Key]; again && first.ID != posted.ID {
			r.violated(RuleKeyTwice, posted.ID, "the key was answered with %s before", first.ID)
		}
		known[posted.Key] = posted
	}
	r.summary.Keys = len(known)

	stored := map[string]bool{}
	contents := map[string]string{}
	for _, message := range r.facts.Messages {
		stored[message.ID.Text] = true
		if message.Content == "" {
			continue // erased
		}
		if first, twice := contents[message.Content]; twice && first != message.ID.Text {
			r.violated(RuleKeyTwice, message.ID.Text, "its content is that of %s", first)
		}
		contents[message.Content] = message.ID.Text
	}
	r.reservations(known, stored)
}

// reservations compares what is reserved with what was answered. Whoever posts
// under a key does it until there is an answer, so none is left over.
func (r *reconciliation) reservations(known map[string]Posted, stored map[string]bool) {
	if r.facts.Reservations == nil {
		return
	}
	reserved := map[string]string{}
	for _, reservation := range r.facts.Reservations {
		key := reservation.Key[strings.LastIndex(reservation.Key, ":")+1:] // before it: whose it is
		reserved[key] = reservation.MessageID
		if !stored[reservation.MessageID] {
			r.violated(RuleKeyEmpty, reservation.MessageID, "reserved and not stored")
		}
	}
	for key, posted := range known {
		if !posted.Batch && reserved[key] != posted.ID {
			r.violated(RuleKeyEmpty, posted.ID, "its key is reserved for %q", reserved[key])
		}
	}
}
