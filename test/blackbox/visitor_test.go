package blackbox_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// visitor walks the service's pages with cookies and forms, as a browser without
// JavaScript does.
type visitor struct {
	client  *http.Client
	base    string
	account string // at Google
}

// The accounts of the simulated Google: one owns the spreadsheets, the other is let in.
const owner, guest = "ayse@ornek.com.tr", "mehmet@ornek.com.tr"

func newVisitor(base, account string) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	return &visitor{&http.Client{Jar: jar, Timeout: 2 * time.Minute}, base, account}, err
}

// visit requests a page, following redirects, and returns it and its address.
func (v *visitor) visit(method, address string, form url.Values) (status int, page, at string, err error) {
	if strings.HasPrefix(address, "/") {
		address = v.base + address
	}
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	said, err := v.client.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer said.Body.Close()
	body, err := io.ReadAll(said.Body)
	return said.StatusCode, string(body), said.Request.URL.String(), err
}

var alert = regexp.MustCompile(`(?s)<p class="alert" role="alert">(.*?)</p>`)

// ok is visit for pages that must be found.
func (v *visitor) ok(method, address string, form url.Values) (page, at string, err error) {
	status, page, at, err := v.visit(method, address, form)
	if err == nil && status != http.StatusOK {
		said := textOf(page)
		if m := alert.FindStringSubmatch(page); m != nil {
			said = textOf(m[1])
		}
		err = fmt.Errorf("%s %s: HTTP %d at %s: %s", method, address, status, at, said)
	}
	return page, at, err
}

var tags = regexp.MustCompile(`(?s)<head>.*?</head>|<style.*?</style>|<script.*?</script>|<[^>]*>`)

// textOf is what a page says, without its tags.
func textOf(page string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " "))
}

var scopeInput = regexp.MustCompile(`name="scope" value="([^"]+)"`)

// signIn goes through Google's consent.
func (v *visitor) signIn() error {
	page, consent, err := v.ok(http.MethodPost, "/sheet-sync/oauth/start", nil)
	if err != nil {
		return err
	}
	form := url.Values{"account": {v.account}, "answer": {"allow"}}
	for _, m := range scopeInput.FindAllStringSubmatch(page, -1) {
		form.Add("scope", m[1])
	}
	_, _, err = v.ok(http.MethodPost, consent, form)
	return err
}

// save saves a tab as a table with a field for each column, "" for none. It returns
// where the user is led to.
func (v *visitor) save(spreadsheet string, gid int64, entity string, fields []string) (page, at string, err error) {
	address := "/sheet-sync/new/" + spreadsheet + "/mapping"
	shown, _, err := v.ok(http.MethodGet, fmt.Sprintf("%s?gid=%d&header=1&entity=%s", address, gid, entity), nil)
	if err != nil {
		return "", "", err
	}
	portal := shownPortal.FindStringSubmatch(shown)
	if portal == nil {
		return "", "", fmt.Errorf("the mapping page names no portal: %s", textOf(shown))
	}

	form := url.Values{"gid": {fmt.Sprint(gid)}, "entity": {entity}, "portal": {portal[1]}, "header": {"1"}, "new_rows": {"create"},
		"color_header": {"#1f5e4b"}, "color_text": {"#ffffff"}, "color_accent": {"#1f7a5c"}, "color_row": {"#eef6f2"}}
	for i, f := range fields {
		if f != "" {
			form.Set(fmt.Sprint("column_", i), f)
		}
	}
	return v.ok(http.MethodPost, address, form)
}

var (
	shownPortal = regexp.MustCompile(`name="portal" value="(\d+)"`)
	reviewLink  = regexp.MustCompile(`id="review" href="([^"]+)"`)
	tableLink   = regexp.MustCompile(`(?s)<a href="(/sheet-sync/tables/\d+)">\s*<span>(.*?)</span>`)
)

// allow lets the script run that was put into a sheet.
func (v *visitor) allow(page, at string) error {
	if m := reviewLink.FindStringSubmatch(page); m != nil {
		from, err := url.Parse(at)
		if err != nil {
			return err
		}
		next, err := from.Parse(html.UnescapeString(m[1]))
		if err != nil {
			return err
		}
		if page, _, err = v.ok(http.MethodPost, next.String(), url.Values{"account": {v.account}, "answer": {"allow"}}); err != nil {
			return err
		}
	}
	if !strings.Contains(html.UnescapeString(page), "✅ Webhook kuruldu!") {
		return fmt.Errorf("the script's page says: %s", textOf(page))
	}
	return nil
}

// tableOf finds the address of a tab's table on the first page.
func (v *visitor) tableOf(tab string) (string, error) {
	page, _, err := v.ok(http.MethodGet, "/", nil)
	if err != nil {
		return "", err
	}
	for _, m := range tableLink.FindAllStringSubmatch(page, -1) {
		if strings.Contains(textOf(m[2]), "· "+tab+" ") {
			return m[1], nil
		}
	}
	return "", fmt.Errorf("no table of the tab %q", tab)
}

// warnings are what a table's page warns of.
func (v *visitor) warnings(table string) (list []string) {
	page, _, err := v.ok(http.MethodGet, table, nil)
	if err != nil {
		return []string{err.Error()}
	}
	for _, m := range alert.FindAllStringSubmatch(page, -1) {
		list = append(list, textOf(m[1]))
	}
	return list
}

var (
	mappingForm  = regexp.MustCompile(`(?s)<form method="post" action="/sheet-sync/new/[^"]*/mapping">.*?</form>`)
	formInput    = regexp.MustCompile(`<input ([^>]*)>`)
	formSelect   = regexp.MustCompile(`(?s)<select name="([^"]+)".*?</select>`)
	chosenOption = regexp.MustCompile(`value="([^"]*)" selected`)
	attribute    = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
)

// suggested is the form of the page on which a tab becomes a table, filled in as it is
// suggested, and the choices that it has.
func (v *visitor) suggested(spreadsheet, entity string) (form url.Values, choices map[string][]string, err error) {
	page, _, err := v.ok(http.MethodGet, "/sheet-sync/new/"+spreadsheet+"/mapping?gid=0&header=1&entity="+entity, nil)
	if err != nil {
		return nil, nil, err
	}
	form, choices = url.Values{}, map[string][]string{}
	markup := mappingForm.FindString(page)
	for _, m := range formInput.FindAllStringSubmatch(markup, -1) {
		with := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(m[1], -1) {
			with[a[1]] = html.UnescapeString(a[2])
		}
		choice := with["type"] == "radio" || with["type"] == "checkbox"
		if choice {
			choices[with["name"]] = append(choices[with["name"]], with["value"])
		}
		if !choice || strings.Contains(m[1], " checked") {
			form.Set(with["name"], with["value"])
		}
	}
	for _, m := range formSelect.FindAllStringSubmatch(markup, -1) {
		if chosen := chosenOption.FindStringSubmatch(m[0]); chosen != nil {
			form.Set(m[1], chosen[1])
		}
	}
	return form, choices, nil
}

// saveForm posts the form of the page on which a tab becomes a table.
func (v *visitor) saveForm(spreadsheet string, form url.Values) error {
	_, _, err := v.ok(http.MethodPost, "/sheet-sync/new/"+spreadsheet+"/mapping", form)
	return err
}
