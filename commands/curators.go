package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
)

const (
	toldName = "told"
	toldHere = "here"
	toldNone = "none"
)

// inNoServer is of a setting of a server's in a conversation that is in none.
func inNoServer() *bot.Fail {
	return bot.Misuse("Write it in a channel of the server that it is for.", "This conversation is in no server.")
}

// setCurators says who may curate in the server besides those whom the operator names,
// and where curators are told that something waits. Without options it shows that.
func (s settings) setCurators(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if r.Conversation.Space == "" {
		return bot.Reply{}, inNoServer()
	}
	const next = "Mention people and roles, or write their ids."
	added, err := idsOf(r.Values.Words("add"), next, "person's or role's id")
	if err != nil {
		return bot.Reply{}, err
	}
	removed, err := idsOf(r.Values.Words("remove"), next, "person's or role's id")
	if err != nil {
		return bot.Reply{}, err
	}
	told, err := toldWhere(r)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(added)+len(removed) == 0 && !r.Values.Has(toldName) {
		reply := bot.Reply{Title: bot.B("Curators of this server"), Visibility: bot.Private, Blocks: []bot.Block{ofCurators(s.store.Curation(r.Conversation))}}
		reply.Lead = bot.T("They may change the facts, from this server only. Whom the operator of silkwire names may too.")
		reply.Actions = []bot.Action{{Label: "People and roles who may curate", Line: "/settings curators ", Pick: bot.PickMembers}, {Label: "Tell curators here", Line: "/settings curators told:here"}}
		return reply, nil
	}
	err = s.store.SetSpace(ctx, r.Conversation, func(s *bot.Settings) {
		s.Curators = slices.DeleteFunc(append(s.Curators, added...), func(id string) bool { return slices.Contains(removed, id) })
		slices.Sort(s.Curators)
		s.Curators = slices.Compact(s.Curators)
		if r.Values.Has(toldName) {
			s.Waiting = told
		}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return settled(ofCurators(s.store.Curation(r.Conversation))), nil
}

// toldWhere is the channel where curators are told that something waits.
func toldWhere(r bot.Request) (string, error) {
	word := r.Values.Text(toldName)
	switch {
	case word == "", strings.EqualFold(word, toldNone):
		return "", nil
	case !strings.EqualFold(word, toldHere):
		ids, err := idsOf([]string{word}, "Write told:here in the channel that it is for, or told:none.", "channel")
		if err != nil || len(ids) == 0 {
			return "", err
		}
		return ids[0], nil
	case r.Conversation.Direct || r.Conversation.Channel == "":
		return "", bot.Misuse("Write it in the channel that it is for.", "Nobody but you is in this conversation.")
	}
	return r.Conversation.Channel, nil
}

func completeTold(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	var out []bot.Choice
	for _, c := range []bot.Choice{{Label: "in this channel", Value: toldHere}, {Label: "nowhere", Value: toldNone}} {
		if strings.HasPrefix(c.Value, strings.ToLower(typed)) {
			out = append(out, c)
		}
	}
	return out
}

func approvalChoices() []bot.Choice {
	return []bot.Choice{{Label: "a second curator must approve", Value: "second"}, {Label: "one curator is enough", Value: "none"}}
}

// setApproval says whether a second curator must approve each change.
func (s settings) setApproval(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if r.Conversation.Space == "" {
		return bot.Reply{}, inNoServer()
	}
	second := r.Values.Text("approval") == "second"
	if err := s.store.SetSpace(ctx, r.Conversation, func(s *bot.Settings) { s.Second = second }); err != nil {
		return bot.Reply{}, err
	}
	return settled(ofCurators(s.store.Curation(r.Conversation))), nil
}

// ofCurators is what a server has chosen about its curators.
func ofCurators(s bot.Settings) bot.Fields {
	named := bot.T("none but those whom the operator names")
	for i, id := range s.Curators {
		if i == 0 {
			named = nil
		} else {
			named = append(named, bot.T(", ")...)
		}
		named = append(named, bot.C(id)...)
	}
	told := bot.T("nowhere but in App Home")
	if s.Waiting != "" {
		told = bot.Join(bot.T("in the channel "), bot.C(s.Waiting))
	}
	approval := "one curator is enough"
	if s.Second {
		approval = "a second curator must approve"
	}
	return bot.Fields{Title: bot.B("Curators"), Fields: []bot.Field{
		{Name: "Curators of this server", Value: named},
		{Name: "Where they are told that something waits", Value: told},
		{Name: "A change", Value: bot.T(approval)},
	}}
}
