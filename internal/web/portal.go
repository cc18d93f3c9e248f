package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sheet24"
	"sheet24/internal/locale"
)

// portalForm is what the portal page shows beside the portals.
type portalForm struct {
	webhook string // as typed
	host    string // as typed, for the application
	app     bool   // there is an application
	problem string
}

// portal shows the portals that are connected and asks for one.
func (w *Web) portal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	w.showPortals(rw, r, u, http.StatusOK, portalForm{})
}

func (w *Web) showPortals(rw http.ResponseWriter, r *http.Request, u *sheet24.User, status int, f portalForm) {
	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	f.app = w.BitrixApp
	w.render(rw, r, status, portalPage(portals, f))
}

// savePortal checks a webhook address and keeps it. A wrong one stays in the field.
func (w *Web) savePortal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	text := r.FormValue("webhook_url")
	p, err := w.Portals.Connect(r.Context(), text)
	if err == nil {
		err = w.keepPortal(r, u, p)
	}

	if err != nil {
		w.showPortals(rw, r, u, http.StatusUnprocessableEntity, portalForm{webhook: text, problem: locale.Error(u.Language, err)})
		return
	}

	http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
}

// keepPortal stores a new connection and lets what waited for it go on.
func (w *Web) keepPortal(r *http.Request, u *sheet24.User, p *sheet24.Portal) error {
	if p.ID == 0 { // one that is renewed stays whose it is
		p.UserID = u.ID
	}
	if err := w.Store.SavePortal(r.Context(), p); err != nil {
		return err
	}
	about(r.Context(), p.Host)
	w.Wake.Push(r.Context(), p.ID)
	return nil
}

// ownPortal finds the portal that a path names; another team's does not exist.
func (w *Web) ownPortal(r *http.Request, u *sheet24.User) (*sheet24.Portal, error) {
	id, _ := strconv.ParseInt(r.PathValue("portal"), 10, 64) // no number is no portal
	p, err := w.Store.PortalIn(r.Context(), u.Scope(), id)
	if err == nil {
		about(r.Context(), p.Host)
	}
	return p, err
}

// checkPortal looks at a connection anew. If it works, what waited goes on; if it
// does not, the page says what is missing.
func (w *Web) checkPortal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	p, err := w.ownPortal(r, u)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	checked := w.Portals.Check(r.Context(), p)
	pause, pauses := sheet24.PauseFor(checked, time.Now())
	switch {
	case checked == nil:
		err = w.keepPortal(r, u, p)
	case pauses: // then its card says why
		err = w.Store.PausePortal(r.Context(), p.ID, pause)
	default:
		w.showPortals(rw, r, u, http.StatusUnprocessableEntity, portalForm{problem: locale.Error(u.Language, checked)})
		return
	}

	if err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
}

// plans are the plans that a user may say the portal has.
var plans = map[string]sheet24.Plan{"standard": sheet24.StandardPlan, "enterprise": sheet24.EnterprisePlan}

func (w *Web) setPlan(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	p, err := w.ownPortal(r, u)
	if err == nil {
		plan, ok := plans[r.FormValue("plan")]
		if !ok {
			err = sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalPlanUnknown, r.FormValue("plan"))
		} else {
			err = w.Store.SavePlan(r.Context(), p.ID, plan)
		}
	}

	if err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
}

// missingScopes are what a connection would need for all that sheet24 can do.
func missingScopes(p *sheet24.Portal) []string {
	var missing []string
	for _, s := range []string{"crm", "user"} {
		if len(p.Account.Scopes) > 0 && !slices.Contains(p.Account.Scopes, s) {
			missing = append(missing, s)
		}
	}

	return missing
}

// planOf is a portal's plan, or the one that is taken for it.
func planOf(p *sheet24.Portal) sheet24.Plan {
	if p.Plan == (sheet24.Plan{}) {
		return sheet24.StandardPlan
	}
	return p.Plan
}

// limitsOf says how many requests a portal lets through.
func limitsOf(ctx context.Context, p *sheet24.Portal) string {
	plan := planOf(p)
	return tr(ctx, "portal_limits_text", strconv.FormatFloat(plan.Rate, 'f', -1, 64), strconv.FormatFloat(plan.Burst, 'f', -1, 64))
}

func portalPath(p *sheet24.Portal) string {
	return "/sheet-sync/portal/" + strconv.FormatInt(p.ID, 10)
}
