package google

import (
	"context"
	"regexp"
	"strings"
	"time"
)

// File is a spreadsheet in a user's Drive.
type File struct {
	ID       string
	Name     string
	Modified time.Time
}

// link matches a spreadsheet's address, as browsers show it and as it is shared.
var link = regexp.MustCompile(`/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]{20,100})(?:[/?#]|$)`)

// SpreadsheetOf is the spreadsheet that a pasted link leads to, "" if it is no
// such link.
func SpreadsheetOf(text string) string {
	if m := link.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
		return m[1]
	}
	return ""
}

// Spreadsheets lists the spreadsheets that a user can open, in shared drives too, those
// changed last first, whose names contain search. next is the token of the following page.
func (c *Client) Spreadsheets(ctx context.Context, userID, search, page string) (files []File, next string, err error) {
	s, err := c.drive(ctx, userID)
	if err != nil {
		return nil, "", err
	}

	q := "mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false"
	if search != "" {
		q += " and name contains '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(search) + "'"
	}

	list, err := s.Files.List().Q(q).OrderBy("modifiedTime desc").PageSize(50).PageToken(page).
		SupportsAllDrives(true).IncludeItemsFromAllDrives(true).Corpora("allDrives").
		Fields("nextPageToken, files(id, name, modifiedTime)").Context(ctx).Do()
	if err != nil {
		return nil, "", fail(err)
	}

	for _, f := range list.Files {
		modified, _ := time.Parse(time.RFC3339, f.ModifiedTime) // only shown
		files = append(files, File{ID: f.Id, Name: f.Name, Modified: modified})
	}
	return files, list.NextPageToken, nil
}
