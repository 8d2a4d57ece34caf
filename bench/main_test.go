package main

import (
	"math"
	"testing"
)

// The run for busy machines stops what is more than twice as bad as its target, and nothing that is
// better; the other one stops whatever misses its target.
func TestBounds(t *testing.T) {
	for _, short := range []bool{false, true} {
		for _, worse := range []float64{0.9, 1.1, 1.9, 2.1} {
			b := &bench{short: short}
			b.atMost("at most", 3*worse, 3, "x", "")
			b.atLeast("at least", 1000/worse, 1000, "x", "")
			b.growth("growth", math.Pow(10, 1.05)*worse, 10, 1.05, "")
			want := worse < 1 || short && worse < 2
			for _, r := range b.rows {
				if r.holds() != want {
					t.Errorf("short %t, %s is %v times as bad: holds %t", short, r.work, worse, r.holds())
				}
			}
		}
	}
}
