// Where the bytes of an upload come from, and CommitOperationAdd::as_file().
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

#include "base/hash.hpp"
#include "transfer/upload_fixture.hpp"

using namespace hfasync;
using hfasync::tests::UploadFixture;

namespace {

/// A stream of these bytes, as a server has one of what it is being sent.
std::unique_ptr<ByteStream> stream_of(const Hub& hub, std::string bytes)
{
    return CommitOperationAdd("x", UploadSource::bytes(std::move(bytes))).as_file(hub);
}

boost::asio::awaitable<std::string> all_of(std::unique_ptr<ByteStream> stream)
{
    std::string all, buffer(5003, '\0');
    while (const auto n = co_await stream->read(boost::asio::buffer(buffer)))
        all.append(buffer, 0, n);
    co_return all;
}

struct SourceFixture : UploadFixture {
    SourceFixture()
    {
        auto options = client_options(server);
        options.cache.home = folder.path() / "home";
        hub = Hub(std::move(options));
        api = HfApi(hub);
        make_repo();
    }
    UploadSource once(std::string bytes, std::optional<std::uint64_t> size = {})
    {
        return UploadSource::once(stream_of(hub, std::move(bytes)), size);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_content, SourceFixture)

BOOST_AUTO_TEST_CASE(bytes_that_come_once_are_kept_aside)
{
    for (const std::size_t size : {0u, 5'000u, 90'000u, 1'300'000u}) { // regular, LFS, LFS in parts
        const auto bytes = content(size, 10);
        const auto name = "s" + std::to_string(size);
        // Each of the first parts is asked for a second time.
        server.add_fault({.method = "PUT",
                          .path = "*",
                          .origin = "storage",
                          .times = 2,
                          .action = emulator::FaultAction::status,
                          .status = 503});
        hub.block_on(api.upload_file(once(bytes), name, repo));
        server.clear_faults();
        BOOST_TEST(listing().at(name) == (size > 64u << 10 ? "lfs " + detail::sha256_hex(bytes)
                                                           : "blob " + detail::git_blob_sha1(bytes)));
    }
    // Nothing of it is left under a name.
    BOOST_TEST(std::filesystem::is_empty(folder.path() / "home"));
}

BOOST_AUTO_TEST_CASE(an_announced_size_is_held_against_the_stream)
{
    const auto short_stream = once(content(100, 1), 101);
    BOOST_CHECK_THROW(hub.block_on(api.upload_file(short_stream, "x", repo)), ValueError);
    hub.block_on(api.upload_file(once(content(100, 1), 100), "x", repo));
    BOOST_TEST(listing().size() == 1u);
}

BOOST_AUTO_TEST_CASE(as_file_reads_every_kind_of_source)
{
    const auto bytes = content(300'000, 3);
    const CommitOperationAdd adds[] = {
        CommitOperationAdd("a", write("a.bin", bytes)),
        CommitOperationAdd("b", UploadSource::bytes(bytes)),
        CommitOperationAdd("c", UploadSource::stream([this, bytes] { return stream_of(hub, bytes); })),
        CommitOperationAdd("d", once(bytes)),
    };
    for (const auto& add : adds)
        for (int again = 0; again < 2; ++again)
            BOOST_TEST_CONTEXT(add.path_in_repo() << again)
            {
                BOOST_CHECK(hub.block_on(all_of(add.as_file(hub))) == bytes);
            }
    // It was only looked at: the commit still has everything.
    hub.block_on(api.create_commit(repo, {adds[0], adds[1], adds[2], adds[3]}, "Add"));
    for (const auto& [path, what] : listing())
        BOOST_TEST(what == "lfs " + detail::sha256_hex(bytes), path);
    BOOST_TEST(listing().size() == 4u);
    const CommitOperationAdd missing("e", folder.path() / "nope");
    BOOST_CHECK_THROW(hub.block_on(all_of(missing.as_file(hub))), ValueError);
}

BOOST_AUTO_TEST_CASE(as_file_tells_how_far_it_is)
{
    const CommitOperationAdd add("w.bin", write("w.bin", content(20'000, 4)));
    std::vector<ProgressEvent> events;
    const ProgressSink sink = [&](const ProgressEvent& event) { events.push_back(event); };
    hub.block_on(all_of(add.as_file(hub, sink)));
    BOOST_REQUIRE(events.size() >= 2u);
    BOOST_CHECK(events.front().kind == ProgressKind::started);
    BOOST_TEST(events.front().name == "w.bin");
    BOOST_TEST(events.front().total == 20'000u);
    BOOST_CHECK(events.back().kind == ProgressKind::finished);
    BOOST_TEST(events.back().done == 20'000u);

    events.clear();
    const auto first_bytes = [](std::unique_ptr<ByteStream> stream) -> boost::asio::awaitable<std::size_t> {
        std::string buffer(100, '\0');
        co_return co_await stream->read(boost::asio::buffer(buffer));
    };
    BOOST_TEST(hub.block_on(first_bytes(add.as_file(hub, sink))) == 100u);
    BOOST_CHECK(events.back().kind == ProgressKind::failed);
}

BOOST_AUTO_TEST_CASE(freed_content_reads_as_empty)
{
    const CommitOperationAdd add("w.bin", UploadSource::bytes(content(100'000, 5)));
    hub.block_on(api.preupload_lfs_files(repo, {add}));
    BOOST_TEST(hub.block_on(all_of(add.as_file(hub))).empty());
    hub.block_on(api.create_commit(repo, {add}, "Add"));
    BOOST_TEST(listing().at("w.bin") == "lfs " + detail::sha256_hex(content(100'000, 5)));
}

BOOST_AUTO_TEST_CASE(operations_may_be_made_while_they_are_asked_for)
{
    struct Numbers final : PageSource<CommitOperation> {
        boost::asio::awaitable<std::optional<std::vector<CommitOperation>>> next_page() override
        {
            if (++page > 3) co_return std::nullopt;
            std::vector<CommitOperation> some;
            const auto text = std::to_string(page);
            some.emplace_back(CommitOperationAdd("n" + text, UploadSource::bytes(text)));
            co_return some;
        }
        int page = 0;
    };
    hub.block_on(
        api.create_commit(repo, AsyncGenerator<CommitOperation>(std::make_unique<Numbers>()), "Add"));
    BOOST_TEST(listing().size() == 3u);
    BOOST_TEST(listing().at("n2") == "blob " + detail::git_blob_sha1("2"));
}

BOOST_AUTO_TEST_SUITE_END()
