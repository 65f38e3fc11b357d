package commands

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

var lobby = bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}

// steps are lines that one user writes after each other; the last reply is the
// golden one. The names of these files begin with the command's.
type steps struct {
	name  string
	may   bot.Permission
	in    bot.Conversation
	lines []string
}

func (s steps) run(t *testing.T, k Knowledge, kept Kept) bot.Reply {
	t.Helper()
	r, err := bot.NewRouter(All(k, "test", kept), Question, slog.New(slog.DiscardHandler), bot.Settle(kept.Settings))
	if err != nil {
		t.Fatal(err)
	}
	var reply bot.Reply
	for i, line := range s.lines {
		reply = r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, User: bot.User{ID: "U1", May: s.may}, Conversation: s.in, At: testTime.Add(time.Duration(i) * time.Second)})
	}
	last := s.lines[len(s.lines)-1]
	golden(t, s.name, fmt.Sprintf("> %s\n[%s]\n\n%s\n", last, reply.Outcome, reply.Plain()))
	checkReply(t, last, reply)
	return reply
}

func TestSettingsReplies(t *testing.T) {
	direct := bot.Conversation{Platform: "slack", Space: "T1", Channel: "D1", Direct: true}
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}
	for _, s := range []steps{
		{"settings-user", bot.Everyone, lobby, []string{"/settings"}},
		{"settings-admin", bot.Admin, lobby, []string{"/settings visibility public", "/settings who curators", "/settings zone Europe/Berlin", "/settings mine visibility:private zone:Asia/Shanghai", "/settings"}},
		{"settings-direct", bot.Admin, direct, []string{"/settings visibility public", "/settings zone UTC", "/settings"}},
		{"settings-direct-who", bot.Admin, direct, []string{"/settings who nobody"}},
		{"settings-visibility", bot.Admin, lobby, []string{"/settings visibility PUBLIC"}},
		{"settings-visibility-misused", bot.Admin, lobby, []string{"/settings visibility blue"}},
		{"settings-visibility-denied", bot.Curator, lobby, []string{"/settings visibility public"}},
		{"settings-who-nobody", bot.Admin, lobby, []string{"/settings who nobody"}},
		{"settings-who-ids", bot.Admin, lobby, []string{"/settings who U7, U5 U7"}},
		{"settings-who-everyone", bot.Admin, lobby, []string{"/settings who U7", "/settings who everyone"}},
		{"settings-who-misused", bot.Admin, lobby, []string{"/settings who curatorz"}},
		{"settings-who-empty", bot.Admin, lobby, []string{"/settings who"}},
		{"settings-who-mentions", bot.Admin, lobby, []string{"/settings who <@!300000000000000001> <@&500000000000000001>"}},
		{"settings-everywhere", bot.Admin | bot.SpaceAdmin, lobby, []string{"/settings who curators everywhere:true", "/settings zone UTC everywhere:true", "/settings channels <#C1>, C2", "/settings who everyone", "/settings"}},
		{"settings-everywhere-denied", bot.Admin, lobby, []string{"/settings who curators everywhere:true"}},
		{"settings-channels-denied", bot.Admin, lobby, []string{"/settings channels all"}},
		{"settings-channels-all", bot.Admin | bot.SpaceAdmin, lobby, []string{"/settings channels C1", "/settings channels all"}},
		{"settings-channels-misused", bot.Admin | bot.SpaceAdmin, lobby, []string{"/settings channels general"}},
		{"settings-channels-direct", bot.Admin | bot.SpaceAdmin, direct, []string{"/settings channels all"}},
		{"settings-zone", bot.Admin, lobby, []string{"/settings zone Asia/Hong_Kong"}},
		{"settings-zone-misspelt", bot.Admin, lobby, []string{"/settings zone Europe/Berln"}},
		{"settings-zone-city", bot.Admin, lobby, []string{"/settings zone \"new york\""}},
		{"settings-zone-unknown", bot.Admin, lobby, []string{"/settings zone Moonbase"}},
		{"settings-mine", bot.Everyone, lobby, []string{"/settings mine visibility:private zone:Europe/Berlin", "/settings mine zone:default"}},
		{"settings-mine-misspelt", bot.Everyone, lobby, []string{"/settings mine zone:Tokio"}},
		{"settings-mine-empty", bot.Everyone, lobby, []string{"/settings mine"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			if reply := s.run(t, k, testKept(t)); reply.Visibility != bot.Private {
				t.Errorf("got visibility %v, want private", reply.Visibility)
			}
		})
	}
}

// Where nothing can be kept, settings can be read.
func TestSettingsReadOnly(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}
	for _, s := range []steps{
		{"settings-read-only-show", bot.Admin, lobby, []string{"/settings"}},
		{"settings-read-only-change", bot.Admin, lobby, []string{"/settings visibility public"}},
	} {
		s.run(t, k, keptOn(t, nil))
	}
}

func TestSettingsAreKept(t *testing.T) {
	kept := testKept(t)
	s := steps{"settings-kept", bot.Admin, lobby, []string{"/settings who U7", "/settings visibility private", "/settings zone UTC", "/settings mine zone:Asia/Tokyo"}}
	s.run(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}, kept)
	if got, want := kept.Settings.Channel(lobby), (bot.Settings{Visibility: bot.Private, Who: bot.OnlyNamed, Users: []string{"U7"}, Zone: "UTC"}); !reflect.DeepEqual(got, want) {
		t.Errorf("the channel's: got %+v, want %+v", got, want)
	}
	if got, want := kept.Settings.Person(lobby, "U1"), (bot.Settings{Zone: "Asia/Tokyo"}); !reflect.DeepEqual(got, want) {
		t.Errorf("the person's: got %+v, want %+v", got, want)
	}
}

// What a platform's form delivers is one text for each field.
func TestSettingsWhoFromAForm(t *testing.T) {
	kept := testKept(t)
	r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}, kept)
	r.Dispatch(t.Context(), bot.Request{User: bot.User{May: bot.Admin}, Conversation: lobby, Call: &bot.Call{Path: []string{"settings", "who"}, Options: map[string][]string{"who": {"U2, U1"}}}})
	if got := kept.Settings.Channel(lobby).Users; !slices.Equal(got, []string{"U1", "U2"}) {
		t.Errorf("got %q, want both", got)
	}
}

func TestCommonZones(t *testing.T) {
	for _, z := range commonZones {
		if zone, err := bot.LoadZone(z); err != nil || zone.String() != z {
			t.Errorf("%s: %v", z, err)
		}
	}
	if len(commonZones) >= maxChoices {
		t.Errorf("%d zones and the word to take one back are more than one menu takes", len(commonZones))
	}
}

func TestSettingsComplete(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}})
	for _, c := range []struct{ line, want string }{
		{"/settings ", "visibility who channels zone curators approval mine"},
		{"/settings v", "visibility"},
		{"/settings visibility p", "private public"},
		{"/settings who ", "everyone curators nobody default"},
		{"/settings channels ", "all"},
		{"/settings who U", "U1"},
		{"/settings zone ber", "Europe/Berlin"},
		{"/settings zone Europe/B", "Europe/Berlin"},
		{"/settings mine zone:def", "default"},
		{"/settings mine visibility:d", "default"},
	} {
		var got []string
		for _, choice := range r.Complete(t.Context(), bot.Request{Line: c.line, User: bot.User{ID: "U1"}}).Choices {
			got = append(got, strings.TrimSpace(choice.Value))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s completes to %q, want %s", c.line, got, c.want)
		}
	}
}
