package bitrixsim

import (
	"regexp"
	"strings"
)

// left is what the commands of a batch have left so far: "result", "next", "total",
// "time" and "error", each by the commands' keys.
type left map[string]any

// reference matches a reference to what an earlier command left, in a text of any kind:
// $result[get_user][UF_DEPARTMENT][0] (source: the documentation's page on batch). Portals
// take $next, $total, $time and $error alike, in any case of letters, and a reference ends
// at a blank only: what stands behind its last bracket belongs to it.
var reference = regexp.MustCompile(`(?i)\$(result|next|total|time|error)([^ \t\n\v\f\r]*)`)

var step = regexp.MustCompile(`\[([^\]]+)\]`)

// into puts what was left in the place of the references to it: in values and in keys, at
// any depth.
func (l left) into(in params) params {
	out, _ := l.replaced(map[string]any(in)).(map[string]any)
	return out
}

func (l left) replaced(v any) any {
	switch v := v.(type) {
	case string:
		return l.replacedText(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, x := range v {
			out[text(l.replacedText(key))] = l.replaced(x)
		}
		return out
	}
	return v
}

// replacedText is a text with its references resolved: one that is nothing else becomes
// what it refers to, whatever that is; within a text only what is a text or a number does.
func (l left) replacedText(s string) any {
	for _, m := range reference.FindAllStringSubmatch(s, -1) {
		steps := step.FindAllStringSubmatch(m[2], -1)
		if steps == nil {
			continue
		}

		at := l.at(m[1], steps)
		if m[0] == s {
			return at
		}
		if object(at) == nil {
			s = strings.ReplaceAll(s, m[0], text(at))
		}
	}
	return s
}

// at is what a reference leads to, or the last that was found on the way there. A name in
// other letters than small ones leads to nothing.
func (l left) at(name string, steps [][]string) any {
	at := plain(l[name])
	for _, s := range steps {
		next, ok := object(at)[s[1]]
		if !ok {
			break
		}
		at = next
	}

	if list := object(at); list != nil { // in parameters a list is an object by number
		return list
	}
	return at
}
