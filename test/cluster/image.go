package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// image is a container image of one layer that is made here, since nothing can be pulled.
type image struct {
	names   []string
	root    map[string]string // path in the image: the file of this machine
	links   map[string]string // path in the image: where it leads
	entry   []string
	command []string
}

// add puts programs of this machine into the image, with the libraries that they load.
func (i *image) add(dir string, programs ...string) error {
	for _, p := range programs {
		path, err := exec.LookPath(p)
		if err != nil {
			return err
		}
		i.root[filepath.Join(dir, filepath.Base(p))] = path
		if err := i.libraries(path); err != nil {
			return err
		}
	}
	return nil
}

// libraries are what ldd says that a program loads.
func (i *image) libraries(path string) error {
	out, err := exec.Command("ldd", path).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "not a dynamic executable") {
		return fmt.Errorf("ldd %s: %w: %s", path, err, out)
	}
	for _, word := range strings.Fields(string(out)) {
		if strings.HasPrefix(word, "/") {
			i.root[word] = word
		}
	}
	return nil
}

// tree puts a directory of this machine into the image as it is.
func (i *image) tree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			i.root[path] = path
			return i.libraries(path)
		}
		return err
	})
}

// applets has busybox be every command that the image has no program of its own for.
func (i *image) applets() error {
	if err := i.add("/bin", "busybox"); err != nil {
		return err
	}
	out, err := exec.Command("busybox", "--list").Output()
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(out)) {
		own := false
		for _, dir := range []string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/"} {
			own = own || i.root[dir+name] != "" || i.links[dir+name] != ""
		}
		if !own {
			i.links["/bin/"+name] = "/bin/busybox"
		}
	}
	return nil
}

// write writes an archive that `ctr images import` reads, in the layout of docker save.
func (i *image) write(path string) error {
	layer, err := os.CreateTemp(filepath.Dir(path), "layer-")
	if err != nil {
		return err
	}
	defer os.Remove(layer.Name())
	defer layer.Close()
	hash := sha256.New()
	if err := i.layer(io.MultiWriter(layer, hash)); err != nil {
		return err
	}
	config, _ := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{
			"Env":        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			"Entrypoint": i.entry, "Cmd": i.command,
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(hash.Sum(nil))}},
	})
	sum := sha256.Sum256(config)
	name := hex.EncodeToString(sum[:]) + ".json"
	manifest, _ := json.Marshal([]any{map[string]any{"Config": name, "RepoTags": i.names, "Layers": []string{"layer.tar"}}})
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	archive := tar.NewWriter(out)
	put := func(name string, size int64, r io.Reader) error {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size}); err != nil {
			return err
		}
		_, err := io.Copy(archive, r)
		return err
	}
	size, err := layer.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := layer.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for _, err := range []error{
		put(name, int64(len(config)), strings.NewReader(string(config))),
		put("layer.tar", size, layer),
		put("manifest.json", int64(len(manifest)), strings.NewReader(string(manifest))),
		archive.Close(),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (i *image) layer(w io.Writer) error {
	t := tar.NewWriter(w)
	made := map[string]bool{"/": true}
	var parents func(path string) error
	parents = func(path string) error {
		dir := filepath.Dir(path)
		if made[dir] {
			return nil
		}
		made[dir] = true
		if err := parents(dir); err != nil {
			return err
		}
		mode := int64(0o755)
		if dir == "/tmp" {
			mode = 0o1777
		}
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:] + "/", Mode: mode})
	}
	for _, dir := range []string{"/tmp/x", "/proc/x", "/sys/x", "/dev/x", "/run/x", "/var/lib/x", "/var/run/x", "/etc/x"} {
		if err := parents(dir); err != nil {
			return err
		}
	}
	for _, path := range sorted(i.root) {
		if err := parents(path); err != nil {
			return err
		}
		f, err := os.Open(i.root[path])
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: path[1:], Mode: int64(info.Mode().Perm()), Size: info.Size()}); err != nil {
			return err
		}
		if _, err := io.Copy(t, f); err != nil {
			return err
		}
	}
	for _, path := range sorted(i.links) {
		if err := parents(path); err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: path[1:], Linkname: i.links[path], Mode: 0o777}); err != nil {
			return err
		}
	}
	return t.Close()
}

// secureWget gives the image what its wget asks an HTTPS server with. The official one's is
// linked to a library; that of Debian's busybox 1.35 runs openssl, and has it look for the
// port in the certificate, too.
func (w *world) secureWget(i *image) error {
	if err := i.add("/usr/lib/ssl", "openssl"); err != nil {
		return err
	}
	const script = "#!/bin/sh\nfor word in \"$@\"; do\n\tshift\n\tif [ \"$before\" = -verify_ip ]; then word=${word%:*}; fi\n\tset -- \"$@\" \"$word\"\n\tbefore=$word\ndone\nexec /usr/lib/ssl/openssl \"$@\"\n"
	if err := os.WriteFile(w.file("openssl"), []byte(script), 0o755); err != nil {
		return err
	}
	i.root["/usr/bin/openssl"] = w.file("openssl")
	i.links["/usr/lib/ssl/cert.pem"] = "/etc/ssl/cert.pem"
	return nil
}

// makeImages are those of a cluster of kubeadm's, and the gateways'.
func (w *world) makeImages() error {
	hosts := []string{"/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/protocols", "/etc/services"}
	kubernetes := &image{root: map[string]string{}, links: map[string]string{}, names: []string{
		"registry.k8s.io/kube-apiserver:v" + kubernetesVersion, "registry.k8s.io/kube-controller-manager:v" + kubernetesVersion,
		"registry.k8s.io/kube-scheduler:v" + kubernetesVersion, "registry.k8s.io/kube-proxy:v" + kubernetesVersion,
		"registry.k8s.io/etcd:" + etcdTag, pauseImage,
	}, command: []string{"/bin/sleep", "infinity"}}
	kubernetes.root["/usr/local/bin/kubernetes"] = filepath.Join(w.programs, "kubernetes")
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd"} {
		kubernetes.links["/usr/local/bin/"+name] = "kubernetes"
	}
	kubernetes.root["/usr/local/bin/"+webhookName] = filepath.Join(w.programs, "cluster")
	coredns := &image{root: map[string]string{"/coredns": filepath.Join(w.programs, "coredns")},
		names: []string{"registry.k8s.io/coredns/coredns:" + corednsTag}, entry: []string{"/coredns"}}
	tailscale := &image{root: map[string]string{}, links: map[string]string{}, names: []string{gatewayImage}, command: []string{"/usr/local/bin/containerboot"}}
	for _, name := range []string{"tailscaled", "tailscale", "containerboot"} {
		tailscale.root["/usr/local/bin/"+name] = filepath.Join(w.programs, "v"+tailscaleVersion, name)
	}
	tailscale.root["/etc/ssl/certs/ca-certificates.crt"] = w.file("certificate.pem")
	if err := w.secureWget(tailscale); err != nil {
		return err
	}
	for _, i := range []*image{kubernetes, tailscale} {
		for _, f := range hosts {
			i.root[f] = f
		}
		if err := i.add("/usr/sbin", "xtables-nft-multi", "ip", "conntrack"); err != nil {
			return err
		}
		for _, name := range []string{"iptables", "ip6tables"} {
			for _, suffix := range []string{"", "-save", "-restore", "-nft", "-nft-save", "-nft-restore"} {
				i.links["/usr/sbin/"+name+suffix] = "xtables-nft-multi"
			}
		}
		if err := i.tree("/usr/lib/x86_64-linux-gnu/xtables"); err != nil {
			return err
		}
		if err := i.applets(); err != nil {
			return err
		}
	}
	return errors.Join(kubernetes.write(w.file("kubernetes.tar")), coredns.write(w.file("coredns.tar")), tailscale.write(w.file("tailscale.tar")))
}
