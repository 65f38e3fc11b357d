// Package seed holds the fact files that ship inside the binary, as people edit
// them (Files) and as the binary reads them at start (Base, Index). A test in
// package factfile proves the two equal. It imports the standard library only.
package seed

import (
	"embed"
	"io/fs"
)

//go:generate go run silkwire facts compile --to base.jsonl .

//go:embed *.yaml
var files embed.FS

//go:embed base.jsonl
var base []byte

//go:embed base.jsonl.index
var index []byte

// Files are the fact files, one YAML file a theme.
func Files() fs.FS { return files }

// Base is the same fact base as JSON, a record a line. Do not change it.
func Base() []byte { return base }

// Index is the facts of Base taken apart (knowledge.Compiled). Do not change it.
func Index() []byte { return index }
