package knowledge

// EntityKind says what sort of thing an entity is.
type EntityKind string

// The kinds of entity. The list is closed: the fact files' reader refuses any
// other.
const (
	KindLab     EntityKind = "lab"
	KindCompany EntityKind = "company"
	KindModel   EntityKind = "model"
	KindChip    EntityKind = "chip"
	KindProduct EntityKind = "product"
	KindPolicy  EntityKind = "policy"
	KindLaw     EntityKind = "law"
	KindAgency  EntityKind = "agency"
	KindPerson  EntityKind = "person"
	KindPlace   EntityKind = "place"
	KindTheme   EntityKind = "theme"
)

// EntityKinds lists every EntityKind in the order in which replies group them.
func EntityKinds() []EntityKind {
	return []EntityKind{
		KindLab, KindCompany, KindModel, KindChip, KindProduct, KindPolicy,
		KindLaw, KindAgency, KindPerson, KindPlace, KindTheme,
	}
}

// Entity is a thing that facts are about.
type Entity struct {
	Slug    string     `json:"slug"` // stable key: lower-case ASCII letters, digits, hyphens
	Name    string     `json:"name"` // as it is shown
	Kind    EntityKind `json:"kind"`
	Summary string     `json:"summary,omitempty"` // one sentence in our words
	Aliases []Alias    `json:"aliases,omitempty"`
	// Parent is the slug of the entity that owns or makes this one
	// (Qwen's is alibaba), or empty.
	Parent  string   `json:"parent,omitempty"`
	Tickers []Ticker `json:"tickers,omitempty"`
	// Unlisted is set for a company whose shares cannot be bought: it tells so
	// and names the nearest listed one.
	Unlisted *Unlisted `json:"unlisted,omitempty"`
}

// AliasKind says what an alias is, so that a match can be explained.
type AliasKind string

// The kinds of alias.
const (
	AliasName     AliasKind = "name"     // another spelling, a short or a former name
	AliasNickname AliasKind = "nickname" // what people call it
	AliasPerson   AliasKind = "person"   // somebody who stands for it
	AliasProduct  AliasKind = "product"  // something of its that has no entity of its own
	AliasChinese  AliasKind = "chinese"
	AliasPinyin   AliasKind = "pinyin"
)

// AliasKinds lists every AliasKind in the order in which an entity holds them.
func AliasKinds() []AliasKind {
	return []AliasKind{AliasName, AliasNickname, AliasPerson, AliasProduct, AliasChinese, AliasPinyin}
}

// Alias is another way to name an entity.
type Alias struct {
	Text string    `json:"text"`
	Kind AliasKind `json:"kind"`
}

// Ticker is one listing of an entity.
type Ticker struct {
	Symbol   string `json:"symbol"` // as the exchange writes it, with its suffix: NVDA, 9988.HK
	Exchange string `json:"exchange,omitempty"`
	Currency string `json:"currency"` // ISO 4217
}

// Unlisted says that an entity is not listed and which listed one is nearest.
type Unlisted struct {
	Nearest string `json:"nearest,omitempty"` // slug of a listed entity, or empty
	Why     string `json:"why,omitempty"`     // how that one is near, in our words
}

// Ambiguity is an alias that means several entities; silkwire asks which.
type Ambiguity struct {
	Alias    string   `json:"alias"`
	Entities []string `json:"entities"` // slugs, at least two, the likeliest first
}

// Concept is an idea of the domain with the words of everyday language that
// lead to it. Words are matched; they are never shown.
type Concept struct {
	Slug  string   `json:"slug"`
	Name  string   `json:"name"`
	Words []string `json:"words"` // words and phrases, English and Chinese
	// Tells is what a question with these words asks of its subject, for a
	// concept that is a way of asking.
	Tells []Attribute `json:"tells,omitempty"`
}
