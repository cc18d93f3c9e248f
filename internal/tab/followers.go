package tab

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sheet24"
)

// Key names a tab.
type Key struct {
	SpreadsheetID string
	GID           int64
}

// Followers finds the tables that follow a tab. Its fields are required.
type Followers struct {
	Store Follows
	Now   func() time.Time

	tabs  sync.Map // by Key: followed
	finds singleflight.Group
}

// Follows says which tables follow a tab.
type Follows interface {
	TablesOfTab(ctx context.Context, spreadsheetID string, gid int64) ([]*sheet24.Table, error)
}

// followed are the tables that follow a tab, as they were a moment ago.
type followed struct {
	tables []*sheet24.Table
	read   time.Time
}

// remembered is how long it is remembered who follows a tab: a tab in use sends many
// notifications.
const remembered = 2 * time.Second

// Of are the tables that a tab feeds, as they were a moment ago. Those who ask at the same
// time share one answer: what is remembered of a tab in use ends for all of its notifications at
// once.
func (f *Followers) Of(ctx context.Context, tab Key) ([]*sheet24.Table, error) {
	if tables := f.Lately(tab); tables != nil {
		return tables, nil
	}
	tables, err, _ := f.finds.Do(tab.SpreadsheetID+" "+strconv.FormatInt(tab.GID, 10), func() (any, error) {
		if tables := f.Lately(tab); tables != nil {
			return tables, nil
		}
		return f.OfNow(context.WithoutCancel(ctx), tab) // whoever asked first may go away
	})
	if err != nil {
		return nil, err
	}
	return tables.([]*sheet24.Table), nil
}

// Lately are the tables that a tab feeds, if that is remembered.
func (f *Followers) Lately(tab Key) []*sheet24.Table {
	if was, ok := f.tabs.Load(tab); ok && f.Now().Sub(was.(followed).read) < remembered {
		return was.(followed).tables
	}
	return nil
}

// OfNow are the tables that a tab feeds.
func (f *Followers) OfNow(ctx context.Context, tab Key) ([]*sheet24.Table, error) {
	tables, err := f.Store.TablesOfTab(ctx, tab.SpreadsheetID, tab.GID)
	switch {
	case err != nil:
		return nil, err
	case len(tables) == 0:
		f.tabs.Delete(tab)
	default:
		f.tabs.Store(tab, followed{tables, f.Now()})
	}
	return tables, nil
}
