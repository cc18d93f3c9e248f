package bitrix24

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// maxAnswer bounds what is read of an answer: 50 lists of 50 full records stay
// well below it.
const maxAnswer = 64 << 20

// answer is what a portal says: a result and how long it took.
type answer struct {
	Result json.RawMessage
	Total  lenient // of a list whose records were counted
	Time   timing
}

// timing is the "time" of an answer, seconds all.
type timing struct {
	Start, Duration float64
	Operating       float64 // what the method has used within ten minutes, this call included
	ResetAt         float64 // Unix time when the oldest of that is forgotten
}

func (t *timing) UnmarshalJSON(data []byte) error {
	var raw struct {
		Start     lenient `json:"start"`
		Duration  lenient `json:"duration"`
		Operating lenient `json:"operating"`
		ResetAt   lenient `json:"operating_reset_at"`
	}
	// It is a courtesy: an answer without it, or with a strange one, is good.
	if json.Unmarshal(data, &raw) == nil {
		*t = timing{raw.Start.float(), raw.Duration.float(), raw.Operating.float(), raw.ResetAt.float()}
	}
	return nil
}

func (t timing) duration() time.Duration { return time.Duration(t.Duration * float64(time.Second)) }

// decode reads an answer, which is JSON with a result or an error, or, when a
// proxy in front of the portal spoke, HTML.
func decode(host string, status int, location string, data []byte) (*answer, error) {
	if status >= 300 && status < 400 {
		if to, err := url.Parse(location); err == nil && to.Host != "" && to.Host != host {
			return nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalMoved, host).Because(fmt.Errorf("it redirects to %s", to.Host))
		}
	}
	var envelope struct {
		Result      json.RawMessage `json:"result"`
		Total       lenient         `json:"total"`
		Time        timing          `json:"time"`
		Error       any             `json:"error"`
		Description lenient         `json:"error_description"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		if status >= 300 && status < 500 {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalNotBitrix24, host).Because(fmt.Errorf("HTTP %d, not JSON", status))
		}
		return nil, unreachable(host, fmt.Errorf("HTTP %d, not JSON: %w", status, err))
	}
	if envelope.Error != nil && envelope.Error != "" {
		err := apiError(host, errorCode(envelope.Error), string(envelope.Description), false)
		if r, ok := errors.AsType[*refusal](err); ok {
			r.status = status
		}
		return nil, err
	}
	if status != http.StatusOK || envelope.Result == nil {
		return nil, unreachable(host, fmt.Errorf("HTTP %d without a result", status))
	}
	return &answer{envelope.Result, envelope.Total, envelope.Time}, nil
}

// errorCode is an error's code, which may come as a number.
func errorCode(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// into decodes the result into out, if there is one.
func (a *answer) into(host string, out any) error {
	if out == nil {
		return nil
	}
	return decodeResult(host, a.Result, out)
}

func decodeResult(host string, data json.RawMessage, out any) error {
	if err := json.Unmarshal(data, out); err != nil {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalAnswer, host).Because(err)
	}
	return nil
}

// lenient is a value that PHP writes now as a string, now as a number, a
// boolean or null: its text, "" for null and false.
type lenient string

func (l *lenient) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		*l = lenient(v)
	case float64:
		*l = lenient(strconv.FormatFloat(v, 'f', -1, 64))
	case bool:
		*l = ""
		if v {
			*l = "1"
		}
	default: // null, and what is no value
		*l = ""
	}
	return nil
}

func (l lenient) float() float64 {
	f, _ := strconv.ParseFloat(string(l), 64)
	return f
}

func (l lenient) int() int64 {
	n, _ := strconv.ParseInt(string(l), 10, 64)
	return n
}

// yes reads Y, 1 and true.
func (l lenient) yes() bool {
	return l == "1" || strings.EqualFold(string(l), "Y") || strings.EqualFold(string(l), "true")
}

// phpMap is an object that PHP writes as [] when it is empty, and as a list when
// its keys happen to be 0, 1, 2 ….
type phpMap[T any] map[string]T

func (m *phpMap[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var list []T
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		*m = make(phpMap[T], len(list))
		for i, v := range list {
			(*m)[strconv.Itoa(i)] = v
		}
		return nil
	}
	plain := map[string]T(nil)
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	*m = plain
	return nil
}
