package mapping

import "sheet24"

// Mappable reports whether a column may feed a field: the record's id, which names
// the row, or what can be written again and again.
func Mappable(f sheet24.Field) bool {
	return f.Name == sheet24.IDField || (Supported(f.Type) && !f.ReadOnly && !f.Immutable)
}

// MappingOf is the mapping of a column to a field.
func MappingOf(c sheet24.Column, f sheet24.Field) sheet24.FieldMapping {
	return sheet24.FieldMapping{Column: c, Field: f.Name, Type: f.Type, Updatable: !f.ReadOnly && !f.Immutable}
}
