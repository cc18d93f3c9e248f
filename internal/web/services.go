package web

import (
	"context"
	"time"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/undo"
)

// Google is what the pages need of google.Client.
type Google interface {
	ConsentURL(state, verifier string, again bool) string
	Revoke(ctx context.Context, t *sheet24.Token) error
	Exchange(ctx context.Context, code, verifier string) (google.Account, *sheet24.Token, error)
	Spreadsheets(ctx context.Context, userID, search, page string) ([]google.File, string, error)
	Spreadsheet(ctx context.Context, userID, id string) (*google.Spreadsheet, error)
}

// Connector connects portals and looks after their connections; bitrix24.Client
// does.
type Connector interface {
	Connect(ctx context.Context, webhookURL string) (*sheet24.Portal, error)
	AuthorizeURL(portal, state string) (string, error)
	Exchange(ctx context.Context, code, authServer string) (*sheet24.Portal, error)
	Check(ctx context.Context, p *sheet24.Portal) error
}

// Store is what the pages need of the database about portals and tables. Its methods that
// find them ask for whom; what is done with a portal or table is done with one that was
// found so.
type Store interface {
	SavePortal(ctx context.Context, p *sheet24.Portal) error
	SavePlan(ctx context.Context, portalID int64, plan sheet24.Plan) error
	PausePortal(ctx context.Context, portalID int64, pause sheet24.Pause) error
	PortalIn(ctx context.Context, scope sheet24.Scope, id int64) (*sheet24.Portal, error)
	PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error)
	TableIn(ctx context.Context, scope sheet24.Scope, id int64) (*sheet24.Table, error)
	TablesIn(ctx context.Context, scope sheet24.Scope) ([]*sheet24.Table, error)
	StageProblems(ctx context.Context, t *sheet24.Table) ([]sheet24.StageProblem, error)
	SetEnabled(ctx context.Context, tableID int64, enabled bool) error
	SetAppearance(ctx context.Context, t *sheet24.Table) error
	Contents(ctx context.Context, tableID int64) (sheet24.TableContents, error)
	SetPolicies(ctx context.Context, tableID int64, p sheet24.Policies) error
}

// Accounts is what the pages need of the database about users, and about what they allowed
// at Google.
type Accounts interface {
	EnsureUser(ctx context.Context, email, name, language string) (*sheet24.User, error)
	User(ctx context.Context, id string) (*sheet24.User, error)
	SetLanguage(ctx context.Context, userID, language string) error
	Token(ctx context.Context, userID string) (*sheet24.Token, error)
	SaveToken(ctx context.Context, t *sheet24.Token) error
	DeleteToken(ctx context.Context, userID string) error
}

// TeamStore is what the pages about teams need of the database.
type TeamStore interface {
	FirstTeam(ctx context.Context) (id, email string, err error)
	Members(ctx context.Context, scope sheet24.Scope) ([]*sheet24.User, error)
	MemberIn(ctx context.Context, scope sheet24.Scope, id string) (*sheet24.User, error)
	SetRole(ctx context.Context, scope sheet24.Scope, userID string, role sheet24.Role) error
	Leave(ctx context.Context, scope sheet24.Scope, userID string) error
	HandOverPortals(ctx context.Context, from, to *sheet24.User) error
	Invite(ctx context.Context, scope sheet24.Scope, token string, role sheet24.Role, until time.Time) error
	Invitations(ctx context.Context, scope sheet24.Scope) ([]sheet24.Invitation, error)
	Invitation(ctx context.Context, token string) (sheet24.Invitation, error)
	Uninvite(ctx context.Context, scope sheet24.Scope, id string) error
	Join(ctx context.Context, u *sheet24.User, token string) error
}

// AccountStore is what the pages about an account, and about who did what, need of the
// database.
type AccountStore interface {
	SessionsOf(ctx context.Context, userID string) ([]sheet24.Session, error)
	SignOutEverywhere(ctx context.Context, userID string) error
	DeleteUser(ctx context.Context, u *sheet24.User) error
	Audit(ctx context.Context, e sheet24.AuditEntry) error
	AuditLog(ctx context.Context, scope sheet24.Scope, before int64, limit int) ([]sheet24.AuditEntry, error)
}

// Waker wakes what a page asked for.
type Waker interface {
	Push(ctx context.Context, portalID int64)
}

// Watch ends what Google Drive tells of a user's changes; watch.Watch does.
type Watch interface {
	Stop(ctx context.Context, userID string) error
}

// Work is what the pages ask of the sync; app does it.
type Work interface {
	Recheck(ctx context.Context, t *sheet24.Table) error
	Undo(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) (undo.Undone, error)
}
