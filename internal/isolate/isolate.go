// Package isolate keeps what is wrong with one row from holding up the others.
package isolate

import (
	"errors"
	"fmt"
	"runtime/debug"

	"sheet24"
)

// Panic is the error that a panic becomes.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Guard runs f. A panic of it is an error, a Panic.
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{v, debug.Stack()}
		}
	}()
	return f()
}

// Each does at once what do does to a list. Where that fails because of what is in the
// list, it is done to each half by itself, and so on down to single items: failed hears of
// those, and why. So do has to be of one piece: what failed has done nothing, or may be
// done again. An error that has nothing to do with any item, as of a database that is
// away, ends it all, as one of failed does.
func Each[T any](all []T, do func([]T) error, failed func(T, error) error) error {
	err := Guard(func() error { return do(all) })
	switch {
	case err == nil:
		return nil
	case !Fault(err) || len(all) == 0:
		return err
	case len(all) == 1:
		return failed(all[0], err)
	}

	half := len(all) / 2
	if err := Each(all[:half], do, failed); err != nil {
		return err
	}
	return Each(all[half:], do, failed)
}

// Fault reports whether an error is about what was worked on: a value that cannot be
// stored, or that our code panics at.
func Fault(err error) bool {
	_, panicked := errors.AsType[*Panic](err)
	return panicked || errors.Is(err, sheet24.ErrData)
}

// Stack is where a panic came from, "" for other errors.
func Stack(err error) string {
	if p, ok := errors.AsType[*Panic](err); ok {
		return string(p.Stack)
	}
	return ""
}
