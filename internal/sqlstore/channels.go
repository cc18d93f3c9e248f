package sqlstore

import (
	"context"
	"time"

	"sheet24"
)

const channelColumns = `SELECT id, user_id, resource_id, token, page_token, expires_at FROM drive_channels `

// SaveChannel keeps a channel of Drive, new or as it stands by now.
func (s *Store) SaveChannel(ctx context.Context, c *sheet24.DriveChannel) error {
	token, err := s.box.Seal(c.Token, c.UserID)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO drive_channels (id, user_id, resource_id, token, page_token, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET page_token = excluded.page_token`,
		c.ID, c.UserID, c.ResourceID, token, c.PageToken, moment(c.ExpiresAt), s.now())
	return err
}

// Channel returns a channel by its id.
func (s *Store) Channel(ctx context.Context, id string) (*sheet24.DriveChannel, error) {
	c, err := s.scanChannel(s.db.QueryRowContext(ctx, channelColumns+`WHERE id = $1`, id))
	return c, found(err, sheet24.CodeDriveChannel)
}

// ChannelsOf lists a user's channels, the one that lives longest first.
func (s *Store) ChannelsOf(ctx context.Context, userID string) ([]*sheet24.DriveChannel, error) {
	rows, err := s.db.QueryContext(ctx, channelColumns+`WHERE user_id = $1 ORDER BY expires_at DESC`, userID)
	return collect(rows, err, s.scanChannel)
}

// DeleteChannel forgets a channel.
func (s *Store) DeleteChannel(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM drive_channels WHERE id = $1`, id)
	return err
}

// Unwatched lists the users with tables whose grant covers Drive, and who have no
// channel that lives until then.
func (s *Store) Unwatched(ctx context.Context, until time.Time) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT t.user_id FROM user_sheets_tokens t
		WHERE t.ended_at IS NULL AND t.scopes LIKE '%/auth/drive.metadata.readonly%'
			AND EXISTS (SELECT 1 FROM sheet_sync_config c WHERE c.user_id = t.user_id AND c.enabled)
			AND NOT EXISTS (SELECT 1 FROM drive_channels d WHERE d.user_id = t.user_id AND d.expires_at > $1)
		ORDER BY t.user_id`, moment(until))
	return collect(rows, err, func(row scanner) (id string, err error) { return id, row.Scan(&id) })
}

func (s *Store) scanChannel(row scanner) (*sheet24.DriveChannel, error) {
	var c sheet24.DriveChannel
	var token string
	if err := row.Scan(&c.ID, &c.UserID, &c.ResourceID, &token, &c.PageToken, &c.ExpiresAt); err != nil {
		return nil, err
	}
	var err error
	c.Token, err = s.box.Open(token, c.UserID)
	return &c, err
}
