package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/adapters/console"
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
	return p.withCore(ctx, func(core *bot.Router, s *knowledge.Snapshot) error {
		reply := core.Dispatch(ctx, p.request(r, "1"))
		p.exit = exitCode(reply.Outcome)
		if asJSON {
			return writeJSON(p.stdout, answerOf(s, reply))
		}
		_, err := console.Draw(p.stdout, reply, console.LookAt(p.stdout, p.getenv))
		return err
	})
}

func (p *program) request(r bot.Request, id string) bot.Request {
	r.ID, r.User, r.At, r.Zone = "cli-"+id, owner(), time.Now(), time.Local
	r.Conversation = bot.Conversation{Platform: "cli", Channel: id}
	return r
}

// shortLived is how much the heap of a process that soon ends may grow, in
// percent, before it is collected.
const shortLived = 400

// withCore opens the fact base for reading and closes it afterwards.
func (p *program) withCore(ctx context.Context, do func(*bot.Router, *knowledge.Snapshot) error) (err error) {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	// Half of a single answer's time is the start; collecting its few megabytes
	// meanwhile would only draw it out.
	defer debug.SetGCPercent(debug.SetGCPercent(shortLived))
	log := c.log.logger()
	base, err := openToRead(ctx, c.database, p.stderr, bot.NewHealth(quiet(), time.Now))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	core, err := newCore(base, c.rate, log, 0)
	if err != nil {
		return err
	}
	return do(core, base.Snapshot())
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
	return p.withCore(ctx, func(core *bot.Router, s *knowledge.Snapshot) error {
		in, out := bufio.NewReaderSize(p.stdin, 64<<10), bufio.NewWriter(p.stdout)
		for n := 1; ; n++ {
			line, tooLong, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				return errors.Join(fmt.Errorf("read questions: %w", err), out.Flush())
			}
			if err != nil && line == "" {
				return out.Flush()
			}
			if err := p.batchLine(ctx, out, core, s, line, tooLong, strconv.Itoa(n)); err != nil {
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

func (p *program) batchLine(ctx context.Context, out io.Writer, core *bot.Router, s *knowledge.Snapshot, line string, tooLong bool, id string) error {
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
		return writeJSON(out, answerOf(s, bot.Reply{Lead: bot.T("That was no question."), Outcome: bot.Unknown}))
	}
	return writeJSON(out, answerOf(s, core.Dispatch(ctx, p.request(bot.Request{Call: asked(question), Line: question}, id))))
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
