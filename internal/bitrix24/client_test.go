package bitrix24_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/locale"
	"sheet24/internal/sim/bitrixsim"
)

// world is a simulated portal and a client that may call it.
type world struct {
	*bitrix24.Client
	t      *testing.T
	sim    *bitrixsim.Portal
	server *httptest.Server
	portal *sheet24.Portal
}

// newWorld makes a portal, with a bucket that no test is slowed by unless it asks
// for another, and connects it by its webhook.
func newWorld(t *testing.T, sim bitrixsim.Options, o bitrix24.Options) *world {
	t.Helper()
	sim.Secret = "gizli"
	if sim.Brim == 0 {
		sim.Leak, sim.Brim = 1000, 1000
	}
	if o.Plan == (sheet24.Plan{}) {
		o.Plan = sheet24.Plan{Rate: 1000, Burst: 1000}
	}
	if o.Pace == 0 {
		o.Pace = time.Millisecond
	}
	w := &world{t: t, sim: bitrixsim.New(sim)}
	w.server = httptest.NewServer(w.sim.Handler())
	t.Cleanup(w.server.Close)
	o.Hosts = append(o.Hosts, w.host())
	w.Client = bitrix24.New(o)
	var err error
	w.portal, err = w.Connect(t.Context(), w.server.URL+w.sim.WebhookPath())
	w.check(err)
	return w
}

func (w *world) host() string { return strings.TrimPrefix(w.server.URL, "http://") }

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fail makes the portal's next requests go wrong.
func (w *world) fail(faults ...bitrixsim.Fault) {
	w.t.Helper()
	w.check(w.sim.Fail(faults...))
}

// write makes writes, a request after the other, and those that were not sent again.
func (w *world) write(writes ...sheet24.ItemWrite) []sheet24.Written {
	w.t.Helper()
	return w.writeTo(w.portal, writes...)
}

// writeTo is write by another connection.
func (w *world) writeTo(p *sheet24.Portal, writes ...sheet24.ItemWrite) []sheet24.Written {
	w.t.Helper()
	done := make([]sheet24.Written, len(writes))
	var todo []int
	for i := range writes {
		todo = append(todo, i)
	}

	for range 200 {
		turn, err := w.Turn(w.t.Context(), p)
		w.check(err)
		var now []int
		for _, i := range todo {
			if alone := turn.Alone(writes[i]); alone && len(now) > 0 || len(now) > 0 && turn.Alone(writes[now[0]]) {
				continue
			}
			if room, _ := turn.Room(writes[i].Call()); len(now) < min(turn.Size(), room) {
				now = append(now, i)
			}
		}
		if len(now) == 0 {
			turn.GiveBack()
			time.Sleep(20 * time.Millisecond)
			continue
		}

		var r sheet24.Request
		for _, i := range now {
			r.Writes = append(r.Writes, writes[i])
		}
		turn.Book(r)
		for n, d := range turn.Send(w.t.Context(), r).Written {
			done[now[n]] = d
		}
		todo = slices.DeleteFunc(todo, func(i int) bool { return slices.Contains(now, i) && done[i].Outcome != sheet24.Unsent })
		if len(todo) == 0 {
			break
		}
	}
	return done
}

// send makes one request.
func (w *world) send(r sheet24.Request) sheet24.Reply {
	w.t.Helper()
	turn, err := w.Turn(w.t.Context(), w.portal)
	w.check(err)
	turn.Book(r)
	return turn.Send(w.t.Context(), r)
}

// wrote makes writes that must succeed.
func (w *world) wrote(writes ...sheet24.ItemWrite) []sheet24.Written {
	w.t.Helper()
	done := w.write(writes...)
	for i, d := range done {
		if d.Err != nil {
			w.t.Fatalf("write %d: %v", i, d.Err)
		}
	}
	return done
}

func (w *world) lead(email string) int64 {
	return w.sim.Add(1, map[string]any{"title": "Ayşe Yılmaz", "name": "Ayşe", "stageId": "NEW", "opportunity": 1500.5},
		bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email},
		bitrixsim.Multi{TypeID: "PHONE", ValueType: "MOBILE", Value: "+905321234567"})
}

func wantCode(t *testing.T, what string, err error, kind sheet24.Kind, code sheet24.Code) {
	t.Helper()
	if e := sheet24.AsError(err); err == nil || e.Code != code || e.Kind != kind {
		t.Errorf("%s: %v; want %s %s", what, err, kind, code)
	}
}

func TestWebhookURL(t *testing.T) {
	t.Parallel()
	hosts := bitrix24.Hosts{"127.0.0.1:3000", "crm.firma.local"}
	for _, c := range []struct {
		in, want string
		code     sheet24.Code
	}{
		{"https://firma.bitrix24.com.tr/rest/1/abc123/", "https://firma.bitrix24.com.tr/rest/1/abc123/", ""},
		{"  https://Firma.bitrix24.com/rest/12/abc123/crm.lead.list.json?x=1", "https://firma.bitrix24.com/rest/12/abc123/", ""},
		{"http://127.0.0.1:3000/rest/1/abc", "http://127.0.0.1:3000/rest/1/abc/", ""},
		{"https://crm.firma.local/rest/1/abc", "https://crm.firma.local/rest/1/abc/", ""},
		{"http://firma.bitrix24.com/rest/1/abc", "", sheet24.CodePortalHTTPS},
		{"https://firma.bitrix24.com.evil.example/rest/1/abc", "", sheet24.CodePortalHost},
		{"https://169.254.169.254/rest/1/abc", "", sheet24.CodePortalHost},
		{"https://u:p@firma.bitrix24.com/rest/1/abc", "", sheet24.CodePortalURL},
		{"https://firma.bitrix24.com/", "", sheet24.CodePortalURL},
		{"https://firma.bitrix24.com/rest/../x/1", "", sheet24.CodePortalURL},
		{"firma.bitrix24.com", "", sheet24.CodePortalURL},
		{"", "", sheet24.CodePortalURL},
	} {
		u, err := hosts.Webhook(c.in)
		if c.code != "" {
			wantCode(t, c.in, err, sheet24.Invalid, c.code)
		} else if err != nil || u.String() != c.want {
			t.Errorf("Webhook(%q) = %v, %v; want %s", c.in, u, err, c.want)
		}
	}
}

func TestPortalAddress(t *testing.T) {
	t.Parallel()
	hosts := bitrix24.Hosts{"127.0.0.1:3000"}
	for _, c := range []struct {
		in, want string
		code     sheet24.Code
	}{
		{"firma.bitrix24.com.tr", "https://firma.bitrix24.com.tr/", ""},
		{" https://Firma.bitrix24.com/crm/lead/list/ ", "https://firma.bitrix24.com/", ""},
		{"127.0.0.1:3000", "http://127.0.0.1:3000/", ""},
		{"http://firma.bitrix24.com", "", sheet24.CodePortalHTTPS},
		{"firma", "", sheet24.CodePortalHost},
		{"localhost:22", "", sheet24.CodePortalHost},
		{"", "", sheet24.CodePortalName},
	} {
		u, err := hosts.Portal(c.in)
		if c.code != "" {
			wantCode(t, c.in, err, sheet24.Invalid, c.code)
		} else if err != nil || u.String() != c.want {
			t.Errorf("Portal(%q) = %v, %v; want %s", c.in, u, err, c.want)
		}
	}
}

func TestConnectNamesWhatItFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	if a := w.portal.Account; a.UserID != 1 || a.Name != "Ayşe Yılmaz" || !a.Admin || !reflect.DeepEqual(a.Scopes, []string{"crm", "user"}) {
		t.Errorf("account = %+v", a)
	}
	if w.portal.Host != w.host() || w.portal.Plan != (sheet24.Plan{}) {
		t.Errorf("portal = %+v", w.portal)
	}
	for name, c := range map[string]struct {
		webhook bitrixsim.Webhook
		code    sheet24.Code
		says    string
	}{
		"no crm":     {bitrixsim.Webhook{UserID: 2, Secret: "a", Scopes: []string{"user", "task"}}, sheet24.CodePortalScope, "“CRM (crm)” izni yok"},
		"user left":  {bitrixsim.Webhook{UserID: 4, Secret: "b", Scopes: []string{"crm"}}, sheet24.CodePortalUser, "işten ayrılmış"},
		"not a user": {bitrixsim.Webhook{UserID: 2, Secret: "c", Scopes: []string{"crm"}}, "", ""},
	} {
		p, err := w.Connect(t.Context(), w.server.URL+w.sim.AddWebhook(c.webhook))
		if c.code == "" {
			w.check(err)
			if p.Account.Admin || p.Account.Name != "Mehmet Kaya" {
				t.Errorf("%s: %+v", name, p.Account)
			}
			continue
		}
		wantCode(t, name, err, sheet24.Unauthorized, c.code)
		if s := locale.Error("tr", err); !strings.Contains(s, c.says) {
			t.Errorf("%s: the user reads %q", name, s)
		}
	}
}

func TestEntities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	all, err := w.Entities(t.Context(), w.portal)
	w.check(err)
	var got []string
	for _, e := range all {
		got = append(got, strings.TrimSuffix(string(e.Entity)+" "+e.Title, " "))
	}
	want := []string{"leads", "deals", "contacts", "companies", "quotes", "invoices", "spa:1036 Projeler", "spa:1040 Servis kayıtları"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
	// Who is no administrator of the CRM is not shown the smart processes.
	p, err := w.Connect(t.Context(), w.server.URL+w.sim.AddWebhook(bitrixsim.Webhook{UserID: 2, Secret: "x", Scopes: []string{"crm"}}))
	w.check(err)
	if all, err = w.Entities(t.Context(), p); err != nil || len(all) != 6 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	seen := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen = true }))
	defer elsewhere.Close()
	w.sim.Move(strings.TrimPrefix(elsewhere.URL, "http://"))
	err := w.ping(t.Context())
	wantCode(t, "moved", err, sheet24.Unauthorized, sheet24.CodePortalMoved)
	if seen {
		t.Error("the secret was carried to another host")
	}
	if strings.Contains(err.Error(), "gizli") {
		t.Errorf("the secret is in the error: %v", err)
	}
}
