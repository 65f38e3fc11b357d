package slack

import "encoding/json"

// What Slack delivers, of each the fields that are read here. See
// https://docs.slack.dev/reference/interaction-payloads and
// https://docs.slack.dev/apis/events-api#event-type-structure

// interaction is a press, a choice, a look-up, a shortcut or a submitted form.
type interaction struct {
	Type        string      `json:"type"`
	CallbackID  string      `json:"callback_id"`
	TriggerID   string      `json:"trigger_id"`
	ResponseURL string      `json:"response_url"`
	Team        identified  `json:"team"`
	User        interactor  `json:"user"`
	Channel     identified  `json:"channel"`
	Message     spokenText  `json:"message"`
	Container   containerOf `json:"container"`
	Actions     []pressed   `json:"actions"`
	ActionID    string      `json:"action_id"` // of a look-up, like the next two
	BlockID     string      `json:"block_id"`
	Value       string      `json:"value"`
	View        view        `json:"view"`
}

type identified struct {
	ID string `json:"id"`
}

type interactor struct {
	ID       string `json:"id"`
	TeamID   string `json:"team_id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

type spokenText struct {
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Text     string `json:"text"`
}

type containerOf struct {
	Type      string `json:"type"`
	ThreadTS  string `json:"thread_ts"`
	ChannelID string `json:"channel_id"`
	Ephemeral bool   `json:"is_ephemeral"`
}

type pressed struct {
	ActionID string   `json:"action_id"`
	BlockID  string   `json:"block_id"`
	Value    string   `json:"value"`
	Selected selected `json:"selected_option"`
}

type selected struct {
	Value string `json:"value"`
}

type view struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Callback string `json:"callback_id"`
	Metadata string `json:"private_metadata"`
	State    struct {
		Values map[string]map[string]input `json:"values"`
	} `json:"state"`
}

// input is the state of a form's field.
type input struct {
	Value    string     `json:"value"`
	Selected *selected  `json:"selected_option"`
	Several  []selected `json:"selected_options"`
}

// outer is an event's envelope.
type outer struct {
	Type    string          `json:"type"`
	TeamID  string          `json:"team_id"`
	EventID string          `json:"event_id"`
	Event   json.RawMessage `json:"event"`
	// Challenge is of url_verification, over HTTP.
	Challenge string `json:"challenge"`
}

// event is an event proper.
type event struct {
	Type        string          `json:"type"`
	SubType     string          `json:"subtype"`
	User        string          `json:"user"`
	UserTeam    string          `json:"user_team"`
	BotID       string          `json:"bot_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts"`
	Channel     string          `json:"channel"`
	ChannelType string          `json:"channel_type"`
	Tab         string          `json:"tab"`
	Edited      json.RawMessage `json:"edited"`
	Assistant   struct {
		User     string `json:"user_id"`
		Channel  string `json:"channel_id"`
		ThreadTS string `json:"thread_ts"`
	} `json:"assistant_thread"`
}
