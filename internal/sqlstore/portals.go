package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"sheet24"
)

// SavePortal connects a portal to its user, or renews the connection of one that
// is there already, by its host or by what it is called in its grant, and ends
// its pause. It sets p.ID.
func (s *Store) SavePortal(ctx context.Context, p *sheet24.Portal) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		webhook, grant, err := s.sealConnection(p)
		if err != nil {
			return err
		}
		account, err := json.Marshal(p.Account)
		if err != nil {
			return err
		}
		member := ""
		if p.Grant != nil {
			member = p.Grant.MemberID
			// The same portal may have had another name.
			if _, err := tx.ExecContext(ctx, `UPDATE portals SET host = $3 WHERE user_id = $1 AND member_id = $2
				AND NOT EXISTS (SELECT 1 FROM portals o WHERE o.user_id = $1 AND o.host = $3)`, p.UserID, member, p.Host); err != nil {
				return err
			}
		}
		return tx.QueryRowContext(ctx, `
			INSERT INTO portals (user_id, host, webhook_url, app_grant, member_id, account, plan_rate, plan_burst, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
			ON CONFLICT (user_id, host) DO UPDATE SET webhook_url = excluded.webhook_url, app_grant = excluded.app_grant,
				member_id = excluded.member_id, account = excluded.account,
				plan_rate = CASE WHEN excluded.plan_rate > 0 THEN excluded.plan_rate ELSE portals.plan_rate END,
				plan_burst = CASE WHEN excluded.plan_rate > 0 THEN excluded.plan_burst ELSE portals.plan_burst END,
				paused_code = '', paused_until = NULL, silent_since = NULL, ask_at = NULL, updated_at = excluded.updated_at
			RETURNING id`, p.UserID, p.Host, webhook, grant, member, string(account), p.Plan.Rate, p.Plan.Burst, s.now()).Scan(&p.ID)
	})
}

// sealConnection makes the secrets of a connection unreadable; the one that is
// not used is empty.
func (s *Store) sealConnection(p *sheet24.Portal) (webhook, grant string, err error) {
	if p.Grant == nil {
		webhook, err = s.box.Seal(p.WebhookURL, p.UserID)
		return webhook, "", err
	}
	text, err := json.Marshal(p.Grant)
	if err != nil {
		return "", "", err
	}
	grant, err = s.box.Seal(string(text), p.UserID)
	return "", grant, err
}

// SaveGrant keeps a grant that was renewed, and what its portal is called now.
func (s *Store) SaveGrant(ctx context.Context, p *sheet24.Portal) error {
	if p.UserID == "" {
		return errors.New("a grant without an owner")
	}
	_, grant, err := s.sealConnection(p)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE portals SET app_grant = $2, updated_at = $4,
		host = CASE WHEN EXISTS (SELECT 1 FROM portals o WHERE o.user_id = portals.user_id AND o.host = $3) THEN host ELSE $3 END
		WHERE id = $1`, p.ID, grant, p.Host, s.now())
	return err
}

// SavePlan keeps the plan that a portal turned out to have, or that its user set.
func (s *Store) SavePlan(ctx context.Context, portalID int64, plan sheet24.Plan) error {
	_, err := s.db.ExecContext(ctx, `UPDATE portals SET plan_rate = $2, plan_burst = $3, updated_at = $4 WHERE id = $1`,
		portalID, plan.Rate, plan.Burst, s.now())
	return err
}

// PausePortal lets a portal alone for a while. Its changes wait. One that is silent, and
// asked by itself, is let alone as long as that was to be.
func (s *Store) PausePortal(ctx context.Context, portalID int64, pause sheet24.Pause) error {
	_, err := s.db.ExecContext(ctx, `UPDATE portals SET paused_code = $2, updated_at = $4,
		paused_until = CASE WHEN paused_code = $2 AND ask_at > $4 AND paused_until > $3 THEN paused_until ELSE $3 END WHERE id = $1`,
		portalID, pause.Code, moment(pause.Until), s.now())
	return err
}

// ResumePortal ends a pause.
func (s *Store) ResumePortal(ctx context.Context, portalID int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE portals SET paused_code = '', paused_until = NULL, silent_since = NULL, ask_at = NULL, updated_at = $2 WHERE id = $1`, portalID, s.now())
	return err
}

const (
	portalFields  = `id, user_id, host, webhook_url, app_grant, account, plan_rate, plan_burst, paused_code, paused_until, created_at`
	portalColumns = `SELECT ` + portalFields + ` FROM portals `
)

// Portal returns a portal by id.
func (s *Store) Portal(ctx context.Context, id int64) (*sheet24.Portal, error) {
	p, err := s.scanPortal(s.db.QueryRowContext(ctx, portalColumns+`WHERE id = $1`, id))
	return p, found(err, "portal_unknown")
}

// PortalsOf lists the portals that a user connected, oldest first.
func (s *Store) PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error) {
	rows, err := s.db.QueryContext(ctx, portalColumns+`WHERE user_id = $1 ORDER BY id`, userID)
	return collect(rows, err, s.scanPortal)
}

func (s *Store) scanPortal(row scanner) (*sheet24.Portal, error) {
	var p sheet24.Portal
	var webhook, grant, account, paused string
	var until sql.NullTime
	if err := row.Scan(&p.ID, &p.UserID, &p.Host, &webhook, &grant, &account, &p.Plan.Rate, &p.Plan.Burst, &paused, &until, &p.CreatedAt); err != nil {
		return nil, err
	}
	if paused != "" {
		p.Paused = &sheet24.Pause{Code: paused, Until: until.Time}
	}
	if err := json.Unmarshal([]byte(account), &p.Account); err != nil {
		return nil, err
	}
	if grant == "" {
		var err error
		p.WebhookURL, err = s.box.Open(webhook, p.UserID)
		return &p, err
	}
	text, err := s.box.Open(grant, p.UserID)
	if err != nil {
		return nil, err
	}
	p.Grant = &sheet24.Grant{}
	return &p, json.Unmarshal([]byte(text), p.Grant)
}
