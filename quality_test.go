package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestQuality keeps what every development question is answered with, and the
// summary of each set, under knowledge/testdata/quality: a change of ranking
// shows in a diff, good and bad. Of the held-out questions only the summary is
// kept, so that nobody builds for them.
func TestQuality(t *testing.T) {
	if thorough > 1 {
		t.Skip("nothing of it runs beside anything else")
	}
	for _, test := range []struct {
		name, questions   string
		each, withoutAsks bool
	}{
		{"development", "development", true, false},
		{"development-without-asks", "development", false, true},
		{"dossier", "dossier", true, false},
		{"dossier-without-asks", "dossier", false, true},
		{"negatives", "negatives", true, false},
		{"negatives-outside", "negatives-outside", true, false},
		{"negatives-held-out", "negatives-held-out", false, false},
		{"held-out", "held-out", false, false},
		{"held-out-without-asks", "held-out", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &evaluation{withoutAsks: test.withoutAsks}
			if err := e.read(context.Background(), filepath.Join("knowledge/testdata/questions", test.questions+".jsonl")); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if test.each {
				e.writeEach(&got)
			}
			if err := e.writeTable(&got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("knowledge/testdata/quality", test.name+".txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("the answers changed; read the diff after UPDATE_GOLDEN=1 go test -run TestQuality .\ngot:\n%s\nwant:\n%s", &got, want)
			}
		})
	}
}
