package app

import (
	"context"
	"fmt"
	"io"
	"strings"

	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
)

// RotateKeys seals what a former key sealed with the first key of SHEET24_SECRET_KEY. The
// service may run meanwhile; it has to know both keys.
func RotateKeys(ctx context.Context, c *Config, out io.Writer) error {
	box, err := secret.New(c.SecretKey)
	if err != nil {
		return fmt.Errorf("SHEET24_SECRET_KEY: %w", err)
	}
	if !strings.Contains(c.SecretKey, ",") {
		return fmt.Errorf("SHEET24_SECRET_KEY holds one key: put a new one in front (new,old), start serve anew with both, then rotate")
	}
	store, err := sqlstore.Open(ctx, c.DatabaseURL, box)
	if err != nil {
		return err
	}
	defer store.Close()

	done, err := store.Reseal(ctx, false)
	if err != nil {
		return err
	}
	left, err := store.Reseal(ctx, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d secrets, %d of them sealed anew.\n", done.All, done.Former)
	switch {
	case left.Closed > 0:
		return fmt.Errorf("%d secrets are opened by none of the keys: name the key that they were sealed with, too", left.Closed)
	case left.Former > 0:
		return fmt.Errorf("%d secrets were sealed with a former key meanwhile: serve does not have the new key in front yet; start it anew, and rotate once more", left.Former)
	}
	_, err = fmt.Fprintln(out, "No secret needs a former key any longer: keep the first alone, and start serve anew.")
	return err
}
