package webhook

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Verdict is what to do after an attempt.
type Verdict int

// The verdicts.
const (
	// Accepted: a 2xx. The message is out, whatever the rest of the answer says.
	Accepted Verdict = iota + 1
	// Retry: a network error, 408, 425, 429 or 5xx.
	Retry
	// Refused: any other answer. The same request would be refused again.
	Refused
	// NotBegun: Request.Begin said no, and nothing was sent.
	NotBegun
)

const (
	maxRetryAfter   = time.Hour
	maxMessageIDLen = 256 // bytes of the provider's id
	maxDetailLen    = 200 // bytes of an error answer that are kept
)

// Reply is what came of one attempt.
type Reply struct {
	Verdict Verdict
	// Unknown: bytes left and no complete status came back, or a gateway gave up
	// waiting (504). The message may have gone out.
	Unknown    bool
	StatusCode int    // 0: no answer
	MessageID  string // Accepted: the provider's id, empty where it gave none
	RetryAfter time.Duration

	Cause  Cause  // why, in one word
	Code   string // what went wrong: one of models.ErrorCode…, or "http_<status>"
	Reason string // what went wrong; never holds anything of the message, so it may be logged
	Detail string // what the webhook said about it; may repeat the message, so it must not be

	Duration time.Duration
}

// judge reads an answer. The status alone decides; a body that is odd, late or
// cut off changes nothing any more.
func (c *Client) judge(response *http.Response) Reply {
	content := readReply(response)
	status := response.StatusCode
	reply := Reply{Verdict: Classify(status), StatusCode: status, Cause: causeOfStatus(status)}
	if reply.Verdict == Accepted {
		reply.MessageID = messageID(content)
		return reply
	}
	reply.Unknown = status == http.StatusGatewayTimeout
	reply.Code = fmt.Sprintf("http_%d", status)
	reply.Reason = strings.TrimSpace(fmt.Sprintf("webhook answered %d %s", status, http.StatusText(status)))
	reply.Detail = c.detail(string(content))
	if reply.Verdict == Retry {
		reply.RetryAfter = ParseRetryAfter(response.Header.Get("Retry-After"), c.now())
	}
	return reply
}

// readReply reads the body, up to maxReply. The usual answer is short and says
// how long it is: then one buffer of that size does.
func readReply(response *http.Response) []byte {
	size := int64(bytes.MinRead)
	if response.ContentLength >= 0 {
		size = min(response.ContentLength, maxReply-1) + 1 // so much room that the end is seen
	}
	content := make([]byte, 0, size)
	for len(content) < maxReply {
		if len(content) == cap(content) {
			content = slices.Grow(content, bytes.MinRead)
		}
		n, err := response.Body.Read(content[len(content):min(cap(content), maxReply)])
		content = content[:len(content)+n]
		if err != nil {
			break
		}
	}
	return content
}

// Classify says what an answer's status means for the message.
func Classify(status int) Verdict {
	switch {
	case status >= 200 && status <= 299:
		return Accepted
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly,
		status == http.StatusTooManyRequests, status >= 500 && status <= 599:
		return Retry
	default:
		return Refused
	}
}

// ParseRetryAfter reads a Retry-After header (RFC 9110, 10.2.3: seconds or a
// date) as a wait from now, between zero and an hour. Anything else is no wait.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if isDigits(value) { // more than 64 bits of seconds
		return maxRetryAfter
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, min(date.Sub(now), maxRetryAfter))
	}
	return 0
}

func isDigits(value string) bool {
	return value != "" && strings.Trim(value, "0123456789") == ""
}

// asTheyCome reads answers as generously as most of the senders that webhooks are
// made for.
func asTheyCome() json.Options {
	return json.JoinOptions(
		json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// messageID finds the provider's id in {"messageId":"…"}; a number counts, and
// anything odd is no id.
func messageID(content []byte) string {
	var answer struct {
		MessageID jsontext.Value `json:"messageId"`
	}
	if json.Unmarshal(content, &answer, asTheyCome()) != nil {
		return ""
	}
	text := ""
	if kind := answer.MessageID.Kind(); kind == jsontext.KindString {
		unquoted, err := jsontext.AppendUnquote(nil, answer.MessageID)
		if err != nil {
			return ""
		}
		text = strings.TrimSpace(string(unquoted))
	} else if kind == jsontext.KindNumber {
		text = answer.MessageID.String()
	}
	if len(text) > maxMessageIDLen {
		return ""
	}
	return text
}

// detail keeps the beginning of what a webhook says, on one line, printable, and
// without what we are known by: it is stored and shown.
func (c *Client) detail(text string) string {
	for _, secret := range c.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.ToValidUTF8(text[:min(len(text), 4*maxDetailLen)], "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(text) <= maxDetailLen {
		return text
	}
	cut := maxDetailLen
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
