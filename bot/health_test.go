package bot_test

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"silkwire/bot"
)

func TestHealth(t *testing.T) {
	var out bytes.Buffer
	health := bot.NewHealth(textLog(&out), ticking(time.Minute))
	if parts := health.Parts(); len(parts) != 0 {
		t.Fatalf("before any report: got %+v, want nothing", parts)
	}
	steps := []struct {
		name, part string
		ok         bool
		detail     string
		logged     string // one line, or empty: none
	}{
		{"a part that starts well", "store", true, "open", "level=DEBUG msg=health part=store ok=true detail=open\n"},
		{"the same again", "store", true, "open", ""},
		{"a part that starts badly", "slack", false, "no connection", "level=WARN msg=health part=slack ok=false detail=\"no connection\"\n"},
		{"the same again", "slack", false, "no connection", ""},
		{"another reason", "slack", false, "token refused", "level=WARN msg=health part=slack ok=false detail=\"token refused\"\n"},
		{"recovery", "slack", true, "connected", "level=INFO msg=health part=slack ok=true detail=connected\n"},
		{"recovery said again", "slack", true, "connected", ""},
		{"a part that becomes bad", "store", false, "disk full", "level=WARN msg=health part=store ok=false detail=\"disk full\"\n"},
	}
	for _, s := range steps {
		out.Reset()
		health.Report(s.part, s.ok, s.detail)
		if got := out.String(); got != s.logged {
			t.Errorf("%s: %s, %v, %q\n got %q\nwant %q", s.name, s.part, s.ok, s.detail, got, s.logged)
		}
	}
	// The clock was read once for each change, a minute apart: the last two were
	// the fourth and the fifth.
	want := []bot.Status{
		{Part: "slack", OK: true, Detail: "connected", Since: noon.Add(3 * time.Minute)},
		{Part: "store", OK: false, Detail: "disk full", Since: noon.Add(4 * time.Minute)},
	}
	got := health.Parts()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the parts\n got %+v\nwant %+v", got, want)
	}
	got[0].Detail = "changed"
	if again := health.Parts(); !reflect.DeepEqual(again, want) {
		t.Errorf("a change of what Parts gave changed the health: %+v", again)
	}
}

func TestHealthPartsAreSorted(t *testing.T) {
	health := bot.NewHealth(discard(), func() time.Time { return noon })
	var all sync.WaitGroup
	for _, part := range []string{"store", "digest", "slack", "discord", "feed"} {
		all.Go(func() {
			for i := range 20 {
				health.Report(part, i%2 == 0, "fine")
				health.Parts()
			}
		})
	}
	all.Wait()
	got := ""
	for _, s := range health.Parts() {
		got += fmt.Sprint(s.Part, " ")
	}
	if want := "digest discord feed slack store "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
