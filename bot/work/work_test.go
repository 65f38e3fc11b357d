package work_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"silkwire/bot/work"
)

func TestPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Int64
		p := work.NewPool(t.Context(), 2, 4, func(any) { broken.Add(1) })
		var done atomic.Int64
		gate := make(chan struct{})
		job := func(context.Context) {
			<-gate
			done.Add(1)
		}
		taken := 0
		for range 10 {
			if p.Put(job) {
				taken++
			}
			synctest.Wait()
		}
		if taken != 6 { // two are done, four wait
			t.Errorf("%d jobs were taken", taken)
		}
		close(gate)
		synctest.Wait()
		p.Put(func(context.Context) { panic("on purpose") })
		p.Put(func(context.Context) { p.Put(job) }) // a job of a job is done too
		p.Drain()
		if done.Load() != 7 || broken.Load() != 1 {
			t.Errorf("%d were done, %d broke", done.Load(), broken.Load())
		}
		if p.Put(job) {
			t.Error("a job was taken after the end")
		}
		p.Drain()
	})
}

// More comes than can be done: who waits too long is told, until few are left.
func TestPoolSheds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := work.NewPool(t.Context(), 1, 512, func(any) {})
		var done, shed int
		job := func(context.Context) {
			time.Sleep(10 * time.Millisecond) // of the bubble's time
			done++
		}
		began := time.Now()
		waited := func() time.Duration { return time.Since(began) }
		for range 500 {
			p.Offer(waited, job, func(context.Context) { shed++ })
		}
		p.Drain()
		if took := time.Since(began); took > 900*time.Millisecond || done < 50 || done+shed != 500 {
			t.Errorf("%d were done and %d shed in %s", done, shed, took)
		}
		p = work.NewPool(t.Context(), 1, 512, func(any) {})
		done, shed = 0, 0
		for range 30 { // few may be late
			p.Offer(waited, func(context.Context) {
				time.Sleep(time.Second)
				done++
			}, func(context.Context) { shed++ })
		}
		p.Drain()
		if done != 30 || shed != 0 {
			t.Errorf("of few %d were done and %d shed", done, shed)
		}
	})
}

func TestRecentKeys(t *testing.T) {
	r := work.NewRecentKeys(3)
	for _, c := range []struct {
		key   string
		isNew bool
	}{{"a", true}, {"b", true}, {"a", false}, {"c", true}, {"d", true}} {
		if got := r.Add(c.key); got != c.isNew {
			t.Errorf("%s is new: %t", c.key, got)
		}
	}
	if r.Has("a") || !r.Has("b") || !r.Has("d") {
		t.Error("not the last three are remembered")
	}
	r.Remove("d")
	if !r.Add("d") {
		t.Error("what was forgotten is not new")
	}
}

func TestMemo(t *testing.T) {
	m := work.NewMemo[int, string](2)
	made := 0
	get := func(n int) string {
		return m.Get(n, func() string { made++; return strconv.Itoa(n) })
	}
	if got := []string{get(1), get(1), get(2), get(3), get(3)}; !slices.Equal(got, []string{"1", "1", "2", "3", "3"}) || made != 3 {
		t.Errorf("%q, made %d times", got, made)
	}
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := work.NewBackoff(func() float64 { return 0 }, time.Second)
		var took []time.Duration
		wait := func() {
			began := time.Now()
			b.Wait(t.Context())
			took = append(took, time.Since(began))
		}
		for range 5 {
			wait()
		}
		b.Reset()
		wait()
		want := []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond, 100 * time.Millisecond}
		if !slices.Equal(took, want) {
			t.Errorf("it waited %v, want %v", took, want)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := work.Rest(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
