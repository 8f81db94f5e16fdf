package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// grid prints lines of cells under each other: the first cell and the last from
// the left, the others from the right. A title is a line by itself.
type grid struct{ lines [][]string }

func (g *grid) title(text string) { g.lines = append(g.lines, []string{text}) }

func (g *grid) line(cells ...string) { g.lines = append(g.lines, cells) }

// figures adds a line: name, one more cell, min, median, max, unit.
func (g *grid) figures(name, more string, s spread, show func(float64) string, unit string) {
	g.line(name, more, show(s.Min), show(s.Median), show(s.Max), unit)
}

func (g *grid) print(out io.Writer) error {
	var text strings.Builder
	widths := g.widths()
	for _, cells := range g.lines {
		var line strings.Builder
		for i, cell := range cells {
			padding := ""
			if len(cells) > 1 {
				padding = strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
			}
			if i == 0 || i == len(cells)-1 {
				line.WriteString(cell + padding + "  ")
			} else {
				line.WriteString(padding + cell + "  ")
			}
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

// widths returns the width of each column; the last is as wide as it wants.
func (g *grid) widths() []int {
	var widths []int
	for _, cells := range g.lines {
		for i, cell := range cells {
			if len(widths) <= i {
				widths = append(widths, 0)
			}
			if len(cells) > 1 && i < len(cells)-1 {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	return widths
}

// grouped shows a whole number, as in 28,000.
func grouped(value float64) string {
	digits := strconv.FormatInt(int64(math.Round(value)), 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func oneDigit(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) }

func twoDigits(value float64) string { return strconv.FormatFloat(value, 'f', 2, 64) }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
