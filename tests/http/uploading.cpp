#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include "base/hash.hpp"
#include "http/bench.hpp"
#include "support/sanitized.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

/// A body that exists nowhere: its bytes follow from their position.
class Pattern final : public http::BodySource {
public:
    Pattern(std::uint64_t size, bool known, std::uint64_t real) : size_(size), known_(known), real_(real) {}
    Pattern(std::uint64_t size, bool known = true) : Pattern(size, known, size) {}
    std::optional<std::uint64_t> size() const override
    {
        return known_ ? std::optional(size_) : std::nullopt;
    }
    bool rewind() override
    {
        at_ = 0;
        return true;
    }
    boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) override
    {
        const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), real_ - at_));
        auto* bytes = static_cast<char*>(into.data());
        for (std::size_t i = 0; i < some; ++i)
            bytes[i] = byte(at_ + i);
        at_ += some;
        most_ahead = std::max(most_ahead, some);
        co_return some;
    }
    static char byte(std::uint64_t position) { return static_cast<char>((position * 131) >> 3); }
    std::size_t most_ahead = 0;

private:
    std::uint64_t size_;
    bool known_;
    std::uint64_t real_, at_ = 0;
};

long peak_kib()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_uploading)

BOOST_AUTO_TEST_CASE(fifty_megabytes_stream_in_bounded_memory)
{
    constexpr std::uint64_t size = 50 << 20;
    std::string received_hash;
    ScriptedServer server({[&](Peer& peer) {
        detail::Hasher hasher(detail::HashKind::sha256);
        std::uint64_t got = 0;
        bool in_body = false;
        while (got < size) {
            auto some = peer.read_some();
            if (some.empty()) return;
            if (!in_body) {
                some.erase(0, some.find("\r\n\r\n") + 4); // the head comes in one piece
                in_body = true;
            }
            hasher.update(some);
            got += some.size();
        }
        received_hash = hasher.finish_hex();
        peer.send(answer(200, "stored"));
        peer.wait_closed();
    }});
    detail::Hasher expected(detail::HashKind::sha256);
    std::string piece(1 << 20, '\0');
    for (std::uint64_t at = 0; at < size; at += piece.size()) {
        for (std::size_t i = 0; i < piece.size(); ++i)
            piece[i] = Pattern::byte(at + i);
        expected.update(piece);
    }
    Bench bench(server.url());
    const auto before = peak_kib();
    auto request = bench.request("/object", http::Method::put);
    const auto body = std::make_shared<Pattern>(size);
    request.body = body;
    std::vector<std::uint64_t> progress;
    request.on_sent = [&](std::uint64_t bytes) { progress.push_back(bytes); };
    auto response = bench.send(std::move(request));
    BOOST_TEST(bench.body(response) == "stored");
    BOOST_TEST(received_hash == expected.finish_hex());
    BOOST_TEST(body->most_ahead <= 256u * 1024);
    // The sanitizers keep freed memory and shadows of it: there the peak says nothing.
    if (!sanitized) BOOST_TEST(peak_kib() - before < 16 * 1024);
    BOOST_REQUIRE(!progress.empty());
    BOOST_TEST(progress.back() == size);
    BOOST_TEST(std::is_sorted(progress.begin(), progress.end()));
}

BOOST_AUTO_TEST_CASE(a_body_of_unknown_size_goes_chunked)
{
    std::string request_text;
    ScriptedServer server({[&](Peer& peer) {
        request_text = peer.read_request();
        peer.send(answer(200));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    auto request = bench.request("/", http::Method::post);
    request.body = std::make_shared<Pattern>(3, false);
    bench.send(std::move(request));
    BOOST_TEST(contains(request_text, "Transfer-Encoding: chunked\r\n"));
    BOOST_TEST(!contains(request_text, "Content-Length"));
    const std::string bytes{Pattern::byte(0), Pattern::byte(1), Pattern::byte(2)};
    BOOST_TEST(request_text.ends_with("\r\n\r\n3\r\n" + bytes + "\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(an_early_refusal_is_heard)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_some();
        peer.send(answer(413, R"({"error":"too large for you"})", "Connection: close\r\n"));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    auto request = bench.request("/", http::Method::put);
    request.body = std::make_shared<Pattern>(std::uint64_t{1} << 30);
    const auto error = failure_of<HfHubHTTPError>([&] { bench.send(std::move(request)); });
    BOOST_TEST(error.context().status == 413);
    BOOST_TEST(contains(error.what(), "too large for you"));
    BOOST_TEST(bench.client().stats().bytes_sent < (std::uint64_t{1} << 29));
}

BOOST_AUTO_TEST_CASE(a_body_that_shrank_is_not_sent_as_whole)
{
    ScriptedServer server({[](Peer& peer) { peer.wait_closed(); }});
    Bench bench(server.url());
    auto request = bench.request("/", http::Method::put);
    request.body = std::make_shared<Pattern>(1000, true, 400);
    const auto error = failure_of<FileModified>([&] { bench.send(std::move(request)); });
    BOOST_TEST((error.code() == errc::file_modified));
    BOOST_TEST(contains(error.what(), "600 bytes"));
}

BOOST_AUTO_TEST_CASE(a_post_without_a_body_says_so)
{
    std::string head;
    ScriptedServer server({[&](Peer& peer) {
        head = peer.read_request();
        peer.send(answer(200));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    bench.send(bench.request("/", http::Method::post));
    BOOST_TEST(contains(head, "\r\nContent-Length: 0\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
