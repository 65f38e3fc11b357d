package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/adapters/console"
	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/commands"
	"silkwire/knowledge"
)

func (p *program) askCommand() *cobra.Command {
	asJSON, batch, explain := false, false, false
	c := &cobra.Command{
		Use:   "ask [--json] \"question\"",
		Short: "Answer one question and exit",
		Long: `Answers one question and exits: 0 answered, 3 nothing known, 2 wrong usage or
configuration, 1 failure. With --json --batch it reads questions from standard
input, a line each, and prints one object a line, in order.`,
		Example: `  silkwire ask "what does the R1 bill leave out"
  silkwire ask --json "qwen licence"
  silkwire ask --explain "quen lisence permisive?"
  printf '%s\n' 'qwen licence' '{"q":"why?","context":"qwen licence"}' | silkwire ask --json --batch`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case explain && (asJSON || batch):
				return misuse("--explain stands alone: it prints reasons, not an answer")
			case batch && !asJSON:
				return misuse("--batch prints JSON: write ask --json --batch")
			case batch:
				return exactly(0)(c, args)
			}
			return exactly(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case batch:
				return p.batch(c.Context())
			case explain:
				return p.explain(c.Context(), args[0])
			}
			return p.once(c.Context(), bot.Request{Call: asked(args[0]), Line: args[0]}, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&explain, "explain", false, "print why it is answered as it is: names, terms, scores by part, threshold")
	c.Flags().BoolVar(&batch, "batch", false, "read questions from standard input, a line each")
	return c
}

// asked is a question as a call, so that no sign in it is taken for a command.
func asked(question string) *bot.Call {
	call := &bot.Call{Path: []string{commands.Question}, Options: map[string][]string{}}
	if q := strings.TrimSpace(bot.Clean(question)); q != "" {
		call.Options["question"] = []string{q}
	}
	return call
}

func (p *program) runCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "run [--json] \"/command …\"",
		Short: "Run one slash command line and exit",
		Long: `Runs one slash command line and exits: 0 answered, 3 nothing known, 2 wrong
usage (an unknown command, a missing option), 1 failure.`,
		Example: `  silkwire run "/ticker NVDA AMD baba"
  silkwire run --json "/lab qwen"`,
		Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.once(c.Context(), bot.Request{Line: args[0]}, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// once answers one request on standard output and sets the exit code.
func (p *program) once(ctx context.Context, r bot.Request, asJSON bool) error {
	return p.withCore(ctx, func(core asker) error {
		r := p.request(r, "1")
		if asJSON {
			object, exit, err := core.object(ctx, r)
			if err != nil {
				return err
			}
			p.exit = exit
			return writeJSON(p.stdout, object)
		}
		reply := core.Dispatch(ctx, r)
		p.exit = exitCode(reply.Outcome)
		_, err := console.Draw(p.stdout, reply, console.LookAt(p.stdout, p.getenv))
		return err
	})
}

// request completes a request of this process. Its conversation is its own, also
// where another process answers.
func (p *program) request(r bot.Request, id string) bot.Request {
	return fromCommandLine(r, strconv.Itoa(os.Getpid())+"-"+id)
}

// fromCommandLine completes a request of the operator's in a conversation.
func fromCommandLine(r bot.Request, channel string) bot.Request {
	r.ID, r.User, r.At, r.Zone = "cli-"+channel, owner(), time.Now(), time.Local
	r.Conversation = bot.Conversation{Platform: "cli", Channel: channel}
	return r
}

// asker answers the questions of one process: from the fact base that it opened, or
// through the process that has it open.
type asker interface {
	Dispatch(ctx context.Context, r bot.Request) bot.Reply
	// object is the reply for scripts, with the exit status that goes with it.
	object(ctx context.Context, r bot.Request) (answerJSON, int, error)
	explain(ctx context.Context, question string) (explained, error)
}

// ownAsker answers from a fact base of this process.
type ownAsker struct {
	*bot.Router
	snapshot *knowledge.Snapshot
}

func (a ownAsker) object(ctx context.Context, r bot.Request) (answerJSON, int, error) {
	reply := a.Dispatch(ctx, r)
	return answerOf(a.snapshot, reply), exitCode(reply.Outcome), nil
}

func (a ownAsker) explain(_ context.Context, question string) (explained, error) {
	return explainFrom(a.snapshot, question), nil
}

// sharedAsker asks the process that has the database open.
type sharedAsker struct {
	*control.Client
	session *session
}

func (a sharedAsker) object(ctx context.Context, r bot.Request) (answerJSON, int, error) {
	out, err := ask[answered](ctx, a.session, "answer", question{Line: r.Line, Call: r.Call, Channel: r.Conversation.Channel})
	return out.Object, out.Exit, err
}

func (a sharedAsker) explain(ctx context.Context, question string) (explained, error) {
	return ask[explained](ctx, a.session, "explain", question)
}

// shortLived is how much the heap of a process that soon ends may grow, in
// percent, before it is collected.
const shortLived = 400

// withCore opens the fact base for reading and closes it afterwards.
func (p *program) withCore(ctx context.Context, do func(asker) error) (err error) {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	// Half of a single answer's time is the start; collecting its few megabytes
	// meanwhile would only draw it out.
	defer debug.SetGCPercent(debug.SetGCPercent(shortLived))
	log := c.log.logger()
	base, err := openToRead(ctx, c.database, p.stderr, bot.NewHealth(quiet(), time.Now))
	if errors.Is(err, errShared) {
		client := control.NewClient(c.database, author())
		defer client.Close()
		return do(sharedAsker{client, &session{run: client.Do}})
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	kept := keptIn(base, c.fetch, log)
	kept.Disabled = c.disabled
	core, err := newCore(base, kept, c.rate, log, 0)
	if err != nil {
		return err
	}
	return do(ownAsker{core, base.Snapshot()})
}

func exitCode(o bot.Outcome) int {
	switch o {
	case bot.Answered:
		return exitAnswered
	case bot.Unknown:
		return exitUnknown
	case bot.Misused:
		return exitUsage
	}
	return exitFailure
}

// maxBatchLine is how long a line of a batch may be; a longer one is an error
// of its own and the next goes on.
const maxBatchLine = 1 << 20

// batch answers one question a line, in order.
func (p *program) batch(ctx context.Context) error {
	return p.withCore(ctx, func(core asker) error {
		in, out := bufio.NewReaderSize(p.stdin, 64<<10), bufio.NewWriter(p.stdout)
		for n := 1; ; n++ {
			line, tooLong, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				return errors.Join(fmt.Errorf("read questions: %w", err), out.Flush())
			}
			if err != nil && line == "" {
				return out.Flush()
			}
			if err := p.batchLine(ctx, out, core, line, tooLong, strconv.Itoa(n)); err != nil {
				return err
			}
			if in.Buffered() == 0 {
				if err := out.Flush(); err != nil {
					return fmt.Errorf("write answers: %w", err)
				}
			}
		}
	})
}

// readLine reads a line without its end. What is over maxBatchLine is read and
// dropped.
func readLine(in *bufio.Reader) (line string, tooLong bool, err error) {
	var b strings.Builder
	for {
		part, err := in.ReadSlice('\n')
		if b.Len()+len(part) > maxBatchLine {
			tooLong = true
		} else {
			b.Write(part)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return strings.TrimRight(b.String(), "\r\n"), tooLong, err
		}
	}
}

type batchError struct {
	Error string `json:"error"`
}

func (p *program) batchLine(ctx context.Context, out io.Writer, core asker, line string, tooLong bool, id string) error {
	if tooLong {
		return writeJSON(out, batchError{"the line is longer than 1 MiB"})
	}
	question, before := line, ""
	if strings.HasPrefix(strings.TrimSpace(line), "{") {
		var q struct {
			Q       *string `json:"q"`
			Context string  `json:"context"`
		}
		if err := json.Unmarshal([]byte(line), &q); err != nil || q.Q == nil {
			return writeJSON(out, batchError{`the line is no question: write plain text, or {"q":"…","context":"…"}`})
		}
		question, before = *q.Q, q.Context
	}
	if strings.TrimSpace(before) != "" {
		core.Dispatch(ctx, p.request(bot.Request{Call: asked(before), Line: before}, id))
	}
	if strings.TrimSpace(bot.Clean(question)) == "" {
		return writeJSON(out, answerOf(nil, bot.Reply{Lead: bot.T("That was no question."), Outcome: bot.Unknown}))
	}
	object, _, err := core.object(ctx, p.request(bot.Request{Call: asked(question), Line: question}, id))
	if err != nil {
		return err
	}
	return writeJSON(out, object)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
