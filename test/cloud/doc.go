// Package cloud checks what is rendered for the networks of cloud providers: the
// scripts run, in the shells of hosts, against stand-ins for the providers' command
// lines, and the Terraform files are read by Terraform's own parser. It renders the
// examples and testdata/networks.yaml; the stand-ins evaluate the scripts' queries with the JMESPath that the real
// programs use.
package cloud
