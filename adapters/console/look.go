package console

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

const (
	// plainWidth is for readers whose width is not known: files and pipes.
	plainWidth = 80
	// widest is where lines stop growing: longer ones are hard to read.
	widest = 100
	// narrowest is where lines stop shrinking: below it every word would break.
	narrowest = 20
	// narrow is the width below which side by side becomes one below the other.
	narrow = 50
)

// Look says how a reply is drawn. Its zero value is plain text of 80 columns.
type Look struct {
	Width int  // columns; 0 is 80, less than 20 is 20
	Color bool // styles and colours, as SGR sequences of the 16-colour palette
	Links bool // addresses as OSC 8 links behind their text instead of in full
	Press bool // numbered actions, for a reader who can answer with a number
	// Zone is where moments are told in; nil leaves them as their spans say.
	Zone *time.Location
}

// LookAt is the look that suits out: colours and links only on a terminal,
// colours only when NO_COLOR is unset or empty, links only on terminals that
// are known to show them, the terminal's width up to 100 columns. The
// environment is read through getenv (os.Getenv in a program).
func LookAt(out io.Writer, getenv func(string) string) Look {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return Look{Width: plainWidth}
	}
	look := Look{Width: plainWidth}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		look.Width = min(w, widest)
	}
	smart := getenv("TERM") != "" && getenv("TERM") != "dumb"
	look.Color = smart && getenv("NO_COLOR") == ""
	look.Links = smart && showsLinks(getenv)
	return look
}

// linkTerminals are the values of TERM_PROGRAM and the beginnings of TERM of
// terminals that show OSC 8 links. Others would hide the address for good, so
// they get it in full.
var linkTerminals = struct{ programs, terms []string }{
	programs: []string{"iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Hyper", "Tabby", "WarpTerminal"},
	terms:    []string{"xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "mintty"},
}

func showsLinks(getenv func(string) string) bool {
	// VTE (GNOME Terminal and many others) shows them since 0.50.
	if vte, err := strconv.Atoi(getenv("VTE_VERSION")); err == nil && vte >= 5000 {
		return true
	}
	for _, p := range linkTerminals.programs {
		if getenv("TERM_PROGRAM") == p {
			return true
		}
	}
	for _, t := range linkTerminals.terms {
		if strings.HasPrefix(getenv("TERM"), t) {
			return true
		}
	}
	return getenv("WT_SESSION") != "" || getenv("KONSOLE_VERSION") != ""
}

// style is what a run of text is; in colour each has its own look.
type style uint8

const (
	normal style = iota
	title
	lead
	heading
	bold
	quiet
	code
	quietCode
	entity
	link
	rising
	falling
	bar
)

var sgr = [...]string{
	title:     ansi.NewStyle(ansi.AttrBold, ansi.AttrCyanForegroundColor).String(),
	lead:      ansi.NewStyle(ansi.AttrBold).String(),
	heading:   ansi.NewStyle(ansi.AttrBold).String(),
	bold:      ansi.NewStyle(ansi.AttrBold).String(),
	quiet:     ansi.NewStyle(ansi.AttrFaint).String(),
	code:      ansi.NewStyle(ansi.AttrCyanForegroundColor).String(),
	quietCode: ansi.NewStyle(ansi.AttrFaint, ansi.AttrCyanForegroundColor).String(),
	entity:    ansi.NewStyle(ansi.AttrUnderline).String(),
	link:      ansi.NewStyle(ansi.AttrUnderline).String(),
	rising:    ansi.NewStyle(ansi.AttrGreenForegroundColor).String(),
	falling:   ansi.NewStyle(ansi.AttrRedForegroundColor).String(),
	bar:       ansi.NewStyle(ansi.AttrCyanForegroundColor).String(),
}
