package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sheet24"
)

// SavePortal connects a portal to its user, or renews the connection of one that
// their team has already, by its host or by what it is called in its grant, and ends
// its pause. It sets p.ID, unless it is set: then that connection is renewed. Where
// another portal had the host, that one keeps its tables and all that is theirs.
func (s *Store) SavePortal(ctx context.Context, p *sheet24.Portal) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		id := p.ID
		if id == 0 {
			var err error
			if id, err = s.portalToRenew(ctx, tx, p); err != nil {
				return err
			}
		}
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
		}

		if id == 0 {
			return tx.QueryRowContext(ctx, `
				INSERT INTO portals (user_id, host, webhook_url, app_grant, member_id, account, plan_rate, plan_burst, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id`,
				p.UserID, p.Host, webhook, grant, member, string(account), p.Plan.Rate, p.Plan.Burst, s.now()).Scan(&p.ID)
		}
		p.ID = id
		_, err = tx.ExecContext(ctx, `
			UPDATE portals SET webhook_url = $2, app_grant = $3, member_id = CASE WHEN $4 = '' THEN member_id ELSE $4 END, account = $5,
				plan_rate = CASE WHEN CAST($6 AS DOUBLE PRECISION) > 0 THEN $6 ELSE plan_rate END,
				plan_burst = CASE WHEN CAST($6 AS DOUBLE PRECISION) > 0 THEN $7 ELSE plan_burst END,
				paused_code = '', paused_until = NULL, deleted_at = NULL, silent_since = NULL, ask_at = NULL, updated_at = $8 WHERE id = $1`,
			id, webhook, grant, member, string(account), p.Plan.Rate, p.Plan.Burst, s.now())
		return err
	})
}

// portalRow is what tells portals of one team apart.
type portalRow struct {
	id           int64
	user         string // who connected it
	host, member string
	webhook      string // sealed
	deleted      bool   // Bitrix24 said that it is deleted
}

// portalToRenew finds the portal that a connection leads to among those that its user's team
// has, 0 if it is a new one, and gives it the connection's host if no other has that. A
// teammate's stays theirs: p.UserID becomes whose it is.
func (s *Store) portalToRenew(ctx context.Context, tx *sql.Tx, p *sheet24.Portal) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, user_id, host, member_id, webhook_url, deleted_at IS NOT NULL FROM portals
		WHERE user_id IN `+teammates+` ORDER BY id`+s.dialect.held, p.UserID)
	all, err := collect(rows, err, func(row scanner) (r portalRow, err error) {
		return r, row.Scan(&r.id, &r.user, &r.host, &r.member, &r.webhook, &r.deleted)
	})
	if err != nil {
		return 0, err
	}
	var same, at portalRow // the portal itself, and which one has its host
	for _, r := range all {
		if p.Grant != nil && r.member == p.Grant.MemberID {
			same = r
		}
		if r.host == p.Host {
			at = r
		}
	}

	switch other, err := s.otherPortal(p, at); {
	case err != nil:
		return 0, err
	case at.id != 0 && other:
		if err := s.replacePortal(ctx, tx, at); err != nil {
			return 0, err
		}
		at = portalRow{}
	}
	switch {
	case same.id == 0:
		p.UserID = cmp.Or(at.user, p.UserID)
		return at.id, nil
	case at.id == 0:
		_, err = tx.ExecContext(ctx, `UPDATE portals SET host = $2, replaced_at = NULL WHERE id = $1`, same.id, p.Host)
	}
	p.UserID = same.user
	return same.id, err
}

// otherPortal reports whether a connection leads to another portal than the one that its
// host belonged to until now: Bitrix24 calls it otherwise, or the former one was deleted.
func (s *Store) otherPortal(p *sheet24.Portal, at portalRow) (bool, error) {
	if p.Grant != nil {
		return at.member != "" && at.member != p.Grant.MemberID || at.deleted && at.member == "", nil
	}
	if !at.deleted {
		return false, nil
	}
	before, err := s.box.Open(at.webhook, at.user)
	return before != p.WebhookURL, err
}

// replacePortal takes a portal's host from it: another portal has that now. Bitrix24 may
// tell the host that it has itself.
func (s *Store) replacePortal(ctx context.Context, tx *sql.Tx, was portalRow) error {
	_, err := tx.ExecContext(ctx, `UPDATE portals SET host = $2, replaced_at = $3 WHERE id = $1`, was.id, fmt.Sprint(was.host, replacedMark, was.id), s.now())
	return err
}

// replacedMark parts the host that a portal had from its number; no host has it.
const replacedMark = "#"

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
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE portals SET app_grant = $2, updated_at = $3 WHERE id = $1`, p.ID, grant, s.now()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE portals SET host = $2, replaced_at = NULL WHERE id = $1
			AND NOT EXISTS (SELECT 1 FROM portals o JOIN users m ON m.id = o.user_id JOIN users u ON u.team_id = m.team_id
				WHERE u.id = portals.user_id AND o.host = $2)`, p.ID, p.Host)
		return err
	})
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
		paused_until = CASE WHEN paused_code = $2 AND ask_at > $4 AND paused_until > $3 THEN paused_until ELSE $3 END,
		deleted_at = CASE WHEN $2 = 'portal_deleted' THEN $4 ELSE deleted_at END WHERE id = $1`,
		portalID, pause.Code, moment(pause.Until), s.now())
	return err
}

// ResumePortal ends a pause.
func (s *Store) ResumePortal(ctx context.Context, portalID int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE portals SET paused_code = '', paused_until = NULL, deleted_at = NULL, silent_since = NULL, ask_at = NULL, updated_at = $2 WHERE id = $1`, portalID, s.now())
	return err
}

const (
	portalFields  = `id, user_id, host, webhook_url, app_grant, account, plan_rate, plan_burst, paused_code, paused_until, created_at, replaced_at IS NOT NULL`
	portalColumns = `SELECT ` + portalFields + ` FROM portals `
)

// teammates are the users of the team of the first parameter's.
const teammates = `(SELECT m.id FROM users m JOIN users u ON u.team_id = m.team_id WHERE u.id = $1)`

// Portal returns a portal by id.
func (s *Store) Portal(ctx context.Context, id int64) (*sheet24.Portal, error) {
	p, err := s.scanPortal(s.db.QueryRowContext(ctx, portalColumns+`WHERE id = $1`, id))
	return p, found(err, sheet24.CodePortalUnknown)
}

// PortalsOf lists the portals that a user's team connected, oldest first.
func (s *Store) PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error) {
	rows, err := s.db.QueryContext(ctx, portalColumns+`WHERE user_id IN `+teammates+` ORDER BY id`, userID)
	return collect(rows, err, s.scanPortal)
}

func (s *Store) scanPortal(row scanner) (*sheet24.Portal, error) {
	var p sheet24.Portal
	var webhook, grant, account, paused string
	var until sql.NullTime
	if err := row.Scan(&p.ID, &p.UserID, &p.Host, &webhook, &grant, &account, &p.Plan.Rate, &p.Plan.Burst, &paused, &until, &p.CreatedAt, &p.Replaced); err != nil {
		return nil, err
	}
	p.Host, _, _ = strings.Cut(p.Host, replacedMark)
	if paused != "" {
		p.Paused = &sheet24.Pause{Code: sheet24.Code(paused), Until: until.Time}
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
