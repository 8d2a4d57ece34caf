// Package walk goes through what a topology can say about providers, network plugins,
// pods' addresses, tunnels and gateways, and asks of each combination that it is refused
// or that packets find their way: from every node and pod to every other one, hop by hop,
// through the rendered files.
//
// It is tests alone, and shares no code with what renders: the files are read here once
// more, and what stands between hosts is written down here once more. Where the two
// disagree, one of them is wrong.
//
// Start with TestEveryCombination, then walk_test.go, which moves a packet.
package walk
