package app

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/joho/godotenv"

	"io/fs"

	"sheet24/internal/sqlstore"
)

// BackupOptions are the choices of `backup` and `restore`.
type BackupOptions struct {
	EnvFile        string
	File           string
	Recipients     []string // whom a backup is encrypted for, as age names them
	IdentityFile   string   // the secret key of one of them, for restore
	PassphraseFile string   // instead of both: its first line
	Out            io.Writer
}

// databaseURL is where the data is; nothing else has to be set.
func databaseURL(envFile string) (string, error) {
	if err := godotenv.Load(envFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w", envFile, err)
	}
	return cmp.Or(os.Getenv("SHEET24_DATABASE_URL"), "sqlite:sheet24.db"), nil
}

// Backup writes the installation as it stands at one moment into a file, which is verified
// before it gets its name. The service goes on meanwhile.
func Backup(ctx context.Context, o BackupOptions) error {
	url, err := databaseURL(o.EnvFile)
	if err != nil {
		return err
	}
	recipients, err := o.recipients()
	if err != nil {
		return err
	}
	if _, err := os.Stat(o.File); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already: a backup replaces none", o.File)
	}

	folder, err := os.MkdirTemp(filepath.Dir(o.File), ".sheet24-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	plain := filepath.Join(folder, "plain.db")
	if err := sqlstore.Backup(ctx, url, plain, o.tell); err != nil {
		return err
	}
	ready := plain
	if len(recipients) > 0 {
		ready = filepath.Join(folder, "sealed")
		if err := encrypt(plain, ready, recipients); err != nil {
			return err
		}
	}
	if err := keep(ready, o.File); err != nil {
		return err
	}

	size, err := os.Stat(o.File)
	if err != nil {
		return err
	}
	how := "not encrypted: secrets in it are sealed by SHEET24_SECRET_KEY, what people wrote into their sheets is not"
	if len(recipients) > 0 {
		how = "encrypted"
	}
	_, err = fmt.Fprintf(o.Out, "%s: %d bytes, verified, %s. Keep SHEET24_SECRET_KEY apart from it: it is not in there.\n", o.File, size.Size(), how)
	return err
}

func (o BackupOptions) tell(c sqlstore.Copied) {
	if c.Rows > 0 {
		fmt.Fprintf(o.Out, "%-20s %9d rows\n", c.Table, c.Rows)
	}
}

// Restore puts a backup into a database, which has to be empty, and compares both.
func Restore(ctx context.Context, o BackupOptions) error {
	url, err := databaseURL(o.EnvFile)
	if err != nil {
		return err
	}
	leave, err := sqlstore.Occupy(ctx, url)
	if err != nil {
		return err
	}
	defer leave()

	folder, err := os.MkdirTemp("", "sheet24-restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	plain := filepath.Join(folder, "plain.db") // a copy: what is old in it is brought up to date
	if err := o.open(plain); err != nil {
		return err
	}
	if err := sqlstore.Verify(ctx, plain, func(sqlstore.Copied) {}); err != nil {
		return err
	}
	if err := sqlstore.Copy(ctx, "sqlite:"+plain, url, o.tell); err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.Out, "Restored, and the same as the backup row by row. Start serve with the SHEET24_SECRET_KEY of back then; `sheet24 doctor` says whether it fits.")
	return err
}

// recipients are whom a backup is encrypted for; none: it is not.
func (o BackupOptions) recipients() ([]age.Recipient, error) {
	if o.PassphraseFile != "" {
		if len(o.Recipients) > 0 {
			return nil, errors.New("say either --recipient or --passphrase-file")
		}
		passphrase, err := firstLine(o.PassphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(passphrase)
		return []age.Recipient{r}, err
	}

	var all []age.Recipient
	for _, text := range o.Recipients {
		list, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("--recipient %s: %w; make a pair with: age-keygen", text, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// ageHeader begins what age encrypted.
const ageHeader = "age-encryption.org/"

// open writes a backup as a plain file.
func (o BackupOptions) open(to string) error {
	file, err := os.Open(o.File)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	head, _ := in.Peek(len(ageHeader)) // a shorter file is no backup, as is found later
	var plain io.Reader = in
	if bytes.Equal(head, []byte(ageHeader)) {
		identities, err := o.identities()
		if err != nil {
			return err
		}
		if plain, err = age.Decrypt(in, identities...); err != nil {
			return fmt.Errorf("%s: %w", o.File, err)
		}
	}
	return writeFile(to, func(out io.Writer) error {
		_, err := io.Copy(out, plain) // age notices whatever was changed
		return err
	})
}

func (o BackupOptions) identities() ([]age.Identity, error) {
	if o.PassphraseFile != "" {
		passphrase, err := firstLine(o.PassphraseFile)
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(passphrase)
		return []age.Identity{identity}, err
	}
	if o.IdentityFile == "" {
		return nil, fmt.Errorf("%s is encrypted: say --identity FILE, or --passphrase-file FILE", o.File)
	}

	file, err := os.Open(o.IdentityFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return age.ParseIdentities(file)
}

func encrypt(from, to string, recipients []age.Recipient) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, func(out io.Writer) error {
		sealed, err := age.Encrypt(out, recipients...)
		if err != nil {
			return err
		}
		if _, err := io.Copy(sealed, in); err != nil {
			return err
		}
		return sealed.Close()
	})
}

// writeFile writes a file that only its owner reads.
func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(file)
	return errors.Join(err, file.Sync(), file.Close())
}

// keep gives a file that is complete its name, and replaces none.
func keep(ready, name string) error {
	if err := os.Link(ready, name); err == nil {
		return nil
	}
	return os.Rename(ready, name) // a file system without links
}

func firstLine(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("%s: its first line is empty", file)
	}
	return line, nil
}
