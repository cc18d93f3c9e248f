package google

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"sheet24"
)

// requestWithin is how long a request may take until its answer is read; while a person
// waits for it, it is personWaits.
const (
	requestWithin = 3 * time.Minute
	personWaits   = 45 * time.Second
)

func within(ctx context.Context) time.Duration {
	if sheet24.IsInteractive(ctx) {
		return personWaits
	}
	return requestWithin
}

// outside says of requests that an answer is waited for, from the access token's on until
// all is read.
type outside struct{ next http.RoundTripper }

func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	back := sync.OnceFunc(sheet24.Outside(r.Context()))
	resp, err := o.next.RoundTrip(r)
	if err != nil {
		back()
		return nil, err
	}
	resp.Body = &outsideBody{resp.Body, back}
	return resp, nil
}

// outsideBody is an answer that is being read.
type outsideBody struct {
	io.ReadCloser
	back func()
}

func (b *outsideBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.back()
	}
	return n, err
}

func (b *outsideBody) Close() error {
	defer b.back()
	return b.ReadCloser.Close()
}

// pingAfter is for how long a connection may be quiet while an answer is waited for, until
// it is asked whether it is there. All users' requests share it: without that, one that
// died without a word would take them all along for minutes.
const pingAfter = 15 * time.Second

// transport carries requests to Google. It has a connection that was quiet for so long asked
// whether it is there, and gives it up if it does not say so within as long.
func transport(quiet time.Duration) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: quiet, PingTimeout: quiet}
	t.MaxIdleConnsPerHost = 16 // where it is no HTTP/2
	return t
}
