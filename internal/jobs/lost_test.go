package jobs_test

import (
	"testing"
	"time"

	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

// swallow has each wake-up lost that River is given from now on, and returns what ends
// that.
func swallow(t *testing.T, store *sqlstore.Store) (end func()) {
	t.Helper()
	do := func(statements ...string) {
		t.Helper()
		for _, s := range statements {
			if _, err := store.DB().ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	if !store.Shared() {
		do(`CREATE TRIGGER swallow AFTER INSERT ON river_job BEGIN DELETE FROM river_job WHERE id = NEW.id; END`)
		return func() { do(`DROP TRIGGER swallow`) }
	}
	do(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`CREATE TRIGGER swallow BEFORE INSERT ON river_job FOR EACH ROW EXECUTE FUNCTION swallow()`)
	return func() { do(`DROP TRIGGER swallow ON river_job`) }
}

// TestLostWakeUpHeals has wake-ups vanish that the runner believes to be under way.
func TestLostWakeUpHeals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		r := start(t, s)
		time.Sleep(300 * time.Millisecond) // past the start's sweep
		end := swallow(t, store)
		s.event(t)
		r.Scan(t.Context(), s.table.ID)
		time.Sleep(200 * time.Millisecond)
		if n := s.scans.Load(); n != 0 {
			t.Fatalf("%d scans without a wake-up", n)
		}

		end()
		s.settled(t, 6*time.Second)
	})
}

// TestDeletedJobs deletes all that River has while work comes in all the time.
func TestDeletedJobs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, store *sqlstore.Store) {
		s := newStages(store, storetest.Seed(t, store))
		r := start(t, s)
		for range 100 {
			s.event(t)
			r.Scan(t.Context(), s.table.ID)
			if _, err := store.DB().ExecContext(t.Context(), `DELETE FROM river_job`); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		s.settled(t, 6*time.Second)
	})
}
