package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/adapters/discord"
	"silkwire/adapters/slack"
	"silkwire/bot"
	"silkwire/knowledge/kv"
)

// finding is what one examination found: all well, or what to do.
type finding struct {
	ok  bool
	say string
}

func well(format string, args ...any) finding { return finding{true, fmt.Sprintf(format, args...)} }
func ill(format string, args ...any) finding  { return finding{false, fmt.Sprintf(format, args...)} }

// examination looks at one thing. Its findings stand in the order in which they are
// printed; it ends when ctx does.
type examination struct {
	of      string
	examine func(ctx context.Context) []finding
}

// examineWithin bounds each examination; all run side by side.
const examineWithin = 5 * time.Second

func (p *program) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check everything that silkwire serve needs: before the first start, and at any time",
		Long: `Looks at the configuration, the tokens, scopes and permissions, the clock, the
database, its backups, the disk, the feeds, who is asked for prices and the admin
address, all side by side and each for at most five seconds. Each line says ok, or
what to do. It changes nothing, and may run while silkwire serves. Exit status 1 if
something is wrong.`,
		Example: "  silkwire doctor", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.doctor(c.Context(), examineWithin) },
	}
}

func (p *program) doctor(ctx context.Context, within time.Duration) error {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err == nil {
		err = errors.Join(c.checkSlack(), c.checkDiscord(), c.checkAdmin())
	}
	for _, f := range p.examineConfig(c, err) {
		if err := p.finding(f.ok, f.say); err != nil {
			return err
		}
	}
	if err != nil {
		return nil // the rest would look at a configuration that is none
	}
	for _, f := range examineAll(ctx, within, p.examinations(c)) {
		if err := p.finding(f.ok, f.say); err != nil {
			return err
		}
	}
	return nil
}

// lastWords is the part of its time, a fifth, that an examination has for saying that the
// rest was too short, also on a machine that is busy.
const lastWords = 5

// examineAll runs every examination at once and returns what they found, in their order.
// One that does not end in time, as where a disk hangs, is left behind.
func examineAll(ctx context.Context, within time.Duration, all []examination) []finding {
	over, end := context.WithTimeout(ctx, within)
	defer end()
	ctx, cancel := context.WithTimeout(over, within-within/lastWords)
	defer cancel()
	said := make([]chan []finding, len(all))
	for i, e := range all {
		said[i] = make(chan []finding, 1)
		go func() { said[i] <- e.examine(ctx) }()
	}
	var out []finding
	for i, e := range all {
		for _, f := range inTime(over, said[i]) {
			f.say = e.of + ": " + f.say
			out = append(out, f)
		}
	}
	return out
}

// inTime is what an examination said before all is over.
func inTime(over context.Context, said <-chan []finding) []finding {
	select {
	case found := <-said:
		return found
	case <-over.Done():
	}
	select {
	case found := <-said: // at the last moment
		return found
	default:
		return []finding{ill("it did not end in time: whatever it waits for hangs; look at the disk and at this machine's network")}
	}
}

// examinations are those of what is configured.
func (p *program) examinations(c config) []examination {
	var all []examination
	if c.slack.on() {
		all = append(all, examination{"slack", func(ctx context.Context) []finding { return examineSlack(ctx, c) }},
			examination{"slack's clock", func(ctx context.Context) []finding {
				return examineClock(ctx, cmp.Or(c.slack.apiURL, "https://slack.com/api/")+"api.test")
			}})
	}
	if c.discord.on() {
		all = append(all, examination{"discord", func(ctx context.Context) []finding { return examineDiscord(ctx, c) }},
			examination{"discord's clock", func(ctx context.Context) []finding {
				return examineClock(ctx, cmp.Or(c.discord.apiURL, "https://discord.com/api/v10/")+"gateway")
			}})
	}
	return append(all,
		examination{"database", func(ctx context.Context) []finding { return p.examineDatabase(ctx, c) }},
		examination{"feeds", func(ctx context.Context) []finding { return p.examineFeeds(ctx, c) }},
		examination{"quotes", func(ctx context.Context) []finding { return examineQuotes(ctx, c) }},
		examination{"backups", func(context.Context) []finding { return examineBackups(c, time.Now()) }},
		examination{"disk", func(context.Context) []finding { return examineDisk(c) }},
		examination{"admin address", func(ctx context.Context) []finding { return examineAdmin(ctx, c) }})
}

func (p *program) examineConfig(c config, wrong error) []finding {
	if wrong != nil {
		var found []finding
		for line := range strings.Lines(wrong.Error()) {
			found = append(found, ill("configuration: %s", strings.TrimSpace(line)))
		}
		return found
	}
	found := []finding{well("configuration: every variable is as it must be")}
	if !c.slack.on() && !c.discord.on() {
		found = append(found, ill("configuration: there is no platform to serve: silkwire init asks for the tokens"))
	}
	// The environment may hold it all.
	if info, err := os.Stat(p.dotenv); err == nil && info.Mode().Perm()&0o077 != 0 {
		found = append(found, ill("configuration: %s can be read by others: chmod 600 %s", p.dotenv, p.dotenv))
	}
	return found
}

func examineSlack(ctx context.Context, c config) []finding {
	core, err := menuCore(c.disabled)
	if err != nil {
		return []finding{ill("%v", err)}
	}
	var found []finding
	for _, f := range slack.Check(ctx, core.Commands(), slackOptions(c.slack, quiet(), bot.NewHealth(quiet(), time.Now), nil), nil) {
		found = append(found, finding{f.OK, f.Say})
	}
	return found
}

func examineDiscord(ctx context.Context, c config) []finding {
	core, err := menuCore(c.disabled)
	if err != nil {
		return []finding{ill("%v", err)}
	}
	var found []finding
	for _, f := range discord.Check(ctx, core.Commands(), discordOptions(c, quiet(), bot.NewHealth(quiet(), time.Now), nil)) {
		found = append(found, finding{f.OK, f.Say})
	}
	return found
}

// mostSkew is how far this machine's clock may be off: digests are due by the minute, and
// signed requests are refused after five of them.
const mostSkew = 30 * time.Second

// examineClock compares the clock with a platform's, which also shows that it is reachable.
func examineClock(ctx context.Context, address string) []finding {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return []finding{ill("the platform's address is none")}
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return []finding{ill("the platform is not reachable: look at this machine's network, its proxy (HTTPS_PROXY) and its firewall: %v", bare(err))}
	}
	_ = response.Body.Close() // nothing of it is read
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return []finding{well("the platform is reachable; it does not say what time it is")}
	}
	// Theirs is cut to the second, and was said in between.
	here := began.Add(time.Since(began) / 2)
	if skew := here.Sub(theirs.Add(time.Second / 2)); skew.Abs() > mostSkew {
		return []finding{ill("this machine's clock is %s off: switch its time synchronisation on (timedatectl set-ntp true)", skew.Round(time.Second))}
	}
	return []finding{well("the platform is reachable, and this machine's clock is right")}
}

// bare is an error of a request without the request's address.
func bare(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

func (p *program) examineDatabase(ctx context.Context, c config) []finding {
	if !exists(c.database) {
		return []finding{examineFolder(filepath.Dir(c.database))}
	}
	var e examined
	s, err := p.openSession(ctx, c, toLook)
	if err == nil {
		e, err = ask[examined](ctx, s, "check", struct{}{})
		err = errors.Join(err, s.close())
	}
	switch {
	case ctx.Err() != nil:
		return []finding{ill("it could not be checked within %s: silkwire store check takes the time that it needs", examineWithin)}
	case errors.Is(err, kv.ErrDamaged):
		return []finding{ill("it is damaged: silkwire store check tells what is wrong, silkwire restore --replace puts a backup in its place")}
	case err != nil:
		return []finding{ill("%v", plainly(err))}
	case len(e.Spoilt)+len(e.Wrong) > 0:
		return []finding{ill("%d thing(s) are wrong: silkwire store check names them, silkwire restore --replace puts a backup in its place", len(e.Spoilt)+len(e.Wrong))}
	}
	return []finding{well("%d records at revision %d, %s, every checksum right", e.Stored, e.Revisions, megabytes(e.Bytes))}
}

// examineFolder looks whether a database can be made in a folder, or in the nearest one
// above that is there.
func examineFolder(folder string) finding {
	there := folder
	for !exists(there) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
	}
	probe, err := os.CreateTemp(there, ".doctor-*")
	if err != nil {
		return ill("none can be made in %s: make it writable for who runs silkwire, or name another file with SILKWIRE_DB", folder)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return ill("a file in %s cannot be removed: %v", folder, err)
	}
	return well("there is none yet, and silkwire serve can make it in %s", folder)
}

// oldBackup is how old the newest daily backup may be.
const oldBackup = 2 * backupEvery

func examineBackups(c config, now time.Time) []finding {
	info, err := os.Stat(c.database)
	switch {
	case c.backups == 0:
		return []finding{well("none is made: SILKWIRE_BACKUPS is off")}
	case errors.Is(err, fs.ErrNotExist):
		return []finding{well("there is nothing to copy yet")}
	case err != nil:
		return []finding{ill("%v", err)}
	}
	newest := backups{folder: backupFolder(c.database)}.newest()
	switch {
	case newest.IsZero() && now.Sub(info.ModTime()) < oldBackup:
		return []finding{well("none was made yet; silkwire serve makes one each day in %s", backupFolder(c.database))}
	case now.Sub(newest) > oldBackup:
		return []finding{ill("the newest in %s is older than two days: start silkwire serve, or make one with silkwire backup", backupFolder(c.database))}
	}
	return []finding{well("the newest is of %s", newest.Format("2 January 2006 15:04 UTC"))}
}

// leastFree is how much room there must be besides that for two more copies of the
// database: one that is being made, and one before a migration.
const leastFree = 100 << 20

func examineDisk(c config) []finding {
	there := filepath.Dir(c.database)
	for !exists(there) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
	}
	free, err := freeSpace(there)
	if err != nil {
		return []finding{ill("how much is free at %s cannot be told: %v", there, err)}
	}
	need := int64(leastFree) + 2*fileSize(c.database)
	if free < need {
		return []finding{ill("%s are free at %s, and %s should be: make room, or keep fewer backups (SILKWIRE_BACKUPS)", megabytes(free), there, megabytes(need))}
	}
	return []finding{well("%s are free at %s", megabytes(free), there)}
}

// examineAdmin looks whether silkwire serves at the admin address, or somebody else does.
func examineAdmin(ctx context.Context, c config) []finding {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.adminAddr+"/healthz", http.NoBody)
	if err != nil {
		return []finding{ill("SILKWIRE_ADMIN_ADDR is no address: %s", c.adminAddr)}
	}
	response, err := http.DefaultClient.Do(r)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return []finding{ill("who serves at %s does not answer: if that is silkwire serve, it hangs: look at its log, and start it anew", c.adminAddr)}
	case err != nil:
		return []finding{well("nobody serves at %s: silkwire serve is not running", c.adminAddr)}
	}
	_ = response.Body.Close() // nothing of it is read
	switch {
	case response.Header.Get("Content-Type") != "application/json":
		return []finding{ill("another program serves at %s: name another address with SILKWIRE_ADMIN_ADDR", c.adminAddr)}
	case response.StatusCode != http.StatusOK:
		return []finding{ill("silkwire serve is running, and a part of it is not well: curl http://%s/healthz names it", c.adminAddr)}
	}
	return []finding{well("silkwire serve is running, and every part of it is well")}
}
