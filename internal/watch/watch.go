// Package watch has Google Drive tell of changes. Drive gathers those of spreadsheets
// for about three minutes and promises nothing, so this only makes sure: an edit that
// no script told of is found before the next look at its tab.
package watch

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sheet24"
)

// Store is what a Watch needs of the database.
type Store interface {
	// Unwatched lists the users with tables whose grant covers Drive, and who have
	// no channel that lives until then.
	Unwatched(ctx context.Context, until time.Time) (userIDs []string, err error)
	Channel(ctx context.Context, id string) (*sheet24.DriveChannel, error)
	ChannelsOf(ctx context.Context, userID string) ([]*sheet24.DriveChannel, error)
	SaveChannel(ctx context.Context, c *sheet24.DriveChannel) error
	DeleteChannel(ctx context.Context, id string) error
	TablesOf(ctx context.Context, userID string) ([]*sheet24.Table, error)
}

// Drive is what a Watch needs of google.Client.
type Drive interface {
	Watch(ctx context.Context, address string, c *sheet24.DriveChannel) error
	StopWatch(ctx context.Context, c *sheet24.DriveChannel) error
	Changed(ctx context.Context, userID, pageToken string) (files []string, next string, err error)
}

// Rechecker asks for a look at a table; app does.
type Rechecker interface {
	Recheck(ctx context.Context, t *sheet24.Table) error
}

// Watch keeps a channel for each user. All fields are required but Address: without
// one nobody is watched.
type Watch struct {
	Store   Store
	Drive   Drive
	Work    Rechecker
	Address string // where Drive posts to: https, and to be reached from outside
	Now     func() time.Time
	Log     *slog.Logger

	mu    sync.Mutex
	later map[string]time.Time // users whose channel Google refused, and when to ask again
}

const (
	renewBefore = 24 * time.Hour // a channel expires, so that nothing is missed in between
	askAgain    = time.Hour      // after Google refused a channel
	renewWithin = time.Minute    // one user's: others' wait for it
)

// Renew gives a channel to each user who has none, or whose last one expires soon.
// Where Google refuses, as it does for domains that it wants verified, tables are
// looked at as before.
func (w *Watch) Renew(ctx context.Context) error {
	if w.Address == "" {
		return nil
	}
	users, err := w.Store.Unwatched(ctx, w.Now().Add(renewBefore))
	if err != nil {
		return err
	}
	for _, id := range users {
		if !w.due(id) {
			continue
		}
		if err := w.renew(ctx, id); err != nil {
			w.postpone(id)
			w.Log.Info("Drive does not tell of changes; tables are looked at all the same", "user", id, "error", err)
		}
	}
	return ctx.Err()
}

func (w *Watch) due(userID string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.Now().Before(w.later[userID])
}

func (w *Watch) postpone(userID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.later == nil {
		w.later = map[string]time.Time{}
	}
	w.later[userID] = w.Now().Add(askAgain)
}

// renew makes a channel that goes on where the last one stands, and then ends that.
func (w *Watch) renew(ctx context.Context, userID string) error {
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	old, err := w.Store.ChannelsOf(ctx, userID)
	if err != nil {
		return err
	}
	c := &sheet24.DriveChannel{ID: rand.Text(), UserID: userID, Token: rand.Text()}
	if len(old) > 0 {
		c.PageToken = old[0].PageToken
	}
	if err := w.Drive.Watch(ctx, w.Address, c); err != nil {
		return err
	}
	if err := w.Store.SaveChannel(ctx, c); err != nil {
		return err
	}
	return w.end(ctx, old)
}

func (w *Watch) end(ctx context.Context, channels []*sheet24.DriveChannel) error {
	for _, c := range channels {
		if err := w.Drive.StopWatch(ctx, c); err != nil {
			w.Log.Info("a channel of Drive goes on until it expires", "user", c.UserID, "error", err)
		}
		if err := w.Store.DeleteChannel(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends a user's channels.
func (w *Watch) Stop(ctx context.Context, userID string) error {
	all, err := w.Store.ChannelsOf(ctx, userID)
	if err != nil {
		return err
	}
	return w.end(ctx, all)
}

// Notify takes a message of Drive: it reads which files changed, and has the tables in
// them looked at. After an error of kind Unavailable, Drive tells it again.
func (w *Watch) Notify(ctx context.Context, channelID, token, state string) error {
	c, err := w.Store.Channel(ctx, channelID)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(c.Token)) != 1 {
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeDriveChannel)
	}
	if state == "sync" { // the first message of a channel: it works
		return nil
	}
	files, next, err := w.Drive.Changed(ctx, c.UserID, c.PageToken)
	if err != nil {
		return err
	}
	tables, err := w.Store.TablesOf(ctx, c.UserID)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t.Enabled && slices.Contains(files, t.SpreadsheetID) {
			if err := w.Work.Recheck(ctx, t); err != nil {
				return err
			}
		}
	}
	c.PageToken = next
	return w.Store.SaveChannel(ctx, c)
}
