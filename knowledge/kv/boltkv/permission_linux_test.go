package boltkv_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// Permission bits do not stop root, so the file system is asked as nobody: on
// Linux that identity belongs to the thread, and the thread ends with its
// goroutine when it stays locked to it.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	if os.Getuid() != 0 {
		fn()
		return
	}
	const nobody = 65534
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
			t.Errorf("setfsuid: %v", errno)
			return
		}
		fn()
	}()
	<-done
}

func TestMissingPermission(t *testing.T) {
	tests := map[string]struct {
		file, folder fs.FileMode // 0: no file
		opts         boltkv.Options
		want         error
	}{
		"file may not be read":              {0o200, 0o755, boltkv.Options{}, fs.ErrPermission},
		"file may not be written":           {0o444, 0o755, boltkv.Options{}, fs.ErrPermission},
		"reading needs no right to write":   {0o444, 0o555, boltkv.Options{ReadOnly: true}, nil},
		"folder may not be written":         {0, 0o555, boltkv.Options{}, fs.ErrPermission},
		"folder may not be entered":         {0o644, 0o000, boltkv.Options{}, fs.ErrPermission},
		"existing file needs only the file": {0o666, 0o555, boltkv.Options{}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "silkwire.db")
			if test.file != 0 {
				fill(t, path, 3, 10)
				chmod(t, path, test.file)
			}
			// Both are root's: TempDir, and the folder that it makes for the test.
			chmod(t, filepath.Dir(folder), 0o755)
			chmod(t, folder, test.folder)
			defer chmod(t, folder, 0o755)
			asNobody(t, func() {
				db, err := boltkv.Open(path, test.opts)
				if err == nil {
					defer checkFile(t, db)
				}
				var openErr *kv.OpenError
				if !errors.Is(err, test.want) || (err != nil && (!errors.As(err, &openErr) || openErr.Hint == "")) {
					t.Errorf("Open: got %v, want %v with a hint", err, test.want)
				}
			})
		})
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
