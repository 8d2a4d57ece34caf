// Package main is the API server of the newest Kubernetes that builds with this Go, and its
// kubelet's reading of static pods: it is the program that it is called as.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/component-base/cli"
	"k8s.io/klog/v2"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/capabilities"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/config"
	kubelettypes "k8s.io/kubernetes/pkg/kubelet/types"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "static-pods":
		capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true}) // as a kubelet does
		for _, path := range os.Args[1:] {
			if err := staticPod(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	default:
		fmt.Fprintln(os.Stderr, "call it as one of kube-apiserver, static-pods")
		os.Exit(2)
	}
}

// staticPod has the kubelet's own code read a file as a static pod, and fails where it takes
// none: a kubelet would only log that.
func staticPod(path string) error {
	c := kubeletconfig.NewPodConfig(record.NewFakeRecorder(100), unobserved{})
	kubeletconfig.NewSourceFile(klog.Background(), path, "node", time.Hour, c.Channel(context.Background(), kubelettypes.FileSource))
	end := time.After(5 * time.Second)
	for {
		select {
		case u := <-c.Updates():
			if u.Op == kubelettypes.ADD && len(u.Pods) == 1 {
				fmt.Println(path, u.Pods[0].Name)
				return nil
			}
		case <-end:
			return fmt.Errorf("%s: the kubelet takes no pod", path)
		}
	}
}

// unobserved has nobody told how long pods take to start.
type unobserved struct{}

func (unobserved) ObservedPodOnWatch(klog.Logger, *v1.Pod, time.Time) {}
