package factfile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"silkwire/knowledge"
	"silkwire/knowledge/seed"
	"strings"
	"testing"
	"time"
)

func TestEval(t *testing.T) {
	path := os.Getenv("EVAL")
	if path == "" {
		t.Skip()
	}
	c, m, err := Read(seed.Files())
	if err != nil || len(m) > 0 {
		t.Fatal(err, m)
	}
	b, _ := knowledge.Compile(c)
	os.WriteFile("../seed/base.json", b, 0o644)
	t0 := time.Now()
	s := knowledge.NewSnapshot(c, 1, time.Now())
	fmt.Println("build", time.Since(t0))
	f, _ := os.Open(path)
	sc := bufio.NewScanner(f)
	type Q struct {
		ID, Q, Context, Kind string
		Gold                 []struct {
			Section   any
			Paragraph int
			Symbol    string
		}
		Must []string
	}
	tot := map[string]int{}
	first := map[string]int{}
	three := map[string]int{}
	ans := map[string]int{}
	var pos, neg []float64
	var n int
	t0 = time.Now()
	for sc.Scan() {
		var q Q
		if err := json.Unmarshal(sc.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		kq := knowledge.Query{Text: q.Q}
		if q.Context != "" {
			a := s.Answer(knowledge.Query{Text: q.Context})
			for _, f := range a.Facts[:min(len(a.Facts), 3)] {
				kq.Entities = append(kq.Entities, f.Fact.Subjects...)
			}
			for i := len(a.Mentions) - 1; i >= 0; i-- {
				kq.Entities = append([]string{a.Mentions[i].Slug}, kq.Entities...)
			}
			kq.Before = q.Context
		}
		a := s.Answer(kq)

		n++
		tot[q.Kind]++
		if len(q.Gold) == 0 {
			neg = append(neg, a.Score)
			if !a.Known {
				first[q.Kind]++
			} else {
				fmt.Printf("NEG %.2f %s | %s\n", a.Score, q.Q, a.Facts[0].Fact.ID)
			}
			continue
		}
		if q.Gold[0].Section == "tape" {
			tot["tape"]++
			tot[q.Kind]--
			ok := false
			for _, m := range a.Mentions {
				sy := m.Symbol
				if sy == "" && len(s.Symbols(m.Slug)) > 0 {
					sy = s.Symbols(m.Slug)[0]
				}
				ok = ok || sy == q.Gold[0].Symbol
			}
			if ok {
				first["tape"]++
			} else {
				fmt.Println("TAPE", q.Q, q.Gold[0].Symbol, a.Mentions)
			}
			continue
		}
		pos = append(pos, a.Score)
		hit := func(f *knowledge.Fact) bool {
			for _, g := range q.Gold {
				sec, _ := g.Section.(float64)
				for _, so := range f.Sources {
					if so.Section != nil && *so.Section == int(sec) && so.Paragraph == g.Paragraph {
						return true
					}
				}
			}
			if len(q.Must) == 0 {
				return false
			}
			for _, m := range q.Must {
				if ok, _ := regexp.MatchString("(?i)"+m, f.Statement); !ok {
					return false
				}
			}
			return true
		}
		if len(a.Facts) > 0 && hit(a.Facts[0].Fact) {
			first[q.Kind]++
		} else {
			id := ""
			if len(a.Facts) > 0 {
				id = a.Facts[0].Fact.ID
			}
			g := []string{}
			for _, x := range q.Gold {
				g = append(g, fmt.Sprintf("%v/%d", x.Section, x.Paragraph))
			}
			fmt.Printf("MISS %.2f [%s] %s | got %s | gold %s\n", a.Score, q.Kind, q.Q, id, strings.Join(g, " "))
		}
		for _, f := range a.Facts[:min(3, len(a.Facts))] {
			if hit(f.Fact) {
				three[q.Kind]++
				break
			}
		}
		if a.Known {
			ans[q.Kind]++
		} else {
			fmt.Printf("REFUSED %.2f [%s] %s\n", a.Score, q.Kind, q.Q)
		}
	}
	fmt.Println("per q", time.Since(t0)/time.Duration(n))
	T, F, H, A := 0, 0, 0, 0
	for k := range tot {
		fmt.Printf("%-12s n=%d first=%d three=%d answered=%d\n", k, tot[k], first[k], three[k], ans[k])
		if k != "negative" && k != "tape" {
			T += tot[k]
			F += first[k]
			H += three[k]
			A += ans[k]
		}
	}
	fmt.Printf("ALL n=%d first=%.1f three=%.1f answered=%.1f neg refused=%d/%d\n", T, 100*float64(F)/float64(T), 100*float64(H)/float64(T), 100*float64(A)/float64(T), first["negative"], tot["negative"])
}
