package bot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Repeat gives a request that was answered before the same reply again, while what is
// known is the same edition, which is another after each revision and each new price:
// many people ask the same thing, and press the same buttons. It is for the commands
// that steady names, whose replies depend on nothing but what is known and what the
// request says: its words, the context that it is read in, its day here and in UTC, and
// what its user may do. It stands innermost, so that limits, logs and counts see every
// request. The last size replies are kept, personal ones not.
func Repeat(steady func(command string) bool, edition func() uint64, size int) Middleware {
	replies := newRecent[string, *atomic.Pointer[Reply]](size)
	var same atomic.Uint64
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			if !steady(r.Command) || r.wrong != nil {
				return next(ctx, r)
			}
			kept := replies.get(repeatKey(r, edition()), func() *atomic.Pointer[Reply] { return new(atomic.Pointer[Reply]) })
			if reply := kept.Load(); reply != nil {
				return *reply, nil
			}
			reply, err := next(ctx, r)
			if err == nil && !reply.Personal {
				reply.Same = same.Add(1)
				kept.Store(&reply)
			}
			return reply, err
		}
	}
}

// repeatKey is all that a steady reply depends on.
func repeatKey(r Request, edition uint64) string {
	var b strings.Builder
	add := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	add(r.Command, r.Message, r.Locale, strconv.FormatUint(edition, 36), strconv.Itoa(int(r.User.May)), r.At.Format(time.DateOnly), r.At.UTC().Format(time.DateOnly))
	if r.Zone != nil {
		add(r.Zone.String())
	}
	add(r.Context.Question)
	add(r.Context.Entities...)
	add(r.Context.Facts...)
	for _, name := range sortedNames(r.Values.m) {
		add(name)
		add(r.Values.m[name]...)
	}
	return b.String()
}

func sortedNames(m map[string][]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	return names
}
