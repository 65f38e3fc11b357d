package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/memkv"
)

// session is the database as one subcommand uses it: open in this process, or in
// another one that shares it at its control socket.
type session struct {
	none  bool // there is no database: the shipped fact base is read
	run   func(ctx context.Context, name string, in io.Reader, out io.Writer) error
	close func() error
}

// access is what a subcommand wants of the database.
type access uint8

const (
	toRead  access = iota // nothing is created: where there is no database, the shipped fact base is read
	toLook                // the database is created where there is none; one that is there is left as it is
	toWrite               // the database is created where there is none, and brought to this silkwire's schema and facts
)

// withSession gives the configured database to do.
func (p *program) withSession(ctx context.Context, want access, do func(*session) error) (err error) {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	s, err := p.openSession(ctx, c, want)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return do(s)
}

func (p *program) openSession(ctx context.Context, c config, want access) (*session, error) {
	health := bot.NewHealth(quiet(), time.Now)
	var base openedBase
	var err error
	switch {
	case want == toWrite, want == toLook && !exists(c.database):
		base, err = openToWrite(ctx, c.database, c.log.logger(), health)
	case exists(c.database):
		base, err = openWaiting(ctx, c.database, boltkv.Options{ReadOnly: true}, lockWait, c.log.logger(), health)
	default:
		base, err = openNothing(ctx)
	}
	switch {
	case errors.Is(err, errShared):
		client := control.NewClient(c.database, author())
		return &session{run: client.Do, close: func() error {
			client.Close()
			return nil
		}}, nil
	case err != nil:
		if reason := whyNot(c.database, err); reason != "" {
			return nil, fmt.Errorf("%s; nothing was changed", reason)
		}
		return nil, err
	}
	operations := operationsOf(base, nil)
	run := func(ctx context.Context, name string, in io.Reader, out io.Writer) error {
		return operations[name](ctx, author(), in, out)
	}
	return &session{none: base.db == nil, run: run, close: base.close}, nil
}

// openNothing is the shipped fact base as if it stood in a database.
func openNothing(ctx context.Context) (openedBase, error) {
	store := memkv.New()
	base, err := knowledge.Open(ctx, store, knowledge.ShippedBase(), true, time.Now)
	if err != nil {
		return openedBase{}, err
	}
	settings, err := bot.NewSettingsStore(ctx, nil)
	return openedBase{Knowledge: base, missed: base.Missed, settings: settings, stored: base, close: store.Close}, err
}

// ask runs an operation with JSON in and out.
func ask[Out any](ctx context.Context, s *session, name string, in any) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("write input of %s: %w", name, err)
	}
	var answer bytes.Buffer
	if err := s.run(ctx, name, bytes.NewReader(body), &answer); err != nil {
		return out, err
	}
	if err := json.Unmarshal(answer.Bytes(), &out); err != nil {
		return out, fmt.Errorf("read output of %s: %w", name, err)
	}
	return out, nil
}

// author is who runs this process, as the log of changes names them.
func author() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli:" + strconv.Itoa(os.Getuid())
}
