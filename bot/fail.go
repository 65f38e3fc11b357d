package bot

import (
	"errors"
	"fmt"
	"slices"
)

// Fail is an error that people may read: what went wrong and what to do next.
// Its cause is for the log only.
type Fail struct {
	Outcome Outcome
	Say     string  // a plain sentence
	Next    string  // what to do next, or empty
	Blocks  []Block // what there is to see before deciding
	Suggest []Action
	Form    *Form // asks for what is missing, where the platform can
	// Field is the option that is wrong. A command that has a FormOption is given back
	// as a form with everything that was typed.
	Field string
	Cause error
}

// Error is for the log.
func (f *Fail) Error() string {
	if f.Cause != nil {
		return fmt.Sprintf("%s: %v", f.Say, f.Cause)
	}
	return f.Say
}

// Unwrap gives the cause.
func (f *Fail) Unwrap() error { return f.Cause }

// Misuse is a Fail about how a command was written.
func Misuse(next, format string, args ...any) *Fail {
	return &Fail{Outcome: Misused, Say: fmt.Sprintf(format, args...), Next: next}
}

// Reply is the Fail as its user reads it.
func (f *Fail) Reply() Reply {
	r := Reply{Lead: T(f.Say), Blocks: slices.Clone(f.Blocks), Outcome: f.Outcome, Suggestions: f.Suggest, Form: f.Form, Visibility: Private}
	if f.Next != "" {
		r.Blocks = append(r.Blocks, Paragraph{Text: T(f.Next)})
	}
	return r
}

// asFail makes any error into a Fail: one that is none becomes a plain
// sentence that names the request, so that the operator finds it in the log.
func asFail(err error, requestID string) *Fail {
	if f, ok := errors.AsType[*Fail](err); ok {
		return f
	}
	return &Fail{
		Outcome: Broken,
		Say:     "Something went wrong on my side.",
		Next:    "Please try again; if it happens again, tell whoever runs silkwire this number: " + requestID + ".",
		Cause:   err,
	}
}
