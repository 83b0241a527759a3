package wire

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestEveryFormIsReadIntoTheSame(t *testing.T) {
	for form, body := range map[Form]string{
		SOAP12: "\ufeff \n<?xml version='1.0'?><e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Header><context xmlns='urn:zimbra'><authToken>tok</authToken><notify seq='4'/></context></e:Header><e:Body><!-- c --><x:Do xmlns:x='urn:zimbraIM' requestId='7'><item>a</item><item>b</item></x:Do><x:Second xmlns:x='y'/></e:Body></e:Envelope>",
		SOAP11: `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><soap:Header><context xmlns="urn:zimbra"><authToken>tok</authToken><notify seq="4"/></context></soap:Header><soap:Body><Do xmlns="urn:zimbraIM" requestId="7" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"><item>a</item><item>b</item></Do></soap:Body></soap:Envelope>`,
		JSON:   `{"Header":{"context":{"_jsns":"urn:zimbra","authToken":{"_content":"tok"},"notify":[{"seq":4,"gone":null}]}},"Body":{"Do":{"_jsns":"urn:zimbraIM","requestId":7,"item":["a",{"_content":"b"}]}}}`,
	} {
		e, err := Read([]byte(body))
		if err != nil || e.Form != form {
			t.Fatalf("form %d, %v", e.Form, err)
		}
		if e.Body.Space != "urn:zimbraIM" || e.Body.Local != "Do" || e.Body.Get("requestId") != "7" {
			t.Errorf("%d: %+v", form, e.Body)
		}
		var items []string
		for c := range e.Body.Elements() {
			items = append(items, c.Local+"="+c.Text())
		}
		if strings.Join(items, " ") != "item=a item=b" {
			t.Errorf("%d: %v", form, items)
		}
		if e.Context.Get("authToken") != "tok" || e.Context.Child("notify").Get("seq") != "4" || e.Context.Space != ContextSpace {
			t.Errorf("%d: %+v", form, e.Context)
		}
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	for body, want := range map[string]error{
		"":                               ErrParse,
		" \n\t":                          ErrParse,
		"\ufeff":                         ErrParse,
		"garbage":                        ErrParse,
		"<a":                             ErrParse,
		"<a/><b/>":                       ErrParse,
		"<a/>text":                       ErrParse,
		"<!DOCTYPE a><a/>":               ErrParse,
		"<?php x?><a/>":                  ErrParse,
		"<a>&boom;</a>":                  ErrParse,
		deep:                             ErrParse,
		strings.Repeat("[", 100000):      ErrParse,
		strings.Repeat(`{"a":`, 1000):    ErrParse,
		`{"Body":{"A":{}}} x`:            ErrParse,
		`{"Body":{"A":{"_content":{}}}}`: ErrParse,
		`{"Body":{"A":{"b":[[1]]}}}`:     ErrParse,
		"[]":                             ErrParse,
		"null":                           ErrParse,
		"{}":                             ErrEnvelope,
		`{"Body":{}}`:                    ErrEnvelope,
		"<a/>":                           ErrEnvelope,
		"<Envelope xmlns='urn:x'><Body><A/></Body></Envelope>":                         ErrEnvelope,
		"<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>":                ErrEnvelope,
		"<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'><Body/></Envelope>": ErrEnvelope,
		"<a>" + strings.Repeat("<b/>", maxElements) + "</a>":                           ErrParse,
		`{"Body":{"A":{"b":[` + strings.Repeat("1,", maxElements) + `1]}}}`:            ErrParse,
	} {
		e, err := Read([]byte(body))
		if !errors.Is(err, want) {
			t.Errorf("%.40q: %v", body, err)
		}
		if xml := strings.HasPrefix(strings.TrimSpace(body), "<") || strings.TrimSpace(strings.Trim(body, "\ufeff")) == ""; xml == (e.Form == JSON) {
			t.Errorf("%.40q is answered in form %d", body, e.Form)
		}
	}
}

func answer(form Form) string {
	notify := Item("urn:zimbra", "notify").SetValue("seq", Number(5)).With(
		New("urn:zimbra", "im").With(Item("urn:zimbra", "n").Set("type", "gwStatus").Set("service", "a<b\x01")))
	body := New("urn:zimbraAccount", "AuthResponse").SetChild("lifetime", Number(9)).SetValue("ok", Truth(true)).
		With(Item("urn:zimbraAccount", "authToken").AddText("tok"))
	return string(Envelope{form, New("urn:zimbra", "context").With(notify), body}.Append(nil))
}

func TestWhatIsWritten(t *testing.T) {
	for form, want := range map[Form]string{
		SOAP12: `<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header><context xmlns='urn:zimbra'><notify seq='5'><im><n type='gwStatus' service='a&lt;b` + "\ufffd" + `'/></im></notify></context></soap:Header><soap:Body><AuthResponse xmlns='urn:zimbraAccount' ok='1'><lifetime>9</lifetime><authToken>tok</authToken></AuthResponse></soap:Body></soap:Envelope>`,
		JSON:   `{"Header":{"context":{"_jsns":"urn:zimbra","notify":[{"seq":5,"im":{"n":[{"type":"gwStatus","service":"a\u003cb\u0001"}]}}]}},"Body":{"AuthResponse":{"_jsns":"urn:zimbraAccount","lifetime":9,"ok":true,"authToken":[{"_content":"tok"}]}},"_jsns":"urn:zimbraSoap"}`,
	} {
		if got := answer(form); got != want {
			t.Errorf("%d:\n%s\nwant\n%s", form, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	f := Fault{Code: "im.INVALID_ADDRESS", Text: "no @", Trace: "t-1", Args: []Arg{{"addr", "bob"}}}
	for form, want := range map[Form]string{
		SOAP12: `<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang='en'>no @</soap:Text></soap:Reason><soap:Detail><Error xmlns='urn:zimbra'><Code>im.INVALID_ADDRESS</Code><Trace>t-1</Trace><a n='addr' t='STR'>bob</a></Error></soap:Detail></soap:Fault>`,
		SOAP11: `<soap:Fault><faultcode>soap:Client</faultcode><faultstring>no @</faultstring><detail><Error xmlns='urn:zimbra'><Code>im.INVALID_ADDRESS</Code><Trace>t-1</Trace><a n='addr' t='STR'>bob</a></Error></detail></soap:Fault>`,
		JSON:   `{"Fault":{"Code":{"Value":"soap:Sender"},"Reason":{"Text":"no @"},"Detail":{"Error":{"_jsns":"urn:zimbra","Code":"im.INVALID_ADDRESS","Trace":"t-1","a":[{"_content":"bob","n":"addr","t":"STR"}]}}}}`,
	} {
		got := string(Envelope{Form: form, Body: f.Element(form)}.Append(nil))
		if !strings.Contains(got, want) {
			t.Errorf("%d:\n%s\nwant\n%s", form, got, want)
		}
		batch := New(ContextSpace, "BatchResponse").With(f.Element(form))
		e, err := Read(Envelope{Form: form, Body: batch}.Append(nil))
		if err != nil || e.Body.First().Local != "Fault" || form == SOAP11 && e.Body.First().First().Space != "" {
			t.Errorf("%d: %v %+v", form, err, e.Body)
		}
	}
}

// A body of the greatest length costs what a request may cost, whatever is in it.
func TestReadingIsBounded(t *testing.T) {
	fill := func(open, part, end string) []byte {
		return []byte(open + strings.Repeat(part, (MaxBody-len(open)-len(end))/len(part)) + end)
	}
	for _, body := range [][]byte{
		fill("<a ", `b="" `, "/>"), fill("<a>", "<b/>", "</a>"), fill("", "<a>", ""), fill("<a>", "x<!---->", "</a>"),
		fill("<a>", "<![CDATA[x]]>", "</a>"), fill("<a>", "&lt;", "</a>"), fill(`<a b="`, "&#x10ffff;", `"/>`),
		fill(`{"a":[`, "1,", "1]}"), fill(`{`, `"":1,`, `"":1}`), fill("", `{"":`, ""), fill("", `[`, ""),
		fill(`{"Body":{"A":{`, `"_content":"",`, `"a":1}}}`), fill(`{"a":[`, "{},", "{}]}"), fill(`{"a":"`, `\u0000`, `"}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, _ = Read(body)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64*MaxBody || took > 2*time.Second {
			t.Errorf("%.20q: %d bytes, %v", body, used, took)
		}
	}
}

// fuzz holds what any body is: refused in words, or read into a bounded tree whose writing reads as itself.
func fuzz(t *testing.T, body []byte) {
	e, err := Read(body)
	if err != nil {
		if !errors.Is(err, ErrParse) && !errors.Is(err, ErrEnvelope) || e.Body != nil {
			t.Fatalf("%v", err)
		}
		return
	}
	elements, depth := measure(e.Body)
	if elements > maxElements || depth > maxDepth {
		t.Fatalf("%d elements, %d levels", elements, depth)
	}
	for _, form := range []Form{SOAP11, SOAP12, JSON} {
		e.Form = form
		first := e.Append(nil)
		again, err := Read(first)
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, first)
		}
		if second := again.Append(nil); string(second) != string(first) {
			t.Fatalf("no fixpoint:\n%s\n%s", first, second)
		}
		if again.Form != form {
			t.Fatalf("form %d became %d", form, again.Form)
		}
	}
}

func measure(e *Element) (elements, depth int) {
	elements = 1
	for c := range e.Elements() {
		n, d := measure(c)
		elements, depth = elements+n, max(depth, d)
	}
	return elements, depth + 1
}

func FuzzSOAP(f *testing.F) {
	f.Add(answer(SOAP12))
	f.Add(answer(SOAP11))
	f.Add("<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><a:b xmlns:a='u' a:c='1' d='2'>x<e/>y<![CDATA[z]]></a:b></Body></Envelope>")
	f.Fuzz(func(t *testing.T, body string) { fuzz(t, []byte("<"+body)) })
}

func FuzzJSON(f *testing.F) {
	f.Add(answer(JSON))
	f.Add(`{"Header":{"context":{"authToken":"x"}},"Body":{"A":{"a":1,"a":{},"b":[1,{"_content":true}],"_content":"t","c":null}}}`)
	f.Fuzz(func(t *testing.T, body string) { fuzz(t, []byte("{"+body)) })
}
