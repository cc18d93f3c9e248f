package sheet24

import "time"

// User is a person who signed in with Google, and belongs to one team.
type User struct {
	ID        string // random UUID
	Email     string
	Name      string
	Language  string // "tr" or "en"
	CreatedAt time.Time

	TeamID      string
	Role        Role
	SignedOutAt time.Time // sessions from before then have ended
}

// Scope is what there is for a user.
func (u *User) Scope() Scope { return Scope{TeamID: u.TeamID, UserID: u.ID, Role: u.Role} }

// Token is a user's grant at Google. AccessToken and RefreshToken are encrypted
// at rest with the user's id as associated data.
type Token struct {
	UserID       string
	Email        string
	AccessToken  string
	RefreshToken string
	ExpiresAt    time.Time
	Scopes       []string
	Ended        bool // Google refuses it: its user must connect again
}
