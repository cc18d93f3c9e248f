//go:build race

package synctest

// RaceDetector is on: everything takes several times as long, and says nothing of
// how long it takes without.
const RaceDetector = true
