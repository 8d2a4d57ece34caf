package main

import "github.com/spf13/cobra"

func (c cli) aclCommand() *cobra.Command {
	return &cobra.Command{Use: "acl", Short: "The tailnet policy"}
}
