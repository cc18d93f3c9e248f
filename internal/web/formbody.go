package web

import (
	"errors"
	"mime"
	"net/http"

	"sheet24"
	"sheet24/internal/answer"
)

// maxForm is the largest form that is read, in bytes: the settings of a table with some
// hundred columns are a tenth of it.
const maxForm = 1 << 20

// formBodies lets forms pass that are urlencoded and not too large, read whole: nothing behind
// it parses a body, and files cannot be sent at all, to memory or to disk.
func (w *Web) formBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.ContentLength == 0 {
			r.Body = http.NoBody
			next.ServeHTTP(rw, r)
			return
		}

		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" {
			w.refuseBody(rw, r, sheet24.Errorf(sheet24.Unsupported, sheet24.CodeFormKind))
			return
		}

		if r.ContentLength > maxForm {
			w.refuseBody(rw, r, sheet24.Errorf(sheet24.TooLarge, sheet24.CodeFormTooLarge))
			return
		}

		r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			problem := sheet24.Errorf(sheet24.Invalid, sheet24.CodeFormUnreadable).Because(err)
			if _, large := errors.AsType[*http.MaxBytesError](err); large {
				problem = sheet24.Errorf(sheet24.TooLarge, sheet24.CodeFormTooLarge)
			}
			w.refuseBody(rw, r, problem)
			return
		}

		next.ServeHTTP(rw, r)
	})
}

// refuseBody answers without reading on: what is still on its way ends with the connection.
func (w *Web) refuseBody(rw http.ResponseWriter, r *http.Request, err error) {
	answer.Unread(rw)
	w.fail(rw, r, err)
}
