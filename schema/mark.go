package schema

// Mark is a part of the firewall mark that a program of the user's own sets or reads
// on gateways.
type Mark struct {
	// Owner is the program, as messages name it.
	Owner string `json:"owner"`
	// Mask are the bits it uses, not 0.
	Mask uint32 `json:"mask"`
	// Value is what it sets or looks for within Mask.
	Value uint32 `json:"value,omitempty"`
	// Regions are the names of those where it runs; empty means all.
	Regions []string `json:"regions,omitempty"`
}
