package soap

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"net/http"
	"strings"
)

//go:embed imgate.wsdl
var wsdlText string

// addressMark stands in the file where the address of the service goes.
const addressMark = "http://localhost/service/soap"

// wsdl tells machines what there is to ask. The address in it is the one by which it was asked for.
func (d *Door) wsdl(w http.ResponseWriter, r *http.Request) {
	address := d.opt.PublicURL
	if address == "" {
		address = d.origin(r)
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(address+SOAPPath)); err != nil { // a buffer takes everything
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	_, _ = w.Write([]byte(strings.ReplaceAll(wsdlText, addressMark, escaped.String())))
}
