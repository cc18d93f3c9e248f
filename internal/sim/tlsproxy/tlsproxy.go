// Package tlsproxy answers for hosts of the internet that are not to be reached:
// clients that go through it by CONNECT, and trust its certificate authority, meet
// a handler of ours under the real names, and need no other address.
package tlsproxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Proxy is an HTTP proxy that ends TLS itself. It answers CONNECT alone, and for
// the hosts it is given alone.
type Proxy struct {
	handler http.Handler
	hosts   func(string) bool
	ca      *x509.Certificate
	key     *ecdsa.PrivateKey

	mu    sync.Mutex
	certs map[string]*tls.Certificate
}

// New makes a Proxy with a certificate authority of its own. hosts tells for which
// names the handler answers.
func New(handler http.Handler, hosts func(name string) bool) (*Proxy, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sheet24 simulators"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Proxy{handler: handler, hosts: hosts, ca: ca, key: key, certs: map[string]*tls.Certificate{}}, nil
}

// CA is the certificate authority that clients have to trust, in PEM.
func (p *Proxy) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Raw})
}

// ServeHTTP answers CONNECT by speaking TLS as the host that is asked for.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	switch {
	case r.Method != http.MethodConnect || err != nil:
		http.Error(w, "this proxy answers CONNECT HOST:PORT alone", http.StatusMethodNotAllowed)
		return
	case !p.hosts(host):
		http.Error(w, host+" is not simulated", http.StatusForbidden)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		conn.Close()
		return
	}
	secure := tls.Server(conn, &tls.Config{NextProtos: []string{"http/1.1"}, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if h.ServerName != "" && !strings.EqualFold(h.ServerName, host) {
			return nil, fmt.Errorf("the proxy was asked for %s, TLS for %s", host, h.ServerName)
		}
		return p.certificate(host)
	}})
	// One connection, served until it ends.
	http.Serve(&single{conn: secure, addr: conn.LocalAddr()}, p.handler)
}

// certificate makes a certificate for a host, once.
func (p *Proxy) certificate(host string) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.certs[host]; c != nil {
		return c, nil
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(0, 6, 0), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, p.ca, &p.key.PublicKey, p.key)
	if err != nil {
		return nil, err
	}
	p.certs[host] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.key}
	return p.certs[host], nil
}

// single is a listener that accepts one connection, and then waits for its end.
type single struct {
	conn net.Conn
	addr net.Addr
	once sync.Once
	done chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	var first net.Conn
	s.once.Do(func() {
		s.done = make(chan struct{})
		first = &closing{Conn: s.conn, done: s.done}
	})
	if first != nil {
		return first, nil
	}
	<-s.done
	return nil, net.ErrClosed
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return s.addr }

// closing tells when a connection is closed.
type closing struct {
	net.Conn
	once sync.Once
	done chan struct{}
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.done) })
	return c.Conn.Close()
}
