package program

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The test binary is also the stand-in for ip, iptables, nft, ethtool, tailscale and unshare:
// under one of these names, with the directory of a made-up kernel in its environment,
// it answers as they do.
const (
	kernelVariable = "GATEWAY_KERNEL" // where the kernel's state is
	countVariable  = "GATEWAY_COUNT"  // a file to which each program that is started adds a line
	toolsVariable  = "GATEWAY_TOOLS"  // where the real tools are
)

func TestMain(m *testing.M) {
	dir := os.Getenv(kernelVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	if file := os.Getenv(countVariable); file != "" {
		appendTo(file, filepath.Base(os.Args[0])+"\n")
	}
	os.Exit(standIn(dir, filepath.Base(os.Args[0]), os.Args[1:]))
}

func appendTo(path, text string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		panic(err)
	}
}

// kernel is what the stand-ins keep between two calls.
type kernel struct {
	Addresses []string            // lines of `ip -o address show`
	Rules     map[string][]string // by family: "PRIORITY:\tSELECTOR", in order
	Routes    []kernelRoute
	Gets      map[string]string   // answers of `ip route get ADDRESS`
	Chains    map[string][]string // by "COMMAND TABLE": lines of -S
	NFT       string              // our table
	Tailscale bool                // whether tailscale0 is there
	Answers   bool                // whether other regions answer `tailscale ping`
	Broken    string              // a command of ip's that fails, if any
	Defaults  map[string]string   // by family: what `ip route show default` prints
	Cards     map[string]card     // what ethtool knows
	RelayPort string              // the line about it of `tailscale debug prefs`
}

// card is a card's offloads.
type card struct {
	Forwarding, List string // rx-udp-gro-forwarding and rx-gro-list: on or off, and perhaps why it stays so
	Refuses          bool   // to be told anything but what it is
}

type kernelRoute struct{ Family, Table, Protocol, Text string }

// standIn is one call. State is changed by one call at a time.
func standIn(dir, name string, args []string) int {
	line := strings.Join(args, " ")
	switch {
	case name == "ip" && args[0] == "monitor":
		return monitor(dir)
	case name == "unshare":
		return unshare(args)
	}
	unlock := lock(dir)
	k := load(dir)
	code, known := 0, true
	switch {
	case name == "ip":
		code, known = k.ip(dir, args)
	case name == "nft":
		code, known = k.nft(dir, line)
	case name == "ethtool":
		code, known = k.ethtool(dir, args)
	case name == "tailscale":
		code, known = k.tailscale(dir, line)
	case strings.Contains(name, "tables"):
		code, known = k.iptables(dir, name, args)
	default:
		unlock()
		path := filepath.Join(os.Getenv(toolsVariable), name)
		fmt.Fprintln(os.Stderr, "stand-in:", syscall.Exec(path, append([]string{name}, args...), os.Environ()))
		return 127
	}
	if !known {
		fmt.Fprintf(os.Stderr, "stand-in: %s %s\n", name, line)
		appendTo(filepath.Join(dir, "log"), "unknown: "+name+" "+line+"\n")
		code = 127
	}
	k.store(dir)
	unlock()
	return code
}

func lock(dir string) (unlock func()) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		panic(err)
	}
	return func() { f.Close() }
}

func load(dir string) *kernel {
	k := &kernel{}
	data, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err == nil {
		err = json.Unmarshal(data, k)
	}
	if err != nil {
		panic(err)
	}
	return k
}

func (k *kernel) store(dir string) {
	data, err := json.Marshal(k)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "kernel.json"), data, 0o644)
	}
	if err != nil {
		panic(err)
	}
}

// record logs a call that changes something, with what it reads.
func record(dir, call string, input []string) {
	for _, line := range input {
		call += "\n\t" + line
	}
	appendTo(filepath.Join(dir, "log"), call+"\n")
}

func inputLines() []string {
	data, _ := io.ReadAll(os.Stdin)
	text := strings.TrimSuffix(string(data), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// monitor prints what the test writes into a pipe. It holds the pipe open for writing,
// too: what is written between one reader and the next would be lost.
func monitor(dir string) int {
	f, err := os.OpenFile(filepath.Join(dir, "monitor"), os.O_RDWR, 0)
	if err != nil {
		return 1
	}
	defer f.Close()
	if _, err := io.Copy(os.Stdout, f); err != nil {
		return 1
	}
	return 0
}

// unshare runs the command on a kernel of its own.
func unshare(args []string) int {
	dir, err := os.MkdirTemp(os.Getenv(kernelVariable), "namespace")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	(&kernel{}).store(dir)
	c := exec.Command(args[1], args[2:]...)
	c.Env = append(os.Environ(), kernelVariable+"="+dir)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Run()
	return c.ProcessState.ExitCode()
}

// ip answers what gateway programs ask, and knows nothing else.
func (k *kernel) ip(dir string, args []string) (code int, known bool) {
	family := "4"
	if f, ok := strings.CutPrefix(args[0], "-"); ok && (f == "4" || f == "6") {
		family, args = f, args[1:]
	}
	line := strings.Join(args, " ")
	address, get := strings.CutPrefix(line, "route get ")
	protocol, show := strings.CutPrefix(line, "route show table all proto ")
	switch {
	case line == "-o address show":
		fmt.Print(strings.Join(k.Addresses, ""))
	case line == "route show default":
		fmt.Print(k.Defaults[family])
	case line == "link show dev tailscale0":
		if !k.Tailscale {
			return 1, true
		}
	case line == "rule show":
		for _, r := range k.Rules[family] {
			fmt.Println(r)
		}
	case show:
		k.show(family, func(r kernelRoute) bool { return r.Protocol == protocol })
	case line == "route show table all type unreachable":
		k.show(family, func(r kernelRoute) bool { return strings.HasPrefix(r.Text, "unreachable ") })
	case get:
		fmt.Print(k.Gets[address])
	case line == "-force -batch -":
		return k.batch(dir, family), true
	case strings.HasPrefix(line, "route flush table all proto "):
		record(dir, "ip -"+family+" "+line, nil)
		k.Routes = slices.DeleteFunc(k.Routes, func(r kernelRoute) bool {
			return r.Family == family && r.Protocol == args[len(args)-1]
		})
	default:
		return 0, false
	}
	return 0, true
}

func (k *kernel) show(family string, wanted func(kernelRoute) bool) {
	for _, r := range k.Routes {
		if r.Family == family && wanted(r) {
			first, rest, _ := strings.Cut(r.Text, " ")
			if first == "unreachable" || first == "blackhole" {
				prefix, more, _ := strings.Cut(rest, " ")
				first, rest = first+" "+prefix, more
			}
			fmt.Println(strings.Join(strings.Fields(first+" "+rest[:len(rest)-len(metricOf(rest))]+" table "+r.Table+" "+metricOf(rest)), " "))
		}
	}
}

// metricOf is the end of a route's text, which ip prints behind the table.
func metricOf(text string) string {
	if i := strings.Index(text, "metric "); i >= 0 {
		return text[i:]
	}
	return ""
}

func (k *kernel) batch(dir, family string) (code int) {
	lines := inputLines()
	if len(lines) == 0 {
		return 0
	}
	record(dir, "ip -"+family+" -force -batch -", lines)
	for i, line := range lines {
		if line == k.Broken || !k.command(family, strings.Fields(line)) {
			fmt.Fprintf(os.Stderr, "RTNETLINK answers: No such file or directory\nCommand failed -:%d\n", i+1)
			code = 1
		}
	}
	return code
}

// command is a line of a batch; it reports whether that worked.
func (k *kernel) command(family string, w []string) bool {
	switch {
	case len(w) > 4 && w[0] == "rule" && w[2] == "priority":
		return k.rule(family, w[1], w[3]+":\t"+strings.Join(w[4:], " "))
	case len(w) > 4 && w[0] == "route":
		return k.route(family, w[1], w[2:])
	}
	return false
}

func (k *kernel) rule(family, verb, text string) bool {
	priority := func(rule string) int {
		n, _ := strconv.Atoi(rule[:strings.Index(rule, ":")])
		return n
	}
	i := slices.Index(k.Rules[family], text)
	switch {
	case verb == "del" && i >= 0:
		k.Rules[family] = slices.Delete(k.Rules[family], i, i+1)
	case verb == "add" && i < 0:
		k.Rules[family] = append(k.Rules[family], text)
		slices.SortStableFunc(k.Rules[family], func(a, b string) int { return priority(a) - priority(b) })
	default:
		return false
	}
	return true
}

func (k *kernel) route(family, verb string, w []string) bool {
	r := kernelRoute{Family: family, Protocol: "boot"}
	var text []string
	for i := 0; i < len(w); i++ {
		switch w[i] {
		case "table":
			i++
			r.Table = w[i]
		case "proto":
			i++
			r.Protocol = w[i]
		default:
			text = append(text, w[i])
		}
	}
	r.Text = strings.Join(text, " ")
	same := func(o kernelRoute) bool {
		return o.Family == family && o.Table == r.Table && prefixOf(o.Text) == prefixOf(r.Text)
	}
	i := slices.IndexFunc(k.Routes, same)
	switch {
	case verb == "del" && i >= 0:
		k.Routes = slices.Delete(k.Routes, i, i+1)
	case verb == "replace" && i >= 0:
		k.Routes[i] = r
	case verb == "replace":
		k.Routes = append(k.Routes, r)
	default:
		return false
	}
	return true
}

func prefixOf(text string) string {
	w := strings.Fields(text)
	if w[0] == "unreachable" || w[0] == "blackhole" {
		return w[1]
	}
	return w[0]
}

// iptables knows chains and lines, and spells one rule otherwise than it was given.
func (k *kernel) iptables(dir, name string, args []string) (code int, known bool) {
	command, restore := strings.CutSuffix(name, "-restore")
	if restore {
		lines := inputLines()
		record(dir, name+" "+strings.Join(args, " "), lines)
		table := ""
		for _, line := range lines {
			w := strings.Fields(line)
			switch {
			case line[0] == '*':
				table = command + " " + line[1:]
			case line[0] == ':':
				k.flush(table, w[0][1:])
				k.Chains[table] = append(k.Chains[table], "-N "+w[0][1:])
			case w[0] == "-A":
				k.Chains[table] = append(k.Chains[table], strings.Replace(line, "-m icmp6 ", "", 1))
			}
		}
		return 0, true
	}
	if name == "iptables" && args[0] == "--version" {
		fmt.Println("iptables v1.8.9 (nf_tables)")
		return 0, true
	}
	if len(args) < 5 || args[0] != "-w" || args[2] != "-t" {
		return 0, false
	}
	table, verb, rest := command+" "+args[3], args[4], strings.Join(args[5:], " ")
	if verb != "-S" && verb != "-C" {
		record(dir, name+" "+strings.Join(args, " "), nil)
	}
	return k.chain(table, verb, rest), true
}

func (k *kernel) chain(table, verb, rest string) (code int) {
	if k.Chains == nil {
		k.Chains = map[string][]string{}
	}
	has := func(line string) bool { return slices.Contains(k.Chains[table], line) }
	switch verb {
	case "-S":
		if strings.HasPrefix(rest, "KUSTOMIZE") && !has("-N "+rest) {
			return 1
		}
		for _, line := range k.Chains[table] {
			if w := strings.Fields(line); rest == "" || w[1] == rest {
				fmt.Println(line)
			}
		}
	case "-C":
		if !has("-A " + strings.Replace(rest, "-m icmp6 ", "", 1)) {
			return 1
		}
	case "-I":
		k.Chains[table] = append([]string{"-A " + rest}, k.Chains[table]...)
	case "-D":
		i := slices.Index(k.Chains[table], "-A "+rest)
		if i < 0 {
			return 1
		}
		k.Chains[table] = slices.Delete(k.Chains[table], i, i+1)
	case "-F":
		k.flush(table, rest)
		k.Chains[table] = append(k.Chains[table], "-N "+rest)
	case "-X":
		k.flush(table, rest)
	}
	return 0
}

// flush takes a chain's lines away, and itself.
func (k *kernel) flush(table, chain string) {
	if k.Chains == nil {
		k.Chains = map[string][]string{}
	}
	k.Chains[table] = slices.DeleteFunc(k.Chains[table], func(line string) bool {
		return line == "-N "+chain || strings.HasPrefix(line, "-A "+chain+" ")
	})
}

// nft keeps our table, in a spelling of its own.
func (k *kernel) nft(dir, line string) (code int, known bool) {
	switch {
	case line == "-f -":
		lines := inputLines()
		record(dir, "nft "+line, lines)
		start := slices.IndexFunc(lines, func(l string) bool { return strings.HasSuffix(l, "{") })
		k.NFT = strings.ReplaceAll(strings.Join(lines[start:], "\n"), "tcp flags & (syn | rst) == syn", "tcp flags syn / syn,rst")
	case line == "-s list table inet kustomize_hybrid":
		if k.NFT == "" {
			return 1, true
		}
		fmt.Println(k.NFT)
	case line == "list tables", line == "list chains":
	case strings.HasPrefix(line, "list chain "), strings.HasPrefix(line, "list table "):
		return 1, true
	case strings.HasPrefix(line, "delete table "):
		if line == "delete table inet kustomize_hybrid" && k.NFT != "" {
			record(dir, "nft "+line, nil)
			k.NFT = ""
		}
	default:
		return 0, false
	}
	return 0, true
}

// ethtool shows and changes a card's offloads, among others that it has.
func (k *kernel) ethtool(dir string, args []string) (code int, known bool) {
	if len(args) < 2 {
		return 0, false
	}
	c, has := k.Cards[args[1]]
	switch {
	case !has:
		fmt.Fprintln(os.Stderr, "netlink error: No such device")
		return 1, true
	case args[0] == "-k":
		fmt.Printf("Features for %s:\nrx-checksumming: on\ngeneric-receive-offload: on\nrx-gro-list: %s\n", args[1], c.List)
		if c.Forwarding != "" {
			fmt.Printf("rx-udp-gro-forwarding: %s\n", c.Forwarding)
		}
		return 0, true
	case args[0] != "-K" || len(args)%2 != 0:
		return 0, false
	}
	record(dir, "ethtool "+strings.Join(args, " "), nil)
	was := c
	for i := 2; i < len(args); i += 2 {
		switch args[i] {
		case "rx-udp-gro-forwarding":
			c.Forwarding = args[i+1]
		case "rx-gro-list":
			c.List = args[i+1]
		default:
			return 0, false
		}
	}
	if c != was && c.Refuses {
		fmt.Fprintln(os.Stderr, "Could not change any device features")
		return 1, true
	}
	k.Cards[args[1]] = c
	return 0, true
}

func (k *kernel) tailscale(dir, line string) (code int, known bool) {
	switch {
	case strings.Contains(line, " status --json"):
		data, err := os.ReadFile(filepath.Join(dir, "status.json"))
		if err != nil {
			return 1, true
		}
		os.Stdout.Write(data)
	case strings.HasSuffix(line, " debug prefs"):
		fmt.Println("{\n\t\"WantRunning\": true," + k.RelayPort + "\n\t\"Config\": null\n}")
	case strings.Contains(line, " set --relay-server-port="):
		k.RelayPort = ""
		if _, port, _ := strings.Cut(line, "="); port != "" && !strings.HasSuffix(line, "port=") {
			k.RelayPort = "\n\t\"RelayServerPort\": " + line[strings.LastIndex(line, "=")+1:] + ","
		}
	case strings.Contains(line, " ping "):
		if !k.Answers {
			return 1, true
		}
	default:
		return 0, false
	}
	return 0, true
}
