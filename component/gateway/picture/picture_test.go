package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"
)

// noise is a picture that no format makes small.
func noise(w, h int) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32())
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFit(t *testing.T) {
	small := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for i := range small.Pix {
		small.Pix[i] = 200
	}
	good := asPNG(t, small)
	if p, err := Fit(good, Limits{}); err != nil || !bytes.Equal(p.Data, good) || p.Type != "image/png" || p.Width != 64 || p.Height != 32 {
		t.Errorf("what fits is not touched: %v %v", p.Type, err)
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, noise(500, 250), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		l    Limits
	}{
		{"too wide", asPNG(t, noise(500, 250)), Limits{Side: 100}},
		{"too long", asPNG(t, noise(120, 120)), Limits{Bytes: 3000}},
		{"another type", good, Limits{Types: []string{"image/gif"}}},
		{"JPEG to PNG", j.Bytes(), Limits{Types: []string{"image/png"}}},
		{"tiny", asPNG(t, noise(300, 1)), Limits{Side: 48, Bytes: 4096, Types: []string{"image/jpeg"}}},
	} {
		p, err := Fit(c.data, c.l)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		l := c.l.complete()
		got, _, err := image.Decode(bytes.NewReader(p.Data))
		if err != nil || got.Bounds().Dx() != p.Width || p.Width > l.Side || p.Height > l.Side || len(p.Data) > l.Bytes || p.Type != l.Types[0] && len(c.l.Types) > 0 {
			t.Errorf("%s: %s %dx%d, %d bytes, %v", c.name, p.Type, p.Width, p.Height, len(p.Data), err)
		}
	}
}

func TestPicturesThatAreRefused(t *testing.T) {
	bomb := asPNG(t, image.NewGray(image.Rect(0, 0, 2, 2)))
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	var flat bytes.Buffer
	if err := gif.Encode(&flat, noise(4, 4), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		l    Limits
		want error
	}{
		"a bomb":           {bomb, Limits{}, ErrTooBig},
		"a long file":      {make([]byte, maxData+1), Limits{}, ErrTooBig},
		"no picture":       {[]byte("<svg/>"), Limits{}, ErrFormat},
		"nothing":          {nil, Limits{}, ErrFormat},
		"half of one":      {asPNG(t, noise(120, 120))[:1000], Limits{Side: 10}, ErrFormat},
		"not small enough": {asPNG(t, noise(120, 120)), Limits{Bytes: 20}, ErrTooBig},
		"no type in it":    {asPNG(t, noise(8, 8)), Limits{Types: []string{"image/x-other"}}, ErrTooBig},
	} {
		if p, err := Fit(c.data, c.l); !errors.Is(err, c.want) {
			t.Errorf("%s: %v %v", name, p.Type, err)
		}
	}
}

// Whatever the bytes: what comes out is within the limits, and can be decoded.
func FuzzFit(f *testing.F) {
	f.Add(asPNG(f, noise(20, 20)), 64)
	f.Add([]byte("GIF89a"), 8)
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), 8)
	f.Fuzz(func(t *testing.T, data []byte, side int) {
		side = 8 + int(uint(side)%64)
		p, err := Fit(data, Limits{Side: side, Bytes: 4096})
		if err != nil {
			return
		}
		if p.Width > side || p.Height > side || len(p.Data) > 4096 || len(p.Data) == 0 {
			t.Errorf("%dx%d %d bytes", p.Width, p.Height, len(p.Data))
		}
		if _, err := Look(p.Data); err != nil {
			t.Error(err)
		}
	})
}
