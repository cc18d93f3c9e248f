package googlesim

import (
	"crypto/rand"
	"net/http"
	"strconv"
)

// createSpreadsheet answers spreadsheets.create.
func (g *Google) createSpreadsheet(c *sheetsCall) {
	var body struct {
		Properties struct{ Title, Locale, TimeZone string }
		Sheets     []struct{ Properties sheetProperties }
	}
	if !decodeProto(c.w, c.r, sheetsMessage.spreadsheet, &body) {
		return
	}
	s := &Spreadsheet{ID: "1" + rand.Text() + rand.Text()[:17], Title: body.Properties.Title, Locale: body.Properties.Locale, TimeZone: body.Properties.TimeZone, Owner: c.email}
	if s.Title == "" {
		s.Title = "Untitled spreadsheet"
	}
	if s.Locale == "" {
		s.Locale = "en_US"
	}
	if s.TimeZone == "" {
		s.TimeZone = "Etc/GMT"
	}
	u := &update{Spreadsheet: s, google: g, email: c.email}
	for _, tab := range body.Sheets {
		if _, err := u.addSheet(struct{ Properties sheetProperties }{tab.Properties}); err != nil {
			invalid(c.w, err.Error())
			return
		}
	}
	if len(s.Sheets) == 0 {
		s.Sheets = []*Sheet{{Title: "Sheet1"}}
	}
	g.spreadsheets[s.ID] = s
	g.modified(s)
	c.reply(g.resource(s, nil, false, c.requested()))
}

// copySheet answers spreadsheets.sheets.copyTo.
func (g *Google) copySheet(c *sheetsCall) {
	var body struct {
		DestinationSpreadsheetID string `json:"destinationSpreadsheetId"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.copyTo, &body) {
		return
	}
	gid, err := strconv.ParseInt(c.arg, 10, 64)
	if err != nil {
		invalid(c.w, "Invalid value at 'sheet_id' (TYPE_INT32), \""+c.arg+"\"")
		return
	}
	t, ok := c.byGID(gid)
	if !ok {
		fail(c.w, http.StatusBadRequest, "INVALID_ARGUMENT", "No grid with id: "+c.arg, "")
		return
	}
	to, ok := g.spreadsheets[body.DestinationSpreadsheetID]
	if !ok || !to.mayEdit(c.email) {
		notFound(c.w)
		return
	}
	twin := t.clone()
	twin.GID, twin.Title = to.newID(), "Copy of "+t.Title
	var made any
	err = g.atomic(to, func() (err error) {
		made, err = (&update{Spreadsheet: to, google: g, email: c.email}).insertSheet(twin, nil)
		return err
	})
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(made.(map[string]any)["properties"].(map[string]any))
}
