package bitrixsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiError is an error as Bitrix24 writes it.
type apiError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Description }

func badRequest(code, description string) error {
	return &apiError{http.StatusBadRequest, code, description}
}

// The system's own errors, with the documentation's texts (source: its page of system errors).
var (
	methodNotFound  = &apiError{http.StatusNotFound, "ERROR_METHOD_NOT_FOUND", "Method not found!"}
	tooManyRequests = &apiError{http.StatusServiceUnavailable, "QUERY_LIMIT_EXCEEDED", "Too many requests"}
	operatingLimit  = &apiError{http.StatusTooManyRequests, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit"}
	wrongWebhook    = &apiError{http.StatusForbidden, "INVALID_CREDENTIALS", "Invalid request credentials"}
	portalDeleted   = &apiError{http.StatusInternalServerError, "PORTAL_DELETED", "Portal was deleted"}
)

// caller is who a request comes from, and what it may do.
type caller struct {
	user   User
	scopes []string
	via    string // "webhook", or the application's id
}

// answer is what a method returns beside "time".
type answer struct {
	Result any
	Total  *int
	Next   *int
}

// method is a method of the portal.
type method struct {
	scope string // that it needs; empty: none
	write bool   // changes the CRM
	run   func(*Portal, caller, params) (answer, error)
}

// methods are the methods that the simulated portal knows, by name.
var methods = map[string]method{}

func init() { // not above: methodGet looks into it
	for name, m := range map[string]method{
		"scope":                    {"", false, (*Portal).scope},
		"profile":                  {"", false, (*Portal).profile},
		"app.info":                 {"", false, (*Portal).appInfo},
		"server.time":              {"", false, (*Portal).serverTime},
		"method.get":               {"", false, (*Portal).methodGet},
		"user.get":                 {"user", false, (*Portal).userGet},
		"crm.item.fields":          {"crm", false, (*Portal).itemFields},
		"crm.item.get":             {"crm", false, (*Portal).itemGet},
		"crm.item.list":            {"crm", false, (*Portal).itemList},
		"crm.item.add":             {"crm", true, (*Portal).itemAdd},
		"crm.item.update":          {"crm", true, (*Portal).itemUpdate},
		"crm.item.delete":          {"crm", true, (*Portal).itemDelete},
		"crm.status.list":          {"crm", false, (*Portal).statusList},
		"crm.category.list":        {"crm", false, (*Portal).categoryList},
		"crm.type.list":            {"crm", false, (*Portal).typeList},
		"crm.currency.list":        {"crm", false, (*Portal).currencyList},
		"crm.duplicate.findbycomm": {"crm", false, (*Portal).findByComm},

		"methods":                    {"", false, (*Portal).methodList},
		"events":                     {"", false, (*Portal).events},
		"event.get":                  {"", false, (*Portal).eventGet},
		"user.current":               {"user", false, (*Portal).userCurrent},
		"user.search":                {"user", false, (*Portal).userGet},
		"user.fields":                {"user", false, (*Portal).userFields},
		"crm.status.get":             {"crm", false, (*Portal).statusGet},
		"crm.status.fields":          {"crm", false, (*Portal).statusFields},
		"crm.status.entity.items":    {"crm", false, (*Portal).statusItems},
		"crm.status.entity.types":    {"crm", false, (*Portal).statusTypes},
		"crm.category.get":           {"crm", false, (*Portal).categoryGet},
		"crm.category.fields":        {"crm", false, (*Portal).categoryFields},
		"crm.type.get":               {"crm", false, (*Portal).typeGet},
		"crm.type.getbyentitytypeid": {"crm", false, (*Portal).typeGetByEntityTypeID},
		"crm.type.fields":            {"crm", false, (*Portal).typeFields},
		"crm.currency.get":           {"crm", false, (*Portal).currencyGet},
		"crm.currency.base.get":      {"crm", false, (*Portal).currencyBase},
		"crm.currency.fields":        {"crm", false, (*Portal).currencyFields},
		"crm.enum.ownertype":         {"crm", false, (*Portal).ownerTypes},
		"crm.enum.fields":            {"crm", false, (*Portal).enumFields},
	} {
		methods[name] = m
	}
}

// serveWebhook answers /rest/{user}/{secret}/{method}.
func (p *Portal) serveWebhook(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, func(params) (caller, error) {
		for _, h := range p.webhooks {
			if r.PathValue("user") == strconv.Itoa(h.UserID) && r.PathValue("secret") == h.Secret {
				return p.callerOf(h.UserID, h.Scopes, "webhook")
			}
		}
		return caller{}, wrongWebhook
	})
}

// serveApp answers /rest/{method} with the access token of an application.
func (p *Portal) serveApp(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, func(in params) (caller, error) {
		token := in.text("auth")
		if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			token = bearer
		}
		delete(in, "auth")
		return p.callerByToken(token)
	})
}

func (p *Portal) callerOf(userID int, scopes []string, via string) (caller, error) {
	i := slices.IndexFunc(p.users, func(u User) bool { return u.ID == userID })
	if i < 0 || p.users[i].Dismissed {
		return caller{}, &apiError{http.StatusForbidden, "user_access_error", "The user does not have access to the application"}
	}
	return caller{p.users[i], scopes, via}, nil
}

func (p *Portal) serve(w http.ResponseWriter, r *http.Request, authorize func(params) (caller, error)) {
	name := strings.ToLower(strings.TrimSuffix(r.PathValue("method"), ".json"))
	in, err := readParams(r)

	p.latency.wait() // on its way to the portal
	defer p.latency.wait()

	s := span{start: time.Now()}
	if err != nil {
		write(w, s, answer{}, badRequest("INVALID_REQUEST", err.Error()))
		return
	}
	if !p.bucket.allow(s.start) {
		p.stats.reject(tooManyRequests.Code)
		write(w, s, answer{}, tooManyRequests)
		return
	}
	p.stats.request(s.start)
	p.mu.Lock()
	by, err := authorize(in)
	if p.deleted {
		err = portalDeleted
	}
	p.mu.Unlock()
	if err != nil {
		write(w, s, answer{}, err)
		return
	}
	defer p.stats.write(changedBy(name, in))()
	fault, struck := p.faults.strike(methodsOf(name, in), recordsOf(in))
	if struck {
		p.stats.fault(fault.Kind)
	}
	if fault.before(w, r) {
		return
	}

	work := func() (a answer, err error) {
		deadline := time.Now().Add(p.options.RequestLimit)
		if name == "batch" {
			p.stats.method(name)
			return p.batch(by, in, deadline, fault)
		}
		fault.during(p, 0)
		a, s, err = p.call(by, name, in, deadline)
		return a, err
	}
	if fault.Kind == "late" {
		p.later(fault.wait(), func() { work() })
		panic(http.ErrAbortHandler)
	}

	a, err := work()
	if errors.Is(err, errTimeout) {
		htmlError(w, http.StatusGatewayTimeout)
		return
	}
	switch fault.Kind {
	case "lost":
		panic(http.ErrAbortHandler)
	case "truncated":
		buffer := &recorder{header: http.Header{}}
		write(buffer, s, a, err)
		cut(w, buffer.Bytes())
	default:
		write(w, s, a, err)
	}
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	bytes.Buffer
	header http.Header
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(int)     {}

// methodsOf are the methods that a request names.
func methodsOf(name string, in params) []string {
	all := []string{name}
	if name == "batch" {
		for _, command := range in.object("cmd") {
			text, _ := command.(string)
			inner, _, _ := strings.Cut(text, "?")
			all = append(all, strings.ToLower(inner))
		}
	}
	return all
}

// recordsOf are the ids that a request, or the commands of a batch, name.
func recordsOf(in params) []string {
	all := []string{in.text("id")}
	for _, command := range in.object("cmd") {
		text, _ := command.(string)
		_, query, _ := strings.Cut(text, "?")
		if values, err := url.ParseQuery(query); err == nil {
			all = append(all, values.Get("id"))
		}
	}
	return all
}

// changedBy are the records that a request, or the commands of a batch, changes: each once.
func changedBy(name string, in params) (records []string) {
	changes := func(method, entity, id string) {
		if key := entity + " " + id; (method == "crm.item.update" || method == "crm.item.delete") && !slices.Contains(records, key) {
			records = append(records, key)
		}
	}
	changes(name, in.text("entityTypeId"), in.text("id"))
	for _, command := range in.object("cmd") {
		text, _ := command.(string)
		inner, query, _ := strings.Cut(text, "?")
		if values, err := url.ParseQuery(query); err == nil {
			changes(strings.ToLower(inner), values.Get("entityTypeId"), values.Get("id"))
		}
	}
	return records
}

// errTimeout says that a request ran longer than it may.
var errTimeout = errors.New("request timed out")

// call runs one method: under its limit of operating time, and not beyond the
// deadline.
func (p *Portal) call(by caller, name string, in params, deadline time.Time) (answer, span, error) {
	s := span{start: time.Now()}
	m, ok := methods[name]
	if !ok {
		return answer{}, s, methodNotFound
	}
	if m.scope != "" && !slices.Contains(by.scopes, m.scope) {
		token := "access"
		if by.via == "webhook" {
			token = "webhook"
		}
		return answer{}, s, &apiError{http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the " + token + " token"}
	}
	p.stats.method(name)
	p.watcher.see(name, in)
	key := by.via + strconv.Itoa(by.user.ID) + name
	used, reset := p.operating.used(key, s.start)
	s.operating, s.reset = used, reset
	if used > p.operating.limit {
		p.stats.reject(operatingLimit.Code)
		return answer{}, s, operatingLimit
	}
	if work := p.options.Work[name]; work > 0 {
		time.Sleep(min(work, max(0, time.Until(deadline))))
		if !time.Now().Before(deadline) {
			return answer{}, s, errTimeout
		}
	}
	p.mu.Lock()
	a, err := p.allowed(by, m, in)
	p.mu.Unlock()
	took := time.Since(s.start)
	if work := p.options.Work[name]; work > 0 {
		took = work // not what a busy machine made of it
	}
	p.operating.add(key, s.start, took)
	s.operating += took
	return a, s, err
}

// allowed runs a method if the user's rights reach for it; p.mu is held.
func (p *Portal) allowed(by caller, m method, in params) (answer, error) {
	if m.scope == "crm" && (by.user.CRM == "none" || (m.write && by.user.CRM == "read")) {
		return answer{}, p.denied()
	}
	return m.run(p, by, in)
}

// span is the time that a call took.
type span struct {
	start, reset time.Time
	operating    time.Duration
}

// timing is the "time" of an answer.
func (s span) timing() map[string]any {
	finish := time.Now()
	seconds := func(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
	took := finish.Sub(s.start).Seconds()
	t := map[string]any{
		"start": seconds(s.start), "finish": seconds(finish), "duration": took, "processing": took,
		"date_start": s.start.Format(time.RFC3339), "date_finish": finish.Format(time.RFC3339), "operating": s.operating.Seconds(),
	}
	if !s.reset.IsZero() {
		t["operating_reset_at"] = float64(s.reset.UnixMilli()) / 1000 // the real one is whole; a scaled one could not be
	}
	return t
}

func write(w http.ResponseWriter, s span, a answer, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		e, ok := errors.AsType[*apiError](err)
		if !ok {
			e = &apiError{http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", err.Error()}
		}
		w.WriteHeader(e.status)
		json.NewEncoder(w).Encode(e)
		return
	}
	body := map[string]any{"result": a.Result, "time": s.timing()}
	if a.Total != nil {
		body["total"] = *a.Total
	}
	if a.Next != nil {
		body["next"] = *a.Next
	}
	json.NewEncoder(w).Encode(body)
}
