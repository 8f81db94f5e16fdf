package sms

import (
	"unicode/utf16"
	"unicode/utf8"

	"auto-message-sender/internal/models"
)

// carrier is a way to carry a content by SMS. An SMS has 140 bytes; where one is
// not enough, each of several gives six of them to the header that puts them
// together again (3GPP TS 23.040, 9.2.3.24.1).
type carrier struct {
	encoding models.Encoding
	units    func(char rune) int
	alone    int // units that fit into the only segment
	joined   int // units that fit into each of several
}

func gsm7() carrier { return carrier{models.EncodingGSM7, septets, 160, 153} }

// What everybody calls UCS-2 is UTF-16: a character beyond the basic plane, such
// as an emoji, is two units.
func ucs2() carrier { return carrier{models.EncodingUCS2, utf16.RuneLen, 70, 67} }

// Segmentation is how a content travels.
type Segmentation struct {
	Encoding   models.Encoding
	Segments   []string // the content in as many pieces as there are SMS, in order
	Characters int      // code points of the content
	Used       int      // units in the last segment: septets, or UTF-16 code units
	Left       int      // units that the last segment still has
}

// Segment returns how a content travels. One character that GSM-7 lacks makes
// all of it UCS-2. What is longer than one SMS is packed, and not divided by
// length: a character of two units, an escape pair or a surrogate pair, is not
// split, so a segment may be left one unit short. An empty content is one empty
// segment. Bytes that are no UTF-8 count as U+FFFD, one each.
func Segment(content string) Segmentation {
	carrier, units := carrierOf(content)
	s := Segmentation{Encoding: carrier.encoding, Characters: utf8.RuneCountInString(content)}
	if units <= carrier.alone {
		s.Segments, s.Used, s.Left = []string{content}, units, carrier.alone-units
		return s
	}
	for rest := content; rest != ""; {
		length, used := carrier.fill(rest)
		s.Segments = append(s.Segments, rest[:length])
		s.Used, s.Left = used, carrier.joined-used
		rest = rest[length:]
	}
	return s
}

// Count returns the encoding and the number of segments, as Segment does.
func Count(content string) (encoding models.Encoding, segments int) {
	carrier, units := carrierOf(content)
	if units <= carrier.alone {
		return carrier.encoding, 1
	}
	for rest := content; rest != ""; segments++ {
		length, _ := carrier.fill(rest)
		rest = rest[length:]
	}
	return carrier.encoding, segments
}

// carrierOf returns the carrier for all of a content, and the units of it.
func carrierOf(content string) (c carrier, units int) {
	c = gsm7()
	for _, char := range content {
		n := septets(char)
		if n == 0 {
			c = ucs2()
			break
		}
		units += n
	}
	if c.encoding == models.EncodingGSM7 {
		return c, units
	}
	units = 0
	for _, char := range content {
		units += utf16.RuneLen(char)
	}
	return c, units
}

// fill returns how many bytes of the text fit into one of several segments, and
// the units that they take.
func (c carrier) fill(text string) (length, used int) {
	for at, char := range text {
		n := c.units(char)
		if used+n > c.joined {
			return at, used
		}
		used += n
	}
	return len(text), used
}
