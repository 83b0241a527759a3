//go:build screens

package e2e_test

import (
	"bytes"
	be "encoding/binary"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
)

// maxPicture is what a picture in the documents may take.
const maxPicture = 60 << 10

// picture keeps what is on the screen.
func (d *desktop) picture(name string) {
	d.t.Helper()
	if *screens == "" {
		return
	}
	data, err := os.ReadFile(filepath.Join(d.home, "Xvfb_screen0"))
	if err != nil {
		d.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, fewColours(decodeXWD(data))); err != nil {
		d.t.Fatal(err)
	}
	if b.Len() > maxPicture {
		d.t.Errorf("%s has %d bytes", name, b.Len())
	}
	if err := os.WriteFile(filepath.Join(*screens, name+".png"), b.Bytes(), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// decodeXWD reads the dump of a screen of 32 bits a pixel, as Xvfb keeps it: 25 words of header, a comment, the table
// of colours, then blue, green, red and nothing (X11/XWDFile.h).
func decodeXWD(data []byte) *image.RGBA {
	word := func(i int) int { return int(be.BigEndian.Uint32(data[4*i:])) }
	width, height, line := word(4), word(5), word(12)
	pixels := data[word(0)+12*word(19):]
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := pixels[y*line+4*x:]
			m.SetRGBA(x, y, color.RGBA{p[2], p[1], p[0], 255})
		}
	}
	return m
}

// coarse gives one colour for all that hardly differ.
func coarse(c color.RGBA) color.RGBA { return color.RGBA{c.R | 15, c.G | 15, c.B | 15, 255} }

// fewColours keeps the colours that are there most.
func fewColours(m *image.RGBA) *image.Paletted {
	count := map[color.RGBA]int{}
	b := m.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			count[coarse(m.RGBAAt(x, y))]++
		}
	}
	var all []color.RGBA
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int { return count[b] - count[a] })
	var palette color.Palette
	for _, c := range all[:min(256, len(all))] {
		palette = append(palette, c)
	}
	p := image.NewPaletted(b, palette)
	for y := range b.Dy() {
		for x := range b.Dx() {
			p.Set(x, y, m.RGBAAt(x, y))
		}
	}
	return p
}
