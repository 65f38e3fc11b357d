// Package stage is what the stand-ins for chat platforms stand on: a time of their
// own, a record of what the bot did wrong, waiting for something to happen, and an
// end that waits for all. It is for tests, uses the standard library only and imports
// nothing of ours.
package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Stage is embedded in a stand-in, which guards what it keeps by Mu too. Set makes one.
type Stage struct {
	Mu    sync.Mutex
	Done  chan struct{} // closed at the end
	Tasks sync.WaitGroup
	Base  func() time.Time // the time that it starts from

	platform   string
	changed    chan struct{} // guarded by Mu, like all below
	closed     bool
	offset     time.Duration
	violations []violation
	refusedOK  bool
}

// violation is something the bot did that the platform would not like. Those that are
// refused are payloads that it answered with an error.
type violation struct {
	text    string
	refused bool
}

// Set makes the Stage ready for a platform, whose name stands in its errors.
func (s *Stage) Set(platform string, now func() time.Time) {
	s.platform, s.Base, s.Done, s.changed = platform, now, make(chan struct{}), make(chan struct{})
}

// Shut begins the end: nothing more is started, and who waits wakes up.
func (s *Stage) Shut() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.closed = true
	close(s.Done)
	s.Change()
}

// Ended tells whether the end has begun; Mu is held.
func (s *Stage) Ended() bool { return s.closed }

// Start runs a task that the end waits for, unless it has begun already.
func (s *Stage) Start(task func()) bool {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.closed {
		return false
	}
	s.Tasks.Go(task)
	return true
}

// Now is the stand-in's time.
func (s *Stage) Now() time.Time {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.Time()
}

// Time is Now; Mu is held.
func (s *Stage) Time() time.Time { return s.Base().Add(s.offset) }

// Advance moves the stand-in's time: answers get late, what has an end expires, and
// what was remembered for some time is forgotten.
func (s *Stage) Advance(d time.Duration) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.offset += d
}

// AllowRefused lets the test end well although the platform refused a payload.
func (s *Stage) AllowRefused() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.refusedOK = true
}

// Violations lists what the bot did wrong so far and the test did not allow.
func (s *Stage) Violations() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []string
	for _, v := range s.violations {
		if !v.refused || !s.refusedOK {
			all = append(all, v.text)
		}
	}
	return all
}

// TakeViolations lists the violations that contain a text, and forgets them: for a
// test that provokes them.
func (s *Stage) TakeViolations(part string) []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []string
	s.violations = slices.DeleteFunc(s.violations, func(v violation) bool {
		if !strings.Contains(v.text, part) {
			return false
		}
		all = append(all, v.text)
		return true
	})
	return all
}

// Report fails the test for each violation that is left.
func (s *Stage) Report(t testing.TB) {
	t.Helper()
	for _, v := range s.Violations() {
		t.Errorf("%s: %s", s.platform, v)
	}
}

// Violate records a violation; Mu is held.
func (s *Stage) Violate(refused bool, format string, args ...any) {
	s.violations = append(s.violations, violation{fmt.Sprintf(format, args...), refused})
	s.Change()
}

// Change wakes all that wait for something; Mu is held.
func (s *Stage) Change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Rest waits, or until the end.
func (s *Stage) Rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Done:
	}
}

// ErrClosed is returned to who waits for what a closed stand-in will not do.
var ErrClosed = errors.New("the stand-in is closed")

// Wait returns when a condition holds, or with ctx's error or ErrClosed. The condition
// is asked whenever something has changed, without Mu: it may call the stand-in.
func (s *Stage) Wait(ctx context.Context, what string, holds func() bool) error {
	for {
		s.Mu.Lock()
		changed := s.changed
		s.Mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-s.Done:
			return fmt.Errorf("%s: waiting for %s: %w", s.platform, what, ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("%s: waiting for %s: %w", s.platform, what, ctx.Err())
		}
	}
}

// WaitHeld is Wait with a condition that is asked with Mu held.
func (s *Stage) WaitHeld(ctx context.Context, what string, holds func() bool) error {
	return s.Wait(ctx, what, func() bool {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		return holds()
	})
}
