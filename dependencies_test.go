package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The README has a row for each direct requirement of go.mod, with its reason, and no
// other.
func TestDependenciesHaveReasons(t *testing.T) {
	requires, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	wrong := unreasoned(string(requires), string(readme))
	for _, w := range wrong {
		t.Error(w)
	}
}

const dependencyHead = "| direct dependency | what it does for us |\n| --- | --- |\n"

var (
	required = regexp.MustCompile(`(?m)^(?:require\s+|\t)(\S+) v\S+(.*)$`)
	quoted   = regexp.MustCompile("`([^`]+)`")
	major    = regexp.MustCompile(`/v\d+$`)
)

// unreasoned tells how go.mod and the README's table of dependencies differ.
func unreasoned(requires, readme string) (wrong []string) {
	wanted := map[string]bool{}
	for _, line := range required.FindAllStringSubmatch(requires, -1) {
		if !strings.Contains(line[2], "// indirect") {
			wanted[shortPath(line[1])] = true
		}
	}
	if len(wanted) == 0 {
		wrong = append(wrong, "go.mod requires nothing directly")
	}
	_, table, found := strings.Cut(readme, dependencyHead)
	if !found {
		return append(wrong, "the README has no table of direct dependencies")
	}
	named := map[string]bool{}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		names, reason, _ := strings.Cut(strings.Trim(line, "| \n"), "|")
		if len(strings.Fields(reason)) < 2 {
			wrong = append(wrong, "no reason for "+strings.TrimSpace(names))
		}
		for _, name := range quoted.FindAllStringSubmatch(names, -1) {
			if named[name[1]] {
				wrong = append(wrong, "the README names "+name[1]+" twice")
			}
			named[name[1]] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !named[name] {
			wrong = append(wrong, "the README does not say what "+name+" is for")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !wanted[name] {
			wrong = append(wrong, "go.mod does not require "+name+" directly")
		}
	}
	return wrong
}

// shortPath is a module's path as the README has it: without the host of the code, where
// that says nothing, and without the major version.
func shortPath(module string) string {
	for _, host := range []string{"github.com/", "codeberg.org/"} {
		module = strings.TrimPrefix(module, host)
	}
	return major.ReplaceAllString(module, "")
}

func TestUnreasoned(t *testing.T) {
	const requires = "module m\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/a/b/v6 v6.0.3\n\tgolang.org/x/net v0.1.0\n)\n\nrequire (\n\tgithub.com/c/d v1.0.0 // indirect\n)\n"
	for name, tt := range map[string]struct{ rows, want string }{
		"all":        {"| `a/b`, `golang.org/x/net` | makes the tea |\n", ""},
		"missing":    {"| `a/b` | makes the tea |\n", "the README does not say what golang.org/x/net is for"},
		"indirect":   {"| `a/b`, `golang.org/x/net`, `c/d` | makes the tea |\n", "go.mod does not require c/d directly"},
		"no reason":  {"| `a/b`, `golang.org/x/net` | |\n", "no reason for `a/b`, `golang.org/x/net`"},
		"twice":      {"| `a/b`, `golang.org/x/net` | makes the tea |\n| `a/b` | drinks the tea |\n", "the README names a/b twice"},
		"after text": {"\n| `a/b`, `golang.org/x/net` | makes the tea |\n", "the README does not say what a/b is for, the README does not say what golang.org/x/net is for"},
	} {
		if got := strings.Join(unreasoned(requires, dependencyHead+tt.rows), ", "); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	if got := unreasoned("", ""); len(got) != 2 {
		t.Errorf("nothing at all: got %q", got)
	}
}
