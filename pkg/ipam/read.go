package ipam

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// CodeLock is of findings about a lock file. It has a heading in docs/checks.md.
const CodeLock diag.Code = "lock-file"

// Codes lists the codes that stand in this package.
func Codes() []diag.Code { return []diag.Code{CodeLock} }

// ReadLock reads what Lock.Bytes wrote; no bytes are an empty lock, and name stands in
// positions. What cannot be handed out is a finding at its place: a prefix with host bits,
// and one that stands there twice, as after a merge of two branches that both took it. The
// lock is nil where a finding is an error.
func ReadLock(name string, data []byte) (*Lock, diag.List) {
	l := &Lock{Allocations: map[string][]netip.Prefix{}}
	if len(bytes.TrimSpace(data)) == 0 {
		return l, nil
	}
	r := &lockReader{name: name, data: data, dec: json.NewDecoder(bytes.NewReader(data)), lock: l}
	if err := r.file(); err != nil && len(r.list) == 0 {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends in the middle")
		}
		r.errorf(r.dec.InputOffset(), "", "it is not a lock file: %s", err).
			Fix(`it has the form {"allocations": {"REGION/ROLE": ["PREFIX"]}}; put an older one back, as version control has it`)
	}
	r.overlaps()
	r.list.Sort()
	if r.list.Count(diag.Error) > 0 {
		return nil, r.list
	}
	return l, r.list
}

// lockReader reads token by token, since json.Unmarshal tells neither places nor names
// that stand twice.
type lockReader struct {
	name  string
	data  []byte
	dec   *json.Decoder
	lock  *Lock
	given []given
	list  diag.List
}

// given is a prefix and where it stands.
type given struct {
	prefix netip.Prefix
	path   string
	at     int64
}

func (r *lockReader) file() error {
	if err := r.open('{'); err != nil {
		return err
	}
	for r.dec.More() {
		at, key, err := r.text()
		switch {
		case err != nil:
			return err
		case key != "allocations":
			r.errorf(at, key, "a lock file has no field %q", key).Fix("take it out")
			err = r.dec.Decode(new(json.RawMessage))
		case bytes.HasPrefix(r.data[r.next():], []byte("null")): // of a Lock without a map
			_, err = r.dec.Token()
		default:
			err = r.allocations()
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	if at := r.next(); at < int64(len(r.data)) {
		r.errorf(at, "", "something stands behind the end of the lock").Fix("take it out")
	}
	return nil
}

func (r *lockReader) allocations() error {
	if err := r.open('{'); err != nil {
		return err
	}
	for r.dec.More() {
		at, key, err := r.text()
		if err == nil {
			err = r.open('[')
		}
		if err != nil {
			return err
		}
		path := diag.Field("allocations", key)
		if _, twice := r.lock.Allocations[key]; twice {
			r.errorf(at, path, "%q stands in the lock twice", key).Fix("put all its prefixes into one list")
		}
		r.lock.Allocations[key] = []netip.Prefix{}
		for i := 0; r.dec.More(); i++ {
			at, text, err := r.text()
			if err != nil {
				return err
			}
			r.prefix(at, diag.Index(path, i), key, text)
		}
		if _, err := r.dec.Token(); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

func (r *lockReader) prefix(at int64, path, key, text string) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil, p.Addr().Is4In6():
		r.errorf(at, path, "%q is not a prefix", text).Fix("write one such as 10.142.0.0/20")
	case p != p.Masked():
		r.errorf(at, path, "%s has host bits: it is an address of %s", p, p.Masked()).Fix("write %s", p.Masked()).Propose(p.Masked().String())
	default:
		r.lock.Allocations[key] = append(r.lock.Allocations[key], p)
		r.given = append(r.given, given{p, path, at})
	}
}

// overlaps reports prefixes of which one holds another. Sorted, whatever a prefix holds
// follows it.
func (r *lockReader) overlaps() {
	slices.SortStableFunc(r.given, func(a, b given) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	for i, wide := 1, 0; i < len(r.given); i++ {
		first, second := r.given[wide], r.given[i]
		if !first.prefix.Overlaps(second.prefix) {
			wide = i
			continue
		}
		if second.at < first.at {
			first, second = second, first
		}
		d := r.errorf(second.at, second.path, "%s overlaps %s, so that one prefix was given twice", second.prefix, first.prefix).
			Fix("find out which of the two is in use, and take the other one out").
			See(first.path, "%s is given here", first.prefix)
		d.Related[0].Pos = r.position(first.at)
	}
}

// open takes an opening bracket.
func (r *lockReader) open(want json.Delim) error {
	at := r.next()
	t, err := r.dec.Token()
	if err == nil && t != want {
		r.errorf(at, "", "%s belongs here, and not %v", want, t).Fix(`a lock file has the form {"allocations": {"REGION/ROLE": ["PREFIX"]}}`)
		err = errors.New("")
	}
	return err
}

// text takes a string and returns where it begins, too.
func (r *lockReader) text() (int64, string, error) {
	at := r.next()
	t, err := r.dec.Token()
	text, ok := t.(string)
	if err == nil && !ok {
		r.errorf(at, "", "a text belongs here, and not %v", t).Fix("write it in quotes")
		err = errors.New("")
	}
	return at, text, err
}

// next is where the next token begins.
func (r *lockReader) next() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *lockReader) errorf(at int64, path, format string, args ...any) *diag.Diagnostic {
	d := r.list.Errorf(CodeLock, path, format, args...)
	d.Pos = r.position(at)
	return d
}

func (r *lockReader) position(at int64) diag.Position {
	before := r.data[:at]
	line := bytes.LastIndexByte(before, '\n') + 1
	return diag.Position{File: r.name, Line: bytes.Count(before, []byte("\n")) + 1, Column: len([]rune(string(before[line:]))) + 1}
}
