package wire

import "imgate/xmltree"

// document is the call as a client sends it.
func (c Call) document() []byte {
	params := xmltree.New("", "params")
	for _, v := range c.Params {
		params.With(xmltree.New("", "param").With(v.element()))
	}
	return xmltree.New("", "methodCall").With(xmltree.Leaf("", "methodName", c.Method), params).Append(nil, "")
}
