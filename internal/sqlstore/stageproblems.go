package sqlstore

import (
	"context"
	"encoding/json"

	"sheet24"
)

// NoteStageFailure counts that a stage failed once more in a row for a table, or for a
// push its portal, whichever process ran it, and keeps why.
func (s *Store) NoteStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64, cause error) error {
	e := sheet24.AsError(cause)
	args, err := json.Marshal(e.Args)
	if err != nil {
		args = []byte("[]")
	}

	defer s.write()()
	_, err = s.quick.ExecContext(ctx, `
		INSERT INTO stage_problems (stage, subject_id, times, code, args, since) VALUES ($1, $2, 1, $3, $4, $5)
		ON CONFLICT (stage, subject_id) DO UPDATE SET times = stage_problems.times + 1, code = excluded.code, args = excluded.args`,
		string(stage), subjectID, e.Code, string(args), s.now())
	return err
}

// ClearStageFailure forgets a stage's failures: it succeeded. That there are none, as
// nearly always, costs no write.
func (s *Store) ClearStageFailure(ctx context.Context, stage sheet24.Stage, subjectID int64) error {
	var failed bool
	err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM stage_problems WHERE stage = $1 AND subject_id = $2)`, string(stage), subjectID).Scan(&failed)
	if err != nil || !failed {
		return err
	}

	defer s.write()()
	_, err = s.quick.ExecContext(ctx, `DELETE FROM stage_problems WHERE stage = $1 AND subject_id = $2`, string(stage), subjectID)
	return err
}

// StageProblems returns the stages that failed sheet24.StageFailures times in a row, or
// more, for a table, or for its portal.
func (s *Store) StageProblems(ctx context.Context, t *sheet24.Table) ([]sheet24.StageProblem, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT stage, times, since, code, args FROM stage_problems
		WHERE times >= $1 AND (stage = 'push' AND subject_id = $2 OR stage <> 'push' AND subject_id = $3) ORDER BY since, stage`,
		sheet24.StageFailures, t.PortalID, t.ID)
	return collect(rows, err, func(row scanner) (p sheet24.StageProblem, err error) {
		p.Err = &sheet24.Error{Kind: sheet24.Internal}
		var args string
		if err := row.Scan(&p.Stage, &p.Times, &p.Since, &p.Err.Code, &args); err != nil {
			return p, err
		}
		return p, json.Unmarshal([]byte(args), &p.Err.Args)
	})
}
