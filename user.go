package sheet24

import "time"

// User is a person who signed in with Google.
type User struct {
	ID        string // random UUID
	Email     string
	Name      string
	Language  string // "tr" or "en"
	CreatedAt time.Time
}

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
