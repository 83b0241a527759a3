package xmppd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Files of the certificate, its key, and both.
const (
	certificateFile = "server.crt"
	keyFile         = "server.key"
	bothFile        = "server.pem"
)

// certify makes a certificate for the host, signed by itself and good for a day, and writes it and its key.
func (c *Config) certify() (*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: c.Host}, DNSNames: []string{c.Host, c.rooms(), c.upload()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	for name, block := range map[string]*pem.Block{
		certificateFile: {Type: "CERTIFICATE", Bytes: raw}, keyFile: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := c.file(name, string(pem.EncodeToMemory(block))); err != nil {
			return nil, fmt.Errorf("the certificate: %w", err)
		}
	}
	return x509.ParseCertificate(raw)
}
