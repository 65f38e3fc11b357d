package knowledge

// Direction says which way Chinese AI moves an instrument.
type Direction string

// The directions. An instrument without an Exposure has no recorded link.
const (
	Benefits Direction = "benefits"
	Hurt     Direction = "hurt"
	Mixed    Direction = "mixed"
)

// Directions lists every Direction.
func Directions() []Direction { return []Direction{Benefits, Hurt, Mixed} }

// Exposure is how a ticker is touched by Chinese AI.
type Exposure struct {
	Symbol    string    `json:"symbol"`
	Direction Direction `json:"direction"`
	Driver    string    `json:"driver"` // one sentence in our words
	Paths     []Path    `json:"paths"`  // at least one
}

// Path explains one side of an exposure as a chain that is read from the
// ticker outwards: NVDA ← export controls ← restricted sales to China.
type Path struct {
	Direction Direction `json:"direction"` // benefits or hurt: which way this chain moves the ticker
	Hops      []Hop     `json:"hops"`      // nearest to the ticker first
}

// Hop is one link of a Path: an entity, or a few words, and the fact behind it.
type Hop struct {
	Entity string `json:"entity,omitempty"` // slug; its name is shown if Text is empty
	Text   string `json:"text,omitempty"`
	Fact   string `json:"fact"` // id of the fact that carries the link
}

// InstrumentClass says what sort of thing a symbol without an entity is.
type InstrumentClass string

// The classes of instrument.
const (
	Share     InstrumentClass = "share"
	Crypto    InstrumentClass = "crypto"
	Commodity InstrumentClass = "commodity"
)

// Instrument names a symbol that belongs to no entity: gold, gas, a coin, the
// share of a company that no fact is about.
type Instrument struct {
	Symbol  string          `json:"symbol"`
	Name    string          `json:"name"`
	Class   InstrumentClass `json:"class"`
	Aliases []string        `json:"aliases,omitempty"`
}

// Quote is a symbol's price with its as-of time and where it came from.
type Quote struct {
	Symbol        string `json:"symbol"`
	Price         string `json:"price"`          // decimal digits exactly as the source gives them, no separators
	Currency      string `json:"currency"`       // ISO 4217
	ChangePercent string `json:"change_percent"` // signed decimal digits: "-0.33"; on a Tape empty where nobody gave one
	// AsOf is RFC 3339, or as exact as the source is:
	// "2026-11-25", "05:15 UTC, date not given".
	AsOf   string `json:"as_of"`
	Source string `json:"source"`        // document id; on a Tape the name of who gave the price
	URL    string `json:"url,omitempty"` // on a Tape: where they are
}
