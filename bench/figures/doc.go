// Package figures makes a table out of samples: medians and their spread, ratios to the anchor, and
// whether each target is met.
//
// It is pure: samples come in, a report goes out, as text or as JSON. What is measured and what the
// targets are stands in one table, Measures. Package measure takes the samples.
//
// spec: SUP-100
package figures
