package boltkv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"

	"silkwire/knowledge/kv"
)

// bbolt's file format, version 2, in the machine's own byte order:
//
//	page     id u64 · flags u16 · count u16 · overflow u32 · elements · data
//	leaf     element: flags u32 · offset u32 · key size u32 · value size u32
//	branch   element: offset u32 · key size u32 · page u64
//	         an offset counts from the beginning of its element
//	bucket   a leaf value: root page u64 · sequence u64 · root page itself if 0
//	freelist data: page numbers u64; count 0xffff: the first u64 is the count
//	meta     magic u32 · version u32 · page size u32 · flags u32 · root bucket
//	         u64, u64 · freelist page u64 · number of pages u64 · transaction
//	         u64 · FNV-1a over all before u64
const (
	pageHeader   = 16
	elementSize  = 16
	bucketHeader = 16
	metaSize     = 64

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01

	boltMagic   = 0xED0CDAED
	boltVersion = 2

	// The page size is the operating system's: 4 to 64 KiB. bbolt looks for the
	// second meta page at 1 KiB to 16 MiB.
	minPageSize = 1 << 10
	maxPageSize = 16 << 20
)

var order = binary.NativeEndian

// meta is a meta page that is right by its checksum.
type meta struct {
	pageSize uint64
	root     uint64
	freelist uint64
	pages    uint64 // how many are in use or free, so the file is at least as long
	txid     uint64
}

// readMetas returns the later of the two meta pages. The error wraps
// kv.ErrForeign when neither has bbolt's magic number, kv.ErrDamaged when one is
// bad or the file is shorter than it says.
func readMetas(file io.ReaderAt, size int64) (meta, error) {
	first, err := readMeta(file, 0)
	if err != nil {
		if !looksLikeBolt(file) {
			return meta{}, fmt.Errorf("%w: it is no bbolt database", kv.ErrForeign)
		}
		return meta{}, err
	}
	second, err := readMeta(file, int64(first.pageSize))
	if err != nil {
		return meta{}, err
	}
	if second.pageSize != first.pageSize {
		return meta{}, damaged("meta pages differ in page size: %d and %d", first.pageSize, second.pageSize)
	}
	latest := first
	if second.txid > first.txid {
		latest = second
	}
	if has := uint64(size) / latest.pageSize; has < latest.pages {
		return meta{}, damaged("file is cut short: %d of %d pages", has, latest.pages)
	}
	if latest.pages < 4 {
		return meta{}, damaged("only %d pages", latest.pages)
	}
	return latest, nil
}

func readMeta(file io.ReaderAt, at int64) (meta, error) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(b, at); err == io.EOF {
		return meta{}, damaged("meta page at byte %d is missing", at)
	} else if err != nil {
		return meta{}, fmt.Errorf("read meta page: %w", err)
	}
	b = b[pageHeader:]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:56]) // a hash never fails
	if order.Uint32(b) != boltMagic || order.Uint64(b[56:]) != sum.Sum64() {
		return meta{}, damaged("meta page at byte %d fails its checksum", at)
	}
	if v := order.Uint32(b[4:]); v != boltVersion {
		return meta{}, fmt.Errorf("%w: it has bbolt's format %d", kv.ErrForeign, v)
	}
	m := meta{
		pageSize: uint64(order.Uint32(b[8:])),
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		pages:    order.Uint64(b[40:]),
		txid:     order.Uint64(b[48:]),
	}
	if m.pageSize < minPageSize || m.pageSize > maxPageSize || m.pageSize&(m.pageSize-1) != 0 {
		return meta{}, damaged("page size is %d", m.pageSize)
	}
	return m, nil
}

// looksLikeBolt reports whether bbolt's magic number is where either meta page
// could have it.
func looksLikeBolt(file io.ReaderAt) bool {
	magic := order.AppendUint32(nil, boltMagic)
	found := make([]byte, len(magic))
	has := func(at int64) bool {
		_, err := file.ReadAt(found, at+pageHeader)
		return err == nil && bytes.Equal(found, magic)
	}
	for at := int64(minPageSize); at <= maxPageSize; at *= 2 {
		if has(at) {
			return true
		}
	}
	return has(0)
}

// page is a page of the tree or the free list, with its overflow pages.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow uint64
	body     []byte // header included
}

// parsePage reads a header; body has at least pageHeader bytes.
func parsePage(body []byte) page {
	return page{
		id:       order.Uint64(body),
		flags:    order.Uint16(body[8:]),
		count:    int(order.Uint16(body[10:])),
		overflow: uint64(order.Uint32(body[12:])),
		body:     body,
	}
}

// element is an entry of a leaf or a branch page. Its slices share the page.
type element struct {
	key   []byte
	value []byte // leaf
	flags uint32 // leaf
	child uint64 // branch
}

// span is the range of keys that a page may hold; nil is no limit.
type span struct {
	from, to []byte // from is inside, to is outside
}

// each visits the elements in order. They must lie packed, as bbolt writes them:
// that is what finds a wrong count.
func (p page) each(keys span, visit func(element) error) error {
	next := uint64(pageHeader + p.count*elementSize)
	var previous []byte
	for i := range p.count {
		at := uint64(pageHeader + i*elementSize)
		if at+elementSize > uint64(len(p.body)) {
			return damaged("page %d: %d elements do not fit", p.id, p.count)
		}
		e, start, end, err := p.element(at)
		if err != nil {
			return err
		}
		if start != next {
			return damaged("page %d: element %d is out of place", p.id, i)
		}
		if err := checkOrder(e.key, previous, keys); err != nil {
			return damaged("page %d: element %d: %v", p.id, i, err)
		}
		if err := visit(e); err != nil {
			return err
		}
		next, previous = end, e.key
	}
	return nil
}

// element reads the element whose header begins at byte at, and returns where
// its data begins and ends. The sums cannot overflow: they are of uint32 values.
func (p page) element(at uint64) (e element, start, end uint64, err error) {
	header := p.body[at : at+elementSize]
	var offset, keySize, valueSize uint64
	if p.flags == branchPage {
		offset, keySize = uint64(order.Uint32(header)), uint64(order.Uint32(header[4:]))
		e.child = order.Uint64(header[8:])
	} else {
		e.flags = order.Uint32(header)
		offset, keySize = uint64(order.Uint32(header[4:])), uint64(order.Uint32(header[8:]))
		valueSize = uint64(order.Uint32(header[12:]))
	}
	start = at + offset
	split := start + keySize
	end = split + valueSize
	if end > uint64(len(p.body)) || keySize == 0 {
		return e, 0, 0, damaged("page %d: element at byte %d reaches outside", p.id, at)
	}
	e.key, e.value = p.body[start:split], p.body[split:end]
	return e, start, end, nil
}

func checkOrder(key, previous []byte, keys span) error {
	switch {
	case previous != nil && bytes.Compare(previous, key) >= 0:
		return fmt.Errorf("key %q does not follow %q", key, previous)
	case keys.from != nil && bytes.Compare(key, keys.from) < 0:
		return fmt.Errorf("key %q is before %q", key, keys.from)
	case keys.to != nil && bytes.Compare(key, keys.to) >= 0:
		return fmt.Errorf("key %q is not before %q", key, keys.to)
	}
	return nil
}

// freeIDs returns the page numbers in a free list page.
func (p page) freeIDs() ([]uint64, error) {
	if p.flags != freelistPage {
		return nil, damaged("page %d: flags %#x are no free list", p.id, p.flags)
	}
	data, count := p.body[pageHeader:], uint64(p.count)
	if count == 0xFFFF {
		count, data = order.Uint64(data), data[8:]
	}
	if count > uint64(len(data)/8) {
		return nil, damaged("page %d: %d free pages do not fit", p.id, count)
	}
	ids := make([]uint64, count)
	for i := range ids {
		ids[i] = order.Uint64(data[8*i:])
	}
	return ids, nil
}

// bucket is where a bucket's elements are: below a page, or inline.
type bucket struct {
	found  bool
	root   uint64 // 0: inline
	inline page
}

func parseBucket(e element) (bucket, error) {
	if e.flags != bucketFlag || len(e.value) < bucketHeader {
		return bucket{}, damaged("%q is no bucket", e.key)
	}
	b := bucket{found: true, root: order.Uint64(e.value)}
	if sequence := order.Uint64(e.value[8:]); sequence != 0 {
		return bucket{}, damaged("bucket %q has sequence %d", e.key, sequence)
	}
	if b.root != 0 {
		return b, nil
	}
	if len(e.value) < bucketHeader+pageHeader {
		return bucket{}, damaged("bucket %q has no root", e.key)
	}
	b.inline = parsePage(e.value[bucketHeader:])
	return b, nil
}
