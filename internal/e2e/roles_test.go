package e2e_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sheet24/internal/app"
)

// ownRoutes are about whoever asks: they end the walk, or change nothing but the walker's own.
var ownRoutes = []string{
	"POST /language", "POST /sheet-sync/sign-out", "POST /sheet-sync/oauth/start", "POST /sheet-sync/google/disconnect",
	"POST /sheet-sync/account/sign-out", "POST /sheet-sync/account/delete", "POST /sheet-sync/team/leave",
}

// walk is a demo with a table of Ayşe's, and what in it is hers.
type walk struct {
	t     *testing.T
	ready app.Ready
	db    *sql.DB
	names map[string]string // of what stands in paths, all hers
}

func newWalk(t *testing.T) *walk {
	data := t.TempDir()
	w := &walk{t: t, ready: demo(t, data, "--activated")}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "sheet24.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.db = db
	edit(t, w.ready, "C5", "ilk@ornek.com.tr")
	eventually(t, waitForSync, "an edit", synced(t, w.ready, 4, "ilk@ornek.com.tr"))

	w.names = map[string]string{"{spreadsheet}": w.ready.SpreadsheetID, "{act}": "push", "{$}": "",
		"{table}": w.one("SELECT id FROM sheet_sync_config"), "{portal}": w.one("SELECT id FROM portals"),
		"{change}": w.one("SELECT max(id) FROM reverse_sync_logs"), "{member}": w.one("SELECT user_id FROM portals")}
	return w
}

func (w *walk) one(query string) (value string) {
	w.t.Helper()
	if err := w.db.QueryRow(query).Scan(&value); err != nil {
		w.t.Fatal(query, err)
	}
	return value
}

// state is all of Ayşe's team's that somebody else might change.
func (w *walk) state() string {
	w.t.Helper()
	return w.one(strings.ReplaceAll(`SELECT
		(SELECT group_concat(id || user_id || host || webhook_url || app_grant || plan_rate || paused_code) FROM portals WHERE user_id = HERS) ||
		(SELECT group_concat(id || user_id || portal_id || entity_type || name || color_scheme || policies || enabled || language || script_id || activation_hash || binding) FROM sheet_sync_config WHERE user_id = HERS) ||
		(SELECT group_concat(config_id || sheet_column_name || bitrix_field) FROM field_mappings WHERE config_id = 1) ||
		(SELECT group_concat(id || role || team_id) FROM users WHERE team_id = (SELECT team_id FROM users WHERE id = HERS)) ||
		(SELECT count(*) FROM comparisons WHERE config_id = 1) || ' ' || (SELECT count(*) FROM reverse_sync_logs WHERE config_id = 1) || ' ' ||
		(SELECT count(*) FROM cell_writes WHERE config_id = 1) || ' ' || (SELECT count(*) FROM invitations WHERE team_id = (SELECT team_id FROM users WHERE id = HERS))`, "HERS", "'"+w.names["{member}"]+"'"))
}

// path is a route's path with what is Ayşe's in it.
func (w *walk) path(route string) (method, path string, names bool) {
	method, path, _ = strings.Cut(route, " ")
	filled := inPath.ReplaceAllStringFunc(path, func(p string) string {
		name, ok := w.names[p]
		if !ok {
			w.t.Fatalf("%s: what is %s of Ayşe's? Say so in newWalk", route, p)
		}
		names = names || p != "{$}" && p != "{spreadsheet}"
		return name
	})
	return method, filled, names
}

// ask sends a form that would do something, without following redirects.
func (w *walk) ask(v *visitor, method, path string) (status int, page string) {
	w.t.Helper()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { v.client.CheckRedirect = nil }()
	form := url.Values{"webhook_url": {w.ready.PortalWebhook}, "plan": {"enterprise"}, "role": {"viewer"}, "winner": {"crm"}, "to": {w.names["{member}"]},
		"gid": {fmt.Sprint(w.ready.GID)}, "entity": {"lead"}, "from": {"2026-01-01T00:00"}, "until": {"2027-01-01T00:00"}, "change": {w.names["{change}"]},
		"new_rows": {"create"}, "deleted": {"keep"}, "conflict": {"crm"}, "name": {"canary"}, "language": {"en"}, "invitation": {"none"}, "host": {"x"}}
	status, page, _ = v.visit(method, path, form)
	return status, page
}

// TestRolesOnEveryRoute walks every route that the code has, as nobody, as another team's
// owner, and as a viewer: what is not theirs is not there, and who looks changes nothing.
func TestRolesOnEveryRoute(t *testing.T) {
	w := newWalk(t)
	before := w.state()
	nobody := newVisitor(t, w.ready.URL)
	for _, route := range pageRoutes(t) {
		method, path, names := w.path(route)
		status, _ := w.ask(nobody, method, path)
		other, _ := w.ask(nobody, method, inPath.ReplaceAllString(strings.SplitN(route, " ", 2)[1], "999999"))
		if status == http.StatusForbidden || names && (status != http.StatusUnauthorized || other != status) {
			t.Errorf("nobody: %s: HTTP %d, and %d for what is not there", route, status, other)
		}
	}

	mehmet := newVisitor(t, w.ready.URL)
	mehmet.signInAs("mehmet@ornek.com.tr")
	for _, route := range pageRoutes(t) {
		method, path, names := w.path(route)
		status, page := w.ask(mehmet, method, path)
		if status == http.StatusForbidden || status >= 500 && status != http.StatusBadGateway || names && status != http.StatusNotFound {
			t.Errorf("another team: %s: HTTP %d", route, status)
		}
		if strings.Contains(page, "/sheet-sync/tables/"+w.names["{table}"]) || strings.Contains(page, "ayse@ornek.com.tr") {
			t.Errorf("another team: %s shows what is Ayşe's:\n%s", route, page)
		}
	}
	if now := w.state(); now != before {
		t.Fatalf("another team changed what is Ayşe's:\n%s\n%s", before, now)
	}
}

// TestViewersLook walks every route as a viewer, after an invitation that is good once.
func TestViewersLook(t *testing.T) {
	w := newWalk(t)
	ayse, mehmet := newVisitor(t, w.ready.URL), newVisitor(t, w.ready.URL)
	ayse.signIn()
	ayse.ok(http.MethodPost, "/sheet-sync/tables/"+w.names["{table}"]+"/comparison", nil)
	page, _ := ayse.ok(http.MethodPost, "/sheet-sync/team/invite", url.Values{"role": {"viewer"}})
	link := regexp.MustCompile(`<code id="invitation">([^<]+)</code>`).FindStringSubmatch(page)
	if link == nil {
		t.Fatalf("no link:\n%s", page)
	}
	if page, _ := ayse.ok(http.MethodGet, "/sheet-sync/team", nil); strings.Contains(page, link[1]) {
		t.Error("the link is shown twice")
	}

	// It leads through Google, and in.
	token := regexp.MustCompile(`invitation=(\w+)`).FindStringSubmatch(link[1])[1]
	mehmet.ok(http.MethodGet, link[1], nil)
	page, consent := mehmet.ok(http.MethodPost, "/sheet-sync/join", url.Values{"invitation": {token}})
	mehmet.consent(page, consent, "mehmet@ornek.com.tr")
	page, _ = mehmet.ok(http.MethodGet, "/sheet-sync/tables/"+w.names["{table}"], nil)
	if !strings.Contains(page, "ilk@ornek.com.tr") || !strings.Contains(page, `class="viewer"`) {
		t.Errorf("the table's page:\n%s", page)
	}
	if status, _, _ := newVisitor(t, w.ready.URL).visit(http.MethodGet, link[1], nil); status != http.StatusNotFound {
		t.Errorf("the link again: HTTP %d", status)
	}

	before := w.state()
	for _, route := range pageRoutes(t) {
		method, path, _ := w.path(route)
		status, page := w.ask(mehmet, method, path)
		refused := status == http.StatusNotFound && (strings.Contains(page, "izleyicisiniz") || strings.Contains(page, "yalnızca ekibin sahibi"))
		switch {
		case method == http.MethodPost && !refused && !strings.HasSuffix(route, "/join"):
			t.Errorf("a viewer: %s: HTTP %d", route, status)
		case method == http.MethodGet && !refused && status != http.StatusOK && status != http.StatusNoContent && !strings.Contains(route, "callback") && !strings.HasSuffix(route, "/join") && !strings.Contains(route, "favicon"):
			t.Errorf("a viewer: %s: HTTP %d", route, status)
		case strings.Contains(page, w.ready.PortalWebhook):
			t.Errorf("a viewer: %s shows the portal's secret", route)
		}
	}
	if now := w.state(); now != before {
		t.Fatalf("a viewer changed:\n%s\n%s", before, now)
	}

	// Ayşe, alone to own the team, stays; the log says who came.
	if status, _, _ := ayse.visit(http.MethodPost, "/sheet-sync/team/members/"+w.names["{member}"]+"/remove", nil); status != http.StatusConflict {
		t.Errorf("the last owner left: HTTP %d", status)
	}
	if page, _ := ayse.ok(http.MethodGet, "/sheet-sync/audit", nil); !strings.Contains(page, "mehmet@ornek.com.tr") || !strings.Contains(page, "davet bağlantısı oluşturdu") {
		t.Errorf("the log:\n%s", page)
	}

	// Who is taken out is nobody there any more, at once.
	id := w.one("SELECT id FROM users WHERE email = 'mehmet@ornek.com.tr'")
	ayse.ok(http.MethodPost, "/sheet-sync/team/members/"+id+"/remove", nil)
	if status, _, _ := mehmet.visit(http.MethodGet, "/sheet-sync/tables/"+w.names["{table}"], nil); status != http.StatusUnauthorized {
		t.Errorf("after being taken out: HTTP %d", status)
	}
}

// pageRoutes are the routes of the pages but those about whoever asks.
func pageRoutes(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(routes(t), func(r string) bool {
		return strings.Contains(r, "/api/") || strings.Contains(r, "/nothing") || slices.Contains(ownRoutes, r)
	})
}
