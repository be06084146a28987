// Certificates made while the test runs: a CA, and leaves good and bad.
#pragma once

#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace hfasync::test {

struct FreeX509 {
    void operator()(X509* x) const { X509_free(x); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using X509Ptr = std::unique_ptr<X509, FreeX509>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeX509>;

struct LeafOptions {
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1"; ///< subjectAltName; empty for none
    std::string common_name = "leaf";
    long starts_in = -3600; ///< seconds from now
    long ends_in = 24 * 3600;
    std::string usage = "serverAuth"; ///< extendedKeyUsage
    bool sha1 = false;
};

/// A leaf with its key.
class ServerCertificate {
public:
    ServerCertificate(X509Ptr certificate, KeyPtr key)
        : certificate_(std::move(certificate)), key_(std::move(key))
    {
    }

    SSL_CTX* make_context() const
    {
        SSL_CTX* context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_security_level(context, 0); // it must be able to show what clients refuse
        if (SSL_CTX_use_certificate(context, certificate_.get()) != 1 ||
            SSL_CTX_use_PrivateKey(context, key_.get()) != 1)
            throw std::runtime_error("the test certificate is unusable");
        return context;
    }
    std::string pem() const { return to_pem(certificate_.get()); }

    static std::string to_pem(X509* certificate)
    {
        BIO* bio = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(bio, certificate);
        char* data = nullptr;
        const auto size = BIO_get_mem_data(bio, &data);
        std::string out(data, static_cast<std::size_t>(size));
        BIO_free(bio);
        return out;
    }

private:
    X509Ptr certificate_;
    KeyPtr key_;
};

class TestCa {
public:
    explicit TestCa(const std::string& name = "hfasync test CA") : key_(EVP_EC_gen("P-256"))
    {
        ca_ = blank(name, key_.get(), -3600, 24 * 3600);
        X509_set_issuer_name(ca_.get(), X509_get_subject_name(ca_.get()));
        extend(ca_.get(), NID_basic_constraints, "critical,CA:TRUE");
        extend(ca_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
        X509_sign(ca_.get(), key_.get(), EVP_sha256());
    }

    ServerCertificate leaf(const LeafOptions& options = {}) const
    {
        KeyPtr key(EVP_EC_gen("P-256"));
        auto out = blank(options.common_name, key.get(), options.starts_in, options.ends_in);
        X509_set_issuer_name(out.get(), X509_get_subject_name(ca_.get()));
        extend(out.get(), NID_basic_constraints, "critical,CA:FALSE");
        extend(out.get(), NID_ext_key_usage, options.usage.c_str());
        if (!options.names.empty()) extend(out.get(), NID_subject_alt_name, options.names.c_str());
        X509_sign(out.get(), key_.get(), options.sha1 ? EVP_sha1() : EVP_sha256());
        return {std::move(out), std::move(key)};
    }
    std::string pem() const { return ServerCertificate::to_pem(ca_.get()); }

private:
    static X509Ptr blank(const std::string& name, EVP_PKEY* key, long starts_in, long ends_in)
    {
        static long serial = 1;
        X509Ptr out(X509_new());
        X509_set_version(out.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial++);
        X509_gmtime_adj(X509_getm_notBefore(out.get()), starts_in);
        X509_gmtime_adj(X509_getm_notAfter(out.get()), ends_in);
        X509_set_pubkey(out.get(), key);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        return out;
    }
    static void extend(X509* certificate, int nid, const char* value)
    {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        if (!extension) throw std::runtime_error("bad extension in a test certificate");
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    KeyPtr key_;
    X509Ptr ca_;
};

} // namespace hfasync::test
