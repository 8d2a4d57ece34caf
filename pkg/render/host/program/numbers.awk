# The numbers of what a gateway keeps in the kernel, for the files that are read after
# this one. They are next to Tailscale's rules 5210 to 5270 and away from its table 52
# (tailscale 1.84.3, wgengine/router/router_linux.go), and from Cilium's tables 200,
# 202, 2004 and 2005 (cilium 1.17.4, pkg/datapath/linux/linux_defaults).
BEGIN {
	# Priorities of rules, in the order in which the kernel asks them.
	MUTE = 5175        # the watch: no answer to health checks
	NO_NESTING = 5180  # tailscaled's own packets, to another region
	NO_BURYING = 5181  # tailscaled's own packets, to a pod in the overlay
	HOME = 5185        # to the region's own prefixes
	REFUSE = 5190      # the watch: no transit for now
	WAY = 5195         # from a prefix of ours, by its primary
	CLOSED = 5196      # from a prefix of ours, when 5195 knows no way
	CLOSED_TAILNET = 5197
	HOST = 5198        # what this host sends itself
	CLOSED_HOST = 5199
	OVERLAY = 5204     # to pods, by the plugin's own routes
	MARKED = 5205      # what carries a Cilium identity

	# Tables.
	BURIED = 5249      # pods in one overlay of all regions, whosever
	UNREACHABLE = 5250 # what is remote, and cannot be reached
	TAILNET = 5251     # tailnet addresses of remote gateways, the same
	REFUSED = 5252     # what is remote, and not carried for now
	FIRST = 5253       # the first of ours; each local prefix has its own

	# Our routes' protocol, which nobody has in iproute2's rt_protos (lib.sh).
	PROTOCOL = 154
	# Where containerboot answers /healthz (tailscale 1.84.3,
	# cmd/containerboot/settings.go: TS_LOCAL_ADDR_PORT).
	HEALTH = 9002
	# tailscaled's port (tailscale 1.84.3, cmd/tailscaled/tailscaled.go: defaultPort).
	WIREGUARD = 41641
	# The mark of tailscaled's own packets, and its mask (tailscale 1.84.3,
	# util/linuxfw/linuxfw.go).
	BYPASS = "0x80000" # of what tailscaled sends: no other bit is set

	# What a card's offloads have to be, so that UDP packets it receives reach tailscale0
	# many at a time (tailscale 1.84.3, net/netkernelconf/netkernelconf_linux.go).
	OFFLOAD_NAME[++OFFLOADS] = "rx-udp-gro-forwarding"
	OFFLOAD["rx-udp-gro-forwarding"] = "on"
	OFFLOAD_NAME[++OFFLOADS] = "rx-gro-list"
	OFFLOAD["rx-gro-list"] = "off"
}
