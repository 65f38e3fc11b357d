package discord

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// served is a frame as a server sends it.
func served(opcode byte, payload string) []byte {
	var b bytes.Buffer
	b.WriteByte(0x80 | opcode)
	switch n := len(payload); {
	case n < 126:
		b.WriteByte(byte(n))
	case n < 1<<16:
		b.WriteByte(126)
		_ = binary.Write(&b, binary.BigEndian, uint16(n))
	default:
		b.WriteByte(127)
		_ = binary.Write(&b, binary.BigEndian, uint64(n))
	}
	b.WriteString(payload)
	return b.Bytes()
}

// TestFrameReader shows that frames are found however what was read is cut.
func TestFrameReader(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), 70_000))
	stream := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
	want := []frame{{1, []byte(`{"op":10}`)}, {1, []byte(long[:keptPayload])}, {9, nil}, {1, []byte(`{"op":7}`)}, {8, []byte("\x0f\xa4bye")}}
	for _, f := range [][]byte{served(1, `{"op":10}`), served(1, long), served(9, ""), served(1, `{"op":7}`), served(8, "\x0f\xa4bye")} {
		stream = append(stream, f...)
	}
	for _, size := range []int{1, 2, 3, 7, 100, 4096, len(stream)} {
		r := &frameReader{}
		var got []frame
		for at := 0; at < len(stream); {
			chunk := stream[at:min(at+size, len(stream))]
			for len(chunk) > 0 {
				used, f := r.feed(chunk)
				if f != nil {
					got = append(got, *f)
				}
				chunk = chunk[used:]
				at += used
			}
		}
		if len(got) != len(want) {
			t.Fatalf("in pieces of %d there are %d frames, want %d", size, len(got), len(want))
		}
		for i := range want {
			if got[i].opcode != want[i].opcode || !bytes.Equal(got[i].payload, want[i].payload) {
				t.Errorf("in pieces of %d frame %d is %d %.20q", size, i, got[i].opcode, got[i].payload)
			}
		}
	}
}

// TestSilence shows when a connection is taken for dead on which nothing comes: soon after
// a heartbeat that nobody answers, else after its silence.
func TestSilence(t *testing.T) {
	for name, test := range map[string]struct{ writesAt, answersAt, dead time.Duration }{
		"nothing is written":       {0, 0, 72 * time.Second},
		"a heartbeat is lost":      {41 * time.Second, 0, 51 * time.Second},
		"a heartbeat is answered":  {41 * time.Second, 42 * time.Second, (42 + 72) * time.Second},
		"an answer comes too late": {41 * time.Second, 60 * time.Second, 51 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				theirs, ours := net.Pipe()
				w := &watched{Conn: ours, ended: make(chan struct{}), now: time.Now}
				w.silence.Store(int64(72 * time.Second))
				began := time.Now()
				var all sync.WaitGroup
				all.Go(func() {
					var err error
					for err == nil {
						_, err = w.Read(make([]byte, 64))
					}
					if took := time.Since(began); !errors.Is(err, errSilent) || took != test.dead {
						t.Errorf("it was dead after %s: %v, want %s", took, err, test.dead)
					}
					_ = ours.Close() // who writes still, sees it
				})
				if test.writesAt > 0 {
					time.Sleep(test.writesAt) // of the bubble's time
					all.Go(func() { _, _ = w.Write([]byte("heartbeat")) })
					if _, err := theirs.Read(make([]byte, 64)); err != nil {
						t.Error(err)
					}
				}
				if test.answersAt > 0 {
					time.Sleep(test.answersAt - test.writesAt)
					_, _ = theirs.Write([]byte("acknowledged")) // too late, it is closed
				}
				all.Wait()
				_ = theirs.Close()
			})
		})
	}
}

// FuzzFrameReader shows that no bytes break the reader or keep it from going on.
func FuzzFrameReader(f *testing.F) {
	f.Add([]byte("\r\n\r\n"), served(1, `{"op":7}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		r := &frameReader{}
		for _, p := range [][]byte{first, second} {
			for len(p) > 0 {
				used, frame := r.feed(p)
				if used == 0 && frame == nil || frame != nil && len(frame.payload) > keptPayload {
					t.Fatalf("used %d, frame %v", used, frame)
				}
				p = p[used:]
			}
		}
	})
}
