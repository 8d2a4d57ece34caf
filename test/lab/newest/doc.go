// Package newest pins the newest Tailscale that builds with Go 1.26, so that the lab
// can run every check a second time on it.
package newest
