package slack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
)

// lasting are the errors of Slack's that trying again does not mend, with the
// setting to change. %s is the variable whose token it is about.
var lasting = map[string]string{ //nolint:gosec // sentences about tokens, none of them one
	"invalid_auth":            "Slack does not know the token in %s: copy it again from api.slack.com/apps → your app.",
	"not_authed":              "Slack got no token: set %s.",
	"account_inactive":        "the token in %s belongs to a workspace or a user that was deactivated: install the app again and copy the new token.",
	"token_revoked":           "the token in %s was revoked: install the app again (api.slack.com/apps → your app → Install App) and copy the new token.",
	"token_expired":           "the token in %s has expired: switch token rotation off, or copy the new one.",
	"not_allowed_token_type":  "the token in %s is of the wrong kind: SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-. Are they swapped?",
	"no_permission":           "the token in %s may not do this: install the app again with the printed manifest.",
	"team_access_not_granted": "the token in %s was not granted access to this workspace: install the app there.",
}

// explainToken makes an error of Slack's that is final into a *FinalError with a
// sentence for the operator; another is returned as it is.
func explainToken(err error, variable string) error {
	e, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return err
	}
	if e.Err == "missing_scope" {
		return &FinalError{Code: e.Err, Say: missingScope(e, variable)}
	}
	say, found := lasting[e.Err]
	if !found {
		return err
	}
	if strings.Contains(say, "%s") {
		say = fmt.Sprintf(say, variable)
	}
	return &FinalError{Code: e.Err, Say: "Slack: " + say}
}

func missingScope(e slack.SlackErrorResponse, variable string) string {
	needed := e.Needed
	if needed == "" && variable == "SLACK_APP_TOKEN" {
		needed = "connections:write"
	}
	where := "OAuth & Permissions → Scopes, then install the app again"
	if variable == "SLACK_APP_TOKEN" {
		where = "Basic Information → App-Level Tokens"
	}
	return fmt.Sprintf("Slack: the token in %s lacks the scope %s: add it at api.slack.com/apps → your app → %s.", variable, needed, where)
}

func asFinal(err error) (*FinalError, bool) { return errors.AsType[*FinalError](err) }
