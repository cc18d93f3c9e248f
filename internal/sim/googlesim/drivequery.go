package googlesim

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// fileTest reports whether a file is one that an account looks for.
type fileTest func(s *Spreadsheet, email string) bool

// errQuery is why a search query is refused.
var errQuery = errors.New("Invalid Value")

var queryToken = regexp.MustCompile(`^\s*('(?:[^'\\]|\\.)*'|[A-Za-z]+|<=|>=|!=|[=<>()])`)

// parseQuery reads a search query (source: Drive's guide "Search query terms and
// operators"). Without one, every file is looked for.
func parseQuery(text string) (fileTest, error) {
	if strings.TrimSpace(text) == "" {
		return func(*Spreadsheet, string) bool { return true }, nil
	}
	p := &queryParser{}
	for strings.TrimSpace(text) != "" {
		token := queryToken.FindString(text)
		if token == "" {
			return nil, errQuery
		}
		text = text[len(token):]
		p.tokens = append(p.tokens, strings.TrimSpace(token))
	}
	test, err := p.any()
	if err == nil && len(p.tokens) > 0 {
		err = errQuery
	}
	return test, err
}

type queryParser struct{ tokens []string }

func (p *queryParser) take(token string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == token {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *queryParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

// any reads terms with or between them, all those with and.
func (p *queryParser) any() (fileTest, error) {
	test, err := p.all()
	for err == nil && p.take("or") {
		left := test
		right, bad := p.all()
		test, err = func(s *Spreadsheet, email string) bool { return left(s, email) || right(s, email) }, bad
	}
	return test, err
}

func (p *queryParser) all() (fileTest, error) {
	test, err := p.term()
	for err == nil && p.take("and") {
		left := test
		right, bad := p.term()
		test, err = func(s *Spreadsheet, email string) bool { return left(s, email) && right(s, email) }, bad
	}
	return test, err
}

func (p *queryParser) term() (fileTest, error) {
	switch {
	case p.take("not"):
		inner, err := p.term()
		return func(s *Spreadsheet, email string) bool { return !inner(s, email) }, err
	case p.take("("):
		inner, err := p.any()
		if err == nil && !p.take(")") {
			err = errQuery
		}
		return inner, err
	}
	first := p.next()
	if value, ok := literal(first); ok { // 'me' in owners
		if !p.take("in") {
			return nil, errQuery
		}
		return memberOf(p.next(), value)
	}
	if first == "sharedWithMe" && (len(p.tokens) == 0 || p.tokens[0] != "=") {
		return func(s *Spreadsheet, email string) bool { return s.Owner != email }, nil
	}
	return comparison(first, p.next(), p.next())
}

// literal reads a text in quotes.
func literal(token string) (string, bool) {
	if len(token) < 2 || token[0] != '\'' {
		return "", false
	}
	return strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(token[1 : len(token)-1]), true
}

func memberOf(collection, who string) (fileTest, error) {
	is := func(email string) string {
		if who == "me" {
			return email
		}
		return who
	}
	switch collection {
	case "owners":
		return func(s *Spreadsheet, email string) bool { return s.Owner == is(email) }, nil
	case "writers", "readers":
		return func(s *Spreadsheet, email string) bool { return s.mayEdit(is(email)) }, nil
	case "parents":
		return func(s *Spreadsheet, _ string) bool { return who == "root" && s.Drive == "" || who == s.Drive }, nil
	}
	return nil, errQuery
}

func comparison(field, operator, token string) (fileTest, error) {
	value, isText := literal(token)
	switch field {
	case "name", "fullText", "mimeType":
		if !isText {
			return nil, errQuery
		}
		of := func(s *Spreadsheet) string {
			if field == "mimeType" {
				return spreadsheetType
			}
			return s.Title
		}
		switch operator {
		case "=":
			return func(s *Spreadsheet, _ string) bool { return fold(of(s)) == fold(value) }, nil
		case "!=":
			return func(s *Spreadsheet, _ string) bool { return fold(of(s)) != fold(value) }, nil
		case "contains":
			return func(s *Spreadsheet, _ string) bool { return beginsWord(of(s), value) }, nil
		}
	case "modifiedTime", "createdTime":
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			at, err = time.Parse("2006-01-02T15:04:05", value)
		}
		if err != nil || !isText {
			return nil, errQuery
		}
		order := map[string]func(int) bool{"=": func(c int) bool { return c == 0 }, "!=": func(c int) bool { return c != 0 }, "<": func(c int) bool { return c < 0 },
			"<=": func(c int) bool { return c <= 0 }, ">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 }}[operator]
		if order != nil {
			return func(s *Spreadsheet, _ string) bool { return order(s.Modified.Compare(at)) }, nil
		}
	case "trashed", "starred", "sharedWithMe":
		if (token == "true" || token == "false") && (operator == "=" || operator == "!=") {
			want := (token == "true") == (operator == "=")
			return func(s *Spreadsheet, email string) bool {
				return want == (field == "sharedWithMe" && s.Owner != email)
			}, nil
		}
	}
	return nil, errQuery
}

// beginsWord reports whether a word of a name begins with a text: "contains" does only
// prefix matching for a name (source: as parseQuery).
func beginsWord(name, text string) bool {
	name, text = fold(name), fold(strings.TrimSpace(text))
	before := ' '
	for i, c := range name {
		if !unicode.IsLetter(before) && !unicode.IsNumber(before) && strings.HasPrefix(name[i:], text) {
			return true
		}
		before = c
	}
	return text == ""
}
