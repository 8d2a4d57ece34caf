package fact

// Mark is a part of the 32-bit firewall mark that a component sets or looks for.
type Mark struct {
	// Purpose says what the bits mean to it.
	Purpose string
	// Mask are the bits; unknown where the topology chooses them (cni.markMask).
	Mask Datum[uint32]
	// Value is what it sets or looks for in them.
	Value Datum[uint32]
	// BesideBypass says why it can share bits with the mark on tailscaled's own packets, and
	// BesideTunnel with the mark on packets from the tunnel. Two uses that share bits without
	// a reason collide.
	BesideBypass, BesideTunnel Datum[Sharing]
}

// Sharing is why two uses of the same bits can stand together: a rule that we render, the
// way they are used, or the known issue that reports them.
type Sharing struct {
	// Says is an explanation, or the code of a known issue.
	Says string
	// Needs and Spares are bits that the mask must have all of, and none of, for this to hold.
	Needs, Spares Datum[uint32]
}

// SharesAlways is a sharing that holds whatever the mask is.
func SharesAlways(says, source string) Datum[Sharing] {
	const whatever = "it holds whatever the bits are"
	return Known(Sharing{says, Known(uint32(0), whatever), Known(uint32(0), whatever)}, source)
}

// Holds reports whether the sharing is one for a use of the bits of mask.
func (s Sharing) Holds(mask uint32) bool {
	return s.Says != "" && mask&s.Needs.Value == s.Needs.Value && mask&s.Spares.Value == 0
}
