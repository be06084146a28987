// Files that change, grow, shrink or vanish while they are uploaded: contracts of faults, uploads.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/upload_fault.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace fs = std::filesystem;

namespace {

struct Change {
    const char* name;
    void (*act)(const fs::path& file, const std::string& text);
    bool gone = false;
};

void overwrite(const fs::path& file, const std::string& text)
{
    std::ofstream(file, std::ios::binary | std::ios::in) << text;
}

/// In place where the name stays the same file.
constexpr Change changes[] = {
    {"other bytes of the same size",
     [](const fs::path& file, const std::string& text) {
         overwrite(file, UploadFaults::content(text.size(), 999));
     }},
    {"other bytes with the old time",
     [](const fs::path& file, const std::string& text) {
         const auto time = fs::last_write_time(file);
         overwrite(file, UploadFaults::content(text.size(), 998));
         fs::last_write_time(file, time);
     }},
    {"truncated",
     [](const fs::path& file, const std::string& text) { fs::resize_file(file, text.size() / 2); }},
    {"emptied", [](const fs::path& file, const std::string&) { fs::resize_file(file, 0); }},
    {"grown",
     [](const fs::path& file, const std::string&) {
         std::ofstream(file, std::ios::binary | std::ios::app) << std::string(300'000, 'x');
     }},
    {"replaced by a file of the same size",
     [](const fs::path& file, const std::string& text) {
         const auto other = file.parent_path() / "other";
         std::ofstream(other, std::ios::binary) << UploadFaults::content(text.size(), 997);
         fs::rename(other, file);
     }},
    {"vanished", [](const fs::path& file, const std::string&) { fs::remove(file); }, true},
};

/// Between which steps it happens, by the request after which the client goes on.
struct When {
    const char* name;
    std::size_t size;
    const char* method;
    const char* part;
};

constexpr When moments_of_change[] = {
    {"a regular file, before the commit", UploadFaults::regular, "POST", "/preupload/"},
    {"an LFS file, before its hash", UploadFaults::whole, "POST", "/preupload/"},
    {"an LFS file, between hash and PUT", UploadFaults::whole, "POST", "/objects/batch"},
    {"parts, between hash and PUT", UploadFaults::in_parts, "POST", "/objects/batch"},
    {"parts, after the first", UploadFaults::in_parts, "PUT", "partNumber=1&"},
    {"parts, before the last", UploadFaults::in_parts, "PUT", "partNumber=3&"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_files, UploadFaults)

BOOST_AUTO_TEST_CASE(a_file_that_changes_is_not_committed)
{
    unsigned seed = 0;
    CreateCommitOptions options;
    options.num_threads = 1; // parts in turn
    for (const When& when : moments_of_change)
        for (const Change& change : changes)
            BOOST_TEST_CONTEXT(when.name << ", " << change.name)
            {
                const auto text = content(when.size, ++seed);
                const auto file = write("f.bin", text);
                moments.at(when.method, when.part, [&] { change.act(file, text); });
                server.forget_requests();
                try {
                    commit(add("f.bin", file), options);
                    BOOST_ERROR("no exception");
                } catch (const FileModified& error) {
                    BOOST_CHECK(error.code() == errc::file_modified);
                    BOOST_TEST(error.context().path == file.string());
                } catch (const OSError& error) {
                    BOOST_TEST(change.gone, error.message());
                    BOOST_TEST(std::string(error.message()).find("f.bin") != std::string::npos);
                }
                BOOST_TEST(moments.passed());
                for (const auto& request : seen("POST", "/commit/"))
                    BOOST_TEST(request.status == 0); // broken off: nothing is committed
                for (const auto& request : seen("PUT", ""))
                    BOOST_TEST(request.body_bytes <= when.size); // never a longer body
            }
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_change_before_a_second_attempt_is_noticed)
{
    // The body is opened again by name: another file of that name must not be sent in its place.
    const auto text = content(whole, 100);
    for (const Change& change : changes)
        BOOST_TEST_CONTEXT(change.name)
        {
            const auto file = write("g.bin", text);
            server.add_fault(
                {.method = "PUT", .path = "*", .action = emulator::FaultAction::status, .status = 503});
            moments.at("PUT", "", [&] { change.act(file, text); });
            BOOST_CHECK_THROW(commit(add("g.bin", file)), OSError); // FileModified is one
            BOOST_TEST(moments.passed());
        }
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_touched_file_with_the_same_bytes_can_be_uploaded_afterwards)
{
    const auto text = content(whole, 101);
    const auto file = write("h.bin", text);
    moments.at("POST", "/objects/batch", [&] { write("h.bin", text); });
    BOOST_CHECK_THROW(commit(add("h.bin", file)), FileModified);
    commit(add("h.bin", file));
    BOOST_TEST(listing().at("h.bin") == entry(text));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused_before_any_request)
{
    const auto folder_path = folder.path() / "folder";
    fs::create_directory(folder_path);
    const auto pipe = folder.path() / "pipe";
    BOOST_REQUIRE_EQUAL(::mkfifo(pipe.c_str(), 0600), 0); // opening it would block for ever
    const auto broken = folder.path() / "broken";
    fs::create_symlink(folder.path() / "nowhere", broken);
    const auto loop = folder.path() / "loop";
    fs::create_symlink(loop, loop);
    for (const auto& path : {folder_path, pipe, broken, loop, folder.path() / "missing"})
        BOOST_TEST_CONTEXT(path)
        {
            BOOST_CHECK_THROW(commit(add("x", path)), ValueError);
        }
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_nobody_may_read_is_an_os_error)
{
    const auto file = write("secret.bin", content(whole, 102));
    fs::permissions(file, fs::perms::none);
    if (::access(file.c_str(), R_OK) == 0) { // root may read it
        BOOST_TEST_MESSAGE("skipped: this user may read everything");
        return;
    }
    const auto error = failure_of<OSError>([&] { commit(add("secret.bin", file)); });
    BOOST_CHECK(error.os_code() == std::errc::permission_denied);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_stream_that_gives_other_bytes_is_not_committed)
{
    struct Source final : ByteStream {
        explicit Source(std::string all) : text(std::move(all)) {}
        boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) override
        {
            const auto n = boost::asio::buffer_copy(
                into, boost::asio::buffer(text.data() + at, std::min<std::size_t>(60'001, text.size() - at)));
            at += n;
            co_return n;
        }
        std::string text;
        std::size_t at = 0;
    };
    for (const std::size_t size : {regular, whole, in_parts})
        for (const int kind : {0, 1, 2}) // shorter, other bytes, a factory that gives nothing
            BOOST_TEST_CONTEXT(size << " bytes, " << kind)
            {
                if (kind == 1 && size == regular) continue; // nobody hashes it: it is what was sent
                auto opened = std::make_shared<int>(0);
                const auto source =
                    UploadSource::stream([opened, size, kind]() -> std::unique_ptr<ByteStream> {
                        const bool first = ++*opened == 1;
                        if (!first && kind == 2) return nullptr;
                        const auto length = !first && kind == 0 ? size - 100 : size;
                        return std::make_unique<Source>(content(length, !first && kind == 1 ? 104 : 103));
                    });
                try {
                    commit(add("s.bin", source));
                    BOOST_ERROR("no exception");
                } catch (const Error& error) {
                    BOOST_TEST((error.code() == errc::file_modified || error.code() == errc::lfs_transfer ||
                                error.code() == errc::invalid_argument),
                               error.message());
                }
            }
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_SUITE_END()
