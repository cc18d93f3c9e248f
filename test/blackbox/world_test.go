package blackbox_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// world is a service of one or two processes with its database, the simulators, and the
// wires between them. Many histories are played in it at the same time.
type world struct {
	name   string
	folder string // of logs and the database
	sim    *sims
	wire   *wire
	front  *front
	serves []*process
	listen []string
	user   *visitor
	guest  *visitor // whose portal is another
	others *sims    // that portal
	began  time.Time

	settingUp sync.RWMutex   // while a history is set up, nothing is killed
	acting    sync.WaitGroup // histories whose people do not rest yet

	mu     sync.Mutex
	events []event // kills and weather
	wrong  []string
}

// event is something that befell the whole world.
type event struct {
	at   time.Time
	what string
}

// newWorld starts the simulators and the service on a database, signs in and connects
// the portal.
func newWorld(name, folder, databaseURL string, processes int) (w *world, err error) {
	w = &world{name: name, folder: folder, began: time.Now()}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.sim, err = w.simulate("simulate"); err != nil {
		return w, err
	}
	if w.others, err = w.simulate("other"); err != nil {
		return w, err
	}
	for _, s := range []*sims{w.sim, w.others} {
		if err := s.post("/sim/bitrix24/limit", map[string]any{"leak": 5, "brim": 250}, nil); err != nil {
			return w, err
		}
	}
	w.wire, w.front = newWire(w.sim.URL), newFront()

	env := w.environment(databaseURL)
	for i := range processes {
		listen, err := freeAddress()
		if err != nil {
			return w, err
		}
		p := &process{name: fmt.Sprintf("serve%d", i+1), args: []string{"serve", "--env-file", os.DevNull}, env: append(slices.Clip(env), "SHEET24_LISTEN="+listen),
			log: filepath.Join(folder, fmt.Sprintf("%s-serve%d.log", name, i+1))}
		w.serves, w.listen = append(w.serves, p), append(w.listen, listen)
		if err := w.begin(i); err != nil {
			return w, err
		}
	}
	w.front.servers = w.listen

	if w.user, err = newVisitor(w.front.URL, owner); err != nil {
		return w, err
	}
	if w.guest, err = newVisitor(w.front.URL, guest); err != nil {
		return w, err
	}
	if err := w.connect(w.user, strings.Replace(w.sim.PortalWebhook, w.sim.URL, w.wire.URL, 1)); err != nil {
		return w, err
	}
	return w, w.connect(w.guest, w.others.PortalWebhook)
}

// simulate starts simulators.
func (w *world) simulate(name string) (*sims, error) {
	p := &process{name: name, args: []string{"simulate", "--json", "--listen", "127.0.0.1:0"}, env: append(os.Environ(), "TMPDIR="+w.folder),
		log: filepath.Join(w.folder, w.name+"-"+name+".log")}
	out, err := p.start()
	if err != nil {
		return nil, err
	}
	s := &sims{process: p, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}}
	s.simulators, err = ready(out)
	return s, err
}

// environment are the settings of the service.
func (w *world) environment(databaseURL string) []string {
	key := make([]byte, 32)
	rand.Read(key)
	return append(os.Environ(), "TMPDIR="+w.folder,
		"GOOGLE_CLIENT_ID="+w.sim.GoogleClientID, "GOOGLE_CLIENT_SECRET="+w.sim.GoogleClientSecret,
		"GOOGLE_REDIRECT_URI="+w.front.URL+"/sheet-sync/oauth/callback",
		"SHEET24_DATABASE_URL="+databaseURL, "SHEET24_PUBLIC_URL="+w.front.URL, "SHEET24_SECRET_KEY="+base64.StdEncoding.EncodeToString(key),
		"SHEET24_GOOGLE_URL="+w.wire.URL, "SHEET24_BITRIX24_HOSTS="+strings.TrimPrefix(w.wire.URL, "http://")+","+strings.TrimPrefix(w.others.URL, "http://"),
		"SHEET24_ALLOWED_EMAILS="+owner+","+guest, "SHEET24_GOOGLE_PER_MINUTE=30000", "SHEET24_BITRIX24_REQUEST_SECONDS=6", "SHEET24_POLL_SECONDS=1", "SHEET24_RETRY_MINUTES=1", "SHEET24_RETRY_HOURS=1", "SHEET24_KEEP_DAYS=0")
}

var planForm = regexp.MustCompile(`/sheet-sync/portal/\d+/plan`)

// connect signs somebody in and connects their portal, whose plan is the largest: the
// histories of a minute share it.
func (w *world) connect(v *visitor, webhook string) error {
	if err := v.signIn(); err != nil {
		return err
	}
	if _, _, err := v.ok(http.MethodPost, "/sheet-sync/portal", map[string][]string{"webhook_url": {webhook}}); err != nil {
		return err
	}
	page, _, err := v.ok(http.MethodGet, "/sheet-sync/portal", nil)
	if err != nil {
		return err
	}
	_, _, err = v.ok(http.MethodPost, planForm.FindString(page), map[string][]string{"plan": {"enterprise"}})
	return err
}

// begin starts one of the service's processes and waits until it answers.
func (w *world) begin(i int) error {
	if _, err := w.serves[i].start(); err != nil {
		return err
	}
	client := http.Client{Timeout: 5 * time.Second}
	for end := time.Now().Add(time.Minute); ; time.Sleep(30 * time.Millisecond) {
		said, err := client.Get("http://" + w.listen[i] + "/api/v1/health")
		if err == nil {
			said.Body.Close()
			if said.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(end) {
			return errors.New(w.serves[i].name + " does not answer; see " + w.serves[i].log)
		}
	}
}

// close ends all of it.
func (w *world) close() {
	for _, p := range w.serves {
		if !p.end(syscall.SIGTERM) {
			w.complain(p.name + " did not stop within 90 seconds of SIGTERM")
		}
	}
	if w.front != nil {
		w.front.CloseClientConnections()
		w.front.Close()
	}
	if w.wire != nil {
		w.wire.CloseClientConnections()
		w.wire.Close()
	}
	for _, s := range []*sims{w.sim, w.others} {
		if s != nil {
			s.process.end(syscall.SIGTERM)
		}
	}
}

// tell notes what befell the world.
func (w *world) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event{time.Now(), fmt.Sprintf(format, args...)})
}

// complain notes what is wrong with the world as a whole.
func (w *world) complain(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, text)
}

// between are the events of a span of time.
func (w *world) between(from, until time.Time) []event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []event
	for _, e := range w.events {
		if !e.at.Before(from) && !e.at.After(until) {
			list = append(list, e)
		}
	}
	return list
}

// changeWeather changes the weather over the CRM every few seconds until done.
func (w *world) changeWeather(r *mathrand.Rand, done <-chan struct{}) {
	for {
		s := crmWeather(r)
		w.wire.overCRM(s)
		w.tell("the CRM: %s", s.name)
		if !pause(done, time.Duration(2000+r.IntN(5000))*time.Millisecond) {
			w.wire.overCRM(weather{})
			w.tell("the CRM: calm")
			return
		}
	}
}

// crmWeather is one of the ways in which a portal answers.
func crmWeather(r *mathrand.Rand) weather {
	const ms = time.Millisecond
	switch n := r.IntN(100); {
	case n < 25:
		return weather{name: "calm"}
	case n < 55:
		return weather{name: "as usual", least: 20 * ms, most: 150 * ms}
	case n < 65:
		return weather{name: "far away", least: 100 * ms, most: 500 * ms}
	case n < 75:
		return weather{name: "loses answers", most: 60 * ms, lose: 0.3}
	case n < 83:
		return weather{name: "refuses", most: 60 * ms, refuse: 0.4}
	case n < 88:
		return weather{name: "is out", refuse: 1}
	case n < 95:
		return weather{name: "is slow", most: 100 * ms, slow: 6 * time.Second}
	}
	return weather{name: "hangs", hang: 0.3}
}

// kill ends processes of the service at random moments, in different ways, and starts
// them again, until done.
func (w *world) kill(r *mathrand.Rand, every time.Duration, done <-chan struct{}) {
	for pause(done, every/4+time.Duration(r.Int64N(int64(every*3/2)))) {
		i := r.IntN(len(w.serves))
		p := w.serves[i]
		w.settingUp.Lock()
		switch n := r.IntN(10); {
		case n < 6:
			w.tell("kill -9 %s", p.name)
			p.end(syscall.SIGKILL)
		case n < 9 || len(w.serves) == 1:
			w.tell("SIGTERM %s", p.name)
			if !p.end(syscall.SIGTERM) {
				w.complain(p.name + " did not stop within 90 seconds of SIGTERM")
			}
			w.tell("%s has stopped", p.name)
		default: // it is frozen, and thaws after its leases are over, or before
			w.tell("%s freezes", p.name)
			p.signal(syscall.SIGSTOP)
			w.settingUp.Unlock()
			pause(done, time.Duration(1000+r.IntN(20000))*time.Millisecond)
			p.signal(syscall.SIGCONT)
			w.tell("%s thaws", p.name)
			continue
		}
		pause(done, time.Duration(r.IntN(1500))*time.Millisecond)
		if err := w.begin(i); err != nil {
			w.complain(err.Error())
		}
		w.tell("%s is back", p.name)
		w.settingUp.Unlock()
	}
}

// pause waits; false: it was done before.
func pause(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return false
	case <-time.After(d):
		return true
	}
}
