package quote

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"silkwire/knowledge"
)

// Write writes prices as a file that Read reads back: CSV, or JSON where the name ends in
// .json.
func Write(w io.Writer, name string, quotes []knowledge.Quote) error {
	if strings.EqualFold(filepath.Ext(name), ".json") {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(map[string][]knowledge.Quote{"quotes": append([]knowledge.Quote{}, quotes...)})
	}
	c := csv.NewWriter(w)
	records := [][]string{{"symbol", "price", "currency", "change_percent", "as_of", "source", "url"}}
	for _, q := range quotes {
		records = append(records, []string{q.Symbol, q.Price, q.Currency, q.ChangePercent, q.AsOf, q.Source, q.URL})
	}
	if err := c.WriteAll(records); err != nil { // it flushes
		return fmt.Errorf("write prices: %w", err)
	}
	return nil
}
