package google

import (
	"context"
	"time"

	"google.golang.org/api/drive/v3"

	"sheet24"
)

// channelLife is how long Drive is asked to tell of changes: the longest it does.
const channelLife = 7 * 24 * time.Hour

// Watch has Drive tell an https address of a user's changes, and fills in what Google
// says of the channel. Without a page token, changes count from now on.
func (c *Client) Watch(ctx context.Context, address string, ch *sheet24.DriveChannel) error {
	s, err := c.drive(ctx, ch.UserID)
	if err != nil {
		return err
	}
	if ch.PageToken == "" {
		start, err := s.Changes.GetStartPageToken().SupportsAllDrives(true).Context(ctx).Do()
		if err != nil {
			return fail(err)
		}
		ch.PageToken = start.StartPageToken
	}
	got, err := s.Changes.Watch(ch.PageToken, &drive.Channel{Id: ch.ID, Type: "web_hook", Address: address, Token: ch.Token,
		Expiration: time.Now().Add(channelLife).UnixMilli()}).SupportsAllDrives(true).IncludeItemsFromAllDrives(true).Context(ctx).Do()
	if err != nil {
		return fail(err)
	}
	ch.ResourceID, ch.ExpiresAt = got.ResourceId, time.UnixMilli(got.Expiration)
	return nil
}

// StopWatch ends a channel before it expires. One that is gone is no error.
func (c *Client) StopWatch(ctx context.Context, ch *sheet24.DriveChannel) error {
	s, err := c.drive(ctx, ch.UserID)
	if err != nil {
		return err
	}
	if err := s.Channels.Stop(&drive.Channel{Id: ch.ID, ResourceId: ch.ResourceID}).Context(ctx).Do(); err != nil && !isNotFound(err) {
		return fail(err)
	}
	return nil
}

// Changed lists the files of a user that changed since a page token, and returns the
// token to go on from.
func (c *Client) Changed(ctx context.Context, userID, pageToken string) (files []string, next string, err error) {
	s, err := c.drive(ctx, userID)
	if err != nil {
		return nil, "", err
	}
	for {
		list, err := s.Changes.List(pageToken).PageSize(1000).SupportsAllDrives(true).IncludeItemsFromAllDrives(true).
			Fields("nextPageToken, newStartPageToken, changes(fileId)").Context(ctx).Do()
		if err != nil {
			return nil, "", fail(err)
		}
		for _, change := range list.Changes {
			files = append(files, change.FileId)
		}
		if pageToken = list.NextPageToken; pageToken == "" {
			return files, list.NewStartPageToken, nil
		}
	}
}
