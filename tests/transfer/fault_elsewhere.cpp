// Redirects, other origins, certificates, answers without end: what a server of a script says.
#include "transfer/fault_fixture.hpp"

#include "support/scripted_server.hpp"

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;

namespace {

/// A Hub of https whose files a scripted server delivers.
struct TlsFixture : FaultFixture {
    TlsFixture() : FaultFixture(emulator::Options{.tls = true})
    {
        trust = [this](HubOptions& options) {
            options.tls.ca_file = hub.ca_file();
            options.tls.ca_pem = ca.pem();
        };
        adjust = trust;
    }
    std::function<void(HubOptions&)> trust;
    TestCa ca;
};

/// What the Hub says of lfs.bin, with the bytes elsewhere.
emulator::FaultRule leads_to(const FaultFixture& fixture, const std::string& location)
{
    return {.times = -1,
            .action = FaultAction::redirect,
            .headers = {{"Location", location},
                        {"X-Repo-Commit", fixture.commit},
                        {"X-Linked-Etag", "\"" + fixture.etag("lfs.bin") + "\""},
                        {"X-Linked-Size", std::to_string(fixture.files.at("lfs.bin").size())}}};
}

/// The Hub sends everybody there, also who asks it again.
void lead_all_to(FaultFixture& fixture, const std::string& location)
{
    fixture.add_head_fault(leads_to(fixture, location));
    auto get = leads_to(fixture, location);
    get.method = "GET";
    get.path = "*/resolve/*";
    fixture.hub.add_fault(std::move(get));
}

/// Notes the requests and answers them all with `response`.
ScriptedServer::Script noting(std::shared_ptr<std::vector<std::string>> notes,
                              std::shared_ptr<std::mutex> mutex, std::string response)
{
    return [=](Peer& peer) {
        for (;;) {
            const auto request = peer.read_request();
            if (request.empty()) return;
            {
                const std::lock_guard lock(*mutex);
                notes->push_back(request);
            }
            if (!peer.send(response)) return;
        }
    };
}

struct Elsewhere {
    explicit Elsewhere(std::string response, const ServerCertificate* certificate = nullptr)
        : server({noting(notes, mutex, std::move(response))}, certificate)
    {
    }
    std::vector<std::string> requests() const
    {
        const std::lock_guard lock(*mutex);
        return *notes;
    }
    std::shared_ptr<std::vector<std::string>> notes = std::make_shared<std::vector<std::string>>();
    std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
    ScriptedServer server;
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_fault_elsewhere)

BOOST_FIXTURE_TEST_CASE(another_origin_delivers_and_learns_no_token, FaultFixture)
{
    Elsewhere other(answer(200, files.at("lfs.bin")));
    add_head_fault(leads_to(*this, other.server.url() + "/bytes?Signature=canary"));
    check_arrives("lfs.bin");
    // The same by the GET's redirect: the HEAD told of the Hub itself.
    begin_again();
    hub.add_fault({.method = "GET",
                   .path = "*/resolve/*",
                   .times = -1,
                   .action = FaultAction::redirect,
                   .headers = {{"Location", other.server.url("localhost") + "/more"}}});
    add_head_fault({.times = -1,
                    .action = FaultAction::status,
                    .status = 200,
                    .headers = {{"X-Repo-Commit", commit},
                                {"X-Linked-Etag", "\"" + etag("lfs.bin") + "\""},
                                {"X-Linked-Size", std::to_string(files.at("lfs.bin").size())}}});
    check_arrives("lfs.bin");
    BOOST_TEST(other.requests().size() == 2u);
    for (const auto& request : other.requests()) {
        BOOST_TEST(request.find(hub.token()) == std::string::npos);
        BOOST_TEST(request.find("uthorization") == std::string::npos);
        BOOST_TEST(request.find("ookie") == std::string::npos);
        BOOST_TEST(request.find("eferer") == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(redirects_end_after_ten, FaultFixture)
{
    const std::string self = "/acme/tiny/resolve/main/small.txt";
    add_head_fault({.times = -1, .action = FaultAction::redirect, .headers = {{"Location", self}}});
    check_fails("small.txt", errc::bad_redirect);
    BOOST_TEST(heads() == 11u);
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            const auto back = hub.endpoint() + "/acme/tiny/resolve/main/" + kind.path;
            add_body_fault(kind,
                           {.times = -1, .action = FaultAction::redirect, .headers = {{"Location", back}}});
            const auto outcome = check_fails(kind.path, errc::bad_redirect);
            BOOST_TEST(outcome.name == "TooManyRedirects");
            BOOST_TEST(body_gets(kind).size() <= 11u);
            BOOST_TEST(clock->waits == 0);
            check_recovers(kind.path);
        }
}

BOOST_FIXTURE_TEST_CASE(a_location_that_is_no_url_ends_the_call, FaultFixture)
{
    for (const std::string location : {"ftp://127.0.0.1/x", "http://", "http://[::1", "file:///etc/passwd"})
        for (const auto& kind : file_kinds)
            BOOST_TEST_CONTEXT(kind.path << " " << location)
            {
                begin_again();
                add_body_fault(
                    kind,
                    {.times = -1, .action = FaultAction::redirect, .headers = {{"Location", location}}});
                check_fails(kind.path, errc::bad_redirect);
                BOOST_TEST(body_gets(kind).size() == 1u);
            }
}

BOOST_FIXTURE_TEST_CASE(https_does_not_lead_to_http, TlsFixture)
{
    Elsewhere clear(answer(200, files.at("lfs.bin")));
    add_head_fault(leads_to(*this, clear.server.url() + "/bytes"));
    check_fails("lfs.bin", errc::bad_redirect);
    begin_again();
    adjust = trust;
    add_body_fault(file_kinds[2], {.times = -1,
                                   .action = FaultAction::redirect,
                                   .headers = {{"Location", clear.server.url() + "/bytes"}}});
    check_fails("lfs.bin", errc::bad_redirect);
    BOOST_TEST(clear.server.connections() == 0u); // not even connected
    hub.clear_faults();
    check_arrives("lfs.bin");
}

BOOST_FIXTURE_TEST_CASE(a_storage_with_a_bad_certificate_gets_no_request, TlsFixture)
{
    const TestCa stranger("a stranger");
    const std::vector<std::pair<const char*, ServerCertificate>> leaves = [&] {
        std::vector<std::pair<const char*, ServerCertificate>> out;
        out.emplace_back("expired", ca.leaf({.starts_in = -7200, .ends_in = -3600}));
        out.emplace_back("not valid yet", ca.leaf({.starts_in = 3600}));
        out.emplace_back("of another host", ca.leaf({.names = "DNS:other.example"}));
        out.emplace_back("of an unknown CA", stranger.leaf());
        return out;
    }();
    for (const auto& [name, leaf] : leaves)
        BOOST_TEST_CONTEXT(name)
        {
            begin_again();
            adjust = trust;
            Elsewhere storage(answer(200, files.at("lfs.bin")), &leaf);
            add_head_fault(leads_to(*this, storage.server.url("localhost") + "/bytes"));
            const auto outcome = check_fails("lfs.bin", errc::tls_failed);
            BOOST_TEST(outcome.name == "SSLError");
            BOOST_TEST(outcome.message.find("localhost") != std::string::npos, outcome.message);
            BOOST_TEST(storage.requests().empty());
            BOOST_TEST(storage.server.connections() == 1u); // no second try, with or without verification
            BOOST_TEST(clock->waits == 0);
        }
}

BOOST_FIXTURE_TEST_CASE(a_hub_with_a_bad_certificate_is_not_an_unreachable_hub, FaultFixture)
{
    check_arrives("small.txt");
    const TestCa ca;
    const auto leaf = ca.leaf({.starts_in = -7200, .ends_in = -3600});
    ScriptedServer server({always(answer(200))}, &leaf);
    adjust = [&](HubOptions& options) {
        options.endpoint = server.url("localhost");
        options.tls.ca_pem = ca.pem();
    };
    const auto outcome = get("small.txt"); // the cached file does not stand in
    BOOST_REQUIRE(outcome.error);
    BOOST_TEST((*outcome.error == errc::tls_failed), outcome.message);
    BOOST_TEST(outcome.message.find("expired") != std::string::npos, outcome.message);
    BOOST_TEST(server.connections() == 1u);
}

BOOST_FIXTURE_TEST_CASE(nobody_listens, FaultFixture)
{
    std::string gone;
    {
        const ScriptedServer server({always(answer(200))});
        gone = server.url();
    }
    const auto away = [&](HubOptions& options) { options.endpoint = gone; };
    adjust = away;
    const auto outcome = check_fails("small.txt", errc::local_entry_not_found);
    BOOST_TEST((outcome.context.cause == make_error_code(errc::connect_failed)), outcome.message);
    BOOST_TEST(outcome.message.find(gone) != std::string::npos, outcome.message);
    BOOST_TEST(clock->waits == 5);
    begin_again();
    check_arrives("small.txt");
    adjust = away;
    check_arrives("small.txt"); // from the cache
    const auto forced = get("small.txt", {.force_download = true});
    BOOST_REQUIRE(forced.error);
    BOOST_TEST((*forced.error == errc::invalid_argument), forced.message);

    // The storage only: the Hub has answered, so nothing else stands in.
    begin_again();
    add_head_fault(leads_to(*this, gone + "/bytes"));
    check_fails("lfs.bin", errc::connect_failed);
    check_recovers("lfs.bin");
}

BOOST_FIXTURE_TEST_CASE(a_host_that_does_not_exist, FaultFixture)
{
    check_arrives("small.txt");
    adjust = [](HubOptions& options) {
        options.endpoint = "http://no-such-host.invalid";
        options.timeouts.resolve = std::chrono::seconds(5);
        options.retry.max_retries = 0;
    };
    check_arrives("small.txt"); // from the cache
    const auto outcome = check_fails("regular.txt", errc::local_entry_not_found);
    // Where no resolver answers, the limit of the phase ends it.
    BOOST_TEST((outcome.context.cause == make_error_code(errc::resolve_failed) ||
                outcome.context.cause == make_error_code(errc::timed_out)),
               outcome.message);
    BOOST_TEST(outcome.message.find("no-such-host.invalid") != std::string::npos, outcome.message);
}

BOOST_FIXTURE_TEST_CASE(every_phase_has_a_limit_of_its_own, FaultFixture)
{
    // The HEAD is not answered, or its connection not even shaken hands on.
    const auto silent = [](Peer& peer) { peer.wait_closed(); };
    ScriptedServer server({silent});
    for (const bool tls : {false, true})
        BOOST_TEST_CONTEXT((tls ? "handshake" : "first byte"))
        {
            begin_again();
            adjust = [&](HubOptions& options) {
                options.endpoint = (tls ? "https" : "http") + server.url().substr(4);
                options.timeouts.handshake = std::chrono::milliseconds(100);
                options.etag_timeout = std::chrono::duration<double>(0.1);
                options.retry.max_retries = 2;
            };
            const auto before = server.connections();
            const auto outcome = check_fails("small.txt", errc::local_entry_not_found);
            BOOST_TEST((outcome.context.cause == make_error_code(errc::timed_out)), outcome.message);
            BOOST_TEST(server.connections() - before == 3u);
        }
}

BOOST_FIXTURE_TEST_CASE(a_long_head_is_taken_and_a_longer_one_refused, FaultFixture)
{
    const auto with = [&](std::string more) {
        begin_again();
        auto rule = leads_to(*this, hub.endpoint() + "/acme/tiny/resolve/main/lfs.bin");
        rule.headers.emplace_back("X-Long", std::move(more));
        add_head_fault(std::move(rule));
    };
    with(std::string(32 << 10, 'x'));
    check_arrives("lfs.bin");
    with(std::string(200 << 10, 'x'));
    const auto outcome = get("lfs.bin");
    BOOST_TEST(outcome.error.has_value());
    check_recovers("lfs.bin");

    // A hundred thousand fields: the client stops reading long before the end.
    begin_again();
    ScriptedServer flood({[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 100'000; ++i)
            if (!peer.send("X-Field: some value or other\r\n")) return;
        peer.wait_closed();
    }});
    adjust = [&](HubOptions& options) {
        options.endpoint = flood.url();
        options.retry.max_retries = 0;
    };
    BOOST_TEST(get("lfs.bin").error.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_body_up_to_the_end_of_the_connection, FaultFixture)
{
    // No length, no chunks: the end of the connection is the end of the body, or its loss.
    const auto& content = files.at("lfs.bin");
    const auto sends = [](std::string text) -> ScriptedServer::Script {
        return [text = std::move(text)](Peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + text);
        };
    };
    const auto resumes = [&](std::size_t from) -> ScriptedServer::Script {
        return [&content, from](Peer& peer) {
            peer.read_request();
            peer.send(answer(206, content.substr(from),
                             "Content-Range: bytes " + std::to_string(from) + "-" +
                                 std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) +
                                 "\r\n"));
            peer.wait_closed();
        };
    };
    {
        ScriptedServer good({sends(content)});
        add_head_fault(leads_to(*this, good.url() + "/bytes"));
        check_arrives("lfs.bin");
    }
    for (const auto at : {std::size_t{0}, content.size() / 2, content.size() - 1})
        BOOST_TEST_CONTEXT("short by " << content.size() - at)
        {
            begin_again();
            ScriptedServer server({sends(content.substr(0, at)), at == 0 ? sends(content) : resumes(at)});
            lead_all_to(*this, server.url() + "/bytes");
            check_arrives("lfs.bin");
            BOOST_TEST(server.connections() == 2u);
        }
    begin_again();
    ScriptedServer longer({sends(content + "x")});
    lead_all_to(*this, longer.url() + "/bytes");
    check_fails("lfs.bin", errc::integrity);
    BOOST_TEST(longer.connections() == 2u);
    BOOST_TEST(left_over() == 0u);
    begin_again();
    ScriptedServer endless({[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        const std::string lump(1 << 20, 'x');
        for (int i = 0; i < 1000 && peer.send(lump); ++i) {
        }
    }});
    lead_all_to(*this, endless.url() + "/bytes");
    check_fails("lfs.bin", errc::integrity);
    BOOST_TEST(left_over() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
