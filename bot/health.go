package bot

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Status is how one part of silkwire is doing.
type Status struct {
	Part   string // "store", "slack", …
	OK     bool
	Detail string // a plain sentence, no secrets
	Since  time.Time
}

// Health collects how the parts are doing. The zero Health is not usable; call
// NewHealth. It is safe for use by many goroutines.
type Health struct {
	now func() time.Time
	log *slog.Logger

	mu    sync.Mutex
	parts map[string]Status // guarded by mu
}

// NewHealth makes a Health that logs each change of a part.
func NewHealth(log *slog.Logger, now func() time.Time) *Health {
	return &Health{now: now, log: log, parts: map[string]Status{}}
}

// Report says how a part is doing. Only a change is logged and dated.
func (h *Health) Report(part string, ok bool, detail string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.parts[part]
	if known && before.OK == ok && before.Detail == detail {
		return
	}
	h.parts[part] = Status{Part: part, OK: ok, Detail: detail, Since: h.now()}
	level := slog.LevelDebug
	if !ok {
		level = slog.LevelWarn
	} else if known && !before.OK {
		level = slog.LevelInfo
	}
	h.log.Log(context.Background(), level, "health", "part", part, "ok", ok, "detail", detail)
}

// Parts lists every part that reported, by name.
func (h *Health) Parts() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Status, 0, len(h.parts))
	for _, s := range h.parts {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Part, b.Part) })
	return all
}
