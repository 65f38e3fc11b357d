// Package knowledge is what silkwire knows: entities, facts, exposures and
// quotes, kept in an ordered key-value store and answered from memory.
//
// Base owns the store: Open reads the whole state and takes in the fact base
// that ships inside the binary, Apply writes one Revision and publishes the
// next Snapshot. A Snapshot is one revision's whole knowledge, immutable and
// indexed; readers take it once and never see half a change.
//
// It may import its own sub-packages and the standard library, and nothing else
// of ours. It knows no conversation and no platform.
package knowledge
