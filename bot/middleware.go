package bot

import (
	"container/list"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Panicked is what a value that was recovered tells the log: what the runtime itself says
// of a mistake, which is about types and numbers, and of anything else its type only. Such
// a value may hold what somebody wrote, or a token. Where it happened the stack says, which
// has no words either.
func Panicked(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", value)
}

// Panic is for the log line about a value that was recovered: what it tells (see
// Panicked) and the stack that led to it.
func Panic(value any) slog.Attr {
	return slog.Group("", "panic", Panicked(value), "stack", string(debug.Stack()))
}

// Recover turns a handler's panic into an error, so that one bad request does
// not end the process for everybody.
func Recover() Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (reply Reply, err error) {
			defer func() {
				if p := recover(); p != nil {
					reply, err = Reply{}, fmt.Errorf("panic in /%s: %s\n%s", r.Command, Panicked(p), debug.Stack())
				}
			}()
			return next(ctx, r)
		}
	}
}

// Log writes one line for each request that was handled: id, command, platform,
// outcome and duration. What people wrote is not logged.
func Log(log *slog.Logger, now func() time.Time) Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			began := now()
			reply, err := next(ctx, r)
			outcome := reply.Outcome
			if err != nil {
				outcome = asFail(err, r.ID).Outcome
			}
			log.DebugContext(ctx, "request", "request", r.ID, "command", r.Command,
				"platform", r.Conversation.Platform, "outcome", outcome.String(), "duration", now().Sub(began))
			return reply, err
		}
	}
}

// Trail writes a line for each command that was run by who may and others may not: who it
// was, by their id, where, and how it ended. What people wrote is not logged. needs is
// what a command needs, by its path in words.
func Trail(log *slog.Logger, needs func(command string) Permission) Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			reply, err := next(ctx, r)
			if err == nil && reply.Outcome == Answered && needs(r.Command) != Everyone && !r.User.Trusted {
				log.InfoContext(ctx, "a privileged command", "request", r.ID, "command", r.Command, "platform", r.Conversation.Platform, "space", r.Conversation.Space, "user", r.User.ID)
			}
			return reply, err
		}
	}
}

// Unanswered tells missed each question that got no answer, in the words of the
// option of that command. That it cannot be counted costs nobody the reply: it is
// logged.
func Unanswered(command, option string, log *slog.Logger, missed func(ctx context.Context, question string) error) Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			reply, err := next(ctx, r)
			if err == nil && r.Command == command && reply.Outcome == Unknown && !r.Overheard {
				if err := missed(ctx, r.Values.Text(option)); err != nil {
					log.WarnContext(ctx, "unanswered question not counted", "request", r.ID, "error", err)
				}
			}
			return reply, err
		}
	}
}

// permit lets only users through that may, by one permission or the other.
func permit(needed, or Permission) Middleware {
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			if r.User.May.Includes(needed) || or != Everyone && r.User.May.Includes(or) {
				return next(ctx, r)
			}
			who := "curators"
			switch {
			case !r.User.May.Includes(needed & Curator):
			case needed&SpaceAdmin != 0:
				who = "an admin of this whole server or workspace"
			default:
				who = "an admin of this conversation"
			}
			return Reply{}, &Fail{Outcome: Denied, Say: fmt.Sprintf("/%s is for %s.", r.Command, who), Next: "Ask one of them, or the operator of silkwire, to do it."}
		}
	}
}

// Limit lets each user ask perSecond times a second on average and burst times
// at once; who asks more is told when to try again. It remembers the users that
// asked last, at most maxUsers of them. Trusted users are not limited, and a
// perSecond of zero or less limits nobody.
func Limit(perSecond float64, burst, maxUsers int) Middleware {
	if perSecond <= 0 {
		return func(next Handler) Handler { return next }
	}
	users := newRecent[string, *rate.Limiter](maxUsers)
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			if r.User.Trusted {
				return next(ctx, r)
			}
			key := r.Conversation.Platform + "\x00" + r.Conversation.Space + "\x00" + r.User.ID
			limiter := users.get(key, func() *rate.Limiter { return rate.NewLimiter(rate.Limit(perSecond), burst) })
			if limiter.AllowN(r.At, 1) {
				return next(ctx, r)
			}
			wait := time.Duration(float64(time.Second) / perSecond).Round(100 * time.Millisecond)
			return Reply{}, &Fail{Outcome: Limited, Say: "That is more than I can answer at once.", Next: fmt.Sprintf("Please try again in %s.", max(wait, time.Second))}
		}
	}
}

// ContextLife is how long a follow-up is read in the light of what its conversation was
// last about.
const ContextLife = 30 * time.Minute

// Remember gives each request the context of its conversation and keeps what
// the reply was about, for at most life and for at most maxConversations, the
// ones that were used last. A request that brings a context of its own, if only
// its time, keeps that. In a thread everybody shares the context, but for what
// somebody asks in private there; outside one it is each user's own.
func Remember(life time.Duration, maxConversations int) Middleware {
	contexts := newRecent[string, *remembered](maxConversations)
	of := func(key string) *remembered {
		return contexts.get(key, func() *remembered { return new(remembered) })
	}
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			known := of(conversationKey(r)).load()
			if r.Visibility == Private {
				if own := of(privateKey(r)).load(); own.At.After(known.At) {
					known = own
				}
			}
			if r.Context.At.IsZero() && len(r.Context.Entities) == 0 && r.At.Sub(known.At) < life {
				r.Context = known
			}
			reply, err := next(ctx, r)
			reply.Light = r.Context
			if err == nil && reply.Outcome == Answered && len(reply.Used.Facts)+len(reply.Used.Entities) > 0 {
				key := conversationKey(r)
				if r.Visibility == Private || reply.Visibility == Private {
					key = privateKey(r)
				}
				of(key).store(contextOf(r, reply))
			}
			return reply, err
		}
	}
}

func conversationKey(r Request) string {
	if r.Conversation.Thread == "" {
		return privateKey(r)
	}
	return threadKey(r)
}

func threadKey(r Request) string {
	c := r.Conversation
	return c.Platform + "\x00" + c.Space + "\x00" + c.Channel + "\x00" + c.Thread
}

func privateKey(r Request) string { return threadKey(r) + "\x00" + r.User.ID }

// contextOf keeps at most five of each, so that a context stays small.
func contextOf(r Request, reply Reply) Context {
	c := Context{Question: r.Line, At: r.At}
	for _, u := range reply.Used.Entities[:min(5, len(reply.Used.Entities))] {
		c.Entities = append(c.Entities, u.ID)
	}
	for _, u := range reply.Used.Facts[:min(5, len(reply.Used.Facts))] {
		c.Facts = append(c.Facts, u.ID)
	}
	return c
}

type remembered struct {
	mu sync.Mutex
	c  Context // guarded by mu
}

func (m *remembered) load() Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.c
	c.Entities, c.Facts = slices.Clone(c.Entities), slices.Clone(c.Facts)
	return c
}

func (m *remembered) store(c Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c = c
}

// recent keeps the values of the keys that were used last, at most size of
// them.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	size  int
	order *list.List          // of entry[K, V], the last used first
	byKey map[K]*list.Element // both guarded by mu
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, order: list.New(), byKey: map[K]*list.Element{}}
}

func (r *recent[K, V]) get(key K, make func() V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, found := r.byKey[key]; found {
		r.order.MoveToFront(e)
		return e.Value.(entry[K, V]).value
	}
	if r.order.Len() >= r.size {
		oldest := r.order.Back()
		delete(r.byKey, oldest.Value.(entry[K, V]).key)
		r.order.Remove(oldest)
	}
	v := make()
	r.byKey[key] = r.order.PushFront(entry[K, V]{key, v})
	return v
}
