package sheet24

import "time"

// Role is what somebody may do in their team.
type Role string

// The roles.
const (
	RoleOwner  Role = "owner"  // also says who belongs to the team
	RoleMember Role = "member" // changes portals, tables and what became of rows
	RoleViewer Role = "viewer" // looks at them
)

// Roles are the roles from the one that may most.
var Roles = []Role{RoleOwner, RoleMember, RoleViewer}

// Writes reports whether a role changes what its team has.
func (r Role) Writes() bool { return r == RoleOwner || r == RoleMember }

// Manages reports whether a role says who belongs to its team, and reads its log.
func (r Role) Manages() bool { return r == RoleOwner }

// Scope is who asks. There is for them what their team has, and nothing else.
type Scope struct {
	TeamID string
	UserID string
	Role   Role
}

// Invitation lets whoever has its link join a team, once.
type Invitation struct {
	ID        string // SHA-256 of what is in its link; names it to owners, and lets nobody join
	TeamID    string
	Role      Role   // that who joins will have
	InvitedBy string // e-mail address
	ExpiresAt time.Time
}

// AuditEntry says who did what, when. Nothing in it is secret.
type AuditEntry struct {
	ID      int64
	TeamID  string
	UserID  string
	Email   string // of who did it, as it was then
	Action  string // its sentence is audit.ACTION in the locale files
	Subject string // a table's title, a portal's host, a member's address
	At      time.Time
}

// Session is a browser that somebody is signed in with.
type Session struct {
	ID      string // SHA-256 of its cookie
	Agent   string // as the browser calls itself
	BeganAt time.Time
	SeenAt  time.Time // to some minutes
}
