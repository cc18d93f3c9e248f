package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"sheet24"
	"sheet24/internal/tab"
)

// A brake, whatever the cause: what changes a table as a whole, and nobody announced, is
// looked at a second time before any of it is sent.
const (
	brakeRows  = 10               // of one column, and more than half of the table's rows
	bulkMoves  = 3                // rows whose ids change at once
	secondLook = 10 * time.Second // after the first
	longestJam = time.Minute      // after which it is believed though it still changes
)

// lookAgain keeps that a scan found something that is to be looked at a second time, and
// ends that scan.
func (s *scanning) lookAgain(sheet *tab.Tab, what string, of any) error {
	digest := digestOf(sheet.Header, what, of)
	before, now := s.t.SecondLook, s.scanner.Now()
	next := sheet24.SecondLook{What: what, Digest: digest, At: now.Add(secondLook), Since: now}
	if before.What == what && !before.Since.IsZero() {
		next.Since = before.Since
	}
	s.again = &next
	return errSecondLook
}

// confirmed reports whether a second look, when it was due, found what the first one did.
func (s *scanning) confirmed(sheet *tab.Tab, what string, of any) bool {
	l, now := s.t.SecondLook, s.scanner.Now()
	if l.What != what || now.Before(l.At) {
		return false
	}
	return l.Digest == digestOf(sheet.Header, what, of) || now.Sub(l.Since) > longestJam
}

// digestOf tells whether two looks found the same.
func digestOf(header []string, what string, of any) string {
	text, _ := json.Marshal([]any{header, what, of}) // plain data
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// brake asks for a second look where more than half of a table's rows, that nobody named,
// changed in one column: columns may have been exchanged in a way that was not understood.
func (s *scanning) brake(ctx context.Context, sheet *tab.Tab, found sheet24.Scanned) error {
	rows := map[string]map[int64]any{} // by field: the values of records that nobody announced
	for _, c := range found.Changes {
		if c.EntityID <= 0 || c.Status != sheet24.Pending || c.Action != sheet24.Update || tab.Announced(s.events, c.Row) {
			continue
		}
		for field, change := range c.Fields {
			if change.Undo || change.Old == nil && change.New == nil {
				continue
			}
			if rows[field] == nil {
				rows[field] = map[int64]any{}
			}
			rows[field][c.EntityID] = change.New
		}
	}
	maps.DeleteFunc(rows, func(_ string, of map[int64]any) bool { return len(of) < brakeRows })
	if len(rows) == 0 {
		return nil
	}

	present, err := s.scanner.Known.Present(ctx, s.t.ID)
	if err != nil {
		return err
	}
	all := len(present)
	if s.whole {
		all = min(all, len(sheet.Rows)) // of this page
	}
	maps.DeleteFunc(rows, func(_ string, of map[int64]any) bool { return 2*len(of) <= all })
	if len(rows) == 0 || s.confirmed(sheet, "columns", rows) {
		return nil
	}
	return s.lookAgain(sheet, "columns", rows)
}

// waitForSecondLook has a table scanned again when its second look is due. Its events stay
// unprocessed until then.
func (p *Scanner) waitForSecondLook(ctx context.Context, next *sheet24.Next, t *sheet24.Table, l sheet24.SecondLook) error {
	p.Log.Warn("a whole table changed at once: it is looked at again before anything is sent", "table", t.ID, "what", l.What, "at", l.At)
	if err := p.Store.SetSecondLook(ctx, t.ID, l); err != nil {
		return err
	}
	next.ScanLater(t.ID, l.At.Sub(p.Now()))
	return nil
}

// errSecondLook ends a scan whose findings are to be looked at a second time.
var errSecondLook = sheet24.Errorf(sheet24.Unavailable, sheet24.CodeSecondLook)
