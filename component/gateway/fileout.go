package gateway

import (
	"context"
	"errors"
	"io"

	"imgate/component/gateway/speech"
	"imgate/component/gateway/upload"
	"imgate/richtext"
	"imgate/transports"
	"imgate/xmpp"
)

// onOutgoing offers the file to the contact. A link that is none of the upload service's is said as it is.
func (a *account) onOutgoing(it outgoingItem) {
	switch {
	case a.over:
		a.fail(it.kept.message, xmpp.RegistrationRequired, speech.Of("You are not registered with %s.", a.svc.title()))
	case errors.Is(it.err, upload.ErrTooBig):
		a.fail(it.kept.message, xmpp.NotAcceptable, textFileTooBig(a.g.opt.Files.Most))
	case it.err != nil || !a.signedOn():
		a.sayLink(it)
	default:
		p := it.kept
		p.kind = pendingRequest
		p.then = func(d transports.Done) { a.onFileSent(it, d) }
		if !a.out.tagged(p, func(tag transports.Tag) transports.Command {
			return transports.SendFile{Tag: tag, To: it.kept.id, Name: it.name, Size: it.size, Open: a.opener(it)}
		}) {
			a.fail(it.kept.message, xmpp.ResourceConstraint, "Too many messages are waiting.")
		}
	}
}

// opener reads the file when the contact takes it.
func (a *account) opener(it outgoingItem) transports.Opener {
	client, most := a.g.opt.Files.Client, a.g.opt.Files.Most
	return func(ctx context.Context) (io.ReadCloser, error) {
		f, err := it.place.Get(ctx, client, it.link, most)
		if err != nil {
			return nil, err
		}
		return f.Body, nil
	}
}

// onFileSent is the end of it. A contact that takes no file, or is not there, gets the link.
func (a *account) onFileSent(it outgoingItem, d transports.Done) {
	switch {
	case d.Err == nil:
		a.tellProof(&it.kept, d.Proof)
	case errors.Is(d.Err, transports.ErrUnavailable), errors.Is(d.Err, transports.ErrUnsupported), errors.Is(d.Err, transports.ErrTooLong):
		a.sayLink(it)
	default:
		a.sendError(it.kept.message, d.Err)
	}
}

// sayLink says the address in place of the file.
func (a *account) sayLink(it outgoingItem) {
	if !a.willSignOn() || !a.out.tagged(it.kept, func(tag transports.Tag) transports.Command {
		return transports.SendMessage{Tag: tag, To: it.kept.id, Body: richtext.Plain(it.link)}
	}) {
		a.fail(it.kept.message, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
	}
}
