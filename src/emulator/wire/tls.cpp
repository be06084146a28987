#include "emulator/wire/tls.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace hfasync::emulator {

namespace {

template <auto Free>
struct Freeing {
    template <class T>
    void operator()(T* pointer) const noexcept
    {
        Free(pointer);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Freeing<BIO_free>>;

void require(bool ok, const char* what)
{
    if (!ok)
        throw std::runtime_error(std::string("OpenSSL cannot make the embedded Hub's certificate: ") + what);
}

void extend(X509* certificate, X509* issuer, int nid, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Certificate make_certificate(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* issuer_key)
{
    Certificate certificate(X509_new());
    require(certificate != nullptr, "memory");
    X509* const cert = certificate.get();
    X509_set_version(cert, 2);
    unsigned char serial[8];
    require(RAND_bytes(serial, sizeof serial) == 1, "random numbers");
    serial[0] &= 0x7f;
    std::uint64_t number = 0;
    for (const auto byte : serial)
        number = number << 8 | byte;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number);
    // An hour back: clocks of a container and its host may differ.
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600L * 24 * 365);
    X509_NAME* const subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
    X509_set_pubkey(cert, key);
    X509* const parent = issuer ? issuer : cert;
    extend(cert, parent, NID_subject_key_identifier, "hash");
    if (issuer) {
        extend(cert, parent, NID_authority_key_identifier, "keyid");
        extend(cert, parent, NID_basic_constraints, "critical,CA:FALSE");
        extend(cert, parent, NID_key_usage, "critical,digitalSignature");
        extend(cert, parent, NID_ext_key_usage, "serverAuth");
        extend(cert, parent, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    } else {
        extend(cert, parent, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
        extend(cert, parent, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    require(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "signature");
    return certificate;
}

} // namespace

ThrowawayAuthority make_throwaway_authority()
{
    const Key ca_key(EVP_EC_gen("P-256"));
    const Key key(EVP_EC_gen("P-256"));
    require(ca_key && key, "keys");
    const auto ca = make_certificate(ca_key.get(), "hfasync embedded Hub CA", nullptr, ca_key.get());
    const auto leaf = make_certificate(key.get(), "localhost", ca.get(), ca_key.get());

    namespace ssl = boost::asio::ssl;
    ThrowawayAuthority out{.ca_pem = {}, .server = ssl::context(ssl::context::tls_server)};
    out.server.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    SSL_CTX* const context = out.server.native_handle();
    require(SSL_CTX_use_certificate(context, leaf.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, key.get()) == 1,
            "server context");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    const Memory memory(BIO_new(BIO_s_mem()));
    require(memory && PEM_write_bio_X509(memory.get(), ca.get()) == 1, "PEM");
    char* text = nullptr;
    const auto length = BIO_get_mem_data(memory.get(), &text);
    out.ca_pem.assign(text, static_cast<std::size_t>(length));
    return out;
}

} // namespace hfasync::emulator
