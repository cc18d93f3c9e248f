// Package receive takes signed notifications, and stores them durably before they are answered.
package receive

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/tab"
)

// MaxBody is the largest notification accepted, in bytes: it names rows, and needs some
// hundred.
const MaxBody = 16 << 10

// clockSkew is how far a notification's time may be from ours.
const clockSkew = 5 * time.Minute

// Signature is what the headers of a notification say, after the Standard Webhooks
// specification: the signature covers "id.timestamp.body", so none of the three
// can be changed, and an id is accepted once.
type Signature struct {
	ID        string // webhook-id
	Timestamp string // webhook-timestamp: Unix seconds
	Value     string // webhook-signature: "v1,BASE64", several separated by spaces
}

// Check looks at what is known without the body: that it is signed at all, and that its
// time, at now, is not too far off. It spares reading the bodies of those who cannot sign.
func (s Signature) Check(now time.Time) error {
	if s.ID == "" || s.Timestamp == "" || s.Value == "" {
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeWebhookUnsigned)
	}

	if !slices.ContainsFunc(strings.Fields(s.Value), func(v string) bool { return strings.HasPrefix(v, "v1,") && len(v) > len("v1,") }) {
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeWebhookSignature)
	}

	seconds, err := strconv.ParseInt(s.Timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > clockSkew {
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeWebhookTimestamp)
	}
	return nil
}

// message is a notification's body. What it says of values is not read: the sheet is
// the truth about the data.
type message struct {
	SheetID string  `json:"sheet_id"`
	GID     *number `json:"gid"`
	Event   string  `json:"event"`
	RowID   number  `json:"row_id"`
	LastRow number  `json:"last_row_id"`
}

// tab is the tab that it tells of.
func (m *message) tab() tab.Key { return tab.Key{SpreadsheetID: m.SheetID, GID: int64(*m.GID)} }

// positions are what is kept of a message: which rows, and no word of what is in them.
func (m *message) positions() []byte {
	data, err := json.Marshal(struct {
		Event   string `json:"event"`
		RowID   number `json:"row_id,omitempty"`
		LastRow number `json:"last_row_id,omitempty"`
	}{m.Event, m.RowID, m.LastRow})

	if err != nil {
		panic(err) // a text and two numbers
	}
	return data
}

// number is a whole number, also where a sender quotes it.
type number int64

func (n *number) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	*n = number(v)
	return err
}

// Store is what a Receiver needs of the database.
type Store interface {
	AddEvent(ctx context.Context, e *sheet24.Event) error
	SetRegistered(ctx context.Context, tableID int64) error
}

// Receiver takes notifications. All fields but Limits are required.
type Receiver struct {
	Store     Store
	Followers *tab.Followers
	Now       func() time.Time
	Limits    Limits // may be zero: none

	refused refused
}

// answerWithin is when a message is refused that the database has not taken. A script that
// waits for five seconds rests for a minute; one that is refused sooner does not.
const answerWithin = 3 * time.Second

// Receive checks a notification and stores it durably, and returns what follows. When it returns
// without an error the notification may be acknowledged; with one, nothing was stored for the
// signer's table.
func (p *Receiver) Receive(ctx context.Context, sig Signature, body []byte) (next sheet24.Next, err error) {
	if err := sig.Check(p.Now()); err != nil {
		return next, err
	}

	if len(body) > MaxBody {
		return next, sheet24.Errorf(sheet24.TooLarge, sheet24.CodeWebhookTooLarge)
	}

	m, err := parse(body)
	if err != nil {
		return next, err
	}

	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	table, err := p.known(ctx, m, sig, body)
	if sheet24.IsKind(err, sheet24.Unavailable) {
		p.refused.addUnproven(unproven{m, sig, body})
	}
	if err == nil {
		err = p.Limits.signed(table)
	}
	if err != nil {
		return next, err
	}

	next, err = p.store(ctx, table, m, sig.ID)
	if sheet24.IsKind(err, sheet24.Unavailable) {
		p.refused.add(provenTab{m.tab(), table.UserID})
	}
	return next, err
}

// store stores a message for the table whose key signed it, and those beside it.
func (p *Receiver) store(ctx context.Context, table *sheet24.Table, m *message, id string) (next sheet24.Next, err error) {
	beside, err := p.beside(ctx, table)
	if err != nil {
		return next, busy(err)
	}

	// The signer's own comes last: what was stored for the others does not keep the sender
	// from trying again.
	for _, t := range append(beside, table) {
		err := p.receive(ctx, t, m, id)
		if err != nil && (t == table || !sheet24.IsKind(err, sheet24.Conflict)) {
			return next, busy(err)
		}
		if err == nil {
			next.Scan(t.ID)
		}
	}
	return next, nil
}

// beside are the other tables that a table's user has on its tab: the script tells of the
// tab's edits by the key of one of them.
func (p *Receiver) beside(ctx context.Context, t *sheet24.Table) ([]*sheet24.Table, error) {
	all, err := p.Followers.Of(ctx, tab.Key{SpreadsheetID: t.SpreadsheetID, GID: t.GID})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(o *sheet24.Table) bool { return o.ID == t.ID || o.UserID != t.UserID || !o.Enabled }), nil
}

// receive stores a notification for a table.
func (p *Receiver) receive(ctx context.Context, t *sheet24.Table, m *message, id string) error {
	event := &sheet24.Event{TableID: t.ID, Type: sheet24.EventType(m.Event), MessageID: id, Data: m.positions()}
	if event.Type == sheet24.RowEdited {
		event.Rows = sheet24.Rows(int(m.RowID), int(max(m.RowID, m.LastRow)))
	}

	if err := p.Store.AddEvent(ctx, event); err != nil {
		return err
	}

	if event.Type == sheet24.Ping {
		if err := p.Store.SetRegistered(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

func parse(body []byte) (*message, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&m); err != nil {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeWebhookJSON).Because(err)
	}

	if d.More() || m.SheetID == "" || m.GID == nil || m.Event == "" {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeWebhookJSON)
	}

	switch sheet24.EventType(m.Event) {
	case sheet24.RowEdited:
		if m.RowID < 1 {
			return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeWebhookRow)
		}
	case sheet24.Structure, sheet24.Ping:
	default:
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeWebhookEvent, m.Event)
	}
	return &m, nil
}

// known finds the table whose key signed a notification, within the limits of those who cannot sign.
func (p *Receiver) known(ctx context.Context, m *message, sig Signature, body []byte) (*sheet24.Table, error) {
	if t, err := verify(p.Followers.Lately(tab.Key{SpreadsheetID: m.SheetID, GID: int64(*m.GID)}), sig, body); err == nil {
		return t, nil
	}

	if err := p.Limits.stranger(ctx); err != nil {
		return nil, err
	}
	t, err := p.signedBy(ctx, m, sig, body)
	p.Limits.unsigned(ctx, err)
	return t, err
}

// signedBy finds the table whose key signed a notification. What is remembered of the tab may
// be out of date; it refuses nobody.
func (p *Receiver) signedBy(ctx context.Context, m *message, sig Signature, body []byte) (*sheet24.Table, error) {
	key := m.tab()
	lately, err := p.Followers.Of(ctx, key)
	if err != nil {
		return nil, busy(err)
	}
	if t, err := verify(lately, sig, body); err == nil {
		return t, nil
	}

	tables, err := p.Followers.OfNow(ctx, key)
	if err != nil {
		return nil, busy(err)
	}
	if len(tables) == 0 {
		return nil, sheet24.Errorf(sheet24.NotFound, sheet24.CodeWebhookTable)
	}
	return verify(tables, sig, body)
}

// verify finds the table whose key signed a notification: several users may follow one
// tab, each with a key of their own.
func verify(tables []*sheet24.Table, sig Signature, body []byte) (*sheet24.Table, error) {
	for _, t := range tables {
		if len(t.Key) == 0 {
			continue
		}

		want := []byte(Sign(t.Key, sig.ID, sig.Timestamp, body))
		for _, got := range strings.Fields(sig.Value) {
			if hmac.Equal([]byte(got), want) {
				return t, nil
			}
		}
	}
	return nil, sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeWebhookSignature)
}

// Sign makes the webhook-signature of a body.
func Sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// busy says that the database failed, which the sender may try again; an Error
// stays what it is.
func busy(err error) error {
	if _, ok := errors.AsType[*sheet24.Error](err); ok {
		return err
	}
	return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeDatabaseBusy).Because(err)
}

// Recheck asks for a look at a whole tab: nobody may have told of what was edited
// while the service, or its user's grant, was away.
func (p *Receiver) Recheck(ctx context.Context, t *sheet24.Table) (next sheet24.Next, err error) {
	if err := p.Store.AddEvent(ctx, sheet24.NewRecheck(t.ID)); err != nil {
		return next, err
	}
	next.Scan(t.ID)
	return next, nil
}
