// Package reach walks packets through a rendered tree: from a host or a pod to another one
// and back, by every way that they may take, and says which line decides each hop.
//
// It shares no code with what renders: the files are read here once more, and what programs
// make of them in a kernel is written down here once more. Where the two disagree, one of
// them is wrong. What networks and plugins do it asks package facts. It is IPv4 alone.
//
// Start with New, which puts up a World of machines with the files that they get (Machines
// has those that stand for a topology), and World.Ask. A World.Lose or World.Remove takes
// something away first: a host, or one line. walk.go moves a packet.
//
// The tests go through what a topology can say about providers, network plugins, pods'
// addresses, tunnels and gateways, and ask of each combination that it is refused or that
// packets find their way (TestEveryCombination); the lab compares the answers with real
// packets (test/lab, removals.go).
package reach
