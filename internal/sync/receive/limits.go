package receive

import (
	"context"
	"math"
	"strconv"
	"time"

	"sheet24"
	"sheet24/internal/limit"
)

// Limits keep one table's messages, and those of people who cannot sign, from holding others
// up. The zero value has none.
type Limits struct {
	Tables    *limit.Keyed // signed messages, by table
	Strangers *limit.Keyed // messages that nobody's key signed, by address
}

// DefaultLimits let a table announce far more than people can edit, and a paste by a script.
// Google's scripts share addresses with each other: whoever signs is not limited by those.
func DefaultLimits() Limits {
	return Limits{Tables: limit.New(20, 3000, 20_000), Strangers: limit.New(10, 200, 20_000)}
}

// signed takes one of a table's share.
func (l Limits) signed(t *sheet24.Table) error {
	return tooMany(l.Tables.Take(strconv.FormatInt(t.ID, 10)))
}

// stranger refuses a message of which it is not known who signed it, from an address whose
// messages often were nobody's.
func (l Limits) stranger(ctx context.Context) error {
	return tooMany(l.Strangers.Wait(limit.AddressOf(ctx)))
}

// unsigned counts a message that was nobody's.
func (l Limits) unsigned(ctx context.Context, err error) {
	if sheet24.IsKind(err, sheet24.NotFound) || sheet24.IsKind(err, sheet24.Unauthorized) {
		l.Strangers.Take(limit.AddressOf(ctx))
	}
}

// tooMany says how long to wait, in whole seconds.
func tooMany(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return sheet24.Errorf(sheet24.TooMany, sheet24.CodeTooMany, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}
