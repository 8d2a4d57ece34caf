package fact_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
)

func Example() {
	mtu := fact.Known(9001, "Amazon EC2 user guide, \"Network MTU\"")
	other := fact.Unknown[int]("no source has been read")
	fmt.Println(mtu.IsKnown(), mtu.Or(1500), other.IsKnown(), other.Or(1500))
	// Output: true 9001 false 1500
}

type letters struct{}

func (letters) B() string { return "b" }
func (letters) A() string { return "a" }
func (letters) C() string { return "c" }

func TestAll(t *testing.T) {
	if got := fact.All[string](letters{}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}

func TestSharing(t *testing.T) {
	some := fact.Sharing{Says: "because", Needs: fact.Known(uint32(0xf0), "here"), Spares: fact.Known(uint32(0x1), "here")}
	for _, c := range []struct {
		sharing fact.Sharing
		mask    uint32
		want    bool
	}{
		{some, 0xf0, true}, {some, 0xff0, true}, {some, 0x70, false}, {some, 0xf1, false},
		{fact.SharesAlways("because", "here").Value, 0xffffffff, true},
		{fact.Unknown[fact.Sharing]("nobody knows").Value, 0, false},
	} {
		if got := c.sharing.Holds(c.mask); got != c.want {
			t.Errorf("%+v for %#x: %v", c.sharing, c.mask, got)
		}
	}
}
