// Command sheet24 keeps Google Sheets and Bitrix24 in step.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // spreadsheets name their zones; not every machine knows them

	"github.com/alecthomas/kong"

	"sheet24"
	"sheet24/internal/app"
)

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the service. Settings come from the environment and .env; see the README."`
	Demo     demoCmd     `cmd:"" help:"Run the service with a simulated Google and Bitrix24: see it work, with no account anywhere."`
	Simulate simulateCmd `cmd:"" help:"Run the simulators alone, for any client to be pointed at."`
	Detect   detectCmd   `cmd:"" help:"Show what sheet24 makes of a sheet: where its column names are, and which field each column is for. Needs no account."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema to a version, up or down. serve brings it up to date by itself."`
	Copy     copyCmd     `cmd:"" help:"Copy an installation into another database, and compare both row by row. Stop serve first."`
	Doctor   doctorCmd   `cmd:"" help:"Examine an installation: settings, database, key, clock, address, Google, portals, scripts. Each line is ok, or says what to do."`
	Backup   backupCmd   `cmd:"" help:"Write the whole installation, as it stands at one moment, into a file, while serve runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup into an empty database, and compare both."`
	Health   healthCmd   `cmd:"" help:"Ask the serve of this machine whether it is ready; for containers, which have no other program to ask with."`
	Keys     keysCmd     `cmd:"" help:"Exchange the key that seals secrets."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

type serveCmd struct {
	EnvFile string `help:"File with settings that the environment does not have." default:".env" type:"path"`
	Role    string `help:"What this process does of what several share by one PostgreSQL: all, web (browsers and scripts) or worker (the sync)." enum:"all,web,worker," default:""`
}

type demoCmd struct {
	Listen    string `help:"Address to listen on." default:"127.0.0.1:3000"`
	Address   string `help:"Where browsers reach it, if that is not where it listens, as in a container." placeholder:"URL"`
	Data      string `help:"Folder to keep the data in, and to find it again." type:"path"`
	Language  string `help:"Language of the simulated Bitrix24: tr, en or ru." enum:"tr,en,ru" default:"tr"`
	Activated bool   `help:"Start with the leads connected, mapped and activated."`
	JSON      bool   `name:"json" help:"Print one line of JSON when ready."`
}

type simulateCmd struct {
	Listen   string `help:"Address to listen on." default:"127.0.0.1:3001"`
	Data     string `help:"Folder to keep the data in, and to find it again." type:"path"`
	Language string `help:"Language of the simulated Bitrix24: tr, en or ru." enum:"tr,en,ru" default:"tr"`
	Redirect string `help:"Where the simulated Bitrix24 sends people back to who allowed its application." default:"http://localhost:3000/sheet-sync/portal/callback"`
	Proxy    string `help:"Address of an HTTPS proxy that answers under the real host names of Google and Bitrix24."`
	CA       string `name:"ca" help:"File to write the certificate to that clients of the proxy have to trust." type:"path"`
	JSON     bool   `name:"json" help:"Print one line of JSON when ready."`
}

type detectCmd struct {
	Entity   string `help:"What its rows are: leads, deals, contacts, companies, quotes, invoices or spa:NUMBER." required:""`
	Language string `help:"Language of the portal's fields, and of the reasons: tr, en or ru." enum:"tr,en,ru" default:"tr"`
	Portal   string `help:"Inbound webhook of a real portal, for its fields; without it they are a simulated portal's." placeholder:"URL"`
	JSON     bool   `name:"json" help:"Print JSON."`
	File     string `arg:"" help:"The sheet as CSV." type:"existingfile"`
}

type migrateCmd struct {
	EnvFile string `help:"File with settings that the environment does not have." default:".env" type:"path"`

	Up     struct{} `cmd:"" default:"1" help:"Go up to the newest version."`
	Status struct{} `cmd:"" help:"Print the versions, and when each was applied."`
	To     struct {
		Version int64 `arg:"" help:"Version to go to; 0 is an empty database."`
		Yes     bool  `help:"Go down, too: what the versions above hold is lost."`
	} `cmd:"" help:"Go up or down to a version."`
}

type versionCmd struct{}

func (c *serveCmd) Run(ctx context.Context) error {
	config, err := app.LoadConfig(c.EnvFile, app.Role(c.Role))
	if err != nil {
		return err
	}
	return app.Serve(ctx, config, version(), os.Stderr)
}

func (c *demoCmd) Run(ctx context.Context, log *slog.Logger) error {
	return app.Demo(ctx, app.DemoOptions{Listen: c.Listen, Address: c.Address, Data: c.Data, Language: c.Language, Activated: c.Activated, JSON: jsonTo(c.JSON), Log: log, Version: version()})
}

func (c *simulateCmd) Run(ctx context.Context, log *slog.Logger) error {
	return app.Simulate(ctx, app.DemoOptions{Listen: c.Listen, Data: c.Data, Language: c.Language, Redirect: c.Redirect, Proxy: c.Proxy, CA: c.CA, JSON: jsonTo(c.JSON), Log: log, Version: version()})
}

func (c *detectCmd) Run(ctx context.Context) error {
	return app.Detect(ctx, app.DetectOptions{File: c.File, Entity: sheet24.Entity(c.Entity), Language: c.Language, Portal: c.Portal, JSON: c.JSON, Out: os.Stdout})
}

func (c *migrateCmd) Run(ctx context.Context, command *kong.Context) error {
	o := app.MigrateOptions{EnvFile: c.EnvFile, Out: os.Stdout}

	switch command.Selected().Name {
	case "up":
		o.Change = true
		o.To = app.Newest
	case "to":
		o.Change, o.To, o.Down = true, c.To.Version, c.To.Yes
	}

	return app.Migrate(ctx, o)
}

type copyCmd struct {
	From string `help:"Database to copy, as SHEET24_DATABASE_URL names it." required:""`
	To   string `help:"Empty database to copy it into." required:""`
}

func (c *copyCmd) Run(ctx context.Context) error { return app.Copy(ctx, c.From, c.To, os.Stdout) }

func (c *versionCmd) Run() error {
	fmt.Println("sheet24", version())
	return nil
}

// jsonTo is where the line for machines goes; all else goes to standard error.
func jsonTo(wanted bool) io.Writer {
	if wanted {
		return os.Stdout
	}
	return nil
}

// stamp is the version that a release is built with (-ldflags "-X main.stamp=…").
var stamp string

// version is the release's, or the module's, or the commit it was built from.
func version() string {
	if stamp != "" {
		return stamp
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}

	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}

	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	slog.SetDefault(log)

	var c cli
	command := kong.Parse(&c, kong.Name("sheet24"), kong.Description("Edit a Google Sheet; Bitrix24 follows."), kong.UsageOnError())
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(log)

	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "sheet24: %v\n", err)
		stop()
		os.Exit(1)
	}
}
