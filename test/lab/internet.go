package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// derpMap is the lab's one relay, on the control server's address.
func derpMap() *tailcfg.DERPMap {
	return &tailcfg.DERPMap{OmitDefaultRegions: true, Regions: map[int]*tailcfg.DERPRegion{1: {
		RegionID: 1, RegionCode: "lab", RegionName: "lab",
		Nodes: []*tailcfg.DERPNode{{
			Name: "1a", RegionID: 1, HostName: controlIP, IPv4: controlIP, IPv6: "none",
			STUNPort: 3478, DERPPort: 443, InsecureForTests: true,
		}},
	}}}
}

// serveInternet runs control server, DERP and STUN in the internet's namespace and
// returns the certificate that hosts have to trust.
func serveInternet(ns string, c *control, logf func(string, ...any)) ([]byte, error) {
	relay := derp.NewServer(key.NewNode(), func(string, ...any) {})
	mux := http.NewServeMux()
	mux.Handle("/derp", derphttp.Handler(relay))
	mux.HandleFunc("/derp/probe", derphttp.ProbeHandler)
	mux.HandleFunc("/derp/latency-check", derphttp.ProbeHandler)
	mux.HandleFunc("/generate_204", derphttp.ServeNoContent)
	mux.Handle("/", c)
	var listener net.Listener
	err := in(ns, func() (err error) {
		stun := stunserver.New(context.Background())
		if err = stun.Listen(controlIP + ":3478"); err != nil {
			return err
		}
		go stun.Serve()
		lc := net.ListenConfig{Control: noticeLoss, KeepAlive: -1} // or Go sets its own
		lc.SetMultipathTCP(false)                                  // which does not hand the options on
		listener, err = lc.Listen(context.Background(), "tcp", controlIP+":443")
		return err
	})
	if err != nil {
		return nil, err
	}
	certificate, err := newCertificate()
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: mux, ErrorLog: nil,
		TLSConfig:    &tls.Config{Certificates: []tls.Certificate{certificate}},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // Noise upgrades HTTP/1.1
	}
	server.ErrorLog = silent(logf)
	go func() {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			logf("internet: %v", err)
		}
	}()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), nil
}

// noticeLoss has the kernel notice within five seconds that a host is gone.
func noticeLoss(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 1)
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 1)
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4)
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(5*time.Second/time.Millisecond))
	})
}
