package soap

import (
	"errors"

	"imgate/adapters/soap/wire"
)

// Namespaces of documents.
const (
	zimbraSpace  = wire.ContextSpace
	accountSpace = "urn:zimbraAccount"
	mailSpace    = "urn:zimbraMail"
	imSpace      = "urn:zimbraIM"
)

type name struct{ space, local string }

// A document is one kind of request.
type document struct {
	open  bool // it needs no token
	alone bool // it is not taken in a batch
	run   func(d *Door, r *request) (*wire.Element, error)
}

// documents are all that the door knows.
func documents() map[name]document {
	return map[name]document{
		{accountSpace, "AuthRequest"}:         {open: true, run: (*Door).authenticate},
		{accountSpace, "EndSessionRequest"}:   {run: (*Door).endSession},
		{accountSpace, "GetInfoRequest"}:      {run: (*Door).info},
		{mailSpace, "NoOpRequest"}:            {run: (*Door).noOp},
		{zimbraSpace, "BatchRequest"}:         {open: true, alone: true, run: (*Door).batch},
		{imSpace, "IMGatewayListRequest"}:     {run: (*Door).gatewayList},
		{imSpace, "IMGatewayRegisterRequest"}: {run: (*Door).gatewayRegister},
	}
}

// maxBatch is how many documents a batch may hold.
const maxBatch = 100

// batch runs the documents in their order. A refusal stands in the place of its answer; it ends the batch where
// onerror is not "continue".
func (d *Door) batch(r *request) (*wire.Element, error) {
	out := wire.New(zimbraSpace, "BatchResponse")
	onError, ok := r.body.Lookup("onerror")
	stop := ok && onError != "continue"
	n := 0
	for range r.body.Elements() {
		if n++; n > maxBatch {
			return nil, refuse(invalidRequest, "a batch has at most %d documents", maxBatch)
		}
	}
	for e := range r.body.Elements() {
		one := *r
		one.body, one.batch = e, true
		answer, err := d.run(&one)
		if errors.Is(err, errGone) {
			return nil, err
		}
		if one.cookie != nil {
			r.cookie = one.cookie
		}
		if err != nil {
			answer = d.fault(&one, local(e), err)
			echo(e, answer)
		}
		answer.List = true // js-zimbra finds one of its name in an array only
		out.With(answer)
		if err != nil && stop {
			break
		}
	}
	return out, nil
}
