package push_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// colleagueAdds makes a quote as an application of somebody else does.
func (w *pushWorld) colleagueAdds(title string) {
	w.t.Helper()
	answer, err := http.PostForm(w.portal.WebhookURL+"crm.item.add", url.Values{"entityTypeId": {"7"}, "fields[title]": {title}})
	w.check(err)
	answer.Body.Close()
}

// TestQuotesAreCreatedOnce creates quotes, which have no field for an external code, and loses
// the answer, on portals of each kind: lists can be filtered by UTM fields, they cannot, these
// fields are not kept at all. There are never two of a row. Where nothing can report whether
// there is one, its row says so, and what its owner does then counts.
func TestQuotesAreCreatedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		portal  bitrixsim.Options
		others  int // quotes that colleagues make in the meantime
		doubted bool
	}{
		"filtered":             {bitrixsim.Options{}, 60, false},
		"not filtered":         {bitrixsim.Options{UTMHidden: true}, 3, false},
		"not filtered, crowds": {bitrixsim.Options{UTMHidden: true}, 60, true},
		"not kept":             {bitrixsim.Options{UTMIgnored: true}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.portal.RequestLimit = time.Second
			w := newPushWorld(t, c.portal, bitrix24.Options{RequestLimit: time.Second})
			w.table = w.newTable("q", sheet24.Quotes)
			p := w.start()
			w.found(w.table, created(0))
			w.settled() // one that is answered: what it shows is learned from

			w.check(w.sim.Fail(bitrixsim.Fault{Kind: "lost", Method: "crm.item.add"}))
			w.found(w.table, created(1))
			w.eventually("it is sent", func() bool { return len(w.sim.Records(7)) == 2 })
			for n := range c.others {
				w.colleagueAdds(fmt.Sprint("başka ", n))
			}
			w.settled()

			if n := len(w.sim.Records(7)); n != 2+c.others {
				t.Errorf("%d quotes; want %d", n, 2+c.others)
			}
			last := w.history(w.table)[0]
			if doubts := last.Status == sheet24.Failed; doubts != c.doubted || doubts == (last.Error == "") {
				t.Errorf("%s: %s", last.Status, last.Error)
			}
			if !c.doubted {
				return
			}

			// Its owner looked, and there is none: they delete it, and edit the row again.
			w.found(w.table, created(1))
			w.settled()
			if n := len(w.sim.Records(7)); n != 3+c.others {
				t.Errorf("%d quotes after the row was edited again; want %d", n, 3+c.others)
			}
			p.kill()
		})
	}
}
