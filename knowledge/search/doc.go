// Package search finds documents by the words of a query, or by terms that
// whoever indexes them chose. It knows no Fact. It imports a Snowball stemmer,
// x/text for Unicode and the standard library, and nothing of ours.
//
// # How the Engine is laid out
//
// It answers a query of everyday words with the best documents, puts misspelt
// words right, takes one more document in microseconds, and tells why a document
// scored what it did. It has one configuration for all collections. It holds no
// text: only words, and numbers of documents.
//
//	            dictionary (words.go)                 repairs (repair.go)
//	"flows" ──► slots ─► entry{spelling, term, count} ◄── third ─► entries
//	                             │
//	                            term 17
//	         ┌───────────────────┼──────────────────────────┐
//	         ▼                   ▼                          ▼
//	segment 0 (frozen)    segment 1 (frozen)         tail (grows)
//	0 … 65,535            65,536 … 131,071           131,072 …
//	starts[17] ─► ids     a common term: bitmap      heads[17] ─► posting
//	              codes   and its codes                   next ─► posting …
//	         └───────────────────┼──────────────────────────┘
//	                             ▼
//	      scores += weight of the term × impacts[code]
//	                             ▼
//	      best 100 ─► feedback: the first 30 in a better order
//
// # A posting is three bytes
//
// It says which document (16 bits, within its segment) and how much the document
// is about the term (8 bits, the code: how often the term comes, how long the
// document is; impact.go). The code does not depend on any other document, so
// nothing is rewritten when the mean length moves; a table of 256 impacts is
// made anew with each change instead. Scoring a posting is a
// read, a look-up in a table that stays in the first-level cache, a multiply and
// an add: no division, no length to fetch. A term in more than one document in
// sixteen keeps a bitmap in place of the numbers, which is smaller and can be
// asked for one document.
//
// # A search
//
// A query's words are looked up, not stemmed: the dictionary has the term of
// every word that a document has. Only an unknown word is stemmed, and if no
// document has the stem either, repaired. Then segment by segment (65,536
// scores fit the second-level cache) each term adds to the scores of the
// documents that have it, the rarest first. From the second segment on there is
// a floor, the score of the 100th best so far: once what the terms left can add
// together is below it, a document not yet touched cannot get in, and those
// terms are only added to documents still in the race (MaxScore). The cost
// grows with the matches, and past 65,536 documents more slowly than they.
//
// # Changes
//
// All that a search reads hangs on one pointer to a view. Who adds a document
// appends to the tail: one posting a term, chained to the one before. It then
// publishes a view that is longer by one document. A search that began earlier
// keeps its view; it sees nothing that lies past its own lengths. So readers
// never wait, and one writer at a time needs no more than a mutex against other
// writers. Every 4,096 documents the tail is frozen into the last segment, which
// takes tens of milliseconds of that one Add. A deletion is a mark; what is marked
// goes on counting for how rare words are until the engine is built anew.
//
// # What was tried and left
//
// Proximity of the query's words in the first 100 documents gained 0.001 in
// nDCG@10 on the two tuning collections for a position list as large as the
// index; a power of the rarity other than 1 nothing; searching again with the
// feedback's words no more than reordering the first 30; comparing
// the fingerprints of the whole vocabulary for repair took longer than looking
// up thirds.
package search
