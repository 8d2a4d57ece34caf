// Command cluster runs a real cluster of kubeadm's on this machine: a cloud with the control
// plane, and two sites whose first hosts have nothing but what STEPS.md told them to run.
// Machines are namespaces, each with a systemd, a containerd and a kubelet of its own; the
// tailnet is real tailscaled with the lab's control server. It prints one line for each
// check, PASS or FAIL with the numbers, and exits 1 if one failed. It needs root, systemd,
// containerd, runc, CNI's plugins, and the programs that `make cluster` builds.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == webhookName {
		os.Exit(report(serveWebhook()))
	}
	os.Exit(cluster())
}

func cluster() int {
	var w world
	flag.StringVar(&w.programs, "programs", ".lab", "directory with the programs")
	flag.StringVar(&w.tool, "tool", "bin/kustomize-hybrid", "the program under test")
	flag.StringVar(&w.topology, "topology", "test/cluster/topology.yaml", "what is rendered")
	flag.StringVar(&w.examples, "examples", "examples", "directory of topologies that the API server has to take")
	flag.StringVar(&w.crds, "crds", "test/crds/testdata/definitions", "directory of definitions of Cilium's and Calico's kinds")
	record := flag.String("record", "", "where to write which lines of STEPS.md were run, if nothing has failed")
	keep := flag.Bool("keep", false, "keep the directory of this run, with its logs")
	stay := flag.Bool("stay", false, "leave the cluster running until a signal comes")
	flag.Parse()
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "cluster: namespaces need root")
		return 2
	}
	if missing := missing(); len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "cluster: missing on this machine: "+strings.Join(missing, ", "))
		return 2
	}
	var err error
	for _, p := range []*string{&w.programs, &w.tool, &w.topology, &w.examples, &w.crds} {
		if *p, err = filepath.Abs(*p); err != nil {
			return report(err)
		}
	}
	if w.dir, err = os.MkdirTemp("", "khc-"); err != nil {
		return report(err)
	}
	// The machines' disks are layers over this machine's own, and so must not lie on it.
	if _, err := run("mount", "-t", "tmpfs", "-o", "mode=755,size=16g", "khc", w.dir); err != nil {
		return report(err)
	}
	restore := settings()
	defer restore()
	c := &checks{world: &w, start: time.Now(), ran: map[string][]string{}}
	done := make(chan error, 1)
	go func() { done <- c.all() }()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	select {
	case err = <-done:
		if *stay {
			fmt.Fprintf(os.Stderr, "cluster: %v; it stays in %s until a signal comes\n", err, w.dir)
			<-signals
		}
	case s := <-signals:
		err = fmt.Errorf("stopped by %s", s)
	}
	w.close()
	if err == nil && c.failed == 0 && *record != "" {
		err = os.WriteFile(*record, []byte(c.recorded()), 0o644)
	}
	if err == nil && c.failed == 0 && !*keep {
		run("umount", "-l", w.dir)
		os.Remove(w.dir)
	} else {
		fmt.Println("logs:", w.dir)
	}
	fmt.Printf("%d failed, %s\n", c.failed, time.Since(c.start).Round(time.Second))
	if err != nil {
		return report(err)
	}
	return min(c.failed, 1)
}

func report(err error) int {
	fmt.Fprintln(os.Stderr, "cluster:", err)
	return 3
}

// settings returns what puts those settings of the kernel back that a kubelet changes and
// that no namespace has its own of.
func settings() func() {
	before := map[string][]byte{}
	for _, name := range []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"} {
		if data, err := os.ReadFile("/proc/sys/" + name); err == nil {
			before[name] = data
		}
	}
	return func() {
		for name, data := range before {
			os.WriteFile("/proc/sys/"+name, data, 0o644)
		}
	}
}

// missing are the programs that the machines need and this one lacks, each with its package
// of Debian.
func missing() []string {
	var list []string
	for _, need := range []struct{ program, pkg string }{
		{"/lib/systemd/systemd", "systemd"}, {"containerd", "containerd"}, {"runc", "runc"}, {"/usr/lib/cni/bridge", "containernetworking-plugins"},
		{"ip", "iproute2"}, {"nft", "nftables"}, {"iptables-nft", "iptables"}, {"ethtool", "ethtool"}, {"conntrack", "conntrack"}, {"ping", "iputils-ping"},
		{"curl", "curl"}, {"openssl", "openssl"}, {"setfattr", "attr"}, {"busybox", "busybox"}, {"nsenter", "util-linux"}, {"pgrep", "procps"},
	} {
		if _, err := exec.LookPath(need.program); err != nil {
			list = append(list, need.program+" (package "+need.pkg+")")
		}
	}
	return list
}
