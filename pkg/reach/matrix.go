package reach

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Class is regions that are alike: the same provider, network plugin and gateways. Walked are
// those of them that stand for all.
type Class struct {
	Regions int      `json:"regions"`
	Walked  []string `json:"walked"`
}

// few is how many regions are walked without asking who is alike.
const few = 12

// Classes sorts regions by what decides about their packets. Of a topology with many regions
// two of each class stand for all, so that those of one class are asked about each other.
func Classes(t *schema.Topology) []Class {
	var keys []string
	var all []Class
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		g, links := r.Gateways, 0
		for j := range t.Spec.Links {
			if t.Spec.Links[j].Other(r.Name) != "" {
				links++
			}
		}
		key := fmt.Sprint(r.Provider, r.HostAddress, r.CNI.Type, r.CNI.Tunnel, r.CNI.IPAM, r.CNI.PodRoutes, r.CNI.MTU, r.MTU, r.Cloud(), g.Mode, g.Runner, g.HA.Strategy, len(g.Nodes), links, len(r.NodeCIDRs), len(r.PodCIDRs))
		j := slices.Index(keys, key)
		if j < 0 {
			j = len(keys)
			keys, all = append(keys, key), append(all, Class{})
		}
		all[j].Regions++
		if len(t.Spec.Regions) <= few || all[j].Regions <= 2 {
			all[j].Walked = append(all[j].Walked, r.Name)
		}
	}
	return all
}

// Cell is what became of the questions from one region to another.
type Cell struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Questions int    `json:"questions"`
	Reachable int    `json:"reachable"`
	Undecided int    `json:"undecided,omitempty"`
	// Refused are those that the policy lets nothing in for. They are not among Lost.
	Refused int `json:"refused,omitempty"`
	Lost    int `json:"lost,omitempty"`
}

// Matrix is the answers to all questions among the ends of a world, by regions.
type Matrix struct {
	Regions []string `json:"regions"`
	Cells   []Cell   `json:"cells"`
	// Answers are those that are neither reachable nor refused.
	Answers []Answer `json:"answers,omitempty"`
	// Refusals are those that the policy refuses.
	Refusals []Answer `json:"refusals,omitempty"`
}

// Total is the sum of all cells.
func (m *Matrix) Total() (sum Cell) {
	for _, c := range m.Cells {
		sum.Questions += c.Questions
		sum.Reachable += c.Reachable
		sum.Undecided += c.Undecided
		sum.Refused += c.Refused
		sum.Lost += c.Lost
	}
	return sum
}

// All asks every end that is there for every other one, for any port. The answers have no hops.
func (w *World) All() Matrix {
	var questions []Question
	ends := slices.DeleteFunc(w.Ends(), End.Gone)
	for _, from := range ends {
		for _, to := range ends {
			if from != to {
				questions = append(questions, Question{From: from, To: to})
			}
		}
	}
	var m Matrix
	for _, r := range w.regions {
		m.Regions = append(m.Regions, r.name)
	}
	cells := map[[2]string]int{}
	for i, a := range w.AskAll(questions) {
		at := [2]string{questions[i].From.Region(), questions[i].To.Region()}
		j, ok := cells[at]
		if !ok {
			j = len(m.Cells)
			cells[at] = j
			m.Cells = append(m.Cells, Cell{From: at[0], To: at[1]})
		}
		a.Hops = nil
		m.count(&m.Cells[j], a)
	}
	return m
}

func (m *Matrix) count(c *Cell, a Answer) {
	c.Questions++
	switch {
	case a.Verdict == Reachable:
		c.Reachable++
		return
	case a.Verdict == Undecided:
		c.Undecided++
	case a.Refused:
		c.Refused++
		m.Refusals = append(m.Refusals, a)
		return
	default:
		c.Lost++
	}
	m.Answers = append(m.Answers, a)
}
