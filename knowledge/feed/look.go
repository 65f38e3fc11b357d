package feed

import (
	"context"
	"net/http"

	"silkwire/knowledge/fetch"
)

// Look asks once for a feed, as far as it changed since it was taken, and tells whether it
// could be read. It takes no item and notes nothing. Its errors are those of fetch.Get and
// of Parse; Reason has words for them.
func Look(ctx context.Context, client *http.Client, f Feed) error {
	page, err := fetch.Get(ctx, client, f.Address, f.Seen, MaxBytes)
	if err != nil || page.Same {
		return err
	}
	_, err = Parse(page.Body, page.Type, page.Address)
	return err
}
