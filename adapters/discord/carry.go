package discord

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"silkwire/bot/layout"
)

// A button has a hundred characters to say what it asks. What fits stands in its own
// id; what does not stands in pieces in all the ids of its message that have room,
// which Discord delivers with each press. So a press needs nothing of ours: it works
// after a restart, and for as long as its message lives.

// What a button, a menu or a form does. The verb stands behind the version, so that a
// press of what an older silkwire drew is recognised for what it is.
const (
	idVersion = '1'

	verbAsk     = 'a' // asks its state
	verbSources = 's' // asks for the sources of the answer
	verbShare   = 'h' // asks again, for everybody
	verbPage    = 'g' // shows another page
	verbPick    = 'p' // a menu: asks the choice
	verbChoose  = 'c' // a menu of people, roles or channels: asks its state with them
	verbForm    = 'f' // a form: its state with the fields is asked
	verbField   = 'i' // a field of a form
)

const verbs = "ashgpcfi"

// ref is an id: what it does, and where what it asks stands.
type ref struct {
	verb  byte
	page  int
	n     int    // tells equal ones apart
	index int    // of the state among those that are carried; -1: it has its own, or none
	state string // its own
	piece string // of what is carried
}

// String is the id as Discord gets it: version, verb, page, number, then "=" and the
// state, "@" and its index with ":" and a piece, or "+" and a piece.
func (r ref) String() string {
	head := string(idVersion) + string(r.verb) + strconv.FormatInt(int64(r.page), 36) + "." + strconv.FormatInt(int64(r.n), 36)
	switch {
	case r.index >= 0:
		return head + "@" + strconv.FormatInt(int64(r.index), 36) + ":" + r.piece
	case r.state != "":
		return head + "=" + r.state
	}
	return head + "+" + r.piece
}

// readRef takes an id apart; it is not ok if no button of this version has it.
func readRef(id string) (ref, bool) {
	if len(id) < 4 || id[0] != idVersion || strings.IndexByte(verbs, id[1]) < 0 {
		return ref{}, false
	}
	r := ref{verb: id[1], index: -1}
	end := strings.IndexAny(id, "=@+")
	if end < 0 {
		return ref{}, false
	}
	page, n, ok := strings.Cut(id[2:end], ".")
	if r.page, ok = base36(page, ok); !ok {
		return ref{}, false
	}
	if r.n, ok = base36(n, ok); !ok {
		return ref{}, false
	}
	rest := id[end+1:]
	switch id[end] {
	case '=':
		r.state = rest
	case '+':
		r.piece = rest
	default:
		index, piece, found := strings.Cut(rest, ":")
		r.piece = piece
		if r.index, ok = base36(index, found); !ok {
			return ref{}, false
		}
	}
	return r, r.page <= layout.MaxPages
}

func base36(s string, ok bool) (int, bool) {
	n, err := strconv.ParseUint(s, 36, 16)
	return int(n), ok && err == nil
}

// carrier gives the parts of a message their ids.
type carrier struct {
	refs   []*ref
	states []layout.Asked
	set    []func(id string) // sets the id of each
}

// add asks for an id that a press of asks for the state; set gets it. A light that
// has no room is left out.
func (c *carrier) add(verb byte, page int, asked layout.Asked, set func(id string)) {
	r := &ref{verb: verb, page: page, n: len(c.refs), index: -1}
	bare := len(asked.Entities)+len(asked.Facts) == 0 && asked.Before == ""
	if asked.Line == "" || bare {
		r.state = asked.Line
	}
	if asked.Line != "" && (!bare || layout.Length(r.String()) > maxCustomID) {
		r.state, r.index = "", c.carry(asked)
	}
	c.refs, c.set = append(c.refs, r), append(c.set, set)
}

// carry is the index of a state among those that the message carries.
func (c *carrier) carry(asked layout.Asked) int {
	asked.Page = 0
	if i := slices.IndexFunc(c.states, func(s layout.Asked) bool { return s.Line == asked.Line }); i >= 0 {
		return i
	}
	c.states = append(c.states, asked)
	return len(c.states) - 1
}

// finish sets the ids. It is not ok where the message has no room for what it is to
// carry; then less must be asked for.
func (c *carrier) finish() bool {
	for light := range layout.Lights {
		if c.spread(light) {
			for i, r := range c.refs {
				c.set[i](r.String())
			}
			return true
		}
	}
	return false
}

// spread puts what is carried, in so much of its light, into the ids that have room.
func (c *carrier) spread(light int) bool {
	if len(c.states) == 0 {
		return true
	}
	states := make([]layout.Asked, len(c.states))
	for i, s := range c.states {
		states[i] = s.Lighter()[light]
	}
	left := pack(states)
	for _, r := range c.refs {
		r.piece = ""
		if r.state != "" {
			continue
		}
		n := min(len(left), maxCustomID-len(r.String()))
		r.piece, left = left[:n], left[n:]
	}
	return left == ""
}

// maxCarried bounds what a forged message can unpack to.
const maxCarried = 16 << 10

func pack(states []layout.Asked) string {
	w := packers.Get().(*packer)
	defer packers.Put(w)
	w.out.Reset()
	w.flate.Reset(&w.out)
	// Neither a writer into memory nor states of strings can fail.
	_ = json.NewEncoder(w.flate).Encode(states)
	_ = w.flate.Close()
	return base64.RawURLEncoding.EncodeToString(w.out.Bytes())
}

// packer is used again: a new one takes almost a megabyte.
type packer struct {
	out   bytes.Buffer
	flate *flate.Writer
}

var packers = sync.Pool{New: func() any {
	p := &packer{}
	// The level is one that exists.
	p.flate, _ = flate.NewWriterDict(&p.out, flate.DefaultCompression, dictionary)
	return p
}}

// dictionary is what states often hold; a change of it makes what was drawn before
// unreadable, so it goes with the version.
var dictionary = []byte(`"}]nvidia deepseek alibaba export-controls huawei china us-export-controls-ai-chips qwen kimi moonshot zhipu minimax baidu tencent bytedance open-weights licence release price cost claim revenue 2024 2025 2026 did the chip controls work? what is the /ticker /lab /policy /about /facts page: /timeline /compare question:"/feedback wrong about: /feedback helpful about: [{"l":"/ask ","e":["","f":["","b":"`)

func unpack(packed string) ([]layout.Asked, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return nil, false
	}
	r := flate.NewReaderDict(bytes.NewReader(raw), dictionary)
	var states []layout.Asked
	if err := json.NewDecoder(io.LimitReader(r, maxCarried)).Decode(&states); err != nil {
		return nil, false
	}
	return states, r.Close() == nil
}

// stateOf is what an id asks, with the pieces that the components around it carry.
// An id that is none of this version's is layout.ErrOutdated.
func stateOf(id string, around []component) (ref, layout.Asked, error) {
	r, ok := readRef(id)
	if !ok {
		return r, layout.Asked{}, layout.ErrOutdated
	}
	asked := layout.Asked{Line: r.state}
	if r.index >= 0 {
		var packed strings.Builder
		for _, c := range around {
			c.all(func(c component) {
				if other, ok := readRef(c.ID); ok {
					packed.WriteString(other.piece)
				}
			})
		}
		states, ok := unpack(packed.String())
		if !ok || r.index >= len(states) {
			return r, layout.Asked{}, layout.ErrOutdated
		}
		asked = states[r.index]
	}
	asked.Page = r.page
	if r.verb == verbPick || r.verb == verbField {
		return r, asked, nil // what is asked is chosen or written
	}
	return r, asked, asked.Check()
}
