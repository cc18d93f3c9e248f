//go:build race

package pipeline_test

// raceDetector is on: everything takes several times as long, and says nothing of
// how long it takes without.
const raceDetector = true
