// Code generated from schema/topology.cue by make golden. DO NOT EDIT.

// Package contract is schema/topology.cue as Go has it: what every field may be.
package contract

import "github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"

// Of is the rule of a document of a kind, such as Topology; nil when the contract has no such
// kind.
func Of(kind string) *rule.Rule { return kinds[kind] }

var kinds = map[string]*rule.Rule{
	"Topology":  ruleTopology,
	"RangePack": ruleRangePack,
	"Transform": ruleTransform,
	"Validate":  ruleValidate,
}

var pattern0 = &rule.Pattern{Source: `^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 7},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 4, B: 6},
	{Do: rule.Some, Text: "-.09az", A: 0, B: 251},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 9, B: 11},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 61},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern1 = &rule.Pattern{Source: `^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*):([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 6},
	{Do: rule.Word, Text: "[", A: 0, B: 0},
	{Do: rule.Some, Text: "..0:AFaf", A: 1, B: -1},
	{Do: rule.Word, Text: "]", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 17, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 8, B: 10},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 11, B: 17},
	{Do: rule.Word, Text: ".", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 14, B: 16},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 10, B: 0},
	{Do: rule.Word, Text: ":", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 19, B: 22},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 3},
	{Do: rule.Next, Text: "", A: 43, B: 0},
	{Do: rule.Either, Text: "", A: 23, B: 26},
	{Do: rule.Some, Text: "15", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 4, B: 4},
	{Do: rule.Next, Text: "", A: 43, B: 0},
	{Do: rule.Word, Text: "6", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 28, B: 31},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 3, B: 3},
	{Do: rule.Next, Text: "", A: 43, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 33, B: 36},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 2, B: 2},
	{Do: rule.Next, Text: "", A: 43, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 38, B: 41},
	{Do: rule.Some, Text: "02", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 43, B: 0},
	{Do: rule.Word, Text: "3", A: 0, B: 0},
	{Do: rule.Some, Text: "05", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern2 = &rule.Pattern{Source: `^https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(/[A-Za-z0-9._~/-]*)?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "http", A: 0, B: 0},
	{Do: rule.Some, Text: "ss", A: 0, B: 1},
	{Do: rule.Word, Text: "://", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 5, B: 9},
	{Do: rule.Word, Text: "[", A: 0, B: 0},
	{Do: rule.Some, Text: "..0:AFaf", A: 1, B: -1},
	{Do: rule.Word, Text: "]", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 20, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 11, B: 13},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 14, B: 20},
	{Do: rule.Word, Text: ".", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 17, B: 19},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 13, B: 0},
	{Do: rule.Either, Text: "", A: 21, B: 47},
	{Do: rule.Word, Text: ":", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 23, B: 26},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 3},
	{Do: rule.Next, Text: "", A: 47, B: 0},
	{Do: rule.Either, Text: "", A: 27, B: 30},
	{Do: rule.Some, Text: "15", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 4, B: 4},
	{Do: rule.Next, Text: "", A: 47, B: 0},
	{Do: rule.Word, Text: "6", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 32, B: 35},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 3, B: 3},
	{Do: rule.Next, Text: "", A: 47, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 37, B: 40},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 2, B: 2},
	{Do: rule.Next, Text: "", A: 47, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 42, B: 45},
	{Do: rule.Some, Text: "02", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 47, B: 0},
	{Do: rule.Word, Text: "3", A: 0, B: 0},
	{Do: rule.Some, Text: "05", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 48, B: 50},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Some, Text: "-9AZ__az~~", A: 0, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern3 = &rule.Pattern{Source: `^([A-Za-z0-9.-]+(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 31},
	{Do: rule.Some, Text: "-.09AZaz", A: 1, B: -1},
	{Do: rule.Either, Text: "", A: 4, B: 30},
	{Do: rule.Word, Text: ":", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 6, B: 9},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 3},
	{Do: rule.Next, Text: "", A: 30, B: 0},
	{Do: rule.Either, Text: "", A: 10, B: 13},
	{Do: rule.Some, Text: "15", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 4, B: 4},
	{Do: rule.Next, Text: "", A: 30, B: 0},
	{Do: rule.Word, Text: "6", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 15, B: 18},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 3, B: 3},
	{Do: rule.Next, Text: "", A: 30, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 20, B: 23},
	{Do: rule.Some, Text: "04", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 2, B: 2},
	{Do: rule.Next, Text: "", A: 30, B: 0},
	{Do: rule.Word, Text: "5", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 25, B: 28},
	{Do: rule.Some, Text: "02", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 30, B: 0},
	{Do: rule.Word, Text: "3", A: 0, B: 0},
	{Do: rule.Some, Text: "05", A: 1, B: 1},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 1, B: -1},
	{Do: rule.Either, Text: "", A: 33, B: 36},
	{Do: rule.Some, Text: "-.__", A: 1, B: -1},
	{Do: rule.Some, Text: "09az", A: 1, B: -1},
	{Do: rule.Next, Text: "", A: 32, B: 0},
	{Do: rule.Either, Text: "", A: 37, B: 44},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 1, B: -1},
	{Do: rule.Either, Text: "", A: 40, B: 43},
	{Do: rule.Some, Text: "-.__", A: 1, B: -1},
	{Do: rule.Some, Text: "09az", A: 1, B: -1},
	{Do: rule.Next, Text: "", A: 39, B: 0},
	{Do: rule.Next, Text: "", A: 36, B: 0},
	{Do: rule.Either, Text: "", A: 45, B: 48},
	{Do: rule.Word, Text: ":", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZ__az", A: 1, B: 1},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 127},
	{Do: rule.Either, Text: "", A: 49, B: 51},
	{Do: rule.Word, Text: "@sha256:", A: 0, B: 0},
	{Do: rule.Some, Text: "09af", A: 64, B: 64},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern4 = &rule.Pattern{Source: `^(0|[1-9][0-9]{0,5})[.](0|[1-9][0-9]{0,5})[.](0|[1-9][0-9]{0,5})([-+][0-9A-Za-z.+-]+)?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 4},
	{Do: rule.Word, Text: "0", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 6, B: 0},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 5},
	{Do: rule.Word, Text: ".", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 8, B: 10},
	{Do: rule.Word, Text: "0", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 12, B: 0},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 5},
	{Do: rule.Word, Text: ".", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 14, B: 16},
	{Do: rule.Word, Text: "0", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 18, B: 0},
	{Do: rule.Some, Text: "19", A: 1, B: 1},
	{Do: rule.Some, Text: "09", A: 0, B: 5},
	{Do: rule.Either, Text: "", A: 19, B: 21},
	{Do: rule.Some, Text: "++--", A: 1, B: 1},
	{Do: rule.Some, Text: "++-.09AZaz", A: 1, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern5 = &rule.Pattern{Source: `^0[.]0[.]0($|[-+])`, Not: true, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "0.0.0", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.End, Text: "", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 6, B: 0},
	{Do: rule.Some, Text: "++--", A: 1, B: 1},
}}
var pattern6 = &rule.Pattern{Source: `^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.Some, Text: "--09az", A: 0, B: 61},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern7 = &rule.Pattern{Source: `^tag:[a-zA-Z][a-zA-Z0-9-]*$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "tag:", A: 0, B: 0},
	{Do: rule.Some, Text: "AZaz", A: 1, B: 1},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern8 = &rule.Pattern{Source: `^([^\s@:,/"]+@[A-Za-z0-9.-]*|group:[^\s:,/"]+|autogroup:[a-z][a-z-]*|tag:[a-zA-Z][a-zA-Z0-9-]*)$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 6},
	{Do: rule.Some, Text: "\x00\b\v\v\x0e\x1f!!#+-.09;?A\U0010ffff", A: 1, B: -1},
	{Do: rule.Word, Text: "@", A: 0, B: 0},
	{Do: rule.Some, Text: "-.09AZaz", A: 0, B: -1},
	{Do: rule.Next, Text: "", A: 18, B: 0},
	{Do: rule.Either, Text: "", A: 7, B: 10},
	{Do: rule.Word, Text: "group:", A: 0, B: 0},
	{Do: rule.Some, Text: "\x00\b\v\v\x0e\x1f!!#+-.09;\U0010ffff", A: 1, B: -1},
	{Do: rule.Next, Text: "", A: 18, B: 0},
	{Do: rule.Either, Text: "", A: 11, B: 15},
	{Do: rule.Word, Text: "autogroup:", A: 0, B: 0},
	{Do: rule.Some, Text: "az", A: 1, B: 1},
	{Do: rule.Some, Text: "--az", A: 0, B: -1},
	{Do: rule.Next, Text: "", A: 18, B: 0},
	{Do: rule.Word, Text: "tag:", A: 0, B: 0},
	{Do: rule.Some, Text: "AZaz", A: 1, B: 1},
	{Do: rule.Some, Text: "--09AZaz", A: 0, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern9 = &rule.Pattern{Source: "^[^\x00-\x1f\x7f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*[^\\s\x00-\x1f\x7f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069][^\x00-\x1f\x7f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$", Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: " ~\u00a0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a\U0010ffff", A: 0, B: -1},
	{Do: rule.Some, Text: "!~\u00a0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a\U0010ffff", A: 1, B: 1},
	{Do: rule.Some, Text: " ~\u00a0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a\U0010ffff", A: 0, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern10 = &rule.Pattern{Source: `^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.Some, Text: "--09az", A: 0, B: -1},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 6, B: 12},
	{Do: rule.Word, Text: ".", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 9, B: 11},
	{Do: rule.Some, Text: "--09az", A: 0, B: -1},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 5, B: 0},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern11 = &rule.Pattern{Source: `^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}[+]?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZ__az", A: 1, B: 1},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 14},
	{Do: rule.Some, Text: "++", A: 0, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern12 = &rule.Pattern{Source: `^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 14},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern13 = &rule.Pattern{Source: `^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Some, Text: "--09AZ__az", A: 1, B: 1},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: -1},
	{Do: rule.Either, Text: "", A: 1, B: 5},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern14 = &rule.Pattern{Source: `^/(proc|sys|dev)(/|$)`, Not: true, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.Word, Text: "proc", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 9, B: 0},
	{Do: rule.Either, Text: "", A: 6, B: 8},
	{Do: rule.Word, Text: "sys", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 9, B: 0},
	{Do: rule.Word, Text: "dev", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 10, B: 12},
	{Do: rule.Word, Text: "/", A: 0, B: 0},
	{Do: rule.Next, Text: "", A: 13, B: 0},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern15 = &rule.Pattern{Source: `^[A-Za-z0-9][A-Za-z0-9._/]*(-[A-Za-z0-9._/]+)*$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Some, Text: ".9AZ__az", A: 0, B: -1},
	{Do: rule.Either, Text: "", A: 4, B: 7},
	{Do: rule.Word, Text: "-", A: 0, B: 0},
	{Do: rule.Some, Text: ".9AZ__az", A: 1, B: -1},
	{Do: rule.Next, Text: "", A: 3, B: 0},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern16 = &rule.Pattern{Source: `^[^\s]+$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "\x00\b\v\v\x0e\x1f!\U0010ffff", A: 1, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern17 = &rule.Pattern{Source: `^[a-z][a-z0-9+.-]*://[^\s]+$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "az", A: 1, B: 1},
	{Do: rule.Some, Text: "++-.09az", A: 0, B: -1},
	{Do: rule.Word, Text: "://", A: 0, B: 0},
	{Do: rule.Some, Text: "\x00\b\v\v\x0e\x1f!\U0010ffff", A: 1, B: -1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern18 = &rule.Pattern{Source: `^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 6},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 4, B: 6},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 61},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern19 = &rule.Pattern{Source: `^[a-z]{2}[a-z0-9-]{1,30}[a-z0-9]$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "az", A: 2, B: 2},
	{Do: rule.Some, Text: "--09az", A: 1, B: 30},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern20 = &rule.Pattern{Source: `^[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "09AZaz", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.Some, Text: "-.09AZ__az", A: 0, B: 78},
	{Do: rule.Some, Text: "09AZ__az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern21 = &rule.Pattern{Source: `^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "az", A: 1, B: 1},
	{Do: rule.Either, Text: "", A: 3, B: 5},
	{Do: rule.Some, Text: "--09az", A: 0, B: 61},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern22 = &rule.Pattern{Source: `^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 4},
	{Do: rule.Some, Text: "-.09az", A: 1, B: -1},
	{Do: rule.Word, Text: ":", A: 0, B: 0},
	{Do: rule.Some, Text: "az", A: 1, B: 1},
	{Do: rule.Some, Text: "--09az", A: 4, B: 28},
	{Do: rule.Some, Text: "09az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern23 = &rule.Pattern{Source: `^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Some, Text: "()-.09AZ__az", A: 0, B: 89},
	{Do: rule.Some, Text: "()--09AZ__az", A: 1, B: 1},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern24 = &rule.Pattern{Source: `^rtb-[0-9a-f]{8,17}$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "rtb-", A: 0, B: 0},
	{Do: rule.Some, Text: "09af", A: 8, B: 17},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern25 = &rule.Pattern{Source: `^sg-[0-9a-f]{8,17}$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "sg-", A: 0, B: 0},
	{Do: rule.Some, Text: "09af", A: 8, B: 17},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern26 = &rule.Pattern{Source: `^vtb-[0-9a-z]{8,32}$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "vtb-", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 8, B: 32},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern27 = &rule.Pattern{Source: `^sg-[0-9a-z]{8,32}$`, Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Word, Text: "sg-", A: 0, B: 0},
	{Do: rule.Some, Text: "09az", A: 8, B: 32},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}
var pattern28 = &rule.Pattern{Source: `[^\s]`, Steps: []rule.Step{
	{Do: rule.Some, Text: "\x00\U0010ffff", A: 0, B: -1},
	{Do: rule.Some, Text: "\x00\b\v\v\x0e\x1f!\U0010ffff", A: 1, B: 1},
}}
var pattern29 = &rule.Pattern{Source: "^([^\x00-\x1f\x7f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\\t\\n\\r])*$", Steps: []rule.Step{
	{Do: rule.Start, Text: "", A: 0, B: 0},
	{Do: rule.Either, Text: "", A: 2, B: 4},
	{Do: rule.Some, Text: "\t\n\r\r ~\u00a0\u061b\u061d\u200d\u2010\u2027\u202f\u2065\u206a\U0010ffff", A: 1, B: 1},
	{Do: rule.Next, Text: "", A: 1, B: 0},
	{Do: rule.End, Text: "", A: 0, B: 0},
}}

var ruleTopology = &rule.Rule{
	Kind: rule.Struct,
	Name: "Topology",
	Fields: []rule.Field{
		{Name: "$schema", Doc: `Where an editor finds the schema of this file. Nothing else reads it`, Rule: ruleReference},
		{Name: "apiVersion", Doc: `The version of this language`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "kustomize-hybrid.dev/v1alpha1"`,
			Words: []string{"kustomize-hybrid.dev/v1alpha1"},
		}, Required: true},
		{Name: "kind", Doc: `The kind of the document`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "Topology"`,
			Words: []string{"Topology"},
		}, Required: true},
		{Name: "metadata", Doc: `What the topology is called`, Rule: ruleMetadata, Required: true},
		{Name: "spec", Doc: `The cluster, the tailnet and the regions`, Rule: ruleSpec, Required: true},
	},
}

var ruleMetadata = &rule.Rule{
	Kind: rule.Struct,
	Name: "Metadata",
	Fields: []rule.Field{
		{Name: "name", Doc: `A name for the topology: a DNS label, such as ai-cluster`, Rule: ruleName, Required: true},
		{Name: "namespace", Doc: `Written by kustomize's namespace transformer, and ignored`, Rule: ruleName},
		{Name: "labels", Doc: `Labels of your own`, Rule: &rule.Rule{
			Kind: rule.Map,
			Elem: ruleAnyText,
		}},
		{Name: "annotations", Doc: `Annotations of your own and kustomize's. Keep the topology out of a build's output with config.kubernetes.io/local-config: "true"`, Rule: &rule.Rule{
			Kind: rule.Map,
			Elem: ruleAnyText,
		}},
	},
}

var ruleSpec = &rule.Rule{
	Kind: rule.Struct,
	Name: "Spec",
	Fields: []rule.Field{
		{Name: "cluster", Doc: `What all regions share`, Rule: ruleCluster, Required: true},
		{Name: "tailnet", Doc: `The tailnet that the gateways join`, Rule: ruleTailnet, Required: true},
		{Name: "regions", Doc: `The networks to join, at least one`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRegion,
		}, Required: true},
		{Name: "leaving", Doc: `Regions that you are taking away, as they stood among the regions: move them here first. Nothing joins them any more, and STEPS.md begins with what takes them back. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleRegion,
		}},
		{Name: "links", Doc: `Private links between two regions, such as a peering, a leased line or a VPN of your own: they carry that pair without a tunnel. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleLink,
		}},
		{Name: "externalCIDRs", Doc: `Networks outside the cluster that its nodes and pods must keep reaching, such as an office's 192.168.10.0/24: nothing of the cluster may overlap them. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "reservedCIDRs", Doc: `Ranges that you want kept free. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleReservedCIDR,
		}},
		{Name: "suppressions", Doc: `Findings that you accept. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleSuppression,
		}},
		{Name: "marks", Doc: `Firewall marks that programs of your own use on gateways. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleMark,
		}},
		{Name: "knownIssues", Doc: `Known issues of your own, beside the program's list. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleKnownIssue,
		}},
	},
}

var ruleSuppression = &rule.Rule{
	Kind: rule.Struct,
	Name: "Suppression",
	Fields: []rule.Field{
		{Name: "code", Doc: `The findings' code, such as subnet-mode-unknown`, Rule: ruleName, Required: true},
		{Name: "path", Doc: `The field they are about, or anything above it, such as spec.regions[1]. Everywhere when left out`, Rule: ruleText},
		{Name: "reason", Doc: `Why they are accepted`, Rule: ruleText, Required: true},
		{Name: "expires", Doc: `The last day on which they are, such as 2027-03-31; compared with the date given to the run, never with a clock. For ever when left out`, Rule: ruleDate},
	},
}

var ruleMark = &rule.Rule{
	Kind: rule.Struct,
	Name: "Mark",
	Fields: []rule.Field{
		{Name: "owner", Doc: `The program, such as "our traffic shaper": messages quote it`, Rule: ruleText, Required: true},
		{Name: "mask", Doc: `The bits it uses, such as 0xff for the lowest eight, 1 to 0xffffffff`, Rule: ruleMarkMask, Required: true},
		{Name: "value", Doc: `What it sets or looks for within them, 0 to 0xffffffff. 0 when left out`, Rule: ruleMarkValue},
		{Name: "regions", Doc: `The names of the regions where it runs. All when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRegionName,
		}},
	},
}

var ruleKnownIssue = &rule.Rule{
	Kind: rule.Struct,
	Name: "KnownIssue",
	Fields: []rule.Field{
		{Name: "code", Doc: `Its name, in kebab-case, such as acme-agent-flushes-rules`, Rule: ruleName, Required: true},
		{Name: "title", Doc: `What goes wrong, in a few words`, Rule: ruleText, Required: true},
		{Name: "severity", Doc: `How a topology that has it is judged: error, warning, or info where nothing is left to do`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "error", "warning" or "info"`,
			Words: []string{"error", "warning", "info"},
		}, Required: true},
		{Name: "when", Doc: `The situations that have it; one is enough`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleIssueCondition,
		}, Required: true},
		{Name: "symptom", Doc: `What is seen, in words that one would search for`, Rule: ruleProse, Required: true},
		{Name: "cause", Doc: `How it comes about`, Rule: ruleProse, Required: true},
		{Name: "mitigation", Doc: `What there is to do`, Rule: ruleProse, Required: true},
		{Name: "evidence", Doc: `Issues, commits and source files, with versions, at least one`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleProse,
		}, Required: true},
	},
}

var ruleIssueCondition = &rule.Rule{
	Kind: rule.Struct,
	Name: "IssueCondition",
	Fields: []rule.Field{
		{Name: "tailscale", Doc: `The tailscaleVersion`, Rule: ruleVersionRange},
		{Name: "kubernetes", Doc: `The kubernetesVersion`, Rule: ruleVersionRange},
		{Name: "cniVersion", Doc: `The region's cni.version`, Rule: ruleVersionRange},
		{Name: "netfilterMode", Doc: `The tailnet's netfilterMode`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "off" or "on"`,
				Words: []string{"off", "on"},
			},
		}},
		{Name: "firewallMode", Doc: `The tailnet's firewallMode`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "iptables", "nftables" or "auto"`,
				Words: []string{"iptables", "nftables", "auto"},
			},
		}},
		{Name: "gatewaySource", Doc: `The tailnet's gatewaySource`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "internalIP" or "tailnetIP"`,
				Words: []string{"internalIP", "tailnetIP"},
			},
		}},
		{Name: "control", Doc: `The tailnet's control server`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "tailscale" or "headscale"`,
				Words: []string{"tailscale", "headscale"},
			},
		}},
		{Name: "operator", Doc: `Whether Tailscale's operator runs in the cluster`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "cni", Doc: `The region's cni.type`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleCNIType,
		}},
		{Name: "dataPlane", Doc: `The region's cni.dataPlane`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleDataPlane,
		}},
		{Name: "hostRouting", Doc: `The region's cni.hostRouting`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleHostRouting,
		}},
		{Name: "ipam", Doc: `The region's cni.ipam`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleIPAM,
		}},
		{Name: "tunnel", Doc: `The region's cni.tunnel`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleTunnel,
		}},
		{Name: "l7Proxy", Doc: `Whether the region's cni.l7Proxy is set`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "provider", Doc: `The region's provider`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleName,
		}},
		{Name: "gatewayMode", Doc: `The region's gateways.mode`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "daemonSet", "staticPod", "perNode" or "host"`,
				Words: []string{"daemonSet", "staticPod", "perNode", "host"},
			},
		}},
		{Name: "haStrategy", Doc: `The region's gateways.ha.strategy`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem: &rule.Rule{
				Kind:  rule.Text,
				Says:  `must be "single", "relay" or "supersets"`,
				Words: []string{"single", "relay", "supersets"},
			},
		}},
	},
}

var ruleVersionRange = &rule.Rule{
	Kind: rule.Struct,
	Name: "VersionRange",
	Fields: []rule.Field{
		{Name: "from", Doc: `The first version, such as 1.98.0. The very first when left out`, Rule: ruleVersion},
		{Name: "until", Doc: `The first version after the range, such as 1.100.0. None when left out`, Rule: ruleVersion},
	},
}

var ruleReservedCIDR = &rule.Rule{
	Kind: rule.Struct,
	Name: "ReservedCIDR",
	Fields: []rule.Field{
		{Name: "prefix", Doc: `The range, such as 10.200.0.0/16`, Rule: rulePrefix, Required: true},
		{Name: "reason", Doc: `Why it is kept free, such as "second data centre, 2027": messages quote it`, Rule: ruleText, Required: true},
	},
}

var ruleCluster = &rule.Rule{
	Kind: rule.Struct,
	Name: "Cluster",
	Fields: []rule.Field{
		{Name: "kubernetesVersion", Doc: `The API server's version, such as 1.33.1`, Rule: ruleVersion, Required: true},
		{Name: "distribution", Doc: `What installed the cluster: aks, eks, gke, k3s, kops, kubeadm, rke2, talos or other. Its defaults fill what is left out elsewhere, service ranges for one. kubeadm when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "aks", "eks", "gke", "k3s", "kops", "kubeadm", "rke2", "talos" or "other"`,
			Words: []string{"aks", "eks", "gke", "k3s", "kops", "kubeadm", "rke2", "talos", "other"},
		}},
		{Name: "cloudController", Doc: `The cloud controller manager that runs in the cluster: alibaba, aws, azure, gcp, hcloud, openstack, or none. Some delete nodes that their cloud does not know. When left out, that of the provider where the API server is, unless the distribution has one of its own`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "alibaba", "aws", "azure", "gcp", "hcloud", "openstack" or "none"`,
			Words: []string{"alibaba", "aws", "azure", "gcp", "hcloud", "openstack", "none"},
		}},
		{Name: "serviceCIDRs", Doc: `The service ranges, the primary one first, such as [10.96.0.0/12]. The distribution's default when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}},
		{Name: "clusterCIDRs", Doc: `The range of pods' addresses in the settings of kube-proxy, the controller manager and Flannel, such as [10.0.0.0/8]. Unchecked when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}},
		{Name: "nativeRoutingCIDR", Doc: `A prefix that holds the addresses of the cluster and nothing else, such as 10.0.0.0/8: Cilium masquerades towards everything outside it. A list of every region's prefixes when left out`, Rule: rulePrefix},
		{Name: "nonMasqueradeCIDRs", Doc: `Further networks that pods reach with their own addresses. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "apiServer", Doc: `Where nodes find the API server`, Rule: ruleAPIServer, Required: true},
	},
}

var ruleAPIServer = &rule.Rule{
	Kind: rule.Struct,
	Name: "APIServer",
	Fields: []rule.Field{
		{Name: "endpoint", Doc: `What kubelets and agents are told, where that is not a server's own address: a load balancer or a name, and its port, such as api.example.com:443 or 10.0.0.100:443. When left out, the first of addresses, and port`, Rule: ruleHostPort},
		{Name: "addresses", Doc: "The servers' own addresses, such as [10.0.0.5]: those that the Service `kubernetes` leads to", Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleAddress,
		}},
		{Name: "prefixes", Doc: `Networks that servers come and go in, such as the subnets of a managed control plane`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}},
		{Name: "port", Doc: `The servers' TCP port, 1 to 65535. 6443 when left out`, Rule: rulePort},
	},
}

var ruleTailnet = &rule.Rule{
	Kind: rule.Struct,
	Name: "Tailnet",
	Fields: []rule.Field{
		{Name: "tailscaleVersion", Doc: `The version the gateways run, such as 1.84.3`, Rule: ruleVersion, Required: true},
		{Name: "tag", Doc: `The ACL tag the gateways carry, such as tag:k8s`, Rule: ruleTag, Required: true},
		{Name: "ipPool", Doc: `The range of the tailnet's IPv4 addresses, such as [100.80.0.0/16]. 100.64.0.0/10 when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}},
		{Name: "controlURL", Doc: `The control server, such as https://headscale.example. Tailscale's own when left out`, Rule: ruleURL},
		{Name: "control", Doc: `Which program the control server is: tailscale or headscale. headscale when left out and there is a controlURL, otherwise tailscale`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "tailscale" or "headscale"`,
			Words: []string{"tailscale", "headscale"},
		}},
		{Name: "controlVersion", Doc: `The version of Headscale, such as 0.29.2: what a policy may say differs by version. The newest that is known when left out`, Rule: ruleVersion},
		{Name: "gatewaySource", Doc: `The source address of traffic that a gateway itself originates: internalIP (a source route makes it the node's own) or tailnetIP (it stays 100.x, and network policies must readmit it). internalIP when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "internalIP" or "tailnetIP"`,
			Words: []string{"internalIP", "tailnetIP"},
		}},
		{Name: "readmitWholePool", Doc: `With gatewaySource tailnetIP, when neither every gateway's tailnetIP nor an ipPool is known: whether policies may readmit 100.64.0.0/10 and fd7a:115c:a1e0::/48 whole, every device of the tailnet included. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "netfilterMode", Doc: `Whether tailscaled keeps firewall rules of its own: off or on. off when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "off" or "on"`,
			Words: []string{"off", "on"},
		}},
		{Name: "firewallMode", Doc: `The tool that writes tailscaled's firewall rules, where there are any: iptables, nftables or auto. Chosen by the version and the network plugins when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "iptables", "nftables" or "auto"`,
			Words: []string{"iptables", "nftables", "auto"},
		}},
		{Name: "maxDevices", Doc: `How many devices of the tailnet the gateways may be, 1 to 1000000, such as what the plan leaves for them: each gateway is one, and with mode perNode each node of the region. Unchecked when left out`, Rule: &rule.Rule{
			Kind:    rule.Whole,
			Says:    `must be a number from 1 to 1000000`,
			Bounded: true,
			Min:     1,
			Max:     1000000,
		}},
		{Name: "operator", Doc: `Whether Tailscale's Kubernetes operator runs in the cluster, too. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "image", Doc: `The gateways' container image, best with a digest, such as registry.example/tailscale:v1.84.3. ghcr.io/tailscale/tailscale at tailscaleVersion when left out`, Rule: ruleImage},
		{Name: "policy", Doc: `What the generated tailnet policy grants between the regions. Least privilege when left out`, Rule: rulePolicy},
		{Name: "auth", Doc: `Where the auth key is kept`, Rule: ruleAuth},
	},
}

var rulePolicy = &rule.Rule{
	Kind: rule.Struct,
	Name: "Policy",
	Fields: []rule.Field{
		{Name: "access", Doc: `leastPrivilege (by role: API server, kubelet, pods, overlay) or allowAll (every port between regions). leastPrivilege when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "leastPrivilege" or "allowAll"`,
			Words: []string{"leastPrivilege", "allowAll"},
		}},
		{Name: "form", Doc: `How rules are written: grants or acls, the older form. grants when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "grants" or "acls"`,
			Words: []string{"grants", "acls"},
		}},
		{Name: "tagPerRegion", Doc: `Whether each region's gateways have a tag of their own, the tailnet's tag followed by "-" and the region's name. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "tagOwners", Doc: `Who may give the tags to devices, such as [autogroup:admin]. That for Tailscale and nobody for Headscale when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleTagOwner,
		}},
		{Name: "flows", Doc: `Traffic that is allowed beside what the cluster itself needs. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleFlow,
		}},
		{Name: "pins", Doc: `Which gateways carry the traffic between two regions. The primaries when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePin,
		}},
	},
}

var ruleFlow = &rule.Rule{
	Kind: rule.Struct,
	Name: "Flow",
	Fields: []rule.Field{
		{Name: "name", Doc: `What it is for, such as "node ports": it stands in the policy's comments`, Rule: ruleText, Required: true},
		{Name: "from", Doc: `The sending regions. Every region when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRegionName,
		}},
		{Name: "to", Doc: `The receiving regions. Every region when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRegionName,
		}},
		{Name: "sources", Doc: `Whose addresses there: nodes or pods`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "nodes" or "pods"`,
			Words: []string{"nodes", "pods"},
		}, Required: true},
		{Name: "targets", Doc: `Whose addresses there: nodes or pods`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "nodes" or "pods"`,
			Words: []string{"nodes", "pods"},
		}, Required: true},
		{Name: "ports", Doc: `Its ports, such as ["tcp:9100", "udp:5000-5010", "icmp:*"], at least one`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePorts,
		}, Required: true},
	},
}

var ruleLink = &rule.Rule{
	Kind: rule.Struct,
	Name: "Link",
	Fields: []rule.Field{
		{Name: "regions", Doc: `The two regions, such as [aws-fra, office]`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRegionName,
		}, Required: true},
		{Name: "mtu", Doc: `The largest packet that it carries, from 576 to 9216. 1500 when left out`, Rule: ruleMTU},
	},
}

var rulePin = &rule.Rule{
	Kind: rule.Struct,
	Name: "Pin",
	Fields: []rule.Field{
		{Name: "from", Doc: `The sending region`, Rule: ruleRegionName, Required: true},
		{Name: "to", Doc: `The receiving region`, Rule: ruleRegionName, Required: true},
		{Name: "via", Doc: `The tag of the gateways that carry it, such as tag:k8s-fast, which every gateway of the receiving region has; see tags of a gateway`, Rule: ruleTag, Required: true},
	},
}

var ruleAuth = &rule.Rule{
	Kind: rule.Struct,
	Name: "Auth",
	Fields: []rule.Field{
		{Name: "workloadIdentity", Doc: `The identity that gateways of a DaemonSet show instead of a key. A key when left out`, Rule: ruleWorkloadIdentity},
		{Name: "secretName", Doc: `The Secret in namespace tailscale whose key "authkey" holds it, for gateways that a DaemonSet runs. tailscale-auth when left out`, Rule: ruleSubdomain},
		{Name: "secretKind", Doc: `What the Secret holds: reusable, a key that any number of gateways joins with; oneOff, a key for one; oauthClient, a client's secret, which makes keys of its own. reusable when left out`, Rule: ruleKeyKind},
		{Name: "hostKind", Doc: `What the hosts' file holds, as secretKind. reusable when left out`, Rule: ruleKeyKind},
		{Name: "hostDir", Doc: `The root-only directory whose file "authkey" holds it, for gateways that run as static pods. /etc/kustomize-hybrid/auth when left out`, Rule: ruleDirectory},
	},
}

var ruleKeyKind = &rule.Rule{
	Kind:  rule.Text,
	Name:  "KeyKind",
	Says:  `must be "reusable", "oneOff" or "oauthClient"`,
	Words: []string{"reusable", "oneOff", "oauthClient"},
}

var ruleWorkloadIdentity = &rule.Rule{
	Kind: rule.Struct,
	Name: "WorkloadIdentity",
	Fields: []rule.Field{
		{Name: "clientID", Doc: `The client ID that the tailnet's console shows, without attributes. It is not secret`, Rule: ruleClientID, Required: true},
		{Name: "audience", Doc: `The audience of the tokens. api.tailscale.com/ and the client ID when left out`, Rule: ruleAudience},
	},
}

var ruleRegion = &rule.Rule{
	Kind: rule.Struct,
	Name: "Region",
	Fields: []rule.Field{
		{Name: "name", Doc: `A DNS label, such as gcp-us; files and objects are named after it`, Rule: ruleName, Required: true},
		{Name: "provider", Doc: `Who runs the network, as a DNS label, such as aws, azure, gcp, alibaba or bare-metal: it selects reserved ranges, the form of routes and rules. Any other name is accepted`, Rule: ruleName, Required: true},
		{Name: "nodeCIDRs", Doc: `Where the region's nodes have their addresses, such as [10.0.0.0/22]. Gateways advertise them`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}, Required: true},
		{Name: "podCIDRs", Doc: `Where the region's pods have their addresses, such as [10.61.0.0/16]. Gateways advertise them`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}, Required: true},
		{Name: "hostAddress", Doc: `Who gives the region's hosts their internalIPs: given, where a network of the region carries them, or made, where each host has a public address and no other, so that we make one for it, on a device of its own, and hosts of the region reach each other through the tailnet alone (mode perNode, or a single host as a static pod). When left out, made for a single host whose node CIDR is its own private address and whose publicIP is another one, on a network that nobody has written down; otherwise given`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "given" or "made"`,
			Words: []string{"given", "made"},
		}},
		{Name: "transitCIDRs", Doc: `Link networks inside the region that are not advertised. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "fabricCIDRs", Doc: `InfiniBand, RoCE and storage networks on the region's hosts: not advertised, but a host that has one cannot reach the same prefix elsewhere. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "subnetMode", Doc: `How a VPC of Google Cloud makes its subnets: auto, which takes 10.128.0.0/9, or custom. When left out, auto is assumed only where every node CIDR lies in that block`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "auto" or "custom"`,
			Words: []string{"auto", "custom"},
		}},
		{Name: "maxNodes", Doc: `How many nodes the region must have room for, 1 to 65000. Unchecked when left out`, Rule: &rule.Rule{
			Kind:    rule.Whole,
			Says:    `must be a number from 1 to 65000`,
			Bounded: true,
			Min:     1,
			Max:     65000,
		}},
		{Name: "network", Doc: `The provider's network, where its routes and firewall rules to the gateways are to be rendered. Nothing is rendered for it when left out`, Rule: ruleNetwork},
		{Name: "egress", Doc: `What the region's own firewall lets its gateways open outwards: any, or https, TCP to port 443 alone. any when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "any" or "https"`,
			Words: []string{"any", "https"},
		}},
		{Name: "mtu", Doc: `The MTU of the network cards of the region's hosts, 576 to 9216, such as 1460. What the provider's networks usually have when left out`, Rule: ruleMTU},
		{Name: "cni", Doc: `The network plugin on the region's nodes`, Rule: ruleCNI, Required: true},
		{Name: "gateways", Doc: `The region's Tailscale subnet routers`, Rule: ruleGateways, Required: true},
		{Name: "nodes", Doc: `Every node of the region, gateways included, where the network plugin takes each node's block of pods' addresses from its Node object and nobody gives blocks that lie in the region's podCIDRs: cluster/nodes-REGION.yaml has the objects, to be created before the nodes join. With perNode all gateways are among them; list one for its labels, taints or providerID. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleNode,
		}},
		{Name: "nodeRoutes", Doc: `In which further forms the routes of the region's other nodes come, beside the programs node-routes.sh and node-watch.sh and their tables. None when left out`, Rule: ruleNodeRoutes},
	},
}

var ruleNode = &rule.Rule{
	Kind: rule.Struct,
	Name: "Node",
	Fields: []rule.Field{
		{Name: "name", Doc: `The Kubernetes node name, such as gpu-7`, Rule: ruleSubdomain, Required: true},
		{Name: "podCIDRs", Doc: `The blocks of the region's pod CIDRs that are this node's own, one for each family, such as [10.142.7.0/24]. Must be left out for a gateway with mode perNode, which has podCIDRs already`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "providerID", Doc: `What a cloud controller manager knows the node by, such as hybrid://gpu-dc/gpu-7. When left out, a scheme of nobody's where one runs for another provider's nodes and leaves such nodes alone; otherwise none`, Rule: ruleProviderID},
		{Name: "labels", Doc: `Labels beside the region's own, such as {example.com/gpu: h100}. None when left out`, Rule: ruleNodeSelector},
		{Name: "taints", Doc: `What keeps other pods off the node. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleTaint,
		}},
	},
}

var ruleTaint = &rule.Rule{
	Kind: rule.Struct,
	Name: "Taint",
	Fields: []rule.Field{
		{Name: "key", Doc: `Its key, such as nvidia.com/gpu`, Rule: ruleLabelName, Required: true},
		{Name: "value", Doc: `Its value, such as present. Empty when left out`, Rule: ruleLabelValue},
		{Name: "effect", Doc: `What it does: NoSchedule, PreferNoSchedule or NoExecute`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "NoSchedule", "PreferNoSchedule" or "NoExecute"`,
			Words: []string{"NoSchedule", "PreferNoSchedule", "NoExecute"},
		}, Required: true},
	},
}

var ruleNodeRoutes = &rule.Rule{
	Kind: rule.Struct,
	Name: "NodeRoutes",
	Fields: []rule.Field{
		{Name: "forms", Doc: `The forms, such as [systemd, daemonSet], at least one; hosts may use different ones`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleRouteForm,
		}, Required: true},
		{Name: "device", Doc: `The nodes' LAN card, as their netplan files call it, such as eth0. Required with netplan`, Rule: ruleNetplanID},
	},
}

var ruleRouteForm = &rule.Rule{
	Kind:  rule.Text,
	Name:  "RouteForm",
	Says:  `must be "systemd", "networkd", "netplan", "networkManager", "cloudInit", "daemonSet" or "machineConfig"`,
	Words: []string{"systemd", "networkd", "netplan", "networkManager", "cloudInit", "daemonSet", "machineConfig"},
}

var ruleNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "Network",
	Fields: []rule.Field{
		{Name: "aws", Doc: `With provider aws: a VPC of Amazon Web Services`, Rule: ruleAWSNetwork},
		{Name: "gcp", Doc: `With provider gcp: a VPC network of Google Cloud`, Rule: ruleGCPNetwork},
		{Name: "azure", Doc: `With provider azure: a virtual network of Azure`, Rule: ruleAzureNetwork},
		{Name: "alibaba", Doc: `With provider alibaba: a VPC of Alibaba Cloud`, Rule: ruleAlibabaNetwork},
		{Name: "hetzner", Doc: `With provider hetzner: a network of Hetzner Cloud`, Rule: ruleHetznerNetwork},
		{Name: "openstack", Doc: `With provider openstack: the network behind a router of OpenStack`, Rule: ruleOpenStackNetwork},
		{Name: "failover", Doc: `Who moves the routes when another gateway becomes the primary: manual, so that somebody runs the provider's program, or watch, so that units on the gateways' hosts do. manual when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "manual" or "watch"`,
			Words: []string{"manual", "watch"},
		}},
		{Name: "hostFirewall", Doc: `The firewall on the gateways' own hosts, where rules for it are to be rendered: ufw or nftables. None when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "ufw" or "nftables"`,
			Words: []string{"ufw", "nftables"},
		}},
		{Name: "egressFiltered", Doc: `Whether outgoing traffic is filtered, too, so that it needs rules. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
	},
}

var ruleAWSNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "AWSNetwork",
	Fields: []rule.Field{
		{Name: "region", Doc: `The AWS region, such as eu-central-1`, Rule: ruleCloudRegion, Required: true},
		{Name: "routeTables", Doc: `The route tables of the nodes' subnets, such as [rtb-0a1b2c3d4e5f60718]. Asked for by Terraform when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleAWSRouteTable,
		}},
		{Name: "securityGroup", Doc: `The security group of nodes and gateways, such as sg-0a1b2c3d4e5f60718. No firewall rules are rendered when left out`, Rule: ruleAWSSecurityGroup},
	},
}

var ruleGCPNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "GCPNetwork",
	Fields: []rule.Field{
		{Name: "project", Doc: `The project of the network and the gateways, such as ai-prod-4711`, Rule: ruleGCPProject, Required: true},
		{Name: "name", Doc: `The name of the network, such as default`, Rule: ruleGCPName, Required: true},
	},
}

var ruleAzureNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "AzureNetwork",
	Fields: []rule.Field{
		{Name: "resourceGroup", Doc: `The resource group of the network's objects, such as ai-weu`, Rule: ruleResourceGroup, Required: true},
		{Name: "routeTables", Doc: `The route tables of the nodes' subnets, such as [nodes]. Asked for by Terraform when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleCloudName,
		}},
		{Name: "securityGroup", Doc: `The network security group of nodes and gateways. No firewall rules are rendered when left out`, Rule: ruleCloudName},
	},
}

var ruleAlibabaNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "AlibabaNetwork",
	Fields: []rule.Field{
		{Name: "region", Doc: `The region of Alibaba Cloud, such as eu-central-1`, Rule: ruleCloudRegion, Required: true},
		{Name: "routeTables", Doc: `The route tables of the nodes' vSwitches, such as [vtb-bp1a2b3c4d5e6f7g8]. Asked for by Terraform when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleAlibabaRouteTable,
		}},
		{Name: "securityGroup", Doc: `The security group of nodes and gateways, such as sg-bp1a2b3c4d5e6f7g8. No firewall rules are rendered when left out`, Rule: ruleAlibabaSecurityGroup},
	},
}

var ruleHetznerNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "HetznerNetwork",
	Fields: []rule.Field{
		{Name: "name", Doc: `The network's name, such as k8s`, Rule: ruleCloudName, Required: true},
		{Name: "ipRange", Doc: `All addresses of the network, such as 10.0.0.0/8. Hosts send packets to other addresses to the internet and not into the network, so it should contain the prefixes of every region`, Rule: rulePrefix, Required: true},
		{Name: "firewall", Doc: `The firewall of the gateways' servers, such as gateways. No firewall rules are rendered when left out`, Rule: ruleCloudName},
	},
}

var ruleOpenStackNetwork = &rule.Rule{
	Kind: rule.Struct,
	Name: "OpenStackNetwork",
	Fields: []rule.Field{
		{Name: "router", Doc: `The router of the nodes' subnet, by its name or ID, such as k8s`, Rule: ruleCloudName, Required: true},
		{Name: "securityGroup", Doc: `The security group of nodes and gateways, by its name or ID. No firewall rules are rendered when left out`, Rule: ruleCloudName},
		{Name: "portSecurity", Doc: `Whether ports let out only the addresses that they are told: enabled, so that those of the gateways are told the prefixes of the other regions, or disabled, which is checked. enabled when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "enabled" or "disabled"`,
			Words: []string{"enabled", "disabled"},
		}},
		{Name: "nodePorts", Doc: `The ports of nodes that are not gateways, by name or ID, where nodes have routes to each other's pods: they are told the region's pod CIDRs. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleCloudName,
		}},
	},
}

var ruleCNI = &rule.Rule{
	Kind: rule.Struct,
	Name: "CNI",
	Fields: []rule.Field{
		{Name: "type", Doc: `Which one; other is any that is not listed`, Rule: ruleCNIType, Required: true},
		{Name: "version", Doc: `Its version, such as 1.17.4; Canal's is that of its Calico. Rules that hold for some versions only are skipped when left out`, Rule: ruleVersion},
		{Name: "nodeBlockSizeIPv4", Doc: `The prefix length of the block each node gets from the IPv4 pod CIDRs, 16 to 30, such as 24. The plugin's own default when left out`, Rule: &rule.Rule{
			Kind:    rule.Whole,
			Says:    `must be a prefix length from 16 to 30`,
			Bounded: true,
			Min:     16,
			Max:     30,
		}},
		{Name: "nodeBlockSizeIPv6", Doc: `The same for the IPv6 pod CIDRs, 48 to 126, such as 120`, Rule: &rule.Rule{
			Kind:    rule.Whole,
			Says:    `must be a prefix length from 48 to 126`,
			Bounded: true,
			Min:     48,
			Max:     126,
		}},
		{Name: "mtu", Doc: `The largest packet that pods send, 576 to 9216, such as 1230: the MTU of their network cards or of the routes on them. What the plugin works out from the hosts' cards when left out`, Rule: ruleMTU},
		{Name: "tunnel", Doc: `How it carries pods' packets from node to node: none, vxlan, geneve, ipip or wireguard. When left out, what the plugin does by itself where nothing is rendered for it, which is vxlan with Flannel, Canal and Weave Net and geneve with Antrea, and none with every other plugin`, Rule: ruleTunnel},
		{Name: "podRoutes", Doc: `Who knows the way to the pods of another node of the region, where no tunnel carries them: nodes, each of which has a route to every other's pods, or network, which has a route to each node's pods (alias ranges, a route controller, BGP). When left out, nodes on a flat LAN, and network where pods have addresses of the provider's`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "nodes" or "network"`,
			Words: []string{"nodes", "network"},
		}},
		{Name: "ipam", Doc: `The source of pods' addresses for Cilium: multi-pool, kubernetes, cluster-pool or cloud. multi-pool, a pool for each region, when left out`, Rule: ruleIPAM},
		{Name: "devices", Doc: `The network cards of the region's nodes, for Cilium: names, or beginnings of names followed by "+", such as [eth+, bond0]. The usual names of network cards when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleDevice,
		}},
		{Name: "hostRouting", Doc: `The way a packet takes through Cilium's hosts: legacy (the host's network stack) or bpf (past it). legacy when left out`, Rule: ruleHostRouting},
		{Name: "l7Proxy", Doc: `Whether Cilium's proxy is used: layer 7 or DNS policies, Ingress, Gateway API. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "dataPlane", Doc: `How Calico, Canal's too, enforces policy: iptables, nftables or ebpf. iptables when left out`, Rule: ruleDataPlane},
		{Name: "markMask", Doc: `The part of the 32-bit firewall mark that Calico may use, such as 0xff000000. Chosen beside Tailscale's when left out`, Rule: ruleMarkMask},
	},
}

var ruleCNIType = &rule.Rule{
	Kind:  rule.Text,
	Name:  "CNIType",
	Says:  `must be "cilium", "calico", "canal", "flannel", "kube-router", "weave", "antrea", "aws-vpc-cni", "azure-cni" or "other"`,
	Words: []string{"cilium", "calico", "canal", "flannel", "kube-router", "weave", "antrea", "aws-vpc-cni", "azure-cni", "other"},
}

var ruleTunnel = &rule.Rule{
	Kind:  rule.Text,
	Name:  "Tunnel",
	Says:  `must be "none", "vxlan", "geneve", "ipip" or "wireguard"`,
	Words: []string{"none", "vxlan", "geneve", "ipip", "wireguard"},
}

var ruleIPAM = &rule.Rule{
	Kind:  rule.Text,
	Name:  "IPAM",
	Says:  `must be "multi-pool", "kubernetes", "cluster-pool" or "cloud"`,
	Words: []string{"multi-pool", "kubernetes", "cluster-pool", "cloud"},
}

var ruleHostRouting = &rule.Rule{
	Kind:  rule.Text,
	Name:  "HostRouting",
	Says:  `must be "legacy" or "bpf"`,
	Words: []string{"legacy", "bpf"},
}

var ruleDataPlane = &rule.Rule{
	Kind:  rule.Text,
	Name:  "DataPlane",
	Says:  `must be "iptables", "nftables" or "ebpf"`,
	Words: []string{"iptables", "nftables", "ebpf"},
}

var ruleGateways = &rule.Rule{
	Kind: rule.Struct,
	Name: "Gateways",
	Fields: []rule.Field{
		{Name: "mode", Doc: `What runs them: daemonSet where their hosts reach the API server without them, staticPod where they come up first and the API server is reached through them, perNode where every node of the region is a gateway for its own pods (as static pods), and host where the host's own tailscaled and services of systemd are the gateway, before and without any kubelet`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "daemonSet", "staticPod", "perNode" or "host"`,
			Words: []string{"daemonSet", "staticPod", "perNode", "host"},
		}, Required: true},
		{Name: "runner", Doc: `What runs the gateways of mode perNode: staticPod, or host, as in mode host. staticPod when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "staticPod" or "host"`,
			Words: []string{"staticPod", "host"},
		}},
		{Name: "ha", Doc: `How several gateways share the work`, Rule: ruleHA},
		{Name: "state", Doc: `Where a gateway keeps its identity in the tailnet: host, a directory that survives the pod, or secret, a Secret named after the node (daemonSet next to the API server only). When left out, secret where that is possible, otherwise host`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "host" or "secret"`,
			Words: []string{"host", "secret"},
		}},
		{Name: "replaced", Doc: `What another machine in a gateway's place has, as when a node group upgrades: never, so that nobody puts one there without rendering anew; sameAddress, the gateway's node name and internalIPs, and an empty disk; anyAddress, a name and addresses of its own. never when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "never", "sameAddress" or "anyAddress"`,
			Words: []string{"never", "sameAddress", "anyAddress"},
		}},
		{Name: "peerRelay", Doc: `The UDP port at which the region's gateways also carry tunnels between gateways of other regions that cannot reach each other, such as 40000: peer relays, faster than Tailscale's own (Tailscale 1.86.0 or newer everywhere, and a publicIP here). None when left out`, Rule: rulePort},
		{Name: "nodeSelector", Doc: `The labels of the nodes on which the DaemonSet runs, such as {tailscale: "true"}. Required with daemonSet; must be left out with the other modes, which run on the hosts that are listed`, Rule: ruleNodeSelector},
		{Name: "nodes", Doc: `The hosts of the gateways, in failover order, at least one; with perNode every node of the region`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleGatewayNode,
		}, Required: true},
	},
	Conditions: []rule.Condition{
		{Field: "mode", Word: "daemonSet", Then: "nodeSelector", Required: true, Rule: &rule.Rule{
			Kind:     rule.Map,
			Says:     `must have at least one label: without one every node of the cluster would be a gateway`,
			NonEmpty: true,
			Elem:     ruleLabelValue,
			Keys:     pattern0,
			KeySays:  `must have a label name such as example.com/role in front of the value`,
		}},
		{Field: "mode", Word: "staticPod", Then: "nodeSelector", Says: `must be left out with mode "staticPod": the kubelet runs a static pod on the host that has its file, whatever the labels`},
		{Field: "mode", Word: "perNode", Then: "nodeSelector", Says: `must be left out with mode "perNode": every node that is listed is a gateway`},
		{Field: "mode", Word: "host", Then: "nodeSelector", Says: `must be left out with mode "host": services run on the hosts that are listed, whatever the labels`},
	},
}

var ruleHA = &rule.Rule{
	Kind: rule.Struct,
	Name: "HA",
	Fields: []rule.Field{
		{Name: "strategy", Doc: `single: one gateway, and when it is gone so is the region. relay: all of them take traffic, and hand it to the primary over the LAN. supersets: each also advertises wider prefixes of its own, so that all of them send into their tunnels (Tailscale 1.98.0 or newer everywhere, modes staticPod and host only). relay when left out and there are several, otherwise single`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "single", "relay" or "supersets"`,
			Words: []string{"single", "relay", "supersets"},
		}},
	},
}

var ruleGatewayNode = &rule.Rule{
	Kind: rule.Struct,
	Name: "GatewayNode",
	Fields: []rule.Field{
		{Name: "name", Doc: `The Kubernetes node name, such as edge-1`, Rule: ruleSubdomain, Required: true},
		{Name: "internalIP", Doc: `The node's InternalIP, the first address the kubelet reports, such as 10.0.0.11`, Rule: ruleAddress, Required: true},
		{Name: "internalIPv6", Doc: `The second InternalIP of a dual-stack node, such as fd00:10::11. None when left out`, Rule: ruleAddress},
		{Name: "podCIDRs", Doc: `With mode perNode, the blocks of the region's pod CIDRs that are this node's own, one for each family, such as [10.61.1.0/24]: it advertises them. Required there, and of no use elsewhere`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: rulePrefix,
		}},
		{Name: "nodeRouter", Doc: `With mode perNode, whether this host also carries the region's node CIDRs, for all its nodes. When no host says so, the first one does`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "supersets", Doc: `With strategy supersets, the wider prefixes that only this gateway advertises, such as [10.0.0.0/21]: together they contain each node and pod CIDR of the region, and nothing that anybody else has. Chosen when left out`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     rulePrefix,
		}},
		{Name: "publicIP", Doc: `Where peers reach the host directly over UDP. None when left out`, Rule: ruleAddress},
		{Name: "underNAT", Doc: `Whether the host has no public address of its own. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "natMapping", Doc: `With underNAT, how that NAT maps the host's UDP port: endpointIndependent, to the same one for all peers, or endpointDependent, to another for each (hard NAT; RFC 4787, 4.1). Unknown when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "endpointIndependent" or "endpointDependent"`,
			Words: []string{"endpointIndependent", "endpointDependent"},
		}},
		{Name: "zone", Doc: `The failure domain, such as us-central1-a. Unknown when left out`, Rule: ruleLabelValue},
		{Name: "instance", Doc: `What a cloud's routes call the host: its name in Google Cloud, its instance ID in Alibaba Cloud, such as i-bp1a2b3c4d5e6f7g8. The node's name in Google Cloud when left out`, Rule: ruleCloudName},
		{Name: "networkInterface", Doc: `What a cloud calls its network card: its ID in AWS, such as eni-0a1b2c3d4e5f60718, its name in Azure, its port's name or ID in OpenStack. Asked for by Terraform when left out`, Rule: ruleCloudName},
		{Name: "tags", Doc: `Tags that this gateway carries beside its region's, for policy.pins, such as [tag:k8s-fast]. They are given to it at the control server. None when left out`, Rule: &rule.Rule{
			Kind: rule.List,
			Elem: ruleTag,
		}},
		{Name: "tailnetIP", Doc: `The host's address in the tailnet, where it is known or pinned, such as 100.80.0.1`, Rule: ruleAddress},
		{Name: "tailnetIPv6", Doc: `The same for IPv6, such as fd7a:115c:a1e0::1`, Rule: ruleAddress},
	},
}

var ruleRangePack = &rule.Rule{
	Kind: rule.Struct,
	Name: "RangePack",
	Fields: []rule.Field{
		{Name: "apiVersion", Doc: `The version of this language`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "kustomize-hybrid.dev/v1alpha1"`,
			Words: []string{"kustomize-hybrid.dev/v1alpha1"},
		}, Required: true},
		{Name: "kind", Doc: `The kind of the document`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "RangePack"`,
			Words: []string{"RangePack"},
		}, Required: true},
		{Name: "metadata", Doc: `What the ranges are called together`, Rule: ruleMetadata, Required: true},
		{Name: "spec", Doc: `The ranges, and whom they concern`, Rule: ruleRangePackSpec, Required: true},
	},
}

var ruleRangePackSpec = &rule.Rule{
	Kind: rule.Struct,
	Name: "RangePackSpec",
	Fields: []rule.Field{
		{Name: "provider", Doc: `The provider whose regions they concern, such as acme. Every topology when left out`, Rule: ruleName},
		{Name: "ranges", Doc: `The ranges, at least one`, Rule: &rule.Rule{
			Kind:     rule.List,
			NonEmpty: true,
			Elem:     ruleKeptRange,
		}, Required: true},
	},
}

var ruleKeptRange = &rule.Rule{
	Kind: rule.Struct,
	Name: "KeptRange",
	Fields: []rule.Field{
		{Name: "prefix", Doc: `The range, such as 10.255.0.0/16`, Rule: rulePrefix, Required: true},
		{Name: "reason", Doc: `What it is, to complete "10.255.0.0/16, which", such as "is Acme's management network". "is kept free" when left out`, Rule: ruleText},
		{Name: "severity", Doc: `How a collision is judged: error, warning or info. error when left out`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "error", "warning" or "info"`,
			Words: []string{"error", "warning", "info"},
		}},
		{Name: "source", Doc: `Where that is written, such as a page. The document's own name when left out`, Rule: ruleReference},
		{Name: "since", Doc: `Since when, or when it was read, such as 2026-11-01. "no date" when left out`, Rule: ruleText},
	},
}

var ruleTransform = &rule.Rule{
	Kind: rule.Struct,
	Name: "Transform",
	Fields: []rule.Field{
		{Name: "apiVersion", Doc: `The version of this language`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "kustomize-hybrid.dev/v1alpha1"`,
			Words: []string{"kustomize-hybrid.dev/v1alpha1"},
		}, Required: true},
		{Name: "kind", Doc: `The kind of the document`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "Transform"`,
			Words: []string{"Transform"},
		}, Required: true},
		{Name: "metadata", Doc: `What it is called`, Rule: ruleMetadata, Required: true},
		{Name: "spec", Doc: `Which topology. The only one when left out`, Rule: ruleTransformSpec},
	},
}

var ruleTransformSpec = &rule.Rule{
	Kind: rule.Struct,
	Name: "TransformSpec",
	Fields: []rule.Field{
		{Name: "topology", Doc: `The name of the Topology among the resources. The only one when left out`, Rule: ruleName},
	},
}

var ruleValidate = &rule.Rule{
	Kind: rule.Struct,
	Name: "Validate",
	Fields: []rule.Field{
		{Name: "apiVersion", Doc: `The version of this language`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "kustomize-hybrid.dev/v1alpha1"`,
			Words: []string{"kustomize-hybrid.dev/v1alpha1"},
		}, Required: true},
		{Name: "kind", Doc: `The kind of the document`, Rule: &rule.Rule{
			Kind:  rule.Text,
			Says:  `must be "Validate"`,
			Words: []string{"Validate"},
		}, Required: true},
		{Name: "metadata", Doc: `What it is called`, Rule: ruleMetadata, Required: true},
		{Name: "spec", Doc: `Which topology, and how it is judged`, Rule: ruleValidateSpec},
	},
}

var ruleValidateSpec = &rule.Rule{
	Kind: rule.Struct,
	Name: "ValidateSpec",
	Fields: []rule.Field{
		{Name: "topology", Doc: `The name of the Topology among the resources. The only one when left out`, Rule: ruleName},
		{Name: "strict", Doc: `Whether warnings are errors. false when left out`, Rule: &rule.Rule{
			Kind: rule.Bool,
		}},
		{Name: "today", Doc: `The day on which a suppression must not have expired, such as 2027-03-31. None has when left out`, Rule: ruleDate},
	},
}

var rulePrefix = &rule.Rule{
	Kind: rule.Text,
	Name: "Prefix",
	Says: `must be a prefix such as 10.0.0.0/16`,
}

var ruleAddress = &rule.Rule{
	Kind: rule.Text,
	Name: "Address",
	Says: `must be an IP address such as 10.0.0.5`,
}

var rulePort = &rule.Rule{
	Kind:    rule.Whole,
	Name:    "Port",
	Says:    `must be a port number from 1 to 65535`,
	Bounded: true,
	Min:     1,
	Max:     65535,
}

var ruleHostPort = &rule.Rule{
	Kind:     rule.Text,
	Name:     "HostPort",
	Says:     `must be a name or an address and a port, such as api.example.com:443`,
	Patterns: []*rule.Pattern{pattern1},
}

var ruleURL = &rule.Rule{
	Kind:     rule.Text,
	Name:     "URL",
	Says:     `must be an http or https URL of a name or an address, with a port up to 65535 if any, and without user, query and fragment`,
	Patterns: []*rule.Pattern{pattern2},
}

var ruleImage = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Image",
	Says:     `must be an image reference such as registry.example/tailscale:v1.84.3`,
	Patterns: []*rule.Pattern{pattern3},
	MaxRunes: 512,
}

var ruleVersion = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Version",
	Says:     `must be MAJOR.MINOR.PATCH without a leading v, such as 1.33.1`,
	Patterns: []*rule.Pattern{pattern4, pattern5},
}

var ruleDate = &rule.Rule{
	Kind: rule.Text,
	Name: "Date",
	Says: `must be a day of the calendar: "YYYY-MM-DD", in quotes`,
	Day:  true,
}

var ruleMarkMask = &rule.Rule{
	Kind:    rule.Whole,
	Name:    "MarkMask",
	Says:    `must be a number from 1 to 4294967295`,
	Bounded: true,
	Min:     1,
	Max:     4294967295,
}

var ruleMarkValue = &rule.Rule{
	Kind:    rule.Whole,
	Name:    "MarkValue",
	Says:    `must be a number from 0 to 4294967295`,
	Bounded: true,
	Min:     0,
	Max:     4294967295,
}

var ruleMTU = &rule.Rule{
	Kind:    rule.Whole,
	Name:    "MTU",
	Says:    `must be a number from 576 to 9216`,
	Bounded: true,
	Min:     576,
	Max:     9216,
}

var ruleRegionName = &rule.Rule{
	Kind:     rule.Text,
	Name:     "RegionName",
	Says:     `must be a DNS label: at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends`,
	Patterns: []*rule.Pattern{pattern6},
}

var ruleTag = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Tag",
	Says:     `must be "tag:" followed by a letter and then letters, digits and dashes`,
	Patterns: []*rule.Pattern{pattern7},
}

var ruleTagOwner = &rule.Rule{
	Kind:     rule.Text,
	Name:     "TagOwner",
	Says:     `must be a user (ops@example.com), group:NAME, autogroup:NAME or tag:NAME`,
	Patterns: []*rule.Pattern{pattern8},
}

var rulePorts = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Ports",
	Says:     `must be some text on one line of at most 1000 characters, none of which controls how others are shown`,
	Patterns: []*rule.Pattern{pattern9},
	MaxRunes: 1000,
}

var ruleName = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Name",
	Says:     `must be a DNS label: at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends`,
	Patterns: []*rule.Pattern{pattern6},
}

var ruleSubdomain = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Subdomain",
	Says:     `must be a DNS name: lower-case letters, digits, dashes and dots, with a letter or digit at both ends of each part`,
	Patterns: []*rule.Pattern{pattern10},
	MaxRunes: 253,
}

var ruleDevice = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Device",
	Says:     `must be the name of a network card, or the beginning of one followed by +`,
	Patterns: []*rule.Pattern{pattern11},
}

var ruleNetplanID = &rule.Rule{
	Kind:     rule.Text,
	Name:     "NetplanID",
	Says:     `must be the name of a network card: at most 15 letters, digits, dots, dashes and underscores`,
	Patterns: []*rule.Pattern{pattern12},
}

var ruleDirectory = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Directory",
	Says:     `must be an absolute path of letters, digits, dots, dashes and underscores, without . and .., and outside /proc, /sys and /dev`,
	Patterns: []*rule.Pattern{pattern13, pattern14},
}

var ruleClientID = &rule.Rule{
	Kind:     rule.Text,
	Name:     "ClientID",
	Says:     `must be a client ID: letters, digits, dots, slashes and dashes, without attributes`,
	Patterns: []*rule.Pattern{pattern15},
}

var ruleAudience = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Audience",
	Says:     `must be text without blanks`,
	Patterns: []*rule.Pattern{pattern16},
}

var ruleProviderID = &rule.Rule{
	Kind:     rule.Text,
	Name:     "ProviderID",
	Says:     `must be a scheme, :// and a name, such as hybrid://gpu-dc/gpu-7`,
	Patterns: []*rule.Pattern{pattern17},
}

var ruleLabelName = &rule.Rule{
	Kind:     rule.Text,
	Name:     "LabelName",
	Says:     `must be a label name such as example.com/role`,
	Patterns: []*rule.Pattern{pattern0},
}

var ruleLabelValue = &rule.Rule{
	Kind:     rule.Text,
	Name:     "LabelValue",
	Says:     `must be a label value: at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends`,
	Patterns: []*rule.Pattern{pattern18},
}

var ruleNodeSelector = &rule.Rule{
	Kind:    rule.Map,
	Name:    "NodeSelector",
	Elem:    ruleLabelValue,
	Keys:    pattern0,
	KeySays: `must have a label name such as example.com/role in front of the value`,
}

var ruleCloudRegion = &rule.Rule{
	Kind:     rule.Text,
	Name:     "CloudRegion",
	Says:     `must be the name of a region, such as eu-central-1`,
	Patterns: []*rule.Pattern{pattern19},
}

var ruleCloudName = &rule.Rule{
	Kind:     rule.Text,
	Name:     "CloudName",
	Says:     `must be a name of at most 80 letters, digits, dots, dashes and underscores, with a letter or digit in front`,
	Patterns: []*rule.Pattern{pattern20},
}

var ruleGCPName = &rule.Rule{
	Kind:     rule.Text,
	Name:     "GCPName",
	Says:     `must be a name of at most 63 lower-case letters, digits and dashes, with a letter in front`,
	Patterns: []*rule.Pattern{pattern21},
}

var ruleGCPProject = &rule.Rule{
	Kind:     rule.Text,
	Name:     "GCPProject",
	Says:     `must be the ID of a project: 6 to 30 lower-case letters, digits and dashes, with a letter in front`,
	Patterns: []*rule.Pattern{pattern22},
}

var ruleResourceGroup = &rule.Rule{
	Kind:     rule.Text,
	Name:     "ResourceGroup",
	Says:     `must be the name of a resource group`,
	Patterns: []*rule.Pattern{pattern23},
}

var ruleAWSRouteTable = &rule.Rule{
	Kind:     rule.Text,
	Name:     "AWSRouteTable",
	Says:     `must be the ID of a route table, such as rtb-0a1b2c3d4e5f60718`,
	Patterns: []*rule.Pattern{pattern24},
}

var ruleAWSSecurityGroup = &rule.Rule{
	Kind:     rule.Text,
	Name:     "AWSSecurityGroup",
	Says:     `must be the ID of a security group, such as sg-0a1b2c3d4e5f60718`,
	Patterns: []*rule.Pattern{pattern25},
}

var ruleAlibabaRouteTable = &rule.Rule{
	Kind:     rule.Text,
	Name:     "AlibabaRouteTable",
	Says:     `must be the ID of a route table, such as vtb-bp1a2b3c4d5e6f7g8`,
	Patterns: []*rule.Pattern{pattern26},
}

var ruleAlibabaSecurityGroup = &rule.Rule{
	Kind:     rule.Text,
	Name:     "AlibabaSecurityGroup",
	Says:     `must be the ID of a security group, such as sg-bp1a2b3c4d5e6f7g8`,
	Patterns: []*rule.Pattern{pattern27},
}

var ruleText = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Text",
	Says:     `must be some text on one line of at most 1000 characters, none of which controls how others are shown`,
	Patterns: []*rule.Pattern{pattern9},
	MaxRunes: 1000,
}

var ruleProse = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Prose",
	Says:     `must be text of at most 4000 characters, none of which controls how others are shown`,
	Patterns: []*rule.Pattern{pattern28, pattern29},
	MaxRunes: 4000,
}

var ruleReference = &rule.Rule{
	Kind:     rule.Text,
	Name:     "Reference",
	Says:     `must be some text on one line of at most 1000 characters, none of which controls how others are shown`,
	Patterns: []*rule.Pattern{pattern9},
	MaxRunes: 1000,
}

var ruleAnyText = &rule.Rule{
	Kind: rule.Text,
	Name: "AnyText",
}
