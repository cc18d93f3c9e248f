// Package sheet24 is the domain of sheet24: a person edits a Google Sheet and
// Bitrix24 follows, exactly and soon.
//
// Read it as the glossary of the whole. A [Table] is one tab of a spreadsheet
// that is kept in step with one [Entity] of a [Portal]; its [FieldMapping]s say
// which column feeds which CRM field. A notification about edited rows is stored as an
// [Event]; what then really differs in a row, compared with its [Snapshot], is
// a [RowChange]. Four stages carry an edit: receive, scan, push and
// report; compare holds a whole tab against the CRM (packages below internal/sync).
//
// The package talks to nobody and imports nothing of the project.
package sheet24
