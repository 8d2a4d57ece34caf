// Package page looks at what people see: the HTML page and the pictures, in a real browser, in
// Mermaid and in Graphviz. Its tests need node, npm, chromium and dot, and are built with -tags
// page: see `make page`.
package page
