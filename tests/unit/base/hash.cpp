#include "base/hash.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace hf = hfasync::detail;

BOOST_AUTO_TEST_SUITE(base_hash)

BOOST_AUTO_TEST_CASE(knows_the_published_vectors)
{
    BOOST_TEST(hf::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(hf::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(hf::sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

BOOST_AUTO_TEST_CASE(blob_hash_is_the_one_of_git_hash_object)
{
    BOOST_TEST(hf::git_blob_sha1("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    BOOST_TEST(hf::git_blob_sha1("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a");
    auto hasher = hf::git_blob_hasher(6);
    hasher.update("hel");
    hasher.update("lo\n");
    BOOST_TEST(hasher.finish_hex() == "ce013625030ba8dba906f756967f9e9ca394464a");
}

BOOST_AUTO_TEST_CASE(pieces_give_the_hash_of_the_whole_and_finish_starts_anew)
{
    hf::Hasher hasher(hf::HashKind::sha256);
    const std::string data(100'000, 'x');
    for (std::size_t i = 0; i < data.size(); i += 777)
        hasher.update(std::string_view(data).substr(i, 777));
    BOOST_TEST(hasher.finish_hex() == hf::sha256_hex(data));
    hasher.update("abc");
    hf::Hasher moved = std::move(hasher);
    BOOST_TEST(hf::to_hex(moved.finish_raw()) == hf::sha256_hex("abc"));
}

BOOST_AUTO_TEST_CASE(hex_text)
{
    BOOST_TEST(hf::to_hex(std::string("\x00\xff\x10", 3)) == "00ff10");
    BOOST_TEST(hf::from_hex("00Ff10") == std::string("\x00\xff\x10", 3));
    BOOST_TEST(hf::from_hex("0").empty());
    BOOST_TEST(hf::from_hex("0g").empty());
    BOOST_TEST(hf::is_lower_hex("00ff", 4));
    BOOST_TEST(!hf::is_lower_hex("00fF", 4));
    BOOST_TEST(!hf::is_lower_hex("00ff", 5));
    BOOST_TEST(!hf::is_lower_hex("00f\n", 4));
}

BOOST_AUTO_TEST_SUITE_END()
