package config

import (
	"net/url"
	"strings"
)

// proxyURL allows the address of a proxy: scheme, host, and where needed port,
// user and password.
func proxyURL() rule {
	const wants = "an http://, https:// or socks5:// address with a host and nothing after it"
	return rule{wants: wants, faults: func(text string) []string {
		parsed, err := url.Parse(text)
		switch {
		case err != nil, !isOneLine(text), strings.Contains(text, " "):
			return []string{"is not a URL; it must be " + wants}
		case parsed.Scheme != "http" && parsed.Scheme != "https" && parsed.Scheme != "socks5":
			return []string{"must begin with http://, https:// or socks5://"}
		case !isHost(parsed.Hostname()):
			return []string{"names no host; it must be " + wants}
		case !isPort(parsed.Port()):
			return []string{"has a port that is not from 1 to 65535"}
		case strings.Trim(parsed.Path, "/") != "" || strings.ContainsAny(text, "?#"):
			return []string{"has something after the host; it must be " + wants}
		}
		return nil
	}}
}

// webOrigins allows the origins of web pages as browsers write them (RFC 6454,
// 6.2), separated by commas. One written in any other way would never be met,
// so it is refused and not quietly useless; * would be every page there is.
func webOrigins() rule {
	r := must("origins as browsers send them, such as https://app.example.com or http://localhost:3000, separated by commas: "+
		"scheme, host, and a port unless it is the scheme's own; no *, no path", func(text string) bool {
		for origin := range strings.SplitSeq(text, ",") {
			if !isOrigin(origin) {
				return false
			}
		}
		return true
	})
	r.tidy = func(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }
	return r
}

func isOrigin(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil || !isHost(parsed.Hostname()) || !isPort(parsed.Port()) {
		return false
	}
	usual := map[string]string{"http": "80", "https": "443"}[parsed.Scheme]
	return usual != "" && parsed.Port() != usual && text == parsed.Scheme+"://"+parsed.Host && !strings.HasSuffix(parsed.Host, ":")
}
