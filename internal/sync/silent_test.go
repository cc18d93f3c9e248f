package sync_test

import (
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// TestSilentPortal edits rows of a portal that takes requests and answers none: the sheet
// is read and told, what the portal has to do waits, and all of it goes on by itself.
func TestSilentPortal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	portal, err := w.store.Portal(t.Context(), w.table.PortalID)
	w.check(err)
	crm := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{portal.Host}, Pace: time.Millisecond, Patience: 100 * time.Millisecond, Silences: w.store})
	w.CRM = crm
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.check(w.portal.Fail(bitrixsim.Fault{Kind: "silent"}))
	paused := func() bool {
		t.Helper()
		p, err := w.store.Portal(t.Context(), portal.ID)
		w.check(err)
		return p.Paused != nil && p.Paused.Code == sheet24.CodePortalSilent
	}

	// A push finds it out; what comes later is not even claimed.
	w.edit("C2", []any{"yeni@ornek.com.tr"})
	w.nudge(2, 2)
	w.sync()
	for end := time.Now().Add(5 * time.Second); !paused(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the portal is not paused")
		}
	}
	asked := w.portal.Stats().Requests
	w.edit("C3", []any{"daha@ornek.com.tr"})
	w.nudge(3, 3)
	w.sync()
	if _, err := w.Compare(t.Context(), w.table.ID); err != nil {
		t.Errorf("compare: %v", err)
	}
	expect(t, "requests to a silent portal", w.portal.Stats().Requests-asked, 0)
	for row := 2; row <= 3; row++ {
		if s, _ := w.status(row).(string); !strings.HasPrefix(s, "⏳") || !strings.Contains(s, "yanıt vermiyor") {
			t.Errorf("row %d says %q", row, s)
		}
	}

	// It answers: whoever asks it resumes it.
	w.check(w.portal.Fail())
	w.ahead.Store(int64(11 * time.Second))
	w.check(crm.AskSilent(t.Context()))
	if paused() {
		t.Fatal("it answers, and is paused")
	}
	w.sync()
	for row, want := range map[int64]string{1: "Ayşe yeni@ornek.com.tr NEW 100", 2: "Mehmet daha@ornek.com.tr NEW 200"} {
		expect(t, "the record", w.lead(row), want)
		expect(t, "the row", w.status(int(row)+1), any(ok))
	}
	for more := true; more; {
		more, err = w.Compare(t.Context(), w.table.ID)
		w.check(err)
	}
	c, err := w.store.Comparison(t.Context(), w.table.ID)
	w.check(err)
	expect(t, "the comparison", c.State, sheet24.Done)
}

// TestRowsSayWhyTheyWait has a portal paused by somebody else than the push of the rows
// that wait for it.
func TestRowsSayWhyTheyWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("C2", []any{"yeni@ornek.com.tr"})
	w.nudge(2, 2)
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	portal, err := w.store.Portal(t.Context(), w.table.PortalID)
	w.check(err)
	w.check(w.store.Silent(t.Context(), portal.Host, w.Now().Add(time.Minute), w.Now().Add(time.Second)))
	w.check(w.TellWaiting(t.Context()))
	w.sync()
	if s, _ := w.status(2).(string); !strings.HasPrefix(s, "⏳") || !strings.Contains(s, "yanıt vermiyor") {
		t.Errorf("the row says %q", s)
	}
	w.check(w.store.Answers(t.Context(), portal.Host))
	w.check(w.TellWaiting(t.Context()))
	w.sync()
	expect(t, "the row", w.status(2), any(ok))
}
