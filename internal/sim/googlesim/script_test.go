package googlesim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestScriptsThatCannotRun are refused, in Google's own words. Sources: google/clasp
// issues 534 and 811, labnol/apps-script-starter issue 20.
func TestScriptsThatCannotRun(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	id := s.must(http.MethodPost, "/v1/projects", o{"title": "x", "parentId": "s"})["scriptId"].(string)
	manifest := o{"name": "appsscript", "type": "JSON", "source": `{"timeZone":"Etc/UTC"}`}
	code := func(source string) o { return o{"name": "Code", "type": "SERVER_JS", "source": source} }
	for _, c := range []struct {
		files l
		want  string
	}{
		{l{code("function a() {}")}, "Project contents must include a manifest file named appsscript."},
		{l{o{"name": "appsscript", "type": "JSON", "source": "{"}, code("")}, "Project contents must include a manifest file named appsscript."},
		{l{manifest, code("function a() {}\nfunction b(] {}\n")}, "Syntax error: SyntaxError:"},
		{l{manifest, code("let a = 1;\nlet a = 2;\n")}, "Syntax error: SyntaxError:"},
		{l{manifest, code(""), code("")}, "A file with this name already exists in the current project: Code"},
	} {
		got := s.message(http.MethodPut, "/v1/projects/"+id+"/content", o{"files": c.files})
		if !strings.HasPrefix(got, c.want) || strings.HasPrefix(c.want, "Syntax") && !strings.HasSuffix(got, " line: 2 file: Code.gs") {
			t.Errorf("%v: %q; want %q", c.files, got, c.want)
		}
	}
	if files := asJSON(s.must(http.MethodGet, "/v1/projects/"+id+"/content", nil)["files"]); strings.Contains(files, "function a") {
		t.Errorf("what was refused is there: %s", files)
	}
	s.must(http.MethodPut, "/v1/projects/"+id+"/content", o{"files": l{manifest, code("const f = (a) => a?.b ?? `x`;")}})
}

// runner is a simulated Google with a script, whose functions can be called.
func runner(t *testing.T, source string) (*sim, func(string) error) {
	t.Helper()
	s := newSim(t)
	id := s.must(http.MethodPost, "/v1/projects", o{"title": "x", "parentId": "s"})["scriptId"].(string)
	s.must(http.MethodPut, "/v1/projects/"+id+"/content", o{"files": l{
		o{"name": "appsscript", "type": "JSON", "source": `{"oauthScopes":["https://www.googleapis.com/auth/script.external_request"]}`}, o{"name": "Code", "type": "SERVER_JS", "source": source}}})
	p, _ := s.project(id)
	m, _ := manifestOf(p.Files)
	s.grants.ScriptConsents["ayse@ornek.com.tr "+id] = scriptConsent{Asked: m.OAuthScopes, Granted: m.OAuthScopes}
	return s, func(function string) error {
		_, err := s.execution(p, p.Files, "ayse@ornek.com.tr").call(t.Context(), function, func() any { return nil })
		return err
	}
}

// TestMessagesAreInTheUsersLanguage: the words change, what they name stays. Source:
// ttsukagoshi/mail-merge-for-gmail issue 129 shows one in Japanese.
func TestMessagesAreInTheUsersLanguage(t *testing.T) {
	t.Parallel()
	s, call := runner(t, `function f() { ScriptApp.newTrigger("f"); }`)
	for language, want := range map[string]string{"": "Specified permissions are not sufficient to call", "tr": "Belirtilen izinler", "ja": "指定された権限では"} {
		s.Fail(Faults{Language: language})
		err := call("f")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ScriptApp.newTrigger") || !strings.Contains(err.Error(), "https://www.googleapis.com/auth/script.scriptapp") {
			t.Errorf("%q: %v", language, err)
		}
	}

	s.Edit(Edit{SpreadsheetID: "s", Kind: "protect", Range: "A1"})
	s.Fail(Faults{Language: "tr"})
	got := s.message(http.MethodPut, "/v4/spreadsheets/s/values/A1?valueInputOption=RAW", o{"values": l{l{"x"}}})
	if !strings.HasPrefix(got, "Korumalı bir hücreyi") {
		t.Errorf("protected: %q", got)
	}
	for language := range translations {
		for message := range translations["tr"] {
			if text := translated(language, message); text == message || strings.Count(text, "%") != strings.Count(message, "%") {
				t.Errorf("%s: %q is %q", language, message, text)
			}
		}
	}
}

// TestFetchHasNoTimeOfItsOwn: a server that does not answer takes all the time that a run
// may, and then the run ends where no script can catch it. No official description of
// UrlFetchApp has an option for less.
func TestFetchHasNoTimeOfItsOwn(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	s, call := runner(t, `
		function f() { try { UrlFetchApp.fetch("`+server.URL+`", {timeoutSeconds: 1}); } catch (e) {} after(); }
		function after() { PropertiesService.getScriptProperties().setProperty("caught", "1"); }`)
	s.Fail(Faults{MaxRunMS: 1500})
	began := time.Now()
	if err := call("f"); err == nil || !strings.Contains(err.Error(), "Exceeded maximum execution time") || time.Since(began) < 1400*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	for _, p := range s.projects {
		if len(p.Properties) > 0 {
			t.Errorf("the script went on: %v", p.Properties)
		}
	}
}
