package knowledge

import (
	"iter"
	"math"
	"math/bits"
	"slices"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Weights of a question's terms beside its plain words, which weigh 1. They were
// chosen on the development questions.
const (
	entityWeight   = 1.0
	placeWeight    = 0.4 // "Chinese" and "American" stand in most questions
	conceptWeight  = 0.8
	insideWeight   = 0.1 // a word that is part of an entity's name
	repairedWeight = 0.85
	contextWeight  = 0.8
)

// ranker finds the facts that answer a question: the engine finds those that
// share most with it, and each of them is then compared with it phrasing by
// phrasing. It is immutable; with makes the next one.
type ranker struct {
	reader
	engine   *search.Engine
	view     *search.View
	readings []*reading        // by document number, deleted ones among them
	places   map[string]bool   // slugs of the entities that are places
	kinds    map[int32]float64 // terms whose kind does not weigh 1
	mean     [2]float64        // terms of a statement, and of all asks of a fact
	loose    bool              // a fact has a source that is none of the documents
}

func newRanker(linker *entity.Linker, entities []Entity, concepts []Concept, facts []Fact) *ranker {
	r := &ranker{engine: search.NewEngine(), places: map[string]bool{}, kinds: map[int32]float64{}, readings: make([]*reading, len(facts))}
	r.engine.Load(func(w *search.Writer) {
		r.reader = reader{linker, newPhrases(w, concepts), text.NewTokenizer()}
		for _, c := range r.concepts.concepts {
			r.kinds[c.term] = conceptWeight
		}
		for _, e := range entities {
			if e.Kind == KindPlace {
				r.places[e.Slug] = true
				r.kinds[w.Term(entityTerm+e.Slug)] = placeWeight
			}
		}
		for i := range facts {
			d := r.read(&facts[i], w)
			r.loose = r.loose || drawnLoosely(d.fact)
			r.mean[0] += float64(d.lengths[0]) / float64(len(facts))
			r.mean[1] += float64(d.lengths[1]) / float64(len(facts))
			r.readings[i] = d
		}
		for _, d := range r.readings {
			r.scale(d)
			w.Add(d.document(w))
		}
	})
	r.view = r.engine.View()
	for _, d := range r.readings {
		r.norm(d)
	}
	return r
}

// scale makes the lengths of a fact's fields shares of the mean.
func (r *ranker) scale(d *reading) {
	for i, m := range r.mean {
		if m > 0 {
			d.lengths[i] /= float32(m)
		}
	}
}

// norm measures the phrasings of a fact, by how much its terms tell now.
func (r *ranker) norm(d *reading) {
	var sums [mostPhrasings]float64
	for i, t := range d.terms {
		w := r.tells(t)
		for in := d.places[i] & (inStatement | inAsks); in != 0; in &= in - 1 {
			sums[bits.TrailingZeros64(in)] += w * w
		}
	}
	d.norms = make([]float32, min(1+len(d.fact.Asks), mostPhrasings))
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
			w.Add(d.document(w))
			news = append(news, d)
		}
	})
	next.view = r.engine.View()
	for _, d := range news {
		next.norm(d)
		next.loose = next.loose || drawnLoosely(d.fact)
	}
	next.readings = append(r.readings, news...) // nobody else appends: see above
	return &next, true
}

func drawnLoosely(f *Fact) bool {
	return slices.ContainsFunc(f.Sources, func(s Source) bool { return s.Document == "" })
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

func (r *ranker) link(tokens []text.Token, guess bool) []entity.Match {
	return r.linker.Link(tokens, guess, func(t text.Token) bool { return r.view.Uses(t.Text) > 0 })
}
