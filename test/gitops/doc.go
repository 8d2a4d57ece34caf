// Package gitops runs GitOps tools' own code over what this project ships: Argo CD's plugin
// server with the configuration that people copy, and kpt's pipelines; Flux's is in the module
// below. They are modules of their own, so that a user of the library never sees what they
// import. The tests run the program in bin: see `make gitops`; `make one-hash` runs what is here, too,
// beside all other ways from a topology to its objects.
package gitops
