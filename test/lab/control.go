package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"tailscale.com/control/controlhttp/controlhttpserver"
	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/ptr"
	"tailscale.com/util/zstdframe"
)

// control is a control server on the packages that tailscale's own testcontrol is
// made of. What testcontrol leaves out is here: it knows when a node is gone, elects
// a primary for each prefix (the oldest node that is online), approves routes as the
// policy's autoApprovers say, and sends each node the peers and the packet filter
// that the policy gives it. It behaves as the service's own network maps show
// (juanfont/headscale v0.29.2, hscontrol/policy/v2/testdata/routes_results).
type control struct {
	logf   func(string, ...any)
	grace  time.Duration // from the end of a node's stream until it counts as gone
	derps  *tailcfg.DERPMap
	noise  key.MachinePrivate
	legacy key.ControlPrivate

	pool netip.Prefix // of the devices' addresses

	mu     sync.Mutex
	policy *policy
	nodes  []*member // in order of registration
	last   tailcfg.NodeID
	pinned map[netip.Prefix]string // primaries that a check chose, by hostname
	away   bool                    // the server answers nobody
	conns  map[io.Closer]bool
}

// member is a node of the tailnet.
type member struct {
	tailcfg.Node
	tags    []string
	streams map[chan struct{}]bool
	gone    *time.Timer
	online  bool
	lost    time.Time // when it last counted as gone
	found   time.Time // when it last came back
}

func newControl(p *policy, derps *tailcfg.DERPMap, logf func(string, ...any)) *control {
	return &control{
		logf: logf, grace: 2 * time.Second, derps: derps, policy: p,
		noise: key.NewMachine(), legacy: key.NewControl(),
		pinned: map[netip.Prefix]string{}, conns: map[io.Closer]bool{},
	}
}

// ServeHTTP answers what a client asks before it speaks Noise.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	away := c.away
	c.mu.Unlock()
	switch {
	case away:
		http.Error(w, "away", http.StatusServiceUnavailable)
	case r.URL.Path == "/key":
		json.NewEncoder(w).Encode(&tailcfg.OverTLSPublicKeyResponse{LegacyPublicKey: c.legacy.Public(), PublicKey: c.noise.Public()})
	case r.URL.Path == "/ts2021":
		c.serveNoise(w, r)
	default:
		http.NotFound(w, r)
	}
}

type machineKey struct{}

func (c *control) serveNoise(w http.ResponseWriter, r *http.Request) {
	conn, err := controlhttpserver.AcceptHTTP(r.Context(), w, r, c.noise, nil)
	if err != nil {
		c.logf("control: %v", err)
		return
	}
	defer conn.Close()
	c.mu.Lock()
	c.conns[conn] = true
	c.mu.Unlock()
	defer func() { c.mu.Lock(); delete(c.conns, conn); c.mu.Unlock() }()
	mux := http.NewServeMux()
	mux.HandleFunc("/machine/register", c.serveRegister)
	mux.HandleFunc("/machine/map", c.serveMap)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	new(http2.Server).ServeConn(conn, &http2.ServeConnOpts{
		Context:    context.WithValue(r.Context(), machineKey{}, conn.Peer()),
		BaseConfig: &http.Server{Handler: mux},
	})
}

// leave makes the server unreachable, or reachable again.
func (c *control) leave(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
	if away {
		for conn := range c.conns {
			conn.Close()
		}
	}
}

func (c *control) serveRegister(w http.ResponseWriter, r *http.Request) {
	var req tailcfg.RegisterRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	res := tailcfg.RegisterResponse{
		User: tailcfg.User{ID: 1, DisplayName: "lab"}, Login: tailcfg.Login{ID: 1, LoginName: "lab@lab"},
		MachineAuthorized: true,
	}
	machine := r.Context().Value(machineKey{}).(key.MachinePublic)
	if req.Auth == nil && c.byMachine(machine) == nil {
		res = tailcfg.RegisterResponse{Error: "no auth key"}
	} else if tag := c.forbiddenTag(req.Hostinfo.RequestTags); tag != "" {
		res = tailcfg.RegisterResponse{Error: "requested tags [" + tag + "] are invalid or not permitted"}
	} else {
		c.register(machine, &req)
	}
	json.NewEncoder(w).Encode(res)
}

func (c *control) forbiddenTag(tags []string) string {
	for _, t := range tags {
		if _, ok := c.policy.TagOwners[t]; !ok {
			return t
		}
	}
	return ""
}

func (c *control) byMachine(machine key.MachinePublic) *member {
	for _, n := range c.nodes {
		if n.Machine == machine {
			return n
		}
	}
	return nil
}

// forget deletes a device.
func (c *control) forget(hostname string) {
	c.set(func() {
		c.nodes = slices.DeleteFunc(c.nodes, func(n *member) bool { return n.Hostinfo.Hostname() == hostname })
	})
}

func (c *control) register(machine key.MachinePublic, req *tailcfg.RegisterRequest) {
	n := c.byMachine(machine)
	if n == nil {
		c.last++
		id := c.last
		pool := c.pool.Addr().As4()
		pool[3] = byte(id)
		v4 := netip.PrefixFrom(netip.AddrFrom4(pool), 32)
		n = &member{streams: map[chan struct{}]bool{}}
		n.ID, n.StableID = id, tailcfg.StableNodeID(req.Hostinfo.Hostname)
		n.Machine, n.MachineAuthorized, n.User = machine, true, 1
		n.Name = strings.ToLower(req.Hostinfo.Hostname) + ".lab."
		n.Addresses = []netip.Prefix{v4, netip.PrefixFrom(tsaddr.Tailscale4To6(v4.Addr()), 128)}
		c.nodes = append(c.nodes, n)
	}
	n.Key, n.tags = req.NodeKey, req.Hostinfo.RequestTags
	n.Hostinfo = req.Hostinfo.View()
	c.changed()
}

func (c *control) serveMap(w http.ResponseWriter, r *http.Request) {
	var req tailcfg.MapRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	n := c.byMachine(r.Context().Value(machineKey{}).(key.MachinePublic))
	if n == nil {
		c.mu.Unlock()
		http.Error(w, "node not found", http.StatusBadRequest)
		return
	}
	if !req.ReadOnly {
		c.update(n, &req)
	}
	if !req.Stream || req.ReadOnly {
		res := c.mapFor(n)
		c.mu.Unlock()
		send(w, &req, res)
		return
	}
	wake := c.openLocked(n)
	c.mu.Unlock()
	defer c.close(n, wake)
	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()
	for {
		c.mu.Lock()
		res := c.mapFor(n)
		c.mu.Unlock()
		if send(w, &req, res) != nil {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-r.Context().Done():
				return
			case <-wake:
				waiting = false
			case <-alive.C:
				if send(w, &req, &tailcfg.MapResponse{KeepAlive: true}) != nil {
					return
				}
			}
		}
	}
}

// update takes over what a node says about itself.
func (c *control) update(n *member, req *tailcfg.MapRequest) {
	n.Endpoints, n.DiscoKey, n.Cap = req.Endpoints, req.DiscoKey, req.Version
	if req.Hostinfo != nil {
		n.Hostinfo = req.Hostinfo.View()
		if ni := n.Hostinfo.NetInfo(); ni.Valid() && ni.PreferredDERP() != 0 {
			n.HomeDERP = ni.PreferredDERP()
		}
	}
	c.changed()
}

func (c *control) openLocked(n *member) chan struct{} {
	wake := make(chan struct{}, 1)
	n.streams[wake] = true
	if n.gone != nil {
		n.gone.Stop()
	}
	if !n.online {
		n.online, n.found = true, time.Now()
		c.logf("%s is here", n.Hostinfo.Hostname())
		c.changed()
	}
	return wake
}

func (c *control) close(n *member, wake chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(n.streams, wake)
	if len(n.streams) > 0 || c.away {
		return
	}
	n.gone = time.AfterFunc(c.grace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(n.streams) == 0 && !c.away {
			n.online, n.lost = false, time.Now()
			c.logf("%s is gone", n.Hostinfo.Hostname())
			c.changed()
		}
	})
}

// changed sends everybody a new map.
func (c *control) changed() {
	for _, n := range c.nodes {
		for wake := range n.streams {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	}
}

// approved are the routes of n that the policy approves.
func (c *control) approved(n *member) []netip.Prefix {
	if !n.Hostinfo.Valid() {
		return nil
	}
	var routes []netip.Prefix
	for _, r := range n.Hostinfo.RoutableIPs().All() {
		if c.policy.approves(r, n.tags) {
			routes = append(routes, r)
		}
	}
	return routes
}

// primary is the node that peers send a prefix to: the oldest one online.
func (c *control) primary(route netip.Prefix) *member {
	var best *member
	for _, n := range c.nodes {
		if n.online && slices.Contains(c.approved(n), route) && (best == nil || n.Hostinfo.Hostname() == c.pinned[route]) {
			best = n
		}
	}
	return best
}

func (c *control) primaries(n *member) []netip.Prefix {
	return slices.DeleteFunc(c.approved(n), func(r netip.Prefix) bool { return c.primary(r) != n })
}

func (c *control) mapFor(n *member) *tailcfg.MapResponse {
	now := time.Now()
	res := &tailcfg.MapResponse{
		ControlTime: &now, Domain: "lab", DERPMap: c.derps, CollectServices: "false",
		Node: c.view(n, n), PacketFilter: c.filter(n),
		UserProfiles: []tailcfg.UserProfile{{ID: 1, LoginName: "lab@lab", DisplayName: "lab"}},
	}
	for _, p := range c.nodes {
		if p != n && c.policy.connects(c.stuff(n), c.stuff(p)) {
			res.Peers = append(res.Peers, c.view(p, n))
		}
	}
	if len(res.Peers) == 0 {
		res.Peers = []*tailcfg.Node{}
	}
	return res
}

// view is n as another node sees it, or n itself.
func (c *control) view(n, viewer *member) *tailcfg.Node {
	v := n.Node.Clone()
	v.Online = ptr.To(n.online)
	v.Tags = n.tags
	v.AllowedIPs = slices.Clone(n.Addresses)
	if n == viewer {
		v.AllowedIPs = append(v.AllowedIPs, c.approved(n)...)
		v.PrimaryRoutes = c.primaries(n)
		v.CapMap = tailcfg.NodeCapMap{tailcfg.NodeAttrDisableUPnP: nil}
		return v
	}
	for _, r := range c.primaries(n) {
		// Routers of the same prefix that see each other see the primary's route.
		if slices.Contains(c.approved(viewer), r) || c.policy.connects(c.stuff(viewer), []thing{{prefix: r}}) {
			v.AllowedIPs = append(v.AllowedIPs, r)
			v.PrimaryRoutes = append(v.PrimaryRoutes, r)
		}
	}
	return v
}

// stuff is all that rules can name of a node.
func (c *control) stuff(n *member) []thing {
	var all []thing
	for _, t := range n.tags {
		all = append(all, thing{tag: t})
	}
	for _, p := range slices.Concat(n.Addresses, c.approved(n)) {
		all = append(all, thing{prefix: p})
	}
	return all
}

// filter is what may come in at n: to its own addresses and to what it routes.
func (c *control) filter(n *member) []tailcfg.FilterRule {
	var rules []tailcfg.FilterRule
	for _, g := range c.policy.Grants {
		if rule, ok := c.companion(n, g); ok {
			rules = append(rules, rule)
		}
		var dsts []netip.Prefix
		for _, d := range g.dst {
			dsts = append(dsts, intersect(d, c.stuff(n), n.Addresses)...)
		}
		var srcs []string
		for _, s := range g.src {
			srcs = append(srcs, c.sources(s)...)
		}
		if len(dsts) == 0 || len(srcs) == 0 {
			continue
		}
		if rule, ok := capabilities(g.App, srcs, dsts); ok {
			rules = append(rules, rule)
		}
		for _, p := range g.ports {
			rule := tailcfg.FilterRule{SrcIPs: srcs, IPProto: p.protocols}
			for _, d := range dsts {
				rule.DstPorts = append(rule.DstPorts, tailcfg.NetPortRange{IP: d.String(), Ports: p.ports})
			}
			rules = append(rules, rule)
		}
	}
	if rules == nil {
		return []tailcfg.FilterRule{}
	}
	return rules
}

// capabilities are those that a grant gives its sources at a node.
func capabilities(app map[tailcfg.PeerCapability]any, srcs []string, dsts []netip.Prefix) (tailcfg.FilterRule, bool) {
	given := tailcfg.PeerCapMap{}
	for name := range app {
		given[name] = nil
	}
	return tailcfg.FilterRule{SrcIPs: srcs, CapGrant: []tailcfg.CapGrant{{Dsts: dsts, CapMap: given}}}, len(app) > 0
}

// companion tells a node that may use a relay which nodes are relays: the service adds it
// to the grant, with its two ends exchanged (recordings of it in headscale 0.29.2,
// hscontrol/policy/v2: companionCaps).
func (c *control) companion(n *member, g *grant) (tailcfg.FilterRule, bool) {
	if _, ok := g.App[tailcfg.PeerCapabilityRelay]; !ok || !matches(g.src, c.stuff(n)) {
		return tailcfg.FilterRule{}, false
	}
	var relays []string
	for _, d := range g.dst {
		relays = append(relays, c.sources(d)...)
	}
	return capabilities(map[tailcfg.PeerCapability]any{tailcfg.PeerCapabilityRelayTarget: nil}, relays, n.Addresses)
}

func (c *control) sources(t thing) []string {
	switch {
	case t.any:
		return []string{"*"}
	case t.tag == "":
		return []string{t.prefix.String()}
	}
	var ips []string
	for _, n := range c.nodes {
		if slices.Contains(n.tags, t.tag) {
			for _, a := range n.Addresses {
				ips = append(ips, a.Addr().String())
			}
		}
	}
	return ips
}

// noticed says how long after since the server counted a node as gone, and as back; 0
// if it did not.
func (c *control) noticed(hostname string, since time.Time) (lost, found time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.nodes {
		if n.Hostinfo.Hostname() == hostname {
			lost, found = max(0, n.lost.Sub(since)), max(0, n.found.Sub(since))
		}
	}
	return lost, found
}

// set changes the policy, or pins a primary; everybody is told at once.
func (c *control) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	c.changed()
}

// who names the primary of a prefix, "" when there is none.
func (c *control) who(route netip.Prefix) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.primary(route); n != nil {
		return n.Hostinfo.Hostname()
	}
	return ""
}

func send(w http.ResponseWriter, req *tailcfg.MapRequest, res *tailcfg.MapResponse) error {
	body, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if req.Compress != "" {
		body = zstdframe.AppendEncode(nil, body, zstdframe.FastestCompression)
	}
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	if _, err := w.Write(append(size, body...)); err != nil {
		return err
	}
	return cmp.Or(http.NewResponseController(w).Flush(), nil)
}
