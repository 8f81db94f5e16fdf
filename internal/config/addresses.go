package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// hostName allows an IP address or a host name (RFC 1123), without a port.
func hostName() rule {
	return must("a host name or an IP address, without scheme, port and brackets", isHost)
}

func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	if len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		// Underscores are no part of host names, but of the names of containers.
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isNameRune(r) }) {
			return false
		}
	}
	// A name of digits and dots alone is an address with a mistake in it.
	return strings.Trim(text, "0123456789.") != ""
}

// metricsAddress allows MetricsMain, and what a listener can have.
func metricsAddress() rule {
	r := must("main, or host:port, such as 127.0.0.1:9464, or :9464 for all addresses", func(text string) bool {
		if text == MetricsMain {
			return true
		}
		host, port, err := net.SplitHostPort(text)
		return err == nil && port != "" && isPort(port) && (host == "" || isHost(host))
	})
	r.echo = true
	return r
}

// webhookURL allows an absolute http or https URL.
func webhookURL() rule {
	const wants = "an http:// or https:// address with a host"
	return rule{wants: wants, faults: func(text string) []string {
		parsed, err := url.Parse(text)
		switch {
		// The error of url.Parse repeats the address, and so perhaps a password.
		case err != nil, !isOneLine(text), strings.Contains(text, " "):
			return []string{"is not a URL; it must be " + wants}
		case parsed.Scheme != "http" && parsed.Scheme != "https":
			return []string{"must begin with http:// or https://"}
		case !isHost(parsed.Hostname()):
			return []string{"names no host; it must be " + wants}
		case !isPort(parsed.Port()):
			return []string{"has a port that is not from 1 to 65535"}
		}
		return nil
	}}
}

// isPort takes an empty port for the scheme's own.
func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && port > 0
}

// mongoURI looks at the form only; the driver knows the rest when it connects.
func mongoURI() rule {
	return must("a connection string mongodb://host:port or mongodb+srv://host", func(text string) bool {
		rest, plain := strings.CutPrefix(text, "mongodb://")
		if !plain {
			var srv bool
			if rest, srv = strings.CutPrefix(text, "mongodb+srv://"); !srv {
				return false
			}
		}
		hosts, _, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "/")
		hosts, _, _ = strings.Cut(hosts, "?")
		return hosts != "" && isOneLine(text) && !strings.Contains(text, " ")
	})
}

// mongoDatabase allows what MongoDB takes for a name on every platform.
func mongoDatabase() rule {
	return must(`a name of up to 63 bytes without spaces and /\."$*<>:|?`, func(text string) bool {
		return len(text) <= 63 && isOneLine(text) && !strings.ContainsAny(text, `/\. "$*<>:|?`)
	})
}

// addressRanges allows addresses and CIDR ranges, separated by commas.
func addressRanges() rule {
	r := must("IP addresses or CIDR ranges, separated by commas", func(text string) bool {
		for part := range strings.SplitSeq(text, ",") {
			_, notAddress := netip.ParseAddr(part)
			_, notRange := netip.ParsePrefix(part)
			if notAddress != nil && notRange != nil {
				return false
			}
		}
		return true
	})
	r.tidy = func(text string) string { return strings.ReplaceAll(text, " ", "") }
	return r
}
