package control

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"

	"silkwire/bot"
)

// Client uses the control socket of a database. Close it.
type Client struct {
	author string
	http   *http.Client
}

// NewClient is a client of the socket beside the database; author is who asks, as
// their system calls them. It connects when it is first used.
func NewClient(database, author string) *Client {
	blocks()
	socket := Socket(database)
	dial := func(ctx context.Context, _, _ string) (c net.Conn, err error) {
		err = reachable(socket, func(path string) (err error) {
			c, err = new(net.Dialer).DialContext(ctx, "unix", path)
			return err
		})
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil, ErrNobody
		}
		return c, err
	}
	return &Client{author: author, http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true}}}
}

// Close gives connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// maxSentence is how long an error may be that comes back.
const maxSentence = 1 << 20

// Do runs an operation with the input in and writes its output to out. The error
// wraps ErrNobody where nobody listens; else it is the operation's sentence, or one
// of the connection, after which the operation may have been done or not.
func (c *Client) Do(ctx context.Context, name string, in io.Reader, out io.Writer) (err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://silkwire/v1/"+name, in)
	if err != nil {
		return fmt.Errorf("ask at the control socket: %w", err)
	}
	r.Header.Set(authorHeader, oneLine(c.author))
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("ask at the control socket: %w", err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode != http.StatusOK {
		sentence, err := io.ReadAll(io.LimitReader(answer.Body, maxSentence))
		if err != nil {
			return fmt.Errorf("ask at the control socket: %w", err)
		}
		if answer.StatusCode == http.StatusUnprocessableEntity {
			return errors.New(string(sentence))
		}
		return fmt.Errorf("the silkwire that has the database open does not know %q: is it another version", name)
	}
	if _, err := io.Copy(out, answer.Body); err != nil {
		return fmt.Errorf("ask at the control socket: %w", err)
	}
	if sentence := answer.Trailer.Get(errorTrailer); sentence != "" {
		return errors.New(sentence)
	}
	return nil
}

// Dispatch has the request answered over there, as the operator's.
func (c *Client) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	var reply bot.Reply
	if err := c.ask(ctx, "dispatch", r, &reply); err != nil {
		return bot.Reply{
			Lead:    bot.T("I lost the silkwire that has the database open: it may have been stopped."),
			Blocks:  []bot.Block{bot.Paragraph{Text: bot.T("Please ask again in a moment, or start over.")}},
			Outcome: bot.Broken, Visibility: bot.Private,
		}
	}
	return reply
}

// Complete has the line completed over there; where that fails there is nothing to
// suggest.
func (c *Client) Complete(ctx context.Context, r bot.Request) bot.Completion {
	var out bot.Completion
	if err := c.ask(ctx, "complete", r, &out); err != nil {
		return bot.Completion{From: len(r.Line)}
	}
	return out
}

func (c *Client) ask(ctx context.Context, name string, r bot.Request, into any) error {
	var in strings.Builder
	if err := gob.NewEncoder(&in).Encode(outgoing(r)); err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	var out strings.Builder
	if err := c.Do(ctx, name, strings.NewReader(in.String()), &out); err != nil {
		return err
	}
	return gob.NewDecoder(strings.NewReader(out.String())).Decode(into)
}

// oneLine keeps a header in its line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
