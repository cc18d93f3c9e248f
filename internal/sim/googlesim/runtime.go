package googlesim

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/google/uuid"
)

// maxRun is how long one execution may take, as at Google.
const maxRun = 6 * time.Minute

// execution is one run of a script: its files in a fresh JavaScript engine, with
// Google's services as host objects.
type execution struct {
	google   *Google
	project  *project
	files    []scriptFile
	email    string // as whom it runs
	manifest manifest
	granted  []string // scopes that this account agreed to
	limited  bool     // a simple trigger, which runs without anybody's consent
	vm       *goja.Runtime
	ctx      context.Context

	// With a user before the spreadsheet:
	hasUI  bool
	answer *string // to what is asked; nil: cancelled
	said   []string
	menu   []menuItem
}

// errNeedsConsent is why a script stops that its user has to agree to first.
var errNeedsConsent = errors.New("Authorization is required to perform that action.")

// execution prepares a run of a project's files as an account.
func (g *Google) execution(p *project, files []scriptFile, email string) *execution {
	m, _ := manifestOf(files)
	c, _ := g.consentTo(email, p)
	return &execution{google: g, project: p, files: files, email: email, manifest: m, granted: c.Granted}
}

// call calls a function with an argument.
func (x *execution) call(ctx context.Context, function string, argument func() any) (goja.Value, error) {
	longest := maxRun
	if set := x.google.faults.now().MaxRunMS; set > 0 {
		longest = time.Duration(set) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	x.vm, x.ctx = goja.New(), ctx
	x.vm.SetTimeSource(x.google.now)
	x.vm.SetFieldNameMapper(goja.TagFieldNameMapper("json", true))
	x.install()
	unwatch := context.AfterFunc(ctx, func() { x.vm.Interrupt(errors.New("Exceeded maximum execution time")) })
	defer unwatch()
	for _, f := range x.files {
		if f.Type != "SERVER_JS" {
			continue
		}
		program, err := compiled(f)
		if err != nil {
			return nil, err
		}
		if _, err := x.vm.RunProgram(program); err != nil {
			return nil, err
		}
	}
	call, ok := goja.AssertFunction(x.vm.Get(function))
	if !ok {
		return nil, fmt.Errorf("Script function not found: %s", function)
	}
	return call(goja.Undefined(), x.vm.ToValue(argument()))
}

// programs are files as compiled, by what they hold: a trigger runs the same ones with each
// edit.
var programs sync.Map

func compiled(f scriptFile) (*goja.Program, error) {
	if p, ok := programs.Load(f); ok {
		return p.(*goja.Program), nil
	}
	p, err := goja.Compile(f.Name+".gs", f.Source, false)
	if err == nil {
		programs.Store(f, p)
	}
	return p, err
}

// trigger runs a handler as a trigger does: within what the account's scripts may
// run a day.
func (x *execution) trigger(ctx context.Context, handler string, argument func() any) error {
	g := x.google
	limit := g.faults.now().RuntimeSeconds * 1000
	if !g.faults.use(x.email+" runtime", 0, limit, day, g.now()) {
		return errors.New("Service using too much computer time for one day")
	}
	began := g.now()
	_, err := x.call(ctx, handler, argument)
	g.faults.use(x.email+" runtime", max(1, int(g.now().Sub(began).Milliseconds())), limit, day, g.now())
	return err
}

const day = 24 * time.Hour

// need throws as Google does where a scope is missing: because the manifest does not
// ask for it, the account did not agree to it, or nobody was asked.
func (x *execution) need(service string, scopes ...string) {
	has := func(list []string) bool {
		return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(list, scopePrefix+s) })
	}
	switch {
	case x.limited:
		x.throw("You do not have permission to call %s. Required permissions: %s%s", service, scopePrefix, scopes[0])
	case !has(x.manifest.OAuthScopes) || !has(x.granted):
		x.throw("Specified permissions are not sufficient to call %s. Required permissions: %s%s", service, scopePrefix, strings.Join(scopes, " || "+scopePrefix))
	}
}

const scopePrefix = "https://www.googleapis.com/auth/"

// throw throws as Google's services do: in the language of whoever the script runs as.
func (x *execution) throw(format string, args ...any) {
	panic(x.vm.NewGoError(fmt.Errorf(translated(x.google.faults.now().Language, format), args...)))
}

type object = map[string]any

func (x *execution) install() {
	x.vm.Set("console", object{
		"log":  func(args ...any) { slog.Debug("script", "message", fmt.Sprint(args...)) },
		"warn": func(args ...any) { slog.Warn("script", "message", fmt.Sprint(args...)) },
	})
	x.vm.Set("Utilities", object{
		"getUuid":      uuid.NewString,
		"base64Encode": func(v goja.Value) string { return base64.StdEncoding.EncodeToString(x.bytes(v)) },
		"base64Decode": func(s string) goja.Value {
			b, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				x.throw("Could not decode string.")
			}
			return x.signed(b)
		},
		"newBlob": func(v goja.Value) object {
			return object{"getBytes": func() goja.Value { return x.signed(x.bytes(v)) }}
		},
		"computeHmacSha256Signature": func(value, key goja.Value) goja.Value {
			mac := hmac.New(sha256.New, x.bytes(key))
			mac.Write(x.bytes(value))
			return x.signed(mac.Sum(nil))
		},
		"sleep": func(ms int64) {
			select {
			case <-time.After(time.Duration(ms) * time.Millisecond):
			case <-x.ctx.Done():
			}
		},
	})
	x.vm.Set("UrlFetchApp", object{"fetch": x.fetch})
	x.vm.Set("PropertiesService", object{"getScriptProperties": x.scriptProperties})
	x.vm.Set("ScriptApp", x.scriptApp())
	x.vm.Set("SpreadsheetApp", x.spreadsheetApp())
	x.vm.Set("HtmlService", object{"createHtmlOutput": func(html string) object {
		out := object{"html": html, "title": ""}
		out["setTitle"] = func(title string) object { out["title"] = title; return out }
		return out
	}})
}

// signed makes a byte array as Apps Script has them: from -128 to 127.
func (x *execution) signed(b []byte) goja.Value {
	list := make([]any, len(b))
	for i, c := range b {
		list[i] = int64(int8(c))
	}
	return x.vm.NewArray(list...)
}

// bytes reads a byte array, or a text as UTF-8.
func (x *execution) bytes(v goja.Value) []byte {
	switch v := v.Export().(type) {
	case string:
		return []byte(v)
	case []any:
		b := make([]byte, len(v))
		for i, e := range v {
			n, ok := e.(int64)
			if !ok || n < -128 || n > 127 {
				x.throw("Cannot convert Array to (class)[].")
			}
			b[i] = byte(n)
		}
		return b
	}
	x.throw("The parameters don't match the method signature.")
	return nil
}

// fetch is UrlFetchApp.fetch: it follows redirects, throws for errors unless
// muted, and reaches only what the manifest's list allows. It takes as long as the run
// may: no official description has an option for less.
func (x *execution) fetch(address string, options struct {
	Method             string            `json:"method"`
	ContentType        string            `json:"contentType"`
	Payload            string            `json:"payload"`
	Headers            map[string]string `json:"headers"`
	MuteHTTPExceptions bool              `json:"muteHttpExceptions"`
}) object {
	x.need("UrlFetchApp.fetch", "script.external_request")
	if !x.google.faults.use(x.email+" fetches", 1, x.google.faults.now().Fetches, day, x.google.now()) {
		x.throw("Service invoked too many times for one day: urlfetch.")
	}
	if list := x.manifest.URLFetchWhitelist; list != nil && !slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(address, p) }) {
		x.throw("Calling %s is not permitted by your admin or the script's manifest.", address)
	}
	method := strings.ToUpper(options.Method)
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(x.ctx, method, address, strings.NewReader(options.Payload))
	if err != nil {
		x.throw("Invalid argument: %s", address)
	}
	for k, v := range options.Headers {
		req.Header.Set(k, v)
	}
	if options.ContentType != "" {
		req.Header.Set("Content-Type", options.ContentType)
	}
	resp, err := x.google.http.Do(req)
	x.overtime()
	if err != nil {
		x.throw("Address unavailable: %s", address)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 50<<20))
	x.overtime()
	if err != nil {
		x.throw("Address unavailable: %s", address)
	}
	if resp.StatusCode >= 400 && !options.MuteHTTPExceptions {
		host := ""
		if u, err := url.Parse(address); err == nil {
			host = u.Host
		}
		x.throw("Request failed for %s returned code %d. Truncated server response: %.100s", host, resp.StatusCode, body)
	}
	return object{
		"getResponseCode": func() int { return resp.StatusCode },
		"getContentText":  func() string { return string(body) },
	}
}

// overtime ends a run that took too long, where no script can catch it.
func (x *execution) overtime() {
	if x.ctx.Err() != nil {
		x.vm.Interrupt(errors.New("Exceeded maximum execution time"))
		panic(x.vm.NewGoError(x.ctx.Err())) // the interruption overtakes whoever catches this
	}
}

func (x *execution) scriptProperties() object {
	g, p := x.google, x.project
	locked := func(f func()) { g.mu.Lock(); defer g.mu.Unlock(); f() }
	return object{
		"getProperty": func(name string) (v any) {
			locked(func() {
				if s, ok := p.Properties[name]; ok {
					v = s
				}
			})
			return v
		},
		"getProperties": func() (all map[string]string) {
			locked(func() { all = maps.Clone(p.Properties) })
			return all
		},
		"setProperty": func(name, value string) {
			if len(value) > 9<<10 {
				x.throw("Argument too large: value")
			}
			locked(func() { p.Properties[name] = value; g.changed() })
		},
		"deleteAllProperties": func() { locked(func() { clear(p.Properties); g.changed() }) },
		"deleteProperty":      func(name string) { locked(func() { delete(p.Properties, name); g.changed() }) },
	}
}

// maxTriggers is how many triggers an account may have in a script.
const maxTriggers = 20

func (x *execution) scriptApp() object {
	g, p := x.google, x.project
	return object{
		"AuthMode": object{"FULL": "FULL", "LIMITED": "LIMITED", "NONE": "NONE"},
		// It ends the run with the authorisation page where a scope was unticked.
		"requireAllScopes": func(string) {
			for _, s := range x.manifest.OAuthScopes {
				if !slices.Contains(x.granted, s) {
					x.vm.Interrupt(errNeedsConsent) // no script can catch it
				}
			}
		},
		"getProjectTriggers": func() []any {
			x.need("ScriptApp.getProjectTriggers", "script.scriptapp")
			g.mu.Lock()
			defer g.mu.Unlock()
			mine := []any{}
			for _, t := range p.Triggers {
				if t.Creator == x.email { // others' cannot be seen
					mine = append(mine, object{"getUniqueId": func() string { return t.ID }, "getHandlerFunction": func() string { return t.Handler }})
				}
			}
			return mine
		},
		"deleteTrigger": func(v object) {
			id := v["getUniqueId"].(func() string)()
			g.mu.Lock()
			defer g.mu.Unlock()
			p.Triggers = slices.DeleteFunc(p.Triggers, func(t trigger) bool { return t.ID == id && t.Creator == x.email })
			g.changed()
		},
		"newTrigger": func(handler string) object {
			x.need("ScriptApp.newTrigger", "script.scriptapp")
			return object{"forSpreadsheet": func(v goja.Value) object {
				id, byID := v.Export().(string)
				if sheet, ok := v.Export().(object); ok {
					id = sheet["getId"].(func() string)()
				}
				if scopes := []string{"spreadsheets.currentonly", "spreadsheets"}; byID && g.faults.now().WideTriggers {
					x.need("ScriptApp.TriggerBuilder.forSpreadsheet", scopes[1])
				} else {
					x.need("ScriptApp.TriggerBuilder.forSpreadsheet", scopes...)
				}
				on := func(event string) func() object {
					return func() object {
						return object{"create": func() { x.createTrigger(trigger{Handler: handler, Event: event, SpreadsheetID: id, Creator: x.email}) }}
					}
				}
				return object{"onEdit": on("ON_EDIT"), "onChange": on("ON_CHANGE")}
			}}
		},
	}
}

func (x *execution) createTrigger(t trigger) {
	g := x.google
	g.mu.Lock()
	s, ok := g.spreadsheets[t.SpreadsheetID]
	mine := 0
	for _, other := range x.project.Triggers {
		if other.Creator == x.email {
			mine++
		}
	}
	switch {
	case !ok || !s.mayEdit(x.email):
		g.mu.Unlock()
		x.throw("You do not have permission to access the requested document.")
	case mine >= maxTriggers:
		g.mu.Unlock()
		x.throw("This script has too many triggers. Triggers must be deleted from the script before more can be added.")
	}
	t.ID = rand.Text()
	x.project.Triggers = append(x.project.Triggers, t)
	g.changed()
	g.mu.Unlock()
}

// spreadsheetApp is SpreadsheetApp. A web app has no active spreadsheet, even if its
// script is bound to one, and nobody whom it could ask.
func (x *execution) spreadsheetApp() object {
	active := func() any {
		if x.hasUI || x.limited {
			return x.source(x.project.Parent)
		}
		return nil
	}
	return object{"getActive": active, "getActiveSpreadsheet": active, "getUi": func() object {
		if !x.hasUI {
			x.throw("Cannot call SpreadsheetApp.getUi() from this context.")
		}
		return object{
			"Button": object{"OK": "OK", "CANCEL": "CANCEL"}, "ButtonSet": object{"OK_CANCEL": "OK_CANCEL"},
			"alert": func(text string) { x.said = append(x.said, text) },
			"prompt": func(title, text, buttons string) object {
				button, typed := "CANCEL", ""
				if x.answer != nil {
					button, typed = "OK", *x.answer
				}
				return object{"getSelectedButton": func() string { return button }, "getResponseText": func() string { return typed }}
			},
			"createMenu": func(menu string) object {
				m := object{"addToUi": func() {}}
				m["addItem"] = func(caption, function string) object {
					x.menu = append(x.menu, menuItem{Project: x.project.ID, Menu: menu, Caption: caption, Function: function})
					return m
				}
				return m
			},
		}
	}}
}

// Menu is what the scripts of a spreadsheet put into its menu as somebody opens it:
// their simple onOpen runs.
func (g *Google) Menu(ctx context.Context, spreadsheetID, email string) []menuItem {
	items := []menuItem{}
	for p, files := range g.scriptsOf(spreadsheetID) {
		if !slices.Contains(functionsOf(files), "onOpen") {
			continue
		}
		x := g.execution(p, files, email)
		x.limited, x.hasUI = true, true
		if _, err := x.call(ctx, "onOpen", func() any { return object{"authMode": "LIMITED", "source": x.source(spreadsheetID)} }); err != nil {
			slog.Warn("simulated onOpen failed", "error", err)
		}
		items = append(items, x.menu...)
	}
	slices.SortFunc(items, func(a, b menuItem) int { return strings.Compare(a.Project, b.Project) })
	return items
}

// functionsOf are the functions that files define at their top level.
func functionsOf(files []scriptFile) (names []string) {
	for _, f := range files {
		if f.Type == "SERVER_JS" {
			for _, m := range functionName.FindAllStringSubmatch(f.Source, -1) {
				if !strings.HasSuffix(m[1], "_") { // private
					names = append(names, m[1])
				}
			}
		}
	}
	return names
}

var functionName = regexp.MustCompile(`(?m)^function (\w+)\(`)

// source is the spreadsheet of an event, as far as a handler sees it.
func (x *execution) source(spreadsheetID string) object {
	return object{"getId": func() string { return spreadsheetID }}
}
