package sheet24

import "time"

// Portal is a Bitrix24 account that a user connected, by an inbound webhook or
// by an OAuth application.
type Portal struct {
	ID         int64
	UserID     string
	Host       string // "firma.bitrix24.com.tr"
	WebhookURL string // https://{host}/rest/{user}/{secret}/ ; a secret, encrypted at rest; empty: Grant
	Grant      *Grant // of the application; nil: WebhookURL
	Account    Account
	Plan       Plan
	Paused     *Pause // nil while it works
	Replaced   bool   // another portal was found at its host since it was connected
	CreatedAt  time.Time
}

// Grant is what a portal gave the OAuth application: a pair of tokens, good for
// this portal whatever its host is called. Encrypted at rest.
type Grant struct {
	MemberID     string    `json:"member_id"` // the portal's id, which outlives its name
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"` // good once: each refresh brings the next
	ExpiresAt    time.Time `json:"expires_at"`
	Endpoint     string    `json:"endpoint"`    // https://{host}/rest/, as the portal is called now
	AuthServer   string    `json:"auth_server"` // base URL of the authorisation server
}

// Account is whom a connection acts for, and what it may.
type Account struct {
	UserID int64    `json:"user_id"`
	Name   string   `json:"name"`
	Admin  bool     `json:"admin"`
	Scopes []string `json:"scopes"`
}

// Plan is how much a portal's tariff lets through: a bucket that holds Burst
// requests and leaks Rate a second. The zero Plan is not known yet.
type Plan struct {
	Rate  float64
	Burst float64
}

// The plans of Bitrix24's cloud.
var (
	StandardPlan   = Plan{Rate: 2, Burst: 50}
	EnterprisePlan = Plan{Rate: 5, Burst: 250}
)

// Pause says why a portal gets no requests, and when it is asked again.
type Pause struct {
	Code  Code // of the Error, whose sentence names the portal's host
	Until time.Time
}

// Silence is a portal that does not answer, and since when.
type Silence struct {
	Portal *Portal
	Since  time.Time
}

// pauses are the errors that no other request to the portal would escape, and
// how long to leave it alone: what its owner can mend is looked at again sooner
// than what only Bitrix24 can.
var pauses = map[Code]time.Duration{
	CodePortalSilent:         15 * time.Second, // if nobody says more
	CodePortalBlocked:        30 * time.Minute,
	CodePortalPlan:           6 * time.Hour,
	CodePortalPayment:        6 * time.Hour,
	CodePortalDeleted:        24 * time.Hour,
	CodePortalWebhookInvalid: time.Hour,
	CodePortalUser:           time.Hour,
	CodePortalScope:          time.Hour,
	CodePortalReconnect:      time.Hour,
	CodePortalMoved:          time.Hour,
	CodePortalHTTPS:          6 * time.Hour,
	CodePortalHost:           15 * time.Minute,
	CodePortalApp:            15 * time.Minute,
	CodePortalNotBitrix24:    15 * time.Minute,
}

// PauseFor tells whether an error pauses its portal.
func PauseFor(err error, now time.Time) (Pause, bool) {
	if err == nil {
		return Pause{}, false
	}
	e := AsError(err)
	d, ok := pauses[e.Code]
	return Pause{Code: e.Code, Until: now.Add(d)}, ok
}
