package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// pool is a database's connections, which keep the statements they have met: SQLite
// would read each text anew, which takes longer than most of them do. (PostgreSQL's
// driver keeps them by itself.)
type pool struct {
	*sql.DB
	keeps bool

	mu    sync.Mutex
	known map[string]*sql.Stmt
}

func newPool(db *sql.DB, d *dialect) *pool {
	return &pool{DB: db, keeps: !d.server(), known: map[string]*sql.Stmt{}}
}

// fewParameters are so many that a statement's text is always the same: longer ones name
// as many values as there happen to be.
const fewParameters = 20

// stmt is a statement that is kept, nil if it is not to be.
func (p *pool) stmt(ctx context.Context, query string, args []any) (*sql.Stmt, error) {
	if !p.keeps || len(args) > fewParameters {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.known[query]; ok {
		return s, nil
	}
	s, err := p.DB.PrepareContext(ctx, query)
	if err == nil {
		p.known[query] = s
	}
	return s, err
}

func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(ctx, query, args)
	if err != nil || s == nil {
		return p.DB.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}

func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query, args)
	if err != nil || s == nil {
		return p.DB.QueryContext(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}

func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(ctx, query, args)
	if err != nil || s == nil {
		return p.DB.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

// txn is a transaction on such connections.
type txn struct {
	*sql.Tx
	pool *pool
}

func (t *txn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := t.pool.stmt(ctx, query, args)
	if err != nil || s == nil {
		return t.Tx.ExecContext(ctx, query, args...)
	}
	return t.StmtContext(ctx, s).ExecContext(ctx, args...)
}

func (t *txn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := t.pool.stmt(ctx, query, args)
	if err != nil || s == nil {
		return t.Tx.QueryContext(ctx, query, args...)
	}
	return t.StmtContext(ctx, s).QueryContext(ctx, args...)
}

func (t *txn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := t.pool.stmt(ctx, query, args)
	if err != nil || s == nil {
		return t.Tx.QueryRowContext(ctx, query, args...)
	}
	return t.StmtContext(ctx, s).QueryRowContext(ctx, args...)
}
