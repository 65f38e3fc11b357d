package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "silkwire"

// mayImport tells whether DESIGN.md has an arrow between two packages of ours,
// named by their folders; the top level is ".".
func mayImport(from, to string) bool {
	within := func(folder string) bool { return to == folder || strings.HasPrefix(to, folder+"/") }
	layer, _, _ := strings.Cut(from, "/")
	switch layer {
	case ".":
		return true
	case "bot", "knowledge":
		return within(layer)
	case "commands":
		return to == "bot" || to == "bot/delivery" || to == "bot/schedule" || slices.Contains([]string{"knowledge", "knowledge/feed", "knowledge/fetch"}, to)
	case "adapters":
		if path.Base(from) == "standin" { // plays the platform: it must not know what it tests
			return within(path.Dir(from)) || to == "adapters/stage"
		}
		adapter := strings.Join(strings.Split(from, "/")[:2], "/")
		return within("bot") || within("adapters/signed") || within(adapter)
	}
	return false
}

// owners are the libraries that one folder only (or two) may import, by the beginning
// of their import paths. The owner "-" is nobody but tests.
var owners = map[string]string{
	"go.etcd.io/":                     "knowledge/kv/boltkv",
	"github.com/sahilm/fuzzy":         "knowledge/entity",
	"github.com/kljensen/snowball":    "knowledge/text or knowledge/search",
	"github.com/blevesearch/":         "knowledge/text",
	"github.com/goccy/go-yaml":        "knowledge/factfile or .",
	"github.com/peterh/liner":         "adapters/console",
	"github.com/charmbracelet/":       "adapters/console",
	"github.com/clipperhouse/":        "adapters/console",
	"github.com/muesli/":              "adapters/console",
	"github.com/mattn/go-runewidth":   "adapters/console",
	"golang.org/x/term":               "adapters/console or .",
	"github.com/slack-go/":            "adapters/slack or adapters/slack/standin",
	"github.com/gorilla/websocket":    "adapters/slack or adapters/slack/standin or adapters/discord or adapters/discord/standin or .",
	"github.com/santhosh-tekuri/":     "adapters/slack/standin or adapters/discord/standin",
	"github.com/bwmarrin/discordgo":   "adapters/discord",
	"github.com/disgoorg/":            "adapters/discord",
	"github.com/diamondburned/":       "adapters/discord",
	"golang.org/x/time":               "bot",
	"golang.org/x/net":                "knowledge/feed or bot",
	"github.com/mmcdole/gofeed":       "knowledge/feed",
	"code.dny.dev/ssrf":               "knowledge/fetch",
	"github.com/tidwall/":             "knowledge/quote",
	"gonum.org/":                      "bot/chart",
	"golang.org/x/image":              "bot/chart",
	"codeberg.org/go-fonts/":          "bot/chart",
	"github.com/spf13/":               ".",
	"github.com/joho/godotenv":        ".",
	"github.com/prometheus/":          ".",
	"github.com/coreos/":              ".",
	"github.com/VictoriaMetrics/":     "-",
	"github.com/rogpeppe/go-internal": "-",
	"github.com/creack/pty":           "-",
	"github.com/stretchr/testify":     "-",
}

// outside are functions that only package main and tests may use: what they
// give is handed in.
var outside = []string{"os.Getenv", "os.LookupEnv", "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "time.Now", "context.Background", "context.TODO", "panic"}

// excused are uses of those all the same, each with its reason.
var excused = map[string]string{
	"adapters/console os.Getenv":                  "the default of Options.Getenv, for a program's own terminal",
	"adapters/console time.Now":                   "the default of Options.Now",
	"adapters/discord/standin time.Now":           "a test helper: the deadlines of its sockets, and how long the bot took",
	"adapters/discord/standin context.Background": "a test helper: what it delivers over HTTP outlives no call",
	"adapters/slack/standin time.Now":             "a test helper: the deadlines of its sockets, and the time it stands in from",
	"bot context.Background":                      "Health.Report logs for no request: slog asks for a context and uses none of it",
	"knowledge/kv/boltkv panic":                   "goes on with a panic that is no fault of the file's",
	"knowledge/kv/kvtest panic":                   "the contract suite, which is a test: a closure's panic must not commit",
}

// source is one Go file, by its place below the top level.
type source struct {
	folder, name string
	file         *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// place is where a node stands, as editors read it.
func place(set *token.FileSet, n ast.Node) string {
	p := set.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// violations lists everything in the files that DESIGN.md does not allow.
func violations(set *token.FileSet, files []source) []string {
	var all []string
	packages := map[string]bool{} // by folder: whether a package comment was seen
	for _, f := range files {
		all = append(all, wrongImports(set, f)...)
		if f.test() {
			continue
		}
		packages[f.folder] = packages[f.folder] || f.file.Doc != nil
		all = append(all, undocumented(set, f)...)
		if f.folder != "." {
			all = append(all, outsideMain(set, f)...)
		}
	}
	for folder, commented := range packages {
		if !commented {
			all = append(all, folder+": the package has no comment")
		}
	}
	slices.Sort(all)
	return all
}

func wrongImports(set *token.FileSet, f source) []string {
	var all []string
	for _, spec := range f.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			all = append(all, place(set, spec)+": "+err.Error())
			continue
		}
		if imported == module || strings.HasPrefix(imported, module+"/") {
			to := cmp.Or(strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"), ".")
			if !mayImport(f.folder, to) {
				all = append(all, fmt.Sprintf("%s: %s may not import %s", place(set, spec), f.folder, to))
			}
			if path.Base(to) == "standin" && !f.test() {
				all = append(all, fmt.Sprintf("%s: %s is for tests", place(set, spec), to))
			}
			continue
		}
		for library, owner := range owners {
			if strings.HasPrefix(imported, library) && !slices.Contains(strings.Split(owner, " or "), f.folder) && (owner != "-" || !f.test()) {
				all = append(all, fmt.Sprintf("%s: %s may not import %s: that is for %s", place(set, spec), f.folder, imported, owner))
			}
		}
	}
	return all
}

func outsideMain(set *token.FileSet, f source) []string {
	names := map[string]string{} // import path's last word by the name it has in this file
	for _, spec := range f.file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	var all []string
	report := func(n ast.Node, what string) {
		if slices.Contains(outside, what) && excused[f.folder+" "+what] == "" {
			all = append(all, place(set, n)+": "+what+" is for package main and tests")
		}
	}
	ast.Inspect(f.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
				report(n, names[x.Name]+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if fun, ok := n.Fun.(*ast.Ident); ok && fun.Name == "panic" {
				report(n, "panic")
			}
		}
		return true
	})
	return all
}

// undocumented lists what is exported and has no comment: functions, types,
// methods of exported types, and groups of constants and variables.
func undocumented(set *token.FileSet, f source) []string {
	var all []string
	report := func(n ast.Node, name string, docs ...*ast.CommentGroup) {
		if ast.IsExported(name) && !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil }) {
			all = append(all, place(set, n)+": "+name+" has no comment")
		}
	}
	for _, d := range f.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d)) {
				report(d, d.Name.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					report(s, s.Name.Name, d.Doc, s.Doc)
				case *ast.ValueSpec:
					report(s, s.Names[0].Name, d.Doc, s.Doc, s.Comment)
				}
			}
		}
	}
	return all
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.Ident:
			return of.Name
		default:
			return ""
		}
	}
}

// readSources parses every Go file of the module, whatever system it is for.
func readSources(set *token.FileSet, root fs.FS) ([]source, error) {
	var files []source
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, source{path.Dir(name), path.Base(name), f})
		return nil
	})
	return files, err
}

func TestArchitecture(t *testing.T) {
	set := token.NewFileSet()
	files, err := readSources(set, os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("got %d files, want the whole module", len(files))
	}
	for _, v := range violations(set, files) {
		t.Error(v)
	}
}

// Each violation is planted and must be found.
func TestArchitectureFindsViolations(t *testing.T) {
	const documentedPackage = "// Package x is planted.\npackage x\n"
	tests := map[string]struct {
		name, text string
		want       string // part of what is found; empty: nothing is
	}{
		"botImportsKnowledge":     {"bot/x.go", documentedPackage + `import _ "silkwire/knowledge"`, "bot may not import knowledge"},
		"knowledgeImportsBot":     {"knowledge/x.go", documentedPackage + `import _ "silkwire/bot"`, "knowledge may not import bot"},
		"deepKnowledgeImportsBot": {"knowledge/kv/memkv/x.go", documentedPackage + `import _ "silkwire/bot"`, "may not import bot"},
		"commandsImportStore":     {"commands/x.go", documentedPackage + `import _ "silkwire/knowledge/kv"`, "commands may not import knowledge/kv"},
		"commandsImportAdapter":   {"commands/x.go", documentedPackage + `import _ "silkwire/adapters/console"`, "may not import adapters/console"},
		"adapterImportsKnowledge": {"adapters/slack/x.go", documentedPackage + `import _ "silkwire/knowledge"`, "may not import knowledge"},
		"adapterImportsCommands":  {"adapters/slack/x.go", documentedPackage + `import _ "silkwire/commands"`, "may not import commands"},
		"adapterImportsAdapter":   {"adapters/slack/x.go", documentedPackage + `import _ "silkwire/adapters/discord"`, "may not import adapters/discord"},
		"anythingImportsMain":     {"bot/x.go", documentedPackage + `import _ "silkwire"`, "bot may not import ."},
		"newTopFolder":            {"internal/x.go", documentedPackage + `import _ "silkwire/bot"`, "internal may not import bot"},
		"testsToo":                {"bot/x_test.go", documentedPackage + `import _ "silkwire/knowledge"`, "bot may not import knowledge"},
		"boltElsewhere":           {"knowledge/x.go", documentedPackage + `import _ "go.etcd.io/bbolt"`, "that is for knowledge/kv/boltkv"},
		"fuzzyElsewhere":          {"knowledge/search/x.go", documentedPackage + `import _ "github.com/sahilm/fuzzy"`, "that is for knowledge/entity"},
		"stemmerElsewhere":        {"knowledge/entity/x.go", documentedPackage + `import _ "github.com/kljensen/snowball/english"`, "that is for knowledge/text or knowledge/search"},
		"terminalElsewhere":       {"bot/x.go", documentedPackage + `import _ "github.com/charmbracelet/x/ansi"`, "that is for adapters/console"},
		"slackElsewhere":          {"adapters/discord/x.go", documentedPackage + `import _ "github.com/slack-go/slack"`, "that is for adapters/slack"},
		"websocketElsewhere":      {"adapters/console/x.go", documentedPackage + `import _ "github.com/gorilla/websocket"`, "that is for adapters/slack or adapters/slack/standin or adapters/discord"},
		"schemaInTheAdapter":      {"adapters/slack/x.go", documentedPackage + `import _ "github.com/santhosh-tekuri/jsonschema/v6"`, "that is for adapters/slack/standin"},
		"standinInProgram":        {"adapters/slack/x.go", documentedPackage + `import _ "silkwire/adapters/slack/standin"`, "standin is for tests"},
		"standinImportsBot":       {"adapters/slack/standin/x.go", documentedPackage + `import _ "silkwire/bot"`, "adapters/slack/standin may not import bot"},
		"stageInAnAdapter":        {"adapters/slack/x.go", documentedPackage + `import _ "silkwire/adapters/stage"`, "adapters/slack may not import adapters/stage"},
		"goodStage":               {"adapters/slack/standin/x.go", documentedPackage + `import _ "silkwire/adapters/stage"`, ""},
		"goodStandin":             {"adapters/slack/x_test.go", "package x\nimport _ \"silkwire/adapters/slack/standin\"", ""},
		"testLibraryInProgram":    {"bot/x.go", documentedPackage + `import _ "github.com/rogpeppe/go-internal/testscript"`, "that is for -"},
		"metricsElsewhere":        {"bot/x.go", documentedPackage + `import _ "github.com/prometheus/client_golang/prometheus"`, "that is for ."},
		"getenv":                  {"bot/x.go", documentedPackage + "import \"os\"\nvar v = os.Getenv(\"X\")", "os.Getenv is for package main"},
		"exit":                    {"commands/x.go", documentedPackage + "import \"os\"\nfunc f() { os.Exit(1) }", "os.Exit is for"},
		"fatal":                   {"bot/x.go", documentedPackage + "import \"log\"\nfunc f() { log.Fatalf(\"\") }", "log.Fatalf is for"},
		"panics":                  {"bot/x.go", documentedPackage + "func f() { panic(1) }", "panic is for"},
		"clock":                   {"knowledge/x.go", documentedPackage + "import \"time\"\nvar now = time.Now", "time.Now is for"},
		"clockUnderAnotherName":   {"knowledge/x.go", documentedPackage + "import clock \"time\"\nvar now = clock.Now()", "time.Now is for"},
		"background":              {"knowledge/x.go", documentedPackage + "import \"context\"\nvar c = context.Background()", "context.Background is for"},
		"noPackageComment":        {"bot/x.go", "package x\n", "the package has no comment"},
		"undocumentedFunction":    {"bot/x.go", documentedPackage + "func F() {}", "F has no comment"},
		"undocumentedType":        {"bot/x.go", documentedPackage + "type T int", "T has no comment"},
		"undocumentedMethod":      {"bot/x.go", documentedPackage + "// T is.\ntype T[V any] []V\nfunc (t *T[V]) M() {}", "M has no comment"},
		"goodAdapter":             {"adapters/slack/x.go", documentedPackage + "import (\n_ \"silkwire/bot/chart\"\n_ \"silkwire/adapters/signed\"\n_ \"github.com/slack-go/slack\"\n)", ""},
		"goodMain":                {"x.go", documentedPackage + "import \"os\"\nfunc f() { os.Exit(1) }", ""},
		"goodTest":                {"bot/x_test.go", "package x\nimport (\n\"time\"\n_ \"github.com/creack/pty\"\n)\nvar T = time.Now()", ""},
		"goodUnexported":          {"bot/x.go", documentedPackage + "type t int\nfunc (t) M() {}\nfunc f() {}", ""},
		"goodMethodOfTheSameName": {"bot/x.go", documentedPackage + "type c struct{}\nfunc (c) Now() {}\nvar time c\nfunc f() { time.Now() }", ""},
		"goodCommentOfAGroup":     {"bot/x.go", documentedPackage + "// The things.\nconst (\nA = 1\nB = 2\n)", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, test.name, test.text, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(violations(set, []source{{path.Dir(test.name), path.Base(test.name), f}}), "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("%s\n%s\ngot %q, want %q", test.name, test.text, got, test.want)
			}
		})
	}
}
