package knowledge

import (
	"iter"
	"math"
	"math/bits"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Weights of a question's terms beside its plain words, which weigh 1. They were
// chosen on the development questions.
const (
	entityWeight   = 1.3
	placeWeight    = 0.4 // "Chinese" and "American" stand in most questions
	conceptWeight  = 1.0
	insideWeight   = 0.15 // a word that is part of an entity's name
	repairedWeight = 0.85
	contextWeight  = 0.8
)

// ranker finds the facts that answer a question: the engine finds those that
// share most with it, and each of them is then compared with it phrasing by
// phrasing. It is immutable; with makes the next one.
type ranker struct {
	reader
	engine    *search.Engine
	view      *search.View
	readings  []*reading          // by document number, deleted ones among them
	places    map[string]bool     // slugs of the entities that are places
	specific  map[string]bool     // slugs of companies, labs, models, chips, products and people
	restingOn map[string][]string // fact id → symbols whose exposure rests on it
	listed    map[string][]string // by slug: the symbols of an entity
	parents   map[string]parent   // by slug: what stands behind an entity
	kinds     map[int32]float64   // terms whose kind does not weigh 1
	mean      [2]float64          // terms of a statement, and of all asks of a fact
}

// parent is who makes or owns an entity, or whom a person stands for.
type parent struct {
	slug   string
	person bool
}

// newRanker makes a ranker of facts that were taken apart already, with the index
// that they come from, and of others, which it takes apart. Of an index that clashes it
// makes one without facts.
func newRanker(f *frame, compiled *loaded, facts []*reading, others []Fact) *ranker {
	r := &ranker{engine: search.NewEngine(), places: map[string]bool{}, specific: map[string]bool{}, listed: map[string][]string{}, parents: map[string]parent{}, kinds: map[int32]float64{}}
	r.engine.Load(func(w *search.Writer) {
		if compiled != nil {
			compiled.into(w)
			r.reader = compiled.reader(f.linker, f.contents.Concepts, w)
			if compiled.clash {
				return // the numbers in its facts may be those of no term
			}
		} else {
			r.reader = newReader(f.linker, f.contents.Concepts, w)
		}
		for _, c := range r.concepts.concepts {
			r.kinds[c.term] = conceptWeight
		}
		r.restingOn = f.restingOn
		for _, e := range f.contents.Entities {
			for _, t := range e.Tickers {
				r.listed[e.Slug] = append(r.listed[e.Slug], t.Symbol)
			}
			if e.Parent != "" {
				r.parents[e.Slug] = parent{e.Parent, e.Kind == KindPerson}
			}
			switch e.Kind {
			case KindCompany, KindLab, KindModel, KindChip, KindProduct, KindPerson:
				r.specific[e.Slug] = true
			}
			if e.Kind == KindPlace {
				r.places[e.Slug] = true
				r.kinds[w.Term(entityTerm+e.Slug)] = placeWeight
			}
		}
		r.readings = facts
		for i := range others {
			r.readings = append(r.readings, r.read(&others[i], w))
		}
		r.measure()
		for _, d := range r.readings {
			r.scale(d)
			w.Add(d.document())
		}
	})
	r.view = r.engine.View()
	tells := r.tellingOf(r.view.Terms())
	for _, d := range r.readings {
		d.norm(func(t int32) float64 { return tells[t] })
	}
	return r
}

// measure finds the mean lengths of the fields.
func (r *ranker) measure() {
	for _, d := range r.readings {
		for i := range r.mean {
			r.mean[i] += float64(d.lengths[i]) / float64(len(r.readings))
		}
	}
}

// tellingOf is how much each of the first n terms tells.
func (r *ranker) tellingOf(n int) []float64 {
	all := make([]float64, n)
	for t := range all {
		all[t] = r.tells(int32(t))
	}
	return all
}

// scale makes the lengths of a fact's fields shares of the mean.
func (r *ranker) scale(d *reading) {
	for i, m := range r.mean {
		if m > 0 {
			d.lengths[i] /= float32(m)
		}
	}
}

// norm measures the phrasings of a fact, by how much its terms tell.
func (d *reading) norm(tells func(term int32) float64) {
	var sums [mostPhrasings]float64
	for i, t := range d.terms {
		w := tells(t)
		for in := d.places[i] & (inStatement | inAsks); in != 0; in &= in - 1 {
			sums[bits.TrailingZeros64(in)] += w * w
		}
	}
	d.norms = make([]float32, d.phrasings)
	for i := range d.norms {
		d.norms[i] = float32(math.Sqrt(sums[i]))
	}
}

// with is a ranker without some facts and with others; false if this one is not
// the newest of its engine, so that it must be made from the whole. What it costs
// does not depend on how many facts there are. The mean lengths, and the norms of
// the facts that stay, are those of when they were read.
func (r *ranker) with(remove []string, put []*Fact) (*ranker, bool) {
	if r.engine.View().Size() != len(r.readings) {
		return nil, false
	}
	next := *r
	var news []*reading
	r.engine.Update(func(w *search.Writer) {
		for _, id := range remove {
			if at := r.number(id); at >= 0 {
				w.Delete(at)
			}
		}
		for _, f := range put {
			d := r.read(f, w)
			r.scale(d)
			w.Add(d.document())
			news = append(news, d)
		}
	})
	next.view = r.engine.View()
	for _, d := range news {
		d.norm(next.tells)
	}
	next.readings = r.readings // who holds r sees no more of it than before, and nobody else appends: see above
	next.readings = append(next.readings, news...)
	return &next, true
}

// number is the document number of a fact, or -1.
func (r *ranker) number(id string) int {
	for at := range r.view.Documents(r.view.Term(idTerm + id)) {
		return at
	}
	return -1
}

// having lists the readings of the facts that have a term.
func (r *ranker) having(term string) iter.Seq[*reading] {
	return func(yield func(*reading) bool) {
		for at := range r.view.Documents(r.view.Term(term)) {
			if !yield(r.readings[at]) {
				return
			}
		}
	}
}

// tells is how much a term tells of what is asked.
func (r *ranker) tells(term int32) float64 {
	if kind, found := r.kinds[term]; found {
		return r.view.Rarity(term) * kind
	}
	return r.view.Rarity(term)
}

func (r *ranker) entityWeight(slug string) float64 {
	if r.places[slug] {
		return placeWeight
	}
	return entityWeight
}

// link is the names in a text that people typed, misspelt ones among them.
func (r *ranker) link(tokens []text.Token) []entity.Match {
	return r.linker.Link(tokens, true, func(t text.Token) bool { return r.view.Uses(t.Text) > 0 })
}
