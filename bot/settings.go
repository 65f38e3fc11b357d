package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Access says who may use silkwire in a conversation.
type Access uint8

// The kinds of access.
const (
	AsUsual Access = iota // as the whole server or workspace has it, else everyone
	OpenToAll
	OnlyCurators
	OnlyNamed // the people and roles that are named
	Nobody    // silkwire is switched off
)

var accesses = [...]string{"default", "everyone", "curators", "named", "nobody"}

// String is the word for the access in commands and in the store.
func (a Access) String() string { return accesses[a] }

// MarshalText is String. It returns no error.
func (a Access) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote and refuses any other word.
func (a *Access) UnmarshalText(text []byte) error {
	i := slices.Index(accesses[:], string(text))
	if i < 0 {
		return fmt.Errorf("no kind of access is called %q", text)
	}
	*a = Access(i)
	return nil
}

// Settings are what a conversation, a whole server or workspace, or a person for
// their own requests, has chosen. The zero Settings choose nothing: each platform's
// custom holds.
type Settings struct {
	// Visibility is who sees replies where the asker does not say it.
	Visibility Visibility `json:"visibility,omitempty"`
	// Who may ask in the conversation; with OnlyNamed, the Users may. They mean
	// nothing among a person's settings.
	Who   Access   `json:"who,omitempty"`
	Users []string `json:"users,omitempty"` // ids of people or of roles
	// Channels are where silkwire may be used, by their ids; none: everywhere. They
	// mean something among a server's or a workspace's settings only.
	Channels []string `json:"channels,omitempty"`
	// Zone is the name of a time zone as IANA has it, or empty.
	Zone string `json:"zone,omitempty"`
	// Curators are ids of people or of roles who may change the fact base besides those
	// that the operator names, Second whether a second curator must approve what one
	// changes, and Waiting the id of the channel where curators are told that something
	// waits. They mean something among a server's or a workspace's settings only.
	Curators []string `json:"curators,omitempty"`
	Second   bool     `json:"second,omitempty"`
	Waiting  string   `json:"waiting,omitempty"`
	// Watches are entities by their slugs and tickers by their symbols that a person
	// wants to be told of. They mean nothing among other settings.
	Watches []string `json:"watches,omitempty"`
	// Told is the revision up to which who runs silkwire was told of what they watch in
	// their terminal. It means nothing among other settings.
	Told uint64 `json:"told,omitempty"`
	// Looked is the revision of the fact base up to which a person has looked at
	// what changed. It means nothing among other settings.
	Looked uint64 `json:"looked,omitempty"`
}

// Lets tells whether the user may ask where the settings hold. Curators, admins
// and trusted users always may.
func (s Settings) Lets(u User) bool {
	switch {
	case alwaysMay(u), s.Who <= OpenToAll:
		return true
	case s.Who == OnlyNamed:
		return names(s.Users, u)
	}
	return false
}

func alwaysMay(u User) bool { return u.Trusted || u.May&(Curator|Admin|SpaceAdmin) != 0 }

// Curates tells whether the settings of a server or workspace name somebody as a
// curator.
func (s Settings) Curates(u User) bool {
	return names(s.Curators, u)
}

// names tells whether the list has the user, or a role of theirs.
func names(list []string, u User) bool {
	return slices.Contains(list, u.ID) || slices.ContainsFunc(u.Roles, func(role string) bool { return slices.Contains(list, role) })
}

// letsIn tells whether the user may ask in the channel, where the settings are those
// of its server or workspace.
func (s Settings) letsIn(channel string, u User) bool {
	return len(s.Channels) == 0 || alwaysMay(u) || slices.Contains(s.Channels, channel)
}

func (s Settings) isZero() bool {
	return s.Visibility == Default && s.Who == AsUsual && s.Zone == "" && s.Looked == 0 && s.Told == 0 && !s.Second && s.Waiting == "" &&
		len(s.Users)+len(s.Channels)+len(s.Curators)+len(s.Watches) == 0
}

// check tells what cannot be kept.
func (s Settings) check() error {
	if s.Zone != "" {
		if _, err := LoadZone(s.Zone); err != nil {
			return err
		}
	}
	if len(s.Users) > maxNamed {
		return Misuse("Name those who ask most, or let everyone ask.", "That is more than I can keep: at most %d people or roles can be named.", maxNamed)
	}
	if len(s.Channels) > maxNamed {
		return Misuse("Name those where I am asked most, or all.", "That is more than I can keep: at most %d channels can be named.", maxNamed)
	}
	if len(s.Curators) > maxNamed {
		return Misuse("Name a role, or take somebody off the list.", "That is more than I can keep: at most %d curators can be named.", maxNamed)
	}
	if len(s.Watches) > MaxWatches {
		return Misuse("/watch stop takes one off the list.", "That is more than I can keep: at most %d can be watched.", MaxWatches)
	}
	return nil
}

// MaxWatches is how much one person can watch.
const MaxWatches = 50

// maxNamed is how many people or roles, or channels, can be named in settings.
const maxNamed = 50

// LoadZone finds a time zone by its IANA name. The error is a *Fail that names
// what was typed. The machine's own zone has no name here: it is nobody's choice.
func LoadZone(name string) (*time.Location, error) {
	if name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, Misuse("A time zone is written as Europe/Berlin or Asia/Shanghai.", "There is no time zone “%s”.", Shorten(Clean(name), 40))
}

// place is whose settings they are: a channel's, or a person's as "user:" and the
// id in the channel's place, or the whole space's as "space:".
type place struct{ platform, space, channel string }

func channelPlace(c Conversation) place { return place{c.Platform, c.Space, c.Channel} }

// spacePlace is the whole server's or workspace's of a conversation.
func spacePlace(c Conversation) place { return place{c.Platform, c.Space, spaceMark} }

func personPlace(c Conversation, userID string) place {
	return place{c.Platform, c.Space, personMark + userID}
}

const (
	spaceMark      = "space:"
	personMark     = "user:"
	settingsPrefix = "c/"
	placeParts     = "\x00" // stands between the parts of a place's key; no platform's ids hold it
)

func (p place) key() []byte {
	return []byte(settingsPrefix + p.platform + placeParts + p.space + placeParts + p.channel)
}

func placeOf(key []byte) (place, error) {
	parts := strings.SplitN(strings.TrimPrefix(string(key), settingsPrefix), placeParts, 3)
	if len(parts) != 3 {
		return place{}, fmt.Errorf("the key %q of settings has not three parts", key)
	}
	return place{parts[0], parts[1], parts[2]}, nil
}

// placed are Settings with their time zone, which takes too long to look up
// for each request.
type placed struct {
	Settings
	zone *time.Location // nil: none, or none that this system knows any more
}

func withZone(s Settings) placed {
	zone, err := LoadZone(s.Zone)
	if err != nil {
		zone = nil
	}
	return placed{s, zone}
}

// SettingsStore holds the settings of all conversations and people in memory,
// for reading without a lock, and keeps them in a Ledger. The zero SettingsStore
// has none and takes none. It is safe for use by many goroutines.
type SettingsStore struct {
	ledger  Ledger
	current atomic.Pointer[map[place]placed] // never changed once it is published
	writing sync.Mutex                       // held from reading what is to be changed until it is published
}

// NewSettingsStore reads all settings of the ledger. With a nil ledger there are
// none, and none can be changed. It returns the error of reading.
func NewSettingsStore(ctx context.Context, ledger Ledger) (*SettingsStore, error) {
	s := &SettingsStore{ledger: ledger}
	if ledger == nil {
		return s, nil
	}
	var all map[place]placed
	err := ledger.View(ctx, func(tx Tx) error {
		all = map[place]placed{}
		return tx.Scan([]byte(settingsPrefix), func(key, value []byte) error {
			p, settings, err := readSettings(key, value)
			if err != nil {
				return err
			}
			all[p] = withZone(settings)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	s.current.Store(&all)
	return s, nil
}

func readSettings(key, value []byte) (place, Settings, error) {
	p, err := placeOf(key)
	if err != nil {
		return p, Settings{}, err
	}
	var settings Settings
	if err := json.Unmarshal(value, &settings); err != nil {
		return p, settings, fmt.Errorf("decode settings %q: %w", key, err)
	}
	return p, settings, nil
}

// CheckSettings tells what is wrong with a stored record of settings, whose keys
// begin with "c/", or returns nil.
func CheckSettings(key, value []byte) error {
	_, settings, err := readSettings(key, value)
	if err != nil {
		return err
	}
	return settings.check()
}

// Keeps tells whether anything can be changed.
func (s *SettingsStore) Keeps() bool { return s.ledger != nil }

func (s *SettingsStore) at(p place) placed {
	return s.all()[p]
}

// Channel is what a conversation has chosen; all threads of a channel share it.
// The caller must not change its Users.
func (s *SettingsStore) Channel(c Conversation) Settings { return s.at(channelPlace(c)).Settings }

// Space is what the whole server or workspace of a conversation has chosen; of one
// that belongs to none, and of a direct one, nothing. The caller must not change its
// lists.
func (s *SettingsStore) Space(c Conversation) Settings { return s.space(c).Settings }

func (s *SettingsStore) space(c Conversation) placed {
	if c.Space == "" || c.Direct {
		return placed{}
	}
	return s.at(spacePlace(c))
}

// Curation is what the whole server or workspace of a conversation has chosen about
// its curators; that holds in direct messages too. The caller must not change its
// lists.
func (s *SettingsStore) Curation(c Conversation) Settings {
	if c.Space == "" {
		return Settings{}
	}
	return s.at(spacePlace(c)).Settings
}

// SetSpace changes what the whole server or workspace of a conversation has chosen.
// Its errors are those of SetChannel.
func (s *SettingsStore) SetSpace(ctx context.Context, c Conversation, change func(*Settings)) error {
	return s.set(ctx, spacePlace(c), change)
}

// Watchers are the people who watch something, by their conversation's platform and
// space and by their ids, with what they watch, which must not be changed.
func (s *SettingsStore) Watchers() iter.Seq2[Watcher, []string] {
	return func(yield func(Watcher, []string) bool) {
		for p, settings := range s.all() {
			user, person := strings.CutPrefix(p.channel, personMark)
			if person && len(settings.Watches) > 0 && !yield(Watcher{p.platform, p.space, user}, settings.Watches) {
				return
			}
		}
	}
}

// Watcher is one who watches something.
type Watcher struct{ Platform, Space, User string }

// WaitingRooms are the channels where curators of a server or workspace are told that
// something waits.
func (s *SettingsStore) WaitingRooms() iter.Seq[Conversation] {
	return func(yield func(Conversation) bool) {
		for p, settings := range s.all() {
			if p.channel == spaceMark && settings.Waiting != "" && !yield(Conversation{Platform: p.platform, Space: p.space, Channel: settings.Waiting}) {
				return
			}
		}
	}
}

func (s *SettingsStore) all() map[place]placed {
	if all := s.current.Load(); all != nil {
		return *all
	}
	return nil
}

// Person is what a user of the conversation's platform and workspace has chosen
// for their own requests.
func (s *SettingsStore) Person(c Conversation, userID string) Settings {
	return s.at(personPlace(c, userID)).Settings
}

// SetChannel changes what a conversation has chosen. It returns a *Fail where
// the change is none that can be kept, or where nothing can be; after any error
// nothing has changed.
func (s *SettingsStore) SetChannel(ctx context.Context, c Conversation, change func(*Settings)) error {
	return s.set(ctx, channelPlace(c), change)
}

// SetPerson changes what a user has chosen for their own requests. Its errors
// are those of SetChannel.
func (s *SettingsStore) SetPerson(ctx context.Context, c Conversation, userID string, change func(*Settings)) error {
	return s.set(ctx, personPlace(c, userID), change)
}

// set writes first and publishes then, so that nobody reads what a crash undoes.
func (s *SettingsStore) set(ctx context.Context, p place, change func(*Settings)) error {
	if s.ledger == nil {
		return keepsNothing()
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.at(p).Settings
	for _, list := range []*[]string{&next.Users, &next.Channels, &next.Curators, &next.Watches} {
		*list = slices.Clone(*list)
	}
	change(&next)
	if err := next.check(); err != nil {
		return err
	}
	if err := s.write(ctx, p, next); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	all := maps.Clone(s.all())
	if all == nil {
		all = map[place]placed{}
	}
	all[p] = withZone(next)
	if next.isZero() {
		delete(all, p)
	}
	s.current.Store(&all)
	return nil
}

func (s *SettingsStore) write(ctx context.Context, p place, settings Settings) error {
	if p.unclear() {
		return errors.New("an id of the conversation holds a zero byte")
	}
	value, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	return s.ledger.Update(ctx, func(tx Tx) error {
		if settings.isZero() {
			return tx.Delete(p.key())
		}
		return tx.Put(p.key(), value)
	})
}

// unclear tells whether the key of p would be another place's.
func (p place) unclear() bool {
	return strings.Contains(p.platform+p.space+p.channel, placeParts)
}

// alwaysOpen are the commands that work where silkwire is closed to a user: they
// say why, and how it is changed.
var alwaysOpen = []string{"settings", "help"}

// Settle makes each request follow the settings of its conversation, of the server
// or workspace that this is in, and of who asks. Whom the server's curators named is
// one of them, there and nowhere else. What the conversation has chosen
// comes before what the whole server has. Whom they do not let ask is told so. A
// request without a time zone gets the person's, else the conversation's, else the
// server's. A reply that does not say who shall see it, to an asker who did not say
// it either, is for whom the conversation's settings say, else the server's, else
// the person's.
func Settle(store *SettingsStore) Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			channel, person := store.at(channelPlace(r.Conversation)), store.at(personPlace(r.Conversation, r.User.ID))
			space := store.space(r.Conversation)
			if store.Curation(r.Conversation).Curates(r.User) {
				r.User.May |= Curator
			}
			if first, _, _ := strings.Cut(r.Command, " "); !slices.Contains(alwaysOpen, first) {
				if err := admits(channel.Settings, space.Settings, r); err != nil {
					return Reply{}, err
				}
			}
			for _, zone := range [...]*time.Location{person.zone, channel.zone, space.zone} {
				if r.Zone == nil {
					r.Zone = zone
				}
			}
			r.Visibility = cmp.Or(r.Visibility, channel.Visibility, space.Visibility, person.Visibility)
			reply, err := next(ctx, r)
			reply.Visibility = cmp.Or(reply.Visibility, r.Visibility)
			return reply, err
		}
	}
}

// admits tells, with a *Fail, that a conversation and its space do not let somebody
// ask. Who may ask is the channel's choice where it has made one.
func admits(channel, space Settings, r Request) error {
	who := channel
	if who.Who == AsUsual {
		who = space
	}
	switch {
	case !who.Lets(r.User):
		return closed(who)
	case !space.letsIn(r.Conversation.Channel, r.User):
		return &Fail{Outcome: Denied, Say: "I may be used in some channels of this server only, and this is none of them.", Next: "/settings says which they are."}
	}
	return nil
}

// closed says why somebody may not ask.
func closed(s Settings) *Fail {
	f := &Fail{Outcome: Denied, Say: "I am switched off in this conversation.", Next: "Ask me in another one; an admin of this conversation can change it with /settings who."}
	switch s.Who {
	case OnlyCurators:
		f.Say = "In this conversation only curators may ask me."
	case OnlyNamed:
		f.Say = "In this conversation only some people may ask me, and you are not one of them."
	}
	return f
}
