package day

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// draw makes an SVG of the day: attempts a minute as bars, who is online as a line.
func (d *day) draw() string {
	const width, height, left, top = 1000, 300, 60, 40
	n := len(d.perMinute)
	x := func(i int) float64 { return left + float64(i)*width/float64(n) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", left+width+90, top+height+60)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	fmt.Fprintf(&b, `<text x="%d" y="16">A day of %d registrations: attempts to sign on a minute (bars, budget %d), online (line)</text>`+"\n", left, d.people, d.budget)
	bar := func(v int) float64 { return float64(v) * height / float64(d.budget) }
	for i, v := range d.perMinute {
		if v > 0 {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="1" height="%.1f" fill="#e08020"/>`+"\n", x(i), top+height-bar(v), bar(v))
		}
	}
	var line []string
	for i, v := range d.online {
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(i), top+height-float64(v)*height/float64(d.people)))
	}
	fmt.Fprintf(&b, `<polyline fill="none" stroke="#205080" stroke-width="1.5" points="%s"/>`+"\n", strings.Join(line, " "))
	for h := 0; h*60 <= n; h++ {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d h</text>`+"\n", x(h*60), top+height+16, h)
	}
	for k, i := range slices.Sorted(maps.Keys(d.notes)) {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#888" stroke-dasharray="3"/><text x="%.1f" y="%d">%s</text>`+"\n",
			x(i), x(i), top, top+height, x(i)+3, top+height+32+k%2*16, d.notes[i])
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%d/min</text><text x="%d" y="%d">%d online</text></svg>`+"\n",
		left-4, top+8, d.budget, left+width+2, top+8, d.people)
	return b.String()
}
