package soap

import (
	"strings"

	"imgate/adapters/soap/wire"
	"imgate/transports"
)

// gatewayList tells the services that the user may register with, and where each registration stands.
func (d *Door) gatewayList(r *request) (*wire.Element, error) {
	out := wire.New(imSpace, "IMGatewayListResponse")
	for _, svc := range d.opt.Services {
		standing, found, err := d.opt.Gateway.Registration(r.person.jid, svc.Name)
		if err != nil {
			return nil, err
		}
		if !found && !d.opt.Gateway.Serves(r.person.jid, svc.Name) {
			continue
		}
		e := wire.Item(imSpace, "service").Set("name", svc.Name).Set("type", svc.Type).Set("domain", svc.Domain)
		if found {
			reg := wire.Item(imSpace, "registration").Set("name", orText(standing.Typed, string(standing.Name)))
			e.With(statusOf(svc.Name, standing.State).describe(reg, d.telling()))
		}
		out.With(e)
	}
	return out, nil
}

// gatewayRegister registers, unregisters and signs on now.
func (d *Door) gatewayRegister(r *request) (*wire.Element, error) {
	svc, err := d.service(r.body.Get("service"))
	if err != nil {
		return nil, err
	}
	ctx, user := r.http.Context(), r.person.jid
	switch op := r.body.Get("op"); op {
	case "reg":
		password := transports.NewSecret(exact(r.body, "password"))
		err = d.opt.Gateway.Register(ctx, user, svc.Name, r.body.Get("name"), password)
	case "unreg":
		err = d.opt.Gateway.Unregister(ctx, user, svc.Name)
	case "reconnect":
		err = d.opt.Gateway.Reconnect(ctx, user, svc.Name)
	case "":
		return nil, refuse(invalidRequest, "op is missing: reg, unreg or reconnect")
	default:
		return nil, refuse(invalidRequest, "op is none of reg, unreg and reconnect")
	}
	if err != nil && !notRegistered(err) {
		return nil, err
	}
	return wire.New(imSpace, "IMGatewayRegisterResponse").SetValue("result", wire.Truth(err == nil)), nil
}

// service finds a service by its name, else by its type where one service bears it. Case does not count.
func (d *Door) service(asked string) (Service, error) {
	var typed []Service
	for _, svc := range d.opt.Services {
		if strings.EqualFold(svc.Name, asked) {
			return svc, nil
		}
		if strings.EqualFold(svc.Type, asked) {
			typed = append(typed, svc)
		}
	}
	switch {
	case asked == "":
		return Service{}, refuse(invalidRequest, "service is missing")
	case len(typed) == 0:
		return Service{}, refuse(invalidRequest, "there is no such service")
	case len(typed) == 1:
		return typed[0], nil
	}
	var names []string
	for _, svc := range typed {
		names = append(names, svc.Name)
	}
	return Service{}, refuse(invalidRequest, "several services are of that type; name one: %s", strings.Join(names, ", "))
}

// exact is an attribute, or the text of a child, as it is: blanks count in a password.
func exact(e *wire.Element, name string) string {
	if c := e.Child(name); c != nil {
		return c.Text()
	}
	return e.Get(name)
}
