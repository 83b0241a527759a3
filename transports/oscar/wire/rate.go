package wire

// A RateClass is how fast SNACs of one class may come. The level is a moving average of the milliseconds
// between them: level = (level*(Window-1) + elapsed) / Window, at most Max.
type RateClass struct {
	ID         uint16
	Window     uint32
	Clear      uint32 // above it a limited class is free again
	Alert      uint32
	Limit      uint32 // below it SNACs are dropped
	Disconnect uint32 // below it the session is closed
	Level      uint32 // now
	Max        uint32

	// Sent to clients that speak version 2 or higher of family 01; see Rates.Long.
	Elapsed  uint32
	Dropping uint8
}

func (c RateClass) encode(w *writer, long bool) {
	w.u16(c.ID)
	for _, v := range [...]uint32{c.Window, c.Clear, c.Alert, c.Limit, c.Disconnect, c.Level, c.Max} {
		w.u32(v)
	}
	if long {
		w.u32(c.Elapsed)
		w.u8(c.Dropping)
	}
}

func (c *RateClass) decode(r *reader, long bool) {
	c.ID = r.u16()
	for _, v := range [...]*uint32{&c.Window, &c.Clear, &c.Alert, &c.Limit, &c.Disconnect, &c.Level, &c.Max} {
		*v = r.u32()
	}
	if long {
		c.Elapsed = r.u32()
		c.Dropping = r.u8()
	}
}

// A RateGroup tells which SNACs belong to a class.
type RateGroup struct {
	Class uint16
	Kinds []Kind
}

// Rates is the body of SNAC 01/07.
type Rates struct {
	Classes []RateClass
	Groups  []RateGroup

	// Long is whether the classes carry Elapsed and Dropping. Nothing on the wire says so; the decoder
	// takes the reading that ends with the body's last byte, the long one first.
	Long bool
}

func (v Rates) encode(w *writer) {
	w.count16(len(v.Classes))
	for _, c := range v.Classes {
		c.encode(w, v.Long)
	}
	for _, g := range v.Groups {
		w.u16(g.Class)
		w.count16(len(g.Kinds))
		for _, k := range g.Kinds {
			w.u16(k.Family())
			w.u16(k.Type())
		}
	}
}

func (v *Rates) decode(r *reader) {
	whole := *r
	v.decodeAs(r, true)
	if r.err == nil {
		return
	}
	*r, *v = whole, Rates{}
	v.decodeAs(r, false)
}

func (v *Rates) decodeAs(r *reader, long bool) {
	v.Long = long
	for n := r.u16(); n > 0 && r.err == nil; n-- {
		c := RateClass{}
		c.decode(r, long)
		if r.err == nil {
			v.Classes = append(v.Classes, c)
		}
	}
	for r.more() {
		g := RateGroup{Class: r.u16()}
		for n := r.u16(); n > 0 && r.err == nil; n-- {
			family := r.u16()
			if k := KindOf(family, r.u16()); r.err == nil {
				g.Kinds = append(g.Kinds, k)
			}
		}
		if r.err == nil {
			v.Groups = append(v.Groups, g)
		}
	}
}

// Codes of RateChanged.
const (
	RateNewFigures uint16 = 1
	RateAlert      uint16 = 2
	RateLimited    uint16 = 3
	RateCleared    uint16 = 4
)

// A RateChanged tells that a class has new figures, or that the session came under or over one of them
// (SNAC 01/0A).
type RateChanged struct {
	Code  uint16
	Class RateClass
	Long  bool // as in Rates
}

func (v RateChanged) encode(w *writer) {
	w.u16(v.Code)
	v.Class.encode(w, v.Long)
}

func (v *RateChanged) decode(r *reader) {
	const long = 2 + 2 + 7*4 + 4 + 1
	v.Long = len(r.b) >= long
	v.Code = r.u16()
	v.Class.decode(r, v.Long)
}
