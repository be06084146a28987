#include "http/tls.hpp"

#include <filesystem>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/encoding.hpp"

namespace hfasync::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_sessions = 256;

int key_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int client_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

void load_or_throw(asio::ssl::context& context, const std::filesystem::path& path)
{
    boost::system::error_code error;
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        context.add_verify_path(path.string(), error);
    else
        context.load_verify_file(path.string(), error);
    if (!error) return;
    throw SSLError(errc::tls_failed, "the certificate authorities in '" + detail::printable(path.string()) +
                                         "' cannot be read: " + detail::printable(error.message()) +
                                         "; correct HubOptions::tls, "
                                         "SSL_CERT_FILE, SSL_CERT_DIR or REQUESTS_CA_BUNDLE");
}

/// OpenSSL's own set_default_verify_paths() reads the environment, which only from_env() may.
void load_system(asio::ssl::context& context)
{
    boost::system::error_code ignored;
    std::error_code none;
    if (const std::filesystem::path file = X509_get_default_cert_file(); std::filesystem::exists(file, none))
        context.load_verify_file(file.string(), ignored);
    if (const std::filesystem::path folder = X509_get_default_cert_dir();
        std::filesystem::exists(folder, none))
        context.add_verify_path(folder.string(), ignored);
    ERR_clear_error();
}

bool is_address(const std::string& host)
{
    boost::system::error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

} // namespace

TlsClient::TlsClient(const TlsOptions& options) : context_(asio::ssl::context::tls_client)
{
    SSL_CTX* native = context_.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_security_level(native, 2); // no SHA-1 signatures, no short keys
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (options.ca_file) load_or_throw(context_, *options.ca_file);
    if (options.ca_dir) load_or_throw(context_, *options.ca_dir);
    if (!options.ca_file && !options.ca_dir) load_system(context_);
    if (!options.ca_pem.empty()) {
        boost::system::error_code error;
        context_.add_certificate_authority(asio::buffer(options.ca_pem), error);
        if (error)
            throw SSLError(errc::tls_failed, "TlsOptions::ca_pem holds no certificate in PEM form: " +
                                                 detail::printable(error.message()));
    }
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(native, &TlsClient::on_session);
}

TlsClient::~TlsClient() = default;

void TlsClient::prepare(TlsStream& stream, const std::string& host, const std::string& key)
{
    SSL* ssl = stream.native_handle();
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
    // Names of the certificate's subject have not counted since RFC 6125; partial wildcards never should
    // have.
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (is_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
        SSL_set_tlsext_host_name(ssl, host.c_str());
    }
    SSL_set_ex_data(ssl, key_index(), const_cast<std::string*>(&key));
    SSL_set_ex_data(ssl, client_index(), this);
    const std::lock_guard lock(mutex_);
    if (const auto found = sessions_.find(key); found != sessions_.end())
        SSL_set_session(ssl, found->second.get());
}

/// Only handshakes that were verified get here, and the key holds the host and the port that were.
int TlsClient::on_session(SSL* ssl, SSL_SESSION* session)
{
    auto* self = static_cast<TlsClient*>(SSL_get_ex_data(ssl, client_index()));
    const auto* key = static_cast<const std::string*>(SSL_get_ex_data(ssl, key_index()));
    if (!self || !key || SSL_get_verify_result(ssl) != X509_V_OK) return 0;
    const std::lock_guard lock(self->mutex_);
    if (self->sessions_.size() >= most_sessions) self->sessions_.clear();
    self->sessions_[*key].reset(session);
    return 1; // kept
}

std::string TlsClient::failure(TlsStream& stream, const std::string& host,
                               const boost::system::error_code& error)
{
    std::string out = "host " + host + ": ";
    const long verdict = SSL_get_verify_result(stream.native_handle());
    if (verdict != X509_V_OK)
        out += std::string("the certificate was refused: ") + X509_verify_cert_error_string(verdict);
    else
        out += error.message();
    return out;
}

} // namespace hfasync::http
