package main

import (
	"fmt"
	"io"
	"math"

	"silkwire/knowledge"
)

// sample is one question's evidence with whether it has an answer.
type sample struct {
	values []float64
	answer bool
}

// samples gathers the evidence of the questions that were asked without a
// conversation before them and that are not about prices.
func (e *evaluation) samples() []sample {
	var out []sample
	for _, v := range e.verdicts {
		if v.Context != "" || len(v.Gold) > 0 && v.Gold[0].Symbol != "" {
			continue
		}
		if v.Kind != negative && v.rank != 1 {
			continue // it is answered beside the point: no example of an answer, nor of none
		}
		if v.evidence != nil {
			out = append(out, sample{v.evidence, v.Kind != negative})
		}
	}
	return out
}

// How the rule is fitted: plain gradient descent, with a pull towards zero so
// that a feature that hardly varies gets no wild weight.
const (
	fitSteps = 20_000
	fitRate  = 0.5
	fitPull  = 0.002
)

// fit finds the bias and the weights of a logistic rule, answerable and
// unanswerable questions counted alike.
func fit(samples []sample) (bias float64, weights []float64) {
	n := len(samples[0].values)
	scale := scales(samples, n)
	weights = make([]float64, n)
	count := map[bool]float64{}
	for _, s := range samples {
		count[s.answer]++
	}
	for range fitSteps {
		slope, slopes := 0.0, make([]float64, n)
		for _, s := range samples {
			z, want := bias, 0.0
			for i, v := range s.values {
				z += weights[i] * v / scale[i]
			}
			if s.answer {
				want = 1
			}
			miss := (1/(1+math.Exp(-z)) - want) / count[s.answer] / 2
			slope += miss
			for i, v := range s.values {
				slopes[i] += miss * v / scale[i]
			}
		}
		bias -= fitRate * slope
		for i := range weights {
			weights[i] -= fitRate * (slopes[i] + fitPull*weights[i])
		}
	}
	for i := range weights {
		weights[i] /= scale[i]
	}
	return bias, weights
}

// scales is each value's root mean square, so that one rate fits all.
func scales(samples []sample, n int) []float64 {
	out := make([]float64, n)
	for _, s := range samples {
		for i, v := range s.values {
			out[i] += v * v / float64(len(samples))
		}
	}
	for i := range out {
		out[i] = math.Sqrt(out[i])
		if out[i] == 0 {
			out[i] = 1
		}
	}
	return out
}

// writeFit prints the fitted rule beside the one in force.
func (e *evaluation) writeFit(w io.Writer) error {
	all := e.samples()
	if len(all) == 0 {
		return misuse("these files have no question to fit on")
	}
	bias, weights := fit(all)
	if _, err := fmt.Fprintf(w, "fitted on %d questions\n%-20s %7.2f\n", len(all), "bias", bias); err != nil {
		return err
	}
	for i, f := range knowledge.Features() {
		if _, err := fmt.Fprintf(w, "%-20s %7.2f (in force: %.2f)\n", f.Name, weights[i], f.Weight); err != nil {
			return err
		}
	}
	return nil
}
