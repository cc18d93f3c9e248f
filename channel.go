package sheet24

import "time"

// DriveChannel is where Google Drive tells that some file of a user changed, until it
// expires.
type DriveChannel struct {
	ID         string
	UserID     string
	ResourceID string // Google's name for what is watched
	Token      string // comes with each message, and proves it; sealed at rest
	PageToken  string // from where changes are yet to be read
	ExpiresAt  time.Time
}
