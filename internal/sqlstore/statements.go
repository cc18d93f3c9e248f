package sqlstore

import (
	"context"
	"database/sql/driver"
)

// keeper opens connections to SQLite that keep the statements they have met: to read a
// text anew takes longer than most statements do. (PostgreSQL's driver keeps them by
// itself.)
type keeper struct{ driver.Connector }

func (k keeper) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keepingConn{c.(sqliteConn), map[string]*statement{}}, nil
}

// sqliteConn is what SQLite's driver can do; database/sql looks for each part.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is a connection with its statements by their texts. As any connection of a
// driver, it is used by one goroutine at a time.
type keepingConn struct {
	sqliteConn
	kept map[string]*statement
}

// statement is one that is kept. While its rows are read it cannot run again.
type statement struct {
	preparedStatement
	reading bool
}

type preparedStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// fewParameters are so many that a statement's text is always the same: longer ones name
// as many values as there happen to be.
const fewParameters = 20

// statement is the one that is kept for a text, nil if it is not to be kept, or not free.
// One without parameters is not worth it.
func (c *keepingConn) statement(ctx context.Context, query string, parameters int) (*statement, error) {
	if parameters == 0 || parameters > fewParameters {
		return nil, nil
	}

	if s, ok := c.kept[query]; ok {
		if s.reading {
			return nil, nil
		}
		return s, nil
	}

	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}

	s := &statement{preparedStatement: prepared.(preparedStatement)}
	c.kept[query] = s
	return s, nil
}

func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query, len(args))
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, args)
}

func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query, len(args))
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteConn.QueryContext(ctx, query, args)
	}

	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}

	s.reading = true
	return &keptRows{rows.(sqliteRows), s}, nil
}

// Close closes the connection and its statements.
func (c *keepingConn) Close() error {
	for _, s := range c.kept {
		s.Close()
	}
	return c.sqliteConn.Close()
}

// Unwrap is the driver's own connection.
func (c *keepingConn) Unwrap() driver.Conn { return c.sqliteConn }

// keptRows are the rows of a statement that is free again after them.
type keptRows struct {
	sqliteRows
	of *statement
}

// sqliteRows is what rows of SQLite's driver can tell; database/sql looks for each part.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

func (r *keptRows) Close() error {
	r.of.reading = false
	return r.sqliteRows.Close()
}
