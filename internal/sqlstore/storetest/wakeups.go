package storetest

import (
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"sheet24/internal/sqlstore"
)

// wakeUp is a job of River's, as internal/jobs has them carried.
type wakeUp struct {
	Stage string `json:"stage"`
	ID    int64  `json:"id"`
}

func (wakeUp) Kind() string { return "work" }

// wakeUps has River carry a wake-up: it waits until a worker takes it, and no other does.
func wakeUps(t *testing.T, s *sqlstore.Store) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(s.DB())
	if s.Shared() {
		driver = riverdatabasesql.New(s.DB())
	}
	migrator := must(rivermigrate.New(driver, nil))(t)
	must(migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil))(t)
	waits := func(kind string, w wakeUp) bool {
		args := must(json.Marshal(w))(t)
		return must(s.WakeUpWaits(t.Context(), kind, string(args)))(t)
	}

	scan := wakeUp{"scan", 7}
	if waits("work", scan) {
		t.Error("nothing was carried, and it waits")
	}

	client := must(river.NewClient(driver, &river.Config{}))(t)
	must(client.Insert(t.Context(), scan, nil))(t)
	if !waits("work", scan) {
		t.Error("what is carried does not wait")
	}
	if waits("work", wakeUp{"scan", 8}) || waits("work", wakeUp{"push", 7}) || waits("other", scan) {
		t.Error("something else waits")
	}

	must(s.DB().ExecContext(t.Context(), `UPDATE river_job SET state = 'running'`))(t)
	if waits("work", scan) {
		t.Error("what a worker has waits")
	}
}
