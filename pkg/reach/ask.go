package reach

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
)

// Verdict says whether one end reaches another.
type Verdict string

const (
	// Reachable: by every way that a packet and its answer may take, whoever is primary.
	Reachable Verdict = "reachable"
	// Unreachable: some way loses it, whoever is primary.
	Unreachable Verdict = "not reachable"
	// Undecided: it depends on what the input does not say.
	Undecided Verdict = "undecided"
)

// Question is who asks for whom. Port is of TCP; 0 asks whether any port, of any protocol, is
// admitted.
type Question struct {
	From, To End
	Port     int
}

// Answer is what became of a packet.
type Answer struct {
	From    string  `json:"from"`
	To      string  `json:"to"`
	Port    int     `json:"port,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Why and At are what decided where it is not reachable: a sentence, and the line.
	Why string `json:"why,omitempty"`
	At  Place  `json:"at,omitzero"`
	// Refused says that the way is whole, and that the tailnet's policy lets none of it in.
	Refused bool `json:"refused,omitempty"`
	// Finding is the code of a warning that says what has to be done first.
	Finding string `json:"finding,omitempty"`
	// Ways are how many a packet may take, its answer's included, and Lost how many of them
	// lose it, with the primaries of the first election that loses one.
	Ways int `json:"ways"`
	Lost int `json:"lost,omitempty"`
	// Ports are what the policy admits, as it writes them, where no port was asked for and it
	// decides.
	Ports []string `json:"ports,omitempty"`
	// MTU is the largest packet that both ends may send each other, in bytes.
	MTU int `json:"mtu"`
	// Sends is what the larger of two regions' pods send where that is more and nothing on the
	// way can tell them: 0 otherwise.
	Sends int `json:"sends,omitempty"`
	// Hops are the way of the packet that was lost, or else of the first one.
	Hops []Hop `json:"hops,omitempty"`
}

// Ask answers a question.
func (w *World) Ask(q Question) Answer { return w.AskAll([]Question{q})[0] }

// AskAll answers questions, in their order.
func (w *World) AskAll(questions []Question) []Answer {
	first := w.askTold(questions)
	heeded := map[string]bool{}
	for _, a := range first {
		if code := a.Finding; code != "" && code != standbyDrops && !w.told[code] {
			heeded[code] = true
		}
	}
	if len(heeded) == 0 {
		return first
	}
	// Once more, with what warnings told done: where that helps, it is what it depends on.
	for code := range heeded {
		w.told[code] = true
	}
	second := w.askTold(questions)
	for code := range heeded {
		delete(w.told, code)
	}
	for i := range first {
		if heeded[first[i].Finding] && second[i].Verdict == Reachable {
			first[i].Verdict = Undecided
			first[i].Why += fmt.Sprintf("; it is reached once %s is heeded", first[i].Finding)
		}
	}
	w.elect(elections()[0])
	return first
}

// AskNow answers with the primaries that there are now: see Elect.
func (w *World) AskNow(questions []Question) []Answer {
	var answers []Answer
	for _, q := range questions {
		answers = append(answers, w.askNow(q))
	}
	return answers
}

// askTold asks in every election.
func (w *World) askTold(questions []Question) []Answer {
	answers := make([]Answer, len(questions))
	for i, e := range elections() {
		if i > 0 && !w.elects() {
			break
		}
		w.elect(e)
		for j, q := range questions {
			a := w.askNow(q)
			switch before := &answers[j]; {
			case i == 0:
				*before = a
			case before.Verdict == a.Verdict:
			case before.Verdict == Reachable:
				a.Verdict = Undecided
				a.Why += ", where " + e.name
				*before = a
			case before.Verdict == Unreachable:
				before.Verdict = Undecided
				before.Why += ", where " + elections()[0].name
			}
		}
	}
	w.elect(elections()[0])
	return answers
}

// elects reports whether it matters who is primary: several gateways advertise the same.
func (w *World) elects() bool {
	if w.firstAlone {
		return false
	}
	if w.controlGone {
		return true // nobody knows who was
	}
	return slices.ContainsFunc(w.regions, func(r *region) bool {
		n := 0
		for _, h := range r.hosts {
			if len(h.advertised) > 0 {
				n++
			}
		}
		return n > 1
	})
}

// askNow answers with the primaries that there are now.
func (w *World) askNow(q Question) Answer {
	a := Answer{From: q.From.String(), To: q.To.String(), Port: q.Port, Verdict: Reachable}
	w.sizes(q, &a)
	if q.From == q.To {
		a.Ways = 1
		a.Hops = []Hop{{Host: q.From.host.name, In: string(lo), Packet: "its own", Does: "stays where it is"}}
		return a
	}
	var firstLoss *lost
	var seen *packet
	for _, protocol := range w.protocols(q) {
		var one Answer
		var loss *lost
		w.ways(q.From, q.To, protocol, q.Port, func(end *step, l *lost) {
			one.Ways++
			switch {
			case l != nil:
				one.Lost++
				if loss == nil {
					loss = l
					one.Hops = end.hops()
				}
			case one.Ways == 1:
				one.Hops = end.hops()
				seen = end.asked()
			}
			if loss == nil {
				one.Ports = admitted(end, one.Ports)
			}
		})
		if firstLoss == nil || loss == nil {
			a.Ways, a.Lost, a.Hops, firstLoss = one.Ways, one.Lost, one.Hops, loss
		}
		if loss == nil {
			a.Ports = union(a.Ports, one.Ports)
			break
		}
	}
	if q.Port != anyPort {
		a.Ports = nil
	}
	if firstLoss != nil {
		a.Verdict, a.Why, a.At = Unreachable, firstLoss.why, firstLoss.at
		a.Refused, a.Finding, a.Ports = firstLoss.refused, firstLoss.told, nil
		if a.Lost < a.Ways {
			a.Why += fmt.Sprintf(" (%d of %d ways)", a.Lost, a.Ways)
		}
	} else if seen != nil {
		w.guarded(q, *seen, &a)
	}
	return a
}

// asked is the packet as its target saw it, before its answer.
func (s *step) asked() *packet {
	for ; s != nil; s = s.before {
		if !s.packet.answer && s.packet.inner == nil {
			return &s.packet
		}
	}
	return nil
}

// protocols are what is asked: TCP, and where any port will do, UDP after it.
func (w *World) protocols(q Question) []string {
	if q.Port == anyPort {
		return []string{tcp, udp}
	}
	return []string{tcp}
}

// admitted are the ports that the grants on a way let in, as the policy writes them.
func admitted(end *step, ports []string) []string {
	for s := end; s != nil; s = s.before {
		if s.packet.inner != nil {
			continue // an overlay's own
		}
		for _, g := range s.grants {
			for _, p := range g.ports {
				ports = union(ports, []string{p.String()})
			}
		}
	}
	return ports
}

func union(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// sizes says how large packets may be.
func (w *World) sizes(q Question, a *Answer) {
	crosses := q.From.host.region != q.To.host.region || q.From.host.region.network.fabric == apart && q.From.host != q.To.host
	a.MTU = min(size(q.From, crosses), size(q.To, crosses))
	if !crosses {
		return
	}
	for _, e := range []End{q.From, q.To} {
		r := e.host.region.stated
		if e.Pod && mtu.Encapsulates(r) && mtu.Pod(r) > mtu.Fits(r) {
			a.Sends = max(a.Sends, mtu.Pod(r))
		}
	}
}

func size(e End, crosses bool) int {
	r := e.host.region.stated
	switch {
	case e.Pod && crosses:
		return min(mtu.Pod(r), mtu.Fits(r))
	case e.Pod:
		return mtu.Pod(r)
	case crosses:
		return min(mtu.Link(r), facts.TailscaleMTU)
	}
	return mtu.Link(r)
}
