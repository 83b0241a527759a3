package xmlrpc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmpp"
)

// Codes of faults that are not those of XEP-0086.
const (
	faultCall    = -1     // an unknown call, or a wrong argument
	faultInside  = -32500 // a defect of ours
	faultRequest = -32700 // what can't be read (xmlrpc-epi's list)
)

// A method is one call. Those that are coded return an XEP-0086 number where others raise a fault.
type method struct {
	name  string
	args  []argument
	gives string // type of the result
	coded bool
	help  string
	run   func(ctx context.Context, d *Door, args arguments) (wire.Value, error)
	// bare says that its parameters are not members of a struct: of the calls that mod_rostbeef did not have.
	bare func(ctx context.Context, d *Door, params []wire.Value) (wire.Value, error)
}

// An admission is what a request proves of its sender.
type admission uint8

const (
	noPassword admission = iota
	wrongPassword
	admitted
)

// answer is the document for one request.
func (d *Door) answer(r *http.Request, body []byte, tooLarge error, proven bool) ([]byte, admission) {
	got := noPassword
	if proven || !d.locked() {
		got = admitted
	}
	call, err := wire.Call{}, tooLarge
	if err == nil {
		call, err = wire.ParseCall(body)
	}
	if err == nil {
		var said admission
		call, said = d.credentials(call)
		got = max(got, said)
	}
	if got != admitted {
		return notAuthorized().Document(), got
	}
	if err != nil {
		return (&wire.Fault{Code: faultRequest, Text: "the call can't be read: " + err.Error()}).Document(), admitted
	}
	// What a caller has begun is carried out, also when it does not wait: no half is left behind.
	v, fault := d.call(context.WithoutCancel(r.Context()), call)
	if fault != nil {
		return fault.Document(), admitted
	}
	return wire.Response(v), admitted
}

// credentials takes ejabberd's leading struct off a call ({user, server, password} before the arguments), and tells
// whether it has the password of this door.
func (d *Door) credentials(c wire.Call) (wire.Call, admission) {
	if len(c.Params) < 2 || c.Params[0].Kind != wire.Struct {
		return c, noPassword
	}
	password, ok := c.Params[0].Get("password")
	if !ok {
		return c, noPassword
	}
	user, _ := c.Params[0].Get("user")
	c.Params = c.Params[1:]
	if d.proves(user.Text, password.Text) {
		return c, admitted
	}
	return c, wrongPassword
}

// call carries one call out.
func (d *Door) call(ctx context.Context, c wire.Call) (v wire.Value, fault *wire.Fault) {
	defer func() {
		if p := recover(); p != nil {
			d.opt.Log.Error("panic in an XML-RPC call", "method", c.Method, "panic", p, "stack", string(debug.Stack()))
			fault = &wire.Fault{Code: faultInside, Text: "internal-server-error"}
		}
	}()
	m := d.methods[c.Method]
	if m == nil {
		return v, &wire.Fault{Code: faultCall, Text: fmt.Sprintf("Unknown call: %s", c.Method)}
	}
	ctx, cancel := context.WithTimeout(ctx, m.time())
	defer cancel()
	v, err := m.do(ctx, d, c.Params)
	var wrong *wrongArgument
	switch {
	case err == nil:
		return v, nil
	case errors.As(err, &wrong):
		return v, &wire.Fault{Code: faultCall, Text: wrong.Error()}
	}
	code, condition := codeOf(err)
	d.opt.Log.Info("an XML-RPC call was not done", "method", c.Method, "code", code, "err", err)
	if m.coded {
		return wire.Number(code), nil
	}
	return v, &wire.Fault{Code: code, Text: condition}
}

func (m *method) do(ctx context.Context, d *Door, params []wire.Value) (wire.Value, error) {
	if m.bare != nil {
		return m.bare(ctx, d, params)
	}
	args, err := m.arguments(params)
	if err != nil {
		return wire.Value{}, err
	}
	return m.run(ctx, d, args)
}

// codeOf is the number and the condition of an error (XEP-0086).
func codeOf(err error) (int, string) {
	var e *xmpp.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, context.DeadlineExceeded):
		e = xmpp.NewError(xmpp.RemoteServerTimeout, "")
	default:
		e = xmpp.NewError(xmpp.InternalServerError, "")
	}
	return e.Code(), string(e.Condition)
}

// done is what coded calls return.
func done(err error) (wire.Value, error) { return wire.Number(0), err }
