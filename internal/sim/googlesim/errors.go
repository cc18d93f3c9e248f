package googlesim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
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

// driveMessages are what Drive says with its reasons (source: Drive's guide "Resolve
// errors").
var driveMessages = map[string]string{
	"userRateLimitExceeded":       "User Rate Limit Exceeded. Rate of requests for user exceed configured project quota, you may consider re-evaluating expected per-user traffic to the API and adjust project quota limits accordingly.",
	"rateLimitExceeded":           "Rate Limit Exceeded",
	"sharingRateLimitExceeded":    "Rate limit exceeded. User message: \"These item(s) could not be shared because a rate limit was exceeded: filename\"",
	"dailyLimitExceeded":          "Daily Limit Exceeded",
	"authError":                   "Invalid Credentials",
	"backendError":                "Backend Error",
	"insufficientFilePermissions": "The user does not have sufficient permissions for this file.",
}

// failDrive writes an error as Drive v3 does: not with a status, but with the older list
// of errors in it, whose reasons tell them apart (source: as driveMessages). location
// is the parameter or header that is wrong, "" for none.
func failDrive(w http.ResponseWriter, code int, reason, message, locationType, location string) {
	if known, ok := driveMessages[reason]; ok {
		message = known
	}
	domain := "global"
	if strings.HasSuffix(reason, "LimitExceeded") && reason != "sharingRateLimitExceeded" {
		domain = "usageLimits"
	}
	one := map[string]any{"domain": domain, "reason": reason, "message": message}
	if location != "" {
		one["locationType"], one["location"] = locationType, location
	}
	reply(w, code, map[string]any{"error": map[string]any{"code": code, "message": message, "errors": []any{one}}})
}

// invalidParameter is Drive's answer to a parameter that it cannot take.
func invalidParameter(w http.ResponseWriter, name string) {
	failDrive(w, http.StatusBadRequest, "invalid", "Invalid Value", "parameter", name)
}

func noFile(w http.ResponseWriter, id string) {
	failDrive(w, http.StatusNotFound, "notFound", "File not found: "+id+".", "parameter", "fileId")
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
