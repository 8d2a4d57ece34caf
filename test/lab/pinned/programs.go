//go:build programs

// The programs under test, named here so that go.mod and go.sum pin them and what
// they are made of.
package pinned

import (
	_ "tailscale.com/cmd/containerboot"
	_ "tailscale.com/cmd/tailscale"
	_ "tailscale.com/cmd/tailscaled"
)
