// Package picture fits pictures to what a network or a vCard takes. It looks at a picture's size before it decodes
// it, so that a small file can't become a large image.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif" // registers its decoder too
	"image/jpeg"
	"image/png"
	"slices"

	_ "golang.org/x/image/bmp"
	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// Bounds of what is looked at.
const (
	maxData = 1 << 20 // bytes of a file
	maxSide = 2048    // pixels
)

// Errors of Fit.
var (
	ErrFormat = errors.New("not a picture of a format that is known")
	ErrTooBig = errors.New("the picture is too large")
)

// Limits are what a taker accepts. A zero field means its default.
type Limits struct {
	Types []string // as "image/png", the preferred first; default PNG, JPEG, GIF
	Bytes int      // default 48 KiB, so that base64 in a vCard stays below 64 KiB (XEP-0153 §4.2)
	Side  int      // width and height in pixels; default 256
}

func (l Limits) complete() Limits {
	if len(l.Types) == 0 {
		l.Types = []string{"image/png", "image/jpeg", "image/gif"}
	}
	if l.Bytes == 0 {
		l.Bytes = 48 << 10
	}
	if l.Side == 0 {
		l.Side = 256
	}
	return l
}

// A Picture is a file with its type.
type Picture struct {
	Type          string // as "image/png"
	Data          []byte
	Width, Height int
}

// Look tells what data is without decoding it. The error wraps ErrFormat or ErrTooBig.
func Look(data []byte) (Picture, error) {
	if len(data) > maxData {
		return Picture{}, ErrTooBig
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width < 1 || c.Height < 1 {
		return Picture{}, ErrTooBig
	}
	return Picture{"image/" + format, data, c.Width, c.Height}, nil
}

// Fit gives data as it is where the limits allow it, and else a smaller picture of the same. The error wraps
// ErrFormat or ErrTooBig.
func Fit(data []byte, l Limits) (Picture, error) {
	l = l.complete()
	p, err := Look(data)
	if err != nil {
		return Picture{}, err
	}
	if slices.Contains(l.Types, p.Type) && len(data) <= l.Bytes && p.Width <= l.Side && p.Height <= l.Side {
		return p, nil
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for side := min(l.Side, max(p.Width, p.Height)); side >= 8; side = side * 3 / 4 {
		small := scale(img, side)
		for _, kind := range l.Types {
			out, err := encode(small, kind)
			if err == nil && len(out) <= l.Bytes {
				size := small.Bounds()
				return Picture{kind, out, size.Dx(), size.Dy()}, nil
			}
		}
	}
	return Picture{}, ErrTooBig
}

// scale gives img with sides of at most side pixels, in its proportions.
func scale(img image.Image, side int) *image.NRGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	xdraw.CatmullRom.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}

func encode(img *image.NRGBA, kind string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch kind {
	case "image/png":
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	case "image/jpeg":
		err = jpeg.Encode(&b, onWhite(img), &jpeg.Options{Quality: 85})
	case "image/gif":
		err = gif.Encode(&b, img, nil)
	default:
		err = ErrFormat
	}
	return b.Bytes(), err
}

// onWhite is img without transparency, which JPEG lacks.
func onWhite(img *image.NRGBA) image.Image {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Over)
	return out
}
