package sqlstore

import (
	"context"

	"sheet24"
)

// SavePortal connects a portal to its user, or renews the webhook of one that
// is connected already, and sets p.ID.
func (s *Store) SavePortal(ctx context.Context, p *sheet24.Portal) error {
	sealed, err := s.box.Seal(p.WebhookURL, p.UserID)
	if err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, `
		INSERT INTO portals (user_id, host, webhook_url, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (user_id, host) DO UPDATE SET webhook_url = excluded.webhook_url, updated_at = excluded.updated_at
		RETURNING id`, p.UserID, p.Host, sealed, s.now()).Scan(&p.ID)
}

const portalColumns = `SELECT id, user_id, host, webhook_url, created_at FROM portals `

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
	var sealed string
	if err := row.Scan(&p.ID, &p.UserID, &p.Host, &sealed, &p.CreatedAt); err != nil {
		return nil, err
	}
	var err error
	p.WebhookURL, err = s.box.Open(sealed, p.UserID)
	return &p, err
}
