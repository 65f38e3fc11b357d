package bottest

import (
	"reflect"
	"strings"
	"testing"
)

// TestReplyIsFilled shows that no place of a reply is left out: each text of each kind of
// block is hostile somewhere, so that a field that is added is filled here too.
func TestReplyIsFilled(t *testing.T) {
	// What silkwire itself puts there: a form's fields, ids of facts and of a role.
	const ours = " Reply.Form Reply.Light Reply.Ping Reply.Used "
	filled, seen := map[string]bool{}, map[string]bool{}
	var look func(path string, v reflect.Value)
	look = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer:
			if !v.IsNil() {
				look(path, v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				look(path, v.Index(i))
			}
			seen[path] = true
			filled[path] = filled[path] || v.Len() > 0 && v.Type().Elem().Kind() != reflect.String
		case reflect.Struct:
			for i := range v.NumField() {
				if name := v.Type().Name() + "." + v.Type().Field(i).Name; !strings.Contains(ours, " "+name+" ") && v.Type().Field(i).IsExported() {
					look(name, v.Field(i))
				}
			}
		case reflect.String:
			seen[path] = true
			filled[path] = filled[path] || strings.Contains(v.String(), "HOSTILE")
		}
	}
	look("", reflect.ValueOf(Reply("HOSTILE", "HOSTILE")))
	for path := range seen {
		if !filled[path] {
			t.Errorf("%s is never hostile", path)
		}
	}
}

func TestUnseen(t *testing.T) {
	for s, want := range map[string]string{
		"plain\ntext": "", "a\u202eb": "\u202e", "q\u200bw\u00ad": "\u200b\u00ad", "z\u0336\u0336\u0336\u0336\u0336": "\u0336", "1️⃣ 👩\u200d👩 ❤️\u200d🔥": "", "☎\ufe0f\ufe0f": "\ufe0f", "\x1b[m\t": "\x1b\t", "हिन्दी": "", "\U000e0068": "\U000e0068",
	} {
		if got := Unseen(s); got != want {
			t.Errorf("Unseen(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestMisleads(t *testing.T) {
	for _, c := range []struct {
		words, address string
		misleads       bool
	}{
		{"the page", "https://example.org/a", false}, {"www.example.org", "https://example.org", false}, {"see example.org/a now", "https://www.example.org/b", false}, {"Z.ai releases a model", "https://example.org", true}, {"example.org: Z.ai releases a model", "https://www.example.org", false}, {"see example.org: Z.ai", "https://example.org", true}, {"0: Z.ai", "http://0", false},
		{"bаnk.example", "https://bаnk.example", true}, {"xn--bnk-6cd.example", "https://bаnk.example", false}, {"xn--bnk-6cd.example", "https://bank.example", true},
		{"bank.example", "https://example.org", true}, {"see https://bank.example now", "https://example.org", true}, {"log in at bank.example/login", "https://example.org", true}, {"bank。example", "https://example.org", true},
		{"x", "javascript:alert(1)", true}, {"x", "https://bank.example@example.org", true}, {"https://bank.example@example.org", "https://example.org", true}, {"x", "https:///a", true},
	} {
		if got := Misleads(c.words, c.address); (got != "") != c.misleads {
			t.Errorf("%q to %s: %q", c.words, c.address, got)
		}
	}
}
