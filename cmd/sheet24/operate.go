package main

import (
	"context"
	"os"

	"sheet24/internal/app"
)

type doctorCmd struct {
	EnvFile string `help:"File with settings that the environment does not have." default:".env" type:"path"`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *doctorCmd) Run(ctx context.Context) error {
	return app.Doctor(ctx, app.DoctorOptions{EnvFile: c.EnvFile, JSON: c.JSON, Out: os.Stdout})
}

type backupCmd struct {
	EnvFile        string   `help:"File with settings that the environment does not have." default:".env" type:"path"`
	Recipient      []string `help:"Encrypt it for whoever has the secret key to this public one, as age-keygen makes them. May be repeated." placeholder:"age1…"`
	PassphraseFile string   `help:"Encrypt it by the first line of a file instead." type:"existingfile"`
	File           string   `arg:"" help:"File to write, which must not be there." type:"path"`
}

func (c *backupCmd) Run(ctx context.Context) error {
	return app.Backup(ctx, app.BackupOptions{EnvFile: c.EnvFile, File: c.File, Recipients: c.Recipient, PassphraseFile: c.PassphraseFile, Out: os.Stdout})
}

type restoreCmd struct {
	EnvFile        string `help:"File with settings that the environment does not have." default:".env" type:"path"`
	Identity       string `help:"File with the secret key that an encrypted backup is for." type:"existingfile"`
	PassphraseFile string `help:"File whose first line it was encrypted by." type:"existingfile"`
	File           string `arg:"" help:"The backup." type:"existingfile"`
}

func (c *restoreCmd) Run(ctx context.Context) error {
	return app.Restore(ctx, app.BackupOptions{EnvFile: c.EnvFile, File: c.File, IdentityFile: c.Identity, PassphraseFile: c.PassphraseFile, Out: os.Stdout})
}

type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Seal what a former key sealed with the first one of SHEET24_SECRET_KEY, while serve runs."`
}

type keysRotateCmd struct {
	EnvFile string `help:"File with settings that the environment does not have." default:".env" type:"path"`
}

func (c *keysRotateCmd) Run(ctx context.Context) error {
	config, err := app.LoadConfig(c.EnvFile, "")
	if err != nil {
		return err
	}
	return app.RotateKeys(ctx, config, os.Stdout)
}

type healthCmd struct {
	Listen string `help:"Where serve listens." env:"SHEET24_LISTEN" default:"127.0.0.1:3000"`
}

func (c *healthCmd) Run(ctx context.Context) error { return app.AskHealth(ctx, c.Listen) }
