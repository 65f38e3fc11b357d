package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// .ci/vulns says that it was skipped where its database does not answer, fails for a
// vulnerability that is called, and not for one that is only near. The database is one of
// the test's, in the format of https://go.dev/doc/security/vuln/database.
func TestVulns(t *testing.T) {
	if testing.Short() || thorough > 1 {
		t.Skip("it loads packages twice, and the race detector sees nothing of them")
	}
	said, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(string(said)) // no network: what is not there is skipped
	module := t.TempDir()
	writeFiles(t, module, map[string]string{
		"go.mod":  "module tea\n\ngo 1.26.0\n",
		"main.go": "// Command tea is for a test.\npackage main\n\nimport \"os\"\n\nfunc main() { println(os.Getenv(\"TEA\")) }\n",
	})
	for name, tt := range map[string]struct {
		database string
		code     int
		says     string
	}{
		"no database":   {"http://127.0.0.1:1", 0, "SKIPPED: known vulnerabilities were not looked for, because http://127.0.0.1:1 did not answer"},
		"no such file":  {"file://" + filepath.Join(module, "nothing"), 0, "SKIPPED"},
		"called":        {vulnerable(t, "os", "Getenv"), 1, "FOUND: the program reaches a known vulnerability"},
		"imported only": {vulnerable(t, "os", "Hostname"), 0, "ok: no known vulnerability can be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), "bash", ".ci/vulns", module)
			c.Env = append(os.Environ(), "VULNDB="+tt.database, "GOPROXY=file://"+filepath.Join(cache, "cache", "download"), "GOSUMDB=off", "no_proxy=127.0.0.1")
			out, err := c.CombinedOutput()
			if strings.Contains(string(out), "reading file://"+cache) {
				t.Skip("govulncheck is not in the module cache: bash .ci/vulns fetches it where its database answers")
			}
			code := 0
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != tt.code || !strings.Contains(string(out), tt.says) {
				t.Errorf("exit status %d, want %d; want %q in\n%s", code, tt.code, tt.says, out)
			}
		})
	}
}

// vulnerable is a database with one vulnerability, in a function of the standard library.
func vulnerable(t *testing.T, path, symbol string) string {
	t.Helper()
	folder := t.TempDir()
	const id, at = "GO-2026-0001", "2026-11-01T00:00:00Z"
	writeFiles(t, folder, map[string]string{
		"index/db.json":      fmt.Sprintf(`{"modified":%q}`, at),
		"index/modules.json": fmt.Sprintf(`[{"path":"stdlib","vulns":[{"id":%q,"modified":%q}]}]`, id, at),
		"index/vulns.json":   fmt.Sprintf(`[{"id":%q,"modified":%q}]`, id, at),
		"ID/" + id + ".json": fmt.Sprintf(`{"schema_version":"1.3.1","id":%q,"modified":%q,"published":%q,"details":"It is made up.","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":%q,"symbols":[%q]}]}}],"database_specific":{"url":"https://vuln.example/it"}}`,
			id, at, at, path, symbol),
	})
	return "file://" + folder
}

// writeFiles writes files below a folder, by their paths there.
func writeFiles(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
