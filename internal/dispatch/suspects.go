package dispatch

// maxSuspects bounds what is remembered of an outage.
const maxSuspects = 1000

// suspects remembers which messages stood out while the breaker was open, so that
// one that fails for a reason of its own is neither the probe for ever nor
// postponed for ever.
type suspects struct {
	probed  map[string]int      // how often each was a failed probe of this opening
	refused map[string]struct{} // refused as everybody is whose key was revoked
	alone   map[string]struct{} // of those: the webhook has taken another message since
}

func newSuspects() suspects {
	return suspects{probed: map[string]int{}, refused: map[string]struct{}{}, alone: map[string]struct{}{}}
}

// failedProbe notes a failed probe and returns how many the message was before.
func (s *suspects) failedProbe(id string) (before int) {
	before = s.probed[id]
	if before > 0 || len(s.probed) < maxSuspects {
		s.probed[id]++
	}
	return before
}

// refuse notes a refusal that was not held against the message.
func (s *suspects) refuse(id string) {
	if len(s.refused) < maxSuspects {
		s.refused[id] = struct{}{}
	}
}

// taken notes that the webhook took a message: what it refused before, it refused
// for the messages' own sake.
func (s *suspects) taken() {
	for id := range s.refused {
		if len(s.alone) < maxSuspects {
			s.alone[id] = struct{}{}
		}
	}
	clear(s.refused)
}

// isAlone reports, once, whether the webhook refused this message and took another
// afterwards.
func (s *suspects) isAlone(id string) bool {
	_, known := s.alone[id]
	delete(s.alone, id)
	return known
}

// closed begins anew: the next opening has its own probes.
func (s *suspects) closed() { clear(s.probed) }
