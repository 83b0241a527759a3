package xmltree_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
)

func TestElementAnswersQueries(t *testing.T) {
	e := xmltree.New("u", "a").SetAttr("k", "1").SetAttr("k", "2").AddText("x").With(
		xmltree.Leaf("u", "b", "one"), nil, xmltree.Leaf("v", "b", "two"), xmltree.Leaf("u", "b", "three")).AddText("y")
	if got := e.Attr("k") + e.Attr("none") + e.Text() + e.ChildText("v", "b") + e.First().Text(); got != "2xytwoone" {
		t.Errorf("got %q", got)
	}
	var named []string
	for c := range e.ChildrenNamed("u", "b") {
		named = append(named, c.Text())
	}
	if diff := cmp.Diff([]string{"one", "three"}, named); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(e, e.Clone()); diff != "" {
		t.Error(diff)
	}
}

func TestNilElementAnswersAsAnEmptyOne(t *testing.T) {
	var e *xmltree.Element
	if e.Attr("a") != "" || e.Text() != "" || e.Child("", "a").Child("", "b").ChildText("", "c") != "" || e.First() != nil || e.Clone() != nil {
		t.Error("a nil element is not empty")
	}
}
