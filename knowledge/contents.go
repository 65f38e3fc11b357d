package knowledge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// RecordKind says what sort of record a Ref points to.
type RecordKind string

// The kinds of record, each stored under its own prefix.
const (
	DocumentRecord   RecordKind = "document"
	EntityRecord     RecordKind = "entity"
	AmbiguityRecord  RecordKind = "ambiguity"
	ConceptRecord    RecordKind = "concept"
	InstrumentRecord RecordKind = "instrument"
	QuoteRecord      RecordKind = "quote"
	ExposureRecord   RecordKind = "exposure"
	FactRecord       RecordKind = "fact"
)

// Ref names one record of the fact base.
type Ref struct {
	Kind RecordKind `json:"kind"`
	Key  string     `json:"key"`
}

// String is the Ref as a curator reads it: fact r1-cost-partial.
func (r Ref) String() string { return string(r.Kind) + " " + r.Key }

// parseRef reads what String wrote.
func parseRef(s string) Ref {
	kind, key, _ := strings.Cut(s, " ")
	return Ref{RecordKind(kind), key}
}

func recordKinds() []RecordKind {
	return []RecordKind{
		DocumentRecord, EntityRecord, AmbiguityRecord, ConceptRecord, InstrumentRecord, QuoteRecord, ExposureRecord, FactRecord,
	}
}

// Record is anything that the fact base stores.
type Record interface{ Ref() Ref }

// Ref names the document by its id.
func (d Document) Ref() Ref { return Ref{DocumentRecord, d.ID} }

// Ref names the entity by its slug.
func (e Entity) Ref() Ref { return Ref{EntityRecord, e.Slug} }

// Ref names the ambiguity by its alias.
func (a Ambiguity) Ref() Ref { return Ref{AmbiguityRecord, a.Alias} }

// Ref names the concept by its slug.
func (c Concept) Ref() Ref { return Ref{ConceptRecord, c.Slug} }

// Ref names the instrument by its symbol.
func (i Instrument) Ref() Ref { return Ref{InstrumentRecord, i.Symbol} }

// Ref names the quote by its symbol.
func (q Quote) Ref() Ref { return Ref{QuoteRecord, q.Symbol} }

// Ref names the exposure by its symbol.
func (e Exposure) Ref() Ref { return Ref{ExposureRecord, e.Symbol} }

// Ref names the fact by its id.
func (f Fact) Ref() Ref { return Ref{FactRecord, f.ID} }

// Contents is a whole fact base as lists.
type Contents struct {
	Documents   []Document   `json:"documents"`
	Entities    []Entity     `json:"entities"`
	Ambiguous   []Ambiguity  `json:"ambiguous"`
	Concepts    []Concept    `json:"concepts"`
	Instruments []Instrument `json:"instruments"`
	Quotes      []Quote      `json:"quotes"`
	Exposures   []Exposure   `json:"exposures"`
	Facts       []Fact       `json:"facts"`
}

// Records lists everything, kind by kind.
func (c Contents) Records() []Record {
	var all []Record
	all = appendRecords(all, c.Documents)
	all = appendRecords(all, c.Entities)
	all = appendRecords(all, c.Ambiguous)
	all = appendRecords(all, c.Concepts)
	all = appendRecords(all, c.Instruments)
	all = appendRecords(all, c.Quotes)
	all = appendRecords(all, c.Exposures)
	return appendRecords(all, c.Facts)
}

func appendRecords[R Record](all []Record, records []R) []Record {
	for _, r := range records {
		all = append(all, r)
	}
	return all
}

// clone is contents whose lists may be sorted without touching these; the
// records are shared.
func (c Contents) clone() Contents {
	return Contents{
		slices.Clone(c.Documents), slices.Clone(c.Entities), slices.Clone(c.Ambiguous), slices.Clone(c.Concepts),
		slices.Clone(c.Instruments), slices.Clone(c.Quotes), slices.Clone(c.Exposures), slices.Clone(c.Facts),
	}
}

// Sort puts every list into the order of its keys, so that two equal fact bases
// are equal byte for byte.
func (c *Contents) Sort() {
	sortByKey(c.Documents)
	sortByKey(c.Entities)
	sortByKey(c.Ambiguous)
	sortByKey(c.Concepts)
	sortByKey(c.Instruments)
	sortByKey(c.Quotes)
	sortByKey(c.Exposures)
	sortByKey(c.Facts)
}

func sortByKey[R Record](records []R) {
	slices.SortStableFunc(records, func(a, b R) int { return cmp.Compare(a.Ref().Key, b.Ref().Key) })
}

// add decodes a stored record into its list.
func (c *Contents) add(ref Ref, value []byte) error {
	switch ref.Kind {
	case DocumentRecord:
		return decode(&c.Documents, ref, value)
	case EntityRecord:
		return decode(&c.Entities, ref, value)
	case AmbiguityRecord:
		return decode(&c.Ambiguous, ref, value)
	case ConceptRecord:
		return decode(&c.Concepts, ref, value)
	case InstrumentRecord:
		return decode(&c.Instruments, ref, value)
	case QuoteRecord:
		return decode(&c.Quotes, ref, value)
	case ExposureRecord:
		return decode(&c.Exposures, ref, value)
	case FactRecord:
		return decode(&c.Facts, ref, value)
	}
	return fmt.Errorf("read %s: unknown kind of record", ref)
}

func decode[R any](list *[]R, ref Ref, value []byte) error {
	var r R
	if err := json.Unmarshal(value, &r); err != nil {
		return fmt.Errorf("read %s: %w", ref, err)
	}
	*list = append(*list, r)
	return nil
}
