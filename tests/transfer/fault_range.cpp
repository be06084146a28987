// Resuming: answers that do not go on where they should, partial files that hold something else.
#include "transfer/fault_fixture.hpp"

#include <sys/stat.h>

#include <array>

#include <fmt/format.h>

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;

namespace {

/// A 206 that is asked for at `half` of `content`.
struct Answer {
    const char* name;
    std::string (*content_range)(std::size_t half, std::size_t size);
    std::string (*body)(const std::string& content, std::size_t half);
};

std::string rest(const std::string& content, std::size_t half)
{
    return content.substr(half);
}
std::string all(const std::string& content, std::size_t)
{
    return content;
}

const Answer answers[] = {
    {"begins a byte later",
     [](std::size_t half, std::size_t size) {
         return fmt::format("bytes {}-{}/{}", half + 1, size - 1, size);
     },
     [](const std::string& content, std::size_t half) { return content.substr(half + 1); }},
    {"begins a byte earlier",
     [](std::size_t half, std::size_t size) {
         return fmt::format("bytes {}-{}/{}", half - 1, size - 1, size);
     },
     [](const std::string& content, std::size_t half) { return content.substr(half - 1); }},
    {"begins at the start",
     [](std::size_t, std::size_t size) { return fmt::format("bytes 0-{}/{}", size - 1, size); }, all},
    {"of a longer file",
     [](std::size_t half, std::size_t size) { return fmt::format("bytes {}-{}/{}", half, size, size + 1); },
     [](const std::string& content, std::size_t half) { return content.substr(half) + "x"; }},
    {"of a file with another total",
     [](std::size_t half, std::size_t size) {
         return fmt::format("bytes {}-{}/{}", half, size - 1, size + 9);
     },
     rest},
    {"of a shorter file",
     [](std::size_t half, std::size_t size) {
         return fmt::format("bytes {}-{}/{}", half, size - 2, size - 1);
     },
     [](const std::string& content, std::size_t half) {
         return content.substr(half, content.size() - half - 1);
     }},
    {"without Content-Range", nullptr, rest},
    {"with no Content-Range at all to be read",
     [](std::size_t, std::size_t) -> std::string { return "bytes"; }, rest},
    {"with numbers beyond 64 bits",
     [](std::size_t, std::size_t) -> std::string {
         return "bytes 99999999999999999999-99999999999999999999/99999999999999999999";
     },
     rest},
    {"with a negative start",
     [](std::size_t half, std::size_t size) { return fmt::format("bytes -{}-{}/{}", half, size - 1, size); },
     rest},
    {"that looks right and is of another version",
     [](std::size_t half, std::size_t size) { return fmt::format("bytes {}-{}/{}", half, size - 1, size); },
     [](const std::string& content, std::size_t half) { return std::string(content.size() - half, 'x'); }},
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_fault_range)

BOOST_FIXTURE_TEST_CASE(a_206_for_other_bytes_is_never_appended, FaultFixture)
{
    for (const auto& kind : file_kinds)
        for (const auto& row : answers)
            for (const bool always : {false, true})
                BOOST_TEST_CONTEXT(kind.path << " " << row.name << (always ? ", always" : ", once"))
                {
                    begin_again();
                    const auto& content = files.at(kind.path);
                    const auto half = content.size() / 2;
                    write_file(partial(kind.path), content.substr(0, half));
                    emulator::FaultRule rule{.times = always ? -1 : 1,
                                             .action = FaultAction::status,
                                             .status = 206,
                                             .body = row.body(content, half)};
                    if (row.content_range)
                        rule.headers = {{"Content-Range", row.content_range(half, content.size())}};
                    add_body_fault(kind, std::move(rule));
                    if (always) {
                        const auto outcome = get(kind.path);
                        BOOST_TEST(outcome.error.has_value());
                    } else {
                        check_arrives(kind.path);
                    }
                    BOOST_TEST(body_gets(kind).size() <= 4u);
                    check_recovers(kind.path);
                }
}

BOOST_FIXTURE_TEST_CASE(a_server_without_ranges_sends_the_whole, FaultFixture)
{
    for (const auto& kind : file_kinds)
        for (const auto have :
             {std::size_t{1}, files.at(kind.path).size() / 2, files.at(kind.path).size() - 1})
            BOOST_TEST_CONTEXT(kind.path << " with " << have)
            {
                begin_again();
                const auto& content = files.at(kind.path);
                write_file(partial(kind.path), content.substr(0, have));
                add_body_fault(kind, {.times = -1, .action = FaultAction::ignore_range});
                check_arrives(kind.path);
                const auto gets = body_gets(kind);
                BOOST_REQUIRE(gets.size() == 1u); // the 200 is the file: it is not asked for again
                BOOST_TEST(gets[0].from == have);
                BOOST_TEST(gets[0].sent == content.size());
                BOOST_TEST(left_over() == 0u);
            }
}

BOOST_FIXTURE_TEST_CASE(a_416_begins_again_once, FaultFixture)
{
    for (const auto& kind : file_kinds)
        for (const bool always : {false, true})
            BOOST_TEST_CONTEXT(kind.path << (always ? ", always" : ", once"))
            {
                begin_again();
                const auto& content = files.at(kind.path);
                write_file(partial(kind.path), content.substr(0, content.size() / 2));
                add_body_fault(kind,
                               {.times = always ? -1 : 1,
                                .action = FaultAction::status,
                                .status = 416,
                                .headers = {{"Content-Range", fmt::format("bytes */{}", content.size())}}});
                if (always)
                    check_fails(kind.path, errc::range_not_satisfiable);
                else
                    check_arrives(kind.path);
                const auto gets = body_gets(kind);
                BOOST_REQUIRE(gets.size() == 2u);
                BOOST_TEST(gets[0].from == content.size() / 2);
                BOOST_TEST(gets[1].from == 0u);
                check_recovers(kind.path);
            }
}

BOOST_FIXTURE_TEST_CASE(a_whole_partial_is_checked_and_published_without_a_get, FaultFixture)
{
    // Of a process that was killed just before its rename.
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            write_file(partial(kind.path), files.at(kind.path));
            check_arrives(kind.path);
            BOOST_TEST(body_gets(kind).size() == 0u);
            BOOST_TEST(left_over() == 0u);
        }
}

BOOST_FIXTURE_TEST_CASE(garbage_in_a_partial_is_never_published, FaultFixture)
{
    for (const auto& kind : file_kinds) {
        const auto& content = files.at(kind.path);
        const auto size = content.size();
        const std::array<std::pair<const char*, std::string>, 7> partials{{
            {"one byte", "x"},
            {"half", std::string(size / 2, 'x')},
            {"all but one byte", std::string(size - 1, 'x')},
            {"as much as wanted", std::string(size, 'x')},
            {"a byte more", content + "x"},
            {"twice as much", content + content},
            {"good and then bad", content.substr(0, size / 2) + std::string(size / 4, 'x')},
        }};
        for (const auto& [name, text] : partials)
            BOOST_TEST_CONTEXT(kind.path << ": " << name)
            {
                begin_again();
                write_file(partial(kind.path), text);
                check_arrives(kind.path);
                BOOST_TEST(body_gets(kind).size() <= 2u);
                BOOST_TEST(left_over() == 0u);
            }
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_no_file_under_the_name_of_a_partial_is_not_written_to, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            write_file(dir / "victim", "keep");
            fs::create_directories(partial(kind.path).parent_path());
            fs::create_symlink(dir / "victim", partial(kind.path));
            check_arrives(kind.path);
            BOOST_TEST(read_whole(dir / "victim") == "keep");
            begin_again();
            fs::create_directories(partial(kind.path).parent_path());
            BOOST_REQUIRE(::mkfifo(partial(kind.path).c_str(), 0600) == 0);
            check_arrives(kind.path);
            begin_again();
            fs::create_directories(partial(kind.path) / "in the way");
            const auto outcome = check_fails(kind.path, errc::os_error);
            BOOST_TEST(outcome.message.find(".incomplete") != std::string::npos, outcome.message);
        }
}

BOOST_FIXTURE_TEST_CASE(a_resume_asks_for_identity_and_sends_no_etag_of_elsewhere, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            write_file(partial(kind.path), files.at(kind.path).substr(0, 1000));
            check_arrives(kind.path);
            for (const auto& seen : hub.requests()) {
                if (seen.method != "GET") continue;
                std::string coding;
                for (const auto& [name, value] : seen.headers) {
                    if (name == "Accept-Encoding" || name == "accept-encoding") coding = value;
                    // The partial is of another process: nobody knows which ETag its server had.
                    BOOST_TEST(name != "If-Range");
                }
                BOOST_TEST(coding == "identity");
            }
        }
}

BOOST_FIXTURE_TEST_CASE(a_signed_url_that_expired_is_asked_for_again, FaultFixture)
{
    const auto kind = file_kinds[2];
    const auto& content = files.at(kind.path);
    const emulator::FaultRule expired{
        .action = FaultAction::status,
        .status = 403,
        .headers = {{"Content-Type", "application/xml"}},
        .body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has "
                "expired</Message></Error>"};
    add_body_fault(kind, expired);
    check_arrives(kind.path);
    BOOST_TEST(body_gets(kind).size() == 2u);

    // On the way: what is there stays.
    begin_again();
    add_body_fault(kind, {.action = FaultAction::reset, .at = content.size() / 2});
    add_body_fault(kind, expired);
    check_arrives(kind.path);
    const auto gets = body_gets(kind);
    BOOST_REQUIRE(gets.size() == 3u);
    BOOST_TEST(gets[1].from == content.size() / 2);
    BOOST_TEST(gets[2].from == content.size() / 2);

    // A storage that says so for ever: an error of its own kind, no loop.
    begin_again();
    auto always = expired;
    always.times = -1;
    add_body_fault(kind, always);
    const auto outcome = check_fails(kind.path, errc::forbidden);
    BOOST_TEST(outcome.name == "HfHubHTTPError");
    BOOST_TEST(body_gets(kind).size() <= 3u);
    check_recovers(kind.path);
}

BOOST_AUTO_TEST_SUITE_END()
