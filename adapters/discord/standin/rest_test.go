package standin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord/standin"
)

var (
	ann  = standin.User{ID: "300000000000000001", Name: "ann"}
	here = standin.Where{Guild: standin.GuildID, Channel: standin.ChannelID}
)

// call sends a body to the API and returns the status and the answer.
func call(t *testing.T, s *standin.Discord, method, path string, body any) (int, object) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if body == nil {
		encoded = nil
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+standin.Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	_ = json.Unmarshal(answer, &o) // a list, or nothing, is no object
	return response.StatusCode, o
}

const toChannel = "channels/" + standin.ChannelID + "/messages"

// A nonce is remembered for five minutes and no longer.
func TestNonces(t *testing.T) {
	s := standin.New(t)
	post := func() any {
		t.Helper()
		status, m := call(t, s, http.MethodPost, toChannel, with(message("x"), object{"nonce": "n1", "enforce_nonce": true}))
		if status != http.StatusOK {
			t.Fatalf("answered %d %v", status, m)
		}
		return m["id"]
	}
	first := post()
	s.Advance(4 * time.Minute)
	if again := post(); again != first {
		t.Errorf("after four minutes there is a second message %v", again)
	}
	s.Advance(2 * time.Minute)
	if later := post(); later == first {
		t.Error("after six minutes the first message is returned")
	}
}

// A bucket that is used up answers 429 until its time is over.
func TestBuckets(t *testing.T) {
	s := standin.New(t)
	for n := range 6 {
		status, m := call(t, s, http.MethodPost, toChannel, message("x"))
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[n < 5]; status != want {
			t.Errorf("post %d is answered %d %v, want %d", n+1, status, m, want)
		}
	}
	if n := s.Limited(); n != 1 {
		t.Errorf("%d were limited", n)
	}
	s.Advance(6 * time.Second)
	if status, _ := call(t, s, http.MethodPost, toChannel, message("x")); status != http.StatusOK {
		t.Errorf("after its time it is answered %d", status)
	}
}

// What an interaction's token is good for, and for how long.
func TestTokens(t *testing.T) {
	s := standin.New(t)
	s.AllowRefused()
	deferred := object{"type": 5}
	code := func(method, path string, body any) int {
		t.Helper()
		_, o := call(t, s, method, path, body)
		n, _ := o["code"].(float64)
		return int(n)
	}
	if got := code(http.MethodPost, "interactions/1/none/callback", deferred); got != 10062 {
		t.Errorf("an unknown interaction: %d", got)
	}
	if got := code(http.MethodPost, "webhooks/"+standin.AppID+"/none", message("x")); got != 10015 {
		t.Errorf("an unknown webhook: %d", got)
	}
	s.Command(ann, here, "help") // nobody is connected, but the token is there
	token := s.LastToken()
	callback := "interactions/1/" + token + "/callback"
	if got := code(http.MethodPost, callback, object{"type": 8, "data": object{"choices": []any{}}}); got != 50035 {
		t.Errorf("choices for a command: %d", got)
	}
	s.TakeViolations("type 8")
	if got := code(http.MethodPost, callback, deferred); got != 0 {
		t.Errorf("the first response: %d", got)
	}
	if got := code(http.MethodPost, callback, deferred); got != 40060 {
		t.Errorf("the second response: %d", got)
	}
	edit := "webhooks/" + standin.AppID + "/" + token + "/messages/@original"
	if got := code(http.MethodPatch, edit, message("x")); got != 0 {
		t.Errorf("an edit: %d", got)
	}
	s.Advance(16 * time.Minute)
	if got := code(http.MethodPatch, edit, message("x")); got != 50027 {
		t.Errorf("an edit after sixteen minutes: %d", got)
	}
	s.Command(ann, here, "help")
	s.Advance(4 * time.Second)
	if got := code(http.MethodPost, "interactions/1/"+s.LastToken()+"/callback", deferred); got != 10062 {
		t.Errorf("a response after four seconds: %d", got)
	}
	if late := s.TakeViolations("responded to after"); len(late) != 1 {
		t.Errorf("it was said %d times that it was late", len(late))
	}
}

// A body that Discord would refuse fails the test that let it out.
func TestRefused(t *testing.T) {
	s := standin.New(t)
	if status, o := call(t, s, http.MethodPost, toChannel, message(strings.Repeat("x", 2001))); status != http.StatusBadRequest || o["code"] != 50035.0 {
		t.Errorf("answered %d %v", status, o)
	}
	if v := s.TakeViolations("2001 characters"); len(v) != 1 {
		t.Errorf("the violations are %q", s.Violations())
	}
}
