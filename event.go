package sheet24

import (
	"crypto/rand"
	"time"
)

// EventType says what a nudge claims to have happened.
type EventType string

// The types of events that receive accepts. RowEdited names rows; Structure
// (rows or columns inserted, removed, sorted …) asks for the whole tab;
// Ping only proves that the script can reach us and sign.
const (
	RowEdited EventType = "row_edited"
	Structure EventType = "structure_changed"
	Ping      EventType = "ping"
	Recheck   EventType = "recheck" // made by sheet24 itself: look at the whole tab
)

// Event is a nudge, stored before it is answered. It says where to look and is
// never taken for data.
type Event struct {
	ID         int64
	TableID    int64
	Type       EventType
	MessageID  string // the sender's id, unique in a table: a replay is refused
	Rows       Range  // of RowEdited
	Data       []byte // which rows the body named, as JSON; nothing of what is in them
	Joined     int    // how many others became part of it while it waited
	Processed  bool
	ReceivedAt time.Time
}

// NewRecheck asks for a look at a whole tab: nobody may have told of what was edited while
// the service, or its user's grant, was away.
func NewRecheck(tableID int64) *Event {
	return &Event{TableID: tableID, Type: Recheck, MessageID: "recheck-" + rand.Text(), Data: []byte("{}")}
}
