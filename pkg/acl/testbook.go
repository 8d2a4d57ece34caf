package acl

import (
	"math/bits"
	"slices"
	"strings"
)

// testBook collects assertions by source and protocol, in the order of their first. A large
// fleet has many more of them than probes, so probes go by numbers until all is said.
type testBook struct {
	sites  []*site
	probes []string // by number
	number map[string]int32
	rows   map[int]*row[int32] // by places: the probes there
	ports  []string            // by number
	tests  []assertions
	// at is, by protocol and source, the number of its test, from 1.
	at [len(transports)][]int32
	// room is for how many assertions about a source there is room at first: about one for each
	// halving of the regions and each port.
	room int
}

// transports are the protocols that tests know, and those of testable.
var transports = [...]string{"tcp", "udp"}

// assertions are a test before it is written.
type assertions struct {
	src          int32
	transport    int
	accept, deny []target
}

// target is a port of a probe, both by number.
type target struct{ probe, port int32 }

func newTestBook(sites []*site) *testBook {
	b := &testBook{sites: sites, number: make(map[string]int32, 4*len(sites)), rows: map[int]*row[int32]{}, room: 2*bits.Len(uint(len(sites))) + 4}
	for _, s := range sites {
		for _, names := range s.probes {
			for _, name := range names {
				if _, known := b.number[name]; !known {
					b.number[name] = int32(len(b.probes))
					b.probes = append(b.probes, name)
				}
			}
		}
	}
	for i := range b.at {
		b.at[i] = make([]int32, len(b.probes))
	}
	b.tests = make([]assertions, 0, len(b.probes))
	return b
}

// in are the probes of the regions' places. Callers leave the list alone.
func (b *testBook) in(regions []int, places []place) []int32 {
	key := key(places)
	if b.rows[key] == nil {
		b.rows[key] = newRow(len(b.sites), func(all []int32, i int) []int32 {
			for _, p := range places {
				for _, name := range b.sites[i].probes[p] {
					all = append(all, b.number[name])
				}
			}
			return all
		})
	}
	return b.rows[key].each(regions)
}

// accept asserts that each source reaches a destination and each destination is reached, one
// by one, the shorter list from its start again, so that each is in some test without a test for
// every pair.
func (b *testBook) accept(src, dst []int32, port string) {
	if len(src) == 0 || len(dst) == 0 {
		return
	}
	transport, number := b.port(port)
	for i := range max(len(src), len(dst)) {
		t := b.test(src[i%len(src)], transport)
		if to := (target{dst[i%len(dst)], number}); !t.asserts(to) {
			if t.accept == nil {
				t.accept = make([]target, 0, b.room)
			}
			t.accept = append(t.accept, to)
		}
	}
}

// deny asserts that the source does not reach the port, unless something is said of that. One
// of the probes may be "", and then there is nothing to assert.
func (b *testBook) deny(src, dst, port string) {
	if src == "" || dst == "" {
		return
	}
	transport, number := b.port(port)
	t := b.test(b.number[src], transport)
	if to := (target{b.number[dst], number}); !t.asserts(to) {
		t.deny = append(t.deny, to)
	}
}

// port is the protocol and the number of a port such as "tcp:22".
func (b *testBook) port(text string) (transport int, number int32) {
	proto, port, _ := strings.Cut(text, ":")
	i := slices.Index(b.ports, port)
	if i < 0 {
		i = len(b.ports)
		b.ports = append(b.ports, port)
	}
	return slices.Index(transports[:], proto), int32(i)
}

// asserts reports whether the test says something of a destination, which is one of a few
// dozen.
func (t *assertions) asserts(to target) bool {
	return slices.Contains(t.accept, to) || slices.Contains(t.deny, to)
}

// test is where assertions of a source and protocol go.
func (b *testBook) test(src int32, transport int) *assertions {
	at := &b.at[transport][src]
	if *at == 0 {
		b.tests = append(b.tests, assertions{src: src, transport: transport})
		*at = int32(len(b.tests))
	}
	return &b.tests[*at-1]
}

// list is what was said, written.
func (b *testBook) list() []Test {
	n := 0
	for _, t := range b.tests {
		n += len(t.accept) + len(t.deny)
	}
	w := targetWriter{book: b, texts: make([]string, len(b.probes)*len(b.ports)), room: make([]string, 0, n)}
	list := make([]Test, len(b.tests))
	for i, t := range b.tests {
		list[i] = Test{b.probes[t.src], transports[t.transport], w.write(t.accept), w.write(t.deny)}
	}
	return list
}

// targetWriter writes each target once.
type targetWriter struct {
	book  *testBook
	texts []string // of a probe, by port
	room  []string // for all lists
}

func (w *targetWriter) write(targets []target) []string {
	if len(targets) == 0 {
		return nil
	}
	from := len(w.room)
	for _, t := range targets {
		text := &w.texts[int(t.probe)*len(w.book.ports)+int(t.port)]
		if *text == "" {
			*text = w.book.probes[t.probe] + ":" + w.book.ports[t.port]
		}
		w.room = append(w.room, *text)
	}
	return slices.Clip(w.room[from:])
}

// probed are the probes that something is said of.
func (b *testBook) probed() []string {
	said := make([]bool, len(b.probes))
	for _, t := range b.tests {
		said[t.src] = true
		for _, to := range t.accept {
			said[to.probe] = true
		}
		for _, to := range t.deny {
			said[to.probe] = true
		}
	}
	var list []string
	for i, name := range b.probes {
		if said[i] {
			list = append(list, name)
		}
	}
	return list
}
