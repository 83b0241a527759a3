package xmltree_test

import (
	"testing"

	"imgate/xmltree"
)

func TestAppendMakesOnlyLegalXML(t *testing.T) {
	for _, c := range []struct {
		e    *xmltree.Element
		want string
	}{
		{xmltree.New("u", "a"), "<a xmlns='u'/>"},
		{xmltree.New("d", "a").With(xmltree.New("d", "b"), xmltree.New("", "c").With(xmltree.New("d", "e"))), "<a><b/><c xmlns=''><e xmlns='d'/></c></a>"},
		{xmltree.Leaf("d", "a", "<&>\r\n\t'\"\x00\x1b\uFFFE\xff€]]>"), "<a>&lt;&amp;&gt;&#xD;\n\t'\"\uFFFD\uFFFD\uFFFD\uFFFD€]]&gt;</a>"},
		{xmltree.New("d", "a").SetAttr("b", "'\"\n\t\r<\x01"), "<a b='&apos;&quot;&#xA;&#x9;&#xD;&lt;\uFFFD'/>"},
		{xmltree.New("d", "a").SetAttrNS(xmltree.XMLSpace, "lang", "de").SetAttrNS("u", "b", "1"), "<a xml:lang='de' xmlns:n1='u' n1:b='1'/>"},
		{xmltree.New("d", "1 <x/>"), "<_1__x__/>"},
		{xmltree.New("d", ""), "<_/>"},
		{xmltree.New("d", "a").SetAttr("x:y", "1").SetAttr("x y", "2").SetAttr("xmlns", "evil"), "<a x_y='1' _xmlns='evil'/>"},
		{xmltree.New("d", "a").SetAttrNS("http://www.w3.org/2000/xmlns/", "x", "evil"), "<a/>"},
		{xmltree.New("d", "a").AddText("").With(), "<a/>"},
	} {
		if got := string(c.e.Append(nil, "d")); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
