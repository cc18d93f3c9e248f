package sheet24

import "context"

// Place is a round's place among those that are at work at once. Who waits for an answer
// from outside (a request, its turn by a limit) leaves it to others meanwhile.
type Place interface {
	Leave()
	Return()
}

// placeKey is the key of what WithPlace marks.
type placeKey struct{}

// WithPlace marks work that holds a place.
func WithPlace(ctx context.Context, p Place) context.Context {
	return context.WithValue(ctx, placeKey{}, p)
}

// Outside says that the work of ctx waits for somebody outside, until the returned
// function is called; its place, if it has one, is another's meanwhile. Requests of one
// round may wait side by side, and one within another.
func Outside(ctx context.Context) (back func()) {
	p, ok := ctx.Value(placeKey{}).(Place)
	if !ok {
		return func() {}
	}
	p.Leave()
	return p.Return
}
