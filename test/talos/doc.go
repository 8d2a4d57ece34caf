// Package talos holds rendered machine configurations against Talos's own machinery: its
// patcher, its decoder, which knows every field, and its validation.
//
// It is a module of its own so that a user of the library never sees what it imports.
package talos
