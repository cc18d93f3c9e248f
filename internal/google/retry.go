package google

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"sheet24"
)

// retry repeats requests that Google turned away for the moment, as its
// documentation asks: exponentially later, with jitter. (Google's Go client does
// not.) 429 means that nothing was done; a 5xx is repeated only where doing it
// twice is as good as once, which creating a script, version, deployment or channel is not.
type retry struct{ next http.RoundTripper }

const retries = 4

func (t *retry) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := 0; ; n++ {
		if err := sheet24.CheckLease(r.Context()); err != nil {
			return nil, err
		}
		resp, err := t.next.RoundTrip(r)
		if err != nil || n == retries || !again(r, resp.StatusCode) {
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
		wait := time.Second/4<<n + rand.N(time.Second/4)
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func again(r *http.Request, status int) bool {
	if status == http.StatusTooManyRequests {
		return true
	}
	creates := r.Method == http.MethodPost && (strings.HasPrefix(r.URL.Path, "/v1/projects") || strings.HasSuffix(r.URL.Path, "/watch"))
	return status >= 500 && status != http.StatusNotImplemented && !creates
}
