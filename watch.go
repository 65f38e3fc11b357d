package main

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"syscall"
	"time"

	"silkwire/bot"
	"silkwire/knowledge/kv"
)

// storePart is the database in health.
const storePart = "store"

// watchedStore tells health when the database cannot be written to and when it can
// again, and people in a plain sentence.
type watchedStore struct {
	kv.Store
	health *bot.Health
	failed atomic.Bool
}

// Update reports an error of the storage itself; one of fn goes on as it is.
func (s *watchedStore) Update(ctx context.Context, fn func(kv.Tx) error) error {
	var own error
	err := s.Store.Update(ctx, func(tx kv.Tx) error {
		own = fn(tx)
		return own
	})
	switch {
	case err == nil:
		if s.failed.Swap(false) {
			s.health.Report(storePart, true, "open")
		}
		return nil
	case errors.Is(err, own), ctx.Err() != nil, errors.Is(err, kv.ErrClosed), errors.Is(err, kv.ErrReadOnly):
		return err
	}
	why := whyUnwritten(err)
	s.failed.Store(true)
	s.health.Report(storePart, false, "the database cannot be written to: "+why+"; it is tried again")
	return &bot.Fail{
		Outcome: bot.Broken, Cause: err,
		Say:  "I could not write that down: " + why + ".",
		Next: "What is known can still be asked. Please try again later; whoever runs silkwire sees this in its health.",
	}
}

// whyUnwritten is what keeps the storage from writing, for people.
func whyUnwritten(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "the disk is full"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "the disk is read only"
	case errors.Is(err, kv.ErrDamaged):
		return "the database file is damaged"
	}
	return "the disk does not take it"
}

// probeEvery is how often a store that failed is tried again.
const probeEvery = 15 * time.Second

// probe tries a store that failed until ctx ends, so that its recovery is noticed
// without a write of somebody's.
func (s *watchedStore) probe(ctx context.Context, wait func(context.Context, time.Duration) error) {
	for wait(ctx, probeEvery) == nil {
		if !s.failed.Load() {
			continue
		}
		// What they return was reported already.
		if s.Update(ctx, func(tx kv.Tx) error { return tx.Put([]byte(probeKey), make([]byte, probeSize)) }) == nil {
			_ = s.Update(ctx, func(tx kv.Tx) error { return tx.Delete([]byte(probeKey)) })
		}
	}
}

// What is written to try the store, and deleted again: more than an edit of a fact
// takes, so that a full disk is not taken for one with room.
const (
	probeKey  = "p/probe"
	probeSize = 256 << 10
)
