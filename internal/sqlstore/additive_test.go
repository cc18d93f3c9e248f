package sqlstore_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// beforeRolling is the last step of the schema that was made before two releases had to
// work side by side.
const beforeRolling = 25

// removes finds what a step takes from those who work with the schema as it was before it:
// columns and tables, names, and rows that lack what is new.
var removes = regexp.MustCompile(`(?is)\bDROP\s+(TABLE|COLUMN)\b|\bRENAME\s+(TO|COLUMN)\b|\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+[^;,]*?\bNOT\s+NULL\b[^;,]*|\bALTER\s+COLUMN\s+\w+\s+(SET\s+NOT\s+NULL|TYPE)\b`)

// removed is what a release no longer needs, and the next but one takes away: by step.
var removed = map[string]string{}

// TestStepsAdd holds the steps of the schema to the rule by which an old release goes on
// beside a new one: a step adds; what is no longer needed is removed one release later, and
// stands in removed with the reason.
func TestStepsAdd(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*/*.sql")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d steps, %v", len(files), err)
	}
	for _, file := range files {
		number, _, _ := strings.Cut(filepath.Base(file), "_")
		if n, err := strconv.Atoi(number); err != nil || n <= beforeRolling {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range takenBy(string(text)) {
			if removed[filepath.Base(file)] == "" {
				t.Errorf("%s takes something from the release before it: %s", file, what)
			}
		}
	}
}

// takenBy lists what a step's way up takes away. A new table, and one that is made anew
// under its old name within the step, as SQLite needs it, keeps what it had.
func takenBy(step string) []string {
	up, _, _ := strings.Cut(step, "-- +goose Down")
	up = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(up, "")
	var taken []string
	for _, m := range removes.FindAllString(up, -1) {
		lower := strings.ToLower(m)
		adds := strings.Contains(lower, "add") && strings.Contains(lower, "column")
		if adds && strings.Contains(lower, "default") {
			continue
		}
		anew := (strings.HasPrefix(lower, "drop") || strings.HasPrefix(lower, "rename")) && !strings.Contains(lower, "column") && strings.Contains(strings.ToLower(up), "create table")
		if !anew {
			taken = append(taken, strings.Join(strings.Fields(m), " "))
		}
	}
	return taken
}

// TestTakenBy proves that the rule finds what it is for.
func TestTakenBy(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]int{
		"-- +goose Up\nALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';\n-- +goose Down\nALTER TABLE a DROP COLUMN b;": 0,
		"CREATE TABLE a (b TEXT NOT NULL); CREATE INDEX c ON a (b);":                                                       0,
		"ALTER TABLE a ADD COLUMN b TEXT;":                                                                                 0,
		"ALTER TABLE a ADD COLUMN b TEXT NOT NULL;":                                                                        1,
		"ALTER TABLE a DROP COLUMN b;":                                                                                     1,
		"DROP TABLE a;":                                                                                                    1,
		"ALTER TABLE a RENAME COLUMN b TO c;":                                                                              1,
		"ALTER TABLE a ALTER COLUMN b SET NOT NULL;":                                                                       1,
		"CREATE TABLE n (b TEXT); INSERT INTO n SELECT b FROM a; DROP TABLE a; ALTER TABLE n RENAME TO a;":                 0,
	} {
		if got := takenBy(step); len(got) != want {
			t.Errorf("%s: %v, want %d", step, got, want)
		}
	}
}
