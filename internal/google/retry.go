package google

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/backoff"
)

// retry repeats requests that Google turned away for the moment, as its
// documentation asks: exponentially later, with jitter. (Google's Go client does
// not.) 429, and 403 for a rate limit as Drive has it, mean that nothing was done; a 5xx
// is repeated only where doing it twice is as good as once, which creating a script,
// version, deployment or channel is not.
type retry struct{ next http.RoundTripper }

const retries = 4

// pause is how long to wait from try to try, and so is the jitter's most, at first.
var pause = backoff.Policy{First: time.Second / 4, Last: time.Minute}

func (t *retry) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := 0; ; n++ {
		if err := sheet24.CheckLease(r.Context()); err != nil {
			return nil, err
		}

		resp, err := t.next.RoundTrip(r)
		if err != nil || n == retries || !again(r, resp) {
			return resp, err
		}

		if r.Body != nil {
			if r.GetBody == nil {
				return resp, nil
			}
			body, err := r.GetBody()
			if err != nil {
				return resp, nil
			}
			r = r.Clone(r.Context())
			r.Body = body
		}

		io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		resp.Body.Close()

		wait := pause.Step(n+1) + rand.N(pause.First)
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// again reports whether a request is worth repeating.
func again(r *http.Request, resp *http.Response) bool {
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		return true
	case status == http.StatusForbidden:
		return tooFast(reasonsIn(peek(resp)))
	case status < 500 || status == http.StatusNotImplemented:
		return false
	}

	creates := r.Method == http.MethodPost && (strings.HasPrefix(r.URL.Path, "/v1/projects") || strings.HasSuffix(r.URL.Path, "/watch"))
	return !creates
}

// peek reads the body of an answer and leaves it to be read again.
func peek(resp *http.Response) []byte {
	data, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return nil
	}

	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), resp.Body), resp.Body}
	return data
}
