package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"sheet24"
)

// historyPage is how many changes are shown at once.
const historyPage = 50

// history answers the page that shows it live: nothing while nothing changed.
func (w *Web) history(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	changes, err := w.History.Page(r.Context(), t, 0, historyPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	if historyState(changes) == r.FormValue("state") {
		rw.WriteHeader(http.StatusNoContent)
		return
	}

	w.render(rw, r, http.StatusOK, historyTable(t, changes, false))
}

// historyState tells one state of a history from another.
func historyState(changes []sheet24.RowChange) string {
	var b bytes.Buffer
	for _, c := range changes {
		b.WriteString(strconv.FormatInt(c.ID, 36) + string(c.Status) + c.Error + c.Note + strconv.Itoa(len(c.Fields)) + c.SyncedAt.String())
		for _, f := range columnsOf(nil, c) {
			b.WriteString(f.field + textOf(f.change.New))
		}
	}

	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:8])
}

// live are the attributes that keep the newest page of a history up to date.
func live(t *sheet24.Table, changes []sheet24.RowChange, older bool) templ.Attributes {
	if older {
		return nil
	}
	return templ.Attributes{
		"hx-get": t.Path() + "/history?state=" + historyState(changes), "hx-trigger": "every 1s", "hx-swap": "outerHTML",
	}
}

// stateText says where a change stands, and what it did if that was more than an edit.
func stateText(ctx context.Context, c sheet24.RowChange) string {
	text := tr(ctx, "status."+string(c.Status))
	switch {
	case c.Action == sheet24.Delete:
		return text + " · " + tr(ctx, "action.delete")
	case c.Action == sheet24.Match && c.EntityID > 0:
		return text + " · " + tr(ctx, "action.match")
	case c.Status == sheet24.Completed && c.EntityID < 0:
		return tr(ctx, "sheet.left")
	case c.Action != sheet24.Update:
		return text + " · " + tr(ctx, "action.new")
	}

	return text
}
