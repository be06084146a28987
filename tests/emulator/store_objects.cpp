#include <boost/test/unit_test.hpp>

#include <fstream>
#include <span>
#include <thread>

#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

std::string slurp(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

store::Sha256 sha256(std::string_view text)
{
    return *store::Sha256::parse(detail::sha256_hex(text));
}

struct ObjectsFixture {
    TempFolder folder;
    store::ObjectStore objects{
        {.root = folder.path() / "objects", .memory_bytes = 4096, .memory_object = 1000}};
    std::size_t leftovers() const
    {
        std::size_t n = 0;
        for ([[maybe_unused]] const auto& file :
             std::filesystem::directory_iterator(folder.path() / "objects" / "tmp"))
            ++n;
        return n;
    }
};

std::string pattern(std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(i * 31 % 251);
    return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_store_objects, ObjectsFixture)

BOOST_AUTO_TEST_CASE(a_blob_comes_back_by_its_git_id)
{
    const auto oid = objects.put_blob("hello\n");
    BOOST_TEST(oid.hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
    const auto found = objects.find_blob(oid);
    BOOST_REQUIRE(found);
    BOOST_TEST(found->size == 6u);
    BOOST_TEST(slurp(found->path) == "hello\n");
    BOOST_TEST(*found->memory == "hello\n");
    BOOST_TEST(objects.put_blob("").hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    BOOST_TEST(!objects.find_blob(*store::Oid::parse(std::string(40, '0'))));
}

BOOST_AUTO_TEST_CASE(a_streamed_blob_has_the_id_of_the_whole_one)
{
    for (const std::size_t size : {0u, 1u, 1u << 20, (1u << 20) + 1, 3000000u}) {
        const std::string content = pattern(size);
        auto writer = objects.write_blob();
        for (std::string_view rest = content; !rest.empty();
             rest.remove_prefix(std::min<std::size_t>(rest.size(), 70001)))
            writer.write(rest.substr(0, 70001));
        BOOST_TEST(writer.size() == size);
        const auto oid = writer.finish();
        BOOST_TEST(oid.hex() == detail::git_blob_sha1(content));
        BOOST_TEST((slurp(objects.find_blob(oid)->path) == content));
    }
    BOOST_TEST(leftovers() == 0u);
}

BOOST_AUTO_TEST_CASE(the_cache_stays_within_its_budget_and_drops_nothing_from_disk)
{
    std::vector<store::Oid> oids;
    for (int i = 0; i < 50; ++i)
        oids.push_back(objects.put_blob(std::to_string(i) + std::string(900, 'x')));
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(objects.read_blob(oids[static_cast<std::size_t>(i)])->starts_with(std::to_string(i)));
    const auto large = objects.put_blob(std::string(1001, 'l'));
    BOOST_TEST(!objects.find_blob(large)->memory);
    BOOST_TEST(objects.read_blob(large)->size() == 1001u);
}

BOOST_AUTO_TEST_CASE(an_lfs_object_must_be_what_was_announced)
{
    const std::string content = pattern(100000);
    auto good = objects.write_lfs(sha256(content), content.size());
    BOOST_TEST(!objects.find_lfs(sha256(content)));
    good.write(bytes(content).first(60000));
    good.write(bytes(content).subspan(60000));
    good.finish();
    BOOST_TEST((slurp(objects.find_lfs(sha256(content))->path) == content));

    auto wrong = objects.write_lfs(sha256("other"), content.size());
    wrong.write(bytes(content));
    BOOST_CHECK_EXCEPTION(wrong.finish(), store::StoreError, refused(400));
    auto brief = objects.write_lfs(sha256("other"), 6);
    brief.write(bytes("other"));
    BOOST_CHECK_EXCEPTION(brief.finish(), store::StoreError, refused(400));
    auto wide = objects.write_lfs(sha256("other"), 4);
    BOOST_CHECK_EXCEPTION(wide.write(bytes("other")), store::StoreError, refused(400));
    BOOST_TEST(!objects.find_lfs(sha256("other")));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_abandoned_writers)
{
    {
        auto lfs = objects.write_lfs(sha256("x"), 1);
        auto blob = objects.write_blob();
        blob.write(pattern(2000000));
        auto moved = std::move(blob);
        const auto upload = objects.start_multipart(sha256("xy"), 2, 1);
        objects.forget_multipart(upload->id());
        BOOST_TEST(leftovers() == 3u);
    }
    BOOST_TEST(leftovers() == 0u);
}

BOOST_AUTO_TEST_CASE(an_object_on_trust_has_a_size_and_no_bytes)
{
    objects.trust_lfs(sha256("elsewhere"), 123);
    objects.trust_lfs(sha256("elsewhere"), 123);
    BOOST_TEST(objects.find_lfs(sha256("elsewhere"))->size == 123u);
    BOOST_TEST(objects.find_lfs(sha256("elsewhere"))->path.empty());
    const store::ObjectStore again({.root = folder.path() / "objects"});
    BOOST_TEST(again.find_lfs(sha256("elsewhere"))->size == 123u);
}

BOOST_AUTO_TEST_CASE(parts_arrive_in_any_order_and_at_the_same_time)
{
    const std::string content = pattern(1000003);
    const auto upload = objects.start_multipart(sha256(content), content.size(), 100000);
    BOOST_TEST(upload->part_count() == 11u);
    BOOST_TEST(upload->size_of_part(11) == 3u);
    BOOST_TEST(objects.find_multipart(upload->id()) == upload);
    std::vector<std::thread> threads;
    for (std::uint32_t number = 11; number > 0; --number)
        threads.emplace_back([&, number] {
            const auto part = bytes(content).subspan((number - 1) * 100000, upload->size_of_part(number));
            auto writer = store::MultipartUpload::write_part(upload, number);
            writer.write(part.first(part.size() / 2));
            writer.write(part.subspan(part.size() / 2));
            writer.finish();
        });
    for (auto& thread : threads)
        thread.join();
    std::vector<std::pair<std::uint32_t, std::string>> etags;
    for (const auto& [number, etag] : upload->parts())
        etags.emplace_back(number, '"' + etag + '"');
    upload->complete(etags);
    upload->complete(etags); // a lost answer is asked again
    BOOST_TEST((slurp(objects.find_lfs(sha256(content))->path) == content));
    BOOST_TEST(leftovers() == 0u);
}

BOOST_AUTO_TEST_CASE(a_multipart_upload_is_checked_before_it_is_published)
{
    const std::string content = "abcdefg";
    const auto upload = objects.start_multipart(sha256(content), 7, 3);
    const auto send = [&](std::uint32_t number, std::string_view text) {
        auto writer = store::MultipartUpload::write_part(upload, number);
        writer.write(bytes(text));
        return writer.finish();
    };
    BOOST_CHECK_EXCEPTION(send(0, ""), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(send(4, ""), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(send(1, "ab"), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(send(3, "gh"), store::StoreError, refused(400));
    const auto one = send(1, "abc"), two = send(2, "dxf");
    BOOST_CHECK_EXCEPTION(upload->complete({{1, one}, {2, two}}), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(upload->complete({{1, one}, {2, two}, {3, "x"}}), store::StoreError, refused(400));
    const auto three = send(3, "g");
    BOOST_CHECK_EXCEPTION(upload->complete({{1, one}, {2, two}, {2, two}}), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(upload->complete({{1, one}, {2, one}, {3, three}}), store::StoreError,
                          refused(400));
    BOOST_CHECK_EXCEPTION(upload->complete({{1, one}, {2, two}, {3, three}}), store::StoreError,
                          refused(400)); // hash
    BOOST_TEST(!objects.find_lfs(sha256(content)));
    upload->complete({{1, one}, {2, send(2, "def")}, {3, three}});
    BOOST_TEST(objects.find_lfs(sha256(content))->size == 7u);
}

BOOST_AUTO_TEST_CASE(a_retried_part_wins_over_the_connection_it_replaces)
{
    const auto upload = objects.start_multipart(sha256("abcd"), 4, 2);
    auto stale = store::MultipartUpload::write_part(upload, 1);
    stale.write(bytes("x"));
    auto fresh = store::MultipartUpload::write_part(upload, 1);
    fresh.write(bytes("ab"));
    BOOST_CHECK_EXCEPTION(stale.write(bytes("x")), store::StoreError, refused(409));
    const auto one = fresh.finish();
    auto other = store::MultipartUpload::write_part(upload, 2);
    other.write(bytes("cd"));
    upload->complete({{1, one}, {2, other.finish()}});
    BOOST_TEST(slurp(objects.find_lfs(sha256("abcd"))->path) == "abcd");
}

BOOST_AUTO_TEST_SUITE_END()
