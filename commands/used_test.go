package commands

import (
	"strings"
	"testing"

	"silkwire/knowledge"
)

// Scripts, digests and corrections go by what a reply says that it used: a fact
// that is looked at on the way and not shown must not be among it.
func TestReplyUsesOnlyWhatItShows(t *testing.T) {
	core := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for _, question := range []string{
		"who owns Alibaba", // an owner that is not recorded
		"who owns TikTok",
		"is the multi-polar picture listed",
		"is ByteDance listed",
		"what did R1 cost",
		"what salary does a qwen researcher get",
	} {
		r := dispatch(t, core, question)
		shown := r.Plain()
		if len(r.Used.Facts) == 0 {
			t.Errorf("%q: the reply uses no fact", question)
		}
		for _, u := range r.Used.Facts {
			if !strings.Contains(shown, u.ID) {
				t.Errorf("%q: the reply uses %s and does not show it:\n%s", question, u.ID, shown)
			}
		}
	}
}
