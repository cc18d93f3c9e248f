package googlesim

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/drive/v3"
)

// driveChanges is what Drive remembers of changes, and whom it tells; Google's lock
// guards it.
type driveChanges struct {
	log      []driveChange // change number n at n-1
	channels map[string]*channel
}

type driveChange struct {
	at          time.Time
	spreadsheet *Spreadsheet
}

// channel is an address that is told of an account's changes until it expires.
type channel struct {
	id, resourceID, address, token, email string
	expires                               time.Time
	messages                              int
	waiting                               bool // a message is under way; more changes go along with it
}

// maxChannelLife is the longest that Drive tells of changes, and pushAfter how long it
// gathers those of Sheets.
const (
	maxChannelLife = 7 * day
	pushAfter      = 3 * time.Minute
)

func (g *Google) routeDriveChanges(mux *http.ServeMux) {
	mux.HandleFunc("GET /drive/v3/changes/startPageToken", g.startPageToken)
	mux.HandleFunc("GET /drive/v3/changes", g.listChanges)
	mux.HandleFunc("POST /drive/v3/changes/watch", g.watchChanges)
	mux.HandleFunc("POST /drive/v3/channels/stop", g.stopChannel)
}

// note remembers a change and has it told, in its own time; g.mu is held.
func (d *driveChanges) note(g *Google, s *Spreadsheet) {
	d.log = append(d.log, driveChange{g.now(), s})
	wait := time.Duration(g.faults.now().PushDelayMS) * time.Millisecond
	if wait == 0 {
		wait = pushAfter
	}
	for _, c := range d.channels {
		if c.waiting || !s.mayEdit(c.email) {
			continue
		}
		c.waiting = true
		go func() {
			select {
			case <-time.After(wait):
			case <-g.alive.Done():
				return
			}
			g.mu.Lock()
			c.waiting = false
			_, open := d.channels[c.id]
			g.mu.Unlock()
			if open {
				g.tell(c, "change")
			}
		}()
	}
}

// tell posts a message to a channel's address. It has no body.
func (g *Google) tell(c *channel, state string) {
	g.mu.Lock()
	c.messages++
	r, err := http.NewRequestWithContext(g.alive, http.MethodPost, c.address, nil)
	expired := g.now().After(c.expires)
	if err == nil {
		for name, value := range map[string]string{"ID": c.id, "Token": c.token, "Expiration": c.expires.UTC().Format(time.RFC1123)} {
			r.Header.Set("X-Goog-Channel-"+name, value)
		}
		r.Header.Set("X-Goog-Message-Number", strconv.Itoa(c.messages))
		r.Header.Set("X-Goog-Resource-ID", c.resourceID)
		r.Header.Set("X-Goog-Resource-State", state)
		r.Header.Set("X-Goog-Resource-URI", "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=1")
	}
	g.mu.Unlock()
	if err != nil || expired {
		return
	}
	if resp, err := g.http.Do(r); err == nil { // what is not delivered is lost
		resp.Body.Close()
	}
}

func (g *Google) startPageToken(w http.ResponseWriter, r *http.Request) {
	if _, ok := g.authorized(w, r, "drive.metadata.readonly"); !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{"kind": "drive#startPageToken", "startPageToken": strconv.Itoa(len(g.drive.log) + 1)})
}

func (g *Google) listChanges(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	from, err := strconv.Atoi(r.URL.Query().Get("pageToken"))
	if err != nil || from < 1 || from > len(g.drive.log)+1 {
		invalidParameter(w, "pageToken")
		return
	}
	size, err := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if err != nil || size < 1 || size > 1000 {
		size = 100
	}
	changes := []any{}
	next := from
	for ; next <= len(g.drive.log) && len(changes) < size; next++ {
		c := g.drive.log[next-1]
		// A file is told of once, with its last change.
		last := !slices.ContainsFunc(g.drive.log[next:], func(later driveChange) bool { return later.spreadsheet == c.spreadsheet })
		if last && c.spreadsheet.mayEdit(email) {
			changes = append(changes, map[string]any{"kind": "drive#change", "changeType": "file", "type": "file", "fileId": c.spreadsheet.ID, "removed": false,
				"time": c.at.UTC().Format(time.RFC3339Nano), "file": c.spreadsheet.file()})
		}
	}
	answer := map[string]any{"kind": "drive#changeList", "changes": changes}
	if next <= len(g.drive.log) {
		answer["nextPageToken"] = strconv.Itoa(next)
	} else {
		answer["newStartPageToken"] = strconv.Itoa(next)
	}
	driveReply(w, r, answer, drive.ChangeList{}, "kind,nextPageToken,newStartPageToken,changes(kind,changeType,type,time,removed,fileId,file(kind,id,name,mimeType))")
}

func (g *Google) watchChanges(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	var body struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		Address    string `json:"address"`
		Token      string `json:"token"`
		Expiration any    `json:"expiration"` // milliseconds, as a text or a number
	}
	if !decode(w, r, &body) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, taken := g.drive.channels[body.ID]
	switch {
	case body.Type != "web_hook" || body.ID == "" || len(body.ID) > 64 || len(body.Token) > 256 || r.URL.Query().Get("pageToken") == "":
		failDrive(w, http.StatusBadRequest, "required", "Required or invalid parameter", "", "")
		return
	case taken:
		failDrive(w, http.StatusBadRequest, "channelIdNotUnique", "Channel id "+body.ID+" not unique", "", "")
		return
	case !strings.HasPrefix(body.Address, "https://"):
		failDrive(w, http.StatusBadRequest, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS: "+body.Address, "", "")
		return
	case g.faults.now().NoPush:
		failDrive(w, http.StatusUnauthorized, "push.webhookUrlUnauthorized", "Unauthorized WebHook callback channel: "+body.Address, "", "")
		return
	}
	expires := g.now().Add(time.Hour)
	if ms, ok := numberOf(body.Expiration); ok && ms > 0 {
		expires = time.UnixMilli(int64(ms))
	}
	if latest := g.now().Add(maxChannelLife); expires.After(latest) {
		expires = latest
	}
	c := &channel{id: body.ID, resourceID: rand.Text(), address: body.Address, token: body.Token, email: email, expires: expires}
	if g.drive.channels == nil {
		g.drive.channels = map[string]*channel{}
	}
	g.drive.channels[c.id] = c
	go g.tell(c, "sync")
	reply(w, http.StatusOK, map[string]any{"kind": "api#channel", "id": c.id, "resourceId": c.resourceID, "token": c.token,
		"resourceUri": "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=1", "expiration": strconv.FormatInt(c.expires.UnixMilli(), 10)})
}

func (g *Google) stopChannel(w http.ResponseWriter, r *http.Request) {
	email, ok := g.authorized(w, r, "drive.metadata.readonly")
	if !ok {
		return
	}
	var body struct {
		ID         string `json:"id"`
		ResourceID string `json:"resourceId"`
	}
	if !decode(w, r, &body) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.drive.channels[body.ID]
	if !ok || c.resourceID != body.ResourceID || c.email != email {
		failDrive(w, http.StatusNotFound, "notFound", "Channel '"+body.ID+"' not found for project '1'", "", "")
		return
	}
	delete(g.drive.channels, c.id)
	w.WriteHeader(http.StatusNoContent)
}

// Channels lists the addresses that Drive tells of changes.
func (g *Google) Channels() (addresses []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.drive.channels {
		addresses = append(addresses, c.address)
	}
	return addresses
}
