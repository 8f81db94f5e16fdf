package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/config"
)

// healthcheckLimit is shorter than what container engines wait by default.
const healthcheckLimit = 3 * time.Second

func newHealthcheckCommand(p process) *cobra.Command {
	var address string
	command := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service on this machine whether it is alive; exit code 0 means yes, 1 no",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if address == "" {
				var err error
				if address, err = p.livezURL(); err != nil {
					return err
				}
			}
			return healthcheck(cmd.Context(), address)
		},
	}
	command.Flags().StringVar(&address, "url", "", "what to ask (default http://SERVER_HOST:SERVER_PORT/livez)")
	return command
}

// livezURL returns where the service that has the same settings answers. Other
// settings may be wrong: that is not what is asked. The error is not one of
// configuration, because the exit code 2 is reserved by container engines.
func (p process) livezURL() (string, error) {
	cfg, _, err := config.Load(p.environ, p.dotenv)
	if wrong, ok := errors.AsType[*config.Error](err); ok && wrong.About("SERVER_HOST", "SERVER_PORT") {
		return "", errors.New("healthcheck: SERVER_HOST or SERVER_PORT is wrong; see auto-message-sender config check")
	}
	host := cfg.ServerHost
	// An address that stands for all of them can be listened on, not asked.
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
		if addr.Is6() {
			host = "::1"
		}
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(cfg.ServerPort)), Path: "/livez"}).String(), nil
}

// healthcheck returns nil if address answers 200 within the time limit.
func healthcheck(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil || (request.URL.Scheme != "http" && request.URL.Scheme != "https") || request.URL.Host == "" {
		return errors.New("healthcheck: --url must look like http://127.0.0.1:8080/livez")
	}
	client := &http.Client{
		// No proxy, whatever the environment says: the service is asked, not its neighbour.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: %s answered %s", request.URL.Redacted(), response.Status)
	}
	return nil
}
