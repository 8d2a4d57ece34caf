package gitops

import (
	"bytes"
	"context"

	"github.com/kptdev/kpt/commands/fn"
	"github.com/kptdev/kpt/pkg/printer"
)

// KptRender is `kpt fn render DIR --allow-exec` by kpt's own code, and what it says.
func KptRender(ctx context.Context, dir string) (said string, err error) {
	var out bytes.Buffer
	ctx = printer.WithContext(ctx, printer.New(&out, &out))
	command := fn.GetCommand(ctx, "kpt")
	command.SetArgs([]string{"render", dir, "--allow-exec"})
	command.SetOut(&out)
	command.SetErr(&out)
	command.SilenceUsage = true
	err = command.Execute()
	return out.String(), err
}
