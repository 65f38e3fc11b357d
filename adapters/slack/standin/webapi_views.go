package standin

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const triggerLife = 3 * time.Second

// trigger is what opens a modal, once and soon.
type trigger struct {
	born time.Time
	used bool
}

func viewMethods() map[string]method {
	return map[string]method{
		"views.open":    {do: openView},
		"views.push":    {do: openView},
		"views.update":  {do: updateView},
		"views.publish": {do: publishView},
	}
}

// checkedView is the view of a call, if Slack takes it; Mu is held.
func (s *Slack) checkedView(what, surface string, a args) (map[string]any, *apiError) {
	doc := a.values["view"]
	if said := a.str("view"); strings.HasPrefix(strings.TrimSpace(said), "{") { // JSON in a string
		doc = json.RawMessage(said)
	}
	if e := s.refusesKind(doc); e != nil {
		return nil, e
	}
	wrong := checkView(doc)
	view := map[string]any{}
	_ = json.Unmarshal(doc, &view) // wrong has it, if it is none
	if kind, _ := view["type"].(string); kind != surface && len(wrong) == 0 {
		wrong = append(wrong, problem{"/type", strconv.Quote(kind) + ", must be " + surface, "invalid_arguments"})
	}
	if len(wrong) == 0 {
		wrong = s.judgeHouse(doc)
	}
	if e := s.recordRefusal(what, wrong, doc); e != nil {
		return nil, e
	}
	return view, nil
}

// keep gives a view what Slack adds to one; Mu is held.
func (s *Slack) keep(view map[string]any, id string) map[string]any {
	s.serial++
	v := viewPayload(encoded(view))
	v["id"], v["root_view_id"], v["hash"] = id, id, "1764000000."+strconv.Itoa(s.serial)
	s.views[id] = v
	return v
}

func openView(s *Slack, a args) (answerFields, *apiError) {
	view, e := s.checkedView("views.open", "modal", a)
	if e != nil {
		return nil, e
	}
	t := s.triggers[a.str("trigger_id")]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.Time().Sub(t.born) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return answerFields{"view": s.keep(view, "V"+strconv.Itoa(s.serial+1))}, nil
}

func updateView(s *Slack, a args) (answerFields, *apiError) {
	view, e := s.checkedView("views.update", "modal", a)
	if e != nil {
		return nil, e
	}
	old := s.views[a.str("view_id")]
	for _, v := range s.views {
		if outer := a.str("external_id"); outer != "" && v["external_id"] == outer {
			old = v
		}
	}
	if old == nil {
		return nil, refuse("not_found")
	}
	if a.str("hash") != "" && a.str("hash") != old["hash"] {
		return nil, refuse("hash_conflict")
	}
	id, _ := old["id"].(string)
	return answerFields{"view": s.keep(view, id)}, nil
}

func publishView(s *Slack, a args) (answerFields, *apiError) {
	user := a.str("user_id")
	if _, known := s.people[user]; !known {
		return nil, refuse("user_not_found")
	}
	view, e := s.checkedView("views.publish", "home", a)
	if e != nil {
		return nil, e
	}
	if old := s.homes[user]; a.str("hash") != "" && old != nil && old["hash"] != a.str("hash") {
		return nil, refuse("hash_conflict")
	}
	s.homes[user] = s.keep(view, "VHOME"+user)
	return answerFields{"view": s.homes[user]}, nil
}

// blocksValidate is Slack's own checker. What it finds is no violation: to be
// told is what it is for.
func blocksValidate(s *Slack, a args) (answerFields, *apiError) {
	given := map[string]json.RawMessage{}
	for _, name := range []string{"blocks", "message", "view"} {
		if a.has(name) {
			given[name] = a.values[name]
			if said := a.str(name); json.Valid([]byte(said)) {
				given[name] = json.RawMessage(said)
			}
		}
	}
	if len(given) != 1 {
		return nil, refuse("invalid_arguments")
	}
	var wrong []problem
	var code string
	for name, doc := range given {
		code = "invalid_" + name
		switch name {
		case "blocks":
			wrong = checkMessage(encoded(map[string]any{"text": "-", "blocks": doc}), ResponseURL)
			for i := range wrong {
				wrong[i].at = strings.TrimPrefix(wrong[i].at, "/blocks")
			}
		case "message":
			wrong = checkMessage(doc, ResponseURL)
		case "view":
			wrong = checkView(doc)
		}
		if kind := s.refusedKind(doc); kind != "" {
			wrong = append(wrong, problem{"/", "blocks of type " + kind + " are not allowed", "invalid_blocks"})
		}
	}
	var told []map[string]any
	for _, p := range wrong {
		if p.code != "" {
			told = append(told, map[string]any{"pointer": p.at, "code": "failed_constraint", "message": p.text})
		}
	}
	if len(told) == 0 {
		return answerFields{}, nil
	}
	return nil, &apiError{code, map[string]any{"errors": told}}
}
