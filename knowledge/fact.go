package knowledge

// FactKind says what sort of statement a fact is.
type FactKind string

// The kinds of fact.
const (
	Event      FactKind = "event"      // it happened
	Figure     FactKind = "figure"     // it was measured or reported as a number
	Claim      FactKind = "claim"      // somebody says that it is so
	Assessment FactKind = "assessment" // somebody's judgement
)

// FactKinds lists every FactKind.
func FactKinds() []FactKind { return []FactKind{Event, Figure, Claim, Assessment} }

// Grade says how good a source is.
type Grade string

// The grades, best first. What is weaker is not shipped.
const (
	Primary   Grade = "primary"   // rule text, filing, model card, the company itself
	Expert    Grade = "expert"    // law firm, think tank, academic, a named analysis
	Press     Grade = "press"     // named press
	Secondary Grade = "secondary" // a copy or digest of somebody else's report
)

// Grades lists every Grade, best first.
func Grades() []Grade { return []Grade{Primary, Expert, Press, Secondary} }

// Rank orders grades: 0 is the best. An unknown grade ranks last.
func (g Grade) Rank() int {
	for i, h := range Grades() {
		if g == h {
			return i
		}
	}
	return len(Grades())
}

// Attribute names what a fact tells of its subject.
type Attribute string

// Attributes lists the attributes that the fact files may use. The list is
// closed, so that a question for one attribute can be told from a question for
// another; it grows here and nowhere else.
func Attributes() []Attribute {
	return []Attribute{
		"access", "adaptation", "adoption", "ban", "benchmark", "biography", "capability", "capacity", "capex", "comparison",
		"competition", "contact", "content", "cost", "coverage", "date", "definition", "download", "effect", "efficiency",
		"enforcement", "exposure", "forecast", "founding", "funding", "goal", "hardware", "headcount", "how-to",
		"integration", "investing", "leadership", "licence", "limits", "litigation", "location", "market", "market-share",
		"openness", "origin", "outlook", "ownership", "partnership", "patents", "pay", "people", "plan", "position", "price",
		"pricing-power", "privacy", "production", "profit", "publication", "reach", "reaction", "reason", "regulation",
		"release", "requirement", "revenue", "risk", "sales", "schedule", "security", "segment", "service-status", "size",
		"specification", "stake", "status", "strategy", "supply", "tariff", "training", "uncertainty", "use", "users",
		"validation", "valuation", "volume",
	}
}

// Fact is one statement in our own words about some entities.
type Fact struct {
	ID        string   `json:"id"` // stable and citable: lower-case ASCII letters, digits, hyphens
	Statement string   `json:"statement"`
	Kind      FactKind `json:"kind"`
	Whose     string   `json:"whose,omitempty"` // claims and assessments: whose it is
	// Subjects are the slugs of what the fact is about, the main one first;
	// Mentions are the slugs of what else it names.
	Subjects   []string    `json:"subjects"`
	Mentions   []string    `json:"mentions,omitempty"`
	Attributes []Attribute `json:"attributes"`
	From       Date        `json:"from,omitzero"`   // when it began to hold or happened
	Until      Date        `json:"until,omitzero"`  // when it ceased to hold; zero: it still does, as far as we know
	Learnt     Date        `json:"learnt,omitzero"` // when it came to be known here; zero: with its revision
	Sources    []Source    `json:"sources"`         // at least one, the best first
	Relations  []Relation  `json:"relations,omitempty"`
	// Asks are questions that the fact answers, in people's words. They are
	// searched and never shown.
	Asks []string `json:"asks"`
}

// Entities lists the slugs of everything that the fact is about or names.
func (f Fact) Entities() []string {
	return append(append(make([]string, 0, len(f.Subjects)+len(f.Mentions)), f.Subjects...), f.Mentions...)
}

// Grade is the best grade among the fact's sources.
func (f Fact) Grade() Grade {
	best := Grade("")
	for _, s := range f.Sources {
		if best == "" || s.Grade.Rank() < best.Rank() {
			best = s.Grade
		}
	}
	return best
}

// Document is something that facts are drawn from by section and paragraph.
type Document struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Publisher string   `json:"publisher,omitempty"`
	Author    string   `json:"author,omitempty"` // how replies name its author: "the page's author"
	URL       string   `json:"url,omitempty"`
	Date      Date     `json:"date,omitzero"`
	Grade     Grade    `json:"grade"`
	Sections  []string `json:"sections,omitempty"` // headings; the index is the section's number
}

// Source is where a fact comes from, down to section and paragraph where the
// document has them. Fields that its Document knows are filled in from there.
type Source struct {
	Document  string `json:"document,omitempty"` // id of a Document, or empty
	Section   *int   `json:"section,omitempty"`  // 0 is what stands before the first heading
	Paragraph int    `json:"paragraph,omitempty"`
	URL       string `json:"url,omitempty"`
	Publisher string `json:"publisher,omitempty"`
	Title     string `json:"title,omitempty"`
	Date      Date   `json:"date,omitzero"`
	Grade     Grade  `json:"grade"`
	General   bool   `json:"general,omitempty"` // the address is a site's, not the page's: never shown as a link
}

// RelationKind says how one fact bears on another.
type RelationKind string

// The kinds of relation, read as "this fact … that fact".
const (
	Supports   RelationKind = "supports"
	Qualifies  RelationKind = "qualifies"
	Disputes   RelationKind = "disputes"
	Supersedes RelationKind = "supersedes"
)

// RelationKinds lists every RelationKind.
func RelationKinds() []RelationKind {
	return []RelationKind{Supports, Qualifies, Disputes, Supersedes}
}

// Relation is an arrow from the fact that holds it to another fact.
type Relation struct {
	Kind RelationKind `json:"kind"`
	To   string       `json:"to"` // fact id
}
