package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// fasthttpLoop POSTs the messages from j.inFlight goroutines and does nothing
// else: what the machine, the sink and the leanest client allow together.
func fasthttpLoop(ctx context.Context, j job) (time.Duration, error) {
	client := &fasthttp.Client{
		MaxConnsPerHost: j.inFlight, ReadTimeout: callTimeout, WriteTimeout: callTimeout, NoDefaultUserAgentHeader: true,
	}
	defer client.CloseIdleConnections()

	var next, failed atomic.Int64
	var reason atomic.Pointer[error]
	var workers sync.WaitGroup
	started := time.Now()
	for range j.inFlight {
		workers.Go(func() {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(request)
			defer fasthttp.ReleaseResponse(response)
			for i := next.Add(1); i <= int64(j.messages) && ctx.Err() == nil; i = next.Add(1) {
				if err := fasthttpPost(client, request, response, j, int(i)); err != nil {
					failed.Add(1)
					reason.Store(&err)
				}
			}
		})
	}
	workers.Wait()
	took := time.Since(started)
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("call the sink: %w", err)
	}
	if failed.Load() > 0 {
		return 0, fmt.Errorf("%d of %d calls failed, one with: %w", failed.Load(), j.messages, *reason.Load())
	}
	return took, nil
}

func fasthttpPost(client *fasthttp.Client, request *fasthttp.Request, response *fasthttp.Response, j job, i int) error {
	body, err := j.message(i).body()
	if err != nil {
		return err
	}
	request.Reset()
	response.Reset()
	request.SetRequestURI(j.url)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.Header.Set("Idempotency-Key", strconv.Itoa(i))
	request.SetBodyRaw(body)
	if err := client.DoTimeout(request, response, callTimeout); err != nil {
		return fmt.Errorf("call the sink: %w", err)
	}
	if response.StatusCode() != fasthttp.StatusAccepted {
		return fmt.Errorf("the sink answered %d", response.StatusCode())
	}
	return nil
}
