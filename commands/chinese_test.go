package commands

import (
	"strings"
	"testing"
	"unicode"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Every command, subcommand and option that stands in a menu is described in Chinese,
// and no description is left of one that is gone.
func TestChinese(t *testing.T) {
	used := map[string]bool{}
	look := func(path, name string, local map[string]string) {
		t.Helper()
		text := local[simplifiedChinese]
		if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s%s has no Chinese description: %q", path, name, text)
		}
		for _, key := range []string{path + name, name} {
			if chinese[key] == text {
				used[key] = true
			}
		}
	}
	var walk func(path string, c bot.Command)
	walk = func(path string, c bot.Command) {
		look(path, "", c.Local)
		for _, o := range c.Options {
			if o.Hidden {
				continue
			}
			look(path, "/"+o.Name, o.Local)
		}
		for _, sub := range c.Subcommands {
			if sub.Hidden {
				continue
			}
			walk(path+" "+sub.Name, sub)
		}
	}
	for _, c := range All(&always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}, "test", testKept(t)) {
		if !c.Hidden {
			walk(c.Name, c)
		}
	}
	for key := range chinese {
		if !used[key] {
			t.Errorf("%q describes nothing", key)
		}
	}
}
