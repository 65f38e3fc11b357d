package standin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// judge checks the answer to an envelope; Mu is held.
func (s *Slack) judge(env Envelope, payload json.RawMessage, via Via) error {
	var wrong []problem
	if kind := s.refusedKind(payload); kind != "" {
		return fmt.Errorf("%w: invalid_blocks: the workspace takes no %s", ErrRefused, kind)
	}
	switch kind := env.kind(); {
	case kind == "block_suggestion" && payload == nil:
		wrong = []problem{{"/", "no options in the answer", "invalid_arguments"}}
	case payload == nil:
	case kind == slashCommands:
		wrong = s.judgeMessage(payload, via)
	case kind == "block_suggestion":
		wrong = checkOptions(payload)
	case kind == "view_submission":
		wrong = s.judgeSubmission(env, payload)
	default:
		wrong = []problem{{"/", "an answer that takes no payload has one", "invalid_arguments"}}
	}
	return s.record(env.String(), wrong, payload)
}

// record keeps the problems of a payload as violations, and is an error if one
// of them is refused; Mu is held.
func (s *Slack) record(what string, wrong []problem, payload []byte) error {
	var err error
	for _, p := range wrong {
		s.Violate(p.code != "", "%s: %s in %.300s", what, p, payload)
		if p.code != "" && err == nil {
			err = fmt.Errorf("%w: %s: %s", ErrRefused, p.code, p)
		}
	}
	return err
}

// judgeMessage is what Slack and the house say to a message; Mu is held.
func (s *Slack) judgeMessage(doc []byte, via Via) []problem {
	wrong := checkMessage(doc, via)
	if len(wrong) > 0 && wrong[0].code == "invalid_arguments" {
		return wrong
	}
	return append(wrong, s.judgeHouse(doc)...)
}

func (s *Slack) judgeHouse(doc []byte) []problem {
	if s.mentionsOK {
		return slices.DeleteFunc(checkHouseRules(doc), func(p problem) bool { return strings.HasPrefix(p.text, "live mention") })
	}
	return checkHouseRules(doc)
}

// judgeSubmission checks the answer to a submitted modal; Mu is held.
func (s *Slack) judgeSubmission(env Envelope, payload []byte) []problem {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if err := json.Unmarshal(payload, &a); err != nil {
		return []problem{{"/", err.Error(), "invalid_arguments"}}
	}
	switch a.Action {
	case "clear":
		return nil
	case "errors":
		return judgeErrors(env, a.Errors)
	case "update", "push":
		if a.View == nil {
			return []problem{{"/view", "missing", "invalid_arguments"}}
		}
		return append(checkView(a.View), s.judgeHouse(a.View)...)
	}
	return []problem{{"/response_action", strconv.Quote(a.Action) + ", must be errors, update, push or clear", "invalid_arguments"}}
}

// judgeErrors checks that each complaint is about an input of the view.
func judgeErrors(env Envelope, complaints map[string]string) []problem {
	if len(complaints) == 0 {
		return []problem{{"/errors", "none in an answer of errors", "invalid_arguments"}}
	}
	view, _ := env.Payload["view"].(map[string]any)
	blocks, _ := view["blocks"].([]any)
	var wrong []problem
	for id, said := range complaints {
		input := slices.ContainsFunc(blocks, func(v any) bool {
			b, _ := v.(map[string]any)
			return b["type"] == "input" && b["block_id"] == id
		})
		if !input || said == "" {
			wrong = append(wrong, problem{"/errors/" + id, "needs an input block of that name, and a text", "invalid_arguments"})
		}
	}
	return wrong
}
