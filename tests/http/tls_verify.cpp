#include <boost/test/unit_test.hpp>

#include <fstream>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

const TestCa& ca()
{
    static const TestCa one;
    return one;
}

struct TlsBench {
    explicit TlsBench(const LeafOptions& leaf, std::string_view host = "localhost",
                      const TestCa& issuer = ca())
        : certificate(issuer.leaf(leaf)), server({always(answer(200, "secret"))}, &certificate),
          bench(server.url(host))
    {
        bench.options.tls.ca_pem = ca().pem();
    }
    /// The reason in the message of the SSLError that must come, at the first attempt.
    std::string refusal()
    {
        const auto error = failure_of<SSLError>([&] { bench.get(); });
        BOOST_TEST((error.code() == errc::tls_failed));
        BOOST_TEST(bench.client().stats().retries == 0u);
        return error.what();
    }

    ServerCertificate certificate;
    ScriptedServer server;
    Bench bench;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_tls_verify)

BOOST_AUTO_TEST_CASE(a_good_certificate_by_name_and_by_address)
{
    TlsBench name({}), address({}, "127.0.0.1");
    BOOST_TEST(name.bench.get() == "secret");
    BOOST_TEST(name.bench.get() == "secret");
    BOOST_TEST(name.server.connections() == 1u);
    BOOST_TEST(address.bench.get() == "secret");
}

BOOST_AUTO_TEST_CASE(wrong_host)
{
    TlsBench wrong({.names = "DNS:other.example"});
    const auto text = wrong.refusal();
    BOOST_TEST(contains(text, "localhost"));
    BOOST_TEST(contains(text, "hostname mismatch"));
    TlsBench address({.names = "DNS:127.0.0.1"}, "127.0.0.1"); // a name is no address
    BOOST_TEST(contains(address.refusal(), "IP address mismatch"));
    TlsBench subject({.names = "", .common_name = "localhost"}); // the subject does not count
    BOOST_TEST(contains(subject.refusal(), "mismatch"));
    TlsBench partial({.names = "DNS:local*"});
    BOOST_TEST(contains(partial.refusal(), "mismatch"));
}

BOOST_AUTO_TEST_CASE(wrong_time)
{
    TlsBench expired({.starts_in = -7200, .ends_in = -3600}), early({.starts_in = 3600});
    BOOST_TEST(contains(expired.refusal(), "expired"));
    BOOST_TEST(contains(early.refusal(), "not yet valid"));
}

BOOST_AUTO_TEST_CASE(unknown_issuer)
{
    const TestCa stranger("somebody else");
    TlsBench unknown({}, "localhost", stranger);
    BOOST_TEST(contains(unknown.refusal(), "unable to get local issuer"));
}

BOOST_AUTO_TEST_CASE(wrong_use_and_weak_signature)
{
    TlsBench client_only({.usage = "clientAuth"}), sha1({.sha1 = true});
    BOOST_TEST(contains(client_only.refusal(), "certificate purpose"));
    BOOST_TEST(contains(sha1.refusal(), "too weak"));
}

BOOST_AUTO_TEST_CASE(a_ca_file_and_one_that_is_missing)
{
    const std::string path = "/tmp/hfasync-test-ca-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(path) << ca().pem();
    TlsBench file({});
    file.bench.options.tls = {.ca_file = path};
    BOOST_TEST(file.bench.get() == "secret");
    std::filesystem::remove(path);
    TlsBench missing({});
    missing.bench.options.tls = {.ca_file = path};
    const auto error = failure_of<SSLError>([&] { missing.bench.get(); });
    BOOST_TEST(contains(error.what(), path));
}

BOOST_AUTO_TEST_CASE(old_protocols_are_refused)
{
    const auto certificate = ca().leaf();
    SSL_CTX* old = certificate.make_context();
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    std::promise<void> failed;
    ScriptedServer server({[&](Peer& peer) {
        peer.tunnel_to_tls(old);
        if (peer.handshake_failed()) failed.set_value();
    }});
    Bench bench("https://localhost:" + std::to_string(server.port()));
    bench.options.tls.ca_pem = ca().pem();
    bench.options.retry.max_retries = 0;
    BOOST_CHECK_THROW(bench.get(), SSLError);
    BOOST_TEST((failed.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready));
    SSL_CTX_free(old);
}

BOOST_AUTO_TEST_CASE(an_end_without_close_notify_is_a_truncation)
{
    const auto certificate = ca().leaf();
    ScriptedServer server({[](Peer& peer) {
                               peer.read_request();
                               peer.send("HTTP/1.1 200 OK\r\n\r\nhalf of");
                               peer.cut();
                           },
                           [](Peer& peer) {
                               peer.read_request();
                               peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
                               peer.close();
                           }},
                          &certificate);
    Bench bench(server.url("localhost"));
    bench.options.tls.ca_pem = ca().pem();
    const auto error = failure_of<ConnectionError>([&] { bench.get(); });
    BOOST_TEST((error.code() == errc::connection_lost));
    BOOST_TEST(bench.get() == "all of it");
}

BOOST_AUTO_TEST_CASE(a_second_connection_resumes_the_session)
{
    const auto certificate = ca().leaf();
    std::vector<bool> resumed;
    ScriptedServer server({[&](Peer& peer) {
                              resumed.push_back(peer.resumed());
                              peer.read_request();
                              peer.send(answer(200, {}, "Connection: close\r\n"));
                              peer.wait_closed();
                          }},
                          &certificate);
    Bench bench(server.url("localhost"));
    bench.options.tls.ca_pem = ca().pem();
    bench.get();
    bench.get();
    const std::vector<bool> expected{false, true};
    BOOST_TEST((resumed == expected));
}

BOOST_AUTO_TEST_CASE(https_to_http_is_refused_unless_allowed)
{
    ScriptedServer plain({always(answer(200, "in clear"))});
    const auto certificate = ca().leaf();
    ScriptedServer server({always(answer(302, {}, "Location: " + plain.url() + "/x\r\n"))}, &certificate);
    for (const bool allowed : {false, true}) {
        Bench bench(server.url("localhost"));
        bench.options.tls.ca_pem = ca().pem();
        bench.options.allow_insecure_redirects = allowed;
        if (allowed)
            BOOST_TEST(bench.get() == "in clear");
        else
            BOOST_TEST((failure_of<HubError>([&] { bench.get(); }).code() == errc::bad_redirect));
        BOOST_TEST(plain.connections() == (allowed ? 1u : 0u));
    }
}

BOOST_AUTO_TEST_SUITE_END()
