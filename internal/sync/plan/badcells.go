package plan

import (
	"errors"
	"strings"

	"sheet24"
	"sheet24/internal/locale"
)

// BadCells are the cells of a row that hold what their fields do not take, each an error
// that names its column.
type BadCells []*sheet24.Error

// Add notes why a column's cell was not taken.
func (b *BadCells) Add(t *sheet24.Table, column string, err error) {
	*b = append(*b, sheet24.Errorf(sheet24.Invalid, sheet24.CodeInColumn, column, locale.Error(t.Language, err)).Because(err))
}

// Err says all of them in one sentence after the other, in the order of the columns; nil
// where there are none.
func (b BadCells) Err() error {
	switch len(b) {
	case 0:
		return nil
	case 1:
		return b[0]
	}
	var all []error
	var sentences []string
	for _, e := range b {
		all = append(all, e)
		sentences = append(sentences, e.Args[0].(string)+": "+e.Args[1].(string))
	}
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeInColumns, strings.Join(sentences, " · ")).Because(errors.Join(all...))
}

// causes are the errors that an error about columns carries, or it alone.
func causes(err error) []*sheet24.Error {
	e := sheet24.AsError(err)
	switch {
	case e.Code == sheet24.CodeInColumn && e.Err != nil:
		return []*sheet24.Error{sheet24.AsError(e.Err)}
	case e.Code != sheet24.CodeInColumns:
		return []*sheet24.Error{e}
	}
	var all []*sheet24.Error
	if joined, ok := e.Err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, causes(one)...)
		}
	}
	return all
}
