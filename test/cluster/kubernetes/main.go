// Package main is the programs of a Kubernetes cluster in one, from their own modules: it is
// the program that it is called as, so that what they share is built and stored once.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectlcli "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubeadmutil "k8s.io/kubernetes/cmd/kubeadm/app/util"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/pkg/capabilities"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/config"
	kubelettypes "k8s.io/kubernetes/pkg/kubelet/types"
)

func run(c *cobra.Command) { os.Exit(cli.Run(c)) }

func main() {
	programs := map[string]func(){
		"etcd":                    func() { etcdmain.Main(os.Args) },
		"kube-apiserver":          func() { run(apiserver.NewAPIServerCommand()) },
		"kube-controller-manager": func() { run(controllermanager.NewControllerManagerCommand()) },
		"kube-proxy":              func() { run(proxy.NewProxyCommand()) },
		"kube-scheduler":          func() { run(scheduler.NewSchedulerCommand()) },
		"kubectl":                 func() { run(kubectlcli.NewDefaultKubectlCommand()) },
		"kubelet":                 func() { run(kubelet.NewKubeletCommand()) },
		"static-pods":             staticPods,
		"kubeadm":                 func() { kubeadmutil.CheckErr(kubeadm.Run()) },
	}
	start, ok := programs[filepath.Base(os.Args[0])]
	if !ok {
		fmt.Fprintln(os.Stderr, "call it as one of", strings.Join(slices.Sorted(maps.Keys(programs)), ", "))
		os.Exit(2)
	}
	start()
}

// staticPods has the kubelet's own code read files as static pods, and fails where it takes
// none: a kubelet would only log that.
func staticPods() {
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true}) // as a kubelet does
	for _, path := range os.Args[1:] {
		updates := make(chan any, 1)
		kubeletconfig.NewSourceFile(path, "node", time.Hour, updates)
		select {
		case u := <-updates:
			update := u.(kubelettypes.PodUpdate)
			if len(update.Pods) != 1 {
				fmt.Fprintf(os.Stderr, "%s: the kubelet takes %d pods\n", path, len(update.Pods))
				os.Exit(1)
			}
			fmt.Println(path, update.Pods[0].Name)
		case <-time.After(5 * time.Second):
			fmt.Fprintf(os.Stderr, "%s: the kubelet takes no pod\n", path)
			os.Exit(1)
		}
	}
}
