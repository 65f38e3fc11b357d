package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Settings shows and changes what a conversation and a person have chosen: who
// sees replies, who may ask, and the time zone. What is the conversation's is
// for its admins.
func Settings(store *bot.SettingsStore) bot.Command {
	s := settings{store}
	visibility := bot.Option{Name: "visibility", Summary: "who sees replies: private, public or default", Kind: bot.Word, Choices: visibilityChoices()}
	zone := bot.Option{Name: "zone", Summary: "a time zone such as Europe/Berlin, or default", Kind: bot.Word, Complete: completeZone}
	mine, mineZone := visibility, zone
	mine.Named, mineZone.Named = true, true
	visibility.Required, zone.Required = true, true
	everywhere := bot.Option{Name: everywhereName, Summary: "in the whole server or workspace, not here only", Kind: bot.YesNo, Named: true}
	return bot.Command{
		Name: "settings", Summary: "Who sees replies here, who may ask, and the time zone; your own too",
		Examples: []string{"/settings", "/settings mine visibility:private", "/settings mine zone:Europe/Berlin"},
		Handle:   func(_ context.Context, r bot.Request) (bot.Reply, error) { return s.show(r), nil },
		Subcommands: []bot.Command{
			{
				Name: "visibility", Summary: "Choose who sees replies in this conversation", Permit: bot.Admin,
				Examples: []string{"/settings visibility public"}, Options: []bot.Option{visibility, everywhere}, Handle: s.setHere,
			},
			{
				Name: "who", Summary: "Choose who may ask in this conversation", Permit: bot.Admin,
				Examples: []string{"/settings who curators"},
				Options: []bot.Option{
					{Name: "who", Summary: "everyone, curators, nobody or default, or people and roles by mention or id", Kind: bot.WordList, Required: true, Complete: completeWho},
					everywhere,
				},
				Handle: s.setWho,
			},
			{
				Name: "channels", Summary: "Choose the channels of this server where I may be used", Permit: bot.SpaceAdmin,
				Examples: []string{"/settings channels all"},
				Options:  []bot.Option{{Name: "channels", Summary: "channels by mention or id, or all", Kind: bot.WordList, Required: true, Complete: completeChannels}},
				Handle:   s.setChannels,
			},
			{
				Name: "zone", Summary: "Choose the time zone of this conversation", Permit: bot.Admin,
				Examples: []string{"/settings zone Europe/Berlin"}, Options: []bot.Option{zone, everywhere}, Handle: s.setHere,
			},
			{
				Name: "curators", Summary: "Choose who may curate in this server, and where curators are told", Permit: bot.Curator,
				Examples: []string{"/settings curators", "/settings curators told:here"},
				Options: []bot.Option{
					{Name: "add", Summary: "people or roles by mention or id, who may change the facts from now on", Kind: bot.WordList},
					{Name: "remove", Summary: "people or roles who may no longer", Kind: bot.WordList, Named: true},
					{Name: toldName, Summary: "here, none, or a channel by its id: where curators are told that something waits", Kind: bot.Word, Named: true, Complete: completeTold},
				},
				Handle: s.setCurators,
			},
			{
				Name: "approval", Summary: "Choose whether a second curator must approve each change", Permit: bot.SpaceAdmin,
				Examples: []string{"/settings approval second"},
				Options:  []bot.Option{{Name: "approval", Summary: "second or none", Kind: bot.Word, Required: true, Choices: approvalChoices()}},
				Handle:   s.setApproval,
			},
			{
				Name: "mine", Summary: "Choose who sees what you ask, and your time zone, wherever you ask",
				Examples: []string{"/settings mine visibility:private zone:Asia/Shanghai"}, Options: []bot.Option{mine, mineZone}, Handle: s.setMine,
			},
		},
	}
}

type settings struct{ store *bot.SettingsStore }

// alone tells whether nobody but the asker is in the conversation, so that its
// settings are the asker's.
func alone(r bot.Request) bool {
	return r.Conversation.Direct || r.Conversation.Channel == "" || r.User.Trusted
}

// setHere changes what holds for the conversation.
func (s settings) setHere(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if alone(r) {
		return s.setMine(ctx, r)
	}
	change, err := chosen(r)
	if err != nil {
		return bot.Reply{}, err
	}
	return s.set(ctx, r, change)
}

const everywhereName = "everywhere"

// set changes what holds for the conversation, or for the whole server where the
// options say so and the user may.
func (s settings) set(ctx context.Context, r bot.Request, change func(*bot.Settings)) (bot.Reply, error) {
	if !r.Values.Bool(everywhereName) {
		if err := s.store.SetChannel(ctx, r.Conversation, change); err != nil {
			return bot.Reply{}, err
		}
		return settled(inConversation(s.store.Channel(r.Conversation))), nil
	}
	switch {
	case !r.User.May.Includes(bot.SpaceAdmin):
		return bot.Reply{}, &bot.Fail{Outcome: bot.Denied, Say: "What holds everywhere is for an admin of the whole server or workspace.", Next: "Without everywhere you set it for this conversation."}
	case r.Conversation.Space == "":
		return bot.Reply{}, bot.Misuse("Write it without everywhere.", "This conversation is in no server.")
	}
	if err := s.store.SetSpace(ctx, r.Conversation, change); err != nil {
		return bot.Reply{}, err
	}
	return settled(inSpace(s.store.Space(r.Conversation))), nil
}

// setChannels says in which channels of the server silkwire may be used.
func (s settings) setChannels(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if alone(r) || r.Conversation.Space == "" {
		return bot.Reply{}, inNoServer()
	}
	channels, err := idsOf(r.Values.Words("channels"), "Write all, or name channels as #name or by their ids.", "channel")
	if err != nil {
		return bot.Reply{}, err
	}
	if err := s.store.SetSpace(ctx, r.Conversation, func(s *bot.Settings) { s.Channels = channels }); err != nil {
		return bot.Reply{}, err
	}
	return settled(inSpace(s.store.Space(r.Conversation))), nil
}

// allChannels is the word for every channel.
const allChannels = "all"

func completeChannels(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	if strings.HasPrefix(allChannels, strings.ToLower(typed)) {
		return []bot.Choice{{Label: "every channel", Value: allChannels}}
	}
	return nil
}

// setMine changes what holds for the asker; with nothing chosen it shows it.
func (s settings) setMine(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if !r.Values.Has("visibility") && !r.Values.Has("zone") {
		return s.show(r), nil
	}
	change, err := chosen(r)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := s.store.SetPerson(ctx, r.Conversation, r.User.ID, change); err != nil {
		return bot.Reply{}, err
	}
	return settled(ofPerson(s.store.Person(r.Conversation, r.User.ID))), nil
}

// chosen is the change that the options of r ask for.
func chosen(r bot.Request) (func(*bot.Settings), error) {
	zone, err := zoneOf(r)
	if err != nil {
		return nil, err
	}
	visibility := bot.Default
	if r.Values.Has("visibility") {
		if err := visibility.UnmarshalText([]byte(r.Values.Text("visibility"))); err != nil {
			return nil, err
		}
	}
	return func(s *bot.Settings) {
		if r.Values.Has("visibility") {
			s.Visibility = visibility
		}
		if r.Values.Has("zone") {
			s.Zone = zone
		}
	}, nil
}

// unset is the word that takes a choice back.
const unset = "default"

// zoneOf is the time zone that is asked for; empty takes it back.
func zoneOf(r bot.Request) (string, error) {
	typed := strings.TrimSpace(r.Values.Text("zone"))
	if !r.Values.Has("zone") || strings.EqualFold(typed, unset) {
		return "", nil
	}
	zone, err := bot.LoadZone(typed)
	if err == nil {
		return zone.String(), nil
	}
	f, ok := errors.AsType[*bot.Fail](err)
	if near := nearZone(typed); ok && near != "" {
		f.Say += " Did you mean " + near + "?"
		line := "/" + r.Command + " " + near
		if r.Command == "settings mine" {
			line = "/" + r.Command + " zone:" + near
		}
		f.Suggest = append(f.Suggest, bot.Action{Label: near, Line: line})
	}
	return "", err
}

// commonZones are offered for completion and for what is misspelt; any other
// IANA name can be typed. There are no more than one menu takes.
var commonZones = []string{
	"UTC", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Zurich", "Europe/Warsaw", "Europe/Istanbul",
	"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto", "America/Sao_Paulo",
	"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Tokyo", "Asia/Seoul", "Asia/Singapore", "Asia/Kolkata", "Asia/Dubai",
	"Africa/Johannesburg", "Australia/Sydney", "Pacific/Auckland",
}

func city(zone string) string { return zone[strings.LastIndexByte(zone, '/')+1:] }

// nearZone is the common zone whose name, or whose city's, is nearest to what was
// typed, or empty.
func nearZone(typed string) string {
	typed = strings.ReplaceAll(bot.Shorten(typed, 40), " ", "_")
	names, cities := map[string]bool{}, map[string]bool{}
	for _, z := range commonZones {
		names[z], cities[city(z)] = true, true
	}
	if near := knowledge.Nearest(city(typed), cities); near != "" {
		return commonZones[slices.IndexFunc(commonZones, func(z string) bool { return city(z) == near })]
	}
	return knowledge.Nearest(typed, names)
}

func completeZone(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	typed = strings.ToLower(strings.ReplaceAll(typed, " ", "_"))
	var out []bot.Choice
	for _, z := range append([]string{unset}, commonZones...) {
		name := strings.ToLower(z)
		if strings.HasPrefix(name, typed) || strings.HasPrefix(city(name), typed) {
			out = append(out, bot.Choice{Label: z, Value: z})
		}
	}
	return out[:min(len(out), maxChoices)]
}

func completeWho(_ context.Context, r bot.Request, typed string) []bot.Choice {
	var out []bot.Choice
	for _, c := range whoChoices() {
		if strings.HasPrefix(c.Value, strings.ToLower(typed)) {
			out = append(out, c)
		}
	}
	if r.User.ID != "" && typed != "" && strings.HasPrefix(r.User.ID, typed) {
		out = append(out, bot.Choice{Label: "you", Value: r.User.ID})
	}
	return out
}

func whoChoices() []bot.Choice {
	return []bot.Choice{
		{Label: "everyone", Value: bot.OpenToAll.String()},
		{Label: "curators only", Value: bot.OnlyCurators.String()},
		{Label: "nobody: off", Value: bot.Nobody.String()},
		{Label: "as is usual here", Value: bot.AsUsual.String()},
	}
}

func visibilityChoices() []bot.Choice {
	return []bot.Choice{
		{Label: "the asker only", Value: bot.Private.String()},
		{Label: "everybody here", Value: bot.Public.String()},
		{Label: "as is usual here", Value: bot.Default.String()},
	}
}

// setWho says who may ask in the conversation.
func (s settings) setWho(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if alone(r) {
		return bot.Reply{}, bot.Misuse("Write it in the conversation that it is for.", "Nobody but you is in this conversation.")
	}
	who, users, err := whoMay(r.Values.Words("who"))
	if err != nil {
		return bot.Reply{}, err
	}
	return s.set(ctx, r, func(s *bot.Settings) { s.Who, s.Users = who, users })
}

// whoMay reads one of the words for who may ask, or the ids of people and roles.
func whoMay(words []string) (bot.Access, []string, error) {
	if len(words) == 1 {
		for _, a := range [...]bot.Access{bot.AsUsual, bot.OpenToAll, bot.OnlyCurators, bot.Nobody} {
			if strings.EqualFold(words[0], a.String()) {
				return a, nil, nil
			}
		}
	}
	ids, err := idsOf(words, "Write everyone, curators, nobody or default, or mention people and roles, or write their ids.", "person's id")
	if len(ids) == 0 && err == nil {
		return bot.OpenToAll, nil, nil
	}
	return bot.OnlyNamed, ids, err
}

// idsOf are the ids that stand among the words, by themselves or in a mention; the
// word for all is none.
func idsOf(words []string, next, what string) ([]string, error) {
	if len(words) == 1 && strings.EqualFold(words[0], allChannels) {
		return nil, nil
	}
	for i, word := range words {
		words[i] = strings.TrimRight(strings.TrimLeft(word, "<@!&#"), ">")
		if !isID(words[i]) {
			return nil, bot.Misuse(next, "“%s” is no %s.", bot.Shorten(word, 40), what)
		}
	}
	slices.Sort(words)
	return slices.Compact(words), nil
}

// isID tells whether s can be a person's id: those have digits, or capitals only,
// so that a misspelt word is none.
func isID(s string) bool {
	return len(s) <= 64 && (strings.ContainsAny(s, "0123456789") || strings.ToUpper(s) == s) &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// settled says what holds from now on.
func settled(f bot.Fields) bot.Reply {
	return bot.Reply{Lead: bot.T("Done. From now on this holds."), Blocks: []bot.Block{f}, Actions: []bot.Action{{Label: "All settings", Line: "/settings"}}, Visibility: bot.Private}
}

func inConversation(s bot.Settings) bot.Fields {
	return bot.Fields{Title: bot.B("This conversation"), Fields: []bot.Field{
		{Name: "Who may ask", Value: whoInWords(s)},
		{Name: "Who sees replies", Value: bot.T(visibilityInWords(s.Visibility))},
		{Name: "Time zone", Value: bot.T(zoneInWords(s.Zone))},
	}}
}

func inSpace(s bot.Settings) bot.Fields {
	if s.Who == bot.AsUsual {
		s.Who = bot.OpenToAll
	}
	f := inConversation(s)
	f.Title = bot.B("The whole server or workspace")
	channels := bot.T("every one")
	for i, id := range s.Channels {
		if i == 0 {
			channels = nil
		} else {
			channels = append(channels, bot.T(", ")...)
		}
		channels = append(channels, bot.C(id)...)
	}
	f.Fields = append(f.Fields, bot.Field{Name: "Channels where I may be used", Value: channels})
	f.Fields = append(f.Fields, ofCurators(s).Fields...)
	return f
}

func ofPerson(s bot.Settings) bot.Fields {
	return bot.Fields{Title: bot.B("Yours, wherever you ask"), Fields: []bot.Field{
		{Name: "Who sees what you ask", Value: bot.T(visibilityInWords(s.Visibility))},
		{Name: "Your time zone", Value: bot.T(zoneInWords(s.Zone))},
	}}
}

func whoInWords(s bot.Settings) bot.Text {
	switch s.Who {
	case bot.AsUsual:
		return bot.T("as in the whole server or workspace")
	case bot.OnlyCurators:
		return bot.T("curators and admins only")
	case bot.Nobody:
		return bot.T("nobody but curators and admins: I am switched off")
	case bot.OnlyNamed:
		out := bot.T("curators, admins and these: ")
		for i, id := range s.Users {
			if i > 0 {
				out = append(out, bot.T(", ")...)
			}
			out = append(out, bot.C(id)...)
		}
		return out
	}
	return bot.T("everyone")
}

func visibilityInWords(v bot.Visibility) string {
	switch v {
	case bot.Private:
		return "the asker only"
	case bot.Public:
		return "everybody in the conversation"
	}
	return "as is usual here"
}

func zoneInWords(zone string) string {
	if zone == "" {
		return "not chosen"
	}
	return zone
}

// show says what holds and how it is changed.
func (s settings) show(r bot.Request) bot.Reply {
	reply := bot.Reply{Title: bot.B("Settings"), Visibility: bot.Private}
	mine := ofPerson(s.store.Person(r.Conversation, r.User.ID))
	change := bot.Join(bot.T("Your own: "), bot.C("/settings mine visibility:private"), bot.T(", "), bot.C("/settings mine zone:Europe/Berlin"), bot.T("; "), bot.C(unset), bot.T(" takes a choice back. Before a question, "), bot.C("public:"), bot.T(" or "), bot.C("private:"), bot.T(" decides for its reply alone."))
	if alone(r) {
		reply.Lead = bot.T("Nobody but you is in this conversation, so its settings are yours.")
		reply.Blocks = []bot.Block{mine}
	} else {
		reply.Lead = bot.T("What this conversation has chosen comes before what the whole server or workspace has, and both before what you have, except for the time zone.")
		reply.Blocks = []bot.Block{inConversation(s.store.Channel(r.Conversation)), inSpace(s.store.Space(r.Conversation)), mine}
		change = bot.Join(bot.T("This conversation's are for its admins: "), bot.C("/settings visibility public"), bot.T(", "), bot.C("/settings who curators"), bot.T(", "), bot.C("/settings zone Europe/Berlin"), bot.T("; with "), bot.C("everywhere:true"), bot.T(" an admin of the whole server sets them there, and "), bot.C("/settings channels"), bot.T(". "), change)
	}
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: bot.B("To change them"), Text: change})
	reply.Actions = []bot.Action{mineMenu()}
	if alone(r) {
		return reply
	}
	if r.User.May.Includes(bot.Admin) {
		reply.Actions = append(reply.Actions, menu("Who sees replies here", "/settings visibility ", visibilityChoices()), menu("Who may ask here", "/settings who ", whoChoices()))
		reply.Actions = append(reply.Actions, bot.Action{Label: "People and roles who may ask here", Line: "/settings who ", Pick: bot.PickMembers})
	}
	if r.User.May.Includes(bot.Curator) && r.Conversation.Space != "" {
		reply.Actions = append(reply.Actions, bot.Action{Label: "People and roles who may curate", Line: "/settings curators ", Pick: bot.PickMembers})
	}
	if r.User.May.Includes(bot.SpaceAdmin) {
		reply.Actions = append(reply.Actions, bot.Action{Label: "Channels of the server where I may be used", Line: "/settings channels ", Pick: bot.PickChannels})
	}
	return reply
}

func mineMenu() bot.Action {
	return menu("Who sees what you ask", "/settings mine visibility:", visibilityChoices())
}

// menu is an action whose choices are command lines: line with each value at
// its end.
func menu(label, line string, choices []bot.Choice) bot.Action {
	a := bot.Action{Label: label}
	for _, c := range choices {
		a.Choices = append(a.Choices, bot.Choice{Label: c.Label, Value: line + c.Value})
	}
	return a
}
