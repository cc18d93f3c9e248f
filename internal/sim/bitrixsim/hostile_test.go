package bitrixsim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sheet24/internal/sim/bitrixsim"
)

// TestGoesOnWithoutItsCaller has callers that leave: what they asked for is done.
func TestGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]bitrixsim.Fault{
		"at once, done later":   {Kind: "late", MS: 100},
		"slow commands":         {Kind: "toil", MS: 10},
		"slow before it begins": {Kind: "slow", MS: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t)
			if err := p.Fail(fault); err != nil {
				t.Fatal(err)
			}

			var commands []string
			for n := range 10 {
				commands = append(commands, fmt.Sprintf(`"c%d":"crm.item.add?entityTypeId=1&fields[title]=x"`, n))
			}
			ctx, leave := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer leave()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+p.WebhookPath()+"batch", strings.NewReader(`{"cmd":{`+strings.Join(commands, ",")+`}}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
				t.Fatal("it was answered")
			}

			if n := len(p.Records(1)); n == 10 {
				t.Error("all was done before its caller left")
			}
			for end := time.Now().Add(5 * time.Second); len(p.Records(1)) < 10; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%d of 10 were done", len(p.Records(1)))
				}
			}
			p.Wait()
		})
	}
}

// TestColleagueInTheMiddle edits a record between two commands of a batch.
func TestColleagueInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := p.Add(1, object{"title": "eski", "name": "Ayşe"})
	fault := `{"faults":[{"kind":"edit","method":"crm.item.get","after":1,"edit":{"entityTypeId":1,"id":1,"fields":{"name":"Fatma"}}}]}`
	post(t, p, "faults", fault, http.StatusOK)

	get := fmt.Sprint("crm.item.get?entityTypeId=1&id=", id)
	answer := p.ok("batch", object{"cmd": object{"a": get, "b": get}})
	for key, want := range map[string]string{"a": "Ayşe", "b": "Fatma"} {
		if got := at(answer, "result", "result", key, "item", "name"); got != want {
			t.Errorf("%s: %v; want %s", key, got, want)
		}
	}

	post(t, p, "edits", `{"kind":"edit","entityTypeId":1,"id":1,"userId":2,"fields":{"name":"Elif"}}`, http.StatusOK)
	if r, _ := p.Record(1, id); r.Fields["name"] != "Elif" || r.Fields["title"] != "eski" {
		t.Errorf("record = %v", r.Fields)
	}
	post(t, p, "faults", `{"faults":[{"kind":"edit"}]}`, http.StatusBadRequest)
}

// TestLatency takes its time both ways.
func TestLatency(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	post(t, p, "latency", `{"min_ms":30,"max_ms":40}`, http.StatusOK)

	var carriedOut time.Time
	p.Watch(func(string, int64) { carriedOut = time.Now() })
	began := time.Now()
	p.ok("scope", object{})
	if there, back := carriedOut.Sub(began), time.Since(carriedOut); there < 30*time.Millisecond || back < 30*time.Millisecond {
		t.Errorf("%v there, %v back", there, back)
	}

	post(t, p, "latency", `{"min_ms":30,"max_ms":20}`, http.StatusBadRequest)
}

// post sets something of the simulation.
func post(t *testing.T, p *portal, what, body string, want int) {
	t.Helper()
	resp, err := http.Post(p.url+"/sim/bitrix24/"+what, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != want {
		t.Fatalf("%s %s: HTTP %d; want %d", what, body, resp.StatusCode, want)
	}
}
