// Package peers has the same objects for programs that render: twelve a region.
package peers

import "embed"

//go:embed chart regions.jsonnet regions.cue
var Files embed.FS
