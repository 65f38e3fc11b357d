package feed

import (
	"context"
	"net/http"

	"silkwire/knowledge/fetch"
)

// Look asks for a feed once, as the Engine does, and keeps nothing of it: nil says that it
// can be read. Its errors are those of fetch.Get and of Parse.
func Look(ctx context.Context, client *http.Client, f Feed) error {
	page, err := fetch.Get(ctx, client, f.Address, f.Seen, MaxBytes)
	if err != nil || page.Same {
		return err
	}
	_, err = Parse(page.Body, page.Type, page.Address)
	return err
}
