package bot_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/bot"
)

var (
	lobby = bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}
	yard  = bot.Conversation{Platform: "slack", Space: "T1", Channel: "C2"}
)

func settingsOn(t *testing.T, ledger bot.Ledger) *bot.SettingsStore {
	t.Helper()
	s, err := bot.NewSettingsStore(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *bot.SettingsStore, c bot.Conversation, want bot.Settings) {
	t.Helper()
	if err := s.SetChannel(t.Context(), c, func(s *bot.Settings) { *s = want }); err != nil {
		t.Fatal(err)
	}
}

// What was set is there after a restart, for that conversation and that person.
func TestSettingsStoreKeeps(t *testing.T) {
	disk := bot.NewMemory(map[string][]byte{"g/other": []byte("no settings")})
	s := settingsOn(t, disk)
	channel := bot.Settings{Visibility: bot.Public, Who: bot.OnlyNamed, Users: []string{"U1", "U2"}, Zone: "Asia/Shanghai"}
	mine := bot.Settings{Visibility: bot.Private, Zone: "Europe/Berlin"}
	put(t, s, lobby, channel)
	if err := s.SetPerson(t.Context(), lobby, "U1", func(s *bot.Settings) { *s = mine }); err != nil {
		t.Fatal(err)
	}
	inThread, elsewhere := lobby, lobby
	inThread.Thread = "17.5"
	elsewhere.Space = "T2"
	for name, store := range map[string]*bot.SettingsStore{"before a restart": s, "after it": settingsOn(t, disk)} {
		for _, tt := range []struct {
			what      string
			got, want bot.Settings
		}{
			{"the channel", store.Channel(lobby), channel},
			{"a thread of it", store.Channel(inThread), channel},
			{"another channel", store.Channel(yard), bot.Settings{}},
			{"the same channel of another workspace", store.Channel(elsewhere), bot.Settings{}},
			{"the person", store.Person(lobby, "U1"), mine},
			{"the person in another channel", store.Person(yard, "U1"), mine},
			{"another person", store.Person(lobby, "U2"), bot.Settings{}},
			{"the person's id in another workspace", store.Person(elsewhere, "U1"), bot.Settings{}},
		} {
			if !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("%s, %s: got %+v, want %+v", name, tt.what, tt.got, tt.want)
			}
		}
	}
	if want := []string{"c/slack\x00T1\x00C1", "c/slack\x00T1\x00user:U1", "g/other"}; !slices.Equal(keysOf(disk), want) {
		t.Errorf("got keys %q, want %q", keysOf(disk), want)
	}
	if got, want := string(disk.Records()["c/slack\x00T1\x00C1"]), `{"visibility":"public","who":"named","users":["U1","U2"],"zone":"Asia/Shanghai"}`; got != want {
		t.Errorf("stored\n got %s\nwant %s", got, want)
	}
	put(t, s, lobby, bot.Settings{})
	if slices.Contains(keysOf(disk), "c/slack\x00T1\x00C1") {
		t.Error("settings that choose nothing are still stored")
	}
}

func TestSettingsStoreRefuses(t *testing.T) {
	inOne := func(s *bot.Settings) { s.Visibility = bot.Public }
	broken := brokenDisk()
	unclear := lobby
	unclear.Channel = "C1\x00C2"
	tests := []struct {
		name   string
		store  *bot.SettingsStore
		in     bot.Conversation
		change func(*bot.Settings)
		fail   string // what a *Fail says; empty: another error
	}{
		{"nothing can be kept", settingsOn(t, nil), lobby, inOne, "I can keep nothing at the moment: I answer from a fact base that is read only."},
		{"the zero store", new(bot.SettingsStore), lobby, inOne, "I can keep nothing at the moment: I answer from a fact base that is read only."},
		{"no time zone", settingsOn(t, bot.NewMemory(nil)), lobby, func(s *bot.Settings) { s.Zone = "Europe/Nowhere" }, "There is no time zone “Europe/Nowhere”."},
		{"the machine's own zone", settingsOn(t, bot.NewMemory(nil)), lobby, func(s *bot.Settings) { s.Zone = "Local" }, "There is no time zone “Local”."},
		{"a file that is no zone", settingsOn(t, bot.NewMemory(nil)), lobby, func(s *bot.Settings) { s.Zone = "../../etc/passwd" }, "There is no time zone “../../etc/passwd”."},
		{"too many people", settingsOn(t, bot.NewMemory(nil)), lobby, func(s *bot.Settings) { s.Users = make([]string, 51) }, "That is more than I can keep: at most 50 people or roles can be named."},
		{"the store fails", settingsOn(t, broken), lobby, inOne, ""},
		{"an id that is two", settingsOn(t, bot.NewMemory(nil)), unclear, inOne, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.store.SetChannel(t.Context(), tt.in, tt.change)
			f, ok := errors.AsType[*bot.Fail](err)
			if err == nil || ok != (tt.fail != "") || ok && f.Say != tt.fail {
				t.Errorf("got %v, want %q", err, tt.fail)
			}
			if got := tt.store.Channel(tt.in); !reflect.DeepEqual(got, bot.Settings{}) {
				t.Errorf("after the refusal: got %+v, want no settings", got)
			}
		})
	}
}

func TestNewSettingsStoreRefusesWhatItCannotRead(t *testing.T) {
	for key, value := range map[string]string{
		"c/slack\x00T1\x00C1": `{"who":"somebody"}`,
		"c/slack\x00T1\x00C2": `{"visibility":"blue"}`,
		"c/slack\x00T1\x00C3": `{`,
		"c/slack":             `{}`,
	} {
		if _, err := bot.NewSettingsStore(t.Context(), bot.NewMemory(map[string][]byte{key: []byte(value)})); err == nil || !strings.HasPrefix(err.Error(), "read settings: ") {
			t.Errorf("%q %s: got %v, want an error", key, value, err)
		}
	}
}

func TestSettingsStoreTogether(t *testing.T) {
	s := settingsOn(t, bot.NewMemory(nil))
	var all sync.WaitGroup
	for _, id := range []string{"U1", "U2", "U3", "U4", "U5"} {
		all.Go(func() {
			_ = s.Person(lobby, id)
			if err := s.SetPerson(t.Context(), lobby, id, func(s *bot.Settings) { s.Zone = "UTC" }); err != nil {
				t.Error(err)
			}
			err := s.SetChannel(t.Context(), lobby, func(s *bot.Settings) { s.Users = append(s.Users, id) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := s.Channel(lobby).Users; len(got) != 5 || s.Person(lobby, "U3").Zone != "UTC" {
		t.Errorf("got users %q, want all five", got)
	}
}

func TestSettleAccess(t *testing.T) {
	const (
		off     = "I am switched off in this conversation."
		curated = "In this conversation only curators may ask me."
		named   = "In this conversation only some people may ask me, and you are not one of them."
	)
	ann, cy, adi, op := bot.User{ID: "U1"}, bot.User{ID: "U3", May: bot.Curator}, bot.User{ID: "U4", May: bot.Admin}, bot.User{ID: "owner", Trusted: true}
	tests := []struct {
		name     string
		settings bot.Settings
		user     bot.User
		line     string
		want     string
	}{
		{"open", bot.Settings{}, ann, "/lab qwen", ""},
		{"off", bot.Settings{Who: bot.Nobody}, ann, "/lab qwen", off},
		{"off, a question", bot.Settings{Who: bot.Nobody}, ann, "why", off},
		{"off, a subcommand", bot.Settings{Who: bot.Nobody}, ann, "/watch list", off},
		{"off, settings", bot.Settings{Who: bot.Nobody}, ann, "/settings", ""},
		{"off, a subcommand of settings", bot.Settings{Who: bot.Nobody}, ann, "/settings mine", ""},
		{"off, help", bot.Settings{Who: bot.Nobody}, ann, "/help", ""},
		{"off, a curator", bot.Settings{Who: bot.Nobody}, cy, "/lab qwen", ""},
		{"off, an admin", bot.Settings{Who: bot.Nobody}, adi, "/lab qwen", ""},
		{"off, the operator", bot.Settings{Who: bot.Nobody}, op, "/lab qwen", ""},
		{"curators only", bot.Settings{Who: bot.OnlyCurators}, ann, "/lab qwen", curated},
		{"curators only, a curator", bot.Settings{Who: bot.OnlyCurators}, cy, "/lab qwen", ""},
		{"named, one of them", bot.Settings{Who: bot.OnlyNamed, Users: []string{"U0", "U1"}}, ann, "/lab qwen", ""},
		{"named, another", bot.Settings{Who: bot.OnlyNamed, Users: []string{"U2"}}, ann, "/lab qwen", named},
		{"named, a curator", bot.Settings{Who: bot.OnlyNamed, Users: []string{"U2"}}, cy, "/lab qwen", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := settingsOn(t, bot.NewMemory(nil))
			put(t, s, lobby, tt.settings)
			commands := append(house(), bot.Command{Name: "help", Summary: "Help", Handle: echoed})
			for i := range commands {
				if commands[i].Name == "settings" {
					commands[i].Permit = bot.Everyone
					commands[i].Subcommands = []bot.Command{{Name: "mine", Summary: "Mine", Handle: echoed}}
				}
			}
			router := newRouter(t, commands, bot.Settle(s))
			reply := router.Dispatch(t.Context(), bot.Request{Line: tt.line, User: tt.user, Conversation: lobby})
			wantOutcome := bot.Answered
			if tt.want != "" {
				wantOutcome = bot.Denied
			}
			if reply.Outcome != wantOutcome || tt.want != "" && reply.Lead.String() != tt.want {
				t.Errorf("got %v: %s\nwant %v: %s", reply.Outcome, reply.Lead, wantOutcome, tt.want)
			}
			if reply := router.Dispatch(t.Context(), bot.Request{Line: tt.line, User: tt.user, Conversation: yard}); reply.Outcome != bot.Answered {
				t.Errorf("in another channel: got %v, want answered", reply.Outcome)
			}
		})
	}
}

func TestSettleVisibility(t *testing.T) {
	const d, private, public = bot.Default, bot.Private, bot.Public
	tests := []struct {
		name                                 string
		said, replied, channel, person, want bot.Visibility
	}{
		{"nobody chose", d, d, d, d, d},
		{"the channel chose", d, d, public, d, public},
		{"the person chose", d, d, d, private, private},
		{"the channel comes before the person", d, d, public, private, public},
		{"the asker comes before the channel", private, d, public, public, private},
		{"the asker says public", public, d, private, private, public},
		{"the reply itself comes before all", public, private, public, public, private},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := settingsOn(t, bot.NewMemory(nil))
			put(t, s, lobby, bot.Settings{Visibility: tt.channel})
			if err := s.SetPerson(t.Context(), lobby, "U1", func(s *bot.Settings) { s.Visibility = tt.person }); err != nil {
				t.Fatal(err)
			}
			router := newRouter(t, []bot.Command{{
				Name: "ask", Summary: "Ask", Options: []bot.Option{{Name: "question", Summary: "a question", Kind: bot.FreeText}},
				Handle: func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{Visibility: tt.replied}, nil },
			}}, bot.Settle(s))
			reply := router.Dispatch(t.Context(), bot.Request{Line: "why", User: bot.User{ID: "U1"}, Conversation: lobby, Visibility: tt.said})
			if reply.Visibility != tt.want {
				t.Errorf("got %v, want %v", reply.Visibility, tt.want)
			}
		})
	}
}

func TestSettleZone(t *testing.T) {
	zone := func(name string) *time.Location {
		z, err := bot.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	tests := []struct {
		name                   string
		given                  *time.Location
		channel, person, wants string
	}{
		{"none", nil, "", "", ""},
		{"the channel's", nil, "Asia/Shanghai", "", "Asia/Shanghai"},
		{"the person's comes first", nil, "Asia/Shanghai", "Europe/Berlin", "Europe/Berlin"},
		{"the platform said it", zone("America/New_York"), "Asia/Shanghai", "Europe/Berlin", "America/New_York"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := settingsOn(t, bot.NewMemory(nil))
			put(t, s, lobby, bot.Settings{Zone: tt.channel})
			if err := s.SetPerson(t.Context(), lobby, "U1", func(s *bot.Settings) { s.Zone = tt.person }); err != nil {
				t.Fatal(err)
			}
			var got *time.Location
			_, err := bot.Settle(s)(func(_ context.Context, r bot.Request) (bot.Reply, error) {
				got = r.Zone
				return bot.Reply{}, nil
			})(t.Context(), bot.Request{User: bot.User{ID: "U1"}, Conversation: lobby, Zone: tt.given})
			if err != nil || (got == nil) != (tt.wants == "") || got != nil && got.String() != tt.wants {
				t.Errorf("got %v, %v, want %q", got, err, tt.wants)
			}
		})
	}
}

func BenchmarkSettle(b *testing.B) {
	s, err := bot.NewSettingsStore(b.Context(), bot.NewMemory(nil))
	if err != nil {
		b.Fatal(err)
	}
	if err := s.SetChannel(b.Context(), lobby, func(s *bot.Settings) { s.Zone = "Asia/Shanghai" }); err != nil {
		b.Fatal(err)
	}
	h := bot.Settle(s)(func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, nil })
	r := bot.Request{Command: "ask", User: bot.User{ID: "U1"}, Conversation: lobby}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}

// What a whole server has chosen holds where its channel has not.
func TestSettleInASpace(t *testing.T) {
	role := bot.User{ID: "U1", Roles: []string{"R1"}}
	for _, tt := range []struct {
		name           string
		space, channel bot.Settings
		in             bot.Conversation
		user           bot.User
		says           string // what a *Fail says; empty: it is answered
		seenBy         bot.Visibility
		zone           string
	}{
		{"closed everywhere", bot.Settings{Who: bot.OnlyCurators}, bot.Settings{}, lobby, role, "In this conversation only curators may ask me.", 0, ""},
		{"but open here", bot.Settings{Who: bot.OnlyCurators}, bot.Settings{Who: bot.OpenToAll}, lobby, role, "", 0, ""},
		{"a role that is named", bot.Settings{Who: bot.OnlyNamed, Users: []string{"R1"}}, bot.Settings{}, lobby, role, "", 0, ""},
		{"none that is", bot.Settings{Who: bot.OnlyNamed, Users: []string{"R2"}}, bot.Settings{}, lobby, role, "In this conversation only some people may ask me, and you are not one of them.", 0, ""},
		{"a channel that is named", bot.Settings{Channels: []string{"C1"}}, bot.Settings{}, lobby, role, "", 0, ""},
		{"none that is", bot.Settings{Channels: []string{"C9"}}, bot.Settings{}, lobby, role, "I may be used in some channels of this server only, and this is none of them.", 0, ""},
		{"an admin may everywhere", bot.Settings{Channels: []string{"C9"}, Who: bot.Nobody}, bot.Settings{}, lobby, bot.User{ID: "U1", May: bot.SpaceAdmin}, "", 0, ""},
		{"who sees replies", bot.Settings{Visibility: bot.Private}, bot.Settings{}, lobby, role, "", bot.Private, ""},
		{"the channel comes first", bot.Settings{Visibility: bot.Private, Zone: "UTC"}, bot.Settings{Visibility: bot.Public, Zone: "Asia/Tokyo"}, lobby, role, "", bot.Public, "Asia/Tokyo"},
		{"the time zone", bot.Settings{Zone: "Asia/Tokyo"}, bot.Settings{}, lobby, role, "", 0, "Asia/Tokyo"},
		{"a direct message is in no server", bot.Settings{Who: bot.Nobody, Visibility: bot.Private}, bot.Settings{}, bot.Conversation{Platform: "slack", Space: "T1", Channel: "D1", Direct: true}, role, "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := settingsOn(t, bot.NewMemory(nil))
			if err := s.SetSpace(t.Context(), tt.in, func(s *bot.Settings) { *s = tt.space }); err != nil {
				t.Fatal(err)
			}
			put(t, s, tt.in, tt.channel)
			zone := ""
			h := bot.Settle(s)(func(_ context.Context, r bot.Request) (bot.Reply, error) {
				if r.Zone != nil {
					zone = r.Zone.String()
				}
				return bot.Reply{}, nil
			})
			reply, err := h(t.Context(), bot.Request{Command: "ask", User: tt.user, Conversation: tt.in})
			says := ""
			if f, ok := errors.AsType[*bot.Fail](err); ok {
				says = f.Say
			}
			if says != tt.says || reply.Visibility != tt.seenBy || zone != tt.zone {
				t.Errorf("says %q, visibility %v, zone %q", says, reply.Visibility, zone)
			}
		})
	}
}
