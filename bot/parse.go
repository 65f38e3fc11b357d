package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// SplitLine takes a typed line apart into the command's name (lower case,
// without the slash, the full-width slash included) and the rest. A line that
// starts with no slash is a question: its name is empty.
func SplitLine(line string) (name, rest string) {
	line = strings.TrimSpace(line)
	body, found := strings.CutPrefix(line, "/")
	if !found {
		if body, found = strings.CutPrefix(line, "／"); !found {
			return "", line
		}
	}
	name, rest = cutWord(body)
	return strings.ToLower(name), rest
}

func cutWord(s string) (word, rest string) {
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// quotePairs gives the closing quotation marks for each opening one: straight,
// curly (either way round, as keyboards correct them) and Chinese.
var quotePairs = map[rune]string{
	'"': `"`, '\'': `'`, '“': `”“"`, '”': `”“"`, '‘': `’‘'`, '’': `’‘'`,
	'「': `」`, '『': `』`, '《': `》`, '〝': `〞`,
}

// Quote encloses s in quotation marks of which it holds none, so that Bind reads
// it back as one value. Where it holds some of every kind, its straight ones
// become apostrophes.
func Quote(s string) string {
	for _, pair := range [...]string{`""`, "「」", "『』", "《》", "〝〞"} {
		if !strings.ContainsAny(s, pair) {
			_, open := utf8.DecodeRuneInString(pair)
			return pair[:open] + s + pair[open:]
		}
	}
	return `"` + strings.ReplaceAll(s, `"`, "'") + `"`
}

// token is one piece of a command line. Key is set for name:value.
type token struct {
	key, value string
	from, to   int // where it stands in the line
	at         int // where its value begins
	open       bool
}

// Bind reads what follows a command's name against the command's declared
// options: quoted strings, name:value with either colon, and bare words. It
// returns the values by option name, or a *Fail that says what is wrong and how
// to write it.
func Bind(c Command, rest string) (map[string][]string, error) {
	values := map[string][]string{}
	free := freeText(c)
	var bare []token
	text := []byte(rest)
	for _, t := range tokens(rest, c) {
		if t.open && free == nil {
			return nil, notClosed(c, t)
		}
		if t.key == "" {
			bare = append(bare, t)
			continue
		}
		o := option(c, t.key)
		if o == nil {
			return nil, unknownOption(c, t.key)
		}
		if _, twice := values[o.Name]; twice && o.Kind != WordList {
			return nil, Misuse("Give it once: "+Usage(c), "“%s:” stands there twice.", o.Name)
		}
		values[o.Name] = append(values[o.Name], split(*o, t)...)
		if o == free {
			blank(text[t.from:t.at])
		} else {
			blank(text[t.from:t.to])
		}
	}
	if err := position(c, values, bare, text); err != nil {
		return nil, err
	}
	return values, Check(c, values)
}

func blank(text []byte) {
	for i := range text {
		text[i] = ' '
	}
}

func notClosed(c Command, t token) *Fail {
	next := "Close it, or leave it out: " + Usage(c)
	_, mark := utf8.DecodeRuneInString(t.value)
	if t.value = t.value[mark:]; t.value == "" {
		return Misuse(next, "A quotation mark is not closed.")
	}
	return Misuse(next, "The quotation mark before “%s” is not closed.", Shorten(t.value, 40))
}

// position gives the bare words to the options that are taken by position. What
// is left goes on with the option that takes the rest of the line, where that
// was given by name: "question: why did it". In text the options that were
// given by name are blank, but for that one's value.
func position(c Command, values map[string][]string, bare []token, text []byte) error {
	named := map[string]bool{}
	for name := range values {
		named[name] = true
	}
	for _, o := range c.Options {
		if o.Named || len(bare) == 0 || values[o.Name] != nil {
			continue
		}
		switch o.Kind {
		case FreeText:
			values[o.Name] = restOf(text[bare[0].from:])
			bare = nil
		case WordList:
			for _, t := range bare {
				values[o.Name] = append(values[o.Name], split(o, t)...)
			}
			bare = nil
		default:
			values[o.Name] = []string{bare[0].value}
			blank(text[bare[0].from:bare[0].to])
			bare = bare[1:]
		}
	}
	for _, o := range c.Options {
		switch {
		case o.Named || !named[o.Name] || len(bare) == 0:
		case o.Kind == FreeText:
			values[o.Name] = restOf(text)
			bare = nil
		case o.Kind == WordList:
			for _, t := range bare {
				values[o.Name] = append(values[o.Name], split(o, t)...)
			}
			bare = nil
		}
	}
	if len(bare) == 0 {
		return nil
	}
	return Misuse("Write "+Usage(c), "I don't know what to do with “%s”.", Shorten(bare[0].value, 40))
}

// restOf is free text in one piece.
func restOf(text []byte) []string {
	return []string{unquote(strings.Join(strings.Fields(string(text)), " "))}
}

// Check tells whether values are what the command declares: required ones
// there, none that is unknown, each of its kind. It returns a *Fail otherwise.
// It writes yes, no and choices into values as they are declared.
func Check(c Command, values map[string][]string) error {
	for name := range values {
		if option(c, name) == nil {
			return unknownOption(c, name)
		}
	}
	if fields := values[FormOption]; len(fields) > 0 {
		return &Fail{Outcome: Misused, Say: "This is asked in a form, which could not be opened.", Next: "Write " + Usage(c), Form: filledForm(c, values, fields)}
	}
	for _, o := range c.Options {
		given := values[o.Name]
		if o.Required && strings.TrimSpace(strings.Join(given, "")) == "" {
			f := Misuse("Write "+Usage(c), "/%s needs %s.", c.Name, o.Summary)
			f.Form = formFor(c, values)
			return f
		}
		for i, v := range given {
			if v == "" && !o.Required && o.Kind != YesNo && option(c, FormOption) != nil {
				continue // a field of its form that was emptied
			}
			checked, problem := checkValue(o, v)
			if problem != "" {
				f := Misuse("Write "+Usage(c), "%s", problem)
				f.Field = o.Name
				return f
			}
			given[i] = checked
		}
	}
	return nil
}

func checkValue(o Option, v string) (checked, problem string) {
	switch o.Kind {
	case Integer:
		if _, err := strconv.Atoi(v); err != nil {
			return v, "“" + o.Name + ":” takes a whole number, not “" + Shorten(v, 40) + "”."
		}
	case YesNo:
		switch strings.ToLower(v) {
		case "", "true", "yes", "y", "on", "1":
			return "true", ""
		case "false", "no", "n", "off", "0":
			return "false", ""
		}
		return v, "“" + o.Name + ":” takes yes or no, not “" + Shorten(v, 40) + "”."
	case DateText:
		if !isDate(v) {
			return v, "“" + o.Name + ":” takes a date such as 2024, 2024-10 or 2024-10-31, not “" + Shorten(v, 40) + "”."
		}
	}
	if len(o.Choices) > 0 {
		for _, c := range o.Choices {
			if strings.EqualFold(c.Value, v) {
				return c.Value, ""
			}
		}
		return v, "“" + Shorten(v, 40) + "” is none of the choices for “" + o.Name + ":”: " + labels(o.Choices) + "."
	}
	return v, ""
}

func isDate(s string) bool {
	for _, layout := range [...]string{"2006", "2006-01", "2006-01-02"} {
		if len(s) == len(layout) {
			_, err := time.Parse(layout, s)
			return err == nil
		}
	}
	return false
}

func labels(choices []Choice) string {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Value
	}
	return strings.Join(names, ", ")
}

// FormOption is the name of an option that opens a command's form with what else was
// given standing in it: its value are the fields that it asks for, separated by commas,
// or AllFields. A command that wants it declares it, hidden.
const (
	FormOption = "form"
	AllFields  = "all"
)

// shownTitle is how many characters of a form's title every platform shows.
const shownTitle = 24

// formTitle is the command's summary where that can be shown whole, else its name.
func formTitle(c Command) string {
	if utf8.RuneCountInString(c.Summary) <= shownTitle || c.Name == "" {
		return c.Summary
	}
	return strings.ToUpper(c.Name[:1]) + c.Name[1:]
}

// formFor asks for a command's options, for platforms that can.
func formFor(c Command, given map[string][]string) *Form {
	f := &Form{Title: formTitle(c), Path: strings.Fields(c.Name), Fields: cloneOptions(c.Options), Given: map[string]string{}}
	f.Fields = slices.DeleteFunc(f.Fields, func(o Option) bool { return o.Hidden })
	for name, v := range given {
		f.Given[name] = strings.Join(v, " ")
	}
	return f
}

// filledForm asks for some of a command's options, with what was given in them.
func filledForm(c Command, given map[string][]string, fields []string) *Form {
	f := formFor(c, given)
	delete(f.Given, FormOption)
	f.Filled = true
	if wanted := listWords(strings.Join(fields, ",")); !slices.Contains(wanted, AllFields) {
		f.Fields = slices.DeleteFunc(f.Fields, func(o Option) bool { return !slices.Contains(wanted, o.Name) })
	}
	return f
}

// giveBack lets a command that has a FormOption be filled in once more, where a value
// of it was wrong: nothing that was typed is lost.
func (f *Fail) giveBack(c Command, values map[string][]string) {
	if f.Field == "" || option(c, FormOption) == nil {
		return
	}
	f.Form = filledForm(c, values, []string{AllFields})
	f.Form.Wrong = f.Field
	if strings.HasPrefix(f.Next, "Write ") { // the form shows it
		f.Next = "Nothing was changed."
	}
	f.Suggest = append(f.Suggest, Action{Label: "Back to the form", Line: asLine(c, values) + " " + FormOption + ":" + AllFields})
}

func unknownOption(c Command, name string) *Fail {
	say := "/" + c.Name + " has no option “" + Shorten(name, 40) + ":”"
	name = strings.ToLower(name)
	best, edits := "", 0
	for _, o := range c.Options {
		if d := levenshtein.ComputeDistance(name, o.Name); near(name, o.Name) && (best == "" || d < edits) {
			best, edits = o.Name, d
		}
	}
	if best != "" {
		say += "; did you mean “" + best + ":”?"
	} else {
		say += "."
	}
	return Misuse("Write "+Usage(c), "%s", say)
}

// Usage shows how a command is written: /timeline [topic] [since:2024].
func Usage(c Command) string {
	var b strings.Builder
	b.WriteString("/" + c.Name)
	for _, o := range c.Options {
		name := o.Name
		if o.Hidden {
			continue
		}
		switch {
		case o.Named || o.Kind == YesNo:
			name += ":…"
		case o.Kind == WordList:
			name += " …"
		}
		if !o.Required {
			name = "[" + name + "]"
		} else if !o.Named {
			name = "<" + name + ">"
		}
		b.WriteString(" " + name)
	}
	var names []string
	for _, s := range c.Subcommands {
		if !s.Hidden {
			names = append(names, s.Name)
		}
	}
	switch all := strings.Join(names, "|"); {
	case all == "":
	case c.Handle != nil && len(c.Options) == 0: // it also works alone
		b.WriteString(" [" + all + "]")
	default:
		b.WriteString(" " + all)
	}
	return b.String()
}

// Shorten cuts s to at most n characters, with an ellipsis where it was cut.
func Shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

func option(c Command, name string) *Option {
	i := slices.IndexFunc(c.Options, func(o Option) bool { return strings.EqualFold(o.Name, name) })
	if i < 0 {
		return nil
	}
	return &c.Options[i]
}

// freeText is the option that takes what is left on the line, or nil.
func freeText(c Command) *Option {
	i := slices.IndexFunc(c.Options, func(o Option) bool { return o.Kind == FreeText && !o.Named })
	if i < 0 {
		return nil
	}
	return &c.Options[i]
}

func split(o Option, t token) []string {
	if o.Kind != WordList {
		return []string{t.value}
	}
	var words []string
	for _, w := range strings.FieldsFunc(t.value, separates) {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// listWords are the words of a list that a typed form delivers as one text. What
// stands in quotation marks is one word.
func listWords(s string) []string {
	var closers string
	words := strings.FieldsFunc(s, func(r rune) bool {
		switch after, opens := quotePairs[r]; {
		case closers != "":
			if strings.ContainsRune(closers, r) {
				closers = ""
			}
			return false
		case opens && !apostrophe(r):
			closers = after
			return false
		}
		return unicode.IsSpace(r) || separates(r)
	})
	for i, w := range words {
		words[i] = unquote(w)
	}
	return words
}

// separates tells whether r stands between the words of a list.
func separates(r rune) bool { return strings.ContainsRune(",，、;；", r) }

// tokens takes a line apart. Where the command takes free text, only its own
// options are read as name:value, so that a question may hold colons.
func tokens(s string, c Command) []token {
	var all []token
	between := unicode.IsSpace
	if takesList(c) {
		between = func(r rune) bool { return unicode.IsSpace(r) || separates(r) }
	}
	for i := 0; i < len(s); {
		if r, size := utf8.DecodeRuneInString(s[i:]); between(r) {
			i += size
			continue
		}
		t, ends := token{from: i}, between
		if key, after, ok := optionKey(s, i, c); ok {
			o := option(c, key)
			t.key, i = key, afterColon(s, after, o, c)
			if o == nil || o.Kind != WordList || o.Named {
				ends = unicode.IsSpace
			}
		}
		t.at = i
		t.value, t.to, t.open = value(s, i, ends)
		i = t.to
		all = append(all, t)
	}
	return all
}

// takesList tells whether the bare words of c are the words of a list.
func takesList(c Command) bool {
	return freeText(c) == nil && slices.ContainsFunc(c.Options, func(o Option) bool { return o.Kind == WordList && !o.Named })
}

// afterColon skips the blanks between a colon and its value. A yes-or-no option
// needs no value, so what stands apart from it is none of its own.
func afterColon(s string, i int, o *Option, c Command) int {
	if o == nil || o.Kind == YesNo {
		return i
	}
	at := len(s) - len(strings.TrimLeftFunc(s[i:], unicode.IsSpace))
	if _, _, another := optionKey(s, at, c); another {
		return i
	}
	return at
}

// value reads a quoted string or a word at s[i:].
func value(s string, i int, ends func(rune) bool) (value string, end int, open bool) {
	first, size := utf8.DecodeRuneInString(s[i:])
	if closers, quoted := quotePairs[first]; quoted {
		start := i + size
		for j, r := range s[start:] {
			if !strings.ContainsRune(closers, r) {
				continue
			}
			after := start + j + utf8.RuneLen(r)
			// An apostrophe inside a word closes nothing.
			if next, _ := utf8.DecodeRuneInString(s[after:]); apostrophe(r) && (unicode.IsLetter(next) || unicode.IsDigit(next)) {
				continue
			}
			return s[start : start+j], after, false
		}
		end = wordEnd(s, start, ends)
		// A lone apostrophe is no quotation mark: 'tis, '24.
		return s[i:end], end, !apostrophe(first)
	}
	end = wordEnd(s, i, ends)
	return s[i:end], end, false
}

func wordEnd(s string, i int, ends func(rune) bool) int {
	if j := strings.IndexFunc(s[i:], ends); j >= 0 {
		return i + j
	}
	return len(s)
}

func apostrophe(r rune) bool { return strings.ContainsRune(`'‘’`, r) }

// optionKey reads "name:" at s[i:]. A colon that is followed by a slash
// (an address) makes no option.
func optionKey(s string, i int, c Command) (key string, after int, ok bool) {
	for j, r := range s[i:] {
		if r == ':' || r == '：' {
			key, after = s[i:i+j], i+j+utf8.RuneLen(r)
			if key == "" || strings.HasPrefix(s[after:], "/") {
				return "", i, false
			}
			known := option(c, key) != nil
			// An exchange's code before a symbol is no option: NASDAQ:NVDA.
			exchange := takesList(c) && strings.ToUpper(key) == key
			return key, after, known || freeText(c) == nil && !exchange
		}
		if !unicode.IsLetter(r) && r != '-' && r != '_' {
			break
		}
	}
	return "", i, false
}

// unquote takes a pair of quotation marks off that encloses the whole of s.
func unquote(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	closers, quoted := quotePairs[first]
	last, lastSize := utf8.DecodeLastRuneInString(s)
	if !quoted || len(s) < size+lastSize || !strings.ContainsRune(closers, last) {
		return s
	}
	inner := s[size : len(s)-lastSize]
	if strings.ContainsAny(inner, closers) {
		return s
	}
	return strings.TrimSpace(inner)
}

// near tells whether two short names differ by at most one edit for each three
// letters (two for a swap), or one begins with the other.
func near(a, b string) bool {
	if len(a) > 1 && strings.HasPrefix(b, a) || len(b) > 2 && strings.HasPrefix(a, b) {
		return true
	}
	return levenshtein.ComputeDistance(a, b) <= max(1, len(b)/3)
}
