package observe

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sheet24"
)

// State is what a database can tell about the work that waits in it.
type State interface {
	Backlogs(ctx context.Context) ([]sheet24.Backlog, error)
	BucketLevels(ctx context.Context) (map[string]float64, error)
	Jobs(ctx context.Context) ([]sheet24.JobCount, error)
	TableCounts(ctx context.Context) (sheet24.TableCounts, error)
}

// stateFor is for how long what the database told is told again: it is asked no more often,
// whoever scrapes.
const stateFor = 5 * time.Second

// stateWithin is how long the database may take to tell.
const stateWithin = 5 * time.Second

// stateCollector tells the numbers of a database. Several processes that share one tell the
// same.
type stateCollector struct {
	state State

	mu     sync.Mutex
	asked  time.Time
	answer []prometheus.Metric
}

var (
	waitingDesc = prometheus.NewDesc("sheet24_queue_waiting", "What waits in a queue of the installation.", []string{"queue"}, nil)
	ageDesc     = prometheus.NewDesc("sheet24_queue_age_seconds", "For how long the oldest of it has waited; 0: nothing waits.", []string{"queue"}, nil)
	bucketDesc  = prometheus.NewDesc("sheet24_bucket_level", "How many requests a leaky bucket holds, as it was last left: of a portal's limit, or a user's quota at Google.", []string{"bucket"}, nil)
	jobsDesc    = prometheus.NewDesc("sheet24_river_jobs", "Wake-ups that River has.", []string{"queue", "state"}, nil)
	tablesDesc  = prometheus.NewDesc("sheet24_tables", "Tables that are followed (active), whose script is silent, whose sheet cannot be read (ill).", []string{"state"}, nil)
	pausedDesc  = prometheus.NewDesc("sheet24_portals_paused", "Portals that get no requests for the moment.", nil, nil)
	upDesc      = prometheus.NewDesc("sheet24_database_up", "1 while the database tells these numbers.", nil, nil)
)

func newStateCollector(s State) *stateCollector { return &stateCollector{state: s} }

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waitingDesc, ageDesc, bucketDesc, jobsDesc, tablesDesc, pausedDesc, upDesc} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(all chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asked) > stateFor {
		ctx, cancel := context.WithTimeout(context.Background(), stateWithin)
		defer cancel()
		c.answer, c.asked = c.ask(ctx), time.Now()
	}
	for _, m := range c.answer {
		all <- m
	}
}

// ask asks the database; what it does not tell is missing, and it counts as down.
func (c *stateCollector) ask(ctx context.Context) (all []prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	up := 1.0
	note := func(err error) {
		if err != nil {
			up = 0
		}
	}

	backlogs, err := c.state.Backlogs(ctx)
	note(err)
	for _, b := range backlogs {
		age := 0.0
		if !b.Oldest.IsZero() {
			age = max(0, time.Since(b.Oldest).Seconds())
		}
		gauge(waitingDesc, float64(b.Waiting), b.Queue)
		gauge(ageDesc, age, b.Queue)
	}
	levels, err := c.state.BucketLevels(ctx)
	note(err)
	for of, level := range levels {
		gauge(bucketDesc, level, of)
	}
	jobs, err := c.state.Jobs(ctx)
	note(err)
	for _, j := range jobs {
		gauge(jobsDesc, float64(j.Jobs), j.Queue, j.State)
	}
	counts, err := c.state.TableCounts(ctx)
	note(err)
	if err == nil {
		gauge(tablesDesc, float64(counts.Active), "active")
		gauge(tablesDesc, float64(counts.Silent), "silent")
		gauge(tablesDesc, float64(counts.Ill), "ill")
		gauge(pausedDesc, float64(counts.Paused))
	}
	gauge(upDesc, up)
	return all
}
