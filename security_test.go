package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// Each line of the tables of docs/security.md names tests that show it, and each of those
// is in the repository.
func TestSecurityDocument(t *testing.T) {
	document, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	files, err := readSources(set, os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range unshown(string(document), testsOf(files)) {
		t.Error(wrong)
	}
}

// Each test that .ci/long runs is in the repository: one that is not would be passed over.
func TestLongScript(t *testing.T) {
	script, err := os.ReadFile(".ci/long")
	if err != nil {
		t.Fatal(err)
	}
	files, err := readSources(token.NewFileSet(), os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOf(files)
	parts := regexp.MustCompile(`(?m)^\t\w+\) long \w+ (\S+) (.+) ;;$`).FindAllStringSubmatch(string(script), -1)
	if len(parts) < 8 {
		t.Errorf("the script has %d parts with tests", len(parts))
	}
	for _, part := range parts {
		folder := strings.TrimPrefix(strings.TrimPrefix(part[1], "."), "/")
		for name := range strings.FieldsSeq(part[2]) {
			if !tests[strings.TrimPrefix(folder+"."+name, ".")] {
				t.Errorf("there is no %s in %s", name, part[1])
			}
		}
	}
}

// testsOf are the tests and fuzz targets of all packages: TestX of package main, and
// bot.TestX with the folder of any other.
func testsOf(files []source) map[string]bool {
	all := map[string]bool{}
	for _, f := range files {
		for _, d := range f.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !f.test() || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") && !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			name := f.folder + "." + fn.Name.Name
			all[strings.TrimPrefix(name, "..")] = true
		}
	}
	return all
}

// attackers are those whom docs/security.md has a table for, each under a heading.
var attackers = []string{"Reader", "Curator", "Admin", "Operator", "Outsider", "Feed author"}

// securityHead begins each table.
const securityHead = "| | what | shown by |\n| --- | --- | --- |\n"

// unshown tells which table the document lacks, which line names no test, and which test
// there is not.
func unshown(document string, tests map[string]bool) (wrong []string) {
	for _, who := range attackers {
		_, rest, found := strings.Cut(document, "\n## "+who+"\n")
		section, _, _ := strings.Cut(rest, "\n## ")
		_, table, has := strings.Cut(section, securityHead)
		if !found || !has {
			wrong = append(wrong, "there is no table for: "+who)
			continue
		}
		lines := map[string]int{}
		for row := range strings.Lines(table) {
			if !strings.HasPrefix(row, "| ") {
				break
			}
			cells := strings.Split(strings.Trim(row, "|\n"), "|")
			if len(cells) != 3 || strings.TrimSpace(cells[1]) == "" {
				wrong = append(wrong, who+": a line has not three cells: "+row)
				continue
			}
			lines[strings.TrimSpace(cells[0])]++
			named := quoted.FindAllStringSubmatch(cells[2], -1)
			if len(named) == 0 {
				wrong = append(wrong, who+": nothing shows that: "+strings.TrimSpace(cells[1]))
			}
			for _, name := range named {
				if !tests[name[1]] {
					wrong = append(wrong, who+": there is no test "+name[1])
				}
			}
		}
		if lines["can"] == 0 || lines["cannot"] == 0 || len(lines) != 2 {
			wrong = append(wrong, fmt.Sprintf("%s: the lines say %v, want what they can and what they cannot", who, lines))
		}
	}
	return wrong
}

func TestUnshown(t *testing.T) {
	tests := map[string]bool{"TestHere": true, "bot.FuzzThere": true}
	section := func(who, rows string) string { return "\n## " + who + "\n\n" + securityHead + rows + "\nAnd so on.\n" }
	const good = "| can | ask | `TestHere` |\n| cannot | ping | `TestHere`, `bot.FuzzThere` |\n"
	whole := func(instead string) string {
		out := section(attackers[0], instead)
		for _, who := range attackers[1:] {
			out += section(who, good)
		}
		return out
	}
	for name, tt := range map[string]struct{ document, want string }{
		"good":       {whole(good), ""},
		"no test":    {whole(good + "| cannot | sing | |\n"), "nothing shows that: sing"},
		"unknown":    {whole(good + "| cannot | sing | `bot.TestGone` |\n"), "there is no test bot.TestGone"},
		"cells":      {whole(good + "| cannot | sing `TestHere` |\n"), "has not three cells"},
		"no cannot":  {whole("| can | ask | `TestHere` |\n"), "want what they can and what they cannot"},
		"other word": {whole(good + "| may | ask | `TestHere` |\n"), "want what they can and what they cannot"},
		"no rows":    {whole(""), "want what they can and what they cannot"},
		"no table":   {section(attackers[0], good), "there is no table for: Curator"},
		"nothing":    {"", "there is no table for: Reader"},
	} {
		got := strings.Join(unshown(tt.document, tests), "\n")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// Copies of the database are for their owner only, as the database is.
func TestBackupsAreTheirOwners(t *testing.T) {
	base := keptBase(t)
	folder := filepath.Join(t.TempDir(), "backups")
	daily := backups{write: base.db.WriteTo, folder: folder, keep: 1, now: time.Now, log: quiet(), health: bot.NewHealth(quiet(), time.Now)}
	if err := daily.one(t.Context()); err != nil {
		t.Fatal(err)
	}
	byHand := filepath.Join(t.TempDir(), "copy.db")
	_, err := writeBackup(t.Context(), byHand, false, func(w io.Writer) error {
		_, err := base.db.WriteTo(t.Context(), w)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{folder: 0o700, daily.names()[0]: 0o600, byHand: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// Each person has a limit of their own in what serve runs, and the operator none.
func TestEachPersonIsLimited(t *testing.T) {
	base := keptBase(t)
	core, err := newCore(base, keptIn(base, fetchConfig{}, quiet()), 1, quiet(), keptReplies)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ask := func(user bot.User, line string) bot.Outcome {
		return core.Dispatch(t.Context(), bot.Request{
			ID: "1", At: now, Line: line, User: user, Conversation: bot.Conversation{Platform: slackName, Space: "T1", Channel: "C1"},
		}).Outcome
	}
	for _, line := range []string{"/market", "/curate history", "/nothing"} { // also what is refused, and what is answered again
		for range burst {
			ask(bot.User{ID: "U1"}, line)
		}
	}
	for line, want := range map[string]bot.Outcome{"/market": bot.Limited, "/curate history": bot.Limited} {
		if got := ask(bot.User{ID: "U1"}, line); got != want {
			t.Errorf("%s of who asked much: got %s, want %s", line, got, want)
		}
	}
	if got := ask(bot.User{ID: "U2"}, "/market"); got != bot.Answered {
		t.Errorf("somebody else: got %s", got)
	}
	if got := ask(bot.User{ID: "U1", Trusted: true}, "/market"); got != bot.Answered {
		t.Errorf("the operator: got %s", got)
	}
}

// piped is a listener that takes one connection, in memory.
type piped chan net.Conn

func (p piped) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p piped) Close() error   { close(p); return nil }
func (p piped) Addr() net.Addr { return &net.TCPAddr{} }

// Who connects and sends no whole request, or reads no answer, is cut off, and cannot send
// headers without an end.
func TestSlowClientsAreCutOff(t *testing.T) {
	for name, tt := range map[string]struct {
		send   string
		within time.Duration
		says   string
	}{
		"nothing at all":    {"", headerWithin, ""},
		"half a header":     {"POST / HTTP/1.1\r\nHost: x\r\n", headerWithin, ""},
		"half a body":       {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", readWithin, ""},
		"nothing after one": {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", idleWithin, "200 OK"},
		"a long header":     {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n", readWithin, "431"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				l := make(piped, 1)
				l <- theirs
				ctx, stop := context.WithCancel(t.Context())
				served := make(chan struct{})
				go func() {
					defer close(served)
					listen(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if _, err := io.ReadAll(r.Body); err != nil {
							return // it was cut off
						}
						_, _ = io.WriteString(w, "tea")
					}), quiet())
				}()
				began := time.Now()
				go func() { _, _ = io.WriteString(ours, tt.send) }() // fails where it is cut off
				answer, err := io.ReadAll(ours)
				if err != nil && !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				if took := time.Since(began); took > tt.within+time.Second || !strings.Contains(string(answer), tt.says) {
					t.Errorf("cut off after %s, want at most %s; the answer is %.60q", took, tt.within, answer)
				}
				if err := ours.Close(); err != nil {
					t.Error(err)
				}
				stop()
				<-served
			})
		})
	}
}

// hostileText pings, links elsewhere than it says, breaks out of blocks and hides itself,
// where something lets it.
const hostileText = "<!channel> <@U1> @everyone <@&500000000000000001> ``` [bank.example](https://evil.example) <https://evil.example|here> exe.\u202egpj\u202c q\u200bwen *bold* # big"

// What a curator wrote goes over the wire to both platforms as plain text: their stand-ins
// fail the test for whatever pings, links or hides.
func TestHostileFactsOnTheWire(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/curate add statement:「Qwen "+hostileText+" was served.」 kind:claim whose:「A "+hostileText+"」 about:qwen source:https://example.org/cake grade:press publisher:「B "+hostileText+"」 title:「C "+hostileText+"」 sure:true", "Added.")
	id := ""
	for _, f := range d.base.Snapshot().Facts() {
		if strings.Contains(f.Statement, "@everyone") {
			id = f.ID
		}
	}
	s, o := standin.New(t), discordin.New(t)
	health := bot.NewHealth(quiet(), time.Now)
	onSlack, err := slackPlatform(config{slack: slackConfig{botToken: standin.BotToken, appToken: standin.AppToken, apiURL: s.URL()}}, d.core, new(bot.Outbox), nil, quiet(), health, func() {})
	if err != nil {
		t.Fatal(err)
	}
	onDiscord, err := discordPlatform(config{discord: discordConfig{token: discordin.Token, apiURL: o.URL()}}, d.core, new(bot.Outbox), nil, quiet(), health, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	untilTheEnd(t, onSlack.run)
	untilTheEnd(t, onDiscord.run)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := errors.Join(s.WaitSockets(ctx, 1), o.Connected(ctx, 1)); err != nil {
		t.Fatal(err)
	}
	who, where := discordin.User{ID: "300000000000000002", Name: "Bob"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	for name, value := range map[string]string{"fact/id": id, "about/name": "qwen", "facts/words": "served", "sources/": ""} {
		command, option, _ := strings.Cut(name, "/")
		payload, err := s.Send(standin.Command("/"+command, value)).Ack(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var given []discordin.Given
		if option != "" {
			given = append(given, discordin.Given{Name: option, Value: value})
		}
		_, raw, err := o.Command(who, where, command, given...).Response(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if command == "fact" && (!strings.Contains(string(payload), "served") || !strings.Contains(string(raw), "served")) {
			t.Errorf("the fact is not shown: %s\n%s", payload, raw)
		}
		for _, bad := range []string{"<!channel>", "<@U1>", "<https://evil.example", "\u202e", "\u200b"} {
			if strings.Contains(string(payload), bad) {
				t.Errorf("Slack, /%s: %q is live in %s", command, bad, payload)
			}
		}
		var shown struct { // labels of menus are no markup
			Embeds json.RawMessage `json:"embeds"`
		}
		if err := json.Unmarshal(raw, &shown); err != nil || len(shown.Embeds) == 0 {
			t.Fatalf("%s: %v", raw, err)
		}
		for _, bad := range []string{"@everyone", " <@", " \\u003c@", " [bank.example", "\u202e"} {
			if strings.Contains(string(shown.Embeds), bad) {
				t.Errorf("Discord, /%s: %q is live in %s", command, bad, shown.Embeds)
			}
		}
	}
}

// What a feed says becomes a draft and no fact, until a curator makes it one.
func TestAFeedOnlyProposes(t *testing.T) {
	base := keptBase(t)
	web, gate := wireServer(t)
	close(gate)
	kept := keptIn(base, fetchConfig{private: true, feeds: time.Hour}, quiet())
	core, err := newCore(base, kept, 0, quiet(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(may bot.Permission, line string) bot.Reply {
		return core.Dispatch(t.Context(), bot.Request{
			ID: "1", At: time.Now(), Line: line, User: bot.User{ID: "U1", May: may}, Conversation: bot.Conversation{Platform: slackName, Space: "T1", Channel: "C1"},
		})
	}
	before := base.Snapshot().Edition
	if reply := ask(bot.Curator, "/feed add "+web+"/tech/feed"); !strings.Contains(reply.Plain(), "2 proposed to curators") {
		t.Fatal(reply.Plain())
	}
	drafts, err := kept.Drafts.All(t.Context(), time.Now())
	if err != nil || len(drafts) != 2 || base.Snapshot().Edition != before {
		t.Errorf("%d drafts, %v; the fact base is another: %t", len(drafts), err, base.Snapshot().Edition != before)
	}
	for _, d := range drafts {
		for _, line := range []string{"/curate review " + d.ID(), "/curate approve " + d.ID(), "/curate add draft:" + d.ID() + " sure:true"} {
			if reply := ask(bot.Admin, line); reply.Outcome != bot.Denied {
				t.Errorf("%s by who is no curator: %s", line, reply.Plain())
			}
		}
	}
}
