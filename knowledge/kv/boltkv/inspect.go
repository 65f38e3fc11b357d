package boltkv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"silkwire/knowledge/kv"
)

// The checks that a file must pass before bbolt may write to it.
//
// bbolt has checks too (Tx.Check), but they trust the file that they check: they
// follow page numbers, offsets and counts through unchecked pointers into the
// memory map, in a goroutine of their own. On a damaged file that ends in a fault
// or in endless recursion, and neither can be recovered from there. bbolt also
// has no checksum over pages, so a leaf's count that lost a bit hides records and
// passes.
//
// So this is a second, suspicious reader of bbolt's file format (version 2, the
// only one that there is). It reads with bounds, visits each page at most once,
// and accepts only what bbolt itself would have written:
//
//	page 0, 1   both meta pages valid by their checksum; the later one counts
//	its root    two buckets, "silkwire" and "silkwire.meta"
//	their pages right number and kind, elements packed without gaps, keys in
//	            order and inside the range that the branch above gives them
//	records     right by their own checksum (kv.Unseal)
//	all pages   below the high-water mark exactly one of: in use, in the free list
//
// With that, any single flipped bit is either found or lies where nobody reads:
// behind the last element of a page, or in a free page. bbolt would fall back to
// the older meta page when the later is bad, which quietly loses the last
// commit; here one bad meta page is damage.

// errNeverWritten means a sound bbolt file that nobody has written to yet.
var errNeverWritten = fmt.Errorf("no database yet, it was never written to: %w", fs.ErrNotExist)

// maxDepth bounds the recursion through branch pages. A branch has at least two
// children, so a sound file cannot reach it.
const maxDepth = 64

// state is what the checks found.
type state struct {
	txid uint64
}

// inspector walks one file. It is used once, by one goroutine.
type inspector struct {
	file  io.ReaderAt
	meta  meta
	taken []bool // by page number: already reached, or in the free list
}

// inspectFile checks the whole file. The error wraps kv.ErrForeign,
// kv.ErrDamaged, kv.ErrNewer or errNeverWritten, or it is one of reading.
//
// A record that is not right by its checksum ends it, unless spoilt is there to
// be told of each.
func inspectFile(file *os.File, spoilt func(error)) (state, error) {
	info, err := file.Stat()
	if err != nil {
		return state{}, err
	}
	return inspect(file, info.Size(), spoilt)
}

func inspect(file io.ReaderAt, size int64, spoilt func(error)) (state, error) {
	m, err := readMetas(file, size)
	if err != nil {
		return state{}, err
	}
	in := &inspector{file: file, meta: m, taken: make([]bool, m.pages)}
	in.taken[0], in.taken[1] = true, true

	meta, records, err := in.buckets()
	if err != nil {
		return state{}, err
	}
	if err := in.checkMeta(meta); err != nil {
		return state{}, err
	}
	check := checkRecord
	if spoilt != nil {
		check = func(e element) error {
			err := checkRecord(e)
			if _, ok := errors.AsType[*kv.KeyError](err); ok {
				spoilt(err)
				return nil
			}
			return err
		}
	}
	if err := in.walkBucket(records, check); err != nil {
		return state{}, err
	}
	if err := in.checkFree(); err != nil {
		return state{}, err
	}
	return state{txid: m.txid}, nil
}

// buckets reads the top level and returns the two buckets of a silkwire file.
func (in *inspector) buckets() (meta, records bucket, err error) {
	count := 0
	err = in.walk(in.meta.root, span{}, 0, func(e element) (err error) {
		count++
		switch {
		case bytes.Equal(e.key, metaBucket):
			meta, err = parseBucket(e)
		case bytes.Equal(e.key, recordsBucket):
			records, err = parseBucket(e)
		}
		return err
	})
	switch {
	case err != nil:
	case count == 0 && in.meta.txid <= 1:
		err = errNeverWritten
	case !meta.found && !records.found:
		err = fmt.Errorf("%w: it is some other program's bbolt database", kv.ErrForeign)
	case !meta.found || !records.found:
		err = damaged("one of its two buckets is missing")
	case count != 2:
		err = fmt.Errorf("%w: it holds other buckets too", kv.ErrForeign)
	}
	return meta, records, err
}

func (in *inspector) checkMeta(meta bucket) error {
	found := false
	err := in.walkBucket(meta, func(e element) error {
		if err := checkRecord(e); err != nil {
			return err
		}
		if !bytes.Equal(e.key, formatKey) {
			return nil
		}
		found = true
		value, err := kv.Unseal(e.key, e.value)
		if err != nil {
			return err
		}
		return checkFormat(value)
	})
	if err == nil && !found {
		err = damaged("its format record is missing")
	}
	return err
}

func checkRecord(e element) error {
	if e.flags != 0 {
		return damaged("key %q is no record", e.key)
	}
	if _, err := kv.Unseal(e.key, e.value); err != nil {
		return &kv.KeyError{Op: "check", Key: bytes.Clone(e.key), Err: err}
	}
	return nil
}

// checkFree makes sure that every page is accounted for.
func (in *inspector) checkFree() error {
	p, err := in.page(in.meta.freelist)
	if err != nil {
		return err
	}
	free, err := p.freeIDs()
	if err != nil {
		return err
	}
	for _, id := range free {
		if id >= in.meta.pages || in.taken[id] {
			return damaged("page %d: listed as free, but it is not", id)
		}
		in.taken[id] = true
	}
	for id, taken := range in.taken {
		if !taken {
			return damaged("page %d: neither used nor free", id)
		}
	}
	return nil
}

func (in *inspector) walkBucket(b bucket, visit func(element) error) error {
	if b.root != 0 {
		return in.walk(b.root, span{}, 0, visit)
	}
	if b.inline.flags != leafPage {
		return damaged("bucket's inline page has flags %#x", b.inline.flags)
	}
	if size := len(b.inline.body); b.inline.count == 0 && size != pageHeader {
		return damaged("bucket's inline page of %d bytes has no elements", size)
	}
	return b.inline.each(span{}, visit)
}

// walk visits the leaf elements below a page in order.
func (in *inspector) walk(id uint64, keys span, depth int, visit func(element) error) error {
	if depth > maxDepth {
		return damaged("page %d: more than %d levels deep", id, maxDepth)
	}
	p, err := in.page(id)
	if err != nil {
		return err
	}
	// Deleting its last record takes a leaf out of the tree, and an empty bucket
	// is inline, so only the root of a file that nobody wrote to is empty.
	if p.count == 0 && id != in.meta.root {
		return damaged("page %d: no elements", id)
	}
	switch p.flags {
	case leafPage:
		return p.each(keys, visit)
	case branchPage:
		return in.walkBranch(p, keys, depth, visit)
	}
	return damaged("page %d: flags %#x are neither branch nor leaf", id, p.flags)
}

func (in *inspector) walkBranch(p page, keys span, depth int, visit func(element) error) error {
	var children []element
	err := p.each(keys, func(e element) error {
		children = append(children, e)
		return nil
	})
	if err != nil {
		return err
	}
	for i, child := range children {
		below := span{from: child.key, to: keys.to}
		if i+1 < len(children) {
			below.to = children[i+1].key
		}
		if err := in.walk(child.child, below, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// page reads a page with its overflow pages and takes them, so that a second way
// to any of them is damage and the walk must end.
func (in *inspector) page(id uint64) (page, error) {
	if id < 2 || id >= in.meta.pages {
		return page{}, damaged("page %d: outside of the %d pages in use", id, in.meta.pages)
	}
	size := in.meta.pageSize
	body := make([]byte, size)
	if err := in.read(body, id); err != nil {
		return page{}, err
	}
	p := parsePage(body)
	if p.id != id {
		return page{}, damaged("page %d: says that it is page %d", id, p.id)
	}
	if p.overflow >= in.meta.pages-id {
		return page{}, damaged("page %d: %d overflow pages do not fit", id, p.overflow)
	}
	for i := id; i <= id+p.overflow; i++ {
		if in.taken[i] {
			return page{}, damaged("page %d: used twice", i)
		}
		in.taken[i] = true
	}
	if p.overflow > 0 {
		body = append(body, make([]byte, p.overflow*size)...)
		if err := in.read(body[size:], id+1); err != nil {
			return page{}, err
		}
		p.body = body
	}
	return p, nil
}

func (in *inspector) read(into []byte, id uint64) error {
	if _, err := in.file.ReadAt(into, int64(id*in.meta.pageSize)); err != nil {
		return fmt.Errorf("read page %d: %w", id, err)
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", kv.ErrDamaged, fmt.Sprintf(format, args...))
}
