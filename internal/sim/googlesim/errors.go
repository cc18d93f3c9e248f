package googlesim

import (
	"encoding/json"
	"io"
	"net/http"
)

// reply writes JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// fail writes an error as Google's APIs do.
func fail(w http.ResponseWriter, code int, status, message, reason string) {
	e := map[string]any{"code": code, "message": message, "status": status}
	if reason != "" {
		e["details"] = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}}
	}
	reply(w, code, map[string]any{"error": e})
}

// failDrive writes an error as Drive v3 does: with the older list of errors in it
// (source: Drive's guide "Resolve errors").
func failDrive(w http.ResponseWriter, code int, domain, reason, message string) {
	one := map[string]any{"domain": domain, "reason": reason, "message": message}
	reply(w, code, map[string]any{"error": map[string]any{"code": code, "message": message, "errors": []any{one}}})
}

func notFound(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "NOT_FOUND", "Requested entity was not found.", "")
}

func invalid(w http.ResponseWriter, message string) {
	fail(w, http.StatusBadRequest, "INVALID_ARGUMENT", message, "")
}

// decode reads a JSON body, to its end: an answer that overtakes the request confuses
// proxies. It answers 400 and returns false if it is none.
func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 50<<20))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		invalid(w, "Invalid JSON payload received. "+err.Error())
		return false
	}
	return true
}
