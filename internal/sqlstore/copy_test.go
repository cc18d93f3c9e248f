package sqlstore_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

// TestCopy moves an installation to PostgreSQL and back, and goes on with it.
func TestCopy(t *testing.T) {
	t.Parallel()
	cluster, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{"sqlite:" + filepath.Join(t.TempDir(), "a.db"), cluster.Database(t), "sqlite:" + filepath.Join(t.TempDir(), "b.db")}
	key := secret.NewKey()
	open := func(url string) *sqlstore.Store { return storetest.OpenAt(t, url, key) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := open(urls[0])
	table := storetest.Seed(t, s)
	check(s.SetPolicies(t.Context(), table.ID, sheet24.Policies{NewRows: sheet24.CreateNew, Fields: map[string]sheet24.Side{"EMAIL": sheet24.Ask}}))
	var changes []sheet24.RowChange
	var snapshots []sheet24.Snapshot
	for i := range 2000 {
		id := int64(100 + i)
		changes = append(changes, sheet24.RowChange{EntityID: id, Row: i + 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {Old: fmt.Sprint("ş", i), New: 1.5}}})
		snapshots = append(snapshots, sheet24.Snapshot{EntityID: id, Row: i + 2, Values: map[string]any{"EMAIL": "ı\"\\ü", "AD": true, "BOŞ": nil}})
	}
	event := &sheet24.Event{TableID: table.ID, Type: sheet24.Structure, MessageID: "m", Data: []byte(`{"a":1}`)}
	check(s.AddEvent(t.Context(), event))
	check(s.CommitScan(t.Context(), table, sheet24.Scanned{Changes: changes, Snapshots: append(snapshots, sheet24.Snapshot{Row: 9, Values: map[string]any{"AD": "eski"}})}))
	check(s.StartComparison(t.Context(), table.ID))
	check(s.SaveCorrections(t.Context(), table.PortalID, table.Entity, map[string]string{"çep": "PHONE_MOBILE", "adres": "", "ıd": "", "iş": "PHONE_WORK"}))
	check(s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 100, Field: "EMAIL", Value: "a"}}))
	check(s.SaveChannel(t.Context(), &sheet24.DriveChannel{ID: "k", UserID: table.UserID, ResourceID: "r", Token: "t", PageToken: "p", ExpiresAt: time.Now()}))
	want, err := s.History(t.Context(), table.ID, 0, 10000)
	check(err)

	for i := 1; i < len(urls); i++ {
		var told []string
		check(sqlstore.Copy(t.Context(), urls[i-1], urls[i], func(c sqlstore.Copied) { told = append(told, fmt.Sprint(c.Table, " ", c.Rows)) }))
		if got := strings.Join(told, ", "); !strings.Contains(got, "users 1,") || !strings.Contains(got, "reverse_sync_logs 200") || !strings.Contains(got, "row_snapshots 2001") || !strings.Contains(got, "left_rows 1") {
			t.Errorf("told: %s", got)
		}
		if err := sqlstore.Copy(t.Context(), urls[i-1], urls[i], func(sqlstore.Copied) {}); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("copied over another: %v", err)
		}
		copy := open(urls[i])
		got, err := copy.History(t.Context(), table.ID, 0, 10000)
		check(err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d changes are not the %d there were", len(got), len(want))
		}
		same, err := copy.Table(t.Context(), table.ID)
		check(err)
		if string(same.Key) != "key" || same.Policies.Fields["EMAIL"] != sheet24.Ask {
			t.Errorf("the table is %+v", same)
		}
		if e, err := copy.UnprocessedEvents(t.Context(), table.ID, 9); err != nil || len(e) != 1 || string(e[0].Data) != `{"a":1}` {
			t.Errorf("events %+v, %v", e, err)
		}
		// It goes on where the other left off.
		next := sheet24.RowChange{EntityID: int64(5000 + i), Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{"EMAIL": {New: "n"}}}
		check(copy.CommitScan(t.Context(), same, sheet24.Scanned{Changes: []sheet24.RowChange{next}}))
		want, err = copy.History(t.Context(), table.ID, 0, 10000)
		check(err)
		if want[0].EntityID != next.EntityID || want[0].ID <= want[1].ID {
			t.Errorf("the next change is %+v", want[0])
		}
	}
}
