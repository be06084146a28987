#include "cache/trees.hpp"

#include <boost/test/unit_test.hpp>

#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_trees)

using namespace hfasync::detail;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {

const std::string sha1(40, 'a');
const std::string sha256(64, 'b');
const std::string xet(64, 'c');

/// What huggingface_hub 2.4.0 wrote for these four files.
const std::string of_python = R"({
 "format_version": 1,
 "files": {
  "big.bin": {
   "size": 3000000,
   "blob_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
   "lfs_sha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
   "lfs_size": 3000000,
   "xet_hash": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
  },
  "config.json": {
   "size": 15,
   "blob_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  },
  "data/\u00fcn\u00ef.csv": {
   "size": 5,
   "blob_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  },
  "empty.txt": {
   "size": 0,
   "blob_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
 }
})";

const Tree files{{.path = "big.bin",
                  .size = 3000000,
                  .blob_id = sha1,
                  .lfs_sha256 = sha256,
                  .lfs_size = 3000000,
                  .xet_hash = xet},
                 {.path = "config.json", .size = 15, .blob_id = sha1},
                 {.path = "data/\u00fcn\u00ef.csv", .size = 5, .blob_id = sha1},
                 {.path = "empty.txt", .size = 0, .blob_id = sha1}};

std::string document(const std::string& path, const std::string& fields, const std::string& version = "1")
{
    return R"({"format_version": )" + version + R"(, "files": {")" + path + R"(": {)" + fields + "}}}";
}

const std::string good_fields = R"("size": 1, "blob_id": ")" + sha1 + '"';

} // namespace

BOOST_AUTO_TEST_CASE(what_python_wrote_is_read_and_written_alike)
{
    BOOST_TEST((parse_tree(of_python) == files));
    // Python escapes what is not ASCII; as JSON it is the same.
    auto text = format_tree(files);
    const std::string plain = "\u00fcn\u00ef";
    text.replace(text.find(plain), plain.size(), "\\u00fcn\\u00ef");
    BOOST_TEST(text == of_python);
    BOOST_TEST((parse_tree(format_tree({})) == Tree{}));
}

BOOST_AUTO_TEST_CASE(names_survive_the_round_trip)
{
    const Tree odd{{.path = "a \"quoted\" name.txt", .size = 1, .blob_id = sha1},
                   {.path = "\U0001F917.bin", .size = 9007199254740993, .blob_id = sha1}};
    BOOST_TEST((parse_tree(format_tree(odd)) == odd));
}

BOOST_AUTO_TEST_CASE(null_is_absent_and_unknown_keys_are_ignored)
{
    const auto tree = parse_tree(document(
        "a", good_fields + R"(, "lfs_sha256": null, "lfs_size": null, "xet_hash": null, "new": [1])"));
    BOOST_REQUIRE(tree);
    BOOST_TEST(tree->front().etag() == sha1);
    const auto lfs = parse_tree(document("a", good_fields + R"(, "lfs_sha256": ")" + sha256 + '"'));
    BOOST_REQUIRE(lfs);
    BOOST_TEST(lfs->front().etag() == sha256);
    BOOST_TEST(lfs->front().bytes() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_trusted_is_no_tree)
{
    BOOST_REQUIRE(parse_tree(document("a", good_fields)));
    for (const char* name : {"../a", "/a", "a/../b", "", "a//b", "a\\\\b", "a\\u0000b", "C:x"})
        BOOST_TEST(!parse_tree(document(name, good_fields)), name);
    for (const std::string& fields :
         {std::string(R"("size": 1)"), R"("blob_id": ")" + sha1 + '"',
          std::string(R"("size": 1, "blob_id": "../../../x")"),
          R"("size": 1, "blob_id": ")" + std::string(40, 'A') + '"',
          R"("size": -1, "blob_id": ")" + sha1 + '"', R"("size": 1.5, "blob_id": ")" + sha1 + '"',
          R"("size": 99999999999999999999, "blob_id": ")" + sha1 + '"',
          good_fields + R"(, "lfs_sha256": "../../x")", good_fields + R"(, "lfs_sha256": ")" + sha1 + '"',
          good_fields + R"(, "xet_hash": "x")", good_fields + R"(, "lfs_size": "5")"})
        BOOST_TEST(!parse_tree(document("a", fields)), fields);
    for (const char* version : {"2", "0", "\"1\"", "1.0", "null"})
        BOOST_TEST(!parse_tree(document("a", good_fields, version)), version);
    for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                    std::string(R"({"files": {}})"), std::string(R"({"format_version": 1})"),
                                    std::string(R"({"format_version": 1, "files": []})"),
                                    std::string(1'000'000, '['), of_python.substr(0, of_python.size() - 2)})
        BOOST_TEST(!parse_tree(text), text.substr(0, 60));
}

BOOST_AUTO_TEST_CASE(it_is_written_at_once_or_not_at_all)
{
    TempDir dir;
    const auto to = Place::at(dir / "trees.json");
    const auto temp = Place::at(dir / "temp");
    BOOST_TEST(!read_tree(to));
    write_tree(to, temp, files);
    BOOST_TEST((*read_tree(to) == files));
    BOOST_TEST(!std::filesystem::exists(dir / "temp"));
    // Hashes that nobody could use are not written, and neither is anything where there is no folder.
    write_tree(to, temp, Tree{{.path = "x", .size = 1, .blob_id = "nonsense"}});
    BOOST_TEST((*read_tree(to) == files));
    write_tree(Place::at(dir / "none/t.json"), Place::at(dir / "none/temp"), files);
    std::filesystem::create_directory(dir / "folder.json");
    BOOST_TEST(!read_tree(Place::at(dir / "folder.json")));
    std::filesystem::create_symlink(dir / "trees.json", dir / "link.json");
    BOOST_TEST(!read_tree(Place::at(dir / "link.json")));
}

BOOST_AUTO_TEST_SUITE_END()
