// Package seed holds the fact files that ship inside the binary, as people edit
// them (Files) and as the binary reads them at start (Compiled). A test in
// package factfile proves the two equal. It imports the standard library only.
package seed

import (
	"embed"
	"io/fs"
)

//go:generate go run silkwire facts compile --to base.json .

//go:embed *.yaml
var files embed.FS

//go:embed base.json
var compiled []byte

// Files are the fact files, one YAML file a theme.
func Files() fs.FS { return files }

// Compiled is the same fact base as one JSON document. Do not change it.
func Compiled() []byte { return compiled }
