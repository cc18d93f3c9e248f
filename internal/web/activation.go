package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// activation answers the page that waits for the user's permission: nothing yet,
// or the word that the webhook is there.
func (w *Web) activation(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if !t.WebhookRegistered {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	w.render(rw, r, http.StatusOK, webhookReady())
}

// activate puts the script into the sheet and leads to Google, where the user lets
// it run.
func (w *Web) activate(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	a, err := w.Setup.Install(r.Context(), t)
	if err != nil {
		w.notInstalled(rw, r, t, err)
		return
	}
	http.Redirect(rw, r, a.Link, http.StatusSeeOther)
}

// notInstalled shows the table, which is there all the same, and what is in the way
// of its script.
func (w *Web) notInstalled(rw http.ResponseWriter, r *http.Request, t *sheet24.Table, err error) {
	w.Log.Warn("install script", "table", t.ID, "error", err)
	v := tableView{table: t}
	if v.apiOff = apiOff(err); !v.apiOff {
		v.problem = locale.Error(visitOf(r.Context()).lang, err)
	}
	w.renderTable(rw, r, http.StatusBadGateway, v)
}

func apiOff(err error) bool { return sheet24.AsError(err).Code == sheet24.CodeGoogleScriptAPIOff }

// script answers the page that waits for the Apps Script API: nothing yet, or how to
// go on.
func (w *Web) script(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	switch _, err := w.Setup.Install(r.Context(), t); {
	case apiOff(err):
		rw.WriteHeader(http.StatusNoContent)
	case err != nil:
		w.render(rw, r, http.StatusOK, alert(locale.Error(visitOf(r.Context()).lang, err)))
	default:
		w.render(rw, r, http.StatusOK, activateCard(t))
	}
}
