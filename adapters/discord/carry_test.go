package discord

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"silkwire/bot/layout"
)

// buttons makes a message with a button for each state, and returns their ids.
func buttons(states ...layout.Asked) ([]string, bool) {
	c := &carrier{}
	ids := make([]string, len(states)+1)
	for i, s := range states {
		c.add(verbAsk, 0, s, func(id string) { ids[i] = id })
	}
	c.add(verbPick, 0, layout.Asked{}, func(id string) { ids[len(states)] = id })
	return ids, c.finish()
}

func asComponents(ids []string) []component {
	row := component{}
	for _, id := range ids {
		row.Components = append(row.Components, component{ID: id})
	}
	return []component{row}
}

// TestCarry shows that what a button asks comes back from the ids of its message,
// whatever stands in them.
func TestCarry(t *testing.T) {
	light := layout.Asked{Line: "and its licence?", Entities: []string{"deepseek-r1", "deepseek"}, Facts: []string{"deepseek-r1-mit-licence"}, Before: "deepseek r1"}
	long := layout.Asked{Line: "/ask " + strings.Repeat("why did the controls not work ", 6)}
	for name, states := range map[string][]layout.Asked{
		"a short line":             {{Line: "/lab kimi"}},
		"a line of a hundred":      {{Line: "/" + strings.Repeat("a", 99)}},
		"Chinese":                  {{Line: "/ask 芯片管制起作用了吗？"}},
		"the light it was asked":   {light},
		"a long line":              {long},
		"several, short and long":  {{Line: "/fact a"}, long, light, {Line: "/fact b"}, {Line: "/ticker NVDA"}},
		"marks of the ids' own":    {{Line: "=@+:"}},
		"the same light for three": {light, light, light},
	} {
		t.Run(name, func(t *testing.T) {
			ids, ok := buttons(states...)
			if !ok {
				t.Fatal("there is no room")
			}
			around := asComponents(ids)
			for i, want := range states {
				if n := layout.Length(ids[i]); n > maxCustomID {
					t.Errorf("an id has %d units", n)
				}
				_, got, err := stateOf(ids[i], around)
				if err != nil || got.Line != want.Line || !slices.Equal(got.Entities, want.Entities) || !slices.Equal(got.Facts, want.Facts) || got.Before != want.Before {
					t.Errorf("asks %+v, %v; want %+v", got, err, want)
				}
			}
		})
	}
}

// TestCarryLeavesOut shows what gives way where a message has no room: the light first,
// and then there is no button.
func TestCarryLeavesOut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // letters that do not compress, the same in each run
	noise := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + random.IntN(26))
		}
		return string(b)
	}
	dense := layout.Asked{Line: "licence?", Facts: []string{noise(60), noise(60)}, Before: noise(60)}
	ids, ok := buttons(dense)
	if !ok {
		t.Fatal("the line alone has room")
	}
	_, got, err := stateOf(ids[0], asComponents(ids))
	if err != nil || got.Line != dense.Line || len(got.Facts) != 0 {
		t.Errorf("asks %+v, %v", got, err)
	}
	if _, ok := buttons(layout.Asked{Line: noise(900)}); ok {
		t.Error("a line that no message carries was carried")
	}
}

// TestOutdatedIDs shows that ids which this version did not draw are told to be.
func TestOutdatedIDs(t *testing.T) {
	for _, id := range []string{"", "1", "1a", "0a0.0=/lab kimi", "2a0.0=/lab kimi", "1z0.0=/lab kimi", "1a0=/lab", "1a!.0=/lab", "1a0.0@0:x", "1a0.0@zz", "1azzzz.0=/lab kimi", "click_one", "1a0.0=", "1a0.0+", strings.Repeat("1a0.0=", 400)} {
		if r, asked, err := stateOf(id, nil); err == nil && (asked.Line == "" || r.verb == 0) {
			t.Errorf("%q asks %+v", id, asked)
		}
	}
}

// FuzzStateOf shows that no id and no pieces break the reader, or unpack to more than
// they may.
func FuzzStateOf(f *testing.F) {
	ids, _ := buttons(layout.Asked{Line: "licence?", Entities: []string{"deepseek"}})
	f.Add(ids[0], ids[1])
	f.Add("1a0.0=/lab kimi", "1p0.1+abc")
	f.Add("1a0.0@0:", pack([]layout.Asked{{Line: strings.Repeat("a", 100_000)}}))
	f.Fuzz(func(t *testing.T, id, piece string) {
		_, asked, err := stateOf(id, []component{{ID: id, Components: []component{{ID: piece}, {ID: "1p0.1+" + piece}}}})
		if err == nil && len(asked.Line) > maxCarried {
			t.Errorf("asks %d bytes", len(asked.Line))
		}
	})
}
