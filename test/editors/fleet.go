// Package editors has tests alone: what others make of the contract, cue itself and ajv.
package editors
