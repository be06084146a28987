#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>

#include <hfasync/hub.hpp>

#include "base/encoding.hpp"
#include "support/temp_folder.hpp"
#include "transfer/ndjson_body.hpp"

using namespace hfasync;
using namespace hfasync::detail;

namespace {

struct Fixture {
    Hub hub{HubOptions{.endpoint = "http://127.0.0.1:9"}};
    tests::TempFolder folder;

    AdditionPtr inspected(UploadSource source, std::string path)
    {
        auto addition = std::make_shared<Addition>(
            Addition{.path_in_repo = std::move(path), .source = std::move(source)});
        hub.block_on(inspect(hub.state(), {addition}));
        return addition;
    }
    /// Reads with buffers of one size.
    std::string read_all(std::shared_ptr<http::BodySource> body, std::size_t step)
    {
        return hub.block_on(
            [](std::shared_ptr<http::BodySource> b, std::size_t n) -> boost::asio::awaitable<std::string> {
                std::string all, buffer(n, '\0');
                while (const auto got = co_await b->read(boost::asio::buffer(buffer)))
                    all.append(buffer, 0, got);
                co_return all;
            }(std::move(body), step));
    }
};

std::string bytes(std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(i * 31 + i / 255);
    return text;
}

std::vector<boost::json::value> lines_of(const std::string& text)
{
    std::vector<boost::json::value> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        BOOST_REQUIRE(end != std::string::npos);
        lines.push_back(boost::json::parse(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return lines;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_ndjson_body, Fixture)

BOOST_AUTO_TEST_CASE(the_size_is_exact_and_the_content_whole)
{
    const auto file = folder.path() / "f.bin";
    for (const std::size_t size : {0u, 1u, 2u, 3u, 191u * 1024u, 192u * 1024u, 192u * 1024u + 1, 700'001u}) {
        const auto content = bytes(size);
        std::ofstream(file, std::ios::binary) << content;
        for (const std::size_t step : {7919u, 1u << 20}) {
            const std::vector<CommitLine> lines{
                header_line({.summary = "a \"b\"\n", .description = "\u00fc", .parent_commit = "abcde"}),
                file_line(inspected(file, "odd \"name\"\n.bin")),
                file_line(inspected(UploadSource::bytes(content), "m")),
                lfs_line("w", std::string(64, 'a'), 5), delete_line("d/", true)};
            const auto body = ndjson_body(hub.state(), lines);
            const auto text = read_all(body, step);
            BOOST_TEST(text.size() == ndjson_size(lines));
            BOOST_TEST(body->size().value() == text.size());
            const auto parsed = lines_of(text);
            BOOST_REQUIRE_EQUAL(parsed.size(), 5u);
            BOOST_TEST(parsed[0].at("value").at("summary").as_string() == "a \"b\"\n");
            BOOST_TEST(parsed[1].at("value").at("path").as_string() == "odd \"name\"\n.bin");
            for (const int i : {1, 2})
                BOOST_CHECK(base64_decode(
                                parsed[static_cast<std::size_t>(i)].at("value").at("content").as_string()) ==
                            content);
            BOOST_TEST(parsed[4].at("key").as_string() == "deletedFolder");
            BOOST_TEST(body->rewind());
            BOOST_CHECK(read_all(body, step) == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_copy_has_no_size)
{
    BOOST_TEST(lfs_line("p", "o", std::nullopt).before ==
               R"({"key":"lfsFile","value":{"path":"p","algo":"sha256","oid":"o"}})"
               "\n");
}

BOOST_AUTO_TEST_CASE(a_changed_file_ends_the_body)
{
    const auto file = folder.path() / "f.txt";
    std::ofstream(file) << "before";
    const auto addition = inspected(file, "f.txt");
    std::ofstream(file, std::ios::app) << " and after";
    BOOST_CHECK_THROW(read_all(ndjson_body(hub.state(), {file_line(addition)}), 100), FileModified);
}

BOOST_AUTO_TEST_SUITE_END()
