package e2e_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/pgtest"
	"sheet24/internal/sync/receive"
)

// TestDatabaseRestarts ends PostgreSQL in the middle of a burst, and starts it again:
// webhooks are answered 503 meanwhile, so that scripts keep what they had to say, and
// all goes on by itself.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	c, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	s := activatedOn(t, c.Database(t))
	last := map[int]string{}
	burst := func(name string) {
		t.Helper()
		for row := 2; row < 102; row++ {
			last[row] = fmt.Sprintf("%s%d@ornek.com.tr", name, row)
			edit(t, s.ready, fmt.Sprint("C", row), last[row])
		}
	}
	burst("once")
	c.Interrupt()
	if status := s.nudge(t); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook without a database: HTTP %d", status)
	}
	if resp, err := http.Get("http://" + s.config.Listen + "/api/v1/health"); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("health without a database: %v, %v", resp, err)
	}
	burst("ara")
	time.Sleep(2 * time.Second)
	if err := c.Resume(); err != nil {
		t.Fatal(err)
	}
	burst("sonra") // whose first message brings along what was kept
	s.arrive(t, 40*time.Second, last)
}

// nudge posts a message that is well formed, and whose signature is nobody's.
func (s *service) nudge(t *testing.T) int {
	t.Helper()
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":5}`, s.ready.SpreadsheetID, s.ready.GID)
	req, err := http.NewRequest(http.MethodPost, "http://"+s.config.Listen+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"1"}, "Webhook-Timestamp": {fmt.Sprint(time.Now().Unix())}, "Webhook-Signature": {"v1,x"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestDatabaseLocked has another program hold SQLite's lock for longer than anybody
// waits: webhooks are answered 503, and all goes on by itself.
func TestDatabaseLocked(t *testing.T) {
	s := activated(t)
	s.rests(t)
	store := openStore(t, s.config)
	t.Cleanup(func() { store.Close() })
	other, err := store.DB().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	edit(t, s.ready, "C5", "kilitli@ornek.com.tr") // its message waits, and is refused in the end
	if status := s.signedNudge(t, store); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook while the file is locked: HTTP %d after %v", status, time.Since(began))
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}

	// Nobody edits any more: what was refused is polled.
	s.arrive(t, 20*time.Second, map[int]string{5: "kilitli@ornek.com.tr"})

	// The script, which was refused before it took it for late, does not rest.
	edit(t, s.ready, "C6", "acik@ornek.com.tr")
	s.arrive(t, 20*time.Second, map[int]string{6: "acik@ornek.com.tr"})
}

// signedNudge posts a message as the script does.
func (s *service) signedNudge(t *testing.T, store *sqlstore.Store) int {
	t.Helper()
	table, err := store.Table(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"sheet_id":%q,"gid":%d,"event":"row_edited","row_id":5}`, s.ready.SpreadsheetID, s.ready.GID)
	req, err := http.NewRequest(http.MethodPost, "http://"+s.config.Listen+"/api/v1/sheet-sync/webhook", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	for name, value := range map[string]string{"Content-Type": "application/json", "webhook-id": "test", "webhook-timestamp": at,
		"webhook-signature": receive.Sign(table.Key, "test", at, []byte(body))} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// arrive waits until the record of each row has the row's last e-mail address.
func (s *service) arrive(t *testing.T, within time.Duration, last map[int]string) {
	t.Helper()
	eventually(t, within, "every row's last value", func() bool {
		all := allEmails(t, s.ready)
		for row, email := range last {
			if strings.Join(all[row-1], " ") != email {
				return false
			}
		}
		return true
	})
}
