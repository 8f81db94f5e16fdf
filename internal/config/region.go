package config

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// region allows the countries whose numbering plans are known.
func region() rule {
	r := must("the two letters of a country (ISO 3166-1 alpha-2) that has phone numbers of its own", func(text string) bool {
		return phonenumbers.GetSupportedRegions()[text]
	})
	r.tidy = strings.ToUpper
	r.echo = true
	return r
}
