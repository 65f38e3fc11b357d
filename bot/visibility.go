package bot

import "strings"

// The words with which an asker says who shall see the reply, on every platform.
var visibilities = map[string]Visibility{"public": Public, "private": Private}

// SplitVisibility takes "public:" or "private:" off the front or the end of what
// was typed of a command's options, and says which it was; "public:true" is the
// same, "public:false" is private. Inside the text it is a word like any other.
func SplitVisibility(rest string) (Visibility, string) {
	first, after := cutWord(rest)
	if v := visibility(first); v != Default {
		return v, after
	}
	i := strings.LastIndexAny(rest, " \t　")
	if i < 0 {
		return Default, rest
	}
	if v := visibility(strings.TrimSpace(rest[i:])); v != Default {
		return v, strings.TrimSpace(rest[:i])
	}
	return Default, rest
}

func visibility(word string) Visibility {
	word = strings.ReplaceAll(strings.ToLower(word), "：", ":")
	name, value, found := strings.Cut(word, ":")
	v := visibilities[name]
	switch {
	case !found:
		return Default
	case value == "" || value == "true" || value == "yes":
		return v
	case v != Default && (value == "false" || value == "no"):
		return Public + Private - v
	}
	return Default
}

// takeVisibility is SplitVisibility for a typed form's options.
func takeVisibility(options map[string][]string) (Visibility, map[string][]string) {
	asked, rest := Default, map[string][]string{}
	for name, given := range options {
		v, ok := visibilities[name]
		if !ok || len(given) == 0 {
			rest[name] = given
			continue
		}
		asked = v
		if given[0] != "true" {
			asked = Public + Private - v
		}
	}
	return asked, rest
}
