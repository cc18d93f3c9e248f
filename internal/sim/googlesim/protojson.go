package googlesim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/api/googleapi"
)

// Google's servers read JSON as proto3 has it: names in lowerCamelCase or as the
// .proto file writes them, numbers as texts, null as absent; a name that there is not
// is refused (protobuf.dev/programming-guides/json). The types of the API's own Go
// client, which are made from the discovery document, say which names there are.

var fieldCache sync.Map // reflect.Type → map[string]reflect.StructField

// fieldsOf are the fields of a struct by their JSON names.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	if known, ok := fieldCache.Load(t); ok {
		return known.(map[string]reflect.StructField)
	}
	fields := map[string]reflect.StructField{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = t.Field(i)
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// decodeProto reads a JSON body into v, having held its names and types against those
// of a message. It answers 400 and returns false where Google would.
func decodeProto(w http.ResponseWriter, r *http.Request, message any, v any) bool {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 50<<20))
	if err != nil {
		invalid(w, "Invalid JSON payload received. "+err.Error())
		return false
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		data = []byte("{}")
	}

	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		invalid(w, "Invalid JSON payload received. "+err.Error())
		return false
	}
	clean, err := normalized(tree, reflect.TypeOf(message), "")
	if err != nil {
		invalid(w, err.Error())
		return false
	}

	if data, err = json.Marshal(clean); err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		invalid(w, "Invalid JSON payload received. "+err.Error())
		return false
	}
	return true
}

var rawMessage = reflect.TypeFor[googleapi.RawMessage]()

// normalized is a JSON value with the names and types of its message: numbers that
// came as texts are numbers, what is null is gone.
func normalized(v any, t reflect.Type, path string) (any, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if v == nil || t == rawMessage {
		return v, nil
	}

	wrong := func(kind string) error {
		said, _ := json.Marshal(v)
		return fmt.Errorf("Invalid value at '%s' (%s), %s", path, kind, said)
	}
	switch t.Kind() {
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if !ok {
			return nil, wrong("type.googleapis.com/google.apps.sheets.v4." + t.Name())
		}
		return normalizedObject(object, t, path)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok { // one element is taken for a list of one
			list = []any{v}
		}
		clean := make([]any, len(list))
		for i, inner := range list {
			var err error
			if clean[i], err = normalized(inner, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return nil, err
			}
		}
		return clean, nil
	case reflect.Int64:
		n, ok := numberOf(v)
		if !ok || n != float64(int64(n)) {
			return nil, wrong("TYPE_INT32")
		}
		return n, nil
	case reflect.Float64:
		n, ok := numberOf(v)
		if !ok {
			return nil, wrong("TYPE_DOUBLE")
		}
		return n, nil
	case reflect.Bool:
		switch v {
		case true, "true":
			return true, nil
		case false, "false":
			return false, nil
		}
		return nil, wrong("TYPE_BOOL")
	case reflect.String:
		if _, ok := v.(string); !ok {
			return nil, wrong("TYPE_STRING")
		}
	}
	return v, nil
}

func normalizedObject(object map[string]any, t reflect.Type, path string) (any, error) {
	fields := fieldsOf(t)
	clean := map[string]any{}
	for name, inner := range object {
		f, ok := fields[name]
		if !ok {
			name = camel(name)
			f, ok = fields[name]
		}
		if !ok {
			where := ""
			if path != "" {
				where = " at '" + path + "'"
			}
			return nil, fmt.Errorf("Invalid JSON payload received. Unknown name %q%s: Cannot find field.", name, where)
		}
		if inner == nil {
			continue
		}
		value, err := normalized(inner, f.Type, strings.TrimPrefix(path+"."+name, "."))
		if err != nil {
			return nil, err
		}
		clean[name] = value
	}
	return clean, nil
}

// numberOf reads a number, which may have come as a text.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// camel writes a name of a .proto file as JSON has it: sheet_id as sheetId.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, part := range parts {
		if i > 0 && part != "" {
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}
